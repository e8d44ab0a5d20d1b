// Whether a module can run as a function at all: said when it is deployed, not at each call.
// Private to function.
#pragma once

#include <cstdint>

#include "abi/dialect.h"
#include "base/result.h"
#include "engine/module_info.h"
#include "function/limits.h"

namespace weft::function {

// kUnsupported for imports that nobody provides; kInvalidArgument when nothing in it can be called;
// kTooLarge, with the limit's name, when what it begins with exceeds the function's limits or
// `guest_memory_bytes`, which all guests of the server have together.
Result<> check_deployable(const engine::ModuleInfo& info, const FunctionLimits& limits,
                          std::uint64_t guest_memory_bytes);

// kInvalidArgument for a program that is to be warm.
Result<> check_state(abi::Dialect dialect, bool is_warm);

}  // namespace weft::function
