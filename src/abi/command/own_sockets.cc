#include "abi/command/own_sockets.h"

namespace weft::abi::command {

using engine::HostCall;
using system::Socket;

Errno told(Program& program, Errno error) {
  if (error == Errno::kPerm) program.refusals().network = true;
  return error;
}

Errno open_socket(HostCall& call, Program& program, system::SocketType type, bool v6,
                  std::size_t index) {
  if (!has_place_for_count(call, index)) return Errno::kFault;
  // Without a network a socket is of no use, and would only take a descriptor of the machine.
  if (program.world().network == nullptr) return told(program, Errno::kPerm);
  if (program.sandbox().is_full()) return Errno::kMfile;
  const auto socket = Socket::open(type, v6, program.world().network);
  if (!socket) return errno_of(socket.error());
  const auto number = program.sandbox().add({.file = *socket,
                                             .rights = kConnectionRights | kListenerRights,
                                             .inheriting = kConnectionRights});
  if (!number) return errno_of(number.error());
  call.memory().store(call.address(index), static_cast<std::uint32_t>(*number));
  return Errno::kSuccess;
}

Errno connect_socket(Program& program, Socket& socket, const system::SocketAddress& address) {
  for (;;) {
    const auto connected = socket.connect(address);
    const bool is_on_its_way = !connected && (connected.error() == system::Errno::kInProgress ||
                                              connected.error() == system::Errno::kAlready);
    if (!is_on_its_way || socket.flags().nonblocking || !program.can_wait())
      return told(program, connected);
    const auto wait = socket.wait(system::Wait::For::kWriting);
    if (wait && !program.wait({*wait})) return Errno::kIntr;
  }
}

}  // namespace weft::abi::command
