#include "system/waiting_room.h"

#include <atomic>
#include <latch>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace weft::system {
namespace {

struct Pair {
  UniqueFd ours;
  UniqueFd theirs;

  Pair() {
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) == 0);
    ours = UniqueFd(ends[0]);
    theirs = UniqueFd(ends[1]);
  }
  Wait reading() const { return {.descriptor = ours.get()}; }
  Wait writing() const { return {.descriptor = ours.get(), .what = Wait::For::kWriting}; }
  void send() const { REQUIRE(::write(theirs.get(), "x", 1) == 1); }
};

TEST_CASE("a guest goes on when what it waits for is there, once") {
  const SystemClock clock;
  WaitingRoom room(clock);
  for (int round = 0; round < 3; ++round) {
    const Pair pair;
    std::latch over(1);
    const auto place = room.park({pair.reading()}, [&] { over.count_down(); }).value();
    pair.send();
    over.wait();
    CHECK_FALSE(room.leave(place));
  }
}

TEST_CASE("a guest goes on at the earliest of its times, others wait on") {
  const SystemClock clock;
  WaitingRoom room(clock);
  const Pair pair;
  const MonotonicTime now = clock.monotonic();
  std::atomic<bool> late_is_over = false;
  const auto late =
      room.park({{.until = now + std::chrono::hours(1)}}, [&] { late_is_over = true; }).value();
  std::latch over(2);
  REQUIRE(room.park({pair.reading(),
                     {.until = now + std::chrono::hours(2)},
                     {.until = now + std::chrono::milliseconds(5)}},
                    [&] {
                      CHECK(clock.monotonic() >= now + std::chrono::milliseconds(5));
                      over.count_down();
                    })
              .has_value());
  REQUIRE(room.park({{.until = now - std::chrono::seconds(1)}}, [&] { over.count_down(); })
              .has_value());
  over.wait();
  CHECK_FALSE(late_is_over);
  CHECK(room.leave(late));
}

TEST_CASE("a guest that has left is not called, and its descriptors are its own") {
  const SystemClock clock;
  WaitingRoom room(clock);
  Pair pair;
  const auto kept = std::make_shared<int>(0);
  std::atomic<int> calls = 0;
  const auto place =
      room.park({pair.reading(), pair.writing()}, [kept, &calls] { ++calls; }).value();
  // What is writable at once may be over before this.
  if (room.leave(place)) {
    CHECK(calls == 0);
    CHECK(kept.use_count() == 1);
  }
  const auto reading = room.park({pair.reading()}, [kept] { CHECK(false); }).value();
  CHECK(room.leave(reading));
  pair.send();
  // The same number, as another file of the process may have, can be watched anew.
  std::latch over(1);
  REQUIRE(room.park({pair.reading()}, [&] { over.count_down(); }).has_value());
  over.wait();
}

TEST_CASE("one descriptor may be waited for in both directions") {
  const SystemClock clock;
  WaitingRoom room(clock);
  const Pair pair;
  std::latch over(1);
  REQUIRE(room.park({pair.reading(), pair.writing()}, [&] { over.count_down(); }).has_value());
  over.wait();
}

TEST_CASE("a guest looks again soon at what cannot be watched") {
  const SystemClock clock;
  WaitingRoom room(clock);
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  std::latch over(1);
  REQUIRE(room.park({{.descriptor = file.get()}}, [&] { over.count_down(); }).has_value());
  over.wait();
}

TEST_CASE("the end of one side is what the other waits for") {
  const SystemClock clock;
  WaitingRoom room(clock);
  Pair pair;
  std::latch over(1);
  REQUIRE(room.park({pair.reading()}, [&] { over.count_down(); }).has_value());
  pair.theirs = UniqueFd();
  over.wait();
}

TEST_CASE("those that are still there when the room ends are never called") {
  const SystemClock clock;
  const Pair pair;
  const auto kept = std::make_shared<int>(0);
  {
    WaitingRoom room(clock);
    for (int i = 0; i < 3; ++i) {
      const auto until = clock.monotonic() + std::chrono::hours(1 + i);
      REQUIRE(room.park({{.until = until}}, [kept] { CHECK(false); }).has_value());
    }
    REQUIRE(room.park({pair.reading()}, [kept] { CHECK(false); }).has_value());
    CHECK(kept.use_count() == 5);
  }
  CHECK(kept.use_count() == 1);
}

TEST_CASE("many threads come, leave and are called, each once") {
  constexpr int kThreads = 4;
  constexpr int kEach = 500;
  const SystemClock clock;
  std::atomic<int> over = 0;
  std::atomic<int> left = 0;
  WaitingRoom room(clock);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        const Pair pair;
        for (int round = 0; round < kEach; ++round) {
          const auto place =
              room.park({pair.reading(), {.until = clock.monotonic()}}, [&] { ++over; }).value();
          if (round % 2 == 0 && room.leave(place)) ++left;
        }
      });
    }
  }
  while (over + left < kThreads * kEach) {
  }
  CHECK(over + left == kThreads * kEach);
}

}  // namespace
}  // namespace weft::system
