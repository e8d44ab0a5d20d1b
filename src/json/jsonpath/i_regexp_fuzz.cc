// The first line is a regular expression and the rest a text. A match takes no more steps than are
// promised, and a whole match is one somewhere.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "json/jsonpath/i_regexp.h"

using weft::json::jsonpath::IRegexp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  const std::string_view subject = text.substr(std::min(end + 1, size));
  const auto regexp = IRegexp::parse(text.substr(0, end), {.instructions_max = 500});
  if (!regexp) {
    if (regexp.error().code() == weft::ErrorCode::kTooLarge) {
      WEFT_ASSERT(regexp.error().limit().has_value());
    } else {
      WEFT_ASSERT(*regexp.error().position()->offset <= end);
    }
    return 0;
  }
  const std::uint64_t promised = 2 * (regexp->instructions() + 1) * (subject.size() + 2);
  std::uint64_t steps = promised;
  const auto whole = regexp->matches(subject, IRegexp::Extent::kWhole, steps);
  WEFT_ASSERT(whole.has_value());
  steps = promised;
  const auto anywhere = regexp->matches(subject, IRegexp::Extent::kAnywhere, steps);
  WEFT_ASSERT(anywhere.has_value());
  WEFT_ASSERT(*anywhere || !*whole);
  return 0;
}
