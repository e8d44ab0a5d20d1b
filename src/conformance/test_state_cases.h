// Answers of TestState that were recorded on AWS Step Functions.
#pragma once

#include "base/result.h"
#include "conformance/corpus.h"
#include "json/value.h"

namespace weft::conformance {

// One test: `args`, the parameters of the call, and `expected`, the answer or the error. What a
// service answered in the recording, it answers here.
Result<Comparison> run_test_state_case(const json::Value& test);

}  // namespace weft::conformance
