// weft workflow run: an execution of a workflow on this machine, in memory.
#pragma once

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/console.h"

namespace weft::cli {

// The command's second operand is the definition. The execution's output, or its history, goes to
// standard output. Errors: what the definition, the input or a mock file is refused with; how the
// execution failed, as kGuestError (kDeadlineExceeded when its time was over); kFailedPrecondition
// for a Task that nothing answers; kGuestLimit for one that does not end.
Result<int> run_workflow(const Arguments& arguments, Console& console);

}  // namespace weft::cli
