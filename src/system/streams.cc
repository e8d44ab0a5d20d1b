#include "system/streams.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace weft::system {
namespace {

// Whether a call that failed can be made again. Waits until it makes sense.
bool is_worth_another_try(int descriptor, short events) {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  pollfd state{.fd = descriptor, .events = events, .revents = 0};
  ::poll(&state, 1, -1);
  return true;
}

}  // namespace

Result<> CaptureStream::write(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > limit_bytes_ - text_.size()) {
    return fail(Error(ErrorCode::kGuestLimit,
                      fmt::format("the guest wrote more than {} bytes", limit_bytes_))
                    .with_limit(limit_name_, limit_bytes_));
  }
  text_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return {};
}

Result<> DescriptorOutput::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0) {
      if (is_worth_another_try(descriptor_, POLLOUT)) continue;
      const ErrorCode code = errno == EPIPE ? ErrorCode::kUnavailable : ErrorCode::kInternal;
      return fail(code, "cannot write: " + std::system_category().message(errno));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> DescriptorInput::read(std::span<std::uint8_t> bytes) {
  for (;;) {
    const ssize_t got = ::read(descriptor_, bytes.data(), bytes.size());
    if (got >= 0) return static_cast<std::size_t>(got);
    if (!is_worth_another_try(descriptor_, POLLIN))
      return fail(ErrorCode::kInternal, "cannot read: " + std::system_category().message(errno));
  }
}

bool DescriptorOutput::is_terminal() const {
  return isatty(descriptor_) == 1;
}

bool DescriptorInput::is_terminal() const {
  return isatty(descriptor_) == 1;
}

Result<std::size_t> BytesInput::read(std::span<std::uint8_t> bytes) {
  const std::size_t count = std::min(bytes.size(), bytes_.size() - offset_);
  if (count > 0) std::memcpy(bytes.data(), bytes_.data() + offset_, count);
  offset_ += count;
  return count;
}

}  // namespace weft::system
