// Arbitrary bytes as a module: text conversion and inspection.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/module_info.h"

// libFuzzer's entry point. An accepted text must give bytes that are at least a well-formed header.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto module = weft::engine::to_binary(bytes, "fuzz.wat");
  if (module) {
    if (!weft::engine::is_binary_module(*module)) __builtin_trap();
    static_cast<void>(weft::engine::inspect(*module));
  }
  static_cast<void>(weft::engine::inspect(bytes));
  return 0;
}
