// Executions of state machines that were recorded on AWS Step Functions.
#pragma once

#include "base/result.h"
#include "conformance/corpus.h"
#include "json/value.h"
#include "workflow/service_models.h"
#include "workflow/simulation.h"

namespace weft::conformance {

// One test: `definition` and `input`, both as text, and either `expected`, the recorded history,
// or `expected_output` with `expected_input`. Where branches and iterations run at the same time,
// events are compared as a tree by previousEventId. What services answered in the recording, they
// answer here. `models`: as run_test_state_case() has them.
Result<Comparison> run_asl_case(const json::Value& test, const workflow::ServiceModels* models);

// The same with a hook before each event (workflow::Simulation::before_event).
using BeforeEvent = workflow::Simulation::BeforeEvent;
Result<Comparison> run_watched_asl_case(const json::Value& test, const BeforeEvent& before_event);

}  // namespace weft::conformance
