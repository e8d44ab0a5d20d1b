#include "engine/snapshot.h"

#include <doctest/doctest.h>

#include "engine/reset_testing.h"

namespace weft::engine {
namespace {

using testing::instance_of;
using testing::number;
using testing::resetting;
using testing::ResettingGuest;

constexpr std::uint64_t kBytesMax = 1ULL << 20U;

// What an instance of `guest` has once `name` was called in it.
std::string snapshot_after(const ResettingGuest& guest, std::string_view name) {
  const auto made = instance_of(guest.program);
  REQUIRE(call(*made, name, {}).has_value());
  return made->capture(kBytesMax).value();
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
    const ResettingGuest guest(kBuilder, resetting(forgets));
    const auto begun = guest.program->with_snapshot(snapshot_after(guest, "init")).value();
    CHECK(begun->has_snapshot());
    CHECK(begun->memory_bytes() > 0);
    for (int lives = 0; lives < 2; ++lives) {
      const auto instance = instance_of(begun);
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
    CHECK(instance_of(guest.program)->memory().size_bytes() == 2 * kPageBytes);
  }
}

TEST_CASE("what grew at the beginning counts against the limits") {
  const std::uint64_t own = testing::instance_bytes_of(kBuilder);
  EngineOptions options = resetting();
  options.guest_memory_bytes_max = 6 * kPageBytes + 2 * own;
  const ResettingGuest guest(kBuilder, options);
  const auto begun = guest.program->with_snapshot(snapshot_after(guest, "init")).value();
  {
    const auto instance = instance_of(begun, {.memory_bytes = 5 * kPageBytes});
    CHECK(guest.engine->guest_memory_bytes() == 5 * kPageBytes + own);
    const auto other = Instance::create(begun, {}, nullptr).value();
    const auto refused = instantiate(*other);
    CHECK(refused.error().limit().value().name == "guest_memory_bytes");
    REQUIRE(instance->reset());
    CHECK(guest.engine->guest_memory_bytes() == 0);
    REQUIRE(instantiate(*instance).has_value());
    CHECK(guest.engine->guest_memory_bytes() == 5 * kPageBytes + own);
  }
  CHECK(guest.engine->guest_memory_bytes() == 0);
  const auto small = Instance::create(begun, {.memory_bytes = 4 * kPageBytes}, nullptr).value();
  const auto refused = instantiate(*small);
  CHECK(refused.error().code() == ErrorCode::kGuestLimit);
  CHECK(refused.error().limit().value().name == "memory_bytes");
}

TEST_CASE("a snapshot has the globals of a module without a memory") {
  const ResettingGuest guest(R"((module (global $n (mut i32) (i32.const 1))
    (func (export "init") (global.set $n (i32.const 5)))
    (func (export "f") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n))))");
  const auto begun = guest.program->with_snapshot(snapshot_after(guest, "init")).value();
  const auto instance = instance_of(begun);
  CHECK(number(*instance, "f") == 6);
  REQUIRE(instance->reset());
  REQUIRE(instantiate(*instance).has_value());
  CHECK(number(*instance, "f") == 6);
}

TEST_CASE("a snapshot has only pages that are not all zeros, and not too many of them") {
  constexpr std::uint64_t kThreePages = 12'288;
  const ResettingGuest guest(R"((module (memory 100)
    (func (export "init") (i32.store8 (i32.const 4095) (i32.const 1))
      (i32.store8 (i32.const 4096) (i32.const 1)) (i32.store8 (i32.const 6553599) (i32.const 1))
      (i32.store (i32.const 100000) (i32.const 0)))))");
  const auto instance = instance_of(guest.program);
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

TEST_CASE("what a snapshot's image has between its pages is limited as they are") {
  constexpr std::uint64_t kMiB = 1U << 20U;
  // A byte in each of so many MiB.
  const ResettingGuest guest(R"((module (memory 1024)
    (func (export "spread") (param i32)
      (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (i32.store8 (i32.shl (local.get 0) (i32.const 20)) (i32.const 1))
        (br_if 0 (local.get 0))))))");
  const auto instance = instance_of(guest.program);
  const std::vector<Value> few = {8};
  REQUIRE(call(*instance, "spread", few).has_value());
  CHECK(instance->capture(kMiB).has_value());
  const std::vector<Value> many = {64};
  REQUIRE(call(*instance, "spread", many).has_value());
  CHECK(instance->capture(64 * kMiB).has_value());
  const auto refused = instance->capture(kMiB);
  CHECK(refused.error().code() == ErrorCode::kTooLarge);
  CHECK(refused.error().limit().value().name == "snapshot_bytes");
}

TEST_CASE("only what succeeded and can be put back is captured") {
  const ResettingGuest guest(kBuilder);
  const auto trapped = instance_of(guest.program);
  REQUIRE_FALSE(call(*trapped, "outside", {}).has_value());
  CHECK(trapped->capture(kBytesMax).error().code() == ErrorCode::kFailedPrecondition);
  CHECK_FALSE(trapped->may_wait());
  const ResettingGuest lasting(R"((module (memory 1) (table 1 funcref)
    (func $f (export "f") (table.set (i32.const 0) (ref.func $f)))))");
  const auto instance = instance_of(lasting.program);
  CHECK(instance->capture(kBytesMax).error().code() == ErrorCode::kFailedPrecondition);
  CHECK(lasting.program->with_snapshot(snapshot_after(guest, "init")).error().code() ==
        ErrorCode::kFailedPrecondition);
}

TEST_CASE("a snapshot of another module, and bytes that are none, are refused") {
  const ResettingGuest guest(kBuilder);
  const std::string bytes = snapshot_after(guest, "init");
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
    const ResettingGuest other(wat);
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
  options.guest_memory_bytes_max = 2 * (4 * kPageBytes + testing::instance_bytes_of("(module)"));
  const ResettingGuest guest("(module (memory 4))", options);
  const auto one = instance_of(guest.program);
  CHECK(one->may_wait());
  const auto two = instance_of(guest.program);
  CHECK_FALSE(one->may_wait());
}

}  // namespace
}  // namespace weft::engine
