#include "cli/python_packages.h"

#include <algorithm>
#include <system_error>

#include "cli/input_file.h"
#include "cli/kept_requirements.h"
#include "function/python_archive.h"
#include "system/host_directory.h"

namespace weft::cli {
namespace {

// What no script's own directory is called, so that --dir hardly has it.
constexpr const char* kPackages = "/weft-packages";
constexpr std::string_view kPathVariable = "PYTHONPATH";

}  // namespace

Result<std::optional<std::filesystem::path>> packages_of(
    const std::vector<std::string_view>& requirements, const std::string& script,
    const std::optional<std::string>& piped, TemporaryPlace& temporary, Console& console) {
  std::error_code ignored;
  std::string text = piped.value_or("");
  // A pipe gives its bytes only once, and those are for the guest.
  if (!piped && std::filesystem::is_regular_file(script, ignored))
    text = TRY(read_input(script, console));
  if (function::is_python_archive(text)) text.clear();  // What is in it has no comments to read.
  const Requirements needed =
      TRY(requirements_of(requirements, text, piped ? "standard input" : script, console));
  if (needed.is_empty()) return std::nullopt;
  return TRY(kept_requirements(needed, temporary, console));
}

Result<abi::command::GivenDirectory> show_packages(
    const std::filesystem::path& packages,
    std::vector<std::pair<std::string, std::string>>& environment) {
  auto directory = TRY(system::HostDirectory::open_tree(packages, {.read_only = true}));
  const auto path =
      std::ranges::find(environment, kPathVariable, &std::pair<std::string, std::string>::first);
  if (path == environment.end()) {
    environment.emplace_back(kPathVariable, kPackages);
  } else {
    path->second += std::string(path->second.empty() ? "" : ":") + kPackages;
  }
  return abi::command::GivenDirectory{.name = kPackages, .directory = std::move(directory)};
}

}  // namespace weft::cli
