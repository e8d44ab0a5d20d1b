// What TestState gives the interpreter, and what it gets from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "json/value.h"
#include "workflow/execution.h"
#include "workflow/payload.h"

namespace weft::workflow {

enum class TestStatus : std::uint8_t { kSucceeded, kFailed, kRetriable, kCaughtError };

// "SUCCEEDED"
std::string_view name_of(TestStatus status);

// One state that runs by itself: the execution ends where it would leave the state or try again.
struct TestedState {
  std::uint32_t machine = 0;
  std::uint32_t state = 0;

  // At most one: what the Task, Map or Parallel comes to instead of doing anything.
  std::optional<Payload> mocked_result = std::nullopt;
  std::optional<Failure> mocked_failure = std::nullopt;
  // The context object, if not that of the test.
  std::optional<json::Value> context = std::nullopt;
  std::uint64_t retries = 0;            // of the retrier that takes the error
  std::uint64_t failed_iterations = 0;  // of a Map
  std::optional<json::Value> read_items = std::nullopt;

  // --- what comes of it, whole when the execution has ended ---
  TestStatus status = TestStatus::kFailed;
  std::optional<Failure> failure = std::nullopt;  // also of one that is caught or tried again
  std::optional<std::string> next = std::nullopt;
  json::Object inspection = {};  // inspectionData of the API
};

}  // namespace weft::workflow
