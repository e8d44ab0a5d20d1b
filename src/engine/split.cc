#include "engine/split.h"

#include <utility>

#include "engine/byte_reader.h"
#include "engine/failure.h"

namespace weft::engine {

Result<Beginning> Beginning::parse(std::string_view plan) {
  ByteReader reader(plan);
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
