#include "workflow/service_models.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "json/parse.h"

namespace weft::workflow {
namespace {

using json::Value;

struct Operation {
  std::string_view service;
  std::string_view name;
  bool is_optimized = true;
};

// Optimized integrations whose service has another name in the SDK for Java, after which
// "aws-sdk:SERVICE" is called.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kServiceNames = {{
    {"bedrock", "bedrockruntime"},
    {"elasticmapreduce", "emr"},
    {"emr-containers", "emrcontainers"},
    {"emr-serverless", "emrserverless"},
    {"events", "eventbridge"},
    {"states", "sfn"},
}};
// Their results are no operation's: what an HTTP endpoint answers, or a cluster's API.
constexpr std::array<std::string_view, 3> kUnmodelled = {"apigateway", "eks", "http"};

// "arn:aws:states:::events:putEvents", "arn:aws:states:::aws-sdk:kms:encrypt.waitForTaskToken"
std::optional<Operation> operation_of(std::string_view resource) {
  constexpr std::string_view kIntegration = ":states:::";
  const std::size_t start = resource.find(kIntegration);
  if (start == resource.npos) return std::nullopt;
  resource.remove_prefix(start + kIntegration.size());
  constexpr std::string_view kSdk = "aws-sdk:";
  const bool is_sdk = resource.starts_with(kSdk);
  if (is_sdk) resource.remove_prefix(kSdk.size());
  const std::size_t colon = resource.find(':');
  if (colon == resource.npos) return std::nullopt;
  Operation operation{.service = resource.substr(0, colon), .name = resource.substr(colon + 1)};
  // Who answers later answers what it likes: a token's owner, or what describes a job that has
  // ended.
  if (operation.name.find('.') != operation.name.npos) return std::nullopt;
  if (is_sdk) {
    operation.is_optimized = false;
    return operation;
  }
  if (std::ranges::find(kUnmodelled, operation.service) != kUnmodelled.end()) return std::nullopt;
  for (const auto& [name, known] : kServiceNames) {
    if (name == operation.service) operation.service = known;
  }
  return operation;
}

// What an integration has parsed that its service answers as text: it may be anything.
bool is_parsed(const Operation& operation, std::string_view field) {
  if (!operation.is_optimized) return false;
  const bool is_function = operation.service == "lambda" && operation.name == "invoke";
  const bool is_model = operation.service == "bedrockruntime" && operation.name == "invokeModel";
  return (is_function && field == "Payload") || (is_model && field == "Body");
}

// Compares values with shapes of one model.
class Comparer {
 public:
  Comparer(const Operation& operation, const Value& shapes, bool is_strict)
      : operation_(operation), shapes_(shapes), is_strict_(is_strict) {}

  // Recurses as deep as the value, which its parser limits. `field` is the innermost name.
  std::optional<std::string> problem_of(const Value& value, const Value& shape,
                                        std::string_view field) const {
    if (shape.is_string()) return problem_of_type(value, shape.as_string(), field);
    const auto index = shape.is_number() ? shape.as_number().to_uint64() : std::nullopt;
    if (!index || *index >= shapes_.size()) return std::nullopt;
    const Value& parts = shapes_.as_array()[static_cast<std::size_t>(*index)];
    if (const Value* const members = parts.find("members"))
      return problem_of_object(value, *members, parts.find("required"), field);
    if (const Value* const item = parts.find("item")) {
      if (!value.is_array()) return must_be(field, "an array");
      return first_problem(value.as_array(), *item, field);
    }
    if (const Value* const each = parts.find("value")) {
      if (!value.is_object()) return must_be(field, "an object");
      for (const auto& [name, member] : value.as_object()) {
        if (auto problem = problem_of(member, *each, field)) return problem;
      }
      return std::nullopt;
    }
    if (const Value* const values = parts.find("enum"))
      return problem_of_enum(value, *values, field);
    return problem_of_number(value, parts, field);
  }

 private:
  static std::string must_be(std::string_view field, std::string_view what) {
    return fmt::format("Field '{}' must be {}", field, what);
  }

  template <class Items>
  std::optional<std::string> first_problem(const Items& items, const Value& shape,
                                           std::string_view field) const {
    for (const Value& item : items) {
      if (auto problem = problem_of(item, shape, field)) return problem;
    }
    return std::nullopt;
  }

  static std::optional<std::string> problem_of_type(const Value& value, std::string_view type,
                                                    std::string_view field) {
    if (type == "string" && !value.is_string()) return must_be(field, "a string");
    if (type == "boolean" && !value.is_bool()) return must_be(field, "a boolean");
    if (type == "number" && !value.is_number()) return must_be(field, "a number");
    if (type == "integer" && !(value.is_number() && value.as_number().to_int64()))
      return must_be(field, "a number");
    return std::nullopt;
  }

  std::optional<std::string> problem_of_object(const Value& value, const Value& members,
                                               const Value* required,
                                               std::string_view field) const {
    if (!value.is_object()) return must_be(field, "an object");
    if (is_strict_ && required != nullptr) {
      for (const Value& name : required->as_array()) {
        if (value.find(name.as_string()) == nullptr)
          return fmt::format("Required field '{}' is missing", name.as_string());
      }
    }
    // What the model does not know may be new.
    for (const auto& [name, member] : value.as_object()) {
      const Value* const shape = members.find(name);
      if (shape == nullptr || is_parsed(operation_, name)) continue;
      if (auto problem = problem_of(member, *shape, name)) return problem;
    }
    return std::nullopt;
  }

  static std::optional<std::string> problem_of_enum(const Value& value, const Value& values,
                                                    std::string_view field) {
    if (!value.is_string()) return must_be(field, "a string");
    const auto is_same = [&](const Value& one) { return one == value; };
    if (std::ranges::any_of(values.as_array(), is_same)) return std::nullopt;
    return fmt::format("Field '{}' is not an expected value", field);
  }

  static std::optional<std::string> problem_of_number(const Value& value, const Value& parts,
                                                      std::string_view field) {
    const Value* const type = parts.find("type");
    if (type == nullptr) return std::nullopt;
    if (auto problem = problem_of_type(value, type->as_string(), field)) return problem;
    const double number = value.as_number().to_double();
    const Value* const least = parts.find("min");
    const Value* const most = parts.find("max");
    if (least != nullptr && number < least->as_number().to_double())
      return fmt::format("Field '{}' is less than the minimum value", field);
    if (most != nullptr && number > most->as_number().to_double())
      return fmt::format("Field '{}' is greater than the maximum value", field);
    return std::nullopt;
  }

  const Operation& operation_;
  const Value& shapes_;
  const bool is_strict_;
};

}  // namespace

std::optional<Value> ServiceModels::model_of(std::string_view service) const {
  std::string_view rest = table_;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const std::size_t space = line.find(' ');
    if (line.substr(0, space) != service) continue;
    auto model = json::parse(line.substr(space + 1));
    if (model) return *std::move(model);
  }
  return std::nullopt;
}

std::optional<std::string> ServiceModels::problem_of(std::string_view resource, const Value& result,
                                                     bool is_strict) const {
  const auto operation = operation_of(resource);
  if (!operation) return std::nullopt;
  const auto model = model_of(operation->service);
  if (!model) return std::nullopt;
  const Value* const shape = model->find("operations")->find(operation->name);
  if (shape == nullptr) return std::nullopt;
  if (!result.is_object()) return "The result must be an object";
  return Comparer(*operation, *model->find("shapes"), is_strict).problem_of(result, *shape, "");
}

}  // namespace weft::workflow
