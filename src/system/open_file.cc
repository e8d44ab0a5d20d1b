#include "system/open_file.h"

namespace weft::system {

Attempt<FileType> OpenFile::file_type() {
  const auto own = status();
  if (!own) return std::unexpected(own.error());
  return own->type;
}

Attempt<std::size_t> OpenFile::read(std::span<const Buffer> /*buffers*/) {
  return std::unexpected(Errno::kBadDescriptor);
}

Attempt<std::size_t> OpenFile::write(std::span<const ConstBuffer> /*buffers*/) {
  return std::unexpected(Errno::kBadDescriptor);
}

Attempt<std::size_t> OpenFile::read_at(std::span<const Buffer> /*buffers*/,
                                       std::uint64_t /*offset*/) {
  return std::unexpected(Errno::kSeekOnPipe);
}

Attempt<std::size_t> OpenFile::write_at(std::span<const ConstBuffer> /*buffers*/,
                                        std::uint64_t /*offset*/) {
  return std::unexpected(Errno::kSeekOnPipe);
}

Attempt<std::uint64_t> OpenFile::seek(std::int64_t /*offset*/, Whence /*whence*/) {
  return std::unexpected(Errno::kSeekOnPipe);
}

Attempt<> OpenFile::set_size(std::uint64_t /*size_bytes*/) {
  return std::unexpected(Errno::kInvalid);
}

Attempt<> OpenFile::allocate(std::uint64_t /*offset*/, std::uint64_t /*size_bytes*/) {
  return std::unexpected(Errno::kSeekOnPipe);
}

Attempt<> OpenFile::sync(bool /*data_only*/) {
  return std::unexpected(Errno::kInvalid);
}

Attempt<> OpenFile::set_times(const FileTimes& /*times*/) {
  return std::unexpected(Errno::kNotSupported);
}

Attempt<> OpenFile::set_flags(const StatusFlags& /*flags*/) {
  return std::unexpected(Errno::kNotSupported);
}

Attempt<> OpenFile::shut_down(bool /*reading*/, bool /*writing*/) {
  return std::unexpected(Errno::kNotSocket);
}

std::optional<std::uint64_t> OpenFile::ready(Wait::For /*what*/) {
  return 1;
}

std::optional<Wait> OpenFile::wait(Wait::For /*what*/) {
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> OpenFile::patience(Wait::For /*what*/) const {
  return std::nullopt;
}

}  // namespace weft::system
