// Branches of Parallel states and iterations of inline Map states.
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "workflow/interpreter.h"

namespace weft::workflow {
namespace {

// How many iterations AWS lets run at the same time, whatever MaxConcurrency says ("Map state
// processing modes", Inline mode).
constexpr std::uint64_t kInlineConcurrencyMax = 40;

json::Value iteration_details(const State& state, std::uint64_t index) {
  return json::Value::object({{"name", state.name}, {"index", index}});
}

std::optional<EventType> aborted_event(const State& state) {
  switch (state.type) {
    case StateType::kTask:
      return EventType::kTaskStateAborted;
    case StateType::kWait:
      return EventType::kWaitStateAborted;
    case StateType::kMap:
      return EventType::kMapStateAborted;
    case StateType::kParallel:
      return EventType::kParallelStateAborted;
    default:
      return std::nullopt;
  }
}

}  // namespace

Outcome<> Interpreter::begin_parallel(FrameId id) {
  Frame& now = frame(id);
  const auto& fields = std::get<ParallelFields>(state_of(now).fields);
  auto input = effective_input(now);
  if (!input) return std::unexpected(std::move(input.error()));
  Payload of_branches = *std::move(input);
  if (state_of(now).flow.arguments) {
    auto arguments = arguments_of(now, of_branches);
    if (!arguments) return std::unexpected(std::move(arguments.error()));
    of_branches = Payload(*std::move(arguments));
    if (is_too_large(of_branches)) {
      return std::unexpected(input_limit_exceeded(
          fmt::format("The input of the branches of '{}'", state_of(now).name)));
    }
  }
  if (is_mocked()) return finish_mocked(id);
  record(now, EventType::kParallelStateStarted);
  now.waiting = Waiting::kFrames;
  OpenChildren& open = now.children.emplace(
      OpenChildren{.count = fields.machines.size(), .next = fields.machines.size()});
  for (std::size_t branch = 0; branch < fields.machines.size(); ++branch) {
    const FrameId child = add_frame(fields.machines[branch], id, branch, of_branches);
    frame(child).last_event = frame(id).last_event;
    open.running.emplace(child, 1);
    go_on(child);
  }
  if (fields.machines.empty()) finish_children(id, frame(id).last_event);
  return {};
}

Outcome<json::Value> Interpreter::items_of(const Frame& now, const Payload& input) {
  const State& state = state_of(now);
  const auto& fields = std::get<MapFields>(state.fields);
  auto given = value_of(now, fields.items, input.value());
  if (!given) return std::unexpected(std::move(given.error()));
  json::Value items = given->value_or(input.value());
  if (items.is_array()) {
    if (state.language == QueryLanguage::kJsonPath)
      inspect("afterItemsPath", Payload::as_written(items));
    return items;
  }
  if (fields.items.expression && !fields.items.expression->expression().empty())
    return std::unexpected(unexpected_type(*fields.items.expression, "Items", items, "array"));
  if (state.language == QueryLanguage::kJsonata) {
    return ends_with(
        "States.QueryEvaluationError",
        fmt::format("Map state input must be an array but was: {}", json::to_string(items)));
  }
  std::string_view path = fields.items.path ? std::string_view(fields.items.path->text()) : "$";
  if (path.starts_with("$$")) path.remove_prefix(1);  // as AWS says it
  return ends_with("States.Runtime",
                   fmt::format("Reference path \"{}\" must point to array.", path));
}

Outcome<> Interpreter::begin_map(FrameId id) {
  Frame& now = frame(id);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  auto input = effective_input(now);
  if (!input) return std::unexpected(std::move(input.error()));
  json::Value items = json::Value::array({});
  if (!fields.reader || !fields.is_distributed) {
    auto given = items_of(now, *input);
    if (!given) return std::unexpected(std::move(given.error()));
    items = *std::move(given);
  }
  auto concurrency = number_of(now, fields.max_concurrency, input->value(), true);
  if (!concurrency) return std::unexpected(std::move(concurrency.error()));
  if (concurrency->value_or(0) < 0)
    return ends_with("States.Runtime", "MaxConcurrency must be greater than or equal to 0.");
  record(now, EventType::kMapStateStarted, json::Value::object({{"length", items.size()}}));
  auto tolerated = tolerated_failures(now, *input);
  if (!tolerated) return std::unexpected(std::move(tolerated.error()));
  now.children =
      OpenChildren{.items = std::move(items),
                   .concurrency_max = static_cast<std::uint64_t>(concurrency->value_or(0)),
                   .tolerated = *tolerated};
  if (is_mocked()) return finish_mocked_map(id, *input);
  if (fields.is_distributed) return begin_map_run(id, *input);
  children_of(now).count = now.children->items.size();
  if (children_of(now).concurrency_max == 0 ||
      now.children->concurrency_max > kInlineConcurrencyMax)
    children_of(now).concurrency_max = kInlineConcurrencyMax;
  now.waiting = Waiting::kFrames;
  if (children_of(now).count == 0) {
    finish_children(id, now.last_event);
    return {};
  }
  return start_iterations(id, now.last_event);
}

Outcome<json::Value> Interpreter::item_input(const Frame& now, const json::Value& item,
                                             const Payload& input) {
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  if (!fields.item_selector) return *item.find("Value");
  return evaluate(now, *fields.item_selector, "ItemSelector",
                  {.input = input.value(), .map_item = &item});
}

Outcome<Payload> Interpreter::iteration_input(const Frame& now, const json::Value& item,
                                              const Payload& input) {
  auto made = item_input(now, item, input);
  if (!made) return std::unexpected(std::move(made.error()));
  Payload payload(*std::move(made));
  if (is_too_large(payload)) {
    return std::unexpected(
        input_limit_exceeded(fmt::format("The input of an iteration of '{}'", state_of(now).name)));
  }
  return payload;
}

Outcome<> Interpreter::start_iterations(FrameId id, std::uint64_t follows) {
  const State& state = state_of(frame(id));
  const auto& fields = std::get<MapFields>(state.fields);
  OpenChildren& open = children_of(frame(id));
  const auto of_all = effective_input(frame(id));
  for (; open.next < open.count && open.running.size() < open.concurrency_max; ++open.next) {
    const json::Value& value = open.items.as_array()[static_cast<std::size_t>(open.next)];
    const json::Value item = json::Value::object({{"Index", open.next}, {"Value", value}});
    auto input = of_all ? iteration_input(frame(id), item, *of_all)
                        : Outcome<Payload>(std::unexpected(of_all.error()));
    if (!input) {
      frame(id).last_event = follows;
      abort_frames_below(id, std::nullopt, follows);
      frame(id).children.reset();
      return std::unexpected(std::move(input.error()));
    }
    const FrameId child = add_frame(fields.machine, id, open.next, *std::move(input));
    frame(child).map_item = item;
    frame(child).last_event =
        record(EventType::kMapIterationStarted, follows, iteration_details(state, open.next));
    open.running.emplace(child, 1);
    go_on(child);
  }
  return {};
}

void Interpreter::child_ended(FrameId id, std::uint64_t index, const Payload& output,
                              std::uint64_t after) {
  const State& state = state_of(frame(id));
  OpenChildren& open = children_of(frame(id));
  ++open.succeeded;
  std::uint64_t last = after;
  if (state.type == StateType::kMap) {
    last = record(EventType::kMapIterationSucceeded, after, iteration_details(state, index));
  }
  if (!keep_result(open, index, output)) {
    frame(id).last_event = last;
    abort_frames_below(id, std::nullopt, last);
    frame(id).children.reset();
    failed(id, data_limit_exceeded(state.name));
    return;
  }
  if (open.succeeded == open.count) {
    finish_children(id, last);
    return;
  }
  if (state.type != StateType::kMap) return;
  if (auto started = start_iterations(id, after); !started) failed(id, std::move(started.error()));
}

bool Interpreter::keep_result(OpenChildren& open, std::uint64_t index,
                              const Payload& output) const {
  open.results_bytes += output.size_bytes();
  open.results.insert_or_assign(index, output.value());
  return open.results_bytes <= limits_.results_bytes;
}

void Interpreter::finish_children(FrameId id, std::uint64_t after) {
  Frame& now = frame(id);
  json::Array results;
  OpenChildren& open = children_of(now);
  results.reserve(open.results.size());
  for (auto& [index, output] : open.results)
    results.push_back(std::move(output));
  now.children.reset();
  now.last_event = after;
  record(state_of(now).type == StateType::kMap ? EventType::kMapStateSucceeded
                                               : EventType::kParallelStateSucceeded,
         after);
  if (auto done = finish(id, Payload(json::Value(std::move(results)))); !done)
    failed(id, std::move(done.error()));
}

// Takes down what a frame has open outside.
void Interpreter::close_frame(Frame& open) {
  close_task(open, true);
  cancel(open.timer);
  if (open.waiting != Waiting::kChildren || !open.children) return;
  for (const auto& [child, items] : open.children->running) {
    result_.effects.emplace_back(CancelChild{.map_run = open.children->map_run, .index = child});
  }
}

// Those that run inside the frame, but for `failing`, whose events are there already.
void Interpreter::abort_frames_below(FrameId id, std::optional<FrameId> failing,
                                     std::uint64_t after) {
  auto& open_children = frame(id).children;
  if (frame(id).waiting != Waiting::kFrames || !open_children) return;
  const bool is_map = state_of(frame(id)).type == StateType::kMap;
  const auto below = std::exchange(open_children->running, {});
  for (const auto& [number, items] : below) {
    const auto child = static_cast<FrameId>(number);
    // Recurses as deep as machines are inside each other.
    abort_frames_below(child, std::nullopt, after);
    Frame& open = frame(child);
    if (child != failing) {
      const auto type = aborted_event(state_of(open));
      if (type && open.is_entered) record(*type, after);
      if (is_map) {
        record(EventType::kMapIterationAborted, after,
               iteration_details(state_of(frame(id)), open.index));
      }
    }
    close_frame(open);
    execution_.frames.erase(child);
  }
}

void Interpreter::child_failed(FrameId child, const Failure& failure) {
  const std::optional<FrameId> parent = frame(child).parent;
  WEFT_ASSERT(parent.has_value());
  const FrameId id = *parent;
  const State& state = state_of(frame(id));
  const std::uint64_t after = frame(child).last_event;
  const std::uint64_t index = frame(child).index;
  const bool was_task = state_of(frame(child)).type == StateType::kTask;
  if (state.type == StateType::kMap)
    record(EventType::kMapIterationFailed, after, iteration_details(state, index));
  abort_frames_below(id, child, after);
  // AWS writes it down also for the task that failed, behind the others.
  if (was_task) record(EventType::kTaskStateAborted, after);
  frame(id).children.reset();
  frame(id).last_event = after;
  ended(id, failure);
}

}  // namespace weft::workflow
