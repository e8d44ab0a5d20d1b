#include "system/wait.h"

#include <thread>

#include <doctest/doctest.h>

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

}  // namespace
}  // namespace weft::system
