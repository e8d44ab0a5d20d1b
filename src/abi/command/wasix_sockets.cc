// sock_* and resolve of WASIX. The network of the world decides where they go, as for WasmEdge's.
#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "abi/command/guest_buffers.h"
#include "abi/command/own_sockets.h"
#include "abi/command/wasix.h"
#include "system/network.h"
#include "system/pipe.h"

namespace weft::abi::command::wasix {
namespace {

using engine::GuestAddress;
using engine::GuestMemory;
using engine::HostCall;
using system::IpAddress;
using system::Socket;
using system::SocketAddress;
using system::SocketType;

// Types address_family, sock_type and sock_proto.
constexpr std::uint8_t kUnspecified = 0;
constexpr std::uint8_t kInet4 = 1;
constexpr std::uint8_t kInet6 = 2;
constexpr std::uint8_t kUnix = 3;
constexpr std::uint32_t kStream = 1;
constexpr std::uint32_t kDatagram = 2;
constexpr std::uint32_t kTcp = 6;
constexpr std::uint32_t kUdp = 17;
// Bits of type riflags; those beyond them are not known here.
constexpr std::uint32_t kPeek = 1U << 0U;
constexpr std::uint32_t kWaitAll = 1U << 1U;
constexpr std::uint32_t kDontWait = 1U << 3U;
constexpr std::uint32_t kReceiveFlags = 0b1111;
// The only bit of type siflags that is known here.
constexpr std::uint32_t kSendDontWait = 1U << 0U;
constexpr std::uint16_t kTruncated = 1U << 0U;

constexpr std::uint64_t kAddressAt = 4;
constexpr std::uint64_t kAnswerBytes = 18;
constexpr std::uint32_t kNameBytesMax = 256;
constexpr std::uint32_t kAnswersMax = 64;
// What one call sends of a file: the rest is for the next one, so that it does not keep its thread.
constexpr std::uint64_t kFileBytesMax = 4 << 20;
constexpr std::size_t kFileStepBytes = 64 << 10;

std::uint64_t size_of(const IpAddress& address) {
  return address.is_v6() ? 16 : 4;
}

// The type addr_port that parameter `index` points to.
std::expected<SocketAddress, Errno> socket_address_at(const HostCall& call, std::size_t index) {
  const GuestMemory memory = call.memory();
  std::uint8_t tag = 0;
  std::uint16_t port = 0;
  if (!memory.load(call.address(index), tag) || !memory.load(call.address(index) + 2, port))
    return std::unexpected(Errno::kFault);
  const GuestAddress at = call.address(index) + kAddressAt;
  std::array<std::uint8_t, 4> v4{};
  std::array<std::uint8_t, 16> v6{};
  switch (tag) {
    case kInet4:
      if (!memory.load(at, v4)) return std::unexpected(Errno::kFault);
      return SocketAddress{.address = IpAddress(v4), .port = port};
    case kInet6:
      if (!memory.load(at, v6)) return std::unexpected(Errno::kFault);
      return SocketAddress{.address = IpAddress(v6), .port = port};
    case kUnix:
      return std::unexpected(Errno::kAfnosupport);
    default:
      return std::unexpected(Errno::kInval);
  }
}

// Whether any address can be told where parameter `index` points.
bool has_place_for_address(const HostCall& call, std::size_t index) {
  return call.memory().bytes(call.address(index), kAddressAt + 16).has_value();
}

void put_tag(std::span<std::uint8_t> place, const IpAddress& address, std::size_t address_at) {
  std::ranges::fill(place, std::uint8_t{0});
  place[0] = address.is_v6() ? kInet6 : kInet4;
  std::ranges::copy(address.bytes(), place.begin() + static_cast<std::ptrdiff_t>(address_at));
}

// False when it lies outside of the memory. Without an address: unspecified.
bool store_socket_address(const HostCall& call, std::size_t index,
                          const std::optional<SocketAddress>& address) {
  const GuestMemory memory = call.memory();
  if (!address) return memory.store(call.address(index), kUnspecified);
  const auto place = memory.bytes(call.address(index), kAddressAt + size_of(address->address));
  if (!place) return false;
  put_tag(*place, address->address, kAddressAt);
  std::memcpy(place->data() + 2, &address->port, sizeof(address->port));
  return true;
}

Errno store_address_of(const HostCall& call, const system::Attempt<SocketAddress>& address) {
  if (!address) return errno_of(address.error());
  return store_socket_address(call, 1, *address) ? Errno::kSuccess : Errno::kFault;
}

// What parameters 1 and 2 ask for.
std::expected<SocketType, Errno> wanted_type(const HostCall& call) {
  const std::uint32_t type = u32(call, 1);
  const std::uint32_t protocol = u32(call, 2);
  if (type == kStream && (protocol == 0 || protocol == kTcp)) return SocketType::kStream;
  if (type == kDatagram && (protocol == 0 || protocol == kUdp)) return SocketType::kDatagram;
  return std::unexpected(Errno::kProtonosupport);
}

std::optional<SocketAddress> sender_of(const system::Received& received, const Socket& socket) {
  if (received.from) return received.from;
  const auto peer = socket.peer_address();
  return peer ? std::optional(*peer) : std::nullopt;
}

// From `offset` of the file, until that is at its end, the socket takes no more, or `count` bytes
// are sent; what was sent before an error is no error.
system::Attempt<std::uint64_t> send_file(Program& program, Socket& socket, system::OpenFile& file,
                                         std::uint64_t offset, std::uint64_t count) {
  std::vector<std::uint8_t> bytes(std::min<std::uint64_t>(count, kFileStepBytes));
  std::uint64_t sent = program.take_moved_bytes();
  while (sent < count) {
    const std::span<std::uint8_t> step(bytes.data(),
                                       std::min<std::uint64_t>(bytes.size(), count - sent));
    const auto read = file.read_at({&step, 1}, offset + sent);
    if (read && *read == 0) break;
    const system::ConstBuffer part(bytes.data(), read.value_or(0));
    const auto taken = !read ? read : waiting(program, socket, system::Wait::For::kWriting, [&] {
      return socket.send({&part, 1});
    });
    if (program.is_parked()) program.keep_moved_bytes(sent);
    if (!taken && sent == 0) return std::unexpected(taken.error());
    if (!taken) break;
    sent += *taken;
  }
  return sent;
}

}  // namespace

Errno sock_open(HostCall& call, Program& program) {
  const std::uint32_t family = u32(call, 0);
  if (family != kInet4 && family != kInet6) return Errno::kAfnosupport;
  const auto type = wanted_type(call);
  if (!type) return type.error();
  return open_socket(call, program, *type, family == kInet6, 3);
}

// Two ends of a pipe in each direction, as in Wasmer: what a program needs of them is to read and
// to write.
Errno sock_pair(HostCall& call, Program& program) {
  const std::uint32_t family = u32(call, 0);
  if (family > kUnix) return Errno::kAfnosupport;
  if (u32(call, 1) != kStream) return Errno::kProtonosupport;
  auto [one, other] = system::make_pair_of_ends(program.channels());
  return open_two(call, program, 3,
                  {.file = std::move(one), .rights = kConnectionRights, .inheriting = 0},
                  {.file = std::move(other), .rights = kConnectionRights, .inheriting = 0});
}

Errno sock_bind(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kSockAccept);
  if (!socket) return socket.error();
  const auto address = socket_address_at(call, 1);
  if (!address) return address.error();
  return told(program, (*socket)->bind(*address));
}

Errno sock_connect(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdWrite);
  if (!socket) return socket.error();
  const auto address = socket_address_at(call, 1);
  if (!address) return address.error();
  return connect_socket(program, **socket, *address);
}

Errno sock_accept_v2(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kSockAccept);
  if (!socket) return socket.error();
  if ((u32(call, 1) & ~kNonblock) != 0) return Errno::kInval;
  if (!has_place_for_address(call, 3)) return Errno::kFault;
  const auto accepted =
      accept_connection(call, program, **socket, status_flags_of(u32(call, 1)), 2);
  if (!accepted) return accepted.error();
  const auto peer = (*accepted)->peer_address();
  // A client that is gone already has none.
  store_socket_address(call, 3, peer ? std::optional(*peer) : std::nullopt);
  return Errno::kSuccess;
}

Errno sock_recv_from(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdRead);
  if (!socket) return socket.error();
  const auto buffers = GuestBuffers<std::uint8_t>::at(call.memory(), call.address(1), u32(call, 2));
  if (!buffers) return buffers.error();
  const std::uint32_t flags = u32(call, 3);
  if ((flags & ~kReceiveFlags) != 0) return Errno::kInval;
  const GuestMemory memory = call.memory();
  if (!has_place_for_count(call, 4) || !memory.bytes(call.address(5), sizeof(kTruncated)) ||
      !has_place_for_address(call, 6)) {
    return Errno::kFault;
  }
  const auto received = receive(program, **socket, buffers->all(),
                                {.peek = (flags & kPeek) != 0,
                                 .fill = (flags & kWaitAll) != 0,
                                 .dont_wait = (flags & kDontWait) != 0});
  if (!received) return errno_of(received.error());
  memory.store(call.address(4), static_cast<std::uint32_t>(received->bytes));
  memory.store(call.address(5), received->truncated ? kTruncated : std::uint16_t{0});
  store_socket_address(call, 6, sender_of(*received, **socket));
  return Errno::kSuccess;
}

Errno sock_send_to(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdWrite);
  if (!socket) return socket.error();
  const auto buffers =
      GuestBuffers<const std::uint8_t>::at(call.memory(), call.address(1), u32(call, 2));
  if (!buffers) return buffers.error();
  if ((u32(call, 3) & ~kSendDontWait) != 0) return Errno::kInval;
  const auto address = socket_address_at(call, 4);
  if (!address) return address.error();
  if (!has_place_for_count(call, 5)) return Errno::kFault;
  const auto send = [&] { return (*socket)->send(buffers->all(), *address); };
  const auto sent =
      u32(call, 3) != 0 ? send() : waiting(program, **socket, system::Wait::For::kWriting, send);
  if (!sent) return told(program, sent);
  call.memory().store(call.address(5), static_cast<std::uint32_t>(*sent));
  return Errno::kSuccess;
}

Errno sock_send_file(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdWrite);
  if (!socket) return socket.error();
  const auto file = file_with(call, program, 1, Right::kFdRead);
  if (!file) return file.error();
  if (!call.memory().bytes(call.address(4), sizeof(std::uint64_t))) return Errno::kFault;
  if (call.i64(2) < 0) return Errno::kInval;
  const auto kept = (*file)->file;
  const auto sent = send_file(program, **socket, *kept, static_cast<std::uint64_t>(call.i64(2)),
                              std::min(static_cast<std::uint64_t>(call.i64(3)), kFileBytesMax));
  if (!sent) return errno_of(sent.error());
  call.memory().store(call.address(4), *sent);
  return Errno::kSuccess;
}

Errno sock_addr_local(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  return socket ? store_address_of(call, (*socket)->local_address()) : socket.error();
}
Errno sock_addr_peer(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  return socket ? store_address_of(call, (*socket)->peer_address()) : socket.error();
}

// As many addresses as fit, each a tag, a byte of padding and the 4 or 16 bytes. The port is only a
// hint.
Errno resolve(HostCall& call, Program& program) {
  if (u32(call, 1) > kNameBytesMax) return Errno::kNametoolong;
  const GuestMemory memory = call.memory();
  const auto name = memory.bytes(call.address(0), u32(call, 1));
  const std::uint32_t count = std::min(u32(call, 4), kAnswersMax);
  const auto places = memory.bytes(call.address(3), count * kAnswerBytes);
  if (!name || !places || !has_place_for_count(call, 5)) return Errno::kFault;
  if (program.world().network == nullptr) return told(program, Errno::kPerm);
  const std::string text(name->begin(), std::ranges::find(*name, std::uint8_t{0}));
  const auto answers = program.world().network->resolve(text);
  if (!answers) return told(program, answers);
  const std::size_t stored = std::min<std::size_t>(answers->size(), count);
  for (std::size_t i = 0; i < stored; ++i)
    put_tag(places->subspan(i * kAnswerBytes, kAnswerBytes), (*answers)[i], 2);
  memory.store(call.address(5), static_cast<std::uint32_t>(stored));
  return Errno::kSuccess;
}

}  // namespace weft::abi::command::wasix
