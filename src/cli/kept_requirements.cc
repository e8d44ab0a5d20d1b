#include "cli/kept_requirements.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/id.h"
#include "cli/held_signals.h"
#include "cli/inline_metadata.h"
#include "cli/local_code.h"
#include "store/file.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// What is resolved changes with it.
constexpr std::string_view kCacheVersion = "weft requirements 2";
constexpr std::chrono::hours kLeftOverAge{24};

constexpr std::string_view kBlanks = " \t\r";

// Whether the line of a file means the same everywhere: a project and its versions, with hashes or
// without. Not an option, a path, an address, or a variable of the environment.
bool is_self_contained(std::string_view line) {
  line = line.substr(0, std::min(line.find(" #"), line.size()));
  const auto trim = [&line] {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    line.remove_suffix(line.size() - (line.find_last_not_of(kBlanks) + 1));
  };
  trim();
  // The hashes may stand in lines of their own.
  if (line.ends_with(" \\") || line == "\\") {
    line.remove_suffix(1);
    trim();
  }
  line = line.substr(0, line.find("--hash=sha256:"));
  trim();
  return line.empty() || line.starts_with('#') || is_plain_requirement(line);
}

bool is_self_contained_file(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (!is_self_contained(line)) return false;
  }
  return true;
}

// The name of what is kept; nothing for what is not.
std::optional<std::string> key_of(const Requirements& requirements) {
  std::string text(kCacheVersion);
  for (const RequirementsFile& file : requirements.files) {
    if (!is_self_contained_file(file.text)) return std::nullopt;
    text += fmt::format("\nfile {}\n{}", file.text.size(), file.text);
  }
  for (const std::string& dependency : requirements.dependencies)
    text += fmt::format("\ndependency {}\n{}", dependency.size(), dependency);
  constexpr std::string_view kKind = "sha256:";
  return content_id(text).substr(kKind.size());
}

bool is_key(const std::string& name) {
  constexpr std::size_t kDigits = 64;
  return name.size() == kDigits && name.find_first_not_of("0123456789abcdef") == name.npos;
}

fs::file_time_type file_time(const Clock& clock) {
  return std::chrono::file_clock::from_sys(clock.wall());
}

std::uint64_t bytes_in(const fs::path& directory) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error);
       !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code no_file;
    const std::uintmax_t size = at->is_regular_file(no_file) ? at->file_size(no_file) : 0;
    if (!no_file) bytes += size;
  }
  return bytes;
}

// Under its own name it is there as a whole or not at all, whoever looks at the same time.
void remove_whole(const fs::path& packages, const fs::path& above) {
  TemporaryPlace place;
  const auto outside = place.make(above);
  std::error_code ignored;
  if (outside) fs::rename(packages, *outside / "packages", ignored);
}

struct Kept {
  fs::path path;
  fs::file_time_type used;
};

}  // namespace

void trim_kept_packages(const fs::path& directory, std::uint64_t bytes_max, const fs::path& last,
                        const Clock& clock) {
  const fs::file_time_type now = file_time(clock);
  std::vector<Kept> kept;
  std::vector<fs::path> left_over;
  std::error_code error;
  for (fs::directory_iterator at(directory, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    std::error_code unknown;
    const fs::file_time_type used = at->last_write_time(unknown);
    if (unknown) continue;
    if (is_key(at->path().filename())) {
      kept.push_back({.path = at->path(), .used = used});
    } else if (now - used > kLeftOverAge) {
      left_over.push_back(at->path());
    }
  }
  for (const fs::path& path : left_over)
    fs::remove_all(path, error);
  std::ranges::sort(kept, std::greater(), &Kept::used);
  std::uint64_t total = bytes_in(last);
  for (const Kept& packages : kept) {
    if (packages.path == last) continue;
    total += bytes_in(packages.path);
    if (total > bytes_max) remove_whole(packages.path, directory);
  }
}

Result<fs::path> kept_requirements(const Requirements& requirements, TemporaryPlace& temporary,
                                   Console& console) {
  const HeldSignals held;
  TemporaryPlace place;
  const auto cache = cache_directory(console);
  const auto key = key_of(requirements);
  if (!cache || !key) {
    fs::path target = TRY(place.make()) / "packages";
    TRY(install_requirements(requirements, target, console));
    temporary = std::move(place);
    return target;
  }
  const fs::path above = *cache / "requirements";
  fs::path kept = above / *key;
  std::error_code error;
  if (fs::is_directory(kept, error)) {
    fs::last_write_time(kept, file_time(console.clock()), error);
    return kept;
  }
  TRY(store::make_directories(above));
  fs::path target = TRY(place.make(above)) / "packages";
  TRY(install_requirements(requirements, target, console));
  fs::last_write_time(target, file_time(console.clock()), error);
  fs::rename(target, kept, error);
  // Where another process was first, that is as good.
  if (error && !fs::is_directory(kept, error)) {
    temporary = std::move(place);
    return target;
  }
  trim_kept_packages(above, kKeptPackagesBytesMax, kept, console.clock());
  return kept;
}

}  // namespace weft::cli
