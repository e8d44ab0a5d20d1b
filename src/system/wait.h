// Waiting on the thread of a guest that has it alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "system/open_file.h"

namespace weft::system {

// What is waited for on one descriptor of this process, of which a list of waits may have several.
struct Watched {
  int descriptor;
  bool reading;
  bool writing;
};
// Each descriptor once: the system takes no longer a list than a process may have descriptors.
std::vector<Watched> watched_by(const std::vector<Wait>& waits);

// Nothing when none of them has a time.
std::optional<MonotonicTime> earliest_of(const std::vector<Wait>& waits);

// As system calls take it; of a time that is not negative.
timespec timespec_of(std::chrono::nanoseconds time);

// Blocks until one of the descriptors is ready or failed, or until the earliest of the times; at
// once when there is neither.
void block_until(const std::vector<Wait>& waits, const Clock& clock);

// What ends waits of other threads. Thread-safe.
class Bell {
 public:
  // kResourceExhausted when the process has no descriptor left.
  static Result<Bell> create();

  // Over at once when it has rung, at any time before.
  Wait wait() const { return {.descriptor = event_.get()}; }
  void ring() const;

 private:
  explicit Bell(UniqueFd event) : event_(std::move(event)) {}

  UniqueFd event_;
};

// How many bytes the descriptor of this process would give, or take, at once: at least 1, or 0 at
// the end or where the next datagram is empty. Nothing when it would wait.
std::optional<std::uint64_t> ready_bytes(int descriptor, Wait::For what);
Condition condition_of(int descriptor);

}  // namespace weft::system
