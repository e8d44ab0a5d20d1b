// Answers of TestState that were recorded on AWS Step Functions.
#pragma once

#include "base/result.h"
#include "conformance/corpus.h"
#include "json/value.h"
#include "workflow/service_models.h"

namespace weft::conformance {

// One test: `args`, the parameters of the call, and `expected`, the answer or the error. What a
// service answered in the recording, it answers here. `models`: what services answer, which mocked
// results are compared with; null: with nothing.
Result<Comparison> run_test_state_case(const json::Value& test,
                                       const workflow::ServiceModels* models);

}  // namespace weft::conformance
