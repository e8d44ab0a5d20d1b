// Executions in memory, in a time of their own that passes as fast as it can.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "json/value.h"
#include "workflow/definition.h"
#include "workflow/execution.h"
#include "workflow/history.h"
#include "workflow/step.h"

namespace weft::workflow {

class Simulation;

// What a simulated execution finds outside. Each answers by events: at once or later.
class Services {
 public:
  Services() = default;
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;
  virtual ~Services() = default;

  // Answers with TaskStarted, TaskSubmitted, TaskSucceeded, TaskFailed and TaskHeartbeat.
  virtual void start(Simulation& simulation, const StartTask& task) = 0;
  // An array of items, for a distributed Map.
  virtual Outcome<json::Value> read(const ReadItems& request) = 0;
  // A child of a distributed Map has ended, or waits for what never happens.
  virtual void child_ended(const StartChild& /*start*/, const Simulation& /*child*/) {}
  // What the Map's result is instead.
  virtual Outcome<json::Value> write(const WriteResults& request) = 0;
};

struct SimulationLimits {
  StepLimits step = {};
  // Of the history of one execution and all its children; a step that writes none counts as one.
  std::uint64_t events = 10'000'000;
};

// One execution from its beginning to its end. Not movable; for one thread.
class Simulation {
 public:
  // All outlive it. `seed` decides all that is random; `start_millis` is when it begins.
  Simulation(const Definition& definition, Services& services, std::int64_t start_millis,
             std::uint64_t seed, const SimulationLimits& limits = {})
      : definition_(definition),
        services_(services),
        limits_(limits),
        millis_(start_millis),
        seed_(seed) {}
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation() = default;

  // Runs it until it has ended, or until nothing would happen any more: it then waits for something
  // that the services never answer.
  void run(Begin begin);

  const Execution& execution() const { return execution_; }
  const std::vector<HistoryEvent>& history() const { return history_; }
  std::int64_t millis() const { return millis_; }

  // For services: something happens so many milliseconds from now.
  void post(decltype(Event::what) what, std::int64_t after_millis = 0);

  // Is told each event, of children too, and the execution before it: for tests that store and
  // resume it.
  using BeforeEvent = std::function<void(const Definition&, Execution&, const Event&)>;
  BeforeEvent before_event = {};
  // Is asked before each event, of children too: false ends the simulation where it is.
  std::function<bool()> goes_on = {};
  // Of a state that is tested by itself (test_state.h); null for an execution of the whole.
  TestedState* tested = nullptr;

 private:
  void carry_out(const Effect& effect);
  void run_child(const StartChild& start);

  const Definition& definition_;
  Services& services_;
  const SimulationLimits limits_;
  std::int64_t millis_;
  std::uint64_t seed_;  // of the next step, whose ever it is: no two have the same
  std::uint64_t events_ = 0;
  Execution execution_;
  std::vector<HistoryEvent> history_;
  // What is to happen, by time and then in the order in which it was posted.
  std::map<std::pair<std::int64_t, std::uint64_t>, decltype(Event::what)> agenda_;
  std::uint64_t posted_ = 0;
};

}  // namespace weft::workflow
