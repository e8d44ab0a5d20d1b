#include "abi/command/command.h"

#include <algorithm>
#include <array>
#include <span>

#include "abi/command/calls.h"
#include "abi/command/entry.h"
#include "abi/command/http.h"
#include "abi/command/threads.h"
#include "abi/command/wasix.h"
#include "base/assert.h"

namespace weft::abi::command {
namespace {

// All functions of snapshot-01; wasi_unstable has the same names and types.
constexpr std::array kFunctions = {
    Entry{"args_get", "ii", answer<args_get>},
    Entry{"args_sizes_get", "ii", answer<args_sizes_get>},
    Entry{"environ_get", "ii", answer<environ_get>},
    Entry{"environ_sizes_get", "ii", answer<environ_sizes_get>},
    Entry{"clock_res_get", "ii", answer<clock_res_get>},
    Entry{"clock_time_get", "iIi", answer<clock_time_get>},
    Entry{"fd_advise", "iIIi", answer<fd_advise>},
    Entry{"fd_allocate", "iII", answer<fd_allocate>},
    Entry{"fd_close", "i", answer<fd_close>},
    Entry{"fd_datasync", "i", answer<fd_datasync>},
    Entry{"fd_fdstat_get", "ii", answer<fd_fdstat_get>},
    Entry{"fd_fdstat_set_flags", "ii", answer<fd_fdstat_set_flags>},
    Entry{"fd_fdstat_set_rights", "iII", answer<fd_fdstat_set_rights>},
    Entry{"fd_filestat_get", "ii", answer<fd_filestat_get>, answer<fd_filestat_get_unstable>},
    Entry{"fd_filestat_set_size", "iI", answer<fd_filestat_set_size>},
    Entry{"fd_filestat_set_times", "iIIi", answer<fd_filestat_set_times>},
    Entry{"fd_pread", "iiiIi", answer<fd_pread>},
    Entry{"fd_prestat_get", "ii", answer<fd_prestat_get>},
    Entry{"fd_prestat_dir_name", "iii", answer<fd_prestat_dir_name>},
    Entry{"fd_pwrite", "iiiIi", answer<fd_pwrite>},
    waits(Entry{"fd_read", "iiii", answer<fd_read>}),
    Entry{"fd_readdir", "iiiIi", answer<fd_readdir>},
    Entry{"fd_renumber", "ii", answer<fd_renumber>},
    Entry{"fd_seek", "iIii", answer<fd_seek>, answer<fd_seek_unstable>},
    Entry{"fd_sync", "i", answer<fd_sync>},
    Entry{"fd_tell", "ii", answer<fd_tell>},
    waits(Entry{"fd_write", "iiii", answer<fd_write>}),
    Entry{"path_create_directory", "iii", answer<path_create_directory>},
    Entry{"path_filestat_get", "iiiii", answer<path_filestat_get>,
          answer<path_filestat_get_unstable>},
    Entry{"path_filestat_set_times", "iiiiIIi", answer<path_filestat_set_times>},
    Entry{"path_link", "iiiiiii", answer<path_link>},
    Entry{"path_open", "iiiiiIIii", answer<path_open>},
    Entry{"path_readlink", "iiiiii", answer<path_readlink>},
    Entry{"path_remove_directory", "iii", answer<path_remove_directory>},
    Entry{"path_rename", "iiiiii", answer<path_rename>},
    Entry{"path_symlink", "iiiii", answer<path_symlink>},
    Entry{"path_unlink_file", "iii", answer<path_unlink_file>},
    sleeps(Entry{"poll_oneoff", "iiii", answer<poll_oneoff>, answer<poll_oneoff_unstable>}),
    Entry{"proc_exit", "i", proc_exit, nullptr, false},
    Entry{"proc_raise", "i", answer<proc_raise>},
    lasts({"random_get", "ii", answer<random_get>}),
    Entry{"sched_yield", "", answer<sched_yield>},
    waits(Entry{"sock_accept", "iii", answer<sock_accept>}),
    waits(Entry{"sock_recv", "iiiiii", answer<sock_recv>}),
    waits(Entry{"sock_send", "iiiii", answer<sock_send>}),
    Entry{"sock_shutdown", "ii", answer<sock_shutdown>},
};

// What WasmEdge adds to preview 1, and what of it has another type there.
constexpr std::array kWasmEdgeFunctions = {
    Entry{"sock_open", "iii", answer<sock_open>},
    Entry{"sock_bind", "iii", answer<sock_bind>},
    Entry{"sock_listen", "ii", answer<sock_listen>},
    waits(Entry{"sock_accept", "ii", answer<sock_accept_without_flags>}),
    waits(Entry{"sock_connect", "iii", answer<sock_connect>}),
    sleeps(Entry{"epoll_oneoff", "iiii", answer<poll_oneoff>}),
    waits(Entry{"sock_recv_from", "iiiiiiii", answer<sock_recv_from>}),
    waits(Entry{"sock_recv_from", "iiiiiii", answer<sock_recv_from_without_port>}),
    waits(Entry{"sock_send_to", "iiiiiii", answer<sock_send_to>}),
    Entry{"sock_getlocaladdr", "iiii", answer<sock_getlocaladdr>},
    Entry{"sock_getlocaladdr", "iii", answer<sock_getlocaladdr_without_kind>},
    Entry{"sock_getpeeraddr", "iiii", answer<sock_getpeeraddr>},
    Entry{"sock_getpeeraddr", "iii", answer<sock_getpeeraddr_without_kind>},
    Entry{"sock_getsockopt", "iiiii", answer<sock_getsockopt>},
    Entry{"sock_setsockopt", "iiiii", answer<sock_setsockopt>},
    Entry{"sock_getaddrinfo", "iiiiiiii", answer<sock_getaddrinfo>},
    // The second form differs in what they are told of addresses, whose size says which it is.
    Entry{"sock_open_v2", "iii", answer<sock_open>},
    Entry{"sock_bind_v2", "iii", answer<sock_bind>},
    Entry{"sock_listen_v2", "ii", answer<sock_listen>},
    waits(Entry{"sock_accept_v2", "iii", answer<sock_accept>}),
    waits(Entry{"sock_connect_v2", "iii", answer<sock_connect>}),
    waits(Entry{"sock_recv_v2", "iiiiii", answer<sock_recv>}),
    waits(Entry{"sock_recv_from_v2", "iiiiiiii", answer<sock_recv_from>}),
    waits(Entry{"sock_send_v2", "iiiii", answer<sock_send>}),
    waits(Entry{"sock_send_to_v2", "iiiiiii", answer<sock_send_to>}),
    Entry{"sock_getlocaladdr_v2", "iii", answer<sock_getlocaladdr_without_kind>},
    Entry{"sock_getpeeraddr_v2", "iii", answer<sock_getpeeraddr_without_kind>},
};

constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";
constexpr std::string_view kUnstable = "wasi_unstable";

constexpr system::Rights kStreamRights =
    bits(Right::kFdFilestatGet, Right::kFdFdstatSetFlags, Right::kPollFdReadwrite);

bool is_module(std::string_view module) {
  return module == kPreview1 || module == kUnstable || module == wasix::kModule;
}

// A call that is made again so often without having moved anything waits for something that says it
// is there, and is not: from then on it looks at intervals.
constexpr std::uint32_t kFutileAttemptsMax = 100;
constexpr std::chrono::milliseconds kLookAgain{10};

// What the module has beside the functions of snapshot-01.
std::span<const Entry> additions_of(std::string_view module) {
  if (module == kPreview1) return kWasmEdgeFunctions;
  if (module == wasix::kModule) return wasix::functions();
  if (module == http::kModule) return http::functions();
  return {};
}

}  // namespace

Program::Program(World world)
    : world_(std::move(world)),
      channels_(std::make_shared<system::ChannelBudget>(world_.channel_bytes)),
      sandbox_(world_.descriptors_max) {
  const auto add = [this](system::Descriptor descriptor) {
    const auto added = sandbox_.add(std::move(descriptor));
    WEFT_ASSERT(added.has_value());
  };
  const system::Rights reads = kStreamRights | bit(Right::kFdRead);
  const system::Rights writes = kStreamRights | bit(Right::kFdWrite);
  add({.file = std::make_shared<system::InputFile>(world_.input),
       .rights = reads,
       .inheriting = 0});
  for (system::OutputStream* const stream : {world_.output, world_.errors}) {
    add({.file = std::make_shared<system::OutputFile>(stream, must_end_),
         .rights = writes,
         .inheriting = 0});
  }
  for (const GivenDirectory& given : world_.directories) {
    add({.file = given.directory,
         .rights = kDirectoryRights,
         .inheriting = kDirectoryRights | kFileRights,
         .given_as = given.name});
  }
  for (const auto& listener : world_.listeners)
    add({.file = listener, .rights = kListenerRights, .inheriting = kConnectionRights});
}

bool Program::wait(const std::vector<system::Wait>& waits) {
  if (threads_ != nullptr) return threads_->wait(waits);
  if (world_.parks) {
    waits_ = waits;
    if (++futile_attempts_ > kFutileAttemptsMax) {
      std::erase_if(waits_, [](const system::Wait& wait) { return wait.descriptor >= 0; });
      waits_.push_back({.until = world_.clock->monotonic() + kLookAgain});
    }
    is_parked_ = true;
    return false;
  }
  world_.wait(waits);
  return true;
}

MonotonicTime Program::begun() {
  if (!world_.parks) return world_.clock->monotonic();
  if (!begun_) begun_ = world_.clock->monotonic();
  return *begun_;
}

bool Program::end_call(bool can_park) {
  if (std::exchange(is_parked_, false) && can_park) return true;
  begun_.reset();
  moved_bytes_ = 0;
  futile_attempts_ = 0;
  return false;
}

void Program::keep_moved_bytes(std::uint64_t bytes) {
  moved_bytes_ = bytes;
  futile_attempts_ = 0;
}

void Program::exit(std::uint32_t code) {
  if (threads_ != nullptr) {
    threads_->exit(code);
  } else {
    set_exit_code(code);
  }
}

void define_functions(engine::HostTable& table) {
  for (const Entry& entry : kFunctions) {
    table.define(kPreview1, entry.name, type_of(entry), entry.function, entry.waiting);
    table.define(kUnstable, entry.name, type_of(entry),
                 entry.unstable != nullptr ? entry.unstable : entry.function, entry.waiting);
    table.define(wasix::kModule, entry.name, type_of(entry), entry.function, entry.waiting);
  }
  for (const std::string_view module : {kPreview1, wasix::kModule, http::kModule}) {
    for (const Entry& entry : additions_of(module))
      table.define(module, entry.name, type_of(entry), entry.function, entry.waiting);
  }
}

bool has_function(std::string_view module, std::string_view name,
                  const engine::FunctionType& type) {
  const auto fits = [&](const Entry& entry) {
    return entry.name == name && type_of(entry) == type;
  };
  return (is_module(module) && std::ranges::any_of(kFunctions, fits)) ||
         std::ranges::any_of(additions_of(module), fits);
}

std::optional<engine::FunctionType> type_of_function(std::string_view module,
                                                     std::string_view name) {
  const auto* const found = std::ranges::find(kFunctions, name, &Entry::name);
  if (is_module(module) && found != kFunctions.end()) return type_of(*found);
  const auto additions = additions_of(module);
  const auto added = std::ranges::find(additions, name, &Entry::name);
  if (added == additions.end()) return std::nullopt;
  return type_of(*added);
}

std::vector<std::string_view> functions_of(std::string_view module) {
  std::vector<std::string_view> names;
  if (is_module(module)) {
    for (const Entry& entry : kFunctions)
      names.push_back(entry.name);
  }
  // Those of preview 1 are the standard's: who means them mistypes no name of WasmEdge.
  if (module != kPreview1) {
    for (const Entry& entry : additions_of(module))
      names.push_back(entry.name);
  }
  return names;
}

}  // namespace weft::abi::command
