// What a step relies on in an execution that was stored. Private to workflow.
#pragma once

#include "workflow/definition.h"
#include "workflow/execution.h"

namespace weft::workflow {

// Whether its parts fit each other and the definition: a step of it then meets nothing that a step
// could not have made.
bool fits(const Execution& execution, const Definition& definition);

}  // namespace weft::workflow
