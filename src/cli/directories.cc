#include "cli/directories.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "system/host_directory.h"

namespace weft::cli {
namespace {

constexpr std::string_view kReadOnly = ":ro";

Error wrong(std::string_view option, std::string_view why) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("--dir {}: {}; write HOST[:GUEST][:ro]", printable(option), why)};
}

}  // namespace

Result<std::vector<abi::command::GivenDirectory>> given_directories(
    const std::vector<std::string_view>& options) {
  std::vector<abi::command::GivenDirectory> given;
  for (const std::string_view option : options) {
    std::string_view rest = option;
    const bool read_only = rest.ends_with(kReadOnly);
    if (read_only) rest.remove_suffix(kReadOnly.size());
    const std::size_t colon = rest.find(':');
    const std::string_view host = rest.substr(0, colon);
    const std::string_view guest = colon == std::string_view::npos ? host : rest.substr(colon + 1);
    if (host.empty() || guest.empty()) return fail(wrong(option, "a name is missing"));
    if (guest.find(':') != std::string_view::npos) return fail(wrong(option, "too many colons"));
    if (std::ranges::find(given, guest, &abi::command::GivenDirectory::name) != given.end())
      return fail(wrong(option, "the program has another directory of that name"));
    auto opened = system::HostDirectory::open_tree(std::string(host), {.read_only = read_only});
    if (!opened) {
      return fail(
          std::move(opened).error().with_context(fmt::format("--dir {}", printable(option))));
    }
    given.push_back({.name = std::string(guest), .directory = *std::move(opened)});
  }
  return given;
}

std::optional<std::string> hint_for(const abi::command::Refusals& refusals,
                                    const system::Network* network) {
  if (!refusals.function.empty()) {
    return fmt::format("the program called {} of WASIX, which weft does not have",
                       refusals.function);
  }
  if (refusals.network) {
    const auto refused = network != nullptr ? network->refused() : std::nullopt;
    const std::string rule = refused.value_or("HOST:PORT");
    return fmt::format("the program wanted to use the network: --allow-net {} lets it", rule);
  }
  if (refusals.no_directories) {
    return "the program looked for files, and was given no directory: --dir . gives it this one";
  }
  if (refusals.read_only) {
    return "the program wanted to change a directory that it may only read: leave :ro out of its "
           "--dir";
  }
  if (refusals.outside) {
    return "the program named a path outside of the directories that --dir gave it";
  }
  if (!refusals.limited_function.empty()) {
    return fmt::format(
        "{} of WASIX could not do what the program asked for: see "
        "docs/reference/wasix.md",
        refusals.limited_function);
  }
  return std::nullopt;
}

}  // namespace weft::cli
