#include "workflow/tested_state.h"

#include <cmath>
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

Outcome<> Interpreter::inspect_children(const Frame& now, OpenChildren& open,
                                        const Payload& input) {
  test_->inspection.set("maxConcurrency", open.concurrency_max);
  if (open.tolerated.count) test_->inspection.set("toleratedFailureCount", *open.tolerated.count);
  if (open.tolerated.percentage)
    test_->inspection.set("toleratedFailurePercentage", *open.tolerated.percentage);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  std::uint64_t bytes = 0;
  const auto inspect_all = [&](std::string_view name, std::uint64_t count) -> Outcome<> {
    json::Array all;
    for (std::uint64_t index = 0; index < count; ++index) {
      auto one = child_input(now, open, index, input);
      if (!one) return std::unexpected(std::move(one.error()));
      bytes += json::to_string(*one).size();
      if (bytes > kInspectedBytesMax)
        return std::unexpected(data_limit_exceeded(state_of(now).name));
      all.push_back(*std::move(one));
    }
    inspect(name, Payload(json::Value(std::move(all))));
    return {};
  };
  if (fields.item_selector) {
    if (auto done = inspect_all("afterItemSelector", open.items.size()); !done) return done;
  }
  if (!fields.batcher) return {};
  if (auto set = set_batches(now, *fields.batcher, open, input); !set) return set;
  return inspect_all("afterItemBatcher", open.batch_ends.size());
}

void Interpreter::inspect_handler(json::Value details) {
  test_->inspection.set("errorDetails", std::move(details));
}

Outcome<> Interpreter::finish_mocked(FrameId id) {
  if (test_->mocked_result) return finish(id, *test_->mocked_result);
  ended(id, test_->mocked_failure.value_or(Failure{}));
  return {};
}

Outcome<> Interpreter::finish_mocked_map(FrameId id, const Payload& input) {
  Frame& now = frame(id);
  const auto& fields = std::get<MapFields>(state_of(now).fields);
  OpenChildren open = std::exchange(children_of(now), {});
  now.children.reset();
  if (test_->read_items) open.items = *test_->read_items;
  if (auto done = inspect_children(now, open, input); !done) return done;
  if (test_->mocked_result && fields.is_distributed &&
      !is_tolerated(open.tolerated, test_->failed_iterations, open.items.size())) {
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
