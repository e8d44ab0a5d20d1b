// Host functions and the slice of the guest that calls them.
#include "engine/host_call.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

struct World final : HostState {
  Engine* engine = nullptr;
  int calls = 0;
  int steps = 0;
};

void tick(HostCall& call) {
  call.state<World>().engine->tick();
}
void count(HostCall& call) {
  ++call.state<World>().calls;
}
// Takes 100 steps, of which each tenth is as long as a slice.
void last(HostCall& call) {
  auto& world = call.state<World>();
  ++world.calls;
  while (world.steps < 100) {
    if (call.should_yield()) return call.yield();
    if (++world.steps % 10 == 0) world.engine->tick();
  }
}

struct Host {
  std::unique_ptr<Engine> engine =
      Engine::create(
          {.parallel_compilation = false, .resets_instances = true, .checks_resets = true})
          .value();
  World world;
  std::unique_ptr<Instance> instance;

  // `body`: of the function "f", which may call $tick, $count and $last.
  explicit Host(std::string_view body) {
    world.engine = engine.get();
    HostTable table(*engine);
    table.define("world", "tick", {}, tick);
    table.define("world", "count", {}, count);
    table.define("world", "last", {}, last, Waiting::kForTurn);
    const std::string module = to_binary(fmt::format(R"((module
        (import "world" "tick" (func $tick)) (import "world" "count" (func $count))
        (import "world" "last" (func $last)) (memory 1) (func (export "f") {})))",
                                                     body),
                                         "test.wat")
                                   .value();
    const auto program =
        table.link(engine->compile(module).value(), nullptr, Waiting::kForTurn).value();
    instance = Instance::create(program, {}, &world).value();
    REQUIRE(instantiate(*instance).has_value());
    REQUIRE(instance->begin_call("f", {}).has_value());
  }
};

std::string times(int number, std::string_view text) {
  std::string result;
  for (int i = 0; i < number; ++i)
    result += text;
  return result;
}

TEST_CASE("a host function that lasts yields when its guest's slice is over, and goes on") {
  Host host("(call $last) (call $count)");
  for (int slice = 1; slice <= 9; ++slice) {
    CHECK(host.instance->poll() == Progress::kRunning);
    CHECK(host.world.steps == slice * 10);
  }
  while (host.instance->poll() == Progress::kRunning) {
  }
  CHECK(host.world.steps == 100);
  CHECK(host.instance->take().has_value());
}

TEST_CASE("a host function that may last begins in the guest's next slice when this one is over") {
  Host host("(call $tick) (call $last)");
  CHECK(host.instance->poll() == Progress::kRunning);
  CHECK(host.world.calls == 0);
  CHECK(host.instance->poll() == Progress::kRunning);
  CHECK(host.world.steps == 10);
  host.instance->interrupt(Error(ErrorCode::kDeadlineExceeded, "too late"));
  CHECK(host.instance->take().error().code() == ErrorCode::kDeadlineExceeded);
  CHECK(host.world.steps == 10);
}

TEST_CASE("a guest that only calls its host is ended when its slice is long over") {
  Host endless("(call $tick) (call $tick) (call $tick)" + times(2'000, "(call $count)"));
  while (endless.instance->poll() == Progress::kRunning) {
  }
  const auto ended = endless.instance->take();
  CHECK(ended.error().code() == ErrorCode::kGuestLimit);
  REQUIRE(ended.error().limit());
  CHECK(ended.error().limit()->value == 1'000);
  CHECK(endless.world.calls == 1'000);

  Host quick(times(2'000, "(call $count)"));
  CHECK(quick.instance->poll() == Progress::kDone);
  CHECK(quick.instance->take().has_value());
}

// Calls $count 3,000 times, with `first` before all of it and `begin` in the first round.
std::string loop_of_calls(std::string_view first, std::string_view begin) {
  return fmt::format(
      R"((local $i i32) {} (loop (if (i32.eqz (local.get $i)) (then {})) (call $count)
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if 0 (i32.lt_u (local.get $i) (i32.const 3000)))))",
      first, begin);
}

TEST_CASE("a guest with loops of its own calls its host as often as it likes") {
  const std::string ticks = times(5, "(call $tick)");
  // In the last, ticks come between the poll and the check from which its slice counts.
  for (const std::string& body :
       {loop_of_calls(ticks, ""), loop_of_calls("", ticks), loop_of_calls("(call $tick)", ticks)}) {
    Host looping(body);
    while (looping.instance->poll() == Progress::kRunning) {
    }
    CHECK(looping.instance->take().has_value());
    CHECK(looping.world.calls == 3'000);
  }
}

}  // namespace
}  // namespace weft::engine
