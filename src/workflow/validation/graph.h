// What is wrong with how states follow each other.
#pragma once

#include "json/value.h"
#include "workflow/validation/findings.h"

namespace weft::workflow::validation {

// Of a machine in which Checker found no schema error: targets that do not exist, states that
// nothing leads to, a machine that cannot end, names that come twice or are too long, variables
// that hide those of an outer scope.
void check_graph(const json::Value& machine, Findings& findings);

// Of what is inside a state at `place` alone.
void check_graph_inside(const json::Value& state, const Place& place, Findings& findings);

}  // namespace weft::workflow::validation
