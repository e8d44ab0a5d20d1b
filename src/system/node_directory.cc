#include "system/node_directory.h"

#include <array>
#include <limits>

namespace weft::system {
namespace {

// The places of "." and ".." in a directory's entries; those of its nodes follow.
constexpr std::uint64_t kDots = 2;

// A host's place for the end of its directory may be the highest number; there is none behind it.
constexpr auto kEnd = std::numeric_limits<std::uint64_t>::max();

std::uint64_t behind_dots(std::uint64_t place) {
  return place > kEnd - kDots ? kEnd : place + kDots;
}

// Why nothing but a directory is made of a name with a slash behind it.
Errno error_of_slash(const LastName& place) {
  if (place.is_special()) return Errno::kExists;
  const auto node = place.directory->find(place.name);
  if (!node) return node.error();
  return (*node)->is_directory() || (*node)->is_link() ? Errno::kExists : Errno::kNotDirectory;
}

}  // namespace

Attempt<std::shared_ptr<Node>> NodeDirectory::node_at(std::string_view path, bool follow) {
  auto walked = walk(node_, path, {.follow = follow});
  if (!walked) return std::unexpected(walked.error());
  if (!walked->node) return std::unexpected(Errno::kNoEntry);
  return std::move(walked->node);
}

Attempt<LastName> NodeDirectory::place_to_change(std::string_view path) {
  auto place = walk_to_last(node_, path);
  if (place && is_read_only()) return std::unexpected(Errno::kReadOnlyFileSystem);
  return place;
}

// As in a host's tree: what is not there is not changed in any.
Errno NodeDirectory::refusal_of(std::string_view path, bool follow) {
  const auto there = status_of(path, follow);
  return there ? Errno::kReadOnlyFileSystem : there.error();
}

// Why a path with a slash behind it fails where a directory would fail with `otherwise`.
Errno NodeDirectory::error_below_slash(std::string_view path, Errno otherwise) {
  const auto status = status_of(path, true);
  return status ? otherwise : status.error();
}

Attempt<> NodeDirectory::set_times(const FileTimes& times) {
  if (is_read_only()) return std::unexpected(Errno::kReadOnlyFileSystem);
  return node_->set_times(times);
}

// --- what is below ---

Attempt<std::shared_ptr<OpenFile>> NodeDirectory::open_there(std::shared_ptr<Node> node,
                                                             const OpenOptions& options) {
  if (options.create && options.exclusive) return std::unexpected(Errno::kExists);
  const bool changes = options.write || options.truncate || options.create;
  if (node->is_directory()) {
    if (changes) return std::unexpected(Errno::kIsDirectory);
    return std::make_shared<NodeDirectory>(owner_, std::move(node), access_);
  }
  if (options.must_be_directory) return std::unexpected(Errno::kNotDirectory);
  if (node->is_link()) return std::unexpected(Errno::kLinkLoop);
  return node->open(options, access_);
}

Attempt<std::shared_ptr<OpenFile>> NodeDirectory::open(std::string_view path,
                                                       const OpenOptions& options) {
  if (options.create && options.must_be_directory) return std::unexpected(Errno::kInvalid);
  if (is_read_only() && (options.write || options.truncate)) {
    return std::unexpected(options.create ? Errno::kReadOnlyFileSystem
                                          : refusal_of(path, options.follow));
  }
  auto walked = walk(node_, path,
                     {.follow = options.follow && !(options.create && options.exclusive),
                      .creating = options.create});
  if (!walked) return std::unexpected(walked.error());
  if (walked->node) return open_there(std::move(walked->node), options);
  if (!options.create) return std::unexpected(Errno::kNoEntry);
  if (is_read_only()) return std::unexpected(Errno::kReadOnlyFileSystem);
  return walked->directory->create_file(walked->name, options);
}

Attempt<FileStatus> NodeDirectory::status_of(std::string_view path, bool follow) {
  const auto node = node_at(path, follow);
  if (!node) return std::unexpected(node.error());
  return (*node)->status();
}

Attempt<> NodeDirectory::set_times_of(std::string_view path, bool follow, const FileTimes& times) {
  if (is_read_only()) return std::unexpected(refusal_of(path, follow));
  const auto node = node_at(path, follow);
  if (!node) return std::unexpected(node.error());
  return (*node)->set_times(times);
}

Attempt<std::string> NodeDirectory::read_link(std::string_view path) {
  const auto place = walk_to_last(node_, path);
  if (!place) return std::unexpected(place.error());
  // A slash asks for what the link leads to, which is no link.
  if (place->wants_directory) return std::unexpected(error_below_slash(path, Errno::kInvalid));
  if (place->is_special()) return std::unexpected(Errno::kInvalid);
  const auto node = place->directory->find(place->name);
  if (!node) return std::unexpected(node.error());
  return (*node)->target();
}

Attempt<> NodeDirectory::make_directory(std::string_view path) {
  const auto place = place_to_change(path);
  if (!place) return std::unexpected(place.error());
  if (place->is_special()) return std::unexpected(Errno::kExists);
  return place->directory->make_directory(place->name);
}

Attempt<> NodeDirectory::make_symbolic_link(std::string_view target, std::string_view path) {
  // An absolute one would name something of the guest's that this tree does not know.
  if (auto checked = check_path(target); !checked) return checked;
  const auto place = place_to_change(path);
  if (!place) return std::unexpected(place.error());
  if (place->wants_directory) return std::unexpected(error_of_slash(*place));
  if (place->is_special()) return std::unexpected(Errno::kExists);
  return place->directory->make_symbolic_link(target, place->name);
}

Attempt<> NodeDirectory::make_link(std::string_view path, bool follow, Directory& to,
                                   std::string_view to_path) {
  auto* const other = dynamic_cast<NodeDirectory*>(&to);
  if (other == nullptr) return std::unexpected(Errno::kCrossDevice);
  // As in a host's tree.
  if (follow) return std::unexpected(Errno::kInvalid);
  const auto from = place_to_change(path);
  if (!from) return std::unexpected(from.error());
  const auto place = other->place_to_change(to_path);
  if (!place) return std::unexpected(place.error());
  if (from->wants_directory) return std::unexpected(error_below_slash(path, Errno::kNotPermitted));
  if (place->wants_directory) {
    const auto status = status_of(path, false);
    return std::unexpected(status ? error_of_slash(*place) : status.error());
  }
  if (place->is_special()) {
    const auto node = from->is_special() ? Attempt<std::shared_ptr<Node>>(node_)
                                         : from->directory->find(from->name);
    return std::unexpected(node ? Errno::kExists : node.error());
  }
  if (from->is_special()) {
    if (place->directory->find(place->name)) return std::unexpected(Errno::kExists);
    // A directory is not linked, unless there is no place for the link anyway.
    const auto above = place->directory->parent_inode();
    return std::unexpected(above ? Errno::kNotPermitted : above.error());
  }
  return from->directory->make_link(from->name, *place->directory, place->name);
}

Attempt<> NodeDirectory::rename(std::string_view path, Directory& to, std::string_view to_path) {
  auto* const other = dynamic_cast<NodeDirectory*>(&to);
  if (other == nullptr) return std::unexpected(Errno::kCrossDevice);
  const auto from = place_to_change(path);
  if (!from) return std::unexpected(from.error());
  const auto place = other->place_to_change(to_path);
  if (!place) return std::unexpected(place.error());
  if (!from->is_special() && (from->wants_directory || place->wants_directory)) {
    const auto node = from->directory->find(from->name);
    if (!node) return std::unexpected(node.error());
    if (!(*node)->is_directory()) return std::unexpected(Errno::kNotDirectory);
  }
  if (from->is_special() || place->is_special()) return std::unexpected(Errno::kBusy);
  return from->directory->rename(from->name, *place->directory, place->name);
}

Attempt<> NodeDirectory::remove_directory(std::string_view path) {
  if (is_read_only()) return std::unexpected(refusal_of(path, false));
  const auto place = walk_to_last(node_, path);
  if (!place) return std::unexpected(place.error());
  if (place->name == ".") return std::unexpected(Errno::kInvalid);
  if (place->name == "..") return std::unexpected(Errno::kNotEmpty);
  return place->directory->remove_directory(place->name);
}

Attempt<> NodeDirectory::remove_file(std::string_view path) {
  if (is_read_only()) return std::unexpected(refusal_of(path, false));
  const auto place = walk_to_last(node_, path);
  if (!place) return std::unexpected(place.error());
  if (place->is_special()) return std::unexpected(Errno::kIsDirectory);
  if (place->wants_directory) {
    const auto node = place->directory->find(place->name);
    if (!node) return std::unexpected(node.error());
    return std::unexpected((*node)->is_directory() ? Errno::kIsDirectory : Errno::kNotDirectory);
  }
  return place->directory->remove_file(place->name);
}

// --- entries ---

// Whether to go on.
Attempt<bool> NodeDirectory::read_dots(std::uint64_t from,
                                       const std::function<bool(const DirectoryEntry&)>& take) {
  const auto own = status();
  if (!own) return std::unexpected(own.error());
  const auto above = node_->parent_inode();
  if (!above) return std::unexpected(above.error());
  const std::array dots = {
      DirectoryEntry{.next = 1, .inode = own->inode, .type = FileType::kDirectory, .name = "."},
      DirectoryEntry{.next = kDots, .inode = *above, .type = FileType::kDirectory, .name = ".."}};
  for (std::uint64_t place = from; place < kDots; ++place) {
    if (!take(dots.at(place))) return false;
  }
  return true;
}

Attempt<> NodeDirectory::read_entries(std::uint64_t from,
                                      const std::function<bool(const DirectoryEntry&)>& take) {
  if (from == kEnd) return {};
  if (from < kDots) {
    const auto goes_on = read_dots(from, take);
    if (!goes_on) return std::unexpected(goes_on.error());
    if (!*goes_on) return {};
    from = kDots;
  }
  return node_->read_entries(from - kDots, [&](const DirectoryEntry& entry) {
    DirectoryEntry shown = entry;
    shown.next = behind_dots(entry.next);
    return take(shown);
  });
}

}  // namespace weft::system
