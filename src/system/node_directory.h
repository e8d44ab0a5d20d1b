// A tree of nodes as a Directory. Private to system.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "system/directory.h"
#include "system/node.h"
#include "system/node_walk.h"

namespace weft::system {

// As HostDirectory, error for error: what Linux says, and kNotPermitted where a path would lead out
// of the directory. A read-only one refuses every change with kReadOnlyFileSystem, and so do all
// that are opened below it. Thread rules: OpenFile's.
class NodeDirectory final : public Directory {
 public:
  // `node` is a directory. `owner` lives as long as this and whatever is opened below: what the
  // nodes refer to.
  NodeDirectory(std::shared_ptr<void> owner, std::shared_ptr<Node> node, Access access)
      : owner_(std::move(owner)), node_(std::move(node)), access_(access) {}

  Attempt<FileStatus> status() override { return node_->status(); }
  Attempt<> sync(bool data_only) override { return node_->sync(data_only); }
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
  bool is_read_only() const { return access_ == Access::kReadOnly; }
  Attempt<std::shared_ptr<Node>> node_at(std::string_view path, bool follow);
  Attempt<LastName> place_to_change(std::string_view path);
  Errno refusal_of(std::string_view path, bool follow);
  Errno error_below_slash(std::string_view path, Errno otherwise);
  Attempt<bool> read_dots(std::uint64_t from,
                          const std::function<bool(const DirectoryEntry&)>& take);
  Attempt<std::shared_ptr<OpenFile>> open_there(std::shared_ptr<Node> node,
                                                const OpenOptions& options);

  // Destroyed last.
  std::shared_ptr<void> owner_;
  std::shared_ptr<Node> node_;
  Access access_;
};

}  // namespace weft::system
