// Guests that wait in a host function while their thread does something else.
#include <array>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

// The world of a guest that imports "ask": each call of it parks until it may be answered.
struct World final : HostState {
  bool may_answer = false;
  int attempts = 0;
};

// ask(address, number) writes 7 to the address and gives twice the number.
void ask(HostCall& call) {
  auto& world = call.state<World>();
  ++world.attempts;
  if (!world.may_answer) return call.park();
  if (call.i64(1) < 0)
    return call.stop(Error(ErrorCode::kGuestError, "a number below 0 was asked for"));
  CHECK(call.memory().store(call.address(0), std::int32_t{7}));
  call.return_i32(static_cast<std::int32_t>(call.i64(1)) * 2);
}

constexpr std::string_view kAsking = R"((module
  (import "world" "ask" (func $ask (param i32 i64) (result i32)))
  (memory (export "memory") 1)
  (global $calls (mut i32) (i32.const 0))
  (func $ask_once (export "ask") (param i64) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.add (call $ask (i32.const 16) (local.get 0)) (i32.load (i32.const 16))))
  (func (export "calls") (result i32) (global.get $calls))
  (func (export "ask_and_spin") (drop (call $ask (i32.const 16) (i64.const 1))) (loop br 0))))";

struct Asking {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const Program> program;
  World world;
  std::unique_ptr<Instance> instance;

  explicit Asking(std::string_view wat = kAsking, Waiting waiting = Waiting::kForStreams) {
    engine = Engine::create(
                 {.parallel_compilation = false, .resets_instances = true, .checks_resets = true})
                 .value();
    HostTable table(*engine);
    table.define("world", "ask",
                 {.params = {ValueType::kI32, ValueType::kI64}, .results = {ValueType::kI32}}, ask,
                 waiting);
    const std::string module = to_binary(wat, "test.wat").value();
    program = table.link(engine->compile(module).value(), nullptr, waiting).value();
    instance = Instance::create(program, {}, &world).value();
  }
  void instantiated() { REQUIRE(instantiate(*instance).has_value()); }
  void asked(std::int64_t number) {
    const std::array<Value, 1> arguments = {number};
    REQUIRE(instance->begin_call("ask", arguments).has_value());
  }
};

TEST_CASE("a guest is parked until its host function can go on, with the same arguments") {
  Asking asking;
  asking.instantiated();
  asking.asked(20);
  for (int i = 1; i <= 3; ++i) {
    CHECK(asking.instance->poll() == Progress::kParked);
    CHECK(asking.world.attempts == i);
  }
  asking.world.may_answer = true;
  while (asking.instance->poll() == Progress::kRunning) {
  }
  CHECK(asking.world.attempts == 4);
  CHECK(std::get<std::int32_t>(asking.instance->take().value()[0]) == 47);
}

TEST_CASE("a host function that need not wait is not parked") {
  Asking asking;
  asking.world.may_answer = true;
  asking.instantiated();
  const std::array<Value, 1> arguments = {std::int64_t{4}};
  CHECK(std::get<std::int32_t>(call(*asking.instance, "ask", arguments).value()[0]) == 15);
  CHECK(asking.world.attempts == 1);
}

TEST_CASE("a guest that was parked can be stopped by its host function") {
  Asking asking;
  asking.instantiated();
  asking.asked(-1);
  CHECK(asking.instance->poll() == Progress::kParked);
  asking.world.may_answer = true;
  while (asking.instance->poll() == Progress::kRunning) {
  }
  const Error error = asking.instance->take().error();
  CHECK(error.message() == "a number below 0 was asked for");
  REQUIRE(error.backtrace().size() == 1);
  CHECK(error.backtrace()[0].function == "ask_once");
}

TEST_CASE("a parked guest can be interrupted, which asks its host function no more") {
  Asking asking;
  asking.instantiated();
  asking.asked(1);
  CHECK(asking.instance->poll() == Progress::kParked);
  asking.instance->interrupt(Error(ErrorCode::kDeadlineExceeded, "late"));
  CHECK(asking.world.attempts == 1);
  const Error error = asking.instance->take().error();
  CHECK(error.code() == ErrorCode::kDeadlineExceeded);
  REQUIRE(error.backtrace().size() == 1);
  CHECK(error.backtrace()[0].function == "ask_once");
}

// Wasmtime's advisory xjhv again.
TEST_CASE("a parked guest can end where it is") {
  Asking asking;
  asking.instantiated();
  asking.asked(1);
  CHECK(asking.instance->poll() == Progress::kParked);
  asking.instance.reset();
  CHECK(asking.world.attempts == 1);
}

TEST_CASE("a guest that goes on has a slice, and another one after that") {
  Asking asking;
  asking.instantiated();
  REQUIRE(asking.instance->begin_call("ask_and_spin", {}).has_value());
  CHECK(asking.instance->poll() == Progress::kParked);
  asking.world.may_answer = true;
  for (int i = 0; i < 3; ++i) {
    asking.engine->tick();
    asking.engine->tick();
    // The first poll answers, and may run until the next tick, which nobody gives here but this.
    std::jthread ticker([&](const std::stop_token& stop) {
      while (!stop.stop_requested())
        asking.engine->tick();
    });
    CHECK(asking.instance->poll() == Progress::kRunning);
  }
  asking.instance->interrupt(Error(ErrorCode::kCancelled, "enough"));
  CHECK(asking.instance->take().error().code() == ErrorCode::kCancelled);
}

TEST_CASE("a guest is parked in its start function too") {
  Asking asking(R"((module
    (import "world" "ask" (func $ask (param i32 i64) (result i32)))
    (memory (export "memory") 1)
    (global $answer (mut i32) (i32.const 0))
    (func $start (global.set $answer (call $ask (i32.const 16) (i64.const 21))))
    (start $start)
    (func (export "answer") (result i32) (global.get $answer))))");
  asking.instance->begin_instantiation();
  CHECK(asking.instance->poll() == Progress::kParked);
  CHECK(asking.instance->poll() == Progress::kParked);
  asking.world.may_answer = true;
  while (asking.instance->poll() == Progress::kRunning) {
  }
  REQUIRE(asking.instance->take().has_value());
  CHECK(std::get<std::int32_t>(call(*asking.instance, "answer", {}).value()[0]) == 42);
}

TEST_CASE("an instance whose calls were parked is put back like others") {
  Asking asking;
  for (int i = 0; i < 3; ++i) {
    asking.instantiated();
    asking.world.may_answer = false;
    asking.asked(i);
    CHECK(asking.instance->poll() == Progress::kParked);
    asking.world.may_answer = true;
    while (asking.instance->poll() == Progress::kRunning) {
    }
    CHECK(std::get<std::int32_t>(asking.instance->take().value()[0]) == 2 * i + 7);
    CHECK(std::get<std::int32_t>(call(*asking.instance, "calls", {}).value()[0]) == 1);
    REQUIRE(asking.instance->reset());
    asking.instance->set_state(&asking.world);
  }
}

TEST_CASE("a function that waits for more than the program may is called as any other") {
  Asking asking;
  HostTable table(*asking.engine);
  table.define("world", "ask",
               {.params = {ValueType::kI32, ValueType::kI64}, .results = {ValueType::kI32}}, ask,
               Waiting::kForStreams);
  const auto program =
      table
          .link(asking.engine->compile(to_binary(kAsking, "test.wat").value()).value(), nullptr,
                Waiting::kForTime)
          .value();
  asking.world.may_answer = true;
  const auto instance = Instance::create(program, {}, &asking.world).value();
  REQUIRE(instantiate(*instance).has_value());
  const std::array<Value, 1> arguments = {std::int64_t{4}};
  CHECK(call(*instance, "ask", arguments).has_value());
}

}  // namespace
}  // namespace weft::engine
