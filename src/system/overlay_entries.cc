// The entries of both layers: first those that the lower one has, then what only the upper one has.
// So an entry stays in its part when it is copied up while somebody reads.
#include <algorithm>

#include "system/overlay_node.h"

namespace weft::system {
namespace {

// Places from here on are those of the upper layer.
constexpr std::uint64_t kUpperPlaces = 1ULL << 63U;
// The last one of the lower layer: behind all its entries.
constexpr std::uint64_t kLowerEnd = kUpperPlaces - 1;

bool is_dots(std::string_view name) {
  return name == "." || name == "..";
}

Attempt<std::shared_ptr<OpenFile>> open_to_read(Directory& layer, const std::string& path) {
  return layer.open(path, {.read = true, .must_be_directory = true, .follow = false});
}

}  // namespace

// What a lower entry that is not hidden looks like, now that the upper layer may have it too.
DirectoryEntry OverlayDirectory::shown(const DirectoryEntry& lower) const {
  DirectoryEntry entry = lower;
  entry.next = std::min(lower.next, kLowerEnd);
  if (!has_upper()) return entry;
  const auto upper = status_in(Layer::kUpper, lower.name);
  const bool is_both =
      upper && upper->type == FileType::kDirectory && lower.type == FileType::kDirectory;
  if (!upper || is_both) return entry;
  entry.type = upper->type;
  entry.inode = upper->inode;
  return entry;
}

// Whether to go on.
Attempt<bool> OverlayDirectory::read_lower(
    std::uint64_t from, const std::function<bool(const DirectoryEntry&)>& take) const {
  const auto opened = open_to_read(*state_.lower, path());
  if (!opened) return std::unexpected(opened.error());
  bool goes_on = true;
  const auto read = (*opened)->as_directory()->read_entries(from, [&](const DirectoryEntry& entry) {
    if (!is_dots(entry.name) && !hidden_.contains(entry.name)) goes_on = take(shown(entry));
    return goes_on;
  });
  if (!read) return std::unexpected(read.error());
  return goes_on;
}

Attempt<> OverlayDirectory::read_upper(
    std::uint64_t from, const std::function<bool(const DirectoryEntry&)>& take) const {
  const auto opened = open_to_read(*state_.upper, path());
  if (!opened) return std::unexpected(opened.error());
  return (*opened)->as_directory()->read_entries(from, [&](const DirectoryEntry& entry) {
    if (is_dots(entry.name) || look_lower(entry.name)) return true;
    DirectoryEntry upper = entry;
    upper.next = kUpperPlaces + std::min(entry.next, kLowerEnd);
    return take(upper);
  });
}

Attempt<> OverlayDirectory::read_entries(std::uint64_t from,
                                         const std::function<bool(const DirectoryEntry&)>& take) {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  if (has_lower() && from < kLowerEnd) {
    const auto goes_on = read_lower(from, take);
    if (!goes_on) return std::unexpected(goes_on.error());
    if (!*goes_on) return {};
  }
  if (!has_upper()) return {};
  return read_upper(from < kUpperPlaces ? 0 : from - kUpperPlaces, take);
}

}  // namespace weft::system
