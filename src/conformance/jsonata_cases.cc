#include "conformance/jsonata_cases.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/jsonata/jsonata.h"
#include "json/print.h"

namespace weft::conformance {

namespace {

namespace jsonata = json::jsonata;

// One moment and one sequence of numbers: each run is the same.
class FixedInputs final : public jsonata::Inputs {
 public:
  double now_millis() override { return 1'767'225'600'000; }  // 2026-01-01T00:00:00Z
  double random() override {
    random_ = random_ * 0.75 + 0.2;
    return random_;
  }

 private:
  double random_ = 0.5;
};

// Its items in the order of their texts.
json::Value sorted(const json::Value& array) {
  std::vector<std::pair<std::string, json::Value>> items;
  for (const json::Value& item : array.as_array()) {
    items.emplace_back(json::to_string(item), item);
  }
  std::ranges::sort(items, {}, [](const auto& item) { return item.first; });
  json::Array result;
  for (auto& item : items) {
    result.push_back(std::move(item.second));
  }
  return result;
}

// What stands for a value, for no value, or for a failure.
struct Evaluation {
  std::optional<json::Value> value;
  std::optional<jsonata::Failure> failure;
};

Evaluation evaluated(const json::Value& test, std::string_view text) {
  const auto expression = jsonata::Expression::compile(text);
  if (!expression.has_value()) return {.value = {}, .failure = expression.error()};
  std::vector<jsonata::Binding> bindings;
  if (const json::Value* found = test.find("bindings"); found != nullptr && found->is_object()) {
    for (const auto& [name, value] : found->as_object()) {
      bindings.push_back({.name = std::string(name), .value = value});
    }
  }
  FixedInputs inputs;
  jsonata::Context context{.inputs = inputs, .bindings = bindings};
  if (const json::Value* depth = test.find("depth"); depth != nullptr && depth->is_number()) {
    const auto asked = depth->as_number().to_uint64();
    if (asked && std::in_range<std::size_t>(*asked))
      context.limits.depth_max = static_cast<std::size_t>(*asked);
  }
  auto value = expression->evaluate(test.find("data"), context);
  if (!value.has_value()) return {.value = {}, .failure = value.error()};
  return {.value = *std::move(value), .failure = {}};
}

// A failure with as much of it as the test asks for.
json::Value described(const jsonata::Failure& failure, const json::Value& asked) {
  json::Object object;
  object.set("code", failure.code);
  const bool has_message = asked.find("message") != nullptr || !asked.is_object();
  if (has_message) object.set("message", failure.message);
  return object;
}

json::Value asked_failure(const json::Value& test) {
  json::Object object;
  for (const std::string_view name : {"code", "message"}) {
    if (const json::Value* value = test.find(name); value != nullptr) object.set(name, *value);
  }
  return object;
}

}  // namespace

Result<Comparison> run_jsonata_case(const json::Value& test) {
  const json::Value* text = test.find("expr");
  if (text == nullptr || !text->is_string()) {
    return fail(ErrorCode::kInvalidArgument, "it has no expr");
  }
  Comparison comparison;
  const json::Value* error = test.find("error");
  const json::Value* result = test.find("result");
  if (error != nullptr || test.find("code") != nullptr) {
    comparison.expected = asked_failure(error != nullptr ? *error : test);
  } else if (result != nullptr) {
    comparison.expected = json::Value::object({{"result", *result}});
  } else if (test.find("undefinedResult") != nullptr) {
    comparison.expected = json::Value::object({{"undefinedResult", true}});
  } else {
    return fail(ErrorCode::kInvalidArgument, "it has no result");
  }

  const Evaluation outcome = evaluated(test, text->as_string());
  if (outcome.failure.has_value()) {
    comparison.found = described(*outcome.failure, comparison.expected.find("code") != nullptr
                                                       ? comparison.expected
                                                       : json::Value());
    return comparison;
  }
  if (!outcome.value.has_value()) {
    comparison.found = json::Value::object({{"undefinedResult", true}});
    return comparison;
  }
  json::Value found = *outcome.value;
  if (test.find("unordered") != nullptr && found.is_array() && result != nullptr &&
      result->is_array()) {
    found = sorted(found);
    comparison.expected = json::Value::object({{"result", sorted(*result)}});
  }
  comparison.found = json::Value::object({{"result", found}});
  return comparison;
}

}  // namespace weft::conformance
