// Sockets that programs make themselves: what WasmEdge's functions and those of WASIX share. The
// network of the world decides where they go. Private to command.
#pragma once

#include <cstddef>

#include "abi/command/calls.h"
#include "system/ip_address.h"
#include "system/socket.h"

namespace weft::abi::command {

// Remembers that a rule of the network was missing.
Errno told(Program& program, Errno error);

template <class T>
Errno told(Program& program, const system::Attempt<T>& attempt) {
  return told(program, errno_of(attempt));
}

// Its number goes where parameter `index` points. kPerm without a network.
Errno open_socket(engine::HostCall& call, Program& program, system::SocketType type, bool v6,
                  std::size_t index);

// Returns when the connection is made, where the guest wants to wait.
Errno connect_socket(Program& program, system::Socket& socket,
                     const system::SocketAddress& address);

}  // namespace weft::abi::command
