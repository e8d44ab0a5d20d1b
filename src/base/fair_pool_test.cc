#include "base/fair_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "base/clock.h"

namespace weft {
namespace {

using std::chrono::milliseconds;

void compute(std::chrono::nanoseconds time) {
  const auto end = thread_cpu_time() + time;
  while (thread_cpu_time() < end) {
  }
}

TEST_CASE("work is asked for slices until it has no more") {
  std::latch done(3);
  std::atomic<int> slices = 0;
  FairPool pool("test", 2, 0);
  for (int i = 0; i < 3; ++i) {
    pool.run(FairPool::make_share(), [&, left = 10]() mutable {
      ++slices;
      if (--left > 0) return true;
      done.count_down();
      return false;
    });
  }
  done.wait();
  CHECK(slices == 30);
}

TEST_CASE("a share with one piece gets as much time as a share with many") {
  std::latch begin(1);
  std::latch done(1);
  const auto many = FairPool::make_share();
  std::string order;
  std::string order_at_end;
  FairPool pool("test", 1, 0);  // One thread: nobody else writes the order.
  pool.run(FairPool::make_share(), [&] {
    begin.wait();
    return false;
  });
  for (int i = 0; i < 50; ++i) {
    pool.run(many, [&order] {
      order += 'm';
      compute(milliseconds(1));
      return true;
    });
  }
  pool.run(FairPool::make_share(), [&, left = 20]() mutable {
    order += 'o';
    compute(milliseconds(1));
    if (--left > 0) return true;
    order_at_end = order;  // The others go on.
    done.count_down();
    return false;
  });
  begin.count_down();
  done.wait();
  // Slices differ a little, so a share may have two in a row.
  CHECK(std::ranges::count(order_at_end, 'o') == 20);
  CHECK(std::ranges::count(order_at_end, 'm') <= 40);
}

TEST_CASE("a share that wanted nothing for a while has saved nothing up") {
  std::latch done(1);
  const auto old = FairPool::make_share();
  const auto late = FairPool::make_share();
  std::string order;
  std::string order_at_end;
  FairPool pool("test", 1, 0);
  const auto slices = [&](char name, int count, std::latch* end) {
    return [&order, &order_at_end, name, count, end]() mutable {
      order += name;
      compute(milliseconds(1));
      if (--count > 0) return true;
      order_at_end = order;  // Others may go on.
      if (end != nullptr) end->count_down();
      return false;
    };
  };
  std::latch used(1);
  pool.run(old, slices('x', 40, &used));
  used.wait();
  order.clear();
  std::latch begin(1);
  pool.run(FairPool::make_share(), [&] {
    begin.wait();
    return false;
  });
  pool.run(old, slices('o', 1'000, nullptr));
  pool.run(late, slices('l', 10, &done));
  begin.count_down();
  done.wait();
  CHECK(std::ranges::count(order_at_end, 'o') >= 4);
}

TEST_CASE("pieces of one share run at the same time where there are threads") {
  std::latch both(2);
  std::latch done(2);
  const auto share = FairPool::make_share();
  FairPool pool("test", 2, 0);
  for (int i = 0; i < 2; ++i) {
    pool.run(share, [&] {
      both.arrive_and_wait();
      done.count_down();
      return false;
    });
  }
  done.wait();
}

TEST_CASE("its threads stand behind others, which stay where they are") {
  const int mine = getpriority(PRIO_PROCESS, 0);
  std::latch done(1);
  std::atomic<int> theirs = 0;
  FairPool pool("test", 1, 10);
  pool.run(FairPool::make_share(), [&] {
    theirs = getpriority(PRIO_PROCESS, 0);
    done.count_down();
    return false;
  });
  done.wait();
  CHECK(theirs >= 10);
  CHECK(getpriority(PRIO_PROCESS, 0) == mine);
}

TEST_CASE("the end waits for slices that run and destroys what waits") {
  const auto alive = std::make_shared<int>(0);
  std::latch running(1);
  std::atomic<bool> ending = false;
  auto pool = std::make_unique<FairPool>("test", 1, 0);
  pool->run(FairPool::make_share(), [&, alive] {
    running.count_down();
    while (!ending) {
    }
    return true;  // Not asked again, or the end would not come.
  });
  running.wait();
  for (int i = 0; i < 5; ++i) {
    pool->run(FairPool::make_share(), [alive] { return true; });
  }
  CHECK(alive.use_count() == 7);
  ending = true;
  pool.reset();
  CHECK(alive.use_count() == 1);
}

}  // namespace
}  // namespace weft
