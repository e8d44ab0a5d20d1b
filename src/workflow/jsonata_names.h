// The variables that a JSONata expression names, found in its text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft::workflow {

// Every name behind a dollar sign, sorted, wherever it stands: at least those that the expression
// can read.
std::vector<std::string> names_mentioned(std::string_view expression);

// Those of them, sorted, that are variables of a workflow: not in strings, comments and regular
// expressions, not called, not bound by the expression itself, and not $states.
std::vector<std::string> names_read(std::string_view expression);

}  // namespace weft::workflow
