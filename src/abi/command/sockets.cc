// sock_*: connections.
#include <algorithm>
#include <numeric>
#include <vector>

#include "abi/command/calls.h"
#include "abi/command/guest_buffers.h"
#include "system/socket.h"

namespace weft::abi::command {
namespace {

using engine::HostCall;
using system::Socket;

// Bits of type riflags.
constexpr std::uint32_t kPeek = 1U << 0U;
constexpr std::uint32_t kWaitAll = 1U << 1U;
// What WASIX adds to them: that a datagram may be cut, which it is anyway, and not to wait.
constexpr std::uint32_t kMayCut = 1U << 2U;
constexpr std::uint32_t kReceiveDontWait = 1U << 3U;
// The only bit of type siflags, of WASIX.
constexpr std::uint32_t kSendDontWait = 1U << 0U;
// Bits of type roflags.
constexpr std::uint16_t kTruncated = 1U << 0U;
// Bits of type sdflags.
constexpr std::uint32_t kShutReading = 1U << 0U;
constexpr std::uint32_t kShutWriting = 1U << 1U;

// What is left of the buffers when so many bytes of them are done.
template <class Buffer>
std::vector<Buffer> rest_of(std::span<const Buffer> buffers, std::size_t done) {
  std::vector<Buffer> rest;
  for (const Buffer& buffer : buffers) {
    const std::size_t skipped = std::min(done, buffer.size());
    done -= skipped;
    if (skipped < buffer.size()) rest.push_back(buffer.subspan(skipped));
  }
  return rest;
}

system::Attempt<system::Received> receive_some(Program& program, Socket& socket,
                                               std::span<const system::Buffer> buffers, bool peek) {
  return waiting(program, socket, system::Wait::For::kReading,
                 [&] { return socket.receive(buffers, peek); });
}

// Goes on until all is filled or the stream ends; what came before an error is kept.
system::Attempt<system::Received> receive_all(Program& program, Socket& socket,
                                              std::span<const system::Buffer> buffers) {
  system::Received all{.bytes = static_cast<std::size_t>(program.take_moved_bytes())};
  for (;;) {
    const auto more = receive_some(program, socket, rest_of(buffers, all.bytes), false);
    if (program.is_parked()) program.keep_moved_bytes(all.bytes);
    if (!more && (all.bytes == 0 || program.is_parked())) return more;
    if (!more) return all;
    all.bytes += more->bytes;
    all.truncated = more->truncated;
    all.from = more->from;
    const bool is_last = more->bytes == 0 || socket.type() != system::SocketType::kStream;
    if (is_last || rest_of(buffers, all.bytes).empty()) return all;
  }
}

// The end of a pair that parameter 0 names; null when that is anything else, kNotcapable when it
// lacks the right.
std::expected<std::shared_ptr<system::OpenFile>, Errno> pair_with(const HostCall& call,
                                                                  Program& program, Right right) {
  const system::Descriptor* const found = program.sandbox().find(number_at(call, 0));
  if (found == nullptr || !found->file->is_of_pair()) return nullptr;
  if ((found->rights & bit(right)) == 0) return std::unexpected(Errno::kNotcapable);
  return found->file;
}

// Nobody else moves the other end: to wait would be in vain.
Errno errno_of_pair(const system::Attempt<std::size_t>& count, bool waits) {
  if (!waits && count == std::unexpected(system::Errno::kDeadlock)) return Errno::kAgain;
  return errno_of(count);
}

Errno receive_of_pair(HostCall& call, system::OpenFile& end) {
  const auto buffers = GuestBuffers<std::uint8_t>::at(call.memory(), call.address(1), u32(call, 2));
  if (!buffers) return buffers.error();
  if ((u32(call, 3) & ~(kWaitAll | kMayCut | kReceiveDontWait)) != 0) return Errno::kNotsup;
  if (!has_place_for_count(call, 4) || !call.memory().bytes(call.address(5), sizeof(kTruncated)))
    return Errno::kFault;
  const auto count = end.read(buffers->all());
  if (!count) return errno_of_pair(count, (u32(call, 3) & kReceiveDontWait) == 0);
  call.memory().store(call.address(4), static_cast<std::uint32_t>(*count));
  call.memory().store(call.address(5), std::uint16_t{0});
  return Errno::kSuccess;
}

Errno send_of_pair(HostCall& call, system::OpenFile& end) {
  const auto buffers =
      GuestBuffers<const std::uint8_t>::at(call.memory(), call.address(1), u32(call, 2));
  if (!buffers) return buffers.error();
  if ((u32(call, 3) & ~kSendDontWait) != 0) return Errno::kInval;
  if (!has_place_for_count(call, 4)) return Errno::kFault;
  const auto count = end.write(buffers->all());
  if (!count) return errno_of_pair(count, u32(call, 3) == 0);
  call.memory().store(call.address(4), static_cast<std::uint32_t>(*count));
  return Errno::kSuccess;
}

}  // namespace

system::Attempt<std::size_t> write_waiting(Program& program, system::OpenFile& file,
                                           std::span<const system::ConstBuffer> buffers) {
  const Socket* const socket = file.as_socket();
  const bool takes_all = socket != nullptr && socket->type() == system::SocketType::kStream &&
                         !file.flags().nonblocking && program.can_wait();
  const auto size_of = [](std::size_t sum, const system::ConstBuffer& buffer) {
    return sum + buffer.size();
  };
  const std::size_t all =
      takes_all ? std::accumulate(buffers.begin(), buffers.end(), std::size_t{0}, size_of) : 0;
  auto done = static_cast<std::size_t>(program.take_moved_bytes());
  for (;;) {
    const auto rest = done > 0 ? rest_of(buffers, done) : std::vector<system::ConstBuffer>();
    const auto more = waiting(program, file, system::Wait::For::kWriting, [&] {
      return file.write(done > 0 ? std::span<const system::ConstBuffer>(rest) : buffers);
    });
    if (program.is_parked()) program.keep_moved_bytes(done);
    if (!more && (done == 0 || program.is_parked())) return more;
    if (!more) return done;
    done += *more;
    if (done >= all) return done;
  }
}

std::expected<std::shared_ptr<Socket>, Errno> socket_with(const HostCall& call, Program& program,
                                                          Right right) {
  const system::Descriptor* const found = program.sandbox().find(number_at(call, 0));
  if (found == nullptr) return std::unexpected(Errno::kBadf);
  if (found->file->as_socket() == nullptr) return std::unexpected(Errno::kNotsock);
  if ((found->rights & bit(right)) == 0) return std::unexpected(Errno::kNotcapable);
  return std::static_pointer_cast<Socket>(found->file);
}

system::Attempt<system::Received> receive(Program& program, Socket& socket,
                                          std::span<const system::Buffer> buffers,
                                          const Receiving& how) {
  if (how.dont_wait) return socket.receive(buffers, how.peek);
  if (how.fill && !how.peek) return receive_all(program, socket, buffers);
  return receive_some(program, socket, buffers, how.peek);
}

std::expected<std::shared_ptr<Socket>, Errno> accept_connection(HostCall& call, Program& program,
                                                                Socket& listener,
                                                                const system::StatusFlags& flags,
                                                                std::size_t index) {
  if (!has_place_for_count(call, index)) return std::unexpected(Errno::kFault);
  const system::Descriptor* const descriptor = program.sandbox().find(number_at(call, 0));
  if (descriptor == nullptr) return std::unexpected(Errno::kBadf);
  const system::Rights rights = descriptor->inheriting;
  using Accepted = system::Attempt<std::shared_ptr<Socket>>;
  const auto accept = [&]() -> Accepted {
    // Looked at first: a client that was accepted in vain would be lost.
    if (program.sandbox().is_full()) return std::unexpected(system::Errno::kTooManyDescriptors);
    return listener.accept(flags);
  };
  auto accepted = waiting(program, listener, system::Wait::For::kReading, accept);
  if (!accepted) return std::unexpected(errno_of(accepted.error()));
  const auto number = program.sandbox().add({.file = *accepted, .rights = rights, .inheriting = 0});
  if (!number) return std::unexpected(errno_of(number.error()));
  call.memory().store(call.address(index), static_cast<std::uint32_t>(*number));
  return *std::move(accepted);
}

Errno sock_accept(HostCall& call, Program& program) {
  const std::uint32_t flags = u32(call, 1);
  const auto socket = socket_with(call, program, Right::kSockAccept);
  if (!socket) {
    if (program.world().listeners.empty()) program.refusals().no_listeners = true;
    return socket.error();
  }
  if ((flags & ~kNonblock) != 0) return Errno::kInval;
  const auto accepted = accept_connection(call, program, **socket, status_flags_of(flags), 2);
  return accepted ? Errno::kSuccess : accepted.error();
}

Errno sock_recv(HostCall& call, Program& program) {
  const auto end = pair_with(call, program, Right::kFdRead);
  if (!end) return end.error();
  if (*end != nullptr) return receive_of_pair(call, **end);
  const auto socket = socket_with(call, program, Right::kFdRead);
  if (!socket) return socket.error();
  const auto buffers = GuestBuffers<std::uint8_t>::at(call.memory(), call.address(1),
                                                      static_cast<std::uint32_t>(call.i32(2)));
  if (!buffers) return buffers.error();
  const auto flags = static_cast<std::uint32_t>(call.i32(3));
  const std::uint32_t more = program.world().calls_wasix ? kMayCut | kReceiveDontWait : 0U;
  if ((flags & ~(kPeek | kWaitAll | more)) != 0) return Errno::kInval;
  if (!has_place_for_count(call, 4) || !call.memory().bytes(call.address(5), sizeof(kTruncated)))
    return Errno::kFault;
  const auto received = receive(program, **socket, buffers->all(),
                                {.peek = (flags & kPeek) != 0,
                                 .fill = (flags & kWaitAll) != 0,
                                 .dont_wait = (flags & kReceiveDontWait) != 0});
  if (!received) return errno_of(received.error());
  call.memory().store(call.address(4), static_cast<std::uint32_t>(received->bytes));
  call.memory().store(call.address(5), received->truncated ? kTruncated : std::uint16_t{0});
  return Errno::kSuccess;
}

Errno sock_send(HostCall& call, Program& program) {
  const auto end = pair_with(call, program, Right::kFdWrite);
  if (!end) return end.error();
  if (*end != nullptr) return send_of_pair(call, **end);
  const auto socket = socket_with(call, program, Right::kFdWrite);
  if (!socket) return socket.error();
  const auto buffers = GuestBuffers<const std::uint8_t>::at(
      call.memory(), call.address(1), static_cast<std::uint32_t>(call.i32(2)));
  if (!buffers) return buffers.error();
  const std::uint32_t known = program.world().calls_wasix ? kSendDontWait : 0U;
  if ((u32(call, 3) & ~known) != 0) return Errno::kInval;
  if (!has_place_for_count(call, 4)) return Errno::kFault;
  return finish(call, program, 4,
                u32(call, 3) != 0 ? (*socket)->send(buffers->all())
                                  : write_waiting(program, **socket, buffers->all()));
}

Errno sock_shutdown(HostCall& call, Program& program) {
  const std::uint32_t how = u32(call, 1);
  const auto shut = [how](system::OpenFile& file) {
    if ((how & ~(kShutReading | kShutWriting)) != 0) return Errno::kInval;
    return errno_of(file.shut_down((how & kShutReading) != 0, (how & kShutWriting) != 0));
  };
  const auto end = pair_with(call, program, Right::kSockShutdown);
  if (!end) return end.error();
  if (*end != nullptr) return shut(**end);
  const auto socket = socket_with(call, program, Right::kSockShutdown);
  return socket ? shut(**socket) : socket.error();
}

}  // namespace weft::abi::command
