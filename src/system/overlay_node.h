// What an overlay is made of. Private to system.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "system/node.h"
#include "system/overlay_tree.h"

namespace weft::system {

class OverlayDirectory;

// Of one overlay. Whatever is opened from it keeps it alive, and so do not the nodes.
struct OverlayState : std::enable_shared_from_this<OverlayState> {
  OverlayState(const Clock& overlay_clock, std::shared_ptr<Directory> lower_tree,
               std::shared_ptr<Directory> upper_tree, const OverlayOptions& overlay_options);
  OverlayState(const OverlayState&) = delete;
  OverlayState& operator=(const OverlayState&) = delete;
  ~OverlayState();

  // Where names were looked up last, opened in one layer: what is looked up next is mostly there,
  // or one name below. Else each name of a path would be looked up from the root.
  struct Cursor {
    std::weak_ptr<const OverlayDirectory> of;
    std::shared_ptr<OpenFile> opened;
  };

  const Clock& clock;  // Outlives the overlay.
  const std::shared_ptr<Directory> lower;
  const std::shared_ptr<Directory> upper;
  const OverlayOptions options;
  std::uint64_t hidden_names = 0;
  std::array<Cursor, 2> cursors;  // by OverlayDirectory::Layer
  std::shared_ptr<OverlayDirectory> root;
};

// A directory that somebody came by. Its parent owns it while it is in the tree; both layers know
// it by its path from the root.
class OverlayDirectory final : public Node, public std::enable_shared_from_this<OverlayDirectory> {
 public:
  enum class Layers : std::uint8_t { kLower, kUpper, kBoth };
  enum class Layer : std::uint8_t { kLower, kUpper };
  struct Seen {
    Layer layer = Layer::kUpper;
    FileStatus status;
  };

  // Null: the root.
  OverlayDirectory(OverlayState& state, OverlayDirectory* parent, std::string_view name,
                   Layers layers);

  Attempt<FileStatus> status() override;
  Attempt<> set_times(const FileTimes& times) override;
  Attempt<std::shared_ptr<Node>> find(std::string_view name) override;
  Attempt<std::shared_ptr<OpenFile>> create_file(std::string_view name,
                                                 const OpenOptions& options) override;
  Attempt<> make_directory(std::string_view name) override;
  Attempt<> make_symbolic_link(std::string_view target, std::string_view name) override;
  Attempt<> make_link(std::string_view name, Node& to, std::string_view to_name) override;
  Attempt<> rename(std::string_view name, Node& to, std::string_view to_name) override;
  Attempt<> remove_directory(std::string_view name) override;
  Attempt<> remove_file(std::string_view name) override;
  Attempt<> sync(bool data_only) override;
  Attempt<> read_entries(std::uint64_t from,
                         const std::function<bool(const DirectoryEntry&)>& take) override;
  Attempt<std::uint64_t> parent_inode() override;

  // What is to be seen under that name. kNoEntry.
  Attempt<Seen> look(std::string_view name) const;
  enum class Content : std::uint8_t { kCopied, kLeftOut };
  // Sees to it that what is there, which is no directory, is in the upper layer.
  Attempt<> copy_up(std::string_view name, Content content);
  std::string path_of(std::string_view name) const;
  Directory& layer(Layer which) const;
  OverlayState& state() const { return state_; }

  // Hands all that is below over to `heap`; for the end of the tree.
  void release(std::vector<std::shared_ptr<OverlayDirectory>>& heap);

 private:
  std::string path() const;
  std::shared_ptr<OverlayDirectory> child(std::string_view name, Layer seen);
  // This directory in a layer that has it, until names are looked up in another one. Null where it
  // cannot be opened, though maybe passed through.
  Directory* opened_in(Layer which) const;
  Attempt<FileStatus> status_in(Layer which, std::string_view name) const;
  // Of the lower layer, unless it is hidden or there is none.
  Attempt<FileStatus> look_lower(std::string_view name) const;
  Attempt<> check_new(std::string_view name) const;
  Attempt<> check_empty();
  // Sees to it that this directory is in the upper layer.
  Attempt<> copy_up_self();
  Attempt<> copy_up_file(const std::string& path, const FileStatus& status, Content content) const;
  Attempt<> copy_up_link(const std::string& path) const;
  // Before something of the upper layer takes the place of a lower one, or nothing does.
  Attempt<> hide(std::string_view name);
  Attempt<> check_replaced(const Seen& source, std::string_view name, OverlayDirectory& to,
                           std::string_view to_name);
  Attempt<> make_room(std::string_view name);
  Attempt<> set_modified() const;
  bool is_or_is_below(const Node& other) const;
  bool has_lower() const { return layers_ != Layers::kUpper; }
  bool has_upper() const { return layers_ != Layers::kLower; }
  Attempt<bool> read_lower(std::uint64_t from,
                           const std::function<bool(const DirectoryEntry&)>& take) const;
  Attempt<> read_upper(std::uint64_t from,
                       const std::function<bool(const DirectoryEntry&)>& take) const;
  DirectoryEntry shown(const DirectoryEntry& lower) const;

  OverlayState& state_;  // Outlives this.
  OverlayDirectory* parent_;
  std::string name_;
  Layers layers_;
  bool removed_ = false;
  // Names of the lower layer that are not to be seen.
  std::set<std::string, std::less<>> hidden_;
  // Those that have something to remember, and others that somebody came by.
  std::map<std::string, std::shared_ptr<OverlayDirectory>, std::less<>> children_;
  std::size_t children_before_sweep_;
};

}  // namespace weft::system
