#include "cli/inline_metadata.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/log.h"
#include "cli/toml.h"

namespace weft::cli {
namespace {

constexpr std::string_view kBegin = "# /// ";
constexpr std::string_view kEnd = "# ///";

// A block is its lines [begin, end), without the first and the last.
struct Block {
  std::string_view type;
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

bool is_type(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char byte) {
    return byte == '-' || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z');
  });
}

bool is_content(std::string_view line) {
  return line == "#" || line.starts_with("# ");
}

// The one that begins in the line `first`: as far as comments go, and in them up to the last end.
// `first` is its last line then; or, where there is none, the last that cannot begin one either.
std::optional<Block> take_block(const std::vector<std::string_view>& lines, std::size_t& first) {
  if (!lines[first].starts_with(kBegin)) return std::nullopt;
  const std::string_view type = lines[first].substr(kBegin.size());
  if (!is_type(type)) return std::nullopt;
  const std::size_t begin = first + 1;
  std::size_t end = 0;
  std::size_t i = begin;
  for (; i < lines.size() && is_content(lines[i]); ++i) {
    if (lines[i] == kEnd && i > begin) end = i;
  }
  first = end == 0 ? i - 1 : end;
  if (end == 0) return std::nullopt;
  return Block{.type = type, .begin = begin, .end = end};
}

std::unexpected<Error> wrong(std::string_view file, std::size_t line, std::string_view what) {
  return fail(Error(ErrorCode::kInvalidArgument,
                    fmt::format("{}: line {}: {}", printable(file), line, what))
                  .with_position({.line = line, .column = 1, .offset = std::nullopt}));
}

Result<std::optional<Block>> script_block(const std::vector<std::string_view>& lines,
                                          std::string_view file) {
  std::optional<Block> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto block = take_block(lines, i);
    if (!block || block->type != "script") continue;
    if (found) {
      return wrong(file, block->begin,
                   fmt::format("the script's metadata are in line {}, and here again: leave one of "
                               "the blocks out",
                               found->begin));
    }
    found = block;
  }
  return found;
}

constexpr std::string_view kBlanks = " \t";

bool is_word(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
         (byte >= 'A' && byte <= 'Z');
}

// Whether the text has letters, digits and these alone.
bool is_made_of(std::string_view text, std::string_view others) {
  return std::ranges::all_of(
      text, [&](char byte) { return is_word(byte) || others.find(byte) != others.npos; });
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// What pip takes for the name of a file where there is such a file, and builds: ARCHIVE_EXTENSIONS
// in pip's misc.py and filetypes.py.
bool names_archive(std::string_view text) {
  constexpr std::array<std::string_view, 13> kEndings = {".whl", ".zip", ".tar",  ".gz", ".tgz",
                                                         ".bz2", ".tbz", ".tbz2", ".xz", ".txz",
                                                         ".lz",  ".tlz", ".lzma"};
  const std::string lower = to_lower(text);
  return std::ranges::any_of(kEndings,
                             [&](std::string_view ending) { return lower.ends_with(ending); });
}

}  // namespace

Result<std::optional<ScriptMetadata>> script_metadata(std::string_view script,
                                                      std::string_view file) {
  const std::vector<std::string_view> lines = lines_of(script);
  const auto block = TRY(script_block(lines, file));
  if (!block) return std::nullopt;
  std::string text;
  for (std::size_t i = block->begin; i < block->end; ++i)
    text.append(lines[i].substr(lines[i] == "#" ? 1 : 2)).append("\n");
  const auto parsed = parse_toml(text);
  if (!parsed) {
    const TomlProblem& problem = parsed.error();
    return wrong(file, block->begin + problem.line,
                 fmt::format("the script's metadata are not TOML: {}", printable(problem.what)));
  }
  ScriptMetadata metadata;
  if (const toml::node* const wanted = parsed->get("requires-python")) {
    const auto version = wanted->value_exact<std::string_view>();
    if (!version) return wrong(file, block->begin, "requires-python must be a string");
    metadata.requires_python = *version;
  }
  if (const toml::node* const list = parsed->get("dependencies")) {
    const toml::array* const items = list->as_array();
    if (items == nullptr)
      return wrong(file, block->begin, "dependencies must be an array of strings");
    for (const toml::node& item : *items) {
      const auto name = item.value_exact<std::string_view>();
      if (!name) return wrong(file, block->begin, "dependencies must be an array of strings");
      metadata.dependencies.emplace_back(*name);
    }
  }
  return metadata;
}

bool is_plain_requirement(std::string_view text) {
  // In a line of requirements, options follow.
  if (text.find(" -") != text.npos || text.find("\t-") != text.npos) return false;
  const std::size_t semicolon = text.find(';');
  if (semicolon != text.npos && !is_made_of(text.substr(semicolon + 1), "._-+<>=!~()'\", \t"))
    return false;
  const std::string_view project = trimmed(text.substr(0, semicolon));
  const auto* const end = std::ranges::find_if_not(project, [](char byte) {
    return is_word(byte) || byte == '.' || byte == '_' || byte == '-';
  });
  const std::string_view name(project.begin(), end);
  if (name.empty() || !is_word(name.front()) || !is_word(name.back())) return false;
  std::string_view rest = trimmed(project.substr(name.size()));
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == rest.npos || !is_made_of(rest.substr(1, close - 1), "._-, \t")) return false;
    rest = trimmed(rest.substr(close + 1));
  }
  if (names_archive(name) || names_archive(rest)) return false;
  if (rest.starts_with('(') && rest.ends_with(')')) rest = trimmed(rest.substr(1, rest.size() - 2));
  const bool is_versions =
      rest.empty() || std::string_view("<>=!~").find(rest.front()) != rest.npos;
  return is_versions && is_made_of(rest, "._-+*!<>=~, \t");
}

Result<> check_dependencies(const std::vector<std::string>& dependencies, std::string_view file) {
  for (const std::string& text : dependencies) {
    if (is_plain_requirement(text)) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{}: the dependency {} is more than a project's name, extras, versions "
                            "and a marker: name it in a file of requirements instead "
                            "(--requirements)",
                            printable(file), printable(text)));
  }
  return {};
}

}  // namespace weft::cli
