// Scripts come from anybody: what their comments say is refused, or is a list of texts.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "cli/inline_metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto metadata =
      weft::cli::script_metadata({reinterpret_cast<const char*>(data), size}, "script.py");
  if (!metadata) {
    WEFT_ASSERT(metadata.error().code() == weft::ErrorCode::kInvalidArgument);
    return 0;
  }
  const auto& block = *metadata;
  if (!block || !weft::cli::check_dependencies(block->dependencies, "script.py")) return 0;
  for (const std::string& one : block->dependencies)
    WEFT_ASSERT(one.find('\n') == one.npos && !one.starts_with('-'));
  return 0;
}
