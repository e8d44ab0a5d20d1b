#include "system/memory_file.h"

#include <algorithm>
#include <limits>

namespace weft::system {
namespace {

constexpr std::uint64_t kOffsetMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

Attempt<std::size_t> MemoryFile::read(std::span<const Buffer> buffers) {
  if (!use_.read) return std::unexpected(Errno::kBadDescriptor);
  const std::size_t count = node_->read(position_, buffers);
  position_ += count;
  return count;
}

Attempt<std::size_t> MemoryFile::write(std::span<const ConstBuffer> buffers) {
  if (!use_.write) return std::unexpected(Errno::kBadDescriptor);
  const std::uint64_t offset = flags_.append ? node_->size_bytes() : position_;
  const auto count = node_->write(offset, buffers);
  if (count && *count != 0) position_ = offset + *count;
  return count;
}

Attempt<std::size_t> MemoryFile::read_at(std::span<const Buffer> buffers, std::uint64_t offset) {
  if (offset > kOffsetMax) return std::unexpected(Errno::kInvalid);
  if (!use_.read) return std::unexpected(Errno::kBadDescriptor);
  return node_->read(offset, buffers);
}

Attempt<std::size_t> MemoryFile::write_at(std::span<const ConstBuffer> buffers,
                                          std::uint64_t offset) {
  if (offset > kOffsetMax) return std::unexpected(Errno::kInvalid);
  if (!use_.write) return std::unexpected(Errno::kBadDescriptor);
  // As on Linux, where appending goes before the offset.
  return node_->write(flags_.append ? node_->size_bytes() : offset, buffers);
}

Attempt<std::uint64_t> MemoryFile::seek(std::int64_t offset, Whence whence) {
  std::int64_t base = 0;
  if (whence == Whence::kCurrent) base = static_cast<std::int64_t>(position_);
  if (whence == Whence::kEnd) base = static_cast<std::int64_t>(node_->size_bytes());
  std::int64_t position = 0;
  if (__builtin_add_overflow(base, offset, &position) || position < 0)
    return std::unexpected(Errno::kInvalid);
  position_ = static_cast<std::uint64_t>(position);
  return position_;
}

Attempt<> MemoryFile::set_size(std::uint64_t size_bytes) {
  if (size_bytes > kOffsetMax) return std::unexpected(Errno::kFileTooLarge);
  if (!use_.write) return std::unexpected(Errno::kInvalid);
  return node_->set_size(size_bytes);
}

Attempt<> MemoryFile::allocate(std::uint64_t offset, std::uint64_t size_bytes) {
  if (offset > kOffsetMax || size_bytes > kOffsetMax) return std::unexpected(Errno::kFileTooLarge);
  if (size_bytes == 0) return std::unexpected(Errno::kInvalid);
  if (!use_.write) return std::unexpected(Errno::kBadDescriptor);
  // The limit counts holes too: what is within the size can be written without any check.
  const std::uint64_t end = offset + size_bytes;
  if (end <= node_->size_bytes()) return {};
  return node_->set_size(end);
}

Attempt<> MemoryFile::set_times(const FileTimes& times) {
  if (!use_.change) return std::unexpected(Errno::kReadOnlyFileSystem);
  return node_->set_times(times);
}

std::optional<std::uint64_t> MemoryFile::ready(Wait::For what) {
  if (what == Wait::For::kWriting) return OpenFile::ready(what);
  return node_->size_bytes() - std::min(position_, node_->size_bytes());
}

Attempt<> MemoryFile::set_flags(const StatusFlags& flags) {
  // As with files of the machine.
  if (flags.data_synchronised != flags_.data_synchronised ||
      flags.synchronised != flags_.synchronised) {
    return std::unexpected(Errno::kNotSupported);
  }
  flags_ = flags;
  return {};
}

}  // namespace weft::system
