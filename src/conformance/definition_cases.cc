#include "conformance/definition_cases.h"

#include <string_view>
#include <utility>

#include "workflow/validation.h"

namespace weft::conformance {
namespace {

using json::Value;

workflow::ValidationOptions options_of(const Value& arguments) {
  return {.type = arguments.find_string("type") == "EXPRESS" ? workflow::MachineType::kExpress
                                                             : workflow::MachineType::kStandard};
}

Value verdict_of(const workflow::Validation& validation) {
  if (validation.is_valid) return "valid";
  return invalid_definition_text(validation);
}

Comparison judge(const Value& test) {
  const Value* const valid = test.find("valid");
  const auto validation = workflow::validate(test.find_string("definition").value_or(""));
  const bool is_expected = valid == nullptr || *valid == Value(true);
  if (!is_expected) return {.expected = false, .found = validation.is_valid};
  return {.expected = "valid", .found = verdict_of(validation)};
}

Comparison create(const Value& arguments, const Value& expected) {
  const auto validation =
      workflow::validate(arguments.find_string("definition").value_or(""), options_of(arguments));
  const Value* const error = expected.find("Error");
  // What else may be wrong with a request is not about the definition.
  const bool is_refused = error != nullptr && error->find_string("Code") == "InvalidDefinition";
  if (error != nullptr && !is_refused) return {.expected = Value(), .found = Value()};
  if (!is_refused) return {.expected = "valid", .found = verdict_of(validation)};
  // The words of the emulator that recorded some of them begin so: the fact alone is AWS's.
  if (error->find_string("Message").value_or("").starts_with("Error=ValueError"))
    return {.expected = false, .found = validation.is_valid};
  return {.expected = error->find_string("Message").value_or(""), .found = verdict_of(validation)};
}

Comparison validate(const Value& arguments, const Value& expected) {
  const auto validation =
      workflow::validate(arguments.find_string("definition").value_or(""), options_of(arguments));
  json::Array diagnostics;
  for (const workflow::Diagnostic& diagnostic : validation.diagnostics) {
    json::Object object;
    object.set("severity", name(diagnostic.severity));
    object.set("code", diagnostic.code);
    object.set("message", diagnostic.message);
    if (diagnostic.location) object.set("location", *diagnostic.location);
    diagnostics.push_back(Value(std::move(object)));
  }
  json::Object answer;
  if (const Value* const metadata = expected.find("ResponseMetadata"))
    answer.set("ResponseMetadata", *metadata);
  answer.set("result", validation.is_valid ? "OK" : "FAIL");
  answer.set("diagnostics", Value(std::move(diagnostics)));
  answer.set("truncated", validation.is_truncated);
  return {.expected = expected, .found = Value(std::move(answer))};
}

}  // namespace

Result<Comparison> run_definition_case(const Value& test) {
  const Value* const arguments = test.find("args");
  const Value* const expected = test.find("expected");
  if (arguments == nullptr) return judge(test);
  if (expected == nullptr) return fail(ErrorCode::kInvalidArgument, "it expects nothing");
  const std::string_view operation = test.find_string("op").value_or("");
  if (operation == "create_state_machine") return create(*arguments, *expected);
  if (operation == "validate_state_machine_definition") return validate(*arguments, *expected);
  return fail(ErrorCode::kUnsupported, "it calls what only a server has");
}

}  // namespace weft::conformance
