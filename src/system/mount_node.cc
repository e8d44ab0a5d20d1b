#include "system/mount_node.h"

#include <limits>

namespace weft::system {
namespace {

// A host's place for the end of its directory may be the highest number; there is none behind it.
constexpr auto kEnd = std::numeric_limits<std::uint64_t>::max();

bool is_dots(std::string_view name) {
  return name == "." || name == "..";
}

}  // namespace

const MountPoint* MountedDirectory::point_at(std::string_view name) const {
  if (point_ == nullptr) return nullptr;
  const auto found = point_->below.find(name);
  return found == point_->below.end() ? nullptr : found->second.get();
}

Attempt<std::shared_ptr<Node>> MountedDirectory::find(std::string_view name) {
  if (const MountPoint* const point = point_at(name))
    return std::make_shared<MountedDirectory>(*point);
  const auto status = here_->status_of(name, false);
  if (!status) return std::unexpected(status.error());
  if (status->type != FileType::kDirectory)
    return std::make_shared<MountedLeaf>(here_, name, status->type);
  const auto opened = here_->open(name, {.read = true, .must_be_directory = true, .follow = false});
  if (!opened) return std::unexpected(opened.error());
  // The same object, as the directory that it is.
  std::shared_ptr<Directory> directory(*opened, (*opened)->as_directory());
  return std::make_shared<MountedDirectory>(std::move(directory), mount_);
}

Attempt<std::shared_ptr<OpenFile>> MountedDirectory::create_file(std::string_view name,
                                                                 const OpenOptions& options) {
  OpenOptions create = options;
  create.create = create.exclusive = true;
  return here_->open(name, create);
}

Attempt<> MountedDirectory::make_directory(std::string_view name) {
  if (point_at(name) != nullptr) return std::unexpected(Errno::kExists);
  return here_->make_directory(name);
}

Attempt<> MountedDirectory::make_symbolic_link(std::string_view target, std::string_view name) {
  if (point_at(name) != nullptr) return std::unexpected(Errno::kExists);
  return here_->make_symbolic_link(target, name);
}

Attempt<> MountedDirectory::make_link(std::string_view name, Node& to, std::string_view to_name) {
  auto* const other = dynamic_cast<MountedDirectory*>(&to);
  if (other == nullptr || other->mount_ != mount_) return std::unexpected(Errno::kCrossDevice);
  if (other->point_at(to_name) != nullptr) return std::unexpected(Errno::kExists);
  if (point_at(name) != nullptr) return std::unexpected(Errno::kNotPermitted);
  return here_->make_link(name, false, *other->here_, to_name);
}

Attempt<> MountedDirectory::rename(std::string_view name, Node& to, std::string_view to_name) {
  auto* const other = dynamic_cast<MountedDirectory*>(&to);
  if (other == nullptr || other->mount_ != mount_) return std::unexpected(Errno::kCrossDevice);
  if (point_at(name) != nullptr || other->point_at(to_name) != nullptr)
    return std::unexpected(Errno::kBusy);
  return here_->rename(name, *other->here_, to_name);
}

Attempt<> MountedDirectory::remove_directory(std::string_view name) {
  if (point_at(name) != nullptr) return std::unexpected(Errno::kBusy);
  return here_->remove_directory(name);
}

Attempt<> MountedDirectory::remove_file(std::string_view name) {
  if (point_at(name) != nullptr) return std::unexpected(Errno::kIsDirectory);
  return here_->remove_file(name);
}

// First the mounts, then what else is here.
Attempt<> MountedDirectory::read_entries(std::uint64_t from,
                                         const std::function<bool(const DirectoryEntry&)>& take) {
  if (from == kEnd) return {};
  std::uint64_t points = 0;
  if (point_ != nullptr) {
    for (const auto& [name, point] : point_->below) {
      if (++points <= from) continue;
      const auto status = point->here->status();
      if (!status) return std::unexpected(status.error());
      if (!take({.next = points,
                 .inode = status->inode,
                 .type = FileType::kDirectory,
                 .name = name})) {
        return {};
      }
    }
  }
  const std::uint64_t rest = from > points ? from - points : 0;
  return here_->read_entries(rest, [&](const DirectoryEntry& entry) {
    if (is_dots(entry.name) || point_at(entry.name) != nullptr) return true;
    DirectoryEntry shown = entry;
    shown.next = entry.next > kEnd - points ? kEnd : entry.next + points;
    return take(shown);
  });
}

Attempt<std::uint64_t> MountedDirectory::parent_inode() {
  if (point_ != nullptr && (point_->is_mount || point_->parent == nullptr)) {
    const auto above = (point_->parent == nullptr ? here_ : point_->parent->here)->status();
    if (!above) return std::unexpected(above.error());
    return above->inode;
  }
  std::uint64_t inode = 0;
  const auto read = here_->read_entries(0, [&](const DirectoryEntry& entry) {
    if (entry.name == "..") inode = entry.inode;
    return inode == 0;
  });
  if (!read) return std::unexpected(read.error());
  return inode;
}

Attempt<std::shared_ptr<OpenFile>> MountedLeaf::open(const OpenOptions& options,
                                                     Access /*access*/) {
  OpenOptions there = options;
  there.create = there.exclusive = there.follow = false;
  return directory_->open(name_, there);
}

}  // namespace weft::system
