// Packages that a script of `weft run` requires, and how it sees them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/command/command.h"
#include "base/result.h"
#include "cli/console.h"
#include "cli/requirements.h"

namespace weft::cli {

// Where the packages are that the script's comments and the files of `requirements` name; nothing
// where none are required. `piped` is the script's text, where it came from standard input. Errors
// of requirements_of and of kept_requirements.
Result<std::optional<std::filesystem::path>> packages_of(
    const std::vector<std::string_view>& requirements, const std::string& script,
    const std::optional<std::string>& piped, TemporaryPlace& temporary, Console& console);

// The directory of packages as the script sees it, only to read. Python imports from it behind
// what PYTHONPATH names in `environment`, which is changed.
Result<abi::command::GivenDirectory> show_packages(
    const std::filesystem::path& packages,
    std::vector<std::pair<std::string, std::string>>& environment);

}  // namespace weft::cli
