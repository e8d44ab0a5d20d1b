// What WASIX adds to preview 1: sockets, copies of descriptors, pipes, a working directory, epoll.
// Private to command.
//
// Names, types, numbers and layouts are those of the generated headers of wasix-libc
// (github.com/wasix-org/wasix-libc, libc-bottom-half: headers/public/wasi/api_wasix.h and
// sources/__wasixlibc_real.c) and of the crate wasix 0.13; what those leave open is as its library
// and github.com/wasmerio/wasmer, lib/wasix, have it:
// - An address with a port is a tag, a byte of padding, the port in little-endian order and the
//   bytes of the address; of a longer record the rest is not touched, for older libraries have
//   shorter ones.
// - The library keeps a working directory itself and asks for ours once. What it opens is a
//   path below a directory that it was given, but below "/" or "." a path that begins with a slash.
// - dup2 of the library is fd_renumber of preview 1, which closes nothing there.
// Those two change functions of preview 1 for programs that import WASIX: World::calls_wasix.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "abi/command/calls.h"
#include "abi/command/entry.h"
#include "abi/command/paths.h"
#include "engine/engine.h"
#include "engine/host_call.h"
#include "system/ip_address.h"
#include "system/socket.h"

namespace weft::abi::command::wasix {

inline constexpr std::string_view kModule = "wasix_32v1";

// The functions of that module, but for those of preview 1.
std::span<const Entry> functions();

// Type bool: one byte.
inline bool store_bool(const engine::GuestMemory& memory, engine::GuestAddress address,
                       bool value) {
  return memory.store(address, static_cast<std::uint8_t>(value ? 1 : 0));
}

// Type option_timestamp: a tag, and 8 bytes further on the nanoseconds. kFault when it lies outside
// of the memory, kInval for another tag.
std::expected<std::optional<std::chrono::nanoseconds>, Errno> optional_time_at(
    const engine::HostCall& call, std::size_t index);

// Under the lowest free number from `lowest` on, which is told where parameter `index` points;
// nothing is opened when it cannot be told.
Errno open_descriptor(engine::HostCall& call, Program& program, std::size_t index,
                      system::Descriptor descriptor,
                      system::FileNumber lowest = system::FileNumber{0});

// Tells two new descriptors, or opens neither.
Errno open_two(engine::HostCall& call, Program& program, std::size_t index,
               system::Descriptor first, system::Descriptor second);

// kNotsup, of a function that weft does not have; notes its name, which outlives the program.
Errno refuse(Program& program, std::string_view function);
// `error`, of one that weft has only a part of, or that waits in vain; notes its name.
Errno refuse_part(Program& program, std::string_view function, Errno error = Errno::kNotsup);

Errno fd_dup(engine::HostCall& call, Program& program);
Errno fd_dup2(engine::HostCall& call, Program& program);
Errno fd_event(engine::HostCall& call, Program& program);
Errno fd_fdflags_get(engine::HostCall& call, Program& program);
Errno fd_fdflags_set(engine::HostCall& call, Program& program);
Errno fd_pipe(engine::HostCall& call, Program& program);
Errno path_open2(engine::HostCall& call, Program& program);
Errno tty_get(engine::HostCall& call, Program& program);
Errno tty_set(engine::HostCall& call, Program& program);

Errno epoll_create(engine::HostCall& call, Program& program);
Errno epoll_ctl(engine::HostCall& call, Program& program);
Errno epoll_wait(engine::HostCall& call, Program& program);

Errno chdir(engine::HostCall& call, Program& program);
Errno futex_wait(engine::HostCall& call, Program& program);
Errno futex_wake(engine::HostCall& call, Program& program);
Errno getcwd(engine::HostCall& call, Program& program);
Errno proc_id(engine::HostCall& call, Program& program);
Errno proc_join(engine::HostCall& call, Program& program);
Errno proc_parent(engine::HostCall& call, Program& program);
Errno proc_raise_interval(engine::HostCall& call, Program& program);
Errno proc_signal(engine::HostCall& call, Program& program);
Errno proc_signals_get(engine::HostCall& call, Program& program);
Errno proc_signals_sizes_get(engine::HostCall& call, Program& program);
Errno thread_id(engine::HostCall& call, Program& program);
Errno thread_join(engine::HostCall& call, Program& program);
Errno thread_parallelism(engine::HostCall& call, Program& program);
Errno thread_signal(engine::HostCall& call, Program& program);
Errno thread_sleep(engine::HostCall& call, Program& program);

Errno resolve(engine::HostCall& call, Program& program);
Errno sock_accept_v2(engine::HostCall& call, Program& program);
Errno sock_addr_local(engine::HostCall& call, Program& program);
Errno sock_addr_peer(engine::HostCall& call, Program& program);
Errno sock_bind(engine::HostCall& call, Program& program);
Errno sock_connect(engine::HostCall& call, Program& program);
Errno sock_get_opt_flag(engine::HostCall& call, Program& program);
Errno sock_get_opt_size(engine::HostCall& call, Program& program);
Errno sock_get_opt_time(engine::HostCall& call, Program& program);
Errno sock_open(engine::HostCall& call, Program& program);
Errno sock_pair(engine::HostCall& call, Program& program);
Errno sock_recv_from(engine::HostCall& call, Program& program);
Errno sock_send_file(engine::HostCall& call, Program& program);
Errno sock_send_to(engine::HostCall& call, Program& program);
Errno sock_set_opt_flag(engine::HostCall& call, Program& program);
Errno sock_set_opt_size(engine::HostCall& call, Program& program);
Errno sock_set_opt_time(engine::HostCall& call, Program& program);
Errno sock_status(engine::HostCall& call, Program& program);

}  // namespace weft::abi::command::wasix
