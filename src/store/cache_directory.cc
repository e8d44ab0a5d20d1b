#include "store/cache_directory.h"

#include <algorithm>
#include <limits>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/id.h"
#include "store/file.h"

namespace weft::store {
namespace {

constexpr std::string_view kIncomingPrefix = "incoming-";
constexpr std::string_view kIdPrefix = "sha256:";
// Another process may be writing it; one that takes longer than this has died.
constexpr std::chrono::hours kIncomingAge{1};

struct Entry {
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  WallTime used;
};

WallTime modified(const struct stat& found) {
  return WallTime(std::chrono::seconds(found.st_mtim.tv_sec) +
                  std::chrono::duration_cast<std::chrono::microseconds>(
                      std::chrono::nanoseconds(found.st_mtim.tv_nsec)));
}

bool is_incoming(const std::filesystem::path& path) {
  return path.filename().native().starts_with(kIncomingPrefix);
}

// All regular files; as many as could be read.
std::vector<Entry> entries_of(const std::filesystem::path& directory) {
  std::vector<Entry> entries;
  std::error_code problem;
  for (std::filesystem::directory_iterator at(directory, problem);
       !problem && at != std::filesystem::directory_iterator(); at.increment(problem)) {
    struct stat found{};
    if (::lstat(at->path().c_str(), &found) != 0 || !S_ISREG(found.st_mode)) continue;
    entries.push_back({at->path(), static_cast<std::uint64_t>(found.st_size), modified(found)});
  }
  return entries;
}

bool set_used(const std::filesystem::path& file, WallTime now) {
  const auto since_epoch = now.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  timespec time{};
  time.tv_sec = seconds.count();
  time.tv_nsec = std::chrono::nanoseconds(since_epoch - seconds).count();
  const timespec times[2] = {time, time};
  return ::utimensat(AT_FDCWD, file.c_str(), times, AT_SYMLINK_NOFOLLOW) == 0;
}

}  // namespace

CacheDirectory::CacheDirectory(std::filesystem::path directory, std::uint64_t bytes_max,
                               const Clock& clock)
    : directory_(std::move(directory)), bytes_max_(bytes_max), clock_(clock) {}

std::filesystem::path CacheDirectory::file_of(std::string_view key) const {
  return directory_ / content_id(key).substr(kIdPrefix.size());
}

void CacheDirectory::put(std::string_view key, std::string_view bytes) {
  if (bytes.size() > bytes_max_) return;
  // The directory may have been deleted meanwhile.
  if (!make_directories(directory_)) return;
  const auto written = write_new_file(directory_, kIncomingPrefix, bytes);
  if (!written) return;
  const auto file = file_of(key);
  if (!set_used(*written, clock_.wall()) || !rename_file(*written, file)) {
    std::error_code ignored;
    std::filesystem::remove(*written, ignored);
    return;
  }
  const bool full = bytes_.with([&](std::optional<std::uint64_t>& total) {
    if (total) *total += bytes.size();
    return !total || *total > bytes_max_;
  });
  if (full) make_room();
}

void CacheDirectory::mark_used(const std::filesystem::path& file) const {
  struct stat found{};
  if (::lstat(file.c_str(), &found) != 0) return;
  const WallTime now = clock_.wall();
  const bool is_marked = modified(found) <= now && now - modified(found) < kUseGranularity;
  if (!is_marked) set_used(file, now);
}

std::optional<std::string> CacheDirectory::get(std::string_view key) {
  const auto file = file_of(key);
  auto bytes = read_file(file, bytes_max_);
  if (!bytes || !*bytes) return std::nullopt;
  mark_used(file);
  return std::move(*bytes);
}

std::optional<MappedFile> CacheDirectory::map(std::string_view key) {
  const auto path = file_of(key);
  auto file = MappedFile::open(path);
  if (file) mark_used(path);
  return file;
}

void CacheDirectory::remove(std::string_view key) {
  std::error_code ignored;
  std::filesystem::remove(file_of(key), ignored);
}

void CacheDirectory::make_room() {
  auto entries = entries_of(directory_);
  std::ranges::sort(entries, {}, &Entry::used);
  std::uint64_t total = 0;
  for (const auto& entry : entries)
    total += entry.size_bytes;
  const WallTime dead = clock_.wall() - kIncomingAge;
  // A tenth of room, so that not every later put reads the directory again.
  const std::uint64_t target = total > bytes_max_ ? bytes_max_ - bytes_max_ / 10 : bytes_max_;
  for (const auto& entry : entries) {
    const bool left_over = is_incoming(entry.path) && entry.used < dead;
    const bool evicted = !is_incoming(entry.path) && total > target;
    if (!left_over && !evicted) continue;
    std::error_code problem;
    if (std::filesystem::remove(entry.path, problem)) total -= entry.size_bytes;
  }
  bytes_.with([&](std::optional<std::uint64_t>& estimate) { estimate = total; });
}

}  // namespace weft::store
