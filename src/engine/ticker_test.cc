#include "engine/ticker.h"

#include <chrono>
#include <thread>

#include <doctest/doctest.h>

#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

TEST_CASE("a guest is interrupted however long no guest ran before it") {
  // ThreadSanitizer takes the compiler's own hand-overs for races.
  const auto engine = Engine::create({.parallel_compilation = false}).value();
  const std::string module =
      to_binary(R"((module (func (export "spin") (loop br 0))))", "spin.wat").value();
  const auto program = HostTable(*engine).link(engine->compile(module).value()).value();
  Ticker ticker(*engine, std::chrono::microseconds(20));
  for (int round = 0; round < 200; ++round) {
    const auto instance = Instance::create(program, {}, nullptr).value();
    REQUIRE(instantiate(*instance).has_value());
    REQUIRE(instance->begin_call("spin", {}).has_value());
    for (int slice = 0; slice < 2; ++slice) {
      const Ticker::Slice running(ticker);
      CHECK(instance->poll() == Progress::kRunning);
    }
    // Up to where the ticker has fallen asleep, and past it.
    for (int i = 0; i < round * 200; ++i)
      std::this_thread::yield();
  }
}

}  // namespace
}  // namespace weft::engine
