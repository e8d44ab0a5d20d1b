#include "engine/split.h"

#include <cstring>
#include <utility>

#include "engine/failure.h"

namespace weft::engine {
namespace {

// Takes numbers and texts from the front; after the first that is not there, everything is 0.
class PlanReader {
 public:
  explicit PlanReader(std::string_view plan) : rest_(plan) {}

  template <class Number>
  Number number() {
    Number value{};
    const std::string_view bytes = take(sizeof(value));
    if (bytes.size() == sizeof(value)) std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  std::string_view text() { return take(number<std::uint64_t>()); }

  bool has_failed() const { return has_failed_; }
  bool is_at_end() const { return rest_.empty() && !has_failed_; }

 private:
  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) {
      has_failed_ = true;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool has_failed_ = false;
};

}  // namespace

Result<Beginning> Beginning::parse(std::string_view plan) {
  PlanReader reader(plan);
  Beginning beginning;
  beginning.can_be_put_back = reader.number<std::uint8_t>() != 0;
  beginning.has_memory = reader.number<std::uint8_t>() != 0;
  beginning.memory_bytes = reader.number<std::uint64_t>();
  beginning.has_start = reader.number<std::uint8_t>() != 0;
  beginning.shift = reader.number<std::int64_t>();
  beginning.globals = reader.number<std::uint64_t>();
  const auto segments = reader.number<std::uint64_t>();
  for (std::uint64_t i = 0; i < segments && !reader.has_failed(); ++i) {
    const auto offset = reader.number<std::uint64_t>();
    const std::string_view bytes = reader.text();
    const bool fits =
        offset <= beginning.memory_bytes && bytes.size() <= beginning.memory_bytes - offset;
    if (!fits) return fail(ErrorCode::kDataLoss, "data outside of the memory");
    beginning.segments.push_back({.offset = offset, .bytes = bytes});
  }
  if (!reader.is_at_end())
    return fail(ErrorCode::kDataLoss, "what instances begin with cannot be read");
  return beginning;
}

std::optional<SplitModule> split(std::string_view module) {
  struct Sinks {
    SplitModule parts;
    static void code(void* env, const std::uint8_t* data, std::size_t size) {
      append_to_string(&static_cast<Sinks*>(env)->parts.code, data, size);
    }
    static void plan(void* env, const std::uint8_t* data, std::size_t size) {
      append_to_string(&static_cast<Sinks*>(env)->parts.plan, data, size);
    }
  };
  Sinks sinks;
  if (!weft_split(borrow(module), &sinks, Sinks::code, Sinks::plan)) return std::nullopt;
  return std::move(sinks.parts);
}

}  // namespace weft::engine
