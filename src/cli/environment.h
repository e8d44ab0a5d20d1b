// The environment variables that a guest sees: none but those that a command line names.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/console.h"

namespace weft::cli {

using GuestEnvironment = std::vector<std::pair<std::string, std::string>>;

// From the lines of files, and from options after them, like "NAME=value"; "NAME" alone takes this
// process's value. In files, empty lines and those that begin with # count for nothing, and all
// others are taken as they are. The last of a name wins. kInvalidArgument for an empty name, a NUL
// byte or a variable that is not set here, with its place; for files, also the errors of
// read_input.
Result<GuestEnvironment> guest_environment(const std::vector<std::string_view>& files,
                                           const std::vector<std::string_view>& options,
                                           Console& console);

}  // namespace weft::cli
