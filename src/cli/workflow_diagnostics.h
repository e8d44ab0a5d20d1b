// What is wrong with a workflow's definition, for people.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/console.h"
#include "workflow/validation.h"

namespace weft::cli {

// For each diagnostic "FILE:3:7: error: Field 'A' is not supported at /States/X
// (SCHEMA_VALIDATION_FAILED); did you mean B?", the line and a caret. Ends in a newline.
std::string diagnostics_text(const workflow::Validation& validation, std::string_view file,
                             std::string_view definition, const Console& console);

// That the definition, which is not valid, is not: kInvalidArgument.
Error invalid_definition(const workflow::Validation& validation, std::string_view file);

}  // namespace weft::cli
