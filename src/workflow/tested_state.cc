#include "workflow/tested_state.h"

#include <utility>

#include "workflow/interpreter.h"

namespace weft::workflow {
namespace {

// Of all items together, as ItemSelector and ItemBatcher make them: an answer has no more.
constexpr std::uint64_t kInspectedBytesMax = 16U << 20U;

}  // namespace

std::string_view name_of(TestStatus status) {
  switch (status) {
    case TestStatus::kSucceeded:
      return "SUCCEEDED";
    case TestStatus::kRetriable:
      return "RETRIABLE";
    case TestStatus::kCaughtError:
      return "CAUGHT_ERROR";
    case TestStatus::kFailed:
      break;
  }
  return "FAILED";
}

void Interpreter::inspect(std::string_view name, const Payload& data) {
  if (test_ != nullptr) test_->inspection.set(name, data.text());
}

void Interpreter::inspect_arguments(const Frame& now, const Payload& arguments) {
  const State& state = state_of(now);
  if (state.language == QueryLanguage::kJsonPath) {
    inspect("afterParameters", arguments);
  } else if (state.flow.arguments) {
    inspect("afterArguments", arguments);
  }
}

Outcome<std::uint64_t> Interpreter::inspect_children(const Frame& now, OpenChildren open,
                                                     const Payload& input) {
  test_->inspection.set("maxConcurrency", open.concurrency_max);
  if (open.tolerated.count) test_->inspection.set("toleratedFailureCount", *open.tolerated.count);
  if (open.tolerated.percentage)
    test_->inspection.set("toleratedFailurePercentage", *open.tolerated.percentage);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  std::uint64_t bytes = 0;
  json::Array all;
  const auto add = [&](const json::Value& one) {
    bytes += json::to_string(one).size();
    all.push_back(one);
    return bytes <= kInspectedBytesMax;
  };
  const auto too_large = [&] { return std::unexpected(data_limit_exceeded(state_of(now).name)); };
  open.count = open.items.size();
  for (std::uint64_t index = 0; fields.item_selector && index < open.count; ++index) {
    auto item = selected_item(now, open, index, input);
    if (!item) return std::unexpected(std::move(item.error()));
    if (!add(*item)) return too_large();
  }
  if (fields.item_selector)
    inspect("afterItemSelector", Payload(json::Value(std::exchange(all, {}))));
  if (!fields.batcher) return open.count;
  auto batching = batching_of(now, *fields.batcher, input);
  if (!batching) return std::unexpected(std::move(batching.error()));
  open.batching = *std::move(batching);
  std::uint64_t children = 0;
  for (; open.next < open.count; ++children) {
    const auto batch = next_child_input(now, open, input);
    if (!batch) return std::unexpected(batch.error());
    if (!add(batch->value)) return too_large();
    open.next += batch->items;
  }
  inspect("afterItemBatcher", Payload(json::Value(std::move(all))));
  return children;
}

void Interpreter::inspect_handler(json::Value details) {
  test_->inspection.set("errorDetails", std::move(details));
}

// What the test says that it is, but for the item that a tested Map is at.
json::Value Interpreter::context_of_test(const json::Value* map_item) const {
  json::Value given = test_->context.value_or(json::Value::object({}));
  if (map_item == nullptr) return given;
  json::Object context(given.as_object());
  const json::Value* const around = given.find("Map");
  json::Object map;
  if (around != nullptr && around->is_object()) map = json::Object(around->as_object());
  map.set("Item", *map_item);
  context.set("Map", json::Value(std::move(map)));
  return json::Value(std::move(context));
}

// The variables after the state, where there are any.
void Interpreter::inspect_variables(const Variables& variables) {
  const Variables::Map* const set = variables.innermost();
  if (set == nullptr || set->empty()) return;
  json::Object all;
  for (const auto& [name, value] : *set)
    all.set(name, value);
  inspect("variables", Payload(json::Value(std::move(all))));
}

Outcome<> Interpreter::finish_mocked(FrameId id) {
  if (test_->mocked_result) return finish(id, *test_->mocked_result);
  ended(id, test_->mocked_failure.value_or(Failure{}));
  return {};
}

// The items that the test gives, as many as the ItemReader takes.
Outcome<json::Value> Interpreter::tested_items(const Frame& now, const MapFields::Reader& reader,
                                               const Payload& input) {
  json::Value items = test_->read_items.value_or(json::Value::array({}));
  if (state_of(now).language == QueryLanguage::kJsonPath &&
      reader.config.find("ItemsPointer") != nullptr)
    inspect("afterItemsPointer", Payload(items));
  auto most = number_of(now, reader.max_items, input.value(), true);
  if (!most) return std::unexpected(std::move(most.error()));
  // 0 is as if nothing was said.
  const double count = most->value_or(0);
  if (count <= 0 || count >= static_cast<double>(items.size())) return items;
  return json::Value(json::Array(items.as_array().first(static_cast<std::size_t>(count))));
}

Outcome<> Interpreter::finish_mocked_map(FrameId id, const Payload& input) {
  Frame& now = frame(id);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  OpenChildren open = std::exchange(children_of(now), {});
  now.children.reset();
  if (fields.reader) {
    auto items = tested_items(now, *fields.reader, input);
    if (!items) return std::unexpected(std::move(items.error()));
    open.items = *std::move(items);
  }
  const auto children = inspect_children(now, open, input);
  if (!children) return std::unexpected(children.error());
  if (test_->mocked_result && fields.is_distributed &&
      !is_tolerated(open.tolerated, test_->failed_iterations, *children)) {
    ended(id, threshold_exceeded());
    return {};
  }
  return finish_mocked(id);
}

void Interpreter::end_test(const Payload& output, std::optional<std::size_t> next) {
  test_->status = test_->failure ? TestStatus::kCaughtError : TestStatus::kSucceeded;
  if (next) test_->next = definition_.machines()[test_->machine].states[*next].name;
  execution_.output = output;
  execution_.status = Status::kSucceeded;
  execution_.stop_millis = millis_;
  drop_everything();
}

void Interpreter::end_test_retriable(const Failure& failure) {
  test_->failure = failure;
  test_->status = TestStatus::kRetriable;
  execution_.status = Status::kFailed;
  execution_.failure = failure;
  execution_.stop_millis = millis_;
  drop_everything();
}

}  // namespace weft::workflow
