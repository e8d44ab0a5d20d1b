// System calls of this machine as attempts. Private to system.
#pragma once

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include <sys/uio.h>
#include <unistd.h>

#include "system/errno.h"
#include "system/open_file.h"

namespace weft::system {

// More than these are for the next call: a short count is always allowed.
inline constexpr std::size_t kBuffersMax = 64;

// Of the system call that has just failed.
inline std::unexpected<Errno> last_error() {
  return std::unexpected(errno_of(errno));
}

inline Attempt<> done(int result) {
  if (result != 0) return last_error();
  return {};
}

// Buffers as readv(2), writev(2), recvmsg(2) and sendmsg(2) take them; T is std::uint8_t, const for
// those to take from.
template <class T>
class IoVectors {
 public:
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): 1 KiB, of which a few are used.
  explicit IoVectors(std::span<const std::span<T>> buffers)
      : count_(static_cast<int>(std::min(buffers.size(), kBuffersMax))) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i) {
      // The system only reads what is written from.
      vectors_[i] = {.iov_base = const_cast<std::uint8_t*>(buffers[i].data()),
                     .iov_len = buffers[i].size()};
    }
  }
  const iovec* data() const { return vectors_.data(); }
  iovec* data() { return vectors_.data(); }
  int count() const { return count_; }

 private:
  std::array<iovec, kBuffersMax> vectors_;
  int count_;
};

// Repeats what a signal interrupted.
template <class Call>
Attempt<std::size_t> transfer(const Call& call) {
  for (;;) {
    const ssize_t count = call();
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return last_error();
  }
}

// As readv(2) and writev(2). A single buffer, the usual case, goes by the call for one, which is
// the faster.
inline Attempt<std::size_t> read_into(int descriptor, std::span<const Buffer> buffers) {
  if (buffers.size() == 1) {
    const Buffer buffer = buffers.front();
    return transfer([&] { return ::read(descriptor, buffer.data(), buffer.size()); });
  }
  const IoVectors vectors(buffers);
  return transfer([&] { return ::readv(descriptor, vectors.data(), vectors.count()); });
}
inline Attempt<std::size_t> write_from(int descriptor, std::span<const ConstBuffer> buffers) {
  if (buffers.size() == 1) {
    const ConstBuffer buffer = buffers.front();
    return transfer([&] { return ::write(descriptor, buffer.data(), buffer.size()); });
  }
  const IoVectors vectors(buffers);
  return transfer([&] { return ::writev(descriptor, vectors.data(), vectors.count()); });
}

}  // namespace weft::system
