// What compiled bytes are made of. Private to engine.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace weft::engine {

// The last ones, behind what Wasmtime writes and the plan: Wasmtime's stand first, so that a file
// of them can be mapped.
struct CompiledTail {
  std::uint64_t instance_bytes = 0;
  std::uint64_t plan_size = 0;
};

struct CompiledParts {
  std::uint64_t instance_bytes = 0;
  std::string_view plan;  // empty for a module that was not split
  std::string_view code;
};

// Nothing when the bytes are cut short.
inline std::optional<CompiledParts> parts_of(std::string_view bytes) {
  CompiledTail tail;
  if (bytes.size() < sizeof(tail)) return std::nullopt;
  std::memcpy(&tail, bytes.data() + bytes.size() - sizeof(tail), sizeof(tail));
  bytes.remove_suffix(sizeof(tail));
  if (tail.plan_size > bytes.size()) return std::nullopt;
  const std::size_t code_size = bytes.size() - tail.plan_size;
  return CompiledParts{.instance_bytes = tail.instance_bytes,
                       .plan = bytes.substr(code_size),
                       .code = bytes.substr(0, code_size)};
}

}  // namespace weft::engine
