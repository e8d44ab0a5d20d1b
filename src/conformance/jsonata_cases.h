// The tests of JSONata's reference implementation (github.com/jsonata-js/jsonata).
#pragma once

#include "base/result.h"
#include "conformance/corpus.h"
#include "json/value.h"

namespace weft::conformance {

// One test: `expr` over `data` with `bindings`, and `result`, `undefinedResult`, or the `code` of a
// failure (or `error` with the code and the message). `depth` limits evaluations inside each other;
// `unordered` results may have their items in any order.
Result<Comparison> run_jsonata_case(const json::Value& test);

}  // namespace weft::conformance
