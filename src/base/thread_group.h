// Threads that are begun one by one and run as long as they like.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "base/result.h"

namespace weft {

// Thread-safe, except that nobody else uses it once it is being destroyed, other than the work that
// runs on it. For work that may take for ever; for pieces of work that end, see WorkPool.
class ThreadGroup {
 public:
  using Work = std::move_only_function<void()>;

  // `threads_max` is at least 1. `name` shows in tools (at most 15 bytes) and outlives this object.
  // Each thread has a stack of `stack_bytes`, at least 64 KiB, whatever the limit of this process.
  ThreadGroup(const char* name, std::size_t threads_max, std::size_t stack_bytes);
  ThreadGroup(const ThreadGroup&) = delete;
  ThreadGroup& operator=(const ThreadGroup&) = delete;
  // Waits for all of them.
  ~ThreadGroup();

  // Runs `work` on a thread of its own. kResourceExhausted when `threads_max` of them run, or the
  // system has no thread left; `work` is then destroyed unrun.
  Result<> start(Work work);

  // How many have work that is not over.
  std::size_t running() const;

  // Waits until at most `count` have. False when `patience` was over before.
  bool wait_for_running(std::size_t count, std::chrono::microseconds patience) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft
