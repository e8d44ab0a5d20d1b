// What expressions of JSONata cost in this process.
//
//   expressions FILE
//
// FILE is a JSON object: `document`, and the texts of `expressions`. Prints a JSON array with an
// object for each: {"compile_us", "evaluate_us", "value"}: CPU time of the best of nine rounds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include <time.h>

#include "base/assert.h"
#include "json/jsonata/jsonata.h"
#include "json/parse.h"
#include "json/print.h"

namespace {

namespace json = weft::json;
namespace jsonata = weft::json::jsonata;

constexpr int kRounds = 9;
constexpr int kTimes = 500;

class FixedInputs final : public jsonata::Inputs {
 public:
  double now_millis() override { return 1'767'225'600'000; }
  double random() override { return 0.5; }
};

// CPU microseconds of one of so many times.
template <class Work>
double least_us(Work work) {
  const auto cpu_ns = [] {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (std::int64_t{now.tv_sec} * 1'000'000'000) + now.tv_nsec;
  };
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < kRounds; ++round) {
    const std::int64_t begin = cpu_ns();
    for (int i = 0; i < kTimes; ++i)
      work();
    least = std::min(least, static_cast<double>(cpu_ns() - begin) / (1000.0 * kTimes));
  }
  return least;
}

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
    const double compile_us =
        least_us([&] { WEFT_ASSERT(jsonata::Expression::compile(text.as_string()).has_value()); });
    const double evaluate_us =
        least_us([&] { value = compiled.evaluate(document, {.inputs = inputs}).value(); });
    rows.push_back(json::Value::object({{"compile_us", compile_us},
                                        {"evaluate_us", evaluate_us},
                                        {"value", value.value_or(json::Value())}}));
  }
  const std::string printed = json::to_string(json::Value(std::move(rows))) + "\n";
  std::fwrite(printed.data(), 1, printed.size(), stdout);
}
