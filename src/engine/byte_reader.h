// Numbers and texts from the front of bytes that may be anything. Private to engine.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace weft::engine {

// After the first that is not there, everything is 0 and empty. Borrows what it reads.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  // Little-endian.
  template <class Number>
  Number number() {
    Number value{};
    const std::string_view bytes = take(sizeof(value));
    if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  // Its size stands before it, in eight bytes.
  std::string_view text() { return take(number<std::uint64_t>()); }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      has_failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  bool has_failed() const { return has_failed_; }
  bool is_at_end() const { return rest_.empty() && !has_failed_; }

 private:
  std::string_view rest_;
  bool has_failed_ = false;
};

}  // namespace weft::engine
