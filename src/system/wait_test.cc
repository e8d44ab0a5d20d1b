#include "system/wait.h"

#include <thread>

#include <doctest/doctest.h>
#include <sys/resource.h>

namespace weft::system {
namespace {

TEST_CASE("a bell ends the waits of other threads, and those that begin later") {
  const SystemClock clock;
  const Bell bell = Bell::create().value();
  CHECK_FALSE(ready_bytes(bell.wait().descriptor, Wait::For::kReading).has_value());
  {
    std::jthread one([&] { block_until({bell.wait()}, clock); });
    std::jthread other([&] { block_until({bell.wait(), {.until = MonotonicTime::max()}}, clock); });
    bell.ring();
  }
  bell.ring();
  block_until({bell.wait()}, clock);
  CHECK(ready_bytes(bell.wait().descriptor, Wait::For::kReading).has_value());
}

TEST_CASE("more waits for a descriptor than a process may have descriptors are waits") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const SystemClock clock;
  const Bell bell = Bell::create().value();
  std::vector<Wait> waits(4096, bell.wait());
  const MonotonicTime until = clock.monotonic() + std::chrono::milliseconds(10);
  waits.push_back({.until = until});
  const rlimit low{.rlim_cur = 64, .rlim_max = before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  block_until(waits, clock);
  CHECK(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK(clock.monotonic() >= until);
}

TEST_CASE("a descriptor that is waited for twice is waited for in both ways") {
  const SystemClock clock;
  const Bell bell = Bell::create().value();
  // It can be written to at any time.
  const Wait writing{.descriptor = bell.wait().descriptor, .what = Wait::For::kWriting};
  block_until({bell.wait(), writing}, clock);
  block_until({writing, bell.wait()}, clock);
  CHECK_FALSE(ready_bytes(bell.wait().descriptor, Wait::For::kReading).has_value());
}

}  // namespace
}  // namespace weft::system
