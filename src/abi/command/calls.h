// The functions of the two WASI modules, by what they are about. Private to command.
//
// Each sets its results, or stops the guest, and returns an errno. Where wasi_unstable differs,
// there is one for each.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "abi/command/command.h"
#include "abi/command/errno.h"
#include "abi/command/threads.h"
#include "engine/host_call.h"

namespace weft::abi::command {

// Which of the two a call came through.
enum class Snapshot : std::uint8_t { kUnstable, kPreview1 };

// Rights of snapshot-01; system::Rights has the same bits.
enum class Right : std::uint8_t {
  kFdDatasync,
  kFdRead,
  kFdSeek,
  kFdFdstatSetFlags,
  kFdSync,
  kFdTell,
  kFdWrite,
  kFdAdvise,
  kFdAllocate,
  kPathCreateDirectory,
  kPathCreateFile,
  kPathLinkSource,
  kPathLinkTarget,
  kPathOpen,
  kFdReaddir,
  kPathReadlink,
  kPathRenameSource,
  kPathRenameTarget,
  kPathFilestatGet,
  kPathFilestatSetSize,
  kPathFilestatSetTimes,
  kFdFilestatGet,
  kFdFilestatSetSize,
  kFdFilestatSetTimes,
  kPathSymlink,
  kPathRemoveDirectory,
  kPathUnlinkFile,
  kPollFdReadwrite,
  kSockShutdown,
  kSockAccept,
};

constexpr system::Rights bit(Right right) {
  return system::Rights{1} << static_cast<unsigned>(right);
}
constexpr system::Rights bits(auto... rights) {
  return (bit(rights) | ...);
}

inline constexpr system::Rights kDirectoryRights =
    bits(Right::kFdFdstatSetFlags, Right::kFdSync, Right::kFdDatasync, Right::kFdAdvise,
         Right::kPathCreateDirectory, Right::kPathCreateFile, Right::kPathLinkSource,
         Right::kPathLinkTarget, Right::kPathOpen, Right::kFdReaddir, Right::kPathReadlink,
         Right::kPathRenameSource, Right::kPathRenameTarget, Right::kPathFilestatGet,
         Right::kPathFilestatSetSize, Right::kPathFilestatSetTimes, Right::kFdFilestatGet,
         Right::kFdFilestatSetTimes, Right::kPathSymlink, Right::kPathRemoveDirectory,
         Right::kPathUnlinkFile, Right::kPollFdReadwrite);
inline constexpr system::Rights kFileRights = bits(
    Right::kFdDatasync, Right::kFdRead, Right::kFdSeek, Right::kFdFdstatSetFlags, Right::kFdSync,
    Right::kFdTell, Right::kFdWrite, Right::kFdAdvise, Right::kFdAllocate, Right::kFdFilestatGet,
    Right::kFdFilestatSetSize, Right::kFdFilestatSetTimes, Right::kPollFdReadwrite);

inline constexpr system::Rights kConnectionRights =
    bits(Right::kFdRead, Right::kFdWrite, Right::kFdFdstatSetFlags, Right::kFdFilestatGet,
         Right::kPollFdReadwrite, Right::kSockShutdown);
inline constexpr system::Rights kListenerRights = bits(
    Right::kFdFdstatSetFlags, Right::kFdFilestatGet, Right::kPollFdReadwrite, Right::kSockAccept);

// Bits of type fdflags.
inline constexpr std::uint32_t kAppend = 1U << 0U;
inline constexpr std::uint32_t kDsync = 1U << 1U;
inline constexpr std::uint32_t kNonblock = 1U << 2U;
inline constexpr std::uint32_t kRsync = 1U << 3U;
inline constexpr std::uint32_t kSync = 1U << 4U;

constexpr system::StatusFlags status_flags_of(std::uint32_t fdflags) {
  return {.append = (fdflags & kAppend) != 0,
          .nonblocking = (fdflags & kNonblock) != 0,
          .data_synchronised = (fdflags & kDsync) != 0,
          .synchronised = (fdflags & (kSync | kRsync)) != 0};
}

inline engine::GuestAddress operator+(engine::GuestAddress address, std::uint64_t offset) {
  return static_cast<engine::GuestAddress>(static_cast<std::uint64_t>(address) + offset);
}

inline system::FileNumber number_at(const engine::HostCall& call, std::size_t index) {
  return system::FileNumber{static_cast<std::uint32_t>(call.i32(index))};
}

// Parameter `index` without its sign, as WASI means nearly all of them.
inline std::uint32_t u32(const engine::HostCall& call, std::size_t index) {
  return static_cast<std::uint32_t>(call.i32(index));
}

// The open descriptor that parameter `index` names. kBadf when there is none; kNotcapable when it
// lacks the right, but kBadf for reading and writing, as POSIX says it of a file that was not
// opened for that, and kSpipe for seeking: streams lack that right.
std::expected<system::Descriptor*, Errno> descriptor_with(const engine::HostCall& call,
                                                          Program& program, std::size_t index,
                                                          Right right);
// The same for what is no directory: kBadf for those.
std::expected<system::Descriptor*, Errno> file_with(const engine::HostCall& call, Program& program,
                                                    std::size_t index, Right right);
// The same for what is one: kNotdir for the others.
std::expected<system::Directory*, Errno> directory_with(const engine::HostCall& call,
                                                        Program& program, std::size_t index,
                                                        Right right);

// The path whose address and size are the parameters `index` and `index` + 1, copied: a guest with
// threads could change it while it is looked at. kFault, kNametoolong, or kIlseq when it is not
// UTF-8.
std::expected<std::string, Errno> path_at(const engine::HostCall& call, std::size_t index);

// Held by each host function while it runs: of a program with threads, one runs at a time.
class Turn {
 public:
  explicit Turn(const Program& program) : threads_(program.threads()) {
    if (threads_ != nullptr) threads_->take_turn();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (threads_ != nullptr) threads_->end_turn();
  }

  // The program has ended: the guest must be stopped, with this error, which nobody sees.
  bool is_over() const { return threads_ != nullptr && threads_->is_over(); }
  static Error over() { return {ErrorCode::kCancelled, "the program has ended"}; }

 private:
  Threads* threads_;
};

// The time that a wait of so many nanoseconds ends, from the beginning of the call of a host
// function; at most that of the clock's end.
MonotonicTime end_of_wait(Program& program, std::uint64_t nanoseconds);

// Tries again what would have to wait, where this thread may wait and the guest wants to. Other
// threads of the program run while it waits: the caller sees to it that `file` lives on.
template <class Operation>
auto waiting(Program& program, system::OpenFile& file, system::Wait::For what,
             const Operation& operation) -> decltype(operation()) {
  std::optional<MonotonicTime> until;
  for (;;) {
    // With threads, the read of a stream that would wait must not keep the turn meanwhile.
    if (program.threads() == nullptr || file.flags().nonblocking || file.ready(what)) {
      auto result = operation();
      if (result || result.error() != system::Errno::kAgain) return result;
    }
    auto wait = file.wait(what);
    if (!wait || !program.can_wait() || file.flags().nonblocking)
      return std::unexpected(system::Errno::kAgain);
    if (const auto patience = file.patience(what)) {
      if (!until) until = end_of_wait(program, static_cast<std::uint64_t>(patience->count()));
      if (program.world().clock->monotonic() >= *until)
        return std::unexpected(system::Errno::kAgain);
      wait->until = until;
    }
    if (!program.wait({*wait})) return std::unexpected(system::Errno::kInterrupted);
  }
}

// Writes, waiting as above. A stream of a connection that waits takes all of it, as Linux has it;
// what it took before an error is no error.
system::Attempt<std::size_t> write_waiting(Program& program, system::OpenFile& file,
                                           std::span<const system::ConstBuffer> buffers);

// The file of a descriptor, held where another thread may close it; else null.
inline std::shared_ptr<system::OpenFile> held(const Program& program,
                                              const system::Descriptor& descriptor) {
  return program.threads() != nullptr ? descriptor.file : nullptr;
}

// What came of a transfer: how many bytes, at parameter `index`. Stops a guest that must end.
Errno finish(engine::HostCall& call, Program& program, std::size_t index,
             const system::Attempt<std::size_t>& count);
// Whether the number of bytes can be told; looked at before they move.
bool has_place_for_count(const engine::HostCall& call, std::size_t index);

// Remembers what a person could have allowed.
Errno noted(Program& program, Errno error);

// At `address`, in the form of the snapshot. False when any byte lies outside of the memory.
bool store_status(const engine::GuestMemory& memory, engine::GuestAddress address,
                  const system::FileStatus& status, Snapshot snapshot);
std::uint8_t file_type_number(system::FileType type);
// From parameters `index` (access), `index` + 1 (modification) and `index` + 2 (which of them).
std::expected<system::FileTimes, Errno> times_at(const engine::HostCall& call,
                                                 const Program& program, std::size_t index);

// What ends a program that called proc_exit.
Error exit_error(std::uint32_t code);

Errno args_get(engine::HostCall& call, Program& program);
Errno args_sizes_get(engine::HostCall& call, Program& program);
Errno environ_get(engine::HostCall& call, Program& program);
Errno environ_sizes_get(engine::HostCall& call, Program& program);
Errno clock_res_get(engine::HostCall& call, Program& program);
Errno clock_time_get(engine::HostCall& call, Program& program);
Errno random_get(engine::HostCall& call, Program& program);
Errno sched_yield(engine::HostCall& call, Program& program);
Errno proc_raise(engine::HostCall& call, Program& program);
void proc_exit(engine::HostCall& call);

Errno fd_advise(engine::HostCall& call, Program& program);
Errno fd_allocate(engine::HostCall& call, Program& program);
Errno fd_close(engine::HostCall& call, Program& program);
Errno fd_datasync(engine::HostCall& call, Program& program);
Errno fd_fdstat_get(engine::HostCall& call, Program& program);
Errno fd_fdstat_set_flags(engine::HostCall& call, Program& program);
Errno fd_fdstat_set_rights(engine::HostCall& call, Program& program);
Errno fd_filestat_get(engine::HostCall& call, Program& program);
Errno fd_filestat_get_unstable(engine::HostCall& call, Program& program);
Errno fd_filestat_set_size(engine::HostCall& call, Program& program);
Errno fd_filestat_set_times(engine::HostCall& call, Program& program);
Errno fd_pread(engine::HostCall& call, Program& program);
Errno fd_prestat_get(engine::HostCall& call, Program& program);
Errno fd_prestat_dir_name(engine::HostCall& call, Program& program);
Errno fd_pwrite(engine::HostCall& call, Program& program);
Errno fd_read(engine::HostCall& call, Program& program);
Errno fd_readdir(engine::HostCall& call, Program& program);
Errno fd_renumber(engine::HostCall& call, Program& program);
Errno fd_seek(engine::HostCall& call, Program& program);
Errno fd_seek_unstable(engine::HostCall& call, Program& program);
Errno fd_sync(engine::HostCall& call, Program& program);
Errno fd_tell(engine::HostCall& call, Program& program);
Errno fd_write(engine::HostCall& call, Program& program);

Errno path_create_directory(engine::HostCall& call, Program& program);
Errno path_filestat_get(engine::HostCall& call, Program& program);
Errno path_filestat_get_unstable(engine::HostCall& call, Program& program);
Errno path_filestat_set_times(engine::HostCall& call, Program& program);
Errno path_link(engine::HostCall& call, Program& program);
Errno path_open(engine::HostCall& call, Program& program);
Errno path_readlink(engine::HostCall& call, Program& program);
Errno path_remove_directory(engine::HostCall& call, Program& program);
Errno path_rename(engine::HostCall& call, Program& program);
Errno path_symlink(engine::HostCall& call, Program& program);
Errno path_unlink_file(engine::HostCall& call, Program& program);

Errno poll_oneoff(engine::HostCall& call, Program& program);
Errno poll_oneoff_unstable(engine::HostCall& call, Program& program);

// The socket that parameter 0 names. kBadf when nothing is open there, kNotsock when it is
// something else, kNotcapable when it lacks the right.
std::expected<std::shared_ptr<system::Socket>, Errno> socket_with(const engine::HostCall& call,
                                                                  Program& program, Right right);
// How a program wants to receive.
struct Receiving {
  bool peek = false;       // The bytes stay.
  bool fill = false;       // Of a stream: until the buffers are full; not with `peek`.
  bool dont_wait = false;  // Takes what is there.
};
// Waits as far as the program and `how` want it to.
system::Attempt<system::Received> receive(Program& program, system::Socket& socket,
                                          std::span<const system::Buffer> buffers,
                                          const Receiving& how);
// The next connection of parameter 0, which is `listener`; its number goes where parameter `index`
// points.
std::expected<std::shared_ptr<system::Socket>, Errno> accept_connection(
    engine::HostCall& call, Program& program, system::Socket& listener,
    const system::StatusFlags& flags, std::size_t index);

Errno sock_accept(engine::HostCall& call, Program& program);
Errno sock_recv(engine::HostCall& call, Program& program);
Errno sock_send(engine::HostCall& call, Program& program);
Errno sock_shutdown(engine::HostCall& call, Program& program);

// What WasmEdge adds; where it has changed a function, there is one for each form.
Errno sock_open(engine::HostCall& call, Program& program);
Errno sock_bind(engine::HostCall& call, Program& program);
Errno sock_listen(engine::HostCall& call, Program& program);
Errno sock_accept_without_flags(engine::HostCall& call, Program& program);
Errno sock_connect(engine::HostCall& call, Program& program);
Errno sock_recv_from(engine::HostCall& call, Program& program);
Errno sock_recv_from_without_port(engine::HostCall& call, Program& program);
Errno sock_send_to(engine::HostCall& call, Program& program);
Errno sock_getlocaladdr(engine::HostCall& call, Program& program);
Errno sock_getlocaladdr_without_kind(engine::HostCall& call, Program& program);
Errno sock_getpeeraddr(engine::HostCall& call, Program& program);
Errno sock_getpeeraddr_without_kind(engine::HostCall& call, Program& program);
Errno sock_getsockopt(engine::HostCall& call, Program& program);
Errno sock_setsockopt(engine::HostCall& call, Program& program);
Errno sock_getaddrinfo(engine::HostCall& call, Program& program);

}  // namespace weft::abi::command
