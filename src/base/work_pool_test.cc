#include "base/work_pool.h"

#include <atomic>
#include <latch>

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("a pool runs all accepted work before it ends") {
  std::atomic<int> done = 0;
  {
    WorkPool pool("test", 2, 100);
    for (int i = 0; i < 100; ++i) {
      CHECK(pool.run([&done] { ++done; }).has_value());
    }
  }
  CHECK(done == 100);
}

TEST_CASE("a full queue refuses work with a retryable error") {
  std::latch running(1);
  std::latch release(1);
  WorkPool pool("test", 1, 1);
  REQUIRE(pool.run([&] {
                running.count_down();
                release.wait();
              })
              .has_value());
  running.wait();
  REQUIRE(pool.run([] {}).has_value());
  const auto refused = pool.run([] {});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::kResourceExhausted);
  release.count_down();
}

}  // namespace
}  // namespace weft
