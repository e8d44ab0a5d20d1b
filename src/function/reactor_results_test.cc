#include "function/reactor_results.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace weft::function {
namespace {

constexpr std::uint64_t kBegun = 1'000'000;
constexpr std::string_view kAnswer = R"({"value":"1","tag":"ok"})";

struct Fixture {
  std::shared_ptr<ResultBudget> budget = std::make_shared<ResultBudget>();
  ResultQueue queue{WallTime(std::chrono::microseconds(kBegun)), budget};
  std::vector<Result<ReactorResults>> told;

  void add(std::string id) { queue.add(std::move(id), std::string(kAnswer)); }
  std::optional<ResultQueue::Waiter> wait(std::uint64_t after) {
    return queue.wait(after, [this](auto results) { told.push_back(std::move(results)); });
  }
};

TEST_CASE_FIXTURE(Fixture, "results are numbered from when the queue began, and come in order") {
  add("a");
  add("b");
  const auto all = queue.behind(0);
  REQUIRE(all.items.size() == 2);
  CHECK(all.items[0].sequence == kBegun);
  CHECK(all.items[1].id == "b");
  CHECK(all.next == kBegun + 1);
  CHECK(all.dropped == 0);
  CHECK_FALSE(all.is_restarted);
  CHECK(queue.behind(kBegun).items.size() == 1);
  CHECK(queue.behind(all.next).items.empty());
  CHECK(queue.behind(all.next + 100).next == all.next);
}

TEST_CASE_FIXTURE(Fixture, "whoever asks with a number of before a restart is told") {
  add("a");
  const auto results = queue.behind(7);
  CHECK(results.is_restarted);
  CHECK(results.items.size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "the oldest give way, and how many is told") {
  for (std::size_t i = 0; i < kResultsKeptMax + 3; ++i)
    add("x");
  const auto all = queue.behind(0);
  CHECK(all.items.size() == kResultsKeptMax);
  CHECK(all.dropped == 3);
  CHECK(queue.behind(kBegun + 1).dropped == 1);
  // The newest stays, however large it is.
  queue.add("large", '"' + std::string(kResultBytesKeptMax, 'x') + '"');
  CHECK(queue.behind(0).items.size() == 1);
}

TEST_CASE("what all queues keep is limited, and given back") {
  const auto budget = std::make_shared<ResultBudget>(1'000);
  {
    ResultQueue queue(WallTime{}, budget);
    queue.add("large", '"' + std::string(1'000, 'x') + '"');
    CHECK(queue.behind(0).items.empty());
    CHECK(queue.behind(0).dropped == 1);
    queue.add("small", std::string(kAnswer));
    CHECK(queue.behind(0).items.size() == 1);
    CHECK(budget->bytes() > 0);
  }
  CHECK(budget->bytes() == 0);
}

TEST_CASE("where all queues are full, the oldest of the largest give way") {
  const auto budget = std::make_shared<ResultBudget>(10'000);
  ResultQueue large(WallTime{}, budget);
  ResultQueue small(WallTime{}, budget);
  std::size_t added = 0;
  for (; large.behind(0).dropped == 0; ++added)
    large.add("x", std::string(kAnswer));
  for (std::size_t i = 0; i < 3; ++i)
    small.add(fmt::format("{}", i), std::string(kAnswer));
  const auto kept = small.behind(0);
  REQUIRE(kept.items.size() == 3);
  CHECK(kept.dropped == 0);
  CHECK(kept.items[2].id == "2");
  CHECK(large.behind(0).dropped == 4);
  CHECK(large.behind(0).items.size() == added - 4);
  CHECK(budget->bytes() <= 10'000);
}

TEST_CASE_FIXTURE(Fixture, "whoever waits is told once: by a result, by the time, by the end") {
  REQUIRE(wait(0).has_value());
  add("a");
  REQUIRE(told.size() == 1);
  CHECK(told[0].value().items.size() == 1);
  CHECK_FALSE(wait(0).has_value());
  CHECK(told.size() == 2);
  const auto waiter = wait(kBegun);
  REQUIRE(waiter.has_value());
  queue.expire(*waiter);
  queue.expire(*waiter);
  REQUIRE(told.size() == 3);
  CHECK(told[2].value().items.empty());
  CHECK(told[2].value().next == kBegun);
  REQUIRE(wait(kBegun).has_value());
  queue.close();
  REQUIRE(told.size() == 4);
  CHECK(told[3].error().code() == ErrorCode::kNotFound);
  CHECK_FALSE(wait(kBegun).has_value());
}

TEST_CASE_FIXTURE(Fixture, "nobody waits any more once the queue was released") {
  REQUIRE(wait(0).has_value());
  queue.release();
  REQUIRE(told.size() == 1);
  CHECK(told[0].value().items.empty());
  CHECK_FALSE(wait(0).has_value());
}

TEST_CASE_FIXTURE(Fixture, "more than may wait are refused") {
  for (std::size_t i = 0; i < kPollsMax; ++i)
    REQUIRE(wait(0).has_value());
  CHECK_FALSE(wait(0).has_value());
  CHECK(told.back().error().limit()->name == "polls");
  queue.release();
}

TEST_CASE_FIXTURE(Fixture, "an answer that is no JSON is kept as the reactor's fault") {
  queue.add("a", std::string("{"));
  CHECK(queue.behind(0).items[0].answer.error().code() == ErrorCode::kGuestError);
}

}  // namespace
}  // namespace weft::function
