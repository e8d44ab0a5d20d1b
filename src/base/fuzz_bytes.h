// Bytes as choices: the input of a fuzz target, or what a property test generates. For these only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace weft {

// Zeros, once all are taken. Borrows the input.
class FuzzBytes {
 public:
  explicit FuzzBytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  bool is_empty() const { return bytes_.empty(); }
  std::uint8_t next() {
    if (bytes_.empty()) return 0;
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  std::size_t below(std::size_t limit) { return next() % limit; }
  bool flag() { return (next() & 1U) != 0; }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace weft
