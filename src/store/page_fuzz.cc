// Cursors come back from clients: every text is refused or is exactly what to_text writes.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "store/page.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::store;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {CursorKind::kModules, CursorKind::kFunctions, CursorKind::kVersions,
                          CursorKind::kInvocations}) {
    const auto cursor = parse_cursor(text, kind);
    if (!cursor) continue;
    WEFT_ASSERT(cursor->kind == kind);
    WEFT_ASSERT(to_text(*cursor) == text);
  }
  return 0;
}
