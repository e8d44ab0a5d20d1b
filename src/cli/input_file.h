// Files that a command line names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"
#include "cli/console.h"

namespace weft::cli {

// How large a module may be, and any other file that is read whole.
inline constexpr std::uint64_t kFileBytesMax = 1ULL << 30U;

// The file, open for reading: kNotFound, kPermissionDenied, kInvalidArgument (a directory: the
// message says that `wanted` in it should be named). The messages name the file.
Result<UniqueFd> open_input(std::string_view file, std::string_view wanted = "a file");

// The bytes of the file; of standard input for "-". What open_input says, and kTooLarge.
Result<std::string> read_input(std::string_view file, Console& console,
                               std::string_view wanted = "a file");

// `@file` is the file's content, `@-` and `-` standard input's; anything else is itself.
Result<std::string> read_value(std::string_view text, Console& console);

}  // namespace weft::cli
