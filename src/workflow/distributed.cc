// Distributed Map states: items that somebody reads, batches, child executions, results that
// somebody writes.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "workflow/interpreter.h"

namespace weft::workflow {
namespace {

// AWS, "Distributed mode": how many child executions run at the same time at most.
constexpr std::uint64_t kDistributedConcurrencyMax = 10'000;
constexpr double kPercentMax = 100;

// "arn:aws:states:REGION:ACCOUNT"
std::string_view account_of(std::string_view arn) {
  std::size_t end = 0;
  for (int colons = 0; end < arn.size(); ++end) {
    if (arn[end] == ':' && ++colons == 5) break;
  }
  return arn.substr(0, end);
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
  open.map_run_arn = fmt::format(
      "{}:mapRun:{}/{}:{}", account_of(execution_.identity.arn), execution_.identity.machine_name,
      fields.label.empty() ? inputs_.uuid() : fields.label, inputs_.uuid());
  record(now, EventType::kMapRunStarted, json::Value::object({{"mapRunArn", open.map_run_arn}}));
  if (!fields.reader) return begin_batches(id, input);
  ReadItems read{.frame = id, .resource = fields.reader->resource, .config = fields.reader->config};
  auto max_items = number_of(now, fields.reader->max_items, input.value(), true);
  if (!max_items) return std::unexpected(std::move(max_items.error()));
  if (max_items->has_value())
    read.max_items = static_cast<std::uint64_t>(std::max(max_items->value_or(0), 0.0));
  if (fields.reader->arguments) {
    auto arguments =
        evaluate(now, *fields.reader->arguments, "ItemReader/Parameters", {.input = input.value()});
    if (!arguments) return std::unexpected(std::move(arguments.error()));
    read.arguments = *std::move(arguments);
  }
  now.waiting = Waiting::kReader;
  result_.effects.emplace_back(std::move(read));
  return {};
}

void Interpreter::on(const ItemsRead& read) {
  if (!execution_.frames.contains(read.frame)) return;
  Frame& now = frame(read.frame);
  if (now.waiting != Waiting::kReader) return;
  if (!read.items) {
    fail_map_run(read.frame,
                 {.error = read.items.error().error, .cause = read.items.error().cause});
    return;
  }
  if (!read.items->is_array()) {
    fail_map_run(read.frame, {.error = "States.ItemReaderFailed",
                              .cause = "Attempting to map over non-iterable node."});
    return;
  }
  children_of(now).items = *read.items;
  auto input = effective_input(now);
  auto begun =
      input ? begin_batches(read.frame, *input) : Outcome<>(std::unexpected(input.error()));
  if (!begun) failed(read.frame, std::move(begun.error()));
}

// Items in groups, each as {"Items": […]} with what all of them get.
Outcome<json::Value> Interpreter::batches_of(const Frame& now, const MapFields::Batcher& batcher,
                                             const json::Value& items, const Payload& input) {
  auto items_max = number_of(now, batcher.items_max, input.value(), true);
  if (!items_max) return std::unexpected(std::move(items_max.error()));
  auto bytes_max = number_of(now, batcher.bytes_max, input.value(), true);
  if (!bytes_max) return std::unexpected(std::move(bytes_max.error()));
  const double most_items = std::max(items_max->value_or(HUGE_VAL), 1.0);
  const double most_bytes = std::max(bytes_max->value_or(HUGE_VAL), 1.0);
  json::Value shared;
  if (batcher.batch_input) {
    auto made =
        evaluate(now, *batcher.batch_input, "ItemBatcher/BatchInput", {.input = input.value()});
    if (!made) return std::unexpected(std::move(made.error()));
    shared = *std::move(made);
  }
  json::Array batches;
  json::Array batch;
  double bytes = 0;
  const auto close = [&] {
    if (batch.empty()) return;
    json::Object object;
    if (!shared.is_null()) object.set("BatchInput", shared);
    object.set("Items", json::Value(std::exchange(batch, {})));
    batches.push_back(json::Value(std::move(object)));
    bytes = 0;
  };
  for (const json::Value& item : items.as_array()) {
    const auto item_bytes = static_cast<double>(json::to_string(item).size());
    if (static_cast<double>(batch.size()) + 1 > most_items || bytes + item_bytes > most_bytes)
      close();
    batch.push_back(item);
    bytes += item_bytes;
  }
  close();
  return json::Value(std::move(batches));
}

Outcome<json::Value> Interpreter::inputs_of_children(const Frame& now, const json::Value& items,
                                                     const Payload& input) {
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  json::Array inputs;
  std::uint64_t index = 0;
  for (const json::Value& item : items.as_array()) {
    auto made = item_input(now, json::Value::object({{"Index", index++}, {"Value", item}}), input);
    if (!made) return std::unexpected(std::move(made.error()));
    inputs.push_back(*std::move(made));
  }
  json::Value all(std::move(inputs));
  if (fields.item_selector) inspect("afterItemSelector", Payload(all));
  if (!fields.batcher) return all;
  auto batches = batches_of(now, *fields.batcher, all, input);
  if (batches) inspect("afterItemBatcher", Payload(*batches));
  return batches;
}

Outcome<> Interpreter::begin_batches(FrameId id, const Payload& input) {
  Frame& now = frame(id);
  OpenChildren& open = children_of(now);
  auto inputs = inputs_of_children(now, open.items, input);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  open.items = *std::move(inputs);
  open.count = open.items.size();
  now.waiting = Waiting::kChildren;
  go_on_with_children(id);
  return {};
}

void Interpreter::go_on_with_children(FrameId id) {
  Frame& now = frame(id);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  OpenChildren& open = children_of(now);
  for (; open.next < open.count && open.running.size() < open.concurrency_max; ++open.next) {
    const json::Value& item = open.items.as_array()[static_cast<std::size_t>(open.next)];
    Identity identity = execution_.identity;
    identity.name = inputs_.uuid();
    const std::size_t run = open.map_run_arn.rfind(':');
    const std::string machine =
        open.map_run_arn.substr(0, run).substr(open.map_run_arn.find(":mapRun:") + 8);
    identity.arn = fmt::format("{}:execution:{}:{}", account_of(execution_.identity.arn), machine,
                               identity.name);
    identity.map_run_arn = open.map_run_arn;
    open.running.insert(open.next);
    result_.effects.emplace_back(StartChild{
        .frame = id,
        .index = open.next,
        .begin = {.identity = std::move(identity),
                  .input = json::to_string(item),
                  .machine = static_cast<std::uint32_t>(fields.machine),
                  .map_item = json::Value::object({{"Index", open.next}, {"Value", item}})}});
  }
  if (open.running.empty() && open.next == open.count) end_children(id);
}

void Interpreter::on(const ChildEnded& child) {
  if (!execution_.frames.contains(child.frame)) return;
  Frame& now = frame(child.frame);
  if (now.waiting != Waiting::kChildren || children_of(now).running.erase(child.index) == 0) return;
  OpenChildren& open = children_of(now);
  if (child.output) {
    ++open.succeeded;
    open.results.insert_or_assign(child.index, *child.output);
  } else {
    ++open.failed;
    if (!is_tolerated(open.tolerated, open.failed, open.count)) {
      fail_map_run(child.frame, threshold_exceeded());
      return;
    }
  }
  go_on_with_children(child.frame);
}

void Interpreter::end_children(FrameId id) {
  Frame& now = frame(id);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  OpenChildren& open = children_of(now);
  json::Array outputs;
  for (auto& [index, output] : open.results)
    outputs.push_back(std::move(output));
  json::Value results(std::move(outputs));
  if (!fields.writer) {
    finish_map_run(id, std::move(results));
    return;
  }
  WriteResults write{.frame = id,
                     .resource = fields.writer->resource,
                     .config = fields.writer->config,
                     .map_run_arn = open.map_run_arn,
                     .results = std::move(results)};
  if (fields.writer->arguments) {
    auto input = effective_input(now);
    auto arguments = input ? evaluate(now, *fields.writer->arguments, "ResultWriter/Parameters",
                                      {.input = input->value()})
                           : Outcome<json::Value>(std::unexpected(input.error()));
    if (!arguments) {
      failed(id, std::move(arguments.error()));
      return;
    }
    write.arguments = *std::move(arguments);
  }
  now.waiting = Waiting::kWriter;
  result_.effects.emplace_back(std::move(write));
}

void Interpreter::on(const ResultsWritten& written) {
  if (!execution_.frames.contains(written.frame) ||
      frame(written.frame).waiting != Waiting::kWriter)
    return;
  if (written.result) {
    finish_map_run(written.frame, *written.result);
  } else {
    fail_map_run(written.frame,
                 {.error = written.result.error().error, .cause = written.result.error().cause});
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

void Interpreter::fail_map_run(FrameId id, const Failure& failure) {
  Frame& now = frame(id);
  json::Object details;
  set_text(details, "error", failure.error);
  set_text(details, "cause", failure.cause);
  close_frame(id, now);
  now.children.reset();
  record(now, EventType::kMapRunFailed, json::Value(std::move(details)));
  ended(id, failure);
}

}  // namespace weft::workflow
