// How benchmark programs measure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <time.h>

namespace weft::bench {

// CPU time of this thread so far.
inline std::int64_t cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return (std::int64_t{now.tv_sec} * 1'000'000'000) + now.tv_nsec;
}

struct Rounds {
  int rounds = 9;
  int times = 500;
};

// CPU microseconds of one of so many times, in the best round.
template <class Work>
double least_us(const Rounds& count, Work work) {
  double least = std::numeric_limits<double>::max();
  for (int round = 0; round < count.rounds; ++round) {
    const std::int64_t begin = cpu_ns();
    for (int i = 0; i < count.times; ++i)
      work();
    least = std::min(least, static_cast<double>(cpu_ns() - begin) / (1000.0 * count.times));
  }
  return least;
}

}  // namespace weft::bench
