// What expressions of JSONata cost in this process.
//
//   expressions FILE
//
// FILE is a JSON object: `document`, and the texts of `expressions`. Prints a JSON array with an
// object for each: {"compile_us", "evaluate_us", "value"}: CPU time of the best of nine rounds.
#include <cstddef>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/assert.h"
#include "cpu_time.h"
#include "json/jsonata/jsonata.h"
#include "json/parse.h"
#include "json/print.h"

namespace {

namespace json = weft::json;
namespace jsonata = weft::json::jsonata;

class FixedInputs final : public jsonata::Inputs {
 public:
  double now_millis() override { return 1'767'225'600'000; }
  double random() override { return 0.5; }
};

}  // namespace

int main(int count, char** words) {
  const std::span<char*> arguments(words, static_cast<std::size_t>(count));
  WEFT_ASSERT(count == 2);
  std::ifstream stream(arguments[1], std::ios::binary);
  const json::Value given =
      json::parse(std::string{std::istreambuf_iterator<char>(stream), {}}).value();
  const json::Value* const document = given.find("document");
  FixedInputs inputs;
  json::Array rows;
  for (const json::Value& text : given.find("expressions")->as_array()) {
    const auto compiled = jsonata::Expression::compile(text.as_string()).value();
    std::optional<json::Value> value;
    const double compile_us = weft::bench::least_us(
        {}, [&] { WEFT_ASSERT(jsonata::Expression::compile(text.as_string()).has_value()); });
    const double evaluate_us = weft::bench::least_us(
        {}, [&] { value = compiled.evaluate(document, {.inputs = inputs}).value(); });
    rows.push_back(json::Value::object({{"compile_us", compile_us},
                                        {"evaluate_us", evaluate_us},
                                        {"value", value.value_or(json::Value())}}));
  }
  const std::string printed = json::to_string(json::Value(std::move(rows))) + "\n";
  std::fwrite(printed.data(), 1, printed.size(), stdout);
}
