// The environment variables that a guest sees: none but those that a command line names.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/console.h"

namespace weft::cli {

// From options like "NAME=value"; "NAME" alone takes this process's value. The last of a name wins.
// kInvalidArgument for an empty name, a NUL byte or a variable that is not set here.
Result<std::vector<std::pair<std::string, std::string>>> guest_environment(
    const std::vector<std::string_view>& options, const Console& console);

}  // namespace weft::cli
