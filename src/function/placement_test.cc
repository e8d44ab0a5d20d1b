// Where calls run: on the executor that they come from, or in the background.
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "function/testing.h"

namespace weft::function {
namespace {

// "quick" answers at once; "spin" adds up to a number, which takes about a nanosecond each; "end"
// never does; "grow" has more memory; "trap" traps after a while.
constexpr std::string_view kModule = R"((module
  (memory 1)
  (func (export "quick") (result i32) (i32.const 7))
  (func $spin (export "spin") (param i32) (result i32) (local i32)
    (loop (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get 1) (local.get 0))))
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 1)))
    (i32.load (i32.const 0)))
  (func $end (export "end") (loop br 0))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "gives_reference") (result funcref) (ref.null func))
  (func $trap (export "trap") (drop (call $spin (i32.const 5000000))) unreachable)))";

constexpr std::string_view kQuick = R"({"export":"quick"})";
constexpr std::string_view kSpin = R"({"export":"spin","args":[20000000]})";
constexpr std::string_view kEnd = R"({"export":"end"})";

struct Placed {
  World world;
  std::unique_ptr<Functions> functions;

  explicit Placed(std::size_t background_threads = 2) {
    FunctionsParts parts = world.parts();
    parts.background_threads = background_threads;
    functions = std::make_unique<Functions>(parts, PlatformLimits{});
    deploy(*functions, "f", kModule, {.deadline_ms = 60'000});
  }
  Started start(std::string_view payload) {
    return function::start(world, *functions, "f", payload);
  }
  // Runs what comes back to the executor; time stands still.
  Outcome finish(Started started) {
    while (!started.is_done())
      world.executor->run_one();
    return std::move(**started.outcome);
  }
  // Begun and ended inside `start`: on the test's own thread. (Unless a tick came: then it goes on
  // there later.)
  bool runs_here(std::string_view payload) {
    const std::uint64_t posts = world.executor->own_posts();
    auto call = start(payload);
    const bool is_here = call.is_done() || world.executor->own_posts() > posts;
    REQUIRE(finish(std::move(call)).response.has_value());
    return is_here;
  }
  // Calls that the machine makes slow are not short.
  void quick_until_here() {
    while (!runs_here(kQuick)) {
    }
  }
};

TEST_CASE("the first call of a function runs in the background, short ones behind it here") {
  Placed placed;
  CHECK_FALSE(placed.runs_here(kQuick));
  placed.quick_until_here();
}

TEST_CASE("calls of a long function run in the background, and what they answer comes here") {
  Placed placed;
  for (int i = 0; i < 3; ++i) {
    auto call = placed.start(kSpin);
    CHECK_FALSE(call.is_done());
    CHECK(placed.functions->in_flight() == 1);
    CHECK(placed.finish(std::move(call)).response.value().body == R"({"results":[20000000]})");
    CHECK(placed.functions->in_flight() == 0);
  }
  CHECK(placed.world.executor->own_posts() == 0);
}

TEST_CASE("a short function that turns out long moves away, and is long for a while") {
  Placed placed;
  placed.quick_until_here();
  auto call = placed.start(kEnd);
  // It has its first slices here. Then nothing is left to do here, though it goes on.
  while (placed.runs_here(kQuick))
    placed.world.executor->try_run_one();
  CHECK_FALSE(call.is_done());
  call.handle.cancel();
  CHECK(placed.finish(std::move(call)).response.error().code() == ErrorCode::kCancelled);
  int calls = 0;
  while (!placed.runs_here(kQuick))
    ++calls;
  CHECK(calls > 10);
}

TEST_CASE("a function whose guests have much memory runs in the background from then on") {
  Placed placed;
  constexpr std::string_view kGrow = R"({"export":"grow","args":[1100]})";
  placed.quick_until_here();
  placed.finish(placed.start(kGrow));
  for (int i = 0; i < 100; ++i)
    CHECK_FALSE(placed.runs_here(kQuick));
}

TEST_CASE("calls that come to no guest do not make a long function count as short") {
  Placed placed;
  for (const std::string_view wrong :
       {R"({"export":"nothing"})", R"({"export":"spin","args":["much"]})",
        R"({"export":"gives_reference"})", "["}) {
    CAPTURE(wrong);
    placed.finish(placed.start(kSpin));
    for (int i = 0; i < 200; ++i)
      CHECK_FALSE(placed.finish(placed.start(wrong)).response.has_value());
    CHECK_FALSE(placed.runs_here(kSpin));
  }
}

TEST_CASE("many calls in the background see pristine state, each answers once") {
  Placed placed;
  std::vector<Started> calls;
  calls.reserve(40);
  for (int i = 0; i < 40; ++i)
    calls.push_back(placed.start(R"({"export":"spin","args":[3000000]})"));
  for (Started& call : calls)
    CHECK(placed.finish(std::move(call)).response.value().body == R"({"results":[3000000]})");
}

TEST_CASE("a call in the background ends when it is cancelled, and only once") {
  Placed placed;
  auto call = placed.start(kEnd);
  CHECK_FALSE(call.handle.has_ended());
  call.handle.cancel();
  call.handle.cancel();
  const CallHandle handle = call.handle;
  const auto outcome = placed.finish(std::move(call));
  CHECK(outcome.response.error().code() == ErrorCode::kCancelled);
  CHECK(placed.functions->in_flight() == 0);
  handle.cancel();
  placed.functions->flush_records();
  CHECK(placed.world.invocations.get(outcome.invocation.value()).value().status ==
        store::InvocationStatus::kError);
}

TEST_CASE("a call that is cancelled before its first slice ends without one") {
  Placed placed(1);
  placed.finish(placed.start(kSpin));  // Keeps an instance, which has nothing to run before calls.
  std::vector<Started> calls;
  calls.reserve(20);
  for (int i = 0; i < 20; ++i)  // Those behind the first one wait for the only thread.
    calls.push_back(placed.start(kSpin));
  for (Started& call : calls)
    call.handle.cancel();
  for (Started& call : calls)
    CHECK(placed.finish(std::move(call)).response.error().code() == ErrorCode::kCancelled);
  CHECK(placed.functions->in_flight() == 0);
}

TEST_CASE("a call in the background ends at its deadline") {
  Placed placed;
  auto call = placed.start(kEnd);
  placed.world.clock.advance(std::chrono::seconds(60));
  const auto outcome = placed.finish(std::move(call));
  CHECK(outcome.response.error().code() == ErrorCode::kDeadlineExceeded);
  CHECK(outcome.duration_us == 60'000'000);
}

TEST_CASE("a trap in the background says where it was, and touches no later call") {
  Placed placed;
  const auto outcome = placed.finish(placed.start(R"({"export":"trap"})"));
  CHECK(outcome.response.error().code() == ErrorCode::kGuestTrap);
  CHECK(outcome.response.error().backtrace().at(0).function == "trap");
  CHECK(placed.finish(placed.start(kSpin)).response.has_value());
}

TEST_CASE("calls that run in the background when the functions end are never answered") {
  Placed placed;
  std::vector<Started> calls;
  calls.reserve(5);
  for (int i = 0; i < 5; ++i)
    calls.push_back(placed.start(kEnd));
  placed.functions.reset();
  for (const Started& call : calls) {
    CHECK_FALSE(call.is_done());
    CHECK(call.handle.has_ended());
  }
}

TEST_CASE("a result that comes when its executor has ended goes nowhere") {
  Placed placed;
  auto call = placed.start(kSpin);
  placed.world.executor = std::make_shared<QueueExecutor>();
  while (placed.functions->in_flight() > 0) {
    // Its place is free when its `done` is destroyed.
  }
  CHECK_FALSE(call.is_done());
}

}  // namespace
}  // namespace weft::function
