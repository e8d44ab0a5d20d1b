// Distributed Map states: items that somebody reads, batches, child executions, results that
// somebody writes.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "workflow/interpreter.h"

namespace weft::workflow {
namespace {

// AWS, "Distributed mode": how many child executions run at the same time at most.
constexpr std::uint64_t kDistributedConcurrencyMax = 10'000;
constexpr double kPercentMax = 100;

// What stands before MACHINE/LABEL:ID in the ARN of a Map run.
constexpr std::string_view kMapRun = ":mapRun:";

// "arn:aws:states:REGION:ACCOUNT"
std::string_view account_of(std::string_view arn) {
  std::size_t end = 0;
  for (int colons = 0; end < arn.size(); ++end) {
    if (arn[end] == ':' && ++colons == 5) break;
  }
  return arn.substr(0, end);
}

Failure failure_of(const StateError& error) {
  return shortened({.error = error.error, .cause = error.cause});
}

json::Value batch_of(const json::Value& shared, json::Array items) {
  json::Object batch;
  if (!shared.is_null()) batch.set("BatchInput", shared);
  batch.set("Items", json::Value(std::move(items)));
  return json::Value(std::move(batch));
}

}  // namespace

bool is_tolerated(const Tolerated& tolerated, std::uint64_t failed, std::uint64_t count) {
  const double percentage =
      count == 0 ? 0 : kPercentMax * static_cast<double>(failed) / static_cast<double>(count);
  if (!tolerated.count && !tolerated.percentage) return failed == 0;
  return (!tolerated.count || failed <= *tolerated.count) &&
         (!tolerated.percentage || percentage <= *tolerated.percentage);
}

Failure threshold_exceeded() {
  return {.error = "States.ExceedToleratedFailureThreshold",
          .cause = "The specified tolerated failure threshold was exceeded"};
}

Outcome<Tolerated> Interpreter::tolerated_failures(const Frame& now, const Payload& input) {
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  auto count = number_of(now, fields.tolerated_failure_count, input.value(), true);
  if (!count) return std::unexpected(std::move(count.error()));
  auto percentage = number_of(now, fields.tolerated_failure_percentage, input.value(), false);
  if (!percentage) return std::unexpected(std::move(percentage.error()));
  if (count->value_or(0) < 0)
    return ends_with("States.Runtime", "ToleratedFailureCount cannot be negative.");
  if (percentage->value_or(0) < 0 || percentage->value_or(0) > kPercentMax)
    return ends_with("States.Runtime", "ToleratedFailurePercentage must be between 0 and 100.");
  Tolerated tolerated{.percentage = *percentage};
  if (count->has_value()) tolerated.count = static_cast<std::uint64_t>(count->value_or(0));
  return tolerated;
}

Outcome<> Interpreter::begin_map_run(FrameId id, const Payload& input) {
  Frame& now = frame(id);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  OpenChildren& open = children_of(now);
  if (open.concurrency_max == 0 || open.concurrency_max > kDistributedConcurrencyMax)
    open.concurrency_max = kDistributedConcurrencyMax;
  open.map_run_arn =
      fmt::format("{}{}{}/{}:{}", account_of(execution_.identity.arn), kMapRun,
                  execution_.identity.machine_name,
                  fields.label.empty() ? inputs_.uuid() : fields.label, inputs_.uuid());
  open.map_run = number_in(id, execution_.next_task++);
  record(now, EventType::kMapRunStarted, json::Value::object({{"mapRunArn", open.map_run_arn}}));
  auto begun = fields.reader ? ask_for_items(id, *fields.reader, input) : begin_children(id, input);
  if (!begun) fail_map_run(id, std::move(begun.error()));
  return {};
}

Outcome<> Interpreter::ask_for_items(FrameId id, const MapFields::Reader& reader,
                                     const Payload& input) {
  Frame& now = frame(id);
  ReadItems read{
      .map_run = children_of(now).map_run, .resource = reader.resource, .config = reader.config};
  auto max_items = number_of(now, reader.max_items, input.value(), true);
  if (!max_items) return std::unexpected(std::move(max_items.error()));
  if (max_items->has_value())
    read.max_items = static_cast<std::uint64_t>(std::max(max_items->value_or(0), 0.0));
  if (reader.arguments) {
    auto arguments =
        evaluate(now, *reader.arguments, "ItemReader/Parameters", {.input = input.value()});
    if (!arguments) return std::unexpected(std::move(arguments.error()));
    read.arguments = *std::move(arguments);
  }
  now.waiting = Waiting::kReader;
  result_.effects.emplace_back(std::move(read));
  return {};
}

Frame* Interpreter::frame_of_map_run(MapRunId run, Waiting waiting) {
  const auto found = execution_.frames.find(frame_of(run));
  if (found == execution_.frames.end() || found->second.waiting != waiting) return nullptr;
  return children_of(found->second).map_run == run ? &found->second : nullptr;
}

void Interpreter::on(const ItemsRead& read) {
  Frame* const now = frame_of_map_run(read.map_run, Waiting::kReader);
  if (now == nullptr) return;
  const FrameId id = frame_of(read.map_run);
  if (!read.items) {
    fail_map_run(id, failure_of(read.items.error()));
    return;
  }
  if (!read.items->is_array()) {
    fail_map_run(id, Failure{.error = "States.ItemReaderFailed",
                             .cause = "Attempting to map over non-iterable node."});
    return;
  }
  children_of(*now).items = *read.items;
  auto input = effective_input(*now);
  auto begun =
      input ? begin_children(id, *input) : Outcome<>(std::unexpected(std::move(input.error())));
  if (!begun) fail_map_run(id, std::move(begun.error()));
}

Outcome<> Interpreter::begin_children(FrameId id, const Payload& input) {
  Frame& now = frame(id);
  OpenChildren& open = children_of(now);
  const auto& batcher = std::get<MapFields>(state_of(now).fields).batcher;
  if (batcher) {
    auto batching = batching_of(now, *batcher, input);
    if (!batching) return std::unexpected(std::move(batching.error()));
    open.batching = *std::move(batching);
  }
  open.count = open.items.size();
  now.waiting = Waiting::kChildren;
  go_on_with_children(id);
  return {};
}

Outcome<Batching> Interpreter::batching_of(const Frame& now, const MapFields::Batcher& batcher,
                                           const Payload& input) {
  auto items_max = number_of(now, batcher.items_max, input.value(), true);
  if (!items_max) return std::unexpected(std::move(items_max.error()));
  auto bytes_max = number_of(now, batcher.bytes_max, input.value(), true);
  if (!bytes_max) return std::unexpected(std::move(bytes_max.error()));
  // A batch is never larger than an input may be, and an item has a byte.
  const auto most = static_cast<double>(limits_.payload_bytes);
  Batching batching{
      .items_max = static_cast<std::uint64_t>(std::clamp(items_max->value_or(most), 1.0, most)),
      .bytes_max = static_cast<std::uint64_t>(std::clamp(bytes_max->value_or(most), 1.0, most))};
  if (batcher.batch_input) {
    auto made =
        evaluate(now, *batcher.batch_input, "ItemBatcher/BatchInput", {.input = input.value()});
    if (!made) return std::unexpected(std::move(made.error()));
    batching.input = *std::move(made);
  }
  return batching;
}

Outcome<json::Value> Interpreter::selected_item(const Frame& now, const OpenChildren& open,
                                                std::uint64_t index, const Payload& input) {
  ++child_items_;
  const json::Value& item = open.items.as_array()[static_cast<std::size_t>(index)];
  return item_input(now, json::Value::object({{"Index", index}, {"Value", item}}), input);
}

Outcome<Interpreter::ChildInput> Interpreter::next_child_input(const Frame& now,
                                                               const OpenChildren& open,
                                                               const Payload& input) {
  if (!open.batching) {
    auto item = selected_item(now, open, open.next, input);
    if (!item) return std::unexpected(std::move(item.error()));
    return ChildInput{.value = *std::move(item)};
  }
  const Batching& batching = *open.batching;
  json::Array items;
  std::uint64_t bytes = json::to_string(batch_of(batching.input, {})).size();
  for (std::uint64_t index = open.next; index < open.count; ++index) {
    if (items.size() == batching.items_max) break;
    auto item = selected_item(now, open, index, input);
    if (!item) return std::unexpected(std::move(item.error()));
    const std::uint64_t comma = items.empty() ? 0 : 1;
    bytes += comma + json::to_string(*item).size();
    // The one that does not fit is evaluated again for the batch that it comes into.
    if (bytes > batching.bytes_max && !items.empty()) break;
    items.push_back(*std::move(item));
  }
  const std::uint64_t count = items.size();
  return ChildInput{.value = batch_of(batching.input, std::move(items)), .items = count};
}

StartChild Interpreter::child_of(FrameId id, const json::Value& input) {
  const auto& fields = std::get<MapFields>(state_of(frame(id)).fields);
  const OpenChildren& open = children_of(frame(id));
  const std::string_view run(open.map_run_arn);
  const std::size_t begin = run.find(kMapRun) + kMapRun.size();
  Identity identity = execution_.identity;
  identity.name = inputs_.uuid();
  identity.arn = fmt::format("{}:execution:{}:{}", account_of(execution_.identity.arn),
                             run.substr(begin, run.rfind(':') - begin), identity.name);
  identity.map_run_arn = open.map_run_arn;
  return {
      .map_run = open.map_run,
      .index = open.next_child,
      .begin = {.identity = std::move(identity),
                .input = json::to_string(input),
                .machine = static_cast<std::uint32_t>(fields.machine),
                .map_item = json::Value::object({{"Index", open.next_child}, {"Value", input}})}};
}

bool Interpreter::has_started_enough() const {
  return child_bytes_ >= limits_.child_bytes || child_items_ >= limits_.child_items;
}

Outcome<> Interpreter::start_children(FrameId id) {
  Frame& now = frame(id);
  OpenChildren& open = children_of(now);
  if (open.next == open.count) return {};
  const auto of_all = effective_input(now);
  if (!of_all) return std::unexpected(of_all.error());
  while (open.next < open.count && open.running.size() < open.concurrency_max) {
    if (has_started_enough()) {
      go_on(id);
      return {};
    }
    const auto input = next_child_input(now, open, *of_all);
    if (!input) return std::unexpected(input.error());
    StartChild start = child_of(id, input->value);
    child_bytes_ += start.begin.input.size();
    open.running.emplace(open.next_child++, input->items);
    open.next += input->items;
    result_.effects.emplace_back(std::move(start));
  }
  return {};
}

void Interpreter::go_on_with_children(FrameId id) {
  auto done = start_children(id);
  const OpenChildren& open = children_of(frame(id));
  if (done && open.running.empty() && open.next == open.count) done = end_children(id);
  if (!done) fail_map_run(id, std::move(done.error()));
}

void Interpreter::on(const ChildEnded& child) {
  Frame* const now = frame_of_map_run(child.map_run, Waiting::kChildren);
  if (now == nullptr) return;
  const FrameId id = frame_of(child.map_run);
  OpenChildren& open = children_of(*now);
  const auto running = open.running.find(child.index);
  if (running == open.running.end()) return;
  const std::uint64_t items = running->second;
  open.running.erase(running);
  const State& state = state_of(*now);
  std::optional<Failure> failure;
  if (child.output) {
    open.succeeded += items;
    const bool is_written = std::get<MapFields>(state.fields).writer.has_value();
    if (!is_written && !keep_result(open, child.index, Payload(*child.output))) {
      failure = failure_of(data_limit_exceeded(state.name));
    }
  } else {
    open.failed += items;
    if (!is_tolerated(open.tolerated, open.failed, open.count)) failure = threshold_exceeded();
  }
  const bool is_runnable = std::ranges::count(execution_.runnable, id) > 0;
  if (failure) {
    std::erase(execution_.runnable, id);
    fail_map_run(id, *failure);
  } else if (!is_runnable) {
    go_on_with_children(id);
  }
}

Outcome<> Interpreter::end_children(FrameId id) {
  Frame& now = frame(id);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  OpenChildren& open = children_of(now);
  if (!fields.writer) {
    json::Array outputs;
    for (auto& [index, output] : open.results)
      outputs.push_back(std::move(output));
    finish_map_run(id, json::Value(std::move(outputs)));
    return {};
  }
  WriteResults write{.map_run = open.map_run,
                     .resource = fields.writer->resource,
                     .config = fields.writer->config,
                     .map_run_arn = open.map_run_arn};
  if (fields.writer->arguments) {
    auto input = effective_input(now);
    if (!input) return std::unexpected(std::move(input.error()));
    auto arguments = evaluate(now, *fields.writer->arguments, "ResultWriter/Parameters",
                              {.input = input->value()});
    if (!arguments) return std::unexpected(std::move(arguments.error()));
    write.arguments = *std::move(arguments);
  }
  now.waiting = Waiting::kWriter;
  result_.effects.emplace_back(std::move(write));
  return {};
}

void Interpreter::on(const ResultsWritten& written) {
  if (frame_of_map_run(written.map_run, Waiting::kWriter) == nullptr) return;
  const FrameId id = frame_of(written.map_run);
  if (written.result) {
    finish_map_run(id, *written.result);
  } else {
    fail_map_run(id, failure_of(written.result.error()));
  }
}

void Interpreter::finish_map_run(FrameId id, json::Value result) {
  Frame& now = frame(id);
  now.children.reset();
  record(now, EventType::kMapRunSucceeded);
  record(EventType::kMapStateSucceeded, now.last_event);
  if (auto done = finish(id, Payload(std::move(result))); !done)
    failed(id, std::move(done.error()));
}

void Interpreter::close_map_run(FrameId id, const Failure& failure) {
  Frame& now = frame(id);
  close_frame(now);
  now.children.reset();
  record(now, EventType::kMapRunFailed, details_of(failure));
}

void Interpreter::fail_map_run(FrameId id, const Failure& failure) {
  close_map_run(id, failure);
  ended(id, failure);
}

void Interpreter::fail_map_run(FrameId id, StateError error) {
  close_map_run(id, failure_of(error));
  failed(id, std::move(error));
}

}  // namespace weft::workflow
