// What a mount table is made of. Private to system.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "system/node.h"

namespace weft::system {

// A directory at which a mount is, or on the way to one. Never changes once the table is made.
struct MountPoint {
  const MountPoint* parent = nullptr;  // Null for the table's root.
  std::map<std::string, std::unique_ptr<MountPoint>, std::less<>> below;
  // What is to be seen here, and of which mount it is.
  std::shared_ptr<Directory> here;
  std::size_t mount = 0;
  bool is_mount = false;  // Of a tree of its own.
};

class MountedDirectory final : public Node {
 public:
  // Below a mount, on the way to no other.
  MountedDirectory(std::shared_ptr<Directory> here, std::size_t mount)
      : Node(FileType::kDirectory), here_(std::move(here)), mount_(mount), point_(nullptr) {}
  // `point` outlives this.
  explicit MountedDirectory(const MountPoint& point)
      : Node(FileType::kDirectory), here_(point.here), mount_(point.mount), point_(&point) {}

  Attempt<FileStatus> status() override { return here_->status(); }
  Attempt<> set_times(const FileTimes& times) override { return here_->set_times(times); }
  Attempt<std::shared_ptr<Node>> find(std::string_view name) override;
  Attempt<std::shared_ptr<OpenFile>> create_file(std::string_view name,
                                                 const OpenOptions& options) override;
  Attempt<> make_directory(std::string_view name) override;
  Attempt<> make_symbolic_link(std::string_view target, std::string_view name) override;
  Attempt<> make_link(std::string_view name, Node& to, std::string_view to_name) override;
  Attempt<> rename(std::string_view name, Node& to, std::string_view to_name) override;
  Attempt<> remove_directory(std::string_view name) override;
  Attempt<> remove_file(std::string_view name) override;
  Attempt<> sync(bool data_only) override { return here_->sync(data_only); }
  Attempt<> read_entries(std::uint64_t from,
                         const std::function<bool(const DirectoryEntry&)>& take) override;
  Attempt<std::uint64_t> parent_inode() override;

 private:
  const MountPoint* point_at(std::string_view name) const;

  std::shared_ptr<Directory> here_;
  const std::size_t mount_;
  const MountPoint* const point_;
};

// What is not a directory.
class MountedLeaf final : public Node {
 public:
  MountedLeaf(std::shared_ptr<Directory> directory, std::string_view name, FileType type)
      : Node(type), directory_(std::move(directory)), name_(name) {}

  Attempt<FileStatus> status() override { return directory_->status_of(name_, false); }
  Attempt<> set_times(const FileTimes& times) override {
    return directory_->set_times_of(name_, false, times);
  }
  Attempt<std::string> target() override { return directory_->read_link(name_); }
  Attempt<std::shared_ptr<OpenFile>> open(const OpenOptions& options, Access access) override;

 private:
  std::shared_ptr<Directory> directory_;
  const std::string name_;
};

}  // namespace weft::system
