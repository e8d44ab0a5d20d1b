// The options of WASIX's sockets: flags, sizes and times.
#include <algorithm>
#include <array>

#include "abi/command/wasix.h"

namespace weft::abi::command::wasix {
namespace {

using engine::HostCall;
using system::Socket;
using system::SocketOption;
using system::Wait;

struct Option {
  std::uint32_t name;  // Of type sock_option.
  SocketOption option;
};

constexpr std::array kFlags = {
    Option{2, SocketOption::kReuseAddress}, Option{3, SocketOption::kNoDelay},
    Option{5, SocketOption::kOnlyV6},       Option{6, SocketOption::kBroadcast},
    Option{10, SocketOption::kIsListening}, Option{12, SocketOption::kKeepAlive}};
constexpr std::array kSizes = {Option{15, SocketOption::kReceiveBufferBytes},
                               Option{16, SocketOption::kSendBufferBytes}};
constexpr std::uint32_t kLastError = 11;
constexpr std::uint32_t kLinger = 13;
constexpr std::uint32_t kReceiveTimeout = 19;
constexpr std::uint32_t kSendTimeout = 20;
constexpr std::uint32_t kType = 25;
constexpr std::uint32_t kProtocol = 26;

template <std::size_t kCount>
std::optional<SocketOption> option_named(const std::array<Option, kCount>& options,
                                         std::uint32_t name) {
  const auto* const found = std::ranges::find(options, name, &Option::name);
  if (found == options.end()) return std::nullopt;
  return found->option;
}

std::optional<Wait::For> direction_of(std::uint32_t option) {
  if (option == kReceiveTimeout) return Wait::For::kReading;
  if (option == kSendTimeout) return Wait::For::kWriting;
  return std::nullopt;
}

std::expected<std::uint64_t, Errno> size_option(std::uint32_t name, Socket& socket) {
  const bool is_stream = socket.type() == system::SocketType::kStream;
  if (name == kType) return is_stream ? 1 : 2;
  if (name == kProtocol) return is_stream ? 6 : 17;
  if (name == kLastError) {
    const auto error = socket.error();
    return error ? 0 : static_cast<std::uint64_t>(errno_of(error.error()));
  }
  const auto option = option_named(kSizes, name);
  if (!option) return std::unexpected(Errno::kNoprotoopt);
  const auto value = socket.option(*option);
  if (!value) return std::unexpected(errno_of(value.error()));
  return static_cast<std::uint64_t>(*value);
}

}  // namespace

Errno sock_set_opt_flag(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFdstatSetFlags);
  if (!socket) return socket.error();
  const auto option = option_named(kFlags, u32(call, 1));
  if (!option) return Errno::kNoprotoopt;
  return errno_of((*socket)->set_option(*option, u32(call, 2) != 0 ? 1 : 0));
}

Errno sock_get_opt_flag(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  if (!socket) return socket.error();
  const auto option = option_named(kFlags, u32(call, 1));
  if (!option) return Errno::kNoprotoopt;
  const auto value = (*socket)->option(*option);
  if (!value) return errno_of(value.error());
  return store_bool(call.memory(), call.address(2), *value != 0) ? Errno::kSuccess : Errno::kFault;
}

Errno sock_set_opt_size(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFdstatSetFlags);
  if (!socket) return socket.error();
  const auto option = option_named(kSizes, u32(call, 1));
  if (!option) return Errno::kNoprotoopt;
  const auto size = std::min(static_cast<std::uint64_t>(call.i64(2)), std::uint64_t{INT32_MAX});
  return errno_of((*socket)->set_option(*option, static_cast<int>(size)));
}

Errno sock_get_opt_size(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  if (!socket) return socket.error();
  // Looked at first: an error that was asked for is gone.
  if (!call.memory().bytes(call.address(2), sizeof(std::uint64_t))) return Errno::kFault;
  const auto value = size_option(u32(call, 1), **socket);
  if (!value) return value.error();
  call.memory().store(call.address(2), *value);
  return Errno::kSuccess;
}

// No linger: closing would keep the thread.
Errno sock_set_opt_time(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFdstatSetFlags);
  if (!socket) return socket.error();
  const auto time = optional_time_at(call, 2);
  if (!time) return time.error();
  if (u32(call, 1) == kLinger && !*time) return Errno::kSuccess;
  const auto direction = direction_of(u32(call, 1));
  if (!direction) return Errno::kNoprotoopt;
  (*socket)->set_patience(*direction, *time);
  return Errno::kSuccess;
}

Errno sock_get_opt_time(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  if (!socket) return socket.error();
  const auto direction = direction_of(u32(call, 1));
  if (!direction && u32(call, 1) != kLinger) return Errno::kNoprotoopt;
  const auto time = direction ? (*socket)->patience(*direction) : std::nullopt;
  const engine::GuestMemory memory = call.memory();
  if (!memory.bytes(call.address(2), 16)) return Errno::kFault;
  store_bool(memory, call.address(2), time.has_value());
  const auto nanoseconds = time.value_or(std::chrono::nanoseconds(0)).count();
  memory.store(call.address(2) + 8, static_cast<std::uint64_t>(nanoseconds));
  return Errno::kSuccess;
}

// Type sock_status.
Errno sock_status(HostCall& call, Program& program) {
  const auto socket = socket_with(call, program, Right::kFdFilestatGet);
  if (!socket) return socket.error();
  static_assert(static_cast<int>(system::SocketState::kFailed) == 3);
  const auto state = static_cast<std::uint8_t>((*socket)->state());
  return call.memory().store(call.address(1), state) ? Errno::kSuccess : Errno::kFault;
}

}  // namespace weft::abi::command::wasix
