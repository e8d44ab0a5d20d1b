// What state machines cost in this process, with services in memory and a clock of their own.
//
//   executions FILE
//
// FILE is a JSON array of objects: the text of a `definition`, the text of an `input`, and how many
// `rounds` to take. Prints a JSON array with an object for each: {"validate_us", "compile_us",
// "run_us", "history_us", "transitions", "events", "status"}: CPU time of the best round;
// history_us is the printing of the history.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/assert.h"
#include "cpu_time.h"
#include "json/parse.h"
#include "json/print.h"
#include "workflow/definition.h"
#include "workflow/simulation.h"
#include "workflow/validation.h"

namespace {

namespace bench = weft::bench;
namespace json = weft::json;
namespace workflow = weft::workflow;

// Tasks give what they get; of many that are open, the last one answers first.
class Echo final : public workflow::Services {
 public:
  void start(workflow::Simulation& simulation, const workflow::StartTask& task) override {
    constexpr std::uint64_t kMillisMax = 50'000;
    simulation.post(
        workflow::TaskSucceeded{.task = task.task, .output = json::to_string(task.input)},
        static_cast<std::int64_t>(kMillisMax - task.task % kMillisMax));
  }
  workflow::Outcome<json::Value> read(const workflow::ReadItems&) override {
    return json::Value::array({});
  }
  workflow::Outcome<json::Value> write(const workflow::WriteResults& request) override {
    return json::Value(request.map_run_arn);
  }
};

// Whatever an execution may have in AWS: growth shows beyond it.
constexpr workflow::SimulationLimits kLimits{
    .step = {.payload_bytes = 64 << 20, .history_events = 10'000'000},
    .events = 100'000'000,
};

json::Value measured(const json::Value& given) {
  const std::string text(given.find("definition")->as_string());
  const bench::Rounds rounds{
      .rounds = static_cast<int>(given.find("rounds")->as_number().to_int64().value()), .times = 1};
  const json::Value document = json::parse(text).value();
  const workflow::Definition definition = workflow::Definition::compile(document).value();
  const workflow::Begin begin{.identity = {.arn = "arn:aws:states:here:1:execution:m:e",
                                           .name = "e",
                                           .role_arn = "arn:aws:iam::1:role/r",
                                           .machine_arn = "arn:aws:states:here:1:stateMachine:m",
                                           .machine_name = "m"},
                              .input = std::string(given.find("input")->as_string())};
  Echo services;
  std::unique_ptr<workflow::Simulation> ran;
  const double run_us = bench::least_us(rounds, [&] {
    ran =
        std::make_unique<workflow::Simulation>(definition, services, 1'767'225'600'000, 1, kLimits);
    ran->run(begin);
  });
  const auto is_exit = [](const workflow::HistoryEvent& event) {
    return workflow::name_of(event.type).ends_with("StateExited");
  };
  const double history_us = bench::least_us(rounds, [&] {
    std::string out;
    for (const workflow::HistoryEvent& event : ran->history())
      json::append(out, workflow::to_json(event));
  });
  return json::Value::object(
      {{"validate_us",
        bench::least_us(rounds, [&] { WEFT_ASSERT(workflow::validate(text).is_valid); })},
       {"compile_us",
        bench::least_us(rounds,
                        [&] { WEFT_ASSERT(workflow::Definition::compile(document).has_value()); })},
       {"run_us", run_us},
       {"history_us", history_us},
       {"transitions", std::ranges::count_if(ran->history(), is_exit)},
       {"events", ran->history().size()},
       {"status", workflow::name_of(ran->execution().status)}});
}

}  // namespace

int main(int count, char** words) {
  const std::span<char*> arguments(words, static_cast<std::size_t>(count));
  WEFT_ASSERT(count == 2);
  std::ifstream stream(arguments[1], std::ios::binary);
  const json::Value given =
      json::parse(std::string{std::istreambuf_iterator<char>(stream), {}}).value();
  json::Array rows;
  for (const json::Value& one : given.as_array())
    rows.push_back(measured(one));
  const std::string printed = json::to_string(json::Value(std::move(rows))) + "\n";
  std::fwrite(printed.data(), 1, printed.size(), stdout);
}
