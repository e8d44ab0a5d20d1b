// What a descriptor of a guest stands for: POSIX's open file description.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "system/errno.h"

namespace weft::system {

using Buffer = std::span<std::uint8_t>;             // to fill
using ConstBuffer = std::span<const std::uint8_t>;  // to take from

enum class FileType : std::uint8_t {
  kUnknown,  // pipes too
  kBlockDevice,
  kCharacterDevice,
  kDirectory,
  kRegular,
  kDatagramSocket,
  kStreamSocket,
  kSymbolicLink,
};

// Nanoseconds since 1970-01-01T00:00:00Z; before that, negative.
using FileTime = std::chrono::sys_time<std::chrono::nanoseconds>;

struct FileStatus {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  FileType type = FileType::kUnknown;
  std::uint64_t links = 1;
  std::uint64_t size_bytes = 0;
  FileTime accessed = {};
  FileTime modified = {};
  FileTime changed = {};
};

// A time that stays as it is when absent.
struct FileTimes {
  std::optional<FileTime> accessed;
  std::optional<FileTime> modified;
};

enum class Whence : std::uint8_t { kStart, kCurrent, kEnd };

// POSIX's file status flags.
struct StatusFlags {
  bool append = false;
  bool nonblocking = false;
  bool data_synchronised = false;  // O_DSYNC
  bool synchronised = false;       // O_SYNC

  bool operator==(const StatusFlags&) const = default;
};

// What a call waits for that cannot go on.
struct Wait {
  enum class For : std::uint8_t { kReading, kWriting };

  int descriptor = -1;  // of this process; -1: only the time passes
  For what = For::kReading;
  std::optional<MonotonicTime> until = std::nullopt;
};

// What is to be known of a file beside how much can be read or written (poll's POLLRDHUP, POLLHUP
// and POLLERR).
struct Condition {
  bool at_end = false;  // Nothing more comes, though there may be something left to read.
  bool hung_up = false;
  bool failed = false;

  bool operator==(const Condition&) const = default;
};

class Directory;
class InterestList;
class Socket;

// Shared by all descriptors that were made from one another. Confined to the guest's thread, or
// protected by the guest's lock where it has several. Operations that a kind of file does not have
// fail as POSIX says. Positions and sizes are in bytes.
//
// None of the calls waits, but for what a disk takes and for the terminal or pipe of a local
// program: what would have to wait returns kAgain, and `wait` says for what.
class OpenFile {
 public:
  OpenFile() = default;
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  virtual ~OpenFile() = default;

  virtual Attempt<FileStatus> status() = 0;
  // The status's; cheaper where it is known already.
  virtual Attempt<FileType> file_type();

  // At the position, which moves. Fewer bytes than asked for are no error; 0 is the end.
  virtual Attempt<std::size_t> read(std::span<const Buffer> buffers);
  virtual Attempt<std::size_t> write(std::span<const ConstBuffer> buffers);
  // At `offset`; the position stays.
  virtual Attempt<std::size_t> read_at(std::span<const Buffer> buffers, std::uint64_t offset);
  virtual Attempt<std::size_t> write_at(std::span<const ConstBuffer> buffers, std::uint64_t offset);
  // Returns the new position.
  virtual Attempt<std::uint64_t> seek(std::int64_t offset, Whence whence);

  virtual Attempt<> set_size(std::uint64_t size_bytes);
  virtual Attempt<> allocate(std::uint64_t offset, std::uint64_t size_bytes);
  virtual Attempt<> sync(bool data_only);
  virtual Attempt<> set_times(const FileTimes& times);
  virtual StatusFlags flags() const { return {}; }
  virtual Attempt<> set_flags(const StatusFlags& flags);
  // The flags for a guest that asks for them; what it is told holds from then on.
  virtual StatusFlags tell_flags() { return flags(); }

  // How many bytes can be read, or written, without waiting; 0 at the end. Nothing: it would have
  // to wait. What never waits says 1 where it does not know better.
  virtual std::optional<std::uint64_t> ready(Wait::For what);
  virtual Condition condition() { return {}; }
  // What to wait for after kAgain. Nothing: it never has to.
  virtual std::optional<Wait> wait(Wait::For what);
  // How long the guest wants to wait at most. Nothing: as long as it takes.
  virtual std::optional<std::chrono::nanoseconds> patience(Wait::For what) const;

  // How often the guest tried to read or write what it may have to wait for.
  std::uint64_t uses(Wait::For what) const { return uses_.at(static_cast<std::size_t>(what)); }

  // Null for everything else.
  virtual Directory* as_directory() { return nullptr; }
  virtual Socket* as_socket() { return nullptr; }
  virtual InterestList* as_interest_list() { return nullptr; }
  // Whether it is an end of a pair, which is sent to and received from as if it were a socket.
  virtual bool is_of_pair() const { return false; }
  // Of sockets and pairs; kNotSocket for all others, kInvalid for neither direction.
  virtual Attempt<> shut_down(bool reading, bool writing);

 protected:
  void count_use(Wait::For what) { ++uses_.at(static_cast<std::size_t>(what)); }

 private:
  std::array<std::uint64_t, 2> uses_{};  // by Wait::For
};

}  // namespace weft::system
