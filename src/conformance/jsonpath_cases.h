// The tests of the JSONPath Compliance Test Suite (github.com/jsonpath-standard).
#pragma once

#include "base/result.h"
#include "conformance/corpus.h"
#include "json/value.h"

namespace weft::conformance {

// One test: `selector`, and either `invalid_selector` or `document` with `result`, or with
// `results` where several are right. Normalized paths (`result_paths`, `results_paths`) are
// compared where the test has them.
Result<Comparison> run_jsonpath_case(const json::Value& test);

}  // namespace weft::conformance
