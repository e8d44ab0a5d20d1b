// The Lambda functions that a workflow calls, by their names alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "workflow/step.h"

namespace weft::cli {

// "charge" of "charge", "charge:2", "123456789012:function:charge" and a whole ARN, whatever its
// version or alias; "Charge" of what CloudFormation fills in, "${Charge}".
std::string function_name(std::string_view text);

// "arn:aws:states:::lambda:invoke" and what is behind it, in any partition of AWS.
bool is_invoke(std::string_view resource);

// Nothing when the Task calls none.
std::optional<std::string> function_called_by(const workflow::StartTask& task);

// All that a definition's Tasks name, each once, in their order. Nothing where a Task finds the
// name only when it runs.
std::optional<std::vector<std::string>> functions_called_in(const json::Value& definition);

}  // namespace weft::cli
