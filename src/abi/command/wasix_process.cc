// The working directory, processes and threads of WASIX, as a program of one process and one thread
// knows them.
#include <algorithm>

#include "abi/command/wasix.h"

namespace weft::abi::command::wasix {
namespace {

using engine::GuestMemory;
using engine::HostCall;

// This process, and its only thread.
constexpr std::int32_t kSelf = 1;
constexpr std::size_t kDirectoryBytesMax = 4096;

// Without "." and "..", which are taken by name; absolute.
std::string normal(std::string_view path) {
  std::string result;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      result.resize(result.empty() ? 0 : result.rfind('/'));
    } else {
      result.append("/").append(name);
    }
  }
  return result.empty() ? "/" : result;
}

Errno pass_time(Program& program, std::uint64_t nanoseconds) {
  if (nanoseconds > 0 && !program.can_wait()) return Errno::kNotsup;
  const auto until = end_of_wait(program, nanoseconds);
  while (program.world().clock->monotonic() < until) {
    if (!program.wait({{.until = until}})) return Errno::kIntr;
  }
  return Errno::kSuccess;
}

}  // namespace

std::expected<std::optional<std::chrono::nanoseconds>, Errno> optional_time_at(const HostCall& call,
                                                                               std::size_t index) {
  std::uint8_t tag = 0;
  std::uint64_t nanoseconds = 0;
  const GuestMemory memory = call.memory();
  if (!memory.load(call.address(index), tag) || !memory.load(call.address(index) + 8, nanoseconds))
    return std::unexpected(Errno::kFault);
  if (tag > 1) return std::unexpected(Errno::kInval);
  if (tag == 0) return std::nullopt;
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(std::min(nanoseconds, static_cast<std::uint64_t>(INT64_MAX))));
}

// --- the working directory ---

// With a zero byte behind it; the size that is told is without that, but with it where the place is
// too small.
Errno getcwd(HostCall& call, Program& program) {
  const std::string& directory = program.working_directory();
  const GuestMemory memory = call.memory();
  std::uint32_t size = 0;
  if (!memory.load(call.address(1), size)) return Errno::kFault;
  const auto told = static_cast<std::uint32_t>(directory.size());
  if (size <= told) {
    memory.store(call.address(1), told + 1);
    return Errno::kRange;
  }
  const auto place = memory.bytes(call.address(0), told + 1);
  if (!place) return Errno::kFault;
  std::copy_n(directory.c_str(), place->size(), place->begin());
  memory.store(call.address(1), told);
  return Errno::kSuccess;
}

Errno chdir(HostCall& call, Program& program) {
  const auto path = path_at(call, 0);
  if (!path) return path.error();
  if (path->empty()) return Errno::kNoent;
  const bool is_absolute = path->starts_with('/');
  std::string directory = normal(is_absolute ? *path : program.working_directory() + "/" + *path);
  if (directory.size() > kDirectoryBytesMax) return Errno::kNametoolong;
  // The root is there also for who was given nothing there.
  if (directory != "/") {
    const auto at = below_given(program, directory, Right::kPathFilestatGet);
    if (!at) return at.error();
    const auto status = at->directory->status_of(at->path, true);
    if (!status) return noted(program, errno_of(status.error()));
    if (status->type != system::FileType::kDirectory) return Errno::kNotdir;
  }
  program.set_working_directory(std::move(directory));
  return Errno::kSuccess;
}

// --- processes ---

Errno proc_id(HostCall& call, Program& /*program*/) {
  return call.memory().store(call.address(0), kSelf) ? Errno::kSuccess : Errno::kFault;
}

// Nobody started it that it could know.
Errno proc_parent(HostCall& call, Program& /*program*/) {
  if (call.i32(0) != kSelf) return Errno::kSrch;
  return call.memory().store(call.address(1), std::int32_t{0}) ? Errno::kSuccess : Errno::kFault;
}

Errno proc_join(HostCall& /*call*/, Program& /*program*/) {
  return Errno::kChild;
}

// Signal 0 asks whether somebody is there.
Errno proc_signal(HostCall& call, Program& program) {
  if (call.i32(0) != kSelf) return Errno::kSrch;
  return call.i32(1) == 0 ? Errno::kSuccess : refuse_part(program, "proc_signal");
}

// An interval of 0 stops what was not begun.
Errno proc_raise_interval(HostCall& call, Program& program) {
  return call.i64(1) == 0 ? Errno::kSuccess : refuse_part(program, "proc_raise_interval");
}

Errno proc_signals_sizes_get(HostCall& call, Program& /*program*/) {
  return call.memory().store(call.address(0), std::uint32_t{0}) ? Errno::kSuccess : Errno::kFault;
}
Errno proc_signals_get(HostCall& /*call*/, Program& /*program*/) {
  return Errno::kSuccess;
}

// --- threads ---

Errno thread_id(HostCall& call, Program& program) {
  return proc_id(call, program);
}

Errno thread_join(HostCall& call, Program& /*program*/) {
  return call.i32(0) == kSelf ? Errno::kDeadlk : Errno::kSrch;
}

Errno thread_parallelism(HostCall& call, Program& /*program*/) {
  return call.memory().store(call.address(0), std::uint32_t{1}) ? Errno::kSuccess : Errno::kFault;
}

Errno thread_signal(HostCall& call, Program& program) {
  if (call.i32(0) != kSelf) return Errno::kSrch;
  return call.i32(1) == 0 ? Errno::kSuccess : refuse_part(program, "thread_signal");
}

Errno thread_sleep(HostCall& call, Program& program) {
  return pass_time(program, static_cast<std::uint64_t>(call.i64(0)));
}

// No other thread changes the number or wakes this one: it only has time that passes to wait for.
Errno futex_wait(HostCall& call, Program& program) {
  std::uint32_t value = 0;
  const GuestMemory memory = call.memory();
  if (!memory.load(call.address(0), value)) return Errno::kFault;
  const auto timeout = optional_time_at(call, 2);
  if (!timeout) return timeout.error();
  const bool is_changed = value != u32(call, 1);
  if (!store_bool(memory, call.address(3), is_changed)) return Errno::kFault;
  if (is_changed) return Errno::kSuccess;
  const std::optional<std::chrono::nanoseconds> time = *timeout;
  if (!time) return refuse_part(program, "futex_wait", Errno::kDeadlk);
  return pass_time(program, static_cast<std::uint64_t>(time->count()));
}

Errno futex_wake(HostCall& call, Program& /*program*/) {
  if (!call.memory().bytes(call.address(0), sizeof(std::uint32_t))) return Errno::kFault;
  return store_bool(call.memory(), call.address(1), false) ? Errno::kSuccess : Errno::kFault;
}

}  // namespace weft::abi::command::wasix
