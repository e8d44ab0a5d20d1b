#include "cli/python_hint.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/quantity.h"
#include "cli/signature.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kForbidden = "PermissionError: ";
constexpr std::string_view kNoModule = "ModuleNotFoundError: No module named '";

// What stands between `before` and the next quote; nothing when the line has none of it, or has
// escape sequences between them.
std::optional<std::string_view> quoted_behind(std::string_view line, std::string_view before) {
  const std::size_t begin = line.find(before);
  if (begin == std::string_view::npos) return std::nullopt;
  line.remove_prefix(begin + before.size());
  const std::size_t end = line.find('\'');
  if (end == std::string_view::npos || line.substr(0, end).contains('\\')) return std::nullopt;
  return line.substr(0, end);
}

// The directory as an option that gives it; `how` is "" or ":ro".
std::string option_for(const fs::path& directory, std::string_view how) {
  std::string word;
  for (const char c : directory.empty() ? std::string(".") : directory.native()) {
    if (c == ':') word += '\\';
    word += c;
  }
  return fmt::format("--dir {}", shell_word(word + std::string(how)));
}

// Without the colours that Python has for a terminal.
std::string plain(std::string_view line) {
  constexpr std::string_view kBegin = "\x1b[";
  std::string text;
  for (;;) {
    const std::size_t begin = line.find(kBegin);
    text += line.substr(0, begin);
    if (begin == std::string_view::npos) return text;
    const std::size_t end = line.find('m', begin);
    if (end == std::string_view::npos) return text;
    line.remove_prefix(end + 1);
  }
}

std::string module_hint(std::string_view name, const ScriptRun& run) {
  const std::string_view top = name.substr(0, name.find('.'));
  const fs::path directory = fs::path(run.script).parent_path();
  if (run.is_alone && !top.empty() && !top.contains('/')) {
    for (const std::string& file : {fmt::format("{}.py", top), std::string(top)}) {
      if (!run.exists(directory / file)) continue;
      return fmt::format(
          "{} is beside the script, and the program sees nothing of that directory "
          "but the script: {} lets it read the others",
          printable(file), option_for(directory, ":ro"));
    }
  }
  return "the module is not in Python's library: name the package that has it in the script's "
         "comments (# /// script, as PEP 723 has it) or in a file of --requirements FILE; if it is "
         "in a directory DIR and all of it is Python, --dir DIR:ro --env PYTHONPATH=DIR lets the "
         "program import it";
}

// Where the path of a program may lead on this machine: its working directory is ours, although it
// takes it for "/".
std::optional<fs::path> on_this_machine(std::string_view path, const ScriptRun& run) {
  if (run.exists(path)) return path;
  const std::size_t begin = path.find_first_not_of('/');
  if (begin == 0 || begin == std::string_view::npos) return std::nullopt;
  const fs::path relative(path.substr(begin));
  return run.exists(relative) ? std::optional(relative) : std::nullopt;
}

bool is_given(std::string_view path, const ScriptRun& run) {
  return std::ranges::any_of(run.given, [&](const abi::command::GivenDirectory& directory) {
    return abi::command::path_below(directory.name, path).has_value();
  });
}

std::optional<std::string> read_hint(std::string_view path, const ScriptRun& run) {
  const auto found = on_this_machine(path, run);
  if (!found) return std::nullopt;
  return fmt::format(
      "{} is there, but in no directory that the program was given: {} lets it read "
      "that",
      printable(found->native()), option_for(found->parent_path(), ":ro"));
}

std::optional<std::string> write_hint(std::string_view path, const ScriptRun& run) {
  fs::path directory = fs::path(path).parent_path();
  if (directory.empty()) directory = ".";
  const auto found = on_this_machine(directory.native(), run);
  if (!found) return std::nullopt;
  return fmt::format("the program was given no directory that it may write {} to: {} lets it",
                     printable(fs::path(path).filename().native()), option_for(*found, ""));
}

bool is_read_only(std::string_view line) {
  return line.starts_with("OSError: ") && line.contains("Read-only file system");
}

// A failed call of the system, "PermissionError: [Errno 2] …: 'data.txt'".
std::optional<std::string> file_hint(std::string_view line, const ScriptRun& run) {
  const auto path = quoted_behind(line, ": '");
  if (!path || path->empty() || is_given(*path, run)) return std::nullopt;
  if (line.starts_with("FileNotFoundError: ") || line.starts_with(kForbidden))
    return read_hint(*path, run);
  if (is_read_only(line)) return write_hint(*path, run);
  return std::nullopt;
}

}  // namespace

Result<> LastLine::write(std::span<const std::uint8_t> bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    add(text.substr(0, end));
    if (end == text.size()) break;
    if (!current_.empty()) complete_ = std::exchange(current_, {});
    text.remove_prefix(end + 1);
  }
  auto written = stream_.write(bytes);
  if (!written && written.error().code() == ErrorCode::kUnavailable) stream_.reader_is_gone();
  return written;
}

void LastLine::add(std::string_view part) {
  current_ += part.substr(0, kBytesMax - current_.size());
}

ScriptError script_error(std::string_view line) {
  const std::string text = plain(line);
  return {.is_read_only = is_read_only(text), .is_forbidden = text.starts_with(kForbidden)};
}

std::optional<std::string> python_hint(std::string_view coloured, const ScriptRun& run) {
  const std::string line = plain(coloured);
  if (const auto name = quoted_behind(line, kNoModule); name && line.starts_with(kNoModule))
    return module_hint(*name, run);
  if (line == "MemoryError") {
    return fmt::format("the program may use {} of memory: --max-memory allows more",
                       bytes_text(run.memory_bytes));
  }
  if (line.contains("No usable temporary directory found"))
    return "a directory for temporary files is given with --dir DIR:/tmp";
  return file_hint(line, run);
}

}  // namespace weft::cli
