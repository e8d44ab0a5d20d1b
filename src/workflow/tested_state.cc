#include "workflow/tested_state.h"

#include <cmath>
#include <utility>

#include "workflow/interpreter.h"

namespace weft::workflow {

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

void Interpreter::inspect_children(const OpenChildren& children) {
  test_->inspection.set("maxConcurrency", children.concurrency_max);
  if (children.tolerated.count)
    test_->inspection.set("toleratedFailureCount", *children.tolerated.count);
  if (children.tolerated.percentage)
    test_->inspection.set("toleratedFailurePercentage", *children.tolerated.percentage);
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
  inspect_children(open);
  if (test_->read_items) open.items = *test_->read_items;
  auto inputs = inputs_of_children(now, open.items, input);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  if (test_->mocked_result && fields.is_distributed &&
      !is_tolerated(open.tolerated, test_->failed_iterations, inputs->size())) {
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
