// What a MemoryTree is made of. Private to system.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "system/memory_pages.h"
#include "system/memory_tree.h"
#include "system/node.h"

namespace weft::system {

class MemoryDirectory;

// Of one tree. Whatever is opened from it keeps it alive, and so do not the nodes, which it owns
// through its root.
struct MemoryState : std::enable_shared_from_this<MemoryState> {
  MemoryState(const Clock& tree_clock, const MemoryTreeOptions& tree_options);
  MemoryState(const MemoryState&) = delete;
  MemoryState& operator=(const MemoryState&) = delete;
  ~MemoryState();

  FileTime now() const { return clock.wall(); }

  const Clock& clock;  // Outlives the tree.
  const MemoryTreeOptions options;
  std::uint64_t bytes = 0;
  std::uint64_t nodes = 0;
  std::uint64_t names = 0;
  std::uint64_t inodes = 0;  // given so far
  bool is_frozen = false;
  std::shared_ptr<MemoryDirectory> root;
};

class MemoryNode : public Node, public std::enable_shared_from_this<MemoryNode> {
 public:
  MemoryNode(MemoryState& state, FileType type);
  MemoryNode(const MemoryNode&) = delete;
  MemoryNode& operator=(const MemoryNode&) = delete;
  ~MemoryNode() override;

  Attempt<FileStatus> status() override;
  Attempt<> set_times(const FileTimes& times) override;

  std::uint64_t inode() const { return inode_; }
  std::uint64_t links() const { return links_; }
  void add_links(std::uint64_t count) { links_ += count; }
  void remove_links(std::uint64_t count) { links_ -= count; }
  // Now: the content, or only what is known about the file.
  void set_modified();
  void set_changed() { changed_ = state_.now(); }
  void set_accessed();

 protected:
  virtual std::uint64_t size_bytes() const { return 0; }
  MemoryState& state() const { return state_; }

 private:
  MemoryState& state_;  // Outlives this.
  const std::uint64_t inode_;
  std::uint64_t links_ = 0;
  FileTime accessed_;
  FileTime modified_;
  FileTime changed_;
};

class MemoryFileNode final : public MemoryNode {
 public:
  explicit MemoryFileNode(MemoryState& state) : MemoryNode(state, FileType::kRegular) {}
  MemoryFileNode(const MemoryFileNode&) = delete;
  MemoryFileNode& operator=(const MemoryFileNode&) = delete;
  ~MemoryFileNode() override { state().bytes -= pages_.size_bytes(); }

  Attempt<std::shared_ptr<OpenFile>> open(const OpenOptions& options, Access access) override;

  std::uint64_t size_bytes() const override { return pages_.size_bytes(); }
  std::size_t read(std::uint64_t offset, std::span<const Buffer> buffers);
  // As much as the limits leave room for: kNoSpace, kFileTooLarge when there is none.
  Attempt<std::size_t> write(std::uint64_t offset, std::span<const ConstBuffer> buffers);
  Attempt<> set_size(std::uint64_t size_bytes);

 private:
  MemoryPages pages_;
};

class MemoryLinkNode final : public MemoryNode {
 public:
  // The bytes of `target` are counted already.
  MemoryLinkNode(MemoryState& state, std::string_view target)
      : MemoryNode(state, FileType::kSymbolicLink), target_(target) {}
  MemoryLinkNode(const MemoryLinkNode&) = delete;
  MemoryLinkNode& operator=(const MemoryLinkNode&) = delete;
  ~MemoryLinkNode() override { state().bytes -= target_.size(); }

  Attempt<std::string> target() override { return target_; }

 protected:
  std::uint64_t size_bytes() const override { return target_.size(); }

 private:
  const std::string target_;
};

class MemoryDirectory final : public MemoryNode {
 public:
  // Null: a root.
  MemoryDirectory(MemoryState& state, MemoryDirectory* parent);

  Attempt<std::shared_ptr<Node>> find(std::string_view name) override;
  Attempt<std::shared_ptr<OpenFile>> create_file(std::string_view name,
                                                 const OpenOptions& options) override;
  Attempt<> make_directory(std::string_view name) override;
  Attempt<> make_symbolic_link(std::string_view target, std::string_view name) override;
  Attempt<> make_link(std::string_view name, Node& to, std::string_view to_name) override;
  Attempt<> rename(std::string_view name, Node& to, std::string_view to_name) override;
  Attempt<> remove_directory(std::string_view name) override;
  Attempt<> remove_file(std::string_view name) override;
  Attempt<> read_entries(std::uint64_t from,
                         const std::function<bool(const DirectoryEntry&)>& take) override;
  Attempt<std::uint64_t> parent_inode() override;

  // Hands all that is below over to `heap`; for the end of the tree.
  void release(std::vector<std::shared_ptr<MemoryNode>>& heap);

 private:
  struct Entry {
    std::shared_ptr<MemoryNode> node;
    std::uint64_t place;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  // Whether one more may come under that name: kNoEntry, kExists, kNoSpace.
  Attempt<> check_new(std::string_view name, std::uint64_t nodes) const;
  void insert(std::string_view name, std::shared_ptr<MemoryNode> node);
  void erase(Entries::iterator entry);
  Attempt<> check_replaced(const MemoryNode& source, const Node& replaced) const;
  bool is_or_is_below(const Node& other) const;

  Entries entries_;
  // In the order in which they came. The names are those of entries_.
  std::map<std::uint64_t, Entries::iterator> places_;
  std::uint64_t last_place_ = 0;
  MemoryDirectory* parent_;  // Null for a root, and when this was removed.
  bool removed_ = false;
};

}  // namespace weft::system
