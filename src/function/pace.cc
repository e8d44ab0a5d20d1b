#include "function/pace.h"

#include <algorithm>

namespace weft::function {
namespace {

// The average moves by this part of the difference. A long call weighs this much at most, so that a
// function is short again after some 130 short calls, however long it had been.
constexpr std::uint64_t kWeight = 32;
constexpr std::uint64_t kLongestNs = 10'000'000;
// What an overrun sets it to at least: short again after some 60 short calls.
constexpr std::uint64_t kOverrunNs = 1'000'000;

}  // namespace

void Pace::overran() {
  const std::uint64_t average = average_ns_.load(std::memory_order_relaxed);
  if (average < kOverrunNs) average_ns_.store(kOverrunNs, std::memory_order_relaxed);
}

void Pace::learn(std::chrono::nanoseconds time) {
  const std::uint64_t taken = std::min(static_cast<std::uint64_t>(time.count()), kLongestNs);
  const std::uint64_t average = average_ns_.load(std::memory_order_relaxed);
  const std::uint64_t next =
      average == kUnknown ? taken : average - average / kWeight + taken / kWeight;
  average_ns_.store(next, std::memory_order_relaxed);
}

}  // namespace weft::function
