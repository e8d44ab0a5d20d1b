// Wait states.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "workflow/interpreter.h"
#include "workflow/timestamp.h"

namespace weft::workflow {
namespace {

// A text as it is, anything else as JSON.
std::string shown(const json::Value& value) {
  return value.is_string() ? std::string(value.as_string()) : json::to_string(value);
}

// What is wrong with a field of a Wait state. AWS names a path in other words than an expression.
std::unexpected<StateError> wrong(const ValueField& field, std::string cause) {
  if (!field.expression) return ends_with("States.Runtime", std::move(cause));
  return std::unexpected(StateError{
      .error = "States.QueryEvaluationError", .cause = std::move(cause), .location = field.name});
}

Outcome<std::int64_t> end_of_seconds(const ValueField& field, const json::Value& value,
                                     std::int64_t now_millis) {
  const auto seconds = value.is_number() ? value.as_number().to_int64() : std::nullopt;
  const std::string what =
      field.path ? fmt::format("{} == {}", field.path->text(), shown(value)) : shown(value);
  const std::string_view parameter = field.path ? "SecondsPath parameter" : "Seconds field";
  if (!seconds) {
    return wrong(field,
                 fmt::format("The {} cannot be parsed as a long value: {}", parameter, what));
  }
  if (*seconds < 0)
    return wrong(field, fmt::format("The {} references a negative value: {}", parameter, what));
  if (*seconds >= (kMillisMax - now_millis) / kMillisPerSecond) return kMillisMax;
  return now_millis + *seconds * kMillisPerSecond;
}

Outcome<std::int64_t> end_of_timestamp(const ValueField& field, const json::Value& value) {
  const auto time = value.is_string() ? parse_timestamp(value.as_string()) : std::nullopt;
  if (time) return std::min(time->millis_after(), kMillisMax);
  if (field.path) {
    return wrong(field, fmt::format("The TimestampPath parameter does not reference a valid "
                                    "ISO-8601 extended offset date-time format string: {} == {}",
                                    field.path->text(), shown(value)));
  }
  return wrong(field, fmt::format("The Timestamp field cannot be parsed as an ISO-8601 extended "
                                  "offset date-time format string: {}",
                                  shown(value)));
}

}  // namespace

Outcome<std::int64_t> Interpreter::wait_until(Frame& now, const WaitFields& fields,
                                              const Payload& input) {
  const bool is_timestamp = fields.timestamp.is_present();
  const ValueField& field = is_timestamp ? fields.timestamp : fields.seconds;
  if (field.path) {
    // What is not there is said in other words here than elsewhere.
    const json::Value context = state_of(now).reads_context ? context_of(now) : json::Value();
    auto found = field.path->find(scope_of(now, input.value(), context), field.name + "Path");
    if (!found) return std::unexpected(std::move(found.error()));
    if (!found->has_value()) {
      return wrong(field, fmt::format("The {}Path parameter does not reference an input value: {}",
                                      field.name, field.path->text()));
    }
    const json::Value given = found->value_or(json::Value());
    return is_timestamp ? end_of_timestamp(field, given) : end_of_seconds(field, given, millis_);
  }
  auto value = value_of(now, field, input.value());
  if (!value) return std::unexpected(std::move(value.error()));
  // What is wrong with the value, and not with the expression, follows the state's entry.
  now.entered_previous = now.entered_event;
  const json::Value given = value->value_or(json::Value(0));
  return is_timestamp ? end_of_timestamp(field, given) : end_of_seconds(field, given, millis_);
}

Outcome<> Interpreter::begin_wait(FrameId id) {
  Frame& now = frame(id);
  auto input = effective_input(now);
  if (!input) return std::unexpected(std::move(input.error()));
  auto due = wait_until(now, std::get<WaitFields>(state_of(now).fields), *input);
  if (!due) return std::unexpected(std::move(due.error()));
  if (*due <= millis_) return finish(id, *input);
  now.waiting = Waiting::kTimer;
  now.timer = start_timer(*due, id);
  return {};
}

}  // namespace weft::workflow
