// Reads arbitrary bytes as a call of an intrinsic function and evaluates what is one: nothing may
// be read or made beyond the limits, and values are JSON.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"
#include "workflow/fake_inputs.h"
#include "workflow/intrinsic.h"
#include "workflow/value_text.h"

namespace json = weft::json;
namespace workflow = weft::workflow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!json::is_utf8(text)) return 0;  // as no definition has it
  const auto intrinsic = workflow::Intrinsic::parse(text);
  if (!intrinsic.has_value()) {
    if (const auto& position = intrinsic.error().position(); position.has_value())
      WEFT_ASSERT(position->offset.value_or(0) <= size);
    return 0;
  }
  WEFT_ASSERT(intrinsic->text() == text);

  static const json::Value kInput = *json::parse(
      R"({"a": [1, 2.5, "x", null, {"b": "{} \\{"}], "s": "YQ==", "n": -0.5, "o": {"k": [true]}})");
  static const json::Value kContext = *json::parse(R"({"State": {"Name": "S"}})");
  static const auto kVariables = workflow::Variables().with({{"v", kInput}});
  workflow::FakeInputs inputs({0.25, 0.75});
  const auto value = intrinsic->evaluate(
      {.input = kInput, .context = kContext, .variables = kVariables, .inputs = inputs});
  if (!value.has_value()) {
    WEFT_ASSERT(value.error().error == "States.Runtime");
    return 0;
  }
  const auto printed = json::parse(json::to_string(*value), {.depth_max = 1000});
  WEFT_ASSERT(!printed.has_value() || *printed == *value);
  WEFT_ASSERT(workflow::canonical_text(*value) == workflow::canonical_text(value->detached()));
  return 0;
}
