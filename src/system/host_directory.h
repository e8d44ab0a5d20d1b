// A directory of this machine, given to a guest.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "system/directory.h"

namespace weft::system {

struct HostTreeOptions {
  bool read_only = false;
  // openat2(2) resolves a path in one step where the kernel has it; tests switch it off.
  bool use_openat2 = true;
};

// Of one directory that was given, for all directories below it. Private to system.
struct HostTree;

// Symbolic links that lead out of the tree are shown as they are and never followed. A read-only
// tree refuses every change with kReadOnlyFileSystem, and its files cannot be linked or moved into
// another tree either. Thread rules: OpenFile's.
class HostDirectory final : public Directory {
 public:
  // kNotFound, kPermissionDenied or kInvalidArgument (not a directory), naming the path.
  static Result<std::shared_ptr<HostDirectory>> open_tree(const std::filesystem::path& path,
                                                          const HostTreeOptions& options = {});

  HostDirectory(std::shared_ptr<HostTree> tree, UniqueFd descriptor);
  HostDirectory(const HostDirectory&) = delete;
  HostDirectory& operator=(const HostDirectory&) = delete;
  ~HostDirectory() override;

  // The same directory, for a guest of its own on any thread: nothing is opened. Only of one that
  // nobody lists.
  std::shared_ptr<HostDirectory> again() const;

  Attempt<FileStatus> status() override;
  Attempt<> sync(bool data_only) override;
  Attempt<> set_times(const FileTimes& times) override;

  Attempt<std::shared_ptr<OpenFile>> open(std::string_view path,
                                          const OpenOptions& options) override;
  Attempt<FileStatus> status_of(std::string_view path, bool follow) override;
  Attempt<> set_times_of(std::string_view path, bool follow, const FileTimes& times) override;
  Attempt<std::string> read_link(std::string_view path) override;
  Attempt<> make_directory(std::string_view path) override;
  Attempt<> make_symbolic_link(std::string_view target, std::string_view path) override;
  Attempt<> make_link(std::string_view path, bool follow, Directory& to,
                      std::string_view to_path) override;
  Attempt<> rename(std::string_view path, Directory& to, std::string_view to_path) override;
  Attempt<> remove_directory(std::string_view path) override;
  Attempt<> remove_file(std::string_view path) override;
  Attempt<> read_entries(std::uint64_t from,
                         const std::function<bool(const DirectoryEntry&)>& take) override;

 private:
  struct Place;
  using SharedDescriptor = std::shared_ptr<const UniqueFd>;
  HostDirectory(std::shared_ptr<HostTree> tree, SharedDescriptor descriptor);
  int descriptor() const { return descriptor_->get(); }
  Attempt<UniqueFd> open_beneath(std::string_view path, int flags, unsigned mode = 0);
  Attempt<Place> place_of(std::string_view path);
  Attempt<Place> place_to_change(std::string_view path);
  Errno refusal_of(std::string_view path, bool follow);
  Errno error_below_slash(std::string_view path, Errno otherwise);
  static Errno error_of_slash(const Place& place);
  Attempt<std::size_t> refill(std::uint64_t from);
  Attempt<std::uint64_t> inode_above(std::uint64_t found);

  std::shared_ptr<HostTree> tree_;
  SharedDescriptor descriptor_;
  bool is_shared_ = false;          // with other objects
  UniqueFd listed_;                 // Absent until somebody wants the entries.
  std::vector<char> entries_;       // As the system gave them last.
  std::size_t entries_bytes_ = 0;   // of entries_ that are in use
  std::uint64_t entries_from_ = 0;  // where the first of them is
};

}  // namespace weft::system
