#include "system/overlay_node.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "system/node_directory.h"
#include "system/overlay_file.h"

namespace weft::system {
namespace {

// So many children are kept without asking whether anybody needs them.
constexpr std::size_t kChildrenMin = 64;

}  // namespace

// --- the tree ---

OverlayState::OverlayState(const Clock& overlay_clock, std::shared_ptr<Directory> lower_tree,
                           std::shared_ptr<Directory> upper_tree,
                           const OverlayOptions& overlay_options)
    : clock(overlay_clock),
      lower(std::move(lower_tree)),
      upper(std::move(upper_tree)),
      options(overlay_options),
      root(std::make_shared<OverlayDirectory>(*this, nullptr, "",
                                              OverlayDirectory::Layers::kBoth)) {}

// A guest may nest directories deeper than calls can: none ends inside of another's end.
OverlayState::~OverlayState() {
  std::vector<std::shared_ptr<OverlayDirectory>> heap;
  root->release(heap);
  while (!heap.empty()) {
    const std::shared_ptr<OverlayDirectory> directory = std::move(heap.back());
    heap.pop_back();
    directory->release(heap);
  }
  root.reset();
}

std::shared_ptr<Directory> make_overlay(const Clock& clock, std::shared_ptr<Directory> lower,
                                        std::shared_ptr<Directory> upper,
                                        const OverlayOptions& options) {
  auto state = std::make_shared<OverlayState>(clock, std::move(lower), std::move(upper), options);
  auto root = state->root;
  return std::make_shared<NodeDirectory>(std::move(state), std::move(root), Access::kReadWrite);
}

// --- looking ---

OverlayDirectory::OverlayDirectory(OverlayState& state, OverlayDirectory* parent,
                                   std::string_view name, Layers layers)
    : Node(FileType::kDirectory),
      state_(state),
      parent_(parent),
      name_(name),
      layers_(layers),
      children_before_sweep_(kChildrenMin) {}

std::string OverlayDirectory::path() const {
  if (parent_ == nullptr) return ".";
  std::vector<std::string_view> names;
  for (const OverlayDirectory* at = this; at->parent_ != nullptr; at = at->parent_)
    names.push_back(at->name_);
  std::string path;
  for (const std::string_view name : names | std::views::reverse) {
    if (!path.empty()) path += '/';
    path += name;
  }
  return path;
}

std::string OverlayDirectory::path_of(std::string_view name) const {
  if (parent_ == nullptr) return std::string(name);
  return path().append("/").append(name);
}

Directory& OverlayDirectory::layer(Layer which) const {
  return which == Layer::kUpper ? *state_.upper : *state_.lower;
}

Directory* OverlayDirectory::opened_in(Layer which) const {
  if (parent_ == nullptr) return &layer(which);
  OverlayState::Cursor& cursor = state_.cursors.at(static_cast<std::size_t>(which));
  const auto last = cursor.of.lock();
  if (last.get() != this) {
    constexpr OpenOptions kOptions{.read = true, .must_be_directory = true, .follow = false};
    auto opened = last.get() == parent_ ? cursor.opened->as_directory()->open(name_, kOptions)
                                        : layer(which).open(path(), kOptions);
    if (!opened) return nullptr;
    cursor = {.of = weak_from_this(), .opened = *std::move(opened)};
  }
  return cursor.opened->as_directory();
}

Attempt<FileStatus> OverlayDirectory::status_in(Layer which, std::string_view name) const {
  if (Directory* const here = opened_in(which)) return here->status_of(name, false);
  return layer(which).status_of(path_of(name), false);
}

Attempt<FileStatus> OverlayDirectory::look_lower(std::string_view name) const {
  if (!has_lower() || hidden_.contains(name)) return std::unexpected(Errno::kNoEntry);
  return status_in(Layer::kLower, name);
}

Attempt<OverlayDirectory::Seen> OverlayDirectory::look(std::string_view name) const {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  if (has_upper()) {
    auto status = status_in(Layer::kUpper, name);
    if (status) return Seen{.layer = Layer::kUpper, .status = *status};
    if (status.error() != Errno::kNoEntry) return std::unexpected(status.error());
  }
  auto status = look_lower(name);
  if (!status) return std::unexpected(status.error());
  return Seen{.layer = Layer::kLower, .status = *status};
}

// A directory that is to be seen in the layer `seen`, and may be in the lower one besides.
std::shared_ptr<OverlayDirectory> OverlayDirectory::child(std::string_view name, Layer seen) {
  if (const auto known = children_.find(name); known != children_.end()) return known->second;
  Layers layers = Layers::kLower;
  if (seen == Layer::kUpper) {
    const auto lower = look_lower(name);
    const bool is_both = lower && lower->type == FileType::kDirectory;
    layers = is_both ? Layers::kBoth : Layers::kUpper;
  }
  if (children_.size() >= children_before_sweep_) {
    std::erase_if(children_, [](const auto& entry) {
      const OverlayDirectory& directory = *entry.second;
      return entry.second.use_count() == 1 && directory.hidden_.empty() &&
             directory.children_.empty();
    });
    children_before_sweep_ = std::max(kChildrenMin, 2 * children_.size());
  }
  auto made = std::make_shared<OverlayDirectory>(state_, this, name, layers);
  children_.emplace(name, made);
  return made;
}

Attempt<std::shared_ptr<Node>> OverlayDirectory::find(std::string_view name) {
  const auto seen = look(name);
  if (!seen) return std::unexpected(seen.error());
  if (seen->status.type == FileType::kDirectory) return child(name, seen->layer);
  return std::make_shared<OverlayLeaf>(shared_from_this(), name, seen->status.type);
}

Attempt<FileStatus> OverlayDirectory::status() {
  if (removed_) {
    // Nothing is there any more to ask.
    FileStatus gone;
    gone.type = FileType::kDirectory;
    gone.links = 0;
    return gone;
  }
  const std::string at = path();
  auto status = layer(has_upper() ? Layer::kUpper : Layer::kLower).status_of(at, false);
  if (!status || layers_ != Layers::kBoth) return status;
  const auto lower = state_.lower->status_of(at, false);
  if (!lower) return status;
  status->device = lower->device;
  status->inode = lower->inode;
  return status;
}

Attempt<std::uint64_t> OverlayDirectory::parent_inode() {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  const auto above = (parent_ == nullptr ? this : parent_)->status();
  if (!above) return std::unexpected(above.error());
  return above->inode;
}

bool OverlayDirectory::is_or_is_below(const Node& other) const {
  for (const OverlayDirectory* above = this; above != nullptr; above = above->parent_) {
    if (above == &other) return true;
  }
  return false;
}

// --- changing ---

Attempt<> OverlayDirectory::set_times(const FileTimes& times) {
  if (auto copied = copy_up_self(); !copied) return copied;
  return state_.upper->set_times_of(path(), false, times);
}

Attempt<> OverlayDirectory::sync(bool data_only) {
  if (removed_ || !has_upper()) return {};
  const auto opened = state_.upper->open(path(), {.read = true, .must_be_directory = true});
  if (!opened) return std::unexpected(opened.error());
  return (*opened)->sync(data_only);
}

Attempt<> OverlayDirectory::set_modified() const {
  return state_.upper->set_times_of(path(), false,
                                    {.accessed = {}, .modified = FileTime(state_.clock.wall())});
}

Attempt<> OverlayDirectory::check_new(std::string_view name) const {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  const auto seen = look(name);
  if (seen) return std::unexpected(Errno::kExists);
  if (seen.error() != Errno::kNoEntry) return std::unexpected(seen.error());
  return {};
}

Attempt<> OverlayDirectory::check_empty() {
  bool is_empty = true;
  const auto read = read_entries(0, [&](const DirectoryEntry&) { return is_empty = false; });
  if (!read) return read;
  if (!is_empty) return std::unexpected(Errno::kNotEmpty);
  return {};
}

Attempt<> OverlayDirectory::hide(std::string_view name) {
  if (!look_lower(name)) return {};
  if (state_.hidden_names >= state_.options.limits.hidden_names)
    return std::unexpected(Errno::kNoSpace);
  hidden_.emplace(name);
  ++state_.hidden_names;
  return {};
}

Attempt<std::shared_ptr<OpenFile>> OverlayDirectory::create_file(std::string_view name,
                                                                 const OpenOptions& options) {
  if (auto copied = copy_up_self(); !copied) return std::unexpected(copied.error());
  OpenOptions create = options;
  create.create = create.exclusive = true;
  return state_.upper->open(path_of(name), create);
}

Attempt<> OverlayDirectory::make_directory(std::string_view name) {
  if (auto checked = check_new(name); !checked) return checked;
  if (auto copied = copy_up_self(); !copied) return copied;
  return state_.upper->make_directory(path_of(name));
}

Attempt<> OverlayDirectory::make_symbolic_link(std::string_view target, std::string_view name) {
  if (auto checked = check_new(name); !checked) return checked;
  if (auto copied = copy_up_self(); !copied) return copied;
  return state_.upper->make_symbolic_link(target, path_of(name));
}

Attempt<> OverlayDirectory::make_link(std::string_view name, Node& to, std::string_view to_name) {
  auto* const other = dynamic_cast<OverlayDirectory*>(&to);
  if (other == nullptr || &other->state_ != &state_) return std::unexpected(Errno::kCrossDevice);
  const auto seen = look(name);
  if (!seen) return std::unexpected(seen.error());
  if (auto checked = other->check_new(to_name); !checked) return checked;
  if (seen->status.type == FileType::kDirectory) return std::unexpected(Errno::kNotPermitted);
  if (auto copied = copy_up(name, Content::kCopied); !copied) return copied;
  if (auto copied = other->copy_up_self(); !copied) return copied;
  return state_.upper->make_link(path_of(name), false, *state_.upper, other->path_of(to_name));
}

// Whether what is at `to_name` may be replaced by what is at `name`; kNoEntry: there is nothing.
Attempt<> OverlayDirectory::check_replaced(const Seen& source, std::string_view name,
                                           OverlayDirectory& to, std::string_view to_name) {
  const bool is_directory = source.status.type == FileType::kDirectory;
  if (is_directory && to.is_or_is_below(*child(name, source.layer)))
    return std::unexpected(Errno::kInvalid);
  const auto there = to.look(to_name);
  if (!there) return std::unexpected(there.error());
  if (there->status.type != FileType::kDirectory) {
    if (is_directory) return std::unexpected(Errno::kNotDirectory);
    return {};
  }
  const auto replaced = to.child(to_name, there->layer);
  if (is_or_is_below(*replaced)) return std::unexpected(Errno::kNotEmpty);
  if (!is_directory) return std::unexpected(Errno::kIsDirectory);
  if (&to == this && name == to_name) return {};
  return replaced->check_empty();
}

// Takes away what a rename in the upper layer does not replace: a directory would show what is
// below it in the lower one. A file there covers a lower one.
Attempt<> OverlayDirectory::make_room(std::string_view name) {
  const auto there = look(name);
  if (there && there->status.type == FileType::kDirectory) return remove_directory(name);
  return {};
}

Attempt<> OverlayDirectory::rename(std::string_view name, Node& to, std::string_view to_name) {
  auto* const other = dynamic_cast<OverlayDirectory*>(&to);
  if (other == nullptr || &other->state_ != &state_) return std::unexpected(Errno::kCrossDevice);
  const auto seen = look(name);
  if (!seen) return std::unexpected(seen.error());
  if (other->removed_) return std::unexpected(Errno::kNoEntry);
  const auto checked = check_replaced(*seen, name, *other, to_name);
  if (!checked && checked.error() != Errno::kNoEntry) return checked;
  if (checked) {
    const auto there = other->look(to_name);
    if (there && there->status.inode == seen->status.inode &&
        there->status.device == seen->status.device) {
      return {};
    }
  }
  std::shared_ptr<OverlayDirectory> moved;
  if (seen->status.type == FileType::kDirectory) {
    moved = child(name, seen->layer);
    if (moved->has_lower()) return std::unexpected(Errno::kCrossDevice);
  } else if (auto copied = copy_up(name, Content::kCopied); !copied) {
    return copied;
  }
  if (auto copied = other->copy_up_self(); !copied) return copied;
  if (auto made = other->make_room(to_name); !made) return made;
  if (auto hidden = hide(name); !hidden) return hidden;
  const auto renamed = state_.upper->rename(path_of(name), *state_.upper, other->path_of(to_name));
  if (!renamed || !moved) return renamed;
  children_.erase(children_.find(name));
  moved->parent_ = other;
  moved->name_ = to_name;
  other->children_.insert_or_assign(moved->name_, moved);
  return {};
}

Attempt<> OverlayDirectory::remove_directory(std::string_view name) {
  const auto seen = look(name);
  if (!seen) return std::unexpected(seen.error());
  if (seen->status.type != FileType::kDirectory) return std::unexpected(Errno::kNotDirectory);
  const auto removed = child(name, seen->layer);
  if (auto checked = removed->check_empty(); !checked) return checked;
  if (auto copied = copy_up_self(); !copied) return copied;
  if (auto hidden = hide(name); !hidden) return hidden;
  if (removed->has_upper()) {
    if (auto done = state_.upper->remove_directory(path_of(name)); !done) return done;
  }
  state_.hidden_names -= removed->hidden_.size();
  removed->hidden_.clear();
  removed->removed_ = true;
  removed->parent_ = nullptr;
  children_.erase(children_.find(name));
  return set_modified();
}

Attempt<> OverlayDirectory::remove_file(std::string_view name) {
  const auto seen = look(name);
  if (!seen) return std::unexpected(seen.error());
  if (seen->status.type == FileType::kDirectory) return std::unexpected(Errno::kIsDirectory);
  if (auto copied = copy_up_self(); !copied) return copied;
  if (auto hidden = hide(name); !hidden) return hidden;
  if (seen->layer == Layer::kUpper) return state_.upper->remove_file(path_of(name));
  return set_modified();
}

void OverlayDirectory::release(std::vector<std::shared_ptr<OverlayDirectory>>& heap) {
  for (auto& [name, directory] : children_)
    heap.push_back(std::move(directory));
  children_.clear();
}

}  // namespace weft::system
