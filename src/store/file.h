// Files and directories as the store needs them: whole reads and writes, flushes, typed errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::store {

// What clients of a server are told when its disk is full.
inline constexpr const char* kNoSpaceTold =
    "The disk that holds the server's data directory is full: free some space there and try again.";

// The error for what `errno` says: kNotFound, kPermissionDenied, kUnavailable (full disk,
// input/output, too many open files) or kInternal. `what` is a phrase like "open", `path` is where.
Error system_error(int error_number, std::string_view what, const std::filesystem::path& path);

// Creates the directory and its missing parents, each 0700. Existing ones stay as they are.
// Durable.
Result<> make_directories(const std::filesystem::path& path);

// The file's bytes. Nothing when there is none; kTooLarge beyond `bytes_max`. Does not follow a
// link in the last part.
Result<std::optional<std::string>> read_file(const std::filesystem::path& path,
                                             std::uint64_t bytes_max);

// Writes a new file of mode 0600 with a name of its own in `directory` (starting with `prefix`) and
// flushes it.
Result<std::filesystem::path> write_new_file(const std::filesystem::path& directory,
                                             std::string_view prefix, std::string_view bytes);

// Flushes a directory: names that were made or renamed in it survive a power failure.
Result<> flush_directory(const std::filesystem::path& path);

// rename(2): replaces `to` at once or not at all.
Result<> rename_file(const std::filesystem::path& from, const std::filesystem::path& to);

// Removes a file. Says whether there was one.
Result<bool> remove_file(const std::filesystem::path& path);

}  // namespace weft::store
