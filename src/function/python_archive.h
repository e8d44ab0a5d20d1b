// Python files that are deployed together: a zip archive, as docs/formats/python-archive.md has it.
// Private to function, but for what an archive is told by.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "system/directory.h"

namespace weft::function {

// Reaching one is kTooLarge and names it, before what is beyond it is kept.
inline constexpr std::uint64_t kPythonArchiveEntriesMax = 20'000;
inline constexpr std::uint64_t kPythonArchiveNameBytesMax = 4ULL << 20U;
// What all files have together when they are unpacked: so much, and so many times what the archive
// has, or kPythonArchiveSmallBytes.
inline constexpr std::uint64_t kPythonArchiveContentBytesMax = 128ULL << 20U;
inline constexpr std::uint64_t kPythonArchiveRatioMax = 100;
inline constexpr std::uint64_t kPythonArchiveSmallBytes = 4ULL << 20U;
// Of the file that is loaded.
inline constexpr std::uint64_t kPythonFileBytesMax = 16ULL << 20U;

// What the guest sees an archive's files below, and imports from before it looks at its library.
inline constexpr std::string_view kPythonArchiveRoot = "/app";

// Whether the bytes begin as a zip archive does, perhaps behind one line "#!…": no text of Python
// does.
bool is_python_archive(std::string_view bytes);

// What is loaded of one that says nothing itself: the first of these that is at its top.
inline constexpr std::array<std::string_view, 6> kPythonArchiveFiles = {
    "main.py", "app.py", "handler.py", "lambda_function.py", "plugin.py", "__main__.py"};

// Immutable; thread-safe.
struct PythonArchive {
  std::shared_ptr<system::Directory> root;  // read-only, for any number of threads
  std::string file;                         // that is loaded, from the root
  std::string source;                       // its text
  std::uint64_t memory_bytes = 0;           // that all this takes, about
};

// Which file is loaded says weft.json ({"file":"greet.py"}); without it, that is the first of
// main.py, app.py, handler.py, lambda_function.py, plugin.py and __main__.py. kInvalidArgument for
// bytes that are no zip archive or a damaged one, for entries that open_archive refuses, for a
// wrong weft.json and where there is no file to load; kTooLarge; kUnsupported where this machine
// cannot read archives. `clock` outlives what is opened.
Result<PythonArchive> open_python_archive(const Clock& clock, std::string_view bytes);

// What is wrong with an upload before it is loaded: errors of open_python_archive for an archive,
// and for what has to be one. Of a text, nothing is.
Result<> check_python(const Clock& clock, std::string_view bytes, bool must_be_archive);

}  // namespace weft::function
