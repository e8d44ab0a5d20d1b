#include "workflow/interpreter.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace weft::workflow {
json::Value not_truncated() {
  static const json::Value kDetails = json::Value::object({{"truncated", false}});
  return kDetails;
}

void set_text(json::Object& object, std::string_view name, const std::optional<std::string>& text) {
  if (text) object.set(name, *text);
}

bool has_result(StateType type) {
  return type == StateType::kTask || type == StateType::kParallel || type == StateType::kMap;
}

// SplitMix64 (Steele, Lea, Flood 2014): whatever the seed, no two steps are alike.
std::uint64_t StepInputs::bits() {
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31U);
}

double StepInputs::random() {
  constexpr unsigned kMantissaBits = 53;
  constexpr double kUnit = 1.0 / static_cast<double>(1ULL << kMantissaBits);
  return static_cast<double>(bits() >> (64U - kMantissaBits)) * kUnit;
}

std::string StepInputs::uuid() {
  const std::uint64_t high = (bits() & ~0xF000ULL) | 0x4000ULL;
  const std::uint64_t low = (bits() & ~(0xC0ULL << 56U)) | (0x80ULL << 56U);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32U, (high >> 16U) & 0xFFFFU,
                     high & 0xFFFFU, low >> 48U, low & 0xFFFFFFFFFFFFULL);
}

EventType entered_event(StateType type) {
  switch (type) {
    case StateType::kTask:
      return EventType::kTaskStateEntered;
    case StateType::kWait:
      return EventType::kWaitStateEntered;
    case StateType::kPass:
      return EventType::kPassStateEntered;
    case StateType::kSucceed:
      return EventType::kSucceedStateEntered;
    case StateType::kFail:
      return EventType::kFailStateEntered;
    case StateType::kChoice:
      return EventType::kChoiceStateEntered;
    case StateType::kParallel:
      return EventType::kParallelStateEntered;
    case StateType::kMap:
      break;
  }
  return EventType::kMapStateEntered;
}

EventType exited_event(StateType type) {
  switch (type) {
    case StateType::kTask:
      return EventType::kTaskStateExited;
    case StateType::kWait:
      return EventType::kWaitStateExited;
    case StateType::kPass:
      return EventType::kPassStateExited;
    case StateType::kSucceed:
      return EventType::kSucceedStateExited;
    case StateType::kChoice:
      return EventType::kChoiceStateExited;
    case StateType::kParallel:
      return EventType::kParallelStateExited;
    default:
      return EventType::kMapStateExited;
  }
}

std::uint64_t Interpreter::record(EventType type, std::uint64_t previous, json::Value details) {
  result_.history.push_back({.id = ++execution_.last_event,
                             .previous = previous,
                             .millis = millis_,
                             .type = type,
                             .details = std::move(details)});
  return execution_.last_event;
}

void Interpreter::record(Frame& frame, EventType type, json::Value details) {
  frame.last_event = record(type, frame.last_event, std::move(details));
}

TimerId Interpreter::start_timer(std::int64_t due_millis, FrameId frame) {
  const TimerId timer = number_in(frame, execution_.next_timer++);
  result_.effects.emplace_back(
      StartTimer{.timer = timer, .due_millis = std::min(due_millis, kMillisMax)});
  return timer;
}

void Interpreter::cancel(std::optional<TimerId>& timer) {
  if (timer) result_.effects.emplace_back(CancelTimer{.timer = *timer});
  timer.reset();
}

FrameId Interpreter::add_frame(std::size_t machine, std::optional<FrameId> parent,
                               std::uint64_t index, Payload input) {
  const FrameId id = execution_.next_frame++;
  Frame added{.machine = static_cast<std::uint32_t>(machine), .parent = parent, .index = index};
  added.state = static_cast<std::uint32_t>(definition_.machines()[machine].start);
  added.input = std::move(input);
  if (parent) {
    const Frame& around = frame(*parent);
    added.variables = around.variables.inside();
    added.map_item = around.map_item;
  }
  const bool is_new = execution_.frames.emplace(id, std::move(added)).second;
  WEFT_ASSERT(is_new);
  return id;
}

StepResult Interpreter::run(const Event& event) {
  if (!is_running()) return {};
  std::visit([this](const auto& what) { on(what); }, event.what);
  std::uint64_t transitions = 0;
  for (std::size_t at = 0; at < execution_.runnable.size() && is_running(); ++at) {
    if (++transitions > limits_.transitions || has_started_enough()) {
      execution_.runnable.erase(execution_.runnable.begin(),
                                execution_.runnable.begin() + static_cast<std::ptrdiff_t>(at));
      std::erase_if(execution_.runnable,
                    [this](FrameId id) { return !execution_.frames.contains(id); });
      result_.effects.emplace_back(Continue{});
      return std::move(result_);
    }
    // A frame that is gone was aborted meanwhile.
    if (const FrameId id = execution_.runnable[at]; execution_.frames.contains(id)) advance(id);
  }
  execution_.runnable.clear();
  return std::move(result_);
}

void Interpreter::enter(Frame& frame) {
  const State& state = state_of(frame);
  frame.entered_previous = frame.last_event;
  frame.entered_millis = millis_;
  frame.is_entered = true;
  frame.retries = 0;
  frame.attempts.clear();
  json::Object details;
  details.reserve(3);
  details.set("name", state.name);
  details.set("input", frame.input.text());
  details.set("inputDetails", not_truncated());
  record(frame, entered_event(state.type), json::Value(std::move(details)));
  frame.entered_event = frame.last_event;
}

void Interpreter::advance(FrameId id) {
  Frame& now = frame(id);
  // The last event says that it is full.
  if (execution_.last_event + 1 >= limits_.history_events) {
    end_execution(Status::kFailed, EventType::kExecutionFailed,
                  {.error = "States.Runtime",
                   .cause = fmt::format("The execution reached the maximum number of history "
                                        "events ({}).",
                                        limits_.history_events)},
                  now.last_event);
    return;
  }
  if (now.waiting == Waiting::kChildren) {
    go_on_with_children(id);
    return;
  }
  if (!now.is_entered) enter(now);
  now.waiting = Waiting::kNothing;
  if (auto done = attempt(id); !done) failed(id, std::move(done.error()));
}

Outcome<> Interpreter::attempt(FrameId id) {
  switch (state_of(frame(id)).type) {
    case StateType::kPass:
      return finish_pass(id);
    case StateType::kChoice:
      return finish_choice(id);
    case StateType::kWait:
      return begin_wait(id);
    case StateType::kFail:
      return fail_as_said(id);
    case StateType::kTask:
      return begin_task(id);
    case StateType::kParallel:
      return begin_parallel(id);
    case StateType::kMap:
      return begin_map(id);
    case StateType::kSucceed:
      break;
  }
  auto input = effective_input(frame(id));
  if (!input) return std::unexpected(std::move(input.error()));
  return finish(id, *input);
}

Outcome<> Interpreter::finish_pass(FrameId id) {
  const State& state = state_of(frame(id));
  auto input = effective_input(frame(id));
  if (!input) return std::unexpected(std::move(input.error()));
  if (state.result) return finish(id, Payload(*state.result));
  Payload passed = *std::move(input);
  if (state.flow.arguments) {
    auto arguments = arguments_of(frame(id), passed);
    if (!arguments) return std::unexpected(std::move(arguments.error()));
    passed = Payload(*std::move(arguments));
  }
  inspect_arguments(frame(id), passed);
  return finish(id, passed);
}

Outcome<> Interpreter::finish_choice(FrameId id) {
  Frame& now = frame(id);
  const State& state = state_of(now);
  const auto& fields = std::get<ChoiceFields>(state.fields);
  auto input = effective_input(now);
  if (!input) return std::unexpected(std::move(input.error()));
  const json::Value context = state.reads_context ? context_of(now) : json::Value();
  const Template* assign = state.flow.assign ? &*state.flow.assign : nullptr;
  const Template* output = state.flow.output ? &*state.flow.output : nullptr;
  std::optional<std::size_t> next = fields.otherwise;
  for (std::size_t i = 0; i < fields.choices.size(); ++i) {
    const ChoiceFields::Branch& branch = fields.choices[i];
    auto matches =
        branch.rule.matches(scope_of(now, input->value(), context), fmt::format("Choices[{}]", i));
    if (!matches) return std::unexpected(std::move(matches.error()));
    if (!*matches) continue;
    next = branch.next;
    assign = branch.assign ? &*branch.assign : nullptr;
    if (branch.output) output = &*branch.output;
    break;
  }
  if (!next) {
    return ends_with("States.Runtime",
                     "Failed to transition out of the state. The state does not point to a next "
                     "state.");
  }
  std::optional<Variables::Map> assigned;
  if (assign != nullptr) {
    auto made = assigned_by(now, *assign, input->value());
    if (!made) return std::unexpected(std::move(made.error()));
    assigned = *std::move(made);
  }
  auto passed = output_of(now, *input, output);
  if (!passed) return std::unexpected(std::move(passed.error()));
  return leave(id, *std::move(passed), next, assigned);
}

Outcome<> Interpreter::fail_as_said(FrameId id) {
  const auto& fields = std::get<FailFields>(state_of(frame(id)).fields);
  auto input = effective_input(frame(id));
  if (!input) return std::unexpected(std::move(input.error()));
  std::array<std::optional<std::string>, 2> texts;
  const std::array<const ValueField*, 2> sources = {&fields.error, &fields.cause};
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto value = value_of(frame(id), *sources[i], input->value());
    if (!value) return std::unexpected(std::move(value.error()));
    if (!value->has_value()) continue;
    const json::Value given = value->value_or(json::Value());
    if (!given.is_string()) {
      return ends_with("States.Runtime", fmt::format("The {} is no text: {}", sources[i]->name,
                                                     json::to_string(given)));
    }
    texts.at(i) = std::string(given.as_string());
  }
  give_up(id, {.error = std::move(texts[0]), .cause = std::move(texts[1])});
  return {};
}

Outcome<> Interpreter::finish(FrameId id, const Payload& result) {
  Frame& now = frame(id);
  const State& state = state_of(now);
  if (state.type == StateType::kTask || state.result) inspect("result", result);
  std::optional<Variables::Map> assigned;
  if (state.flow.assign) {
    auto made = assigned_by(now, *state.flow.assign, result.value());
    if (!made) return std::unexpected(std::move(made.error()));
    assigned = *std::move(made);
  }
  auto output = output_of(now, result, state.flow.output ? &*state.flow.output : nullptr);
  if (!output) return std::unexpected(std::move(output.error()));
  return leave(id, *std::move(output), state.next, assigned);
}

Outcome<> Interpreter::leave(FrameId id, Payload output, std::optional<std::size_t> next,
                             const std::optional<Variables::Map>& assigned) {
  Frame& now = frame(id);
  const State& state = state_of(now);
  if (is_too_large(output)) return std::unexpected(data_limit_exceeded(state.name));
  json::Object details;
  details.reserve(assigned && !assigned->empty() ? 5 : 3);
  details.set("name", state.name);
  details.set("output", output.text());
  details.set("outputDetails", not_truncated());
  if (assigned && !assigned->empty()) {
    json::Object texts;
    std::size_t bytes = 0;
    for (const auto& [name, value] : *assigned) {
      const std::string text = json::to_string(value);
      bytes += name.size() + text.size();
      texts.set(name, text);
    }
    details.set("assignedVariables", json::Value(std::move(texts)));
    details.set("assignedVariablesDetails", not_truncated());
    const auto too_large = [&] {
      return std::unexpected(
          input_limit_exceeded(fmt::format("What the state '{}' assigns", state.name)));
    };
    if (bytes > limits_.payload_bytes) return too_large();
    Variables variables = now.variables.with(*assigned);
    if (variables.size_bytes() > limits_.variables_bytes) return too_large();
    now.variables = std::move(variables);
  }
  record(now, exited_event(state.type), json::Value(std::move(details)));
  now.is_entered = false;
  now.waiting = Waiting::kNothing;
  if (test_ != nullptr) {
    inspect_variables(now.variables);
    end_test(output, next);
    return {};
  }
  if (!next) {
    end_machine(id, output);
    return {};
  }
  now.state = static_cast<std::uint32_t>(*next);
  now.input = std::move(output);
  go_on(id);
  return {};
}

void Interpreter::end_machine(FrameId id, const Payload& output) {
  Frame& now = frame(id);
  const std::uint64_t last = now.last_event;
  if (now.parent) {
    const FrameId parent = *now.parent;
    const std::uint64_t index = now.index;
    if (auto& siblings = frame(parent).children) siblings->running.erase(id);
    execution_.frames.erase(id);
    child_ended(parent, index, output, last);
    return;
  }
  execution_.output = output;
  json::Object details;
  details.set("output", output.text());
  details.set("outputDetails", not_truncated());
  record(EventType::kExecutionSucceeded, last, json::Value(std::move(details)));
  execution_.status = Status::kSucceeded;
  execution_.stop_millis = millis_;
  drop_everything();
}

StepResult step(const Definition& definition, Execution& execution, const Event& event,
                const StepLimits& limits, TestedState* test) {
  return Interpreter(definition, execution, event, limits, test).run(event);
}

}  // namespace weft::workflow
