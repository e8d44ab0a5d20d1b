// The states of a workflow's definition, as they stand in it.
#pragma once

#include <functional>

#include "json/value.h"

namespace weft::cli {

// Calls `use` for each state of the machine, with those of machines inside, until it is false. What
// else a state has may look like one, and is data. False when `use` was. Recurses as deep as the
// document is.
bool for_each_state(const json::Value& machine,
                    const std::function<bool(const json::Member& state)>& use);

}  // namespace weft::cli
