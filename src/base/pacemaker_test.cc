#include "base/pacemaker.h"

#include <atomic>
#include <semaphore>

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("a pacemaker beats only after a wake and until there is nothing to do") {
  std::atomic<int> beats = 0;
  std::counting_semaphore<> rested(0);
  Pacemaker pacemaker("test", std::chrono::microseconds(100), [&] {
    const bool more = ++beats % 3 != 0;
    if (!more) rested.release();
    return more;
  });
  for (int round = 1; round <= 20; ++round) {
    pacemaker.wake();
    rested.acquire();
    CHECK(beats >= 3);
  }
}

TEST_CASE("every wake is followed by a beat") {
  std::atomic<int> wanted = 0;
  std::atomic<int> seen = 0;
  std::binary_semaphore caught_up(0);
  {
    Pacemaker pacemaker("test", std::chrono::microseconds(10), [&] {
      seen = wanted.load();
      caught_up.release();
      return false;
    });
    for (int i = 1; i <= 1000; ++i) {
      wanted = i;
      pacemaker.wake();
      while (seen != i)
        caught_up.acquire();
    }
  }
  CHECK(seen == 1000);
}

TEST_CASE("a beat that is waited for does not wait for its time") {
  std::counting_semaphore<> beaten(0);
  // Nobody would wait for its second beat.
  Pacemaker pacemaker("test", std::chrono::hours(1), [&] {
    beaten.release();
    return true;
  });
  for (int i = 0; i < 3; ++i) {
    pacemaker.wake_now();
    beaten.acquire();
  }
}

}  // namespace
}  // namespace weft
