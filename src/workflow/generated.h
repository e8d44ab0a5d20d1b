// Definitions and services that bytes choose: for property tests and fuzz targets of this module.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/fuzz_bytes.h"
#include "json/print.h"
#include "workflow/simulation.h"

namespace weft::workflow {

// Valid definitions: small machines of all eight state types, in both query languages, with
// machines inside them, Retry and Catch. Its states fail, loop and wait; some never end.
class DefinitionMaker {
 public:
  explicit DefinitionMaker(FuzzBytes& bytes) : bytes_(bytes) {}

  // What it makes reads this: a list `l`, a text and a number.
  static constexpr std::string_view kInput =
      R"( { "l" : [1, "b", null, {"l":[2]}], "s" : "t\u0041xt", "n": 1.50 })";

  std::string make() {
    machines_are_jsonata_ = bytes_.flag();
    is_jsonata_ = machines_are_jsonata_;
    std::string out = fmt::format(R"({{"QueryLanguage":"{}",)", language());
    if (bytes_.below(8) == 0) out += R"("TimeoutSeconds":4,)";
    out += machine(kDepth);
    return out + "}";
  }

 private:
  static constexpr int kDepth = 2;
  static constexpr std::size_t kStatesMax = 4;

  std::string_view language() const { return is_jsonata_ ? "JSONata" : "JSONPath"; }
  template <std::size_t n>
  std::string_view one_of(const std::array<std::string_view, n>& choices) {
    return choices.at(bytes_.below(n));
  }
  // Of the two, the one in the language of the state.
  template <std::size_t n>
  std::string_view field(const std::array<std::string_view, n>& paths,
                         const std::array<std::string_view, n>& expressions) {
    return one_of(is_jsonata_ ? expressions : paths);
  }

  // Its states in a row, each of which leads to the next; choices and catchers may leave some out,
  // and choices may go back.
  std::string machine(int depth) {
    const bool around = std::exchange(is_jsonata_, machines_are_jsonata_);
    const std::size_t count = 1 + bytes_.below(kStatesMax);
    const std::size_t first = names_;
    names_ += count;
    std::string out = fmt::format(R"("StartAt":"S{}","States":{{)", first);
    for (std::size_t i = 0; i < count; ++i) {
      const Place place{.first = first, .at = first + i, .end = first + count};
      out += fmt::format(R"({}"S{}":{{)", i == 0 ? "" : ",", place.at);
      is_jsonata_ = machines_are_jsonata_;
      if (!is_jsonata_ && bytes_.below(4) == 0) {
        is_jsonata_ = true;
        out += R"("QueryLanguage":"JSONata",)";
      }
      out += state(place, depth) + "}";
    }
    is_jsonata_ = around;
    return out + "}";
  }

  struct Place {
    std::size_t first = 0, at = 0, end = 0;
    bool is_last() const { return at + 1 == end; }
  };

  std::string next(const Place& place) const {
    return place.is_last() ? R"("End":true)" : fmt::format(R"("Next":"S{}")", place.at + 1);
  }
  // Variables have a "?" in their names, which is their scope: an inner one must not set them, too.
  static std::string in_scope(const Place& place, std::string_view fields) {
    std::string out(fields);
    for (std::size_t at = out.find('?'); at != std::string::npos; at = out.find('?', at))
      out.replace(at, 1, fmt::format("v{}", place.first));
    return out;
  }
  // A state behind this one.
  std::size_t later(const Place& place) {
    return place.at + 1 + bytes_.below(place.end - place.at - 1);
  }

  std::string state(const Place& place, int depth) {
    switch (bytes_.below(8)) {
      case 0:
        return pass(place);
      case 1:
        return wait(place);
      case 2:
        return place.is_last() ? ending() : choice(place);
      case 3:
        return depth > 0 ? parallel(place, depth) : pass(place);
      case 4:
      case 5:
        return depth > 0 ? map(place, depth) : wait(place);
      default:
        return task(place);
    }
  }

  std::string pass(const Place& place) {
    std::string out = R"("Type":"Pass",)";
    out += field<5>(
        {"", R"("Result":{"l":[1],"r":1},)", R"json("Parameters":{"u.$":"States.UUID()"},)json",
         R"("Parameters":{"l.$":"$.l","n.$":"$$.State.Name","v":[1.0]},)",
         R"("Parameters":{"l.$":"$.l[1:]","i.$":"$$.Execution.Input"},)"},
        {"", R"("Output":{"l":[1,2],"u":"{% $uuid() %}"},)", R"("Output":"{% $states.input %}",)",
         R"("Output":{"l":"{% $states.input.l %}","c":"{% $states.context.State.Name %}"},)",
         R"("Output":"{% $states.input.n + 1 %}",)"});
    return out + flow(place, false) + next(place);
  }

  std::string wait(const Place& place) {
    return R"("Type":"Wait",)" +
           std::string(field<3>({R"("Seconds":1,)", R"("SecondsPath":"$.l[0]",)",
                                 R"("Timestamp":"2023-11-14T22:13:22Z",)"},
                                {R"("Seconds":2,)", R"("Seconds":"{% $states.input.l[0] %}",)",
                                 R"("Timestamp":"{% $now() %}",)"})) +
           next(place);
  }

  std::string ending() {
    if (bytes_.flag()) return R"("Type":"Succeed")";
    return R"("Type":"Fail")" +
           std::string(one_of<3>({"", R"(,"Error":"E1")", R"(,"Error":"E2","Cause":"because")"}));
  }

  std::string choice(const Place& place) {
    const std::string_view rule = field<3>(
        {R"("Variable":"$.n","IsPresent":true)", R"("Variable":"$.l[0]","NumericEquals":1)",
         R"("Not":{"Variable":"$.u","IsString":true})"},
        {R"("Condition":"{% $exists($states.input.n) %}")",
         R"("Condition":"{% $random() > 0.5 %}")", R"("Condition":"{% false %}")"});
    const std::size_t to = bytes_.below(4) == 0 ? place.first : later(place);
    return fmt::format(R"("Type":"Choice","Choices":[{{{},"Next":"S{}"}}],"Default":"S{}")", rule,
                       to, place.at + 1);
  }

  std::string task(const Place& place) {
    std::string out = R"("Type":"Task","Resource":)";
    out += one_of<3>({R"("arn:aws:states:::lambda:invoke",)",
                      R"("arn:aws:lambda:us-east-1:123456789012:function:f",)",
                      R"("arn:aws:states:us-east-1:123456789012:activity:a",)"});
    out += one_of<4>({"", R"("TimeoutSeconds":9,)", R"("TimeoutSeconds":3,)",
                      R"("TimeoutSeconds":9,"HeartbeatSeconds":2,)"});
    out += field<2>({R"("Parameters":{"FunctionName":"f","l.$":"$$.Task.Token"},)", ""},
                    {R"("Arguments":{"FunctionName":"f","l":"{% $states.context.Task.Token %}"},)",
                     R"("Arguments":{"FunctionName":"f","r":"{% $random() %}"},)"});
    return out + handlers(place) + flow(place, true) + next(place);
  }

  std::string parallel(const Place& place, int depth) {
    std::string out = R"("Type":"Parallel","Branches":[)";
    const std::size_t count = 1 + bytes_.below(2);
    for (std::size_t i = 0; i < count; ++i)
      out += (i == 0 ? "{" : ",{") + machine(depth - 1) + "}";
    return out + "]," + handlers(place) + flow(place, true) + next(place);
  }

  std::string map(const Place& place, int depth) {
    const bool is_distributed = bytes_.below(3) == 0;
    std::string out = R"("Type":"Map",)";
    const bool has_reader = is_distributed && bytes_.flag();
    if (has_reader) {
      out += R"("ItemReader":{"Resource":"arn:aws:states:::s3:listObjectsV2",)";
      out += is_jsonata_ ? R"("Arguments":{"Bucket":"b"}},)" : R"("Parameters":{"Bucket":"b"}},)";
    } else {
      out += field<2>({R"("ItemsPath":"$.l",)", R"("ItemsPath":"$.l[3].l",)"},
                      {R"("Items":"{% [1, 2, $states.input.l] %}",)", R"("Items":[3,"a",{}],)"});
    }
    out += one_of<3>({"", R"("MaxConcurrency":1,)", R"("MaxConcurrency":2,)"});
    out += field<3>({"", R"("ItemSelector":{"l.$":"$.l","i.$":"$$.Map.Item.Index"},)",
                     R"("ItemSelector":{"l.$":"$$.Map.Item.Value.l"},)"},
                    {"", R"("ItemSelector":{"n":"{% 1 + $states.context.Map.Item.Value %}"},)",
                     R"("ItemSelector":{"l":"{% [$states.context.Map.Item] %}"},)"});
    // An inline Map may have them too, and does nothing with them.
    out += one_of<2>({"", R"("ItemBatcher":{"MaxItemsPerBatch":2},)"});
    out += one_of<3>({"", R"("ToleratedFailureCount":1,)", R"("ToleratedFailurePercentage":50,)"});
    if (bytes_.flag()) {
      out += R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject",)";
      out += is_jsonata_ ? R"("Arguments":{"Bucket":"b"}},)" : R"("Parameters":{"Bucket":"b"}},)";
    }
    out += R"("ItemProcessor":{)";
    if (is_distributed)
      out += R"("ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)";
    return out + machine(depth - 1) + "}," + handlers(place) + flow(place, true) + next(place);
  }

  std::string handlers(const Place& place) {
    std::string out(one_of<4>(
        {"", R"("Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":1}],)",
         R"("Retry":[{"ErrorEquals":["E1"],"MaxAttempts":0},{"ErrorEquals":["States.Timeout","E2"],
             "BackoffRate":1.5,"MaxAttempts":2,"MaxDelaySeconds":2,"JitterStrategy":"FULL"}],)",
         ""}));
    if (place.is_last() || bytes_.flag()) return out;
    out += fmt::format(
        R"("Catch":[{{"ErrorEquals":[{}],{}"Next":"S{}"}}],)",
        one_of<3>({R"("States.ALL")", R"("E1","E2")", R"("States.Runtime")"}),
        in_scope(place, field<3>({"", R"("ResultPath":"$.e",)", R"("Assign":{"?.$":"$.Error"},)"},
                                 {"", R"("Output":{"l":[1],"e":"{% $states.errorOutput %}"},)",
                                  R"("Assign":{"?":"{% $states.errorOutput.Error %}"},)"})),
        later(place));
    return out;
  }

  std::string flow(const Place& place, bool has_result) {
    if (is_jsonata_) {
      std::string out(one_of<3>({"", R"("Assign":{"?":"{% $states.input %}"},)",
                                 R"("Assign":{"?":"{% $random() %}","w?":null},)"}));
      if (has_result) out += one_of<2>({"", R"("Output":{"l":[2],"r":"{% $states.result %}"},)"});
      return in_scope(place, out);
    }
    std::string out(one_of<4>({"", R"("InputPath":"$.l",)", R"("InputPath":null,)", ""}));
    out += one_of<3>({"", R"("ResultPath":"$.r",)", R"("ResultPath":null,)"});
    if (has_result) out += one_of<2>({"", R"("ResultSelector":{"s.$":"$"},)"});
    out += one_of<4>({"", "", R"("OutputPath":"$.r",)", R"("OutputPath":null,)"});
    out += one_of<3>({"", R"("Assign":{"?.$":"$"},)", R"("Assign":{"?":{}},)"});
    return in_scope(place, out);
  }

  FuzzBytes& bytes_;
  bool machines_are_jsonata_ = false;
  bool is_jsonata_ = false;  // the state
  std::size_t names_ = 0;
};

// Answers each task in one of some ways, always the same in the same execution.
class GeneratedServices final : public Services {
 public:
  explicit GeneratedServices(std::uint8_t choice) : choice_(choice) {}

  void start(Simulation& simulation, const StartTask& task) override {
    const TaskId id = task.task;
    switch ((choice_ + id) % 8) {
      case 0:
        simulation.post(TaskFailed{.task = id, .error = "E1", .cause = "why"}, 1);
        break;
      case 1:
        simulation.post(TaskFailed{.task = id, .error = "E2"}, 1'500);
        break;
      case 2:  // It never answers, and beats once.
        simulation.post(TaskStarted{.task = id, .worker = "w"}, 10);
        simulation.post(TaskHeartbeat{.task = id}, 1'000);
        break;
      case 3:
        simulation.post(TaskSucceeded{.task = id, .output = "no JSON"}, 2);
        break;
      case 4:
        simulation.post(TaskSubmitted{.task = id, .output = "{}"}, 1);
        simulation.post(TaskSucceeded{.task = id, .output = R"( {"l": [1, 2 ]})"}, 2'000);
        break;
      default:
        simulation.post(TaskSucceeded{.task = id, .output = json::to_string(task.input)}, 1);
        simulation.post(TaskFailed{.task = id}, 2);
        break;
    }
  }
  Outcome<json::Value> read(const ReadItems& request) override {
    if (choice_ % 5 == 4) return ends_with("States.ItemReaderFailed", request.resource);
    return json::Value::array({1, "two", json::Value::object({{"l", json::Value::array({3})}})});
  }
  Outcome<json::Value> write(const WriteResults& request) override {
    if (choice_ % 7 == 6) return ends_with("States.ResultWriterFailed", request.resource);
    return json::Value::object({{"l", json::Value::array({1})}, {"run", request.map_run_arn}});
  }

 private:
  std::uint8_t choice_;
};

}  // namespace weft::workflow
