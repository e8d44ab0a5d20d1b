// A thread that beats at an interval while there is something to do, and sleeps when there is not.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace weft {

// Thread-safe.
class Pacemaker {
 public:
  // What happens at each beat; false when nothing is left to do, so that the thread sleeps until
  // wake().
  using Beat = std::move_only_function<bool()>;

  // `name` shows in tools (at most 15 bytes). Starts asleep.
  Pacemaker(const char* name, std::chrono::microseconds interval, Beat beat);
  Pacemaker(const Pacemaker&) = delete;
  Pacemaker& operator=(const Pacemaker&) = delete;
  // Ends after at most one more beat.
  ~Pacemaker();

  // Makes sure that a beat begins after this call. That beat sees what the caller wrote before
  // under a lock that the beat takes too, or to sequentially consistent atomics; relaxed ones it
  // may miss. Costs one atomic load while the thread is awake.
  void wake();
  // The same, and that beat begins at once: for who waits for it.
  void wake_now();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft
