// Events come from clients and services, late, twice and in any order. Whatever comes, a step ends,
// numbers what it writes, and gives the same for an execution that was stored and read again.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/fuzz_bytes.h"
#include "json/parse.h"
#include "workflow/generated.h"
#include "workflow/step_text.h"

namespace workflow = weft::workflow;
namespace json = weft::json;

namespace {

constexpr std::size_t kEventsMax = 100;
constexpr workflow::StepLimits kLimits = {.payload_bytes = 2'000,
                                          .variables_bytes = 4'000,
                                          .history_events = 300,
                                          .transitions = 10,
                                          .child_bytes = 40,
                                          .child_items = 4,
                                          .results_bytes = 4'000};

constexpr std::array<std::string_view, 12> kTexts = {
    "{}",
    "null",
    R"({"l":[1,{"l":[2]},"x"],"n":1})",
    R"( [ 1.0, 1e400, -0, "\ud83d\ude00" ] )",
    "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
    "no JSON",
    "",
    "\xFF\xC0 not UTF-8",
    "E1",
    "States.Runtime",
    "States.Timeout",
    R"("0123456789012345678901234567890123456789")",
};

class EventMaker {
 public:
  explicit EventMaker(weft::FuzzBytes& bytes) : bytes_(bytes) {}

  workflow::Event make(const workflow::Execution& execution) {
    millis_ += static_cast<std::int64_t>(bytes_.next()) * 100;
    return {.millis = millis_, .seed = bytes_.next(), .what = what(execution)};
  }

 private:
  std::string text() { return std::string(kTexts.at(bytes_.below(kTexts.size()))); }
  std::optional<std::string> optional_text() {
    return bytes_.flag() ? std::optional(text()) : std::nullopt;
  }
  json::Value value() {
    auto parsed = json::parse(text());
    return parsed ? *std::move(parsed) : json::Value(text());
  }
  workflow::Outcome<json::Value> outcome() {
    switch (bytes_.below(4)) {
      case 0:
        return workflow::ends_with(text(), text());
      case 1:
        return json::Value::array({1, value(), value()});
      default:
        return value();
    }
  }
  // One of those that there were in some frame, or the next one.
  std::uint64_t number_of(const workflow::Execution& execution, std::uint64_t next) {
    const auto frame = static_cast<workflow::FrameId>(up_to(execution.next_frame));
    return workflow::number_in(frame, up_to(next));
  }
  // Damaged executions have numbers of any size.
  std::uint64_t up_to(std::uint64_t number) {
    constexpr std::uint64_t kNumberMax = 1'000;
    return bytes_.below(static_cast<std::size_t>(std::min(number, kNumberMax)) + 1);
  }
  workflow::Identity identity() {
    workflow::Identity identity;
    identity.arn = text();
    identity.name = text();
    return identity;
  }
  workflow::Begin begin() {
    return {.identity = identity(),
            .input = text(),
            .machine = static_cast<std::uint32_t>(bytes_.below(3)),
            .map_item = value()};
  }

  decltype(workflow::Event::what) what(const workflow::Execution& execution) {
    const workflow::TaskId task = number_of(execution, execution.next_task);
    const workflow::MapRunId run = number_of(execution, execution.next_task);
    switch (bytes_.below(20)) {
      case 0:
        return workflow::Stop{.error = optional_text(), .cause = optional_text()};
      case 1:
        return begin();
      case 2:
        return workflow::TaskStarted{.task = task, .worker = text()};
      case 3:
        return workflow::TaskSubmitted{.task = task, .output = text()};
      case 4:
      case 5:
        return workflow::TaskFailed{
            .task = task, .error = optional_text(), .cause = optional_text()};
      case 6:
        return workflow::TaskHeartbeat{.task = task};
      case 7:
      case 8:
        return workflow::ItemsRead{.map_run = run, .items = outcome()};
      case 9:
      case 10:
        return workflow::ChildEnded{.map_run = run, .index = bytes_.below(5), .output = outcome()};
      case 11:
        return workflow::ResultsWritten{.map_run = run, .result = outcome()};
      case 12:
      case 13:
        return workflow::GoOn{};
      case 14:
      case 15:
      case 16:
        return workflow::TimerFired{.timer = number_of(execution, execution.next_timer)};
      default:
        return workflow::TaskSucceeded{.task = task, .output = text()};
    }
  }

  weft::FuzzBytes& bytes_;
  std::int64_t millis_ = 1'700'000'000'000;
};

void check_step(const workflow::Definition& definition, workflow::Execution& execution,
                const workflow::Event& event) {
  const std::string stored = to_text(execution);
  auto resumed = workflow::execution_of(stored, definition);
  WEFT_ASSERT(resumed.has_value());
  WEFT_ASSERT(to_text(*resumed) == stored);
  const bool has_ended = execution.status != workflow::Status::kRunning;
  std::uint64_t last = execution.last_event;
  const workflow::StepResult result = step(definition, execution, event, kLimits);
  WEFT_ASSERT(!has_ended || (result.history.empty() && result.effects.empty()));
  for (const workflow::HistoryEvent& written : result.history) {
    WEFT_ASSERT(written.id == ++last);
    WEFT_ASSERT(written.previous < written.id);
  }
  WEFT_ASSERT(execution.last_event == last);
  const workflow::StepResult again = step(definition, *resumed, event, kLimits);
  WEFT_ASSERT(to_text(again) == to_text(result));
  WEFT_ASSERT(to_text(*resumed) == to_text(execution));
}

// A stored execution of which a number or a list is another one is refused, or can be stepped.
void check_damaged(const workflow::Definition& definition, const workflow::Execution& execution,
                   EventMaker& events, weft::FuzzBytes& bytes) {
  constexpr std::array<std::string_view, 8> kInstead = {
      "0", "1", "2", "7", "4294967295", "18446744073709551615", "[]", "null"};
  std::string stored = to_text(execution);
  std::vector<std::size_t> values;
  for (std::size_t at = stored.find("\"frames\""); at < stored.size(); ++at) {
    const bool begins = stored[at] == ':' || stored[at] == '[' || stored[at] == ',';
    if (begins && stored.find_first_of("0123456789[n", at + 1) == at + 1) values.push_back(at + 1);
  }
  if (values.empty()) return;
  const std::size_t at = values[bytes.below(values.size())];
  const std::size_t end = stored.find_first_of(",]}", at);
  if (end == stored.npos) return;
  stored.replace(at, end - at, kInstead.at(bytes.below(kInstead.size())));
  auto damaged = workflow::execution_of(stored, definition);
  if (!damaged) return;
  for (int i = 0; i < 4 && !bytes.is_empty(); ++i)
    step(definition, *damaged, events.make(*damaged), kLimits);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  weft::FuzzBytes bytes({data, size});
  const std::string text = workflow::DefinitionMaker(bytes).make();
  const auto document = json::parse(text);
  WEFT_ASSERT(document.has_value());
  const auto definition = workflow::Definition::compile(*document);
  WEFT_ASSERT(definition.has_value());
  EventMaker events(bytes);
  workflow::Execution execution;
  check_step(*definition, execution,
             {.what = workflow::Begin{.identity = {},
                                      .input = std::string(workflow::DefinitionMaker::kInput)}});
  for (std::size_t i = 0; i < kEventsMax && !bytes.is_empty(); ++i) {
    check_step(*definition, execution, events.make(execution));
    if (bytes.below(8) == 0) check_damaged(*definition, execution, events, bytes);
  }
  return 0;
}
