#include "system/memory_node.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "system/memory_file.h"
#include "system/node_directory.h"

namespace weft::system {

// --- the tree ---

MemoryState::MemoryState(const Clock& tree_clock, const MemoryTreeOptions& tree_options)
    : clock(tree_clock), options(tree_options) {
  root = std::make_shared<MemoryDirectory>(*this, nullptr);
}

// A guest may nest directories as deep as it may have nodes: none ends inside of another's end.
MemoryState::~MemoryState() {
  std::vector<std::shared_ptr<MemoryNode>> heap;
  root->release(heap);
  while (!heap.empty()) {
    const std::shared_ptr<MemoryNode> node = std::move(heap.back());
    heap.pop_back();
    if (node->is_directory()) static_cast<MemoryDirectory&>(*node).release(heap);
  }
  root.reset();
}

MemoryTree::MemoryTree(const Clock& clock, const MemoryTreeOptions& options)
    : state_(std::make_shared<MemoryState>(clock, options)) {}

std::shared_ptr<Directory> MemoryTree::root() const {
  return std::make_shared<NodeDirectory>(state_, state_->root, Access::kReadWrite);
}

std::shared_ptr<Directory> MemoryTree::read_only_root() const {
  return std::make_shared<NodeDirectory>(state_, state_->root, Access::kReadOnly);
}

void MemoryTree::freeze() {
  state_->is_frozen = true;
}

std::uint64_t MemoryTree::bytes_used() const {
  return state_->bytes;
}

std::uint64_t MemoryTree::nodes_used() const {
  return state_->nodes;
}

// --- any node ---

MemoryNode::MemoryNode(MemoryState& state, FileType type)
    : Node(type),
      state_(state),
      inode_(++state.inodes),
      accessed_(state.now()),
      modified_(accessed_),
      changed_(accessed_) {
  ++state.nodes;
}

MemoryNode::~MemoryNode() {
  --state_.nodes;
}

Attempt<FileStatus> MemoryNode::status() {
  return FileStatus{.device = state_.options.device,
                    .inode = inode_,
                    .type = type(),
                    .links = links_,
                    .size_bytes = size_bytes(),
                    .accessed = accessed_,
                    .modified = modified_,
                    .changed = changed_};
}

Attempt<> MemoryNode::set_times(const FileTimes& times) {
  if (!times.accessed && !times.modified) return {};
  accessed_ = times.accessed.value_or(accessed_);
  modified_ = times.modified.value_or(modified_);
  set_changed();
  return {};
}

void MemoryNode::set_modified() {
  modified_ = changed_ = state_.now();
}

void MemoryNode::set_accessed() {
  if (state_.is_frozen) return;
  if (accessed_ <= std::max(modified_, changed_)) accessed_ = state_.now();
}

// --- files ---

Attempt<std::shared_ptr<OpenFile>> MemoryFileNode::open(const OpenOptions& options, Access access) {
  if (options.truncate && size_bytes() != 0) {
    if (auto truncated = set_size(0); !truncated) return std::unexpected(truncated.error());
  }
  return std::make_shared<MemoryFile>(state().shared_from_this(),
                                      std::static_pointer_cast<MemoryFileNode>(shared_from_this()),
                                      MemoryFile::Use{.read = options.read || !options.write,
                                                      .write = options.write,
                                                      .change = access == Access::kReadWrite},
                                      options.flags);
}

std::size_t MemoryFileNode::read(std::uint64_t offset, std::span<const Buffer> buffers) {
  std::size_t total = 0;
  for (const Buffer& buffer : buffers) {
    const std::size_t count = pages_.read(offset + total, buffer);
    total += count;
    if (count < buffer.size()) break;
  }
  set_accessed();
  return total;
}

Attempt<std::size_t> MemoryFileNode::write(std::uint64_t offset,
                                           std::span<const ConstBuffer> buffers) {
  std::uint64_t wanted = 0;
  for (const ConstBuffer& buffer : buffers)
    wanted += buffer.size();
  if (wanted == 0) return 0;
  const MemoryLimits& limits = state().options.limits;
  if (offset >= limits.file_bytes) return std::unexpected(Errno::kFileTooLarge);
  const std::uint64_t size = size_bytes();
  const std::uint64_t free = limits.bytes - std::min(limits.bytes, state().bytes);
  // Where the file may end; without overflow, as the file's size counts already.
  const std::uint64_t end_max = std::min(limits.file_bytes, size + free);
  if (offset >= end_max) return std::unexpected(Errno::kNoSpace);
  std::uint64_t left = std::min(wanted, end_max - offset);
  const std::uint64_t total = left;
  state().bytes += std::max(size, offset + total) - size;
  for (const ConstBuffer& buffer : buffers) {
    const ConstBuffer taken = buffer.first(std::min<std::uint64_t>(buffer.size(), left));
    pages_.write(offset, taken);
    offset += taken.size();
    left -= taken.size();
  }
  set_modified();
  return total;
}

Attempt<> MemoryFileNode::set_size(std::uint64_t size_bytes) {
  const MemoryLimits& limits = state().options.limits;
  if (size_bytes > limits.file_bytes) return std::unexpected(Errno::kFileTooLarge);
  const std::uint64_t others = state().bytes - pages_.size_bytes();
  if (size_bytes > pages_.size_bytes() &&
      size_bytes > limits.bytes - std::min(limits.bytes, others))
    return std::unexpected(Errno::kNoSpace);
  state().bytes = others + size_bytes;
  pages_.set_size(size_bytes);
  set_modified();
  return {};
}

// --- directories ---

MemoryDirectory::MemoryDirectory(MemoryState& state, MemoryDirectory* parent)
    : MemoryNode(state, FileType::kDirectory), parent_(parent) {
  // Its name and its ".".
  add_links(2);
}

Attempt<std::shared_ptr<Node>> MemoryDirectory::find(std::string_view name) {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return std::unexpected(Errno::kNoEntry);
  return entry->second.node;
}

Attempt<> MemoryDirectory::check_new(std::string_view name, std::uint64_t nodes) const {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  if (entries_.contains(name)) return std::unexpected(Errno::kExists);
  const std::uint64_t max = state().options.limits.nodes;
  if (state().names >= max || state().nodes + nodes > max) return std::unexpected(Errno::kNoSpace);
  return {};
}

void MemoryDirectory::insert(std::string_view name, std::shared_ptr<MemoryNode> node) {
  if (node->is_directory()) {
    static_cast<MemoryDirectory&>(*node).parent_ = this;
    add_links(1);
  }
  node->set_changed();
  const auto [entry, is_new] =
      entries_.emplace(name, Entry{.node = std::move(node), .place = ++last_place_});
  places_.emplace(last_place_, entry);
  ++state().names;
  set_modified();
}

void MemoryDirectory::erase(Entries::iterator entry) {
  if (entry->second.node->is_directory()) remove_links(1);
  places_.erase(entry->second.place);
  entries_.erase(entry);
  --state().names;
  set_modified();
}

Attempt<std::shared_ptr<OpenFile>> MemoryDirectory::create_file(std::string_view name,
                                                                const OpenOptions& options) {
  if (auto checked = check_new(name, 1); !checked) return std::unexpected(checked.error());
  const auto file = std::make_shared<MemoryFileNode>(state());
  file->add_links(1);
  insert(name, file);
  return file->open(options, Access::kReadWrite);
}

Attempt<> MemoryDirectory::make_directory(std::string_view name) {
  if (auto checked = check_new(name, 1); !checked) return checked;
  insert(name, std::make_shared<MemoryDirectory>(state(), this));
  return {};
}

Attempt<> MemoryDirectory::make_symbolic_link(std::string_view target, std::string_view name) {
  if (auto checked = check_new(name, 1); !checked) return checked;
  const std::uint64_t max = state().options.limits.bytes;
  if (target.size() > max - std::min(max, state().bytes)) return std::unexpected(Errno::kNoSpace);
  state().bytes += target.size();
  const auto link = std::make_shared<MemoryLinkNode>(state(), target);
  link->add_links(1);
  insert(name, link);
  return {};
}

Attempt<> MemoryDirectory::make_link(std::string_view name, Node& to, std::string_view to_name) {
  auto* const other = dynamic_cast<MemoryDirectory*>(&to);
  if (other == nullptr || &other->state() != &state()) return std::unexpected(Errno::kCrossDevice);
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return std::unexpected(Errno::kNoEntry);
  if (auto checked = other->check_new(to_name, 0); !checked) return checked;
  const std::shared_ptr<MemoryNode> node = entry->second.node;
  if (node->is_directory()) return std::unexpected(Errno::kNotPermitted);
  if (node->links() >= state().options.limits.links) return std::unexpected(Errno::kTooManyLinks);
  node->add_links(1);
  other->insert(to_name, node);
  return {};
}

bool MemoryDirectory::is_or_is_below(const Node& other) const {
  for (const MemoryDirectory* above = this; above != nullptr; above = above->parent_) {
    if (above == &other) return true;
  }
  return false;
}

// Whether `replaced`, which an entry of this directory would take the place of, may go.
Attempt<> MemoryDirectory::check_replaced(const MemoryNode& source, const Node& replaced) const {
  if (source.is_directory() && !replaced.is_directory())
    return std::unexpected(Errno::kNotDirectory);
  if (!replaced.is_directory()) return {};
  if (!source.is_directory()) return std::unexpected(Errno::kIsDirectory);
  if (!static_cast<const MemoryDirectory&>(replaced).entries_.empty())
    return std::unexpected(Errno::kNotEmpty);
  return {};
}

Attempt<> MemoryDirectory::rename(std::string_view name, Node& to, std::string_view to_name) {
  auto* const other = dynamic_cast<MemoryDirectory*>(&to);
  if (other == nullptr || &other->state() != &state()) return std::unexpected(Errno::kCrossDevice);
  const auto entry = entries_.find(name);
  if (entry == entries_.end() || other->removed_) return std::unexpected(Errno::kNoEntry);
  const std::shared_ptr<MemoryNode> node = entry->second.node;
  if (other->is_or_is_below(*node)) return std::unexpected(Errno::kInvalid);
  if (const auto replaced = other->entries_.find(to_name); replaced != other->entries_.end()) {
    const Node& there = *replaced->second.node;
    if (is_or_is_below(there)) return std::unexpected(Errno::kNotEmpty);
    if (&there == node.get()) return {};
    if (auto checked = check_replaced(*node, there); !checked) return checked;
    const auto removed =
        there.is_directory() ? other->remove_directory(to_name) : other->remove_file(to_name);
    if (!removed) return removed;
  }
  erase(entry);
  other->insert(to_name, node);
  return {};
}

Attempt<> MemoryDirectory::remove_directory(std::string_view name) {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return std::unexpected(Errno::kNoEntry);
  const std::shared_ptr<MemoryNode> node = entry->second.node;
  if (!node->is_directory()) return std::unexpected(Errno::kNotDirectory);
  auto& directory = static_cast<MemoryDirectory&>(*node);
  if (!directory.entries_.empty()) return std::unexpected(Errno::kNotEmpty);
  erase(entry);
  directory.remove_links(2);
  directory.parent_ = nullptr;
  directory.removed_ = true;
  directory.set_changed();
  return {};
}

Attempt<> MemoryDirectory::remove_file(std::string_view name) {
  const auto entry = entries_.find(name);
  if (entry == entries_.end()) return std::unexpected(Errno::kNoEntry);
  const std::shared_ptr<MemoryNode> node = entry->second.node;
  if (node->is_directory()) return std::unexpected(Errno::kIsDirectory);
  erase(entry);
  node->remove_links(1);
  node->set_changed();
  return {};
}

Attempt<> MemoryDirectory::read_entries(std::uint64_t from,
                                        const std::function<bool(const DirectoryEntry&)>& take) {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  for (auto next = places_.upper_bound(from); next != places_.end(); ++next) {
    const auto& [name, entry] = *next->second;
    if (!take({.next = next->first,
               .inode = entry.node->inode(),
               .type = entry.node->type(),
               .name = name})) {
      break;
    }
  }
  return {};
}

Attempt<std::uint64_t> MemoryDirectory::parent_inode() {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  return parent_ == nullptr ? inode() : parent_->inode();
}

void MemoryDirectory::release(std::vector<std::shared_ptr<MemoryNode>>& heap) {
  for (auto& [name, entry] : entries_)
    heap.push_back(std::move(entry.node));
  places_.clear();
  entries_.clear();
}

}  // namespace weft::system
