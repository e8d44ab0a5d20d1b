// Properties of executions of generated definitions.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/parse.h"
#include "workflow/generated.h"
#include "workflow/step_text.h"
#include "workflow/validation.h"

namespace weft::workflow {
namespace {

constexpr std::int64_t kStartMillis = 1'700'000'000'000;
constexpr SimulationLimits kLimits = {
    .step = {.history_events = 400, .transitions = 20, .child_bytes = 40}, .events = 2'000};

// What bytes come to.
struct Made {
  std::string text;
  Definition definition;
  std::uint8_t services = 0;
  std::uint64_t seed = 0;
};

Made made() {
  const auto bytes = *rc::gen::resize(200, rc::gen::arbitrary<std::vector<std::uint8_t>>());
  FuzzBytes choices(bytes);
  const std::uint8_t services = choices.next();
  const std::uint64_t seed = choices.next();
  std::string text = DefinitionMaker(choices).make();
  const auto document = json::parse(text);
  if (!document) RC_FAIL(text + document.error().message());
  auto definition = Definition::compile(*document);
  if (!definition) RC_FAIL(text + definition.error().message());
  RC_LOG() << text << '\n';
  return {.text = text, .definition = *std::move(definition), .services = services, .seed = seed};
}

// The history, and the execution at its end.
std::string run(const Made& made, const Simulation::BeforeEvent& before_event = {}) {
  GeneratedServices services(made.services);
  Simulation simulation(made.definition, services, kStartMillis, made.seed, kLimits);
  simulation.before_event = before_event;
  simulation.run({.identity = {.arn = "arn:aws:states:here:1:execution:m:e",
                               .name = "e",
                               .role_arn = "role",
                               .machine_arn = "arn:aws:states:here:1:stateMachine:m",
                               .machine_name = "m"},
                  .input = std::string(DefinitionMaker::kInput)});
  return to_text(StepResult{.history = simulation.history(), .effects = {}}) +
         to_text(simulation.execution());
}

Execution resumed(const Execution& execution, const Definition& definition) {
  auto again = execution_of(to_text(execution), definition);
  if (!again) RC_FAIL(again.error().message() + to_text(execution));
  return *std::move(again);
}

// The execution after an event, and all that its step gave.
std::string after(const Made& made, Execution& execution, const Event& event) {
  std::string gave = to_text(step(made.definition, execution, event, kLimits.step));
  return gave + to_text(execution);
}

TEST_CASE("generated definitions are valid") {
  CHECK(rc::check([] {
    const Made machine = made();
    const Validation validation = validate(machine.text);
    if (!validation.is_valid) RC_FAIL(invalid_definition_text(validation));
  }));
}

TEST_CASE("the same execution, event and definition give the same") {
  CHECK(rc::check([] {
    const Made machine = made();
    const std::string once =
        run(machine, [&](const Definition&, Execution& execution, const Event& event) {
          Execution one = execution;
          Execution other = execution;
          RC_ASSERT(after(machine, one, event) == after(machine, other, event));
        });
    RC_ASSERT(run(machine) == once);
  }));
}

TEST_CASE("an execution that is stored and resumed before each event ends as it would have") {
  CHECK(rc::check([] {
    const Made machine = made();
    const std::string straight = run(machine);
    const std::string again =
        run(machine, [](const Definition& definition, Execution& execution, const Event&) {
          Execution read = resumed(execution, definition);
          RC_ASSERT(to_text(read) == to_text(execution));
          execution = std::move(read);
        });
    RC_ASSERT(again == straight);
  }));
}

TEST_CASE("an execution's events, once more, lead to the same execution") {
  CHECK(rc::check([] {
    struct Happened {
      Event event;
      std::string before;
    };
    const Made machine = made();
    // By execution: children of a distributed Map are some of their own.
    std::map<std::string, std::vector<Happened>> executions;
    run(machine, [&](const Definition&, Execution& execution, const Event& event) {
      const Begin* const begin = std::get_if<Begin>(&event.what);
      const std::string& arn = begin != nullptr ? begin->identity.arn : execution.identity.arn;
      executions[arn].push_back({.event = event, .before = to_text(execution)});
    });
    for (const auto& [arn, all] : executions) {
      Execution execution;
      for (const Happened& happened : all) {
        RC_ASSERT(to_text(execution) == happened.before);
        step(machine.definition, execution, happened.event, kLimits.step);
      }
    }
  }));
}

TEST_CASE("events have numbers without gaps and follow earlier ones") {
  CHECK(rc::check([] {
    const Made machine = made();
    GeneratedServices services(machine.services);
    Simulation simulation(machine.definition, services, kStartMillis, machine.seed, kLimits);
    simulation.run({.identity = {}, .input = std::string(DefinitionMaker::kInput)});
    std::uint64_t id = 0;
    for (const HistoryEvent& event : simulation.history()) {
      RC_ASSERT(event.id == ++id);
      RC_ASSERT(event.previous < event.id);
    }
    RC_ASSERT(simulation.execution().last_event == id);
  }));
}

}  // namespace
}  // namespace weft::workflow
