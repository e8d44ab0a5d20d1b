#include "engine/snapshot.h"

#include <doctest/doctest.h>

#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

constexpr std::uint64_t kBytesMax = 1ULL << 20U;

EngineOptions resetting(bool forgets_all_pages = false) {
  return {.parallel_compilation = false,
          .resets_instances = true,
          .forgets_all_pages = forgets_all_pages,
          .checks_resets = true};
}

struct Guest {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const Program> program;

  explicit Guest(std::string_view wat, const EngineOptions& options = resetting())
      : engine(Engine::create(options).value()) {
    const std::string module = to_binary(wat, "test.wat").value();
    CHECK(inspect(module).has_value());
    program = HostTable(*engine).link(engine->compile(module).value()).value();
  }
  static std::unique_ptr<Instance> instance(const std::shared_ptr<const Program>& from,
                                            const InstanceLimits& limits = {}) {
    auto made = Instance::create(from, limits, nullptr).value();
    REQUIRE(instantiate(*made).has_value());
    return made;
  }
  // What an instance has once `name` was called in it.
  std::string snapshot_after(std::string_view name) const {
    const auto made = instance(program);
    REQUIRE(call(*made, name, {}).has_value());
    return made->capture(kBytesMax).value();
  }
};

std::int32_t number(Instance& instance, std::string_view name) {
  return std::get<std::int32_t>(call(instance, name, {}).value().at(0));
}

// Its start function, `init` and `keep` each leave something in every place that can change.
constexpr std::string_view kBuilder = R"((module
  (memory (export "memory") 2 100)
  (data (i32.const 8) "begin")
  (global $number (mut i32) (i32.const 7))
  (global $wide (mut i64) (i64.const 8))
  (global $small (mut f32) (f32.const 0.5))
  (global $large (mut f64) (f64.const 0.25))
  (global $vector (mut v128) (v128.const i64x2 1 2))
  (func $start (global.set $number (i32.add (global.get $number) (i32.const 1))))
  (start $start)
  (func (export "init")
    (i32.store8 (i32.const 8) (i32.const 120))
    (i32.store (i32.const 40000) (i32.const 30))
    (global.set $number (i32.add (global.get $number) (i32.const 100)))
    (global.set $wide (i64.const -1))
    (global.set $small (f32.const nan:0x200001))
    (global.set $large (f64.const 2.5))
    (global.set $vector (v128.const i64x2 3 4))
    (i32.store (i32.add (i32.mul (memory.grow (i32.const 3)) (i32.const 65536)) (i32.const 500))
               (i32.const 600)))
  (func (export "keep")
    (i32.store8 (i32.const 9) (i32.const 1))
    (i32.store (i32.const 40000) (i32.const 1))
    (i32.store (i32.const 131572) (i32.const 1))
    (i32.store (i32.const 200000) (i32.const 1))
    (global.set $number (i32.const 99))
    (global.set $wide (i64.const 99))
    (global.set $small (f32.const 99))
    (global.set $large (f64.const 99))
    (global.set $vector (v128.const i64x2 99 99))
    (i32.store (i32.mul (memory.grow (i32.const 3)) (i32.const 65536)) (i32.const 1)))
  (func (export "is_initialized") (result i32)
    (if (i32.ne (i32.load8_u (i32.const 8)) (i32.const 120)) (then (return (i32.const 1))))
    (if (i32.ne (i32.load8_u (i32.const 9)) (i32.const 101)) (then (return (i32.const 2))))
    (if (i32.ne (i32.load (i32.const 40000)) (i32.const 30)) (then (return (i32.const 3))))
    (if (i32.ne (i32.load (i32.const 131572)) (i32.const 600)) (then (return (i32.const 4))))
    (if (i32.ne (i32.load (i32.const 200000)) (i32.const 0)) (then (return (i32.const 5))))
    (if (i32.ne (global.get $number) (i32.const 108)) (then (return (i32.const 6))))
    (if (i64.ne (global.get $wide) (i64.const -1)) (then (return (i32.const 7))))
    (if (i32.ne (i32.reinterpret_f32 (global.get $small)) (i32.const 0x7fa00001))
      (then (return (i32.const 8))))
    (if (f64.ne (global.get $large) (f64.const 2.5)) (then (return (i32.const 9))))
    (if (i64.ne (i64x2.extract_lane 1 (global.get $vector)) (i64.const 4))
      (then (return (i32.const 10))))
    (if (i32.ne (memory.size) (i32.const 5)) (then (return (i32.const 11))))
    (if (i32.ne (memory.grow (i32.const 3)) (i32.const 5)) (then (return (i32.const 12))))
    (if (i32.ne (i32.load (i32.const 327680)) (i32.const 0)) (then (return (i32.const 13))))
    (i32.const 0))
  (func (export "outside") (result i32) (i32.load (i32.const 327680)))
))";

TEST_CASE("instances of a program with a snapshot begin with it, and are put back to it") {
  for (const bool forgets : {false, true}) {
    const Guest guest(kBuilder, resetting(forgets));
    const auto begun = guest.program->with_snapshot(guest.snapshot_after("init")).value();
    CHECK(begun->has_snapshot());
    CHECK(begun->memory_bytes() > 0);
    for (int lives = 0; lives < 2; ++lives) {
      const auto instance = guest.instance(begun);
      CHECK(instance->memory().size_bytes() == 5 * kPageBytes);
      for (int i = 0; i < 3; ++i) {
        CHECK(number(*instance, "is_initialized") == 0);
        REQUIRE(instance->reset());
        REQUIRE(instantiate(*instance).has_value());
        REQUIRE(call(*instance, "keep", {}).has_value());
        CHECK(number(*instance, "is_initialized") != 0);
        REQUIRE(instance->reset());
        REQUIRE(instantiate(*instance).has_value());
      }
      CHECK(call(*instance, "outside", {}).error().code() == ErrorCode::kGuestTrap);
    }
    // The program itself is as it was.
    CHECK_FALSE(guest.program->has_snapshot());
    CHECK(guest.instance(guest.program)->memory().size_bytes() == 2 * kPageBytes);
  }
}

TEST_CASE("what grew at the beginning counts against the limits") {
  EngineOptions options = resetting();
  options.guest_memory_bytes_max = 6 * kPageBytes;
  const Guest guest(kBuilder, options);
  const auto begun = guest.program->with_snapshot(guest.snapshot_after("init")).value();
  {
    const auto instance = guest.instance(begun, {.memory_bytes = 5 * kPageBytes});
    CHECK(guest.engine->guest_memory_bytes() == 5 * kPageBytes);
    const auto other = Instance::create(begun, {}, nullptr).value();
    const auto refused = instantiate(*other);
    CHECK(refused.error().limit().value().name == "guest_memory_bytes");
    REQUIRE(instance->reset());
    CHECK(guest.engine->guest_memory_bytes() == 0);
    REQUIRE(instantiate(*instance).has_value());
    CHECK(guest.engine->guest_memory_bytes() == 5 * kPageBytes);
  }
  CHECK(guest.engine->guest_memory_bytes() == 0);
  const auto small = Instance::create(begun, {.memory_bytes = 4 * kPageBytes}, nullptr).value();
  const auto refused = instantiate(*small);
  CHECK(refused.error().code() == ErrorCode::kGuestLimit);
  CHECK(refused.error().limit().value().name == "memory_bytes");
}

TEST_CASE("a snapshot has the globals of a module without a memory") {
  const Guest guest(R"((module (global $n (mut i32) (i32.const 1))
    (func (export "init") (global.set $n (i32.const 5)))
    (func (export "f") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n))))");
  const auto begun = guest.program->with_snapshot(guest.snapshot_after("init")).value();
  const auto instance = guest.instance(begun);
  CHECK(number(*instance, "f") == 6);
  REQUIRE(instance->reset());
  REQUIRE(instantiate(*instance).has_value());
  CHECK(number(*instance, "f") == 6);
}

TEST_CASE("a snapshot has only pages that are not all zeros, and not too many of them") {
  constexpr std::uint64_t kThreePages = 12'288;
  const Guest guest(R"((module (memory 100)
    (func (export "init") (i32.store8 (i32.const 4095) (i32.const 1))
      (i32.store8 (i32.const 4096) (i32.const 1)) (i32.store8 (i32.const 6553599) (i32.const 1))
      (i32.store (i32.const 100000) (i32.const 0)))))");
  const auto instance = guest.instance(guest.program);
  REQUIRE(call(*instance, "init", {}).has_value());
  const std::string bytes = instance->capture(kThreePages).value();
  const auto snapshot = Snapshot::parse(bytes).value();
  REQUIRE(snapshot.pages.size() == 2);
  CHECK(snapshot.pages[0].offset == 0);
  CHECK(snapshot.pages[0].bytes.size() == 8192);
  CHECK(snapshot.pages[1].offset == 6549504);
  CHECK(bytes.size() < 13'000);
  const auto refused = instance->capture(kThreePages - 1);
  CHECK(refused.error().code() == ErrorCode::kTooLarge);
  CHECK(refused.error().limit().value().name == "snapshot_bytes");
}

TEST_CASE("only what succeeded and can be put back is captured") {
  const Guest guest(kBuilder);
  const auto trapped = guest.instance(guest.program);
  REQUIRE_FALSE(call(*trapped, "outside", {}).has_value());
  CHECK(trapped->capture(kBytesMax).error().code() == ErrorCode::kFailedPrecondition);
  CHECK_FALSE(trapped->may_wait());
  const Guest lasting(R"((module (memory 1) (table 1 funcref)
    (func $f (export "f") (table.set (i32.const 0) (ref.func $f)))))");
  const auto instance = lasting.instance(lasting.program);
  CHECK(instance->capture(kBytesMax).error().code() == ErrorCode::kFailedPrecondition);
  CHECK(lasting.program->with_snapshot(guest.snapshot_after("init")).error().code() ==
        ErrorCode::kFailedPrecondition);
}

TEST_CASE("a snapshot of another module, and bytes that are none, are refused") {
  const Guest guest(kBuilder);
  const std::string bytes = guest.snapshot_after("init");
  for (
      const std::string_view wat : {
          "(module)",
          "(module (memory 2 100))",
          R"((module (memory 6 100) (global (mut i32) (i32.const 7)) (global (mut i64) (i64.const 8))
              (global (mut f32) (f32.const 0)) (global (mut f64) (f64.const 0))
              (global (mut v128) (v128.const i64x2 1 2))))",
          R"((module (memory 2 4) (global (mut i32) (i32.const 7)) (global (mut i64) (i64.const 8))
              (global (mut f32) (f32.const 0)) (global (mut f64) (f64.const 0))
              (global (mut v128) (v128.const i64x2 1 2))))",
          R"((module (memory 2 100) (global (mut i32) (i32.const 7)) (global (mut i64) (i64.const 8))
              (global (mut f32) (f32.const 0)) (global (mut i64) (i64.const 0))
              (global (mut v128) (v128.const i64x2 1 2))))",
          R"((module (global (mut i32) (i32.const 7)) (global (mut i64) (i64.const 8))
              (global (mut f32) (f32.const 0)) (global (mut f64) (f64.const 0))
              (global (mut v128) (v128.const i64x2 1 2))))",
      }) {
    CAPTURE(wat);
    const Guest other(wat);
    CHECK(other.program->with_snapshot(bytes).error().code() == ErrorCode::kDataLoss);
  }
  CHECK(Snapshot::parse(bytes).value().to_bytes() == bytes);
  // Cut short or longer anywhere, it is damaged.
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 997)
    CHECK_FALSE(guest.program->with_snapshot(std::string_view(bytes).substr(0, size)).has_value());
  CHECK_FALSE(Snapshot::parse(bytes + "x").has_value());
  // Each byte of what stands before the first page.
  for (std::size_t at = 0; at < 90; ++at) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 0x40);
    const auto program = guest.program->with_snapshot(changed);
    if (!program) CHECK(program.error().code() == ErrorCode::kDataLoss);
  }
}

TEST_CASE("an instance waits for its next call unless guests have much of what they may have") {
  EngineOptions options = resetting();
  options.guest_memory_bytes_max = 8 * kPageBytes;
  const Guest guest("(module (memory 4))", options);
  const auto one = guest.instance(guest.program);
  CHECK(one->may_wait());
  const auto two = guest.instance(guest.program);
  CHECK_FALSE(one->may_wait());
}

}  // namespace
}  // namespace weft::engine
