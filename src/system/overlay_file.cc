#include "system/overlay_file.h"

namespace weft::system {

Attempt<FileStatus> OverlayLeaf::status() {
  const auto seen = directory_->look(name_);
  if (!seen) return std::unexpected(seen.error());
  return seen->status;
}

Attempt<> OverlayLeaf::set_times(const FileTimes& times) {
  const auto copied = directory_->copy_up(name_, OverlayDirectory::Content::kCopied);
  if (!copied) return copied;
  return directory_->state().upper->set_times_of(directory_->path_of(name_), false, times);
}

Attempt<std::string> OverlayLeaf::target() {
  if (!is_link()) return std::unexpected(Errno::kInvalid);
  const auto seen = directory_->look(name_);
  if (!seen) return std::unexpected(seen.error());
  return directory_->layer(seen->layer).read_link(directory_->path_of(name_));
}

Attempt<std::shared_ptr<OpenFile>> OverlayLeaf::open(const OpenOptions& options,
                                                     Access /*access*/) {
  using Layer = OverlayDirectory::Layer;
  using Content = OverlayDirectory::Content;
  if (options.write || options.truncate) {
    const auto copied =
        directory_->copy_up(name_, options.truncate ? Content::kLeftOut : Content::kCopied);
    if (!copied) return std::unexpected(copied.error());
  }
  const auto seen = directory_->look(name_);
  if (!seen) return std::unexpected(seen.error());
  OpenOptions there = options;
  there.create = there.exclusive = there.follow = false;
  auto opened = directory_->layer(seen->layer).open(directory_->path_of(name_), there);
  if (!opened || seen->layer == Layer::kUpper) return opened;
  return std::make_shared<OverlayLowerFile>(*std::move(opened), directory_, name_);
}

Attempt<std::size_t> OverlayLowerFile::write_at(std::span<const ConstBuffer> /*buffers*/,
                                                std::uint64_t /*offset*/) {
  return std::unexpected(Errno::kBadDescriptor);
}

Attempt<> OverlayLowerFile::allocate(std::uint64_t /*offset*/, std::uint64_t /*size_bytes*/) {
  return std::unexpected(Errno::kBadDescriptor);
}

Attempt<> OverlayLowerFile::set_times(const FileTimes& times) {
  const auto own = status();
  const auto seen = directory_->look(name_);
  const bool is_there = own && seen && seen->layer == OverlayDirectory::Layer::kLower &&
                        seen->status.device == own->device && seen->status.inode == own->inode;
  if (!is_there) return std::unexpected(Errno::kReadOnlyFileSystem);
  return OverlayLeaf(directory_, name_, FileType::kRegular).set_times(times);
}

}  // namespace weft::system
