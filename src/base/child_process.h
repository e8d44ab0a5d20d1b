// Programs that this process starts and watches.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"

namespace weft {

// How a process ended: with a code, or by a signal.
struct ChildExit {
  int code = 0;
  int signal = 0;  // 0: none

  bool operator==(const ChildExit&) const = default;
};

struct ChildOptions {
  std::vector<std::string> arguments;    // The first is the program's path.
  std::vector<std::string> environment;  // "NAME=VALUE"; nothing else is in it.
  // What is kept of each stream; the rest is read and dropped.
  std::size_t output_bytes_max = 16UZ * 1024 * 1024;
};

// A process with pipes for its standard streams. Confined to one thread. Killed and reaped at the
// end.
class ChildProcess {
 public:
  // kNotFound or kPermissionDenied for the program, kUnavailable when the system has no room for
  // another process.
  static Result<ChildProcess> start(const ChildOptions& options, const Clock& clock);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  // Writes all to its standard input and takes meanwhile what it writes. False when it does not
  // read it until then, or ends before. The caller's process ignores SIGPIPE.
  bool write(std::string_view bytes, MonotonicTime until);
  void close_input() { input_ = UniqueFd(); }

  // Takes what it writes: waits for some, or for its end. False at `until`, and once it has ended
  // and everything is taken.
  bool take(MonotonicTime until);
  // What it wrote, without what the reader erased. Both may change.
  std::string& output() { return output_.text; }
  std::string& errors() { return errors_.text; }
  // Nothing while it runs, as far as `take` has seen.
  const std::optional<ChildExit>& exit() const { return exit_; }
  // Sends it a signal, if it runs.
  void send(int signal);

 private:
  struct Stream {
    UniqueFd descriptor;  // None at its end.
    std::string text;
  };

  ChildProcess(pid_t pid, UniqueFd process, std::size_t output_bytes_max, const Clock& clock)
      : clock_(&clock),
        pid_(pid),
        process_(std::move(process)),
        output_bytes_max_(output_bytes_max) {}
  // Waits for one event and takes what came; false at `until`.
  bool wait(MonotonicTime until, bool for_writing, bool& writable);
  void take_some(Stream& stream);
  void reap();

  const Clock* clock_;
  pid_t pid_;
  UniqueFd process_;  // a pidfd; none once it is reaped
  std::size_t output_bytes_max_;
  UniqueFd input_;
  Stream output_;
  Stream errors_;
  std::optional<ChildExit> exit_;
};

}  // namespace weft
