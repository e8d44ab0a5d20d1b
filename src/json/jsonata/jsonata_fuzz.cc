// Compiles and evaluates arbitrary expressions: the text up to the first zero byte is the
// expression, what is behind it the document. Whatever they are, evaluation ends within its limits,
// twice with the same, and a value is a document.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "json/jsonata/jsonata.h"
#include "json/parse.h"
#include "json/print.h"

namespace json = weft::json;
namespace jsonata = weft::json::jsonata;

namespace {

class FixedInputs final : public jsonata::Inputs {
 public:
  double now_millis() override { return 1'767'225'600'000; }
  double random() override { return 0.5; }
};

std::string evaluated(const jsonata::Expression& expression, const json::Value* document,
                      std::size_t expression_bytes) {
  FixedInputs inputs;
  const jsonata::Context context{.inputs = inputs,
                                 .workflow_functions = expression_bytes % 2 == 1,
                                 .limits = {.steps_max = 20'000,
                                            .depth_max = 200,
                                            .stack_bytes_max = 4 << 20,
                                            .memory_bytes_max = 4 << 20,
                                            .regex_steps_max = 2000}};
  const auto value = expression.evaluate(document, context);
  if (!value.has_value()) {
    WEFT_ASSERT(value.error().position <= expression_bytes);
    WEFT_ASSERT(!value.error().message.empty() || value.error().code == "D3137");
    return value.error().code + value.error().message;
  }
  if (!value->has_value()) return {};
  std::string text = json::to_string(**value);
  WEFT_ASSERT(json::parse(text, {.depth_max = 1000}).has_value());
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = all.find('\0');
  const std::string_view text = all.substr(0, end);
  const auto expression = jsonata::Expression::compile(text, {.depth_max = 200});
  if (!expression.has_value()) {
    WEFT_ASSERT(expression.error().position <= text.size());
    WEFT_ASSERT(!expression.error().message.empty());
    return 0;
  }
  std::optional<json::Value> document;
  if (end != std::string_view::npos) {
    auto parsed = json::parse(all.substr(end + 1), {.nodes_max = 10'000, .lone_surrogates = true});
    if (parsed.has_value()) document = *std::move(parsed);
  }
  const json::Value* const input = document.has_value() ? &*document : nullptr;
  WEFT_ASSERT(evaluated(*expression, input, text.size()) ==
              evaluated(*expression, input, text.size()));
  return 0;
}
