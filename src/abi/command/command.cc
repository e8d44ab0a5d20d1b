#include "abi/command/command.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <expected>
#include <span>

#include <fmt/format.h>

#include "abi/command/errno.h"

namespace weft::abi::command {
namespace {

using engine::GuestAddress;
using engine::GuestMemory;
using engine::HostCall;

// How many buffers one read or write may name, as Linux's IOV_MAX.
constexpr std::uint32_t kBuffersMax = 1024;
// How many random bytes one call may ask for, so that it keeps the thread for some 10 ms at most.
constexpr std::uint32_t kRandomBytesMax = 4 * 1024 * 1024;

constexpr std::uint32_t kStdin = 0;
constexpr std::uint32_t kStdout = 1;

// Rights of snapshot-01: fd_read is bit 1, fd_write bit 6, poll_fd_readwrite bit 27.
constexpr std::uint64_t kRightsRead = 1ULL << 1U | 1ULL << 27U;
constexpr std::uint64_t kRightsWrite = 1ULL << 6U | 1ULL << 27U;
constexpr std::uint8_t kFileTypeUnknown = 0;
constexpr std::uint8_t kFileTypeCharacterDevice = 2;  // C libraries take it for a terminal.

GuestAddress operator+(GuestAddress address, std::uint64_t offset) {
  return static_cast<GuestAddress>(static_cast<std::uint64_t>(address) + offset);
}

// One wasi function: it sets its result, or stops the guest.
using Function = Errno (*)(HostCall& call, Program& program);

template <Function kFunction>
void answer(HostCall& call) {
  call.return_i32(static_cast<std::int32_t>(kFunction(call, call.state<Program>())));
}

// --- arguments and environment: both are a list of strings, each ended by a zero byte ---

std::vector<std::string> environment_of(const Program& program) {
  std::vector<std::string> list;
  for (const auto& [name, value] : program.world().environment)
    list.push_back(fmt::format("{}={}", name, value));
  return list;
}

Errno store_sizes(HostCall& call, const std::vector<std::string>& strings) {
  std::uint64_t bytes = 0;
  for (const std::string& string : strings)
    bytes += string.size() + 1;
  const GuestMemory memory = call.memory();
  const bool stored = memory.store(call.address(0), static_cast<std::uint32_t>(strings.size())) &&
                      memory.store(call.address(1), static_cast<std::uint32_t>(bytes));
  return stored ? Errno::kSuccess : Errno::kFault;
}

Errno store_strings(HostCall& call, const std::vector<std::string>& strings) {
  const GuestMemory memory = call.memory();
  GuestAddress pointer = call.address(0);
  GuestAddress text = call.address(1);
  for (const std::string& string : strings) {
    const auto place = memory.bytes(text, string.size() + 1);
    if (!place || !memory.store(pointer, static_cast<std::uint32_t>(text))) return Errno::kFault;
    std::copy_n(string.c_str(), string.size() + 1, place->begin());
    pointer = pointer + sizeof(std::uint32_t);
    text = text + string.size() + 1;
  }
  return Errno::kSuccess;
}

Errno args_sizes_get(HostCall& call, Program& program) {
  return store_sizes(call, program.world().arguments);
}
Errno args_get(HostCall& call, Program& program) {
  return store_strings(call, program.world().arguments);
}
Errno environ_sizes_get(HostCall& call, Program& program) {
  return store_sizes(call, environment_of(program));
}
Errno environ_get(HostCall& call, Program& program) {
  return store_strings(call, environment_of(program));
}

// --- streams ---

using Buffers = std::vector<std::span<std::uint8_t>>;

// The buffers that a call's iovec array (parameters 1 and 2) names. kFault when any part, or where
// the number of bytes will go, lies outside of the memory; kInval when there are too many, or more
// bytes than their number can say: buffers may overlap.
std::expected<Buffers, Errno> buffers_of(const HostCall& call) {
  const GuestMemory memory = call.memory();
  const GuestAddress array = call.address(1);
  const auto count = static_cast<std::uint32_t>(call.i32(2));
  if (count > kBuffersMax) return std::unexpected(Errno::kInval);
  if (!memory.bytes(call.address(3), sizeof(std::uint32_t))) return std::unexpected(Errno::kFault);
  Buffers buffers;
  buffers.reserve(count);
  std::uint64_t total = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    std::uint32_t address = 0;
    std::uint32_t size = 0;
    const GuestAddress entry = array + std::uint64_t{i} * 8;
    if (!memory.load(entry, address) || !memory.load(entry + 4, size))
      return std::unexpected(Errno::kFault);
    const auto bytes = memory.bytes(static_cast<GuestAddress>(address), size);
    if (!bytes) return std::unexpected(Errno::kFault);
    buffers.push_back(*bytes);
    total += size;
  }
  if (total > UINT32_MAX) return std::unexpected(Errno::kInval);
  return buffers;
}

Errno fd_write(HostCall& call, Program& program) {
  const auto descriptor = static_cast<std::uint32_t>(call.i32(0));
  if (!program.is_open(descriptor) || descriptor == kStdin) return Errno::kBadf;
  const auto buffers = buffers_of(call);
  if (!buffers) return buffers.error();
  const World& world = program.world();
  system::OutputStream* const stream = descriptor == kStdout ? world.output : world.errors;
  std::uint64_t written = 0;
  for (const auto& buffer : *buffers) {
    if (stream != nullptr) {
      if (auto result = stream->write(buffer); !result) {
        if (result.error().code() == ErrorCode::kUnavailable) return Errno::kPipe;
        if (result.error().code() != ErrorCode::kGuestLimit) return Errno::kIo;
        call.stop(std::move(result.error()));
        return Errno::kIo;
      }
    }
    written += buffer.size();
  }
  call.memory().store(call.address(3), static_cast<std::uint32_t>(written));
  return Errno::kSuccess;
}

Errno fd_read(HostCall& call, Program& program) {
  const auto descriptor = static_cast<std::uint32_t>(call.i32(0));
  if (!program.is_open(descriptor) || descriptor != kStdin) return Errno::kBadf;
  const auto buffers = buffers_of(call);
  if (!buffers) return buffers.error();
  std::uint64_t got = 0;
  for (const auto& buffer : *buffers) {
    if (buffer.empty() || program.world().input == nullptr) continue;
    const auto result = program.world().input->read(buffer);
    if (!result) return Errno::kIo;
    got += *result;
    if (*result < buffer.size())
      break;  // What comes later may come later: a read must not wait for it.
  }
  call.memory().store(call.address(3), static_cast<std::uint32_t>(got));
  return Errno::kSuccess;
}

bool is_terminal(const World& world, std::uint32_t descriptor) {
  if (descriptor == kStdin) return world.input != nullptr && world.input->is_terminal();
  const system::OutputStream* const stream = descriptor == kStdout ? world.output : world.errors;
  return stream != nullptr && stream->is_terminal();
}

Errno fd_fdstat_get(HostCall& call, Program& program) {
  const auto descriptor = static_cast<std::uint32_t>(call.i32(0));
  if (!program.is_open(descriptor)) return Errno::kBadf;
  const auto place = call.memory().bytes(call.address(1), 24);
  if (!place) return Errno::kFault;
  std::ranges::fill(*place, std::uint8_t{0});
  (*place)[0] =
      is_terminal(program.world(), descriptor) ? kFileTypeCharacterDevice : kFileTypeUnknown;
  const std::uint64_t rights = descriptor == kStdin ? kRightsRead : kRightsWrite;
  std::memcpy(place->data() + 8, &rights, sizeof(rights));
  return Errno::kSuccess;
}

// For what cannot be done with a stream, but is no error of the descriptor.
template <Errno kError>
Errno on_stream(HostCall& call, Program& program) {
  return program.is_open(static_cast<std::uint32_t>(call.i32(0))) ? kError : Errno::kBadf;
}

Errno fd_close(HostCall& call, Program& program) {
  const auto descriptor = static_cast<std::uint32_t>(call.i32(0));
  if (!program.is_open(descriptor)) return Errno::kBadf;
  program.close(descriptor);
  return Errno::kSuccess;
}

// For functions that take a directory or a socket: a program has none here, so every descriptor is
// wrong.
Errno no_such_descriptor(HostCall&, Program&) {
  return Errno::kBadf;
}

// --- clocks, randomness, the end ---

std::optional<std::uint64_t> nanoseconds_of(const Program& program, std::uint32_t clock) {
  const auto count = [](auto time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(time).count());
  };
  switch (clock) {
    case 0:
      return count(program.world().clock->wall().time_since_epoch());
    case 1:
      return count(program.world().clock->monotonic().time_since_epoch());
    case 2:  // CPU time of the process and of the thread: a guest's own is not told apart.
    case 3:
      return count(thread_cpu_time());
    default:
      return std::nullopt;
  }
}

Errno clock_time_get(HostCall& call, Program& program) {
  const auto now = nanoseconds_of(program, static_cast<std::uint32_t>(call.i32(0)));
  if (!now) return Errno::kInval;
  return call.memory().store(call.address(2), *now) ? Errno::kSuccess : Errno::kFault;
}

Errno clock_res_get(HostCall& call, Program&) {
  constexpr std::array<std::uint64_t, 4> kResolutions = {1000, 1, 1, 1};  // nanoseconds
  const auto clock = static_cast<std::uint32_t>(call.i32(0));
  if (clock >= kResolutions.size()) return Errno::kInval;
  return call.memory().store(call.address(1), kResolutions.at(clock)) ? Errno::kSuccess
                                                                      : Errno::kFault;
}

Errno random_get(HostCall& call, Program& program) {
  const auto size = static_cast<std::uint32_t>(call.i32(1));
  if (size > kRandomBytesMax) return Errno::kInval;
  const auto place = call.memory().bytes(call.address(0), size);
  if (!place) return Errno::kFault;
  program.world().random->fill(place->data(), place->size());
  return Errno::kSuccess;
}

Errno sched_yield(HostCall&, Program&) {
  return Errno::kSuccess;
}
Errno not_supported(HostCall&, Program&) {
  return Errno::kNotsup;
}

void proc_exit(HostCall& call) {
  const auto code = static_cast<std::uint32_t>(call.i32(0));
  call.state<Program>().set_exit_code(code);
  call.stop(
      Error(ErrorCode::kGuestError, fmt::format("the program ended with exit code {}", code)));
}

// --- the table ---

struct Entry {
  std::string_view name;
  std::string_view params;  // i: i32, I: i64
  engine::HostFunction function;
  bool has_result = true;
};

// All functions of snapshot-01. wasi_unstable has the same names; the types that differ (fd_seek's
// order, fd_filestat's layout) matter only for files.
constexpr std::array kFunctions = {
    Entry{"args_get", "ii", answer<args_get>},
    Entry{"args_sizes_get", "ii", answer<args_sizes_get>},
    Entry{"environ_get", "ii", answer<environ_get>},
    Entry{"environ_sizes_get", "ii", answer<environ_sizes_get>},
    Entry{"clock_res_get", "ii", answer<clock_res_get>},
    Entry{"clock_time_get", "iIi", answer<clock_time_get>},
    Entry{"fd_advise", "iIIi", answer<on_stream<Errno::kSpipe>>},
    Entry{"fd_allocate", "iII", answer<on_stream<Errno::kSpipe>>},
    Entry{"fd_close", "i", answer<fd_close>},
    Entry{"fd_datasync", "i", answer<on_stream<Errno::kInval>>},
    Entry{"fd_fdstat_get", "ii", answer<fd_fdstat_get>},
    Entry{"fd_fdstat_set_flags", "ii", answer<on_stream<Errno::kNotsup>>},
    Entry{"fd_fdstat_set_rights", "iII", answer<on_stream<Errno::kNotsup>>},
    Entry{"fd_filestat_get", "ii", answer<on_stream<Errno::kNotsup>>},
    Entry{"fd_filestat_set_size", "iI", answer<on_stream<Errno::kInval>>},
    Entry{"fd_filestat_set_times", "iIIi", answer<on_stream<Errno::kNotsup>>},
    Entry{"fd_pread", "iiiIi", answer<on_stream<Errno::kSpipe>>},
    Entry{"fd_prestat_get", "ii", answer<no_such_descriptor>},
    Entry{"fd_prestat_dir_name", "iii", answer<no_such_descriptor>},
    Entry{"fd_pwrite", "iiiIi", answer<on_stream<Errno::kSpipe>>},
    Entry{"fd_read", "iiii", answer<fd_read>},
    Entry{"fd_readdir", "iiiIi", answer<no_such_descriptor>},
    Entry{"fd_renumber", "ii", answer<on_stream<Errno::kNotsup>>},
    Entry{"fd_seek", "iIii", answer<on_stream<Errno::kSpipe>>},
    Entry{"fd_sync", "i", answer<on_stream<Errno::kInval>>},
    Entry{"fd_tell", "ii", answer<on_stream<Errno::kSpipe>>},
    Entry{"fd_write", "iiii", answer<fd_write>},
    Entry{"path_create_directory", "iii", answer<no_such_descriptor>},
    Entry{"path_filestat_get", "iiiii", answer<no_such_descriptor>},
    Entry{"path_filestat_set_times", "iiiiIIi", answer<no_such_descriptor>},
    Entry{"path_link", "iiiiiii", answer<no_such_descriptor>},
    Entry{"path_open", "iiiiiIIii", answer<no_such_descriptor>},
    Entry{"path_readlink", "iiiiii", answer<no_such_descriptor>},
    Entry{"path_remove_directory", "iii", answer<no_such_descriptor>},
    Entry{"path_rename", "iiiiii", answer<no_such_descriptor>},
    Entry{"path_symlink", "iiiii", answer<no_such_descriptor>},
    Entry{"path_unlink_file", "iii", answer<no_such_descriptor>},
    Entry{"poll_oneoff", "iiii", answer<not_supported>},
    Entry{"proc_exit", "i", proc_exit, false},
    Entry{"proc_raise", "i", answer<not_supported>},
    Entry{"random_get", "ii", answer<random_get>},
    Entry{"sched_yield", "", answer<sched_yield>},
    Entry{"sock_accept", "iii", answer<no_such_descriptor>},
    Entry{"sock_recv", "iiiiii", answer<no_such_descriptor>},
    Entry{"sock_send", "iiiii", answer<no_such_descriptor>},
    Entry{"sock_shutdown", "ii", answer<no_such_descriptor>},
};

constexpr std::array<std::string_view, 2> kModules = {"wasi_snapshot_preview1", "wasi_unstable"};

engine::FunctionType type_of(const Entry& entry) {
  engine::FunctionType type;
  for (const char letter : entry.params) {
    type.params.push_back(letter == 'i' ? engine::ValueType::kI32 : engine::ValueType::kI64);
  }
  if (entry.has_result) type.results = {engine::ValueType::kI32};
  return type;
}

}  // namespace

void define_functions(engine::HostTable& table) {
  for (const std::string_view module : kModules) {
    for (const Entry& entry : kFunctions)
      table.define(module, entry.name, type_of(entry), entry.function);
  }
}

std::optional<engine::FunctionType> type_of_function(std::string_view module,
                                                     std::string_view name) {
  if (std::ranges::find(kModules, module) == kModules.end()) return std::nullopt;
  const auto found = std::ranges::find(kFunctions, name, &Entry::name);
  if (found == kFunctions.end()) return std::nullopt;
  return type_of(*found);
}

std::vector<std::string_view> functions_of(std::string_view module) {
  std::vector<std::string_view> names;
  if (std::ranges::find(kModules, module) == kModules.end()) return names;
  for (const Entry& entry : kFunctions)
    names.push_back(entry.name);
  return names;
}

}  // namespace weft::abi::command
