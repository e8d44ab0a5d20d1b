#include "base/work_pool.h"

#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace weft {
namespace {

TEST_CASE("all accepted work is done when a pool has finished") {
  std::atomic<int> done = 0;
  WorkPool pool("test", 2, 100);
  for (int round = 1; round <= 2; ++round) {
    for (int i = 0; i < 100; ++i) {
      if (!pool.run([&done] { ++done; })) --i;  // The queue is full for a moment.
    }
    pool.finish();
    CHECK(done == 100 * round);
  }
}

TEST_CASE("a pool that is finished without work returns at once") {
  WorkPool pool("test", 2, 1);
  pool.finish();
}

TEST_CASE("threads begin when there is work for them, with the priority of their pool") {
  WorkPool pool("test", 50, 1, 7);
  std::set<pid_t> threads;
  std::set<int> priorities;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(pool.run([&] {
                  threads.insert(::gettid());
                  priorities.insert(::getpriority(PRIO_PROCESS, 0));
                })
                .has_value());
    pool.finish();
  }
  CHECK(threads.size() == 1);
  CHECK(*priorities.begin() >= 7);

  std::latch all(50);  // Each waits for the others.
  for (int i = 0; i < 50; ++i) {
    if (!pool.run([&all] { all.arrive_and_wait(); })) --i;
  }
  pool.finish();
}

// Counts how often it is destroyed while it owns itself.
struct Witness {
  explicit Witness(std::latch& witnessed) : destroyed(&witnessed) {}
  Witness(Witness&& other) noexcept : destroyed(std::exchange(other.destroyed, nullptr)) {}
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;
  Witness& operator=(Witness&&) = delete;
  ~Witness() {
    if (destroyed != nullptr) destroyed->count_down();
  }
  std::latch* destroyed;
};

TEST_CASE("the end of a pool waits for work that runs and drops work that waits") {
  constexpr int kWaiting = 20;
  std::latch running(2);
  std::latch dropped(kWaiting);
  std::atomic<int> ended = 0;
  std::atomic<int> begun_late = 0;
  const auto until_others_are_dropped = [&] {
    running.count_down();
    dropped.wait();
    ++ended;
  };
  auto pool = std::make_unique<WorkPool>("test", 2, kWaiting);
  for (int i = 0; i < 2; ++i)
    REQUIRE(pool->run(until_others_are_dropped).has_value());
  running.wait();
  for (int i = 0; i < kWaiting; ++i) {
    auto late = [&begun_late, witness = Witness(dropped)] { ++begun_late; };
    REQUIRE(pool->run(std::move(late)).has_value());
  }
  pool.reset();
  CHECK(ended == 2);
  CHECK(begun_late == 0);
}

TEST_CASE("work that is given while the pool ends is refused") {
  std::latch running(1);
  std::latch ending(1);
  std::optional<ErrorCode> refused;
  auto pool = std::make_unique<WorkPool>("test", 1, 2);
  const auto give_more = [&, to = pool.get()] {
    running.count_down();
    ending.wait();
    const auto later = to->run([] {});
    if (!later) refused = later.error().code();
  };
  REQUIRE(pool->run(give_more).has_value());
  running.wait();
  auto waiting = [witness = Witness(ending)] {};
  REQUIRE(pool->run(std::move(waiting)).has_value());
  pool.reset();
  CHECK(refused == ErrorCode::kUnavailable);
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
