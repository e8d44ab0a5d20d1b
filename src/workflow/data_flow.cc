// What comes into a state and what goes out: InputPath to OutputPath, Arguments to Output, Assign.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "workflow/interpreter.h"
#include "workflow/timestamp.h"
#include "workflow/value_text.h"

namespace weft::workflow {
namespace {

// Of any limit: no expression makes more.
constexpr std::uint64_t kPayloadBytesMax = 256 << 20;

}  // namespace

StateError data_limit_exceeded(std::string_view what) {
  return {.error = "States.DataLimitExceeded",
          .cause = fmt::format("The state/task '{}' returned a result with a size exceeding the "
                               "maximum number of bytes service limit.",
                               what)};
}

StateError input_limit_exceeded(std::string_view what) {
  return {.error = "States.DataLimitExceeded",
          .cause = fmt::format("{} has a size exceeding the maximum number of bytes service limit.",
                               what)};
}

Scope Interpreter::scope_of(const Frame& frame, const json::Value& input,
                            const json::Value& context) {
  return {.input = input, .context = context, .variables = frame.variables, .inputs = inputs_};
}

json::Value Interpreter::context_of(const Frame& frame, const json::Value* map_item) const {
  if (test_ != nullptr && test_->context) return context_of_test(map_item);
  const State& state = state_of(frame);
  json::Object execution;
  execution.set("Id", execution_.identity.arn);
  execution.set("Input", execution_.input.value());
  execution.set("StartTime", to_timestamp(execution_.start_millis));
  execution.set("Name", execution_.identity.name);
  execution.set("RoleArn", execution_.identity.role_arn);
  if (test_ == nullptr) execution.set("RedriveCount", execution_.redrives);
  json::Object machine;
  machine.set("Id", execution_.identity.machine_arn);
  machine.set("Name", execution_.identity.machine_name);
  json::Object now;
  now.set("Name", state.name);
  now.set("EnteredTime", to_timestamp(frame.entered_millis));
  if (has_result(state.type))
    now.set("RetryCount", test_ == nullptr ? frame.retries : test_->retries);
  json::Object context;
  context.set("Execution", json::Value(std::move(execution)));
  context.set("StateMachine", json::Value(std::move(machine)));
  context.set("State", json::Value(std::move(now)));
  if (frame.task) context.set("Task", json::Value::object({{"Token", frame.task->token}}));
  const json::Value& item = map_item != nullptr ? *map_item : frame.map_item;
  if (!item.is_null()) context.set("Map", json::Value::object({{"Item", item}}));
  return json::Value(std::move(context));
}

Outcome<Payload> Interpreter::filtered(const Frame& frame, const FilterPath& filter,
                                       std::string_view field, const Payload& data) {
  switch (filter.kind) {
    case FilterPath::Kind::kAll:
      return data;
    case FilterPath::Kind::kNothing:
      return Payload(json::Value::object({}));
    case FilterPath::Kind::kPath:
      break;
  }
  WEFT_ASSERT(filter.path.has_value());
  const json::Value context = state_of(frame).reads_context ? context_of(frame) : json::Value();
  auto value = filter.path->evaluate(scope_of(frame, data.value(), context), field);
  if (!value) return std::unexpected(std::move(value.error()));
  return Payload(*std::move(value));
}

Outcome<Payload> Interpreter::effective_input(const Frame& frame) {
  const State& state = state_of(frame);
  auto input = filtered(frame, state.flow.input_path, "InputPath", frame.input);
  // AWS does not show it where a Pass state has a Result.
  if (input && state.language == QueryLanguage::kJsonPath && !state.result)
    inspect("afterInputPath", *input);
  return input;
}

Outcome<json::Value> Interpreter::evaluate(const Frame& frame, const Template& what,
                                           std::string_view field, const Seen& seen) {
  const json::Value context =
      state_of(frame).reads_context ? context_of(frame, seen.map_item) : json::Value();
  Scope scope = scope_of(frame, seen.input, context);
  scope.result = seen.result;
  scope.error_output = seen.error;
  auto value = std::visit([&](const auto& form) { return form.evaluate(scope, field); }, what);
  return value ? kept(frame, *std::move(value)) : value;
}

// Of what is printed within the limit: is_larger_than() counts at most three bytes for each.
std::size_t Interpreter::bytes_in_memory_max() const {
  return static_cast<std::size_t>(4 * std::min(limits_.payload_bytes, kPayloadBytesMax));
}

// What an expression made may be shared in it more often than it could ever be printed.
Outcome<json::Value> Interpreter::kept(const Frame& frame, json::Value value) const {
  if (is_larger_than(value, bytes_in_memory_max()))
    return std::unexpected(data_limit_exceeded(state_of(frame).name));
  auto stored = as_stored(std::move(value));
  if (stored) return *std::move(stored);
  return ends_with("States.QueryEvaluationError",
                   "An object has two names that are the same in UTF-8.");
}

Outcome<json::Value> Interpreter::arguments_of(const Frame& frame, const Payload& input) {
  const State& state = state_of(frame);
  if (!state.flow.arguments) return input.value();
  const bool is_jsonata = state.language == QueryLanguage::kJsonata;
  return evaluate(frame, *state.flow.arguments, is_jsonata ? "Arguments" : "Parameters",
                  {.input = input.value()});
}

Outcome<std::optional<json::Value>> Interpreter::value_of(const Frame& frame,
                                                          const ValueField& field,
                                                          const json::Value& input) {
  if (field.constant) return *field.constant;
  if (!field.path && !field.expression) return std::nullopt;
  const json::Value context = state_of(frame).reads_context ? context_of(frame) : json::Value();
  const Scope scope = scope_of(frame, input, context);
  auto value = field.path ? field.path->evaluate(scope, field.name + "Path")
                          : field.expression->evaluate(scope, field.name);
  if (value) value = kept(frame, *std::move(value));
  if (!value) return std::unexpected(std::move(value.error()));
  return *std::move(value);
}

Outcome<std::optional<double>> Interpreter::number_of(const Frame& frame, const ValueField& field,
                                                      const json::Value& input, bool is_whole) {
  auto value = value_of(frame, field, input);
  if (!value) return std::unexpected(std::move(value.error()));
  if (!value->has_value()) return std::nullopt;
  const json::Value given = value->value_or(json::Value());
  const bool fits = given.is_number() && (!is_whole || given.as_number().to_int64().has_value());
  if (fits) return given.as_number().to_double();
  if (field.path) {
    const std::string shown =
        given.is_string() ? std::string(given.as_string()) : json::to_string(given);
    return ends_with(
        "States.Runtime",
        fmt::format("The {}Path field refers to value \"{}\" which is not a valid {}: "
                    "{}",
                    field.name, shown, is_whole ? "integer" : "float", field.path->text()));
  }
  if (field.expression) {
    return std::unexpected(unexpected_type(*field.expression, field.name, given, "number"));
  }
  return ends_with("States.Runtime", fmt::format("{} is no number", field.name));
}

Outcome<Payload> Interpreter::with_result(const Frame& frame, const ResultPath& path,
                                          const Payload& result) {
  Payload placed = result;
  if (path.kind == ResultPath::Kind::kDiscard) placed = frame.input;
  if (path.kind == ResultPath::Kind::kPath) {
    WEFT_ASSERT(path.path.has_value());
    auto document = path.path->set(frame.input.value(), result.value());
    if (!document) {
      return ends_with("States.ResultPathMatchFailure",
                       fmt::format("Unable to apply step \"{}\" to input {}",
                                   path.path->normalized(), frame.input.text().as_string()));
    }
    placed = Payload(*std::move(document));
  }
  return placed;
}

Outcome<Payload> Interpreter::output_of(const Frame& frame, const Payload& result,
                                        const Template* output) {
  const State& state = state_of(frame);
  if (state.language == QueryLanguage::kJsonata) {
    if (output == nullptr) return result;
    auto made = evaluate(frame, *output, "Output",
                         {.input = frame.input.value(),
                          .result = has_result(state.type) ? &result.value() : nullptr});
    if (!made) return std::unexpected(std::move(made.error()));
    return Payload(*std::move(made));
  }
  // AWS shows what it makes of results, and not of inputs that pass through.
  const bool is_shown = has_result(state.type) || state.type == StateType::kPass;
  Payload selected = result;
  if (state.flow.result_selector) {
    auto made =
        evaluate(frame, *state.flow.result_selector, "ResultSelector", {.input = result.value()});
    if (!made) return std::unexpected(std::move(made.error()));
    selected = Payload(*std::move(made));
  }
  if (is_shown) inspect("afterResultSelector", selected);
  auto placed = with_result(frame, state.flow.result_path, selected);
  if (!placed) return placed;
  if (is_shown) inspect("afterResultPath", *placed);
  return filtered(frame, state.flow.output_path, "OutputPath", *placed);
}

Outcome<Variables::Map> Interpreter::assigned_by(const Frame& frame, const Template& assign,
                                                 const json::Value& result,
                                                 const json::Value* error) {
  const State& state = state_of(frame);
  const bool is_jsonata = state.language == QueryLanguage::kJsonata;
  const bool shows_result = is_jsonata && error == nullptr && has_result(state.type);
  auto value = evaluate(frame, assign, "Assign",
                        {.input = is_jsonata ? frame.input.value() : result,
                         .result = shows_result ? &result : nullptr,
                         .error = error});
  if (!value) return std::unexpected(std::move(value.error()));
  Variables::Map assigned;
  if (!value->is_object()) return assigned;
  for (const auto& [name, variable] : value->as_object())
    assigned.insert_or_assign(std::string(name), variable);
  return assigned;
}

std::optional<std::string> Interpreter::printed(const json::Value& value) const {
  if (is_larger_than(value, bytes_in_memory_max())) return std::nullopt;
  std::string text = json::to_string(value);
  return text.size() <= limits_.payload_bytes ? std::optional(std::move(text)) : std::nullopt;
}

bool Interpreter::is_too_large(const Payload& payload) const {
  // What is far too large is not printed to find out.
  return is_larger_than(payload.value(), bytes_in_memory_max()) ||
         payload.size_bytes() > limits_.payload_bytes;
}

}  // namespace weft::workflow
