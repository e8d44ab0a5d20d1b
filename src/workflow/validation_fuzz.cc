// Definitions come from anybody. Whatever is wrong with one, what is said of it is bounded, is
// text, and points into it.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "json/unicode.h"
#include "workflow/validation.h"

namespace workflow = weft::workflow;

namespace {

constexpr std::size_t kResultsMax = 10;

void check(std::string_view text, const workflow::Validation& validation) {
  WEFT_ASSERT(validation.diagnostics.size() <= kResultsMax);
  bool has_error = false;
  for (const workflow::Diagnostic& diagnostic : validation.diagnostics) {
    has_error = has_error || diagnostic.severity == workflow::Severity::kError;
    WEFT_ASSERT(!diagnostic.code.empty() && !diagnostic.message.empty());
    WEFT_ASSERT(weft::json::is_utf8(diagnostic.message));
    WEFT_ASSERT(weft::json::is_utf8(diagnostic.location.value_or("")));
    WEFT_ASSERT(weft::json::is_utf8(diagnostic.hint.value_or("")));
    if (!diagnostic.span.has_value()) continue;
    const auto [begin, end] = *diagnostic.span;
    WEFT_ASSERT(begin <= end && end <= text.size());
    WEFT_ASSERT(diagnostic.position == weft::json::position_of(text, begin));
  }
  WEFT_ASSERT(!has_error || !validation.is_valid);
  WEFT_ASSERT(has_error || validation.is_valid || validation.is_truncated);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto type : {workflow::MachineType::kStandard, workflow::MachineType::kExpress}) {
    const workflow::ValidationOptions options{
        .type = type, .severity = workflow::Severity::kWarning, .results_max = kResultsMax};
    check(text, workflow::validate(text, options));
    check(text, workflow::validate_state(text, options));
  }
  return 0;
}
