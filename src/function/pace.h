// How long the calls of a function compute: learned from those that were, to place those that come.
// Private to function.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace weft::function {

// Thread-safe; when two calls end at once, one of them may not count.
class Pace {
 public:
  // A call that is expected to take longer does not run on an event loop: requests that wait for a
  // guest of 0.9 ms wait 40 times as long as for one of this (docs/adr/0011).
  static constexpr std::chrono::microseconds kShortMax{200};
  // How long a guest may keep its thread while others wait: the most that a call took which ended
  // within its slice.
  static constexpr std::chrono::milliseconds kSliceMax{1};

  // Guests with more memory never run on an event loop: one operation on all of it (memory.fill)
  // cannot be interrupted, and takes some 0.7 ms for each MiB that has to be found first.
  static constexpr std::uint64_t kMemoryMax = 64ULL * 1024 * 1024;

  // Whether the next call is expected to be short. Not before one has ended.
  bool is_short() const {
    if (is_large_.load(std::memory_order_relaxed)) return false;
    const std::uint64_t average = average_ns_.load(std::memory_order_relaxed);
    return average <= static_cast<std::uint64_t>(std::chrono::nanoseconds(kShortMax).count());
  }
  // A call that was expected to be short was not: the next one is not either.
  void overran();
  // What a call took.
  void learn(std::chrono::nanoseconds time);
  // How much memory a guest had.
  void saw_memory(std::uint64_t bytes) {
    if (bytes > kMemoryMax) is_large_.store(true, std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

  std::atomic<std::uint64_t> average_ns_ = kUnknown;
  std::atomic<bool> is_large_ = false;
};

}  // namespace weft::function
