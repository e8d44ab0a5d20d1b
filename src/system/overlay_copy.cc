// How what is in the lower layer gets into the upper one.
#include <algorithm>
#include <array>
#include <vector>

#include "system/overlay_node.h"

namespace weft::system {
namespace {

constexpr std::size_t kBlockBytes = 65'536;

FileTimes times_of(const FileStatus& status) {
  return {.accessed = status.accessed, .modified = status.modified};
}

// Holes stay holes, as far as a block is all zeros. `to` has its size already.
Attempt<> copy_bytes(OpenFile& from, OpenFile& to) {
  std::vector<std::uint8_t> block(kBlockBytes);
  const Buffer into(block);
  for (std::uint64_t offset = 0;;) {
    const auto count = from.read_at({&into, 1}, offset);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return {};
    ConstBuffer bytes = ConstBuffer(block).first(*count);
    const bool is_hole = std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
    for (std::uint64_t at = offset; !is_hole && !bytes.empty();) {
      const auto written = to.write_at({&bytes, 1}, at);
      if (!written) return std::unexpected(written.error());
      if (*written == 0) return std::unexpected(Errno::kNoSpace);
      at += *written;
      bytes = bytes.subspan(*written);
    }
    offset += *count;
  }
}

}  // namespace

Attempt<> OverlayDirectory::copy_up_self() {
  if (removed_) return std::unexpected(Errno::kNoEntry);
  if (has_upper()) return {};
  // From the top: as deep as a path has names.
  if (auto copied = parent_->copy_up_self(); !copied) return copied;
  const auto status = state_.lower->status_of(path(), false);
  if (!status) return std::unexpected(status.error());
  const auto above = state_.upper->status_of(parent_->path(), false);
  if (!above) return std::unexpected(above.error());
  if (auto made = state_.upper->make_directory(path()); !made) return made;
  layers_ = Layers::kBoth;
  if (auto set = state_.upper->set_times_of(path(), false, times_of(*status)); !set) return set;
  // Nothing changed above, as far as anybody sees.
  return state_.upper->set_times_of(parent_->path(), false, times_of(*above));
}

Attempt<> OverlayDirectory::copy_up_file(const std::string& path, const FileStatus& status,
                                         Content content) const {
  const auto to =
      state_.upper->open(path, {.write = true, .create = true, .exclusive = true, .follow = false});
  if (!to) return std::unexpected(to.error());
  const auto copy = [&]() -> Attempt<> {
    if (content == Content::kLeftOut) return {};
    const auto from = state_.lower->open(path, {.read = true, .follow = false});
    if (!from) return std::unexpected(from.error());
    // Says at once when there is no room.
    if (auto sized = (*to)->set_size(status.size_bytes); !sized) return sized;
    if (auto copied = copy_bytes(**from, **to); !copied) return copied;
    return (*to)->set_times(times_of(status));
  };
  const auto copied = copy();
  if (copied) return {};
  // The half of a file must not cover the whole one.
  const auto removed = state_.upper->remove_file(path);
  return removed ? copied : removed;
}

Attempt<> OverlayDirectory::copy_up_link(const std::string& path) const {
  const auto target = state_.lower->read_link(path);
  if (!target) return std::unexpected(target.error());
  return state_.upper->make_symbolic_link(*target, path);
}

Attempt<> OverlayDirectory::copy_up(std::string_view name, Content content) {
  const auto seen = look(name);
  if (!seen) return std::unexpected(seen.error());
  if (seen->layer == Layer::kUpper) return {};
  const FileStatus& status = seen->status;
  if (status.type != FileType::kRegular && status.type != FileType::kSymbolicLink)
    return std::unexpected(Errno::kNotSupported);
  if (auto copied = copy_up_self(); !copied) return copied;
  const auto own = state_.upper->status_of(path(), false);
  if (!own) return std::unexpected(own.error());
  const std::string at = path_of(name);
  auto copied =
      status.type == FileType::kRegular ? copy_up_file(at, status, content) : copy_up_link(at);
  if (copied && status.type == FileType::kSymbolicLink)
    copied = state_.upper->set_times_of(at, false, times_of(status));
  // Nothing changed here, as far as anybody sees.
  const auto kept = state_.upper->set_times_of(path(), false, times_of(*own));
  return copied ? kept : copied;
}

}  // namespace weft::system
