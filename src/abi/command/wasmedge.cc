// Sockets as WasmEdge adds them to preview 1 (github.com/WasmEdge/WasmEdge, lib/host/wasi; the
// layouts are those of the crate wasmedge_wasi_socket 0.5). Addresses are records of a pointer and
// a size: 4 or 16 bytes of an address, or 128 bytes of a family and an address.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "abi/command/calls.h"
#include "abi/command/guest_buffers.h"
#include "abi/command/own_sockets.h"
#include "system/socket.h"

namespace weft::abi::command {
namespace {

using engine::GuestAddress;
using engine::GuestMemory;
using engine::HostCall;
using system::IpAddress;
using system::Socket;
using system::SocketAddress;

constexpr std::uint16_t kInet4 = 1;
constexpr std::uint16_t kInet6 = 2;
constexpr std::uint32_t kDatagram = 1;
constexpr std::uint32_t kStream = 2;
constexpr std::size_t kAddressWithFamilyBytes = 128;
constexpr std::uint32_t kNameBytesMax = 256;
constexpr std::uint32_t kAnswersMax = 64;

// The bytes of the record that parameter `index` points to.
std::expected<std::span<std::uint8_t>, Errno> address_bytes(const HostCall& call,
                                                            std::size_t index) {
  const GuestMemory memory = call.memory();
  std::uint32_t pointer = 0;
  std::uint32_t size = 0;
  if (!memory.load(call.address(index), pointer) || !memory.load(call.address(index) + 4, size))
    return std::unexpected(Errno::kFault);
  const auto bytes = memory.bytes(static_cast<GuestAddress>(pointer), size);
  if (!bytes) return std::unexpected(Errno::kFault);
  return *bytes;
}

template <std::size_t kSize>
std::array<std::uint8_t, kSize> first_bytes(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, kSize> result{};
  std::ranges::copy(bytes.first(kSize), result.begin());
  return result;
}

std::expected<IpAddress, Errno> ip_address_in(std::span<const std::uint8_t> bytes) {
  if (bytes.size() == 4) return IpAddress(first_bytes<4>(bytes));
  if (bytes.size() == 16) return IpAddress(first_bytes<16>(bytes));
  if (bytes.size() < kAddressWithFamilyBytes) return std::unexpected(Errno::kInval);
  std::uint16_t family = 0;
  std::memcpy(&family, bytes.data(), sizeof(family));
  const auto rest = bytes.subspan(sizeof(family));
  if (family == kInet4) return IpAddress(first_bytes<4>(rest));
  if (family == kInet6) return IpAddress(first_bytes<16>(rest));
  return std::unexpected(Errno::kAfnosupport);
}

// From parameters `index`, the address, and `port`.
std::expected<SocketAddress, Errno> socket_address_at(const HostCall& call, std::size_t index,
                                                      std::size_t port) {
  const auto bytes = address_bytes(call, index);
  if (!bytes) return std::unexpected(bytes.error());
  const auto address = ip_address_in(*bytes);
  if (!address) return std::unexpected(address.error());
  if (u32(call, port) > UINT16_MAX) return std::unexpected(Errno::kInval);
  return SocketAddress{.address = *address, .port = static_cast<std::uint16_t>(u32(call, port))};
}

// False when it has no room.
bool store_address(std::span<std::uint8_t> place, const IpAddress& address) {
  const auto bytes = address.bytes();
  if (place.size() >= kAddressWithFamilyBytes) {
    const std::uint16_t family = address.is_v6() ? kInet6 : kInet4;
    std::memcpy(place.data(), &family, sizeof(family));
    place = place.subspan(sizeof(family));
  }
  if (place.size() < bytes.size()) return false;
  std::ranges::copy(bytes, place.begin());
  return true;
}

// Parameters 1 on: the address, where that is wanted its kind (4 or 6), and the port.
Errno store_socket_address(const HostCall& call, const system::Attempt<SocketAddress>& address,
                           bool with_kind) {
  if (!address) return errno_of(address.error());
  const auto place = address_bytes(call, 1);
  if (!place) return place.error();
  const GuestMemory memory = call.memory();
  const std::size_t port = with_kind ? 3 : 2;
  if (!memory.bytes(call.address(port), sizeof(std::uint32_t))) return Errno::kFault;
  const std::uint32_t kind = address->address.is_v6() ? 6 : 4;
  if (with_kind && !memory.store(call.address(2), kind)) return Errno::kFault;
  if (!store_address(*place, address->address)) return Errno::kInval;
  memory.store(call.address(port), std::uint32_t{address->port});
  return Errno::kSuccess;
}

struct Option {
  system::SocketOption option;
  std::int32_t name;  // as WasmEdge numbers them
};

constexpr std::array kOptions = {
    Option{system::SocketOption::kReuseAddress, 0},
    Option{system::SocketOption::kBroadcast, 4},
    Option{system::SocketOption::kSendBufferBytes, 5},
    Option{system::SocketOption::kReceiveBufferBytes, 6},
    Option{system::SocketOption::kKeepAlive, 7},
};
constexpr std::int32_t kTypeName = 1;
constexpr std::int32_t kErrorName = 2;

const Option* option_named(const HostCall& call) {
  if (call.i32(1) != 0) return nullptr;  // The only level is that of sockets.
  const auto* const found = std::ranges::find(kOptions, call.i32(2), &Option::name);
  return found == kOptions.end() ? nullptr : found;
}

system::Attempt<int> option_of(const HostCall& call, Socket& socket) {
  if (call.i32(1) == 0 && call.i32(2) == kTypeName) {
    return static_cast<int>(socket.type() == system::SocketType::kStream ? kStream : kDatagram);
  }
  if (call.i32(1) == 0 && call.i32(2) == kErrorName) {
    const auto error = socket.error();
    return error ? 0 : static_cast<int>(errno_of(error.error()));
  }
  const Option* const option = option_named(call);
  if (option == nullptr) return std::unexpected(system::Errno::kNoProtocolOption);
  return socket.option(option->option);
}

Errno receive_from(HostCall& call, Program& program, bool with_port) {
  const auto socket = socket_with(call, program, Right::kFdRead);
  if (!socket) return socket.error();
  const auto buffers = GuestBuffers<std::uint8_t>::at(call.memory(), call.address(1), u32(call, 2));
  if (!buffers) return buffers.error();
  const auto place = address_bytes(call, 3);
  if (!place) return place.error();
  const std::size_t size = with_port ? 6 : 5;
  if ((u32(call, 4) & ~1U) != 0) return Errno::kInval;
  const GuestMemory memory = call.memory();
  if (!has_place_for_count(call, size) || !has_place_for_count(call, size + 1) ||
      (with_port && !has_place_for_count(call, 5))) {
    return Errno::kFault;
  }
  const bool peek = (u32(call, 4) & 1U) != 0;
  const auto received = waiting(program, **socket, system::Wait::For::kReading,
                                [&] { return (*socket)->receive(buffers->all(), peek); });
  if (!received) return errno_of(received.error());
  auto from = received->from;
  if (!from) {
    if (const auto peer = (*socket)->peer_address()) from = *peer;
  }
  if (from && !store_address(*place, from->address)) return Errno::kInval;
  if (with_port) memory.store(call.address(5), std::uint32_t{from ? from->port : 0U});
  memory.store(call.address(size), static_cast<std::uint32_t>(received->bytes));
  memory.store(call.address(size + 1), std::uint32_t{received->truncated ? 1U : 0U});
  return Errno::kSuccess;
}

// The text whose address and size are the parameters `index` and `index` + 1, up to a NUL.
std::expected<std::string, Errno> text_at(const HostCall& call, std::size_t index) {
  if (u32(call, index + 1) > kNameBytesMax) return std::unexpected(Errno::kNametoolong);
  const auto bytes = call.memory().bytes(call.address(index), u32(call, index + 1));
  if (!bytes) return std::unexpected(Errno::kFault);
  const auto end = std::ranges::find(*bytes, std::uint8_t{0});
  return std::string(bytes->begin(), end);
}

std::expected<std::uint16_t, Errno> port_named(const std::string& service) {
  if (service.empty()) return 0;
  if (service == "http") return 80;
  if (service == "https") return 443;
  std::uint16_t port = 0;
  const auto parsed = std::from_chars(service.data(), service.data() + service.size(), port);
  if (parsed.ec != std::errc() || parsed.ptr != service.data() + service.size())
    return std::unexpected(Errno::kInval);
  return port;
}

// One answer, into the record at `record` (an addrinfo of 28 bytes that the guest has linked to a
// sockaddr of 12 bytes and that to its 26 bytes). Returns the next record; nothing when any of them
// lies outside of the memory.
std::optional<std::uint32_t> store_answer(const GuestMemory& memory, std::uint32_t record,
                                          const IpAddress& address, std::uint16_t port,
                                          std::uint8_t socket_type) {
  const auto at = [](std::uint32_t base, std::uint32_t offset) {
    return static_cast<GuestAddress>(std::uint64_t{base} + offset);
  };
  const auto family = static_cast<std::uint8_t>(address.is_v6() ? kInet6 : kInet4);
  std::uint32_t sockaddr = 0;
  std::uint32_t data = 0;
  std::uint32_t next = 0;
  if (!memory.load(at(record, 12), sockaddr) || !memory.load(at(record, 24), next) ||
      !memory.load(at(sockaddr, 8), data)) {
    return std::nullopt;
  }
  const auto bytes = address.bytes();
  const auto place = memory.bytes(at(data, 0), 2 + bytes.size());
  if (!place || !memory.store(at(record, 2), family) || !memory.store(at(record, 3), socket_type) ||
      !memory.store(at(record, 8), std::uint32_t{16}) || !memory.store(at(sockaddr, 0), family) ||
      !memory.store(at(sockaddr, 4), static_cast<std::uint32_t>(2 + bytes.size()))) {
    return std::nullopt;
  }
  (*place)[0] = static_cast<std::uint8_t>(port >> 8U);
  (*place)[1] = static_cast<std::uint8_t>(port & 0xffU);
  std::ranges::copy(bytes, place->begin() + 2);
  return next;
}

}  // namespace

Errno sock_open(HostCall& call, Program& program) {
  const std::uint32_t family = u32(call, 0);
  const std::uint32_t type = u32(call, 1);
  if (family != kInet4 && family != kInet6) return Errno::kAfnosupport;
  if (type != kDatagram && type != kStream) return Errno::kProtonosupport;
  return open_socket(call, program,
                     type == kStream ? system::SocketType::kStream : system::SocketType::kDatagram,
                     family == kInet6, 2);
}

Errno sock_bind(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kSockAccept);
  if (!socket) return socket.error();
  const auto address = socket_address_at(call, 1, 2);
  if (!address) return address.error();
  return told(program, (*socket)->bind(*address));
}

Errno sock_listen(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kSockAccept);
  if (!socket) return socket.error();
  return told(program, (*socket)->listen(u32(call, 1)));
}

Errno sock_accept_without_flags(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kSockAccept);
  if (!socket) return socket.error();
  const auto accepted = accept_connection(call, program, **socket, {}, 1);
  return accepted ? Errno::kSuccess : accepted.error();
}

Errno sock_connect(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdWrite);
  if (!socket) return socket.error();
  const auto address = socket_address_at(call, 1, 2);
  if (!address) return address.error();
  return connect_socket(program, **socket, *address);
}

Errno sock_recv_from(HostCall& call, Program& program) {
  return receive_from(call, program, true);
}
Errno sock_recv_from_without_port(HostCall& call, Program& program) {
  return receive_from(call, program, false);
}

Errno sock_send_to(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdWrite);
  if (!socket) return socket.error();
  const auto buffers =
      GuestBuffers<const std::uint8_t>::at(call.memory(), call.address(1), u32(call, 2));
  if (!buffers) return buffers.error();
  const auto address = socket_address_at(call, 3, 4);
  if (!address) return address.error();
  if (call.i32(5) != 0) return Errno::kInval;
  if (!has_place_for_count(call, 6)) return Errno::kFault;
  const auto sent = waiting(program, **socket, system::Wait::For::kWriting,
                            [&] { return (*socket)->send(buffers->all(), *address); });
  if (!sent) return told(program, sent);
  call.memory().store(call.address(6), static_cast<std::uint32_t>(*sent));
  return Errno::kSuccess;
}

Errno sock_getlocaladdr(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  return socket ? store_socket_address(call, (*socket)->local_address(), true) : socket.error();
}
Errno sock_getlocaladdr_without_kind(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  return socket ? store_socket_address(call, (*socket)->local_address(), false) : socket.error();
}
Errno sock_getpeeraddr(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  return socket ? store_socket_address(call, (*socket)->peer_address(), true) : socket.error();
}
Errno sock_getpeeraddr_without_kind(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  return socket ? store_socket_address(call, (*socket)->peer_address(), false) : socket.error();
}

Errno sock_getsockopt(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  if (!socket) return socket.error();
  const GuestMemory memory = call.memory();
  std::uint32_t size = 0;
  if (!memory.load(call.address(4), size)) return Errno::kFault;
  if (size < sizeof(std::int32_t)) return Errno::kInval;
  const auto value = option_of(call, **socket);
  if (!value) return errno_of(value.error());
  if (!memory.store(call.address(3), std::int32_t{*value})) return Errno::kFault;
  memory.store(call.address(4), static_cast<std::uint32_t>(sizeof(std::int32_t)));
  return Errno::kSuccess;
}

Errno sock_setsockopt(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFdstatSetFlags);
  if (!socket) return socket.error();
  if (u32(call, 4) != sizeof(std::int32_t)) return Errno::kNoprotoopt;
  std::int32_t value = 0;
  if (!call.memory().load(call.address(3), value)) return Errno::kFault;
  const Option* const option = option_named(call);
  if (option == nullptr) return Errno::kNoprotoopt;
  return errno_of((*socket)->set_option(option->option, value));
}

Errno sock_getaddrinfo(HostCall& call, Program& program) {
  const auto node = text_at(call, 0);
  if (!node) return node.error();
  const auto service = text_at(call, 2);
  if (!service) return service.error();
  const auto port = port_named(*service);
  if (!port) return port.error();
  const GuestMemory memory = call.memory();
  std::uint8_t family = 0;
  std::uint8_t socket_type = 0;
  std::uint32_t record = 0;
  if (!memory.load(call.address(4) + 2, family) || !memory.load(call.address(4) + 3, socket_type) ||
      !memory.load(call.address(5), record) || !has_place_for_count(call, 7)) {
    return Errno::kFault;
  }
  if (program.world().network == nullptr) return told(program, Errno::kPerm);
  const auto answers = program.world().network->resolve(*node);
  if (!answers) return told(program, answers);
  std::uint32_t stored = 0;
  for (const IpAddress& address : *answers) {
    if (stored == std::min(u32(call, 6), kAnswersMax)) break;
    if (family != 0 && family != (address.is_v6() ? kInet6 : kInet4)) continue;
    const auto next = store_answer(memory, record, address, *port, socket_type);
    if (!next) return Errno::kFault;
    record = *next;
    ++stored;
  }
  memory.store(call.address(7), stored);
  return Errno::kSuccess;
}

}  // namespace weft::abi::command
