#include "cli/directories.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "system/host_directory.h"

namespace weft::cli {
namespace {

constexpr std::string_view kReadOnly = "ro";
constexpr std::string_view kEscapedColon = "\\:";

Error wrong(std::string_view option, std::string_view why) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("--dir {}: {}; write HOST[:GUEST][:ro], and \\: for a colon in a name",
                      printable(option), why)};
}

// What stands between the colons that nothing escapes.
std::vector<std::string> parts_of(std::string_view option) {
  std::vector<std::string> parts(1);
  while (!option.empty()) {
    const bool is_escaped = option.starts_with(kEscapedColon);
    const bool is_colon = option.front() == ':';
    if (is_escaped) option.remove_prefix(1);
    if (is_colon) {
      parts.emplace_back();
    } else {
      parts.back() += option.front();
    }
    option.remove_prefix(1);
  }
  return parts;
}

}  // namespace

Result<std::vector<abi::command::GivenDirectory>> given_directories(
    const std::vector<std::string_view>& options) {
  std::vector<abi::command::GivenDirectory> given;
  for (const std::string_view option : options) {
    std::vector<std::string> parts = parts_of(option);
    const bool read_only = parts.size() > 1 && parts.back() == kReadOnly;
    if (read_only) parts.pop_back();
    const std::string& host = parts.front();
    const std::string& guest = parts.size() > 1 ? parts[1] : host;
    if (host.empty() || guest.empty()) return fail(wrong(option, "a name is missing"));
    if (parts.size() > 2) return fail(wrong(option, "too many colons"));
    if (std::ranges::find(given, guest, &abi::command::GivenDirectory::name) != given.end())
      return fail(wrong(option, "the program has another directory of that name"));
    auto opened = system::HostDirectory::open_tree(host, {.read_only = read_only});
    if (!opened) {
      return fail(
          std::move(opened).error().with_context(fmt::format("--dir {}", printable(option))));
    }
    given.push_back({.name = guest, .directory = *std::move(opened)});
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
  if (refusals.no_listeners) {
    return "the program waited for connections, and was given no socket that listens: --listen "
           "127.0.0.1:PORT gives it one";
  }
  if (refusals.no_directories) {
    // Libraries look for directories when a program starts, and then refuse paths themselves.
    return "the program was given no directory: if it looked for files, --dir . gives it this one";
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
