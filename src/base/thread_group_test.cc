#include "base/thread_group.h"

#include <atomic>
#include <future>

#include <doctest/doctest.h>
#include <pthread.h>

namespace weft {
namespace {

constexpr std::chrono::minutes kLong{10};
constexpr std::size_t kStackBytes = 256ULL * 1024;

TEST_CASE("each piece of work has a thread of its own, and the group waits for all") {
  std::atomic<int> ended = 0;
  {
    ThreadGroup group("test", 8, kStackBytes);
    std::promise<void> met;
    std::shared_future<void> all_there = met.get_future().share();
    std::atomic<int> there = 0;
    for (int i = 0; i < 8; ++i) {
      REQUIRE(group
                  .start([&, all_there] {
                    if (++there == 8) met.set_value();
                    all_there.wait();  // Nobody gets here without the others.
                    ++ended;
                  })
                  .has_value());
    }
    all_there.wait();
  }
  CHECK(ended == 8);
}

TEST_CASE("no more threads run than may, and one that has ended makes room") {
  ThreadGroup group("test", 2, kStackBytes);
  std::promise<void> first;
  std::promise<void> second;
  REQUIRE(group.start([&] { first.get_future().wait(); }).has_value());
  REQUIRE(group.start([&] { second.get_future().wait(); }).has_value());
  const auto refused = group.start([] {});
  CHECK(refused.error().code() == ErrorCode::kResourceExhausted);
  CHECK(refused.error().limit().value().name == "threads");
  CHECK(group.running() == 2);
  CHECK_FALSE(group.wait_for_running(1, std::chrono::microseconds(1)));
  first.set_value();
  CHECK(group.wait_for_running(1, kLong));
  CHECK(group.start([] {}).has_value());
  second.set_value();
  CHECK(group.wait_for_running(0, kLong));
}

TEST_CASE("the stack of each thread has the size that was asked for") {
  std::size_t bytes = 0;
  {
    ThreadGroup group("test", 1, 3 * kStackBytes);
    REQUIRE(group
                .start([&] {
                  pthread_attr_t attributes{};
                  REQUIRE(::pthread_getattr_np(::pthread_self(), &attributes) == 0);
                  ::pthread_attr_getstacksize(&attributes, &bytes);
                  ::pthread_attr_destroy(&attributes);
                })
                .has_value());
  }
  CHECK(bytes == 3 * kStackBytes);
}

TEST_CASE("what work owns is freed when its end is known") {
  ThreadGroup group("test", 1, kStackBytes);
  const auto owned = std::make_shared<int>(1);
  REQUIRE(group.start([copy = owned] {}).has_value());
  REQUIRE(group.wait_for_running(0, kLong));
  CHECK(owned.use_count() == 1);
}

}  // namespace
}  // namespace weft
