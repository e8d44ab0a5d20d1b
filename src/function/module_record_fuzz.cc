// Descriptions come back from a disk: every text is refused as damaged or is one that to_record
// could have written.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "function/module_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::function;
  const auto info = from_record({reinterpret_cast<const char*>(data), size});
  if (!info) {
    WEFT_ASSERT(info.error().code() == weft::ErrorCode::kDataLoss);
    return 0;
  }
  const std::string text = to_record(*info);
  const auto again = from_record(text);
  WEFT_ASSERT(again.has_value());
  WEFT_ASSERT(to_record(*again) == text);
  return 0;
}
