// The directories of this machine that a program is given: none but those that a command line
// names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/command/command.h"
#include "base/result.h"

namespace weft::cli {

// From options like "HOST", "HOST:GUEST", "HOST:ro" and "HOST:GUEST:ro", in which "\:" is a colon
// of a name; the program knows it as GUEST, or else as HOST. Errors name the option:
// kInvalidArgument for an empty part and for two directories of one name, and those of
// HostDirectory::open_tree.
Result<std::vector<abi::command::GivenDirectory>> given_directories(
    const std::vector<std::string_view>& options);

// What would have allowed what a program was refused, as a sentence; nothing when nothing would.
// `network`: the one that it was given, or null.
std::optional<std::string> hint_for(const abi::command::Refusals& refusals,
                                    const system::Network* network);

}  // namespace weft::cli
