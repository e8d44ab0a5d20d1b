#include "system/socket.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>

#include "system/host_file.h"
#include "system/host_io.h"
#include "system/wait.h"

namespace weft::system {
namespace {

constexpr std::uint32_t kBacklog = 128;
// Datagrams of strangers that one call drops.
constexpr int kDroppedMax = 16;
// No datagram of IP is longer.
constexpr std::size_t kDatagramBytesMax = 65'536;
// Larger ones would take the machine's memory; the system doubles them.
constexpr int kBufferBytesMax = 1 << 20;

int host_type(SocketType type) {
  return (type == SocketType::kStream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
}

struct HostOption {
  int level;
  int name;
};

HostOption host_option(SocketOption option) {
  switch (option) {
    case SocketOption::kReuseAddress:
      return {SOL_SOCKET, SO_REUSEADDR};
    case SocketOption::kKeepAlive:
      return {SOL_SOCKET, SO_KEEPALIVE};
    case SocketOption::kBroadcast:
      return {SOL_SOCKET, SO_BROADCAST};
    case SocketOption::kNoDelay:
      return {IPPROTO_TCP, TCP_NODELAY};
    case SocketOption::kSendBufferBytes:
      return {SOL_SOCKET, SO_SNDBUF};
    case SocketOption::kOnlyV6:
      return {IPPROTO_IPV6, IPV6_V6ONLY};
    case SocketOption::kIsListening:
      return {SOL_SOCKET, SO_ACCEPTCONN};
    case SocketOption::kReceiveBufferBytes:
      break;
  }
  return {SOL_SOCKET, SO_RCVBUF};
}

Error listen_error(const SocketAddress& address, int error) {
  const ErrorCode code = error == EADDRINUSE ? ErrorCode::kFailedPrecondition
                         : error == EACCES   ? ErrorCode::kPermissionDenied
                                             : ErrorCode::kInvalidArgument;
  return {code, fmt::format("cannot listen on {}: {}", address.text(),
                            std::generic_category().message(error))};
}

void set_v6_only(const UniqueFd& descriptor, bool on) {
  const int value = on ? 1 : 0;
  ::setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &value, sizeof(value));
}

std::size_t size_of(std::span<const Buffer> buffers) {
  std::size_t bytes = 0;
  for (const Buffer& buffer : buffers)
    bytes += std::min(buffer.size(), kDatagramBytesMax);
  return std::min(bytes, kDatagramBytesMax);
}

void scatter(Buffer bytes, std::span<const Buffer> buffers) {
  for (const Buffer& buffer : buffers) {
    const Buffer part = bytes.first(std::min(bytes.size(), buffer.size()));
    std::ranges::copy(part, buffer.begin());
    bytes = bytes.subspan(part.size());
  }
}

// A datagram is sent whole or not at all.
bool is_too_scattered(SocketType type, std::size_t buffers) {
  return type == SocketType::kDatagram && buffers > kBuffersMax;
}

}  // namespace

Attempt<std::shared_ptr<Socket>> Socket::open(SocketType type, bool v6,
                                              std::shared_ptr<Network> network) {
  auto place = network ? network->take_socket_place() : std::nullopt;
  if (network && !place) return std::unexpected(Errno::kTooManyDescriptors);
  UniqueFd descriptor(::socket(v6 ? AF_INET6 : AF_INET, host_type(type), 0));
  if (!descriptor) return last_error();
  // Otherwise it would take what rules say of IPv4 for a word about IPv6.
  if (v6) set_v6_only(descriptor, true);
  auto socket =
      std::unique_ptr<Socket>(new Socket(std::move(descriptor), type, v6, std::move(network)));
  if (place) socket->place_.emplace(*std::move(place));
  return std::shared_ptr<Socket>(std::move(socket));
}

Result<std::shared_ptr<Socket>> Socket::listen_on(const SocketAddress& address) {
  const bool v6 = address.address.is_v6();
  UniqueFd descriptor(::socket(v6 ? AF_INET6 : AF_INET, host_type(SocketType::kStream), 0));
  if (!descriptor) return fail(listen_error(address, errno));
  const int on = 1;
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (v6) set_v6_only(descriptor, false);
  const HostSocketAddress host(address);
  if (::bind(descriptor.get(), host.data(), host.size) != 0 ||
      ::listen(descriptor.get(), static_cast<int>(kBacklog)) != 0) {
    return fail(listen_error(address, errno));
  }
  auto socket =
      std::unique_ptr<Socket>(new Socket(std::move(descriptor), SocketType::kStream, v6, nullptr));
  socket->waits_until_asked_ = true;
  return std::shared_ptr<Socket>(std::move(socket));
}

Attempt<> Socket::bind(const SocketAddress& address) {
  if (!is_of_family(address)) return std::unexpected(Errno::kAddressFamilyNotSupported);
  if (network_ == nullptr || !network_->may_listen(address))
    return std::unexpected(Errno::kNotPermitted);
  const HostSocketAddress host(address);
  const auto bound = done(::bind(descriptor_.get(), host.data(), host.size));
  bound_ = bound_ || bound.has_value();
  return bound;
}

Attempt<> Socket::listen(std::uint32_t backlog) {
  // One that was not bound would listen on all addresses.
  const auto address = local_address();
  if (!address) return std::unexpected(address.error());
  if (network_ == nullptr || address->port == 0 || !network_->may_listen(*address))
    return std::unexpected(Errno::kNotPermitted);
  return done(::listen(descriptor_.get(), static_cast<int>(std::min(backlog, kBacklog))));
}

Attempt<std::shared_ptr<Socket>> Socket::accept(const StatusFlags& flags) {
  count_use(Wait::For::kReading);
  for (;;) {
    UniqueFd accepted(::accept4(descriptor_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted) {
      auto socket = std::unique_ptr<Socket>(new Socket(std::move(accepted), type_, v6_, network_));
      socket->flags_ = flags;
      socket->connection_ = Connection::kMade;
      return std::shared_ptr<Socket>(std::move(socket));
    }
    // A connection that was gone before it was taken is nobody's business.
    if (errno != EINTR && errno != ECONNABORTED) return last_error();
  }
}

Attempt<> Socket::connect(const SocketAddress& address) {
  count_use(Wait::For::kWriting);
  if (connection_ == Connection::kUnderWay) {
    if (!ready_bytes(descriptor_.get(), Wait::For::kWriting))
      return std::unexpected(Errno::kAlready);
    connection_ = Connection::kFailed;
    if (const auto failed = error(); !failed) return failed;
    // Somebody may have asked for the error before.
    if (!peer_address()) return std::unexpected(Errno::kConnectionRefused);
    connection_ = Connection::kMade;
    return {};
  }
  if (!is_of_family(address)) return std::unexpected(Errno::kAddressFamilyNotSupported);
  if (network_ == nullptr || !network_->may_reach(address))
    return std::unexpected(Errno::kNotPermitted);
  const auto begun = begin_connecting(address);
  if (begun) {
    connection_ = Connection::kMade;
  } else if (begun.error() == Errno::kInProgress) {
    connection_ = Connection::kUnderWay;
  } else if (connection_ != Connection::kMade) {
    connection_ = Connection::kFailed;
  }
  return begun;
}

Attempt<> Socket::begin_connecting(const SocketAddress& address) {
  const HostSocketAddress host(address);
  while (::connect(descriptor_.get(), host.data(), host.size) != 0) {
    if (errno != EINTR) return last_error();
  }
  return {};
}

// Sending gives a socket a port, to which anybody may send: only those whom the guest may reach
// answer it.
bool Socket::is_welcome(const std::optional<SocketAddress>& from) const {
  return network_ != nullptr && from && network_->reaches(*from);
}

Attempt<Received> Socket::receive(std::span<const Buffer> buffers, bool peek) {
  count_use(Wait::For::kReading);
  if (is_too_scattered(type_, buffers.size())) return std::unexpected(Errno::kMessageSize);
  const bool has_strangers = type_ == SocketType::kDatagram && !bound_;
  return has_strangers ? receive_welcome(buffers, peek) : receive_any(buffers, peek);
}

Attempt<Received> Socket::receive_any(std::span<const Buffer> buffers, bool peek) {
  IoVectors vectors(buffers);
  HostSocketAddress from;
  msghdr message{};
  message.msg_name = from.data();
  message.msg_namelen = from.size;
  message.msg_iov = vectors.data();
  message.msg_iovlen = static_cast<std::size_t>(vectors.count());
  const auto count =
      transfer([&] { return ::recvmsg(descriptor_.get(), &message, peek ? MSG_PEEK : 0); });
  if (!count) return std::unexpected(count.error());
  Received received{.bytes = *count, .truncated = (message.msg_flags & MSG_TRUNC) != 0};
  if (type_ == SocketType::kStream) return received;
  from.size = message.msg_namelen;
  received.from = from.get();
  return received;
}

// Through memory of the host: another thread of the guest could read what a stranger sent before it
// is known who that is.
Attempt<Received> Socket::receive_welcome(std::span<const Buffer> buffers, bool peek) {
  const std::size_t size = size_of(buffers);
  const auto memory = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  const Buffer datagram(memory.get(), size);
  for (int dropped = 0; dropped < kDroppedMax; ++dropped) {
    auto received = receive_any({&datagram, 1}, peek);
    if (!received) return received;
    if (is_welcome(received->from)) {
      scatter(datagram.first(received->bytes), buffers);
      return received;
    }
    if (peek) ::recv(descriptor_.get(), nullptr, 0, 0);
  }
  return std::unexpected(Errno::kAgain);
}

Attempt<std::size_t> Socket::send(std::span<const ConstBuffer> buffers,
                                  const std::optional<SocketAddress>& to) {
  count_use(Wait::For::kWriting);
  if (is_too_scattered(type_, buffers.size())) return std::unexpected(Errno::kMessageSize);
  IoVectors vectors(buffers);
  HostSocketAddress host;
  msghdr message{};
  if (to && type_ == SocketType::kDatagram) {
    if (!is_of_family(*to)) return std::unexpected(Errno::kAddressFamilyNotSupported);
    if (network_ == nullptr || !network_->may_reach(*to))
      return std::unexpected(Errno::kNotPermitted);
    host = HostSocketAddress(*to);
    message.msg_name = host.data();
    message.msg_namelen = host.size;
  }
  message.msg_iov = vectors.data();
  message.msg_iovlen = static_cast<std::size_t>(vectors.count());
  return transfer([&] { return ::sendmsg(descriptor_.get(), &message, MSG_NOSIGNAL); });
}

Attempt<> Socket::shut_down(bool reading, bool writing) {
  if (!reading && !writing) return std::unexpected(Errno::kInvalid);
  const int how = reading && writing ? SHUT_RDWR : reading ? SHUT_RD : SHUT_WR;
  return done(::shutdown(descriptor_.get(), how));
}

Attempt<SocketAddress> Socket::local_address() const {
  HostSocketAddress host;
  if (::getsockname(descriptor_.get(), host.data(), &host.size) != 0) return last_error();
  return host.get().value_or(SocketAddress{});
}

Attempt<SocketAddress> Socket::peer_address() const {
  HostSocketAddress host;
  if (::getpeername(descriptor_.get(), host.data(), &host.size) != 0) return last_error();
  return host.get().value_or(SocketAddress{});
}

Attempt<> Socket::set_option(SocketOption option, int value) {
  const bool is_size =
      option == SocketOption::kSendBufferBytes || option == SocketOption::kReceiveBufferBytes;
  if (is_size) value = std::clamp(value, 0, kBufferBytesMax);
  if (option == SocketOption::kReuseAddress && type_ == SocketType::kDatagram) return {};
  if (option == SocketOption::kOnlyV6 && value == 0) return std::unexpected(Errno::kNotSupported);
  const HostOption host = host_option(option);
  return done(::setsockopt(descriptor_.get(), host.level, host.name, &value, sizeof(value)));
}

Attempt<int> Socket::option(SocketOption option) const {
  const HostOption host = host_option(option);
  int value = 0;
  socklen_t size = sizeof(value);
  if (::getsockopt(descriptor_.get(), host.level, host.name, &value, &size) != 0)
    return last_error();
  return value;
}

Attempt<> Socket::error() {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(descriptor_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
    return last_error();
  if (error != 0) return std::unexpected(errno_of(error));
  return {};
}

SocketState Socket::state() {
  const bool is_open = type_ == SocketType::kDatagram || peer_address() ||
                       option(SocketOption::kIsListening).value_or(0) != 0;
  if (is_open) return SocketState::kOpen;
  switch (connection_) {
    case Connection::kMade:
      return SocketState::kClosed;
    case Connection::kFailed:
      return SocketState::kFailed;
    case Connection::kUnderWay:
      return condition().hung_up ? SocketState::kFailed : SocketState::kOpening;
    case Connection::kNone:
      break;
  }
  return SocketState::kOpening;
}

// Inode and times of a socket say nothing.
Attempt<FileStatus> Socket::status() {
  return FileStatus{.type = type_ == SocketType::kStream ? FileType::kStreamSocket
                                                         : FileType::kDatagramSocket};
}

Attempt<std::size_t> Socket::read(std::span<const Buffer> buffers) {
  const auto received = receive(buffers, false);
  if (!received) return std::unexpected(received.error());
  return received->bytes;
}

Attempt<std::size_t> Socket::write(std::span<const ConstBuffer> buffers) {
  return send(buffers);
}

// All others mean nothing to a socket.
Attempt<> Socket::set_flags(const StatusFlags& flags) {
  flags_ = flags;
  waits_until_asked_ = false;
  return {};
}

StatusFlags Socket::tell_flags() {
  if (std::exchange(waits_until_asked_, false)) flags_.nonblocking = true;
  return flags_;
}

std::optional<std::uint64_t> Socket::ready(Wait::For what) {
  return ready_bytes(descriptor_.get(), what);
}

// Datagrams have no end.
Condition Socket::condition() {
  Condition condition = condition_of(descriptor_.get());
  if (type_ == SocketType::kDatagram) condition.at_end = false;
  return condition;
}

std::optional<Wait> Socket::wait(Wait::For what) {
  return Wait{.descriptor = descriptor_.get(), .what = what};
}

std::optional<std::chrono::nanoseconds> Socket::patience(Wait::For what) const {
  return patience_.at(static_cast<std::size_t>(what));
}

void Socket::set_patience(Wait::For what, std::optional<std::chrono::nanoseconds> patience) {
  patience_.at(static_cast<std::size_t>(what)) = patience;
}

}  // namespace weft::system
