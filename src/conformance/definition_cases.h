// Definitions of workflows that AWS Step Functions or a validator has judged.
#pragma once

#include "base/result.h"
#include "conformance/corpus.h"
#include "json/value.h"

namespace weft::conformance {

// One test: a `definition` with the verdict `valid`, or without one that is valid; or `args` of
// CreateStateMachine (`op`: create_state_machine) or ValidateStateMachineDefinition with the
// answer, `expected`. Of what CreateStateMachine answers, only what is about the definition is
// compared.
Result<Comparison> run_definition_case(const json::Value& test);

}  // namespace weft::conformance
