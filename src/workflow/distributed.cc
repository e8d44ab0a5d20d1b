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

// Which items a child has, up to that of the next one.
std::uint64_t batch_begin(const OpenChildren& open, std::uint64_t index) {
  return index == 0 ? 0 : open.batch_ends[static_cast<std::size_t>(index - 1)];
}
std::uint64_t items_of_child(const OpenChildren& open, std::uint64_t index) {
  if (open.batch_ends.empty()) return 1;
  return open.batch_ends[static_cast<std::size_t>(index)] - batch_begin(open, index);
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
  open.map_run_arn = fmt::format(
      "{}:mapRun:{}/{}:{}", account_of(execution_.identity.arn), execution_.identity.machine_name,
      fields.label.empty() ? inputs_.uuid() : fields.label, inputs_.uuid());
  record(now, EventType::kMapRunStarted, json::Value::object({{"mapRunArn", open.map_run_arn}}));
  auto begun = fields.reader ? ask_for_items(id, *fields.reader, input) : begin_children(id, input);
  if (!begun) fail_map_run(id, std::move(begun.error()));
  return {};
}

Outcome<> Interpreter::ask_for_items(FrameId id, const MapFields::Reader& reader,
                                     const Payload& input) {
  Frame& now = frame(id);
  ReadItems read{.frame = id, .resource = reader.resource, .config = reader.config};
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

void Interpreter::on(const ItemsRead& read) {
  if (!execution_.frames.contains(read.frame)) return;
  Frame& now = frame(read.frame);
  if (now.waiting != Waiting::kReader) return;
  if (!read.items) {
    fail_map_run(read.frame,
                 Failure{.error = read.items.error().error, .cause = read.items.error().cause});
    return;
  }
  if (!read.items->is_array()) {
    fail_map_run(read.frame, Failure{.error = "States.ItemReaderFailed",
                                     .cause = "Attempting to map over non-iterable node."});
    return;
  }
  children_of(now).items = *read.items;
  auto input = effective_input(now);
  auto begun =
      input ? begin_children(read.frame, *input) : Outcome<>(std::unexpected(input.error()));
  if (!begun) fail_map_run(read.frame, std::move(begun.error()));
}

Outcome<> Interpreter::begin_children(FrameId id, const Payload& input) {
  Frame& now = frame(id);
  OpenChildren& open = children_of(now);
  const auto& batcher = std::get<MapFields>(state_of(now).fields).batcher;
  open.count = open.items.size();
  if (batcher) {
    if (auto set = set_batches(now, *batcher, open, input); !set) return set;
    open.count = open.batch_ends.size();
  }
  now.waiting = Waiting::kChildren;
  go_on_with_children(id);
  return {};
}

// Only the ends of batches are kept: what their children get may be far more than the items are.
Outcome<> Interpreter::set_batches(const Frame& now, const MapFields::Batcher& batcher,
                                   OpenChildren& open, const Payload& input) {
  auto items_max = number_of(now, batcher.items_max, input.value(), true);
  if (!items_max) return std::unexpected(std::move(items_max.error()));
  auto bytes_max = number_of(now, batcher.bytes_max, input.value(), true);
  if (!bytes_max) return std::unexpected(std::move(bytes_max.error()));
  // AWS, "ItemBatcher": a batch is never larger than an input may be.
  const double most_bytes =
      std::min(bytes_max->value_or(HUGE_VAL), static_cast<double>(limits_.payload_bytes));
  const double most_items = items_max->value_or(HUGE_VAL);
  if (batcher.batch_input) {
    auto made =
        evaluate(now, *batcher.batch_input, "ItemBatcher/BatchInput", {.input = input.value()});
    if (!made) return std::unexpected(std::move(made.error()));
    open.batch_input = *std::move(made);
  }
  const auto around = static_cast<double>(json::to_string(batch_of(open.batch_input, {})).size());
  double bytes = around;
  std::uint64_t begin = 0;
  for (std::uint64_t index = 0; index < open.items.size(); ++index) {
    auto item = selected_item(now, open, index, input);
    if (!item) return std::unexpected(std::move(item.error()));
    const auto item_bytes = static_cast<double>(json::to_string(*item).size() + 1);  // a comma
    const bool is_full =
        static_cast<double>(index - begin) >= most_items || bytes + item_bytes - 1 > most_bytes;
    if (is_full && index > begin) {
      open.batch_ends.push_back(index);
      begin = index;
      bytes = around;
    }
    bytes += item_bytes;
  }
  if (begin < open.items.size()) open.batch_ends.push_back(open.items.size());
  return {};
}

Outcome<json::Value> Interpreter::selected_item(const Frame& now, const OpenChildren& open,
                                                std::uint64_t index, const Payload& input) {
  const json::Value& item = open.items.as_array()[static_cast<std::size_t>(index)];
  return item_input(now, json::Value::object({{"Index", index}, {"Value", item}}), input);
}

Outcome<json::Value> Interpreter::child_input(const Frame& now, const OpenChildren& open,
                                              std::uint64_t index, const Payload& input) {
  if (open.batch_ends.empty()) return selected_item(now, open, index, input);
  json::Array items;
  for (std::uint64_t item = batch_begin(open, index);
       item < open.batch_ends[static_cast<std::size_t>(index)]; ++item) {
    auto selected = selected_item(now, open, item, input);
    if (!selected) return selected;
    items.push_back(*std::move(selected));
  }
  return batch_of(open.batch_input, std::move(items));
}

StartChild Interpreter::child_of(FrameId id, json::Value input) {
  const auto& fields = std::get<MapFields>(state_of(frame(id)).fields);
  const OpenChildren& open = children_of(frame(id));
  constexpr std::string_view kMapRun = ":mapRun:";
  const std::string_view run(open.map_run_arn);
  const std::size_t begin = run.find(kMapRun) + kMapRun.size();
  Identity identity = execution_.identity;
  identity.name = inputs_.uuid();
  identity.arn = fmt::format("{}:execution:{}:{}", account_of(execution_.identity.arn),
                             run.substr(begin, run.rfind(':') - begin), identity.name);
  identity.map_run_arn = open.map_run_arn;
  return {.frame = id,
          .index = open.next,
          .begin = {.identity = std::move(identity),
                    .input = json::to_string(input),
                    .machine = static_cast<std::uint32_t>(fields.machine),
                    .map_item = json::Value::object({{"Index", open.next}, {"Value", input}})}};
}

Outcome<> Interpreter::start_children(FrameId id) {
  Frame& now = frame(id);
  OpenChildren& open = children_of(now);
  if (open.next == open.count) return {};
  const auto of_all = effective_input(now);
  if (!of_all) return std::unexpected(of_all.error());
  for (; open.next < open.count && open.running.size() < open.concurrency_max; ++open.next) {
    if (child_bytes_ >= limits_.child_bytes) {
      go_on(id);
      return {};
    }
    auto input = child_input(now, open, open.next, *of_all);
    if (!input) return std::unexpected(std::move(input.error()));
    StartChild start = child_of(id, *std::move(input));
    child_bytes_ += start.begin.input.size();
    open.running.insert(open.next);
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
  if (!execution_.frames.contains(child.frame)) return;
  Frame& now = frame(child.frame);
  if (now.waiting != Waiting::kChildren || children_of(now).running.erase(child.index) == 0) return;
  OpenChildren& open = children_of(now);
  const bool is_runnable = std::ranges::count(execution_.runnable, child.frame) > 0;
  if (child.output) {
    ++open.succeeded;
    if (!std::get<MapFields>(state_of(now).fields).writer)
      open.results.insert_or_assign(child.index, *child.output);
  } else {
    open.failed_items += items_of_child(open, child.index);
    if (!is_tolerated(open.tolerated, open.failed_items, open.items.size())) {
      if (is_runnable) std::erase(execution_.runnable, child.frame);
      fail_map_run(child.frame, threshold_exceeded());
      return;
    }
  }
  if (!is_runnable) go_on_with_children(child.frame);
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
  WriteResults write{.frame = id,
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
  if (!execution_.frames.contains(written.frame) ||
      frame(written.frame).waiting != Waiting::kWriter)
    return;
  if (written.result) {
    finish_map_run(written.frame, *written.result);
  } else {
    fail_map_run(written.frame, Failure{.error = written.result.error().error,
                                        .cause = written.result.error().cause});
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
  json::Object details;
  set_text(details, "error", failure.error);
  set_text(details, "cause", failure.cause);
  close_frame(id, now);
  now.children.reset();
  record(now, EventType::kMapRunFailed, json::Value(std::move(details)));
}

void Interpreter::fail_map_run(FrameId id, const Failure& failure) {
  close_map_run(id, failure);
  ended(id, failure);
}

void Interpreter::fail_map_run(FrameId id, StateError error) {
  close_map_run(id, {.error = error.error, .cause = error.cause});
  failed(id, std::move(error));
}

}  // namespace weft::workflow
