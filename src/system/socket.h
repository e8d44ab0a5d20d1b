// Sockets of a guest: TCP and UDP over IPv4 and IPv6.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/unique_fd.h"
#include "system/ip_address.h"
#include "system/network.h"
#include "system/open_file.h"

namespace weft::system {

enum class SocketType : std::uint8_t { kStream, kDatagram };

// What became of a connection, or of a socket that listens. In the order of WASIX's sock_status.
enum class SocketState : std::uint8_t { kOpening, kOpen, kClosed, kFailed };

enum class SocketOption : std::uint8_t {
  kReuseAddress,  // of datagrams, nothing: it would give them those of other programs
  kKeepAlive,
  kBroadcast,
  kNoDelay,
  kSendBufferBytes,
  kReceiveBufferBytes,
  kOnlyV6,       // stays set where it was: see Socket::open
  kIsListening,  // cannot be set
};

struct Received {
  std::size_t bytes = 0;
  bool truncated = false;                  // The datagram was longer.
  std::optional<SocketAddress> from = {};  // of a datagram
};

// Does not block: as all files, it returns kAgain and says in `wait` what to wait for. A connection
// that is being made is kInProgress.
class Socket final : public OpenFile {
 public:
  // `network` decides where it may go; without one, it connects, binds and sends nowhere. One of
  // IPv6 has nothing to do with IPv4. Errors: kTooManyDescriptors (also where the network has no
  // place for it) and the like.
  static Attempt<std::shared_ptr<Socket>> open(SocketType type, bool v6,
                                               std::shared_ptr<Network> network);
  // One that listens already, by order of the owner: no network is asked. Errors say what the
  // system says.
  static Result<std::shared_ptr<Socket>> listen_on(const SocketAddress& address);

  SocketType type() const { return type_; }

  // kNotPermitted where the network does not allow it.
  Attempt<> bind(const SocketAddress& address);
  Attempt<> listen(std::uint32_t backlog);
  // A new connection. What it may do is this one's.
  Attempt<std::shared_ptr<Socket>> accept(const StatusFlags& flags);
  // Of a stream: kInProgress while it is being made; called again, says what came of it. Of a
  // datagram socket: sets the peer.
  Attempt<> connect(const SocketAddress& address);
  // With `peek`, the bytes stay. A datagram socket that was not bound gets what comes from
  // addresses that its network allows; the rest is dropped, and nothing of it gets into `buffers`.
  Attempt<Received> receive(std::span<const Buffer> buffers, bool peek);
  // Of a stream, `to` means nothing.
  Attempt<std::size_t> send(std::span<const ConstBuffer> buffers,
                            const std::optional<SocketAddress>& to = std::nullopt);
  Attempt<> shut_down(bool reading, bool writing) override;
  Attempt<SocketAddress> local_address() const;
  Attempt<SocketAddress> peer_address() const;
  Attempt<> set_option(SocketOption option, int value);
  Attempt<int> option(SocketOption option) const;
  // What went wrong since the last call.
  Attempt<> error();
  SocketState state();

  Attempt<FileStatus> status() override;
  Attempt<std::size_t> read(std::span<const Buffer> buffers) override;
  Attempt<std::size_t> write(std::span<const ConstBuffer> buffers) override;
  StatusFlags flags() const override { return flags_; }
  Attempt<> set_flags(const StatusFlags& flags) override;
  // Of one that listens by order of the owner, and whose flags nobody has set: it does not wait
  // from then on. Go looks at the flags and then expects kAgain, for it has other things to do; C
  // and Rust do not look, and expect to wait.
  StatusFlags tell_flags() override;
  std::optional<std::uint64_t> ready(Wait::For what) override;
  Condition condition() override;
  std::optional<Wait> wait(Wait::For what) override;
  std::optional<std::chrono::nanoseconds> patience(Wait::For what) const override;
  void set_patience(Wait::For what, std::optional<std::chrono::nanoseconds> patience);
  Socket* as_socket() override { return this; }

 private:
  enum class Connection : std::uint8_t { kNone, kUnderWay, kMade, kFailed };

  Attempt<> begin_connecting(const SocketAddress& address);
  bool is_of_family(const SocketAddress& address) const { return address.address.is_v6() == v6_; }
  bool is_welcome(const std::optional<SocketAddress>& from) const;
  Attempt<Received> receive_any(std::span<const Buffer> buffers, bool peek);
  Attempt<Received> receive_welcome(std::span<const Buffer> buffers, bool peek);

  Socket(UniqueFd descriptor, SocketType type, bool v6, std::shared_ptr<Network> network)
      : descriptor_(std::move(descriptor)), type_(type), v6_(v6), network_(std::move(network)) {}

  std::optional<Permit> place_;  // of what Network counts
  UniqueFd descriptor_;
  SocketType type_;
  bool v6_;
  std::shared_ptr<Network> network_;
  StatusFlags flags_;
  bool waits_until_asked_ = false;
  Connection connection_ = Connection::kNone;  // of a stream; as far as was seen
  bool bound_ = false;                         // by a rule
  std::array<std::optional<std::chrono::nanoseconds>, 2> patience_;  // by Wait::For
};

}  // namespace weft::system
