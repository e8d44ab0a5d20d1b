#include "abi/command/wasix.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace weft::abi::command::wasix {
namespace {

using engine::HostCall;

// What a program of one process and one thread has; sock_accept is an older name.
constexpr std::array kFunctions = {
    Entry{"callback_signal", "ii", [](HostCall& /*call*/) {}, nullptr, false},
    Entry{"chdir", "ii", answer<chdir>},
    Entry{"epoll_create", "i", answer<epoll_create>},
    Entry{"epoll_ctl", "iiii", answer<epoll_ctl>},
    sleeps(Entry{"epoll_wait", "iiiIi", answer<epoll_wait>}),
    Entry{"fd_dup", "ii", answer<fd_dup>},
    Entry{"fd_dup2", "iiii", answer<fd_dup2>},
    Entry{"fd_event", "Iii", answer<fd_event>},
    Entry{"fd_fdflags_get", "ii", answer<fd_fdflags_get>},
    Entry{"fd_fdflags_set", "ii", answer<fd_fdflags_set>},
    Entry{"fd_pipe", "ii", answer<fd_pipe>},
    sleeps(Entry{"futex_wait", "iiii", answer<futex_wait>}),
    Entry{"futex_wake", "ii", answer<futex_wake>},
    Entry{"futex_wake_all", "ii", answer<futex_wake>},
    Entry{"getcwd", "ii", answer<getcwd>},
    Entry{"path_open2", "iiiiiIIiii", answer<path_open2>},
    Entry{"proc_exit2", "i", proc_exit, nullptr, false},
    Entry{"proc_id", "i", answer<proc_id>},
    Entry{"proc_join", "iii", answer<proc_join>},
    Entry{"proc_parent", "ii", answer<proc_parent>},
    Entry{"proc_raise_interval", "iIi", answer<proc_raise_interval>},
    Entry{"proc_signal", "ii", answer<proc_signal>},
    Entry{"proc_signals_get", "i", answer<proc_signals_get>},
    Entry{"proc_signals_sizes_get", "i", answer<proc_signals_sizes_get>},
    Entry{"resolve", "iiiiii", answer<resolve>},
    waits(Entry{"sock_accept", "iiii", answer<sock_accept_v2>}),
    waits(Entry{"sock_accept_v2", "iiii", answer<sock_accept_v2>}),
    Entry{"sock_addr_local", "ii", answer<sock_addr_local>},
    Entry{"sock_addr_peer", "ii", answer<sock_addr_peer>},
    Entry{"sock_bind", "ii", answer<sock_bind>},
    waits(Entry{"sock_connect", "ii", answer<sock_connect>}),
    Entry{"sock_get_opt_flag", "iii", answer<sock_get_opt_flag>},
    Entry{"sock_get_opt_size", "iii", answer<sock_get_opt_size>},
    Entry{"sock_get_opt_time", "iii", answer<sock_get_opt_time>},
    Entry{"sock_listen", "ii", answer<sock_listen>},
    Entry{"sock_open", "iiii", answer<sock_open>},
    Entry{"sock_pair", "iiiii", answer<sock_pair>},
    waits(Entry{"sock_recv_from", "iiiiiii", answer<sock_recv_from>}),
    waits(Entry{"sock_send_file", "iiIIi", answer<sock_send_file>}),
    waits(Entry{"sock_send_to", "iiiiii", answer<sock_send_to>}),
    Entry{"sock_set_opt_flag", "iii", answer<sock_set_opt_flag>},
    Entry{"sock_set_opt_size", "iiI", answer<sock_set_opt_size>},
    Entry{"sock_set_opt_time", "iii", answer<sock_set_opt_time>},
    Entry{"sock_status", "ii", answer<sock_status>},
    // The last thread ends its process.
    Entry{"thread_exit", "i", proc_exit, nullptr, false},
    Entry{"thread_id", "i", answer<thread_id>},
    Entry{"thread_join", "i", answer<thread_join>},
    Entry{"thread_parallelism", "i", answer<thread_parallelism>},
    Entry{"thread_signal", "ii", answer<thread_signal>},
    sleeps(Entry{"thread_sleep", "I", answer<thread_sleep>}),
    Entry{"tty_get", "i", answer<tty_get>},
    Entry{"tty_set", "i", answer<tty_set>},
};

// What is there so that programs can be linked which import it and never call it.
struct Refused {
  std::string_view name;
  std::string_view params;
  bool has_result = true;
};

constexpr std::array kRefused = {
    // More processes and threads.
    Refused{"proc_exec", "iiii", false},
    Refused{"proc_exec2", "iiiiii", false},
    Refused{"proc_exec3", "iiiiiiiii"},
    Refused{"proc_exec4", "iiiiiiiii"},
    Refused{"proc_fork", "ii"},
    Refused{"proc_fork_env", "i"},
    Refused{"proc_snapshot", ""},
    Refused{"proc_spawn", "iiiiiiiiiiiii"},
    Refused{"proc_spawn2", "iiiiiiiiiiiiii"},
    Refused{"proc_spawn3", "iiiiiiiiiiiiii"},
    Refused{"thread_spawn", "ii"},
    Refused{"thread_spawn_v2", "ii"},
    // Changing stacks.
    Refused{"context_create", "ii"},
    Refused{"context_destroy", "I"},
    Refused{"context_switch", "I"},
    Refused{"continuation_context", "ii"},
    Refused{"continuation_delete", "i"},
    Refused{"continuation_new", "ii"},
    Refused{"continuation_switch", "i"},
    Refused{"stack_checkpoint", "ii"},
    Refused{"stack_restore", "iI", false},
    // Loading and making code.
    Refused{"call_dynamic", "iiiiii"},
    Refused{"closure_allocate", "i"},
    Refused{"closure_free", "i"},
    Refused{"closure_prepare", "iiiiiii"},
    Refused{"dl_invalid_handle", "i"},
    Refused{"dlopen", "iiiiiiii"},
    Refused{"dlsym", "iiiiii"},
    Refused{"reflect_signature", "iiiiii"},
    // The machine's clock and network interfaces.
    Refused{"clock_time_set", "iI"},
    Refused{"port_addr_add", "i"},
    Refused{"port_addr_clear", ""},
    Refused{"port_addr_list", "ii"},
    Refused{"port_addr_remove", "i"},
    Refused{"port_bridge", "iiiii"},
    Refused{"port_dhcp_acquire", ""},
    Refused{"port_gateway_set", "i"},
    Refused{"port_mac", "i"},
    Refused{"port_route_add", "iiii"},
    Refused{"port_route_clear", ""},
    Refused{"port_route_list", "ii"},
    Refused{"port_route_remove", "i"},
    Refused{"port_unbridge", ""},
    Refused{"sock_join_multicast_v4", "iii"},
    Refused{"sock_join_multicast_v6", "iii"},
    Refused{"sock_leave_multicast_v4", "iii"},
    Refused{"sock_leave_multicast_v6", "iii"},
};

template <std::size_t kIndex>
void refused(HostCall& call) {
  constexpr const Refused& kIt = kRefused[kIndex];
  const Turn turn(call.state<Program>());
  if (turn.is_over()) return call.stop(Turn::over());
  if constexpr (kIt.has_result) {
    call.return_i32(static_cast<std::int32_t>(refuse(call.state<Program>(), kIt.name)));
  } else {
    // What follows the call does not expect that it returns.
    call.stop(
        Error(ErrorCode::kUnsupported,
              fmt::format("the program called {} of WASIX, which weft does not have", kIt.name)));
  }
}

template <std::size_t... kIndices>
constexpr auto refused_entries(std::index_sequence<kIndices...> /*indices*/) {
  return std::array{Entry{kRefused[kIndices].name, kRefused[kIndices].params, refused<kIndices>,
                          nullptr, kRefused[kIndices].has_result}...};
}

constexpr auto kRefusedFunctions = refused_entries(std::make_index_sequence<kRefused.size()>());

constexpr auto all_entries() {
  std::array<Entry, kFunctions.size() + kRefusedFunctions.size()> all{};
  std::ranges::copy(kFunctions, all.begin());
  std::ranges::copy(kRefusedFunctions, all.begin() + kFunctions.size());
  return all;
}

constexpr auto kAll = all_entries();

}  // namespace

std::span<const Entry> functions() {
  return kAll;
}

Errno refuse(Program& program, std::string_view function) {
  program.refusals().function = function;
  return Errno::kNotsup;
}

Errno refuse_part(Program& program, std::string_view function, Errno error) {
  program.refusals().limited_function = function;
  return error;
}

}  // namespace weft::abi::command::wasix

namespace weft::abi::command {

bool calls_wasix(const engine::ModuleInfo& module) {
  return std::ranges::any_of(module.imports, [](const engine::ImportInfo& import) {
    return import.module == wasix::kModule;
  });
}

}  // namespace weft::abi::command
