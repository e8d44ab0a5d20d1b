#include <algorithm>
#include <random>
#include <thread>

#include <doctest/doctest.h>

#include "engine/dirty_pages.h"
#include "engine/memory_image.h"
#include "engine/reset_testing.h"
#include "engine/snapshot.h"

namespace weft::engine {
namespace {

using testing::instance_of;
using testing::number;
using testing::resetting;
using testing::ResettingGuest;

constexpr std::uint64_t kBytesMax = 1ULL << 20U;

// `prepare` makes what the base begins with, `change` differs from that in every way: other bytes
// on a page, a page that becomes zeros, one that was zeros, a global, and growth.
constexpr std::string_view kModule = R"((module
  (memory (export "memory") 4 100)
  (data (i32.const 16) "begin")
  (global $number (mut i32) (i32.const 7))
  (global $vector (mut v128) (v128.const i64x2 1 2))
  (func (export "prepare")
    (memory.fill (i32.const 8192) (i32.const 1) (i32.const 20480))
    (memory.fill (i32.const 200000) (i32.const 2) (i32.const 100))
    (drop (memory.grow (i32.const 1)))
    (i32.store8 (i32.const 262144) (i32.const 5))
    (global.set $number (i32.const 8)))
  (func (export "change")
    (i32.store (i32.const 8200) (i32.const 33))
    (memory.fill (i32.const 12288) (i32.const 0) (i32.const 4096))
    (i32.store8 (i32.const 100000) (i32.const 9))
    (i32.store8 (i32.const 262144) (i32.const 6))
    (drop (memory.grow (i32.const 2)))
    (i32.store8 (i32.const 400000) (i32.const 7))
    (global.set $vector (v128.const i64x2 3 4))
    (global.set $number (i32.const 9)))
  (func (export "nothing"))
  (func (export "number") (result i32) (global.get $number))
  (func (export "vector") (result i32) (i32x4.extract_lane 2 (global.get $vector)))
))";

// What an instance of `program` has once `name` was called in it.
std::unique_ptr<Instance> after(const std::shared_ptr<const Program>& program,
                                std::string_view name) {
  auto made = instance_of(program);
  REQUIRE(call(*made, name, {}).has_value());
  return made;
}

// A program that begins as an instance of it did after `prepare`.
struct Base {
  ResettingGuest guest;
  std::shared_ptr<const Program> program;

  explicit Base(std::string_view wat = kModule, const EngineOptions& options = resetting())
      : guest(wat, options), program(again()) {}
  std::shared_ptr<const Program> again() const {
    const auto prepared = after(guest.program, "prepare");
    return guest.program->with_snapshot(prepared->capture(kBytesMax).value()).value();
  }
  std::string changes(std::string_view name = "change") const {
    return after(program, name)->capture_changes(*program, kBytesMax).value();
  }
};

std::span<std::uint8_t> bytes_of(Instance& instance) {
  const GuestMemory memory = instance.memory();
  return *memory.bytes(GuestAddress{0}, memory.size_bytes());
}

// Fails at the first page that differs.
void check_equal(Instance& one, Instance& other) {
  const auto left = bytes_of(one);
  const auto right = bytes_of(other);
  REQUIRE(left.size() == right.size());
  for (std::size_t offset = 0; offset < left.size(); offset += kHostPageBytes) {
    CAPTURE(offset);
    REQUIRE(std::ranges::equal(left.subspan(offset, kHostPageBytes),
                               right.subspan(offset, kHostPageBytes)));
  }
}

void put_back(Instance& instance) {
  REQUIRE(instance.reset());
  REQUIRE(instantiate(instance).has_value());
}

TEST_CASE("instances of a program with changes begin with them, and are put back to them") {
  for (const bool forgets : {false, true}) {
    const Base base(kModule, resetting(forgets));
    const auto changed = after(base.program, "change");
    const std::string changes = changed->capture_changes(*base.program, kBytesMax).value();
    CHECK(changes.size() < 5'000);
    CHECK(changed->capture(kBytesMax).value().size() > 7 * kHostPageBytes);
    const auto begun = base.program->with_changes(changes).value();
    CHECK(begun->has_snapshot());
    const auto instance = instance_of(begun);
    for (int life = 0; life < 3; ++life) {
      check_equal(*instance, *changed);
      CHECK(number(*instance, "number") == 9);
      CHECK(number(*instance, "vector") == 4);
      std::ranges::fill(bytes_of(*instance), std::uint8_t{0xee});
      put_back(*instance);
      REQUIRE(call(*instance, "prepare", {}).has_value());
      put_back(*instance);
    }
    // The base is as it was.
    const auto other = instance_of(base.program);
    CHECK(number(*other, "number") == 8);
    CHECK(bytes_of(*other).size() == 5 * kPageBytes);
    CHECK(bytes_of(*other)[12288] == 1);
  }
}

TEST_CASE("changes are what differs and little more") {
  const Base base;
  const std::string none = base.changes("nothing");
  CHECK(none.size() < 100);
  CHECK(Changes::parse(none).value().runs.empty());
  const auto same = instance_of(base.program->with_changes(none).value());
  check_equal(*same, *instance_of(base.program));
  const std::string bytes = base.changes();
  const auto changes = Changes::parse(bytes).value();
  REQUIRE(changes.runs.size() == 5);
  CHECK(changes.runs[0].offset == 8200);
  CHECK(changes.runs[0].bytes == std::string_view("\x21\0\0\0", 4));
  CHECK(changes.runs[1].offset == 12288);
  CHECK(changes.runs[1].bytes.size() == 4096);
  CHECK(changes.runs[4].offset == 400000);
  CHECK(changes.memory_bytes == 7 * kPageBytes);
  CHECK(changes.to_bytes() == bytes);
}

// Writes anywhere: numbers, zeros over whole pages, the same bytes as before.
void change_at_random(std::span<std::uint8_t> memory, std::mt19937& random) {
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (std::size_t writes = below(40); writes > 0; --writes) {
    const std::size_t begin = below(memory.size());
    const std::size_t size = std::min(memory.size() - begin, below(3) == 0 ? below(9'000) + 1 : 1);
    const auto place = memory.subspan(begin, size);
    const auto byte = static_cast<std::uint8_t>(below(4) == 0 ? 0 : random());
    std::ranges::fill(place, byte);
  }
}

TEST_CASE("a program with changes and one with the snapshot of the same instance begin alike") {
  std::mt19937 random(20);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  const ResettingGuest guest(R"((module (memory (export "memory") 6 40)
    (data (i32.const 70000) "here") (func (export "grow") (drop (memory.grow (i32.const 1))))))");
  for (int round = 0; round < 30; ++round) {
    CAPTURE(round);
    const auto first = instance_of(guest.program);
    if (round % 3 == 0) REQUIRE(call(*first, "grow", {}).has_value());
    change_at_random(bytes_of(*first), random);
    const auto base = guest.program->with_snapshot(first->capture(kBytesMax).value()).value();
    // Also of an instance that began otherwise, and whose memory is smaller then.
    const auto second = instance_of(round % 5 == 0 ? guest.program : base);
    if (round % 2 == 0) REQUIRE(call(*second, "grow", {}).has_value());
    change_at_random(bytes_of(*second), random);
    const auto whole = guest.program->with_snapshot(second->capture(kBytesMax).value()).value();
    const auto changed =
        base->with_changes(second->capture_changes(*base, kBytesMax).value()).value();
    const auto expected = instance_of(whole);
    const auto instance = instance_of(changed);
    for (int life = 0; life < 3; ++life) {
      check_equal(*instance, *expected);
      change_at_random(bytes_of(*instance), random);
      REQUIRE(call(*instance, "grow", {}).has_value());
      change_at_random(bytes_of(*instance), random);
      put_back(*instance);
    }
  }
}

TEST_CASE("the memory of a program with changes lives as long as its instances") {
  const Base base;
  const auto begun = base.program->with_changes(base.changes()).value();
  const std::uint64_t idle = begun->memory_bytes();
  CHECK(idle > 4096);
  CHECK(idle < 8192);
  auto one = instance_of(begun);
  auto other = instance_of(begun);
  const std::weak_ptr<const MemoryImage> made = begun->image().value();
  CHECK(made.lock()->stored_bytes() > 0);
  CHECK(made.lock()->stored_bytes() < base.program->image().value()->stored_bytes());
  CHECK(begun->memory_bytes() == idle);
  one.reset();
  CHECK(begun->image().value() == made.lock());
  REQUIRE(other->reset());
  CHECK_FALSE(made.expired());  // It waits for its next call.
  other.reset();
  CHECK(made.expired());
  CHECK(number(*instance_of(begun), "number") == 9);
}

TEST_CASE("a program with changes keeps its base") {
  Base base;
  const std::weak_ptr<const Program> weak = base.program;
  auto begun = base.program->with_changes(base.changes()).value();
  base.program.reset();
  CHECK_FALSE(weak.expired());
  const auto instance = instance_of(begun);
  begun.reset();
  put_back(*instance);
  CHECK(number(*instance, "number") == 9);
}

TEST_CASE("threads that need the memory of a program with changes at once get the same") {
  const Base base;
  const auto expected = after(base.program, "change");
  const auto begun = base.program->with_changes(base.changes()).value();
  constexpr std::size_t kThreads = 4;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<Instance>> instances(kThreads);
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (auto& instance : instances) {
      threads.emplace_back(
          [&begun, &instance] { instance = Instance::create(begun, {}, nullptr).value(); });
    }
    threads.clear();
    for (const auto& instance : instances) {
      REQUIRE(instantiate(*instance).has_value());
      check_equal(*instance, *expected);
    }
  }
}

TEST_CASE("changes of a module without a memory are its globals") {
  const Base base(R"((module (global $n (mut i32) (i32.const 1))
    (func (export "prepare") (global.set $n (i32.const 5)))
    (func (export "change") (global.set $n (i32.const 6)))
    (func (export "number") (result i32) (global.get $n))))");
  const auto begun = base.program->with_changes(base.changes()).value();
  CHECK(begun->image().value() == nullptr);
  CHECK(number(*instance_of(begun), "number") == 6);
  CHECK(number(*instance_of(base.program), "number") == 5);
}

TEST_CASE("changes fit only the base that they were made with") {
  const Base base;
  const std::string changes = base.changes();
  const auto code_of = [](const auto& result) { return result.error().code(); };
  // One that begins otherwise, one without a snapshot, one that begins with changes itself.
  const auto prepared = after(base.program, "prepare");
  const auto other =
      base.guest.program->with_snapshot(prepared->capture(kBytesMax).value()).value();
  CHECK(code_of(other->with_changes(changes)) == ErrorCode::kFailedPrecondition);
  CHECK(code_of(base.guest.program->with_changes(changes)) == ErrorCode::kFailedPrecondition);
  const auto begun = base.program->with_changes(changes).value();
  CHECK(code_of(begun->with_changes(changes)) == ErrorCode::kFailedPrecondition);
  // One that begins the same, but was made again.
  CHECK(base.again()->with_changes(changes).has_value());

  CHECK(code_of(prepared->capture_changes(*base.guest.program, kBytesMax)) ==
        ErrorCode::kFailedPrecondition);
  CHECK(code_of(prepared->capture_changes(*begun, kBytesMax)) == ErrorCode::kFailedPrecondition);
  const Base elsewhere;
  CHECK(code_of(prepared->capture_changes(*elsewhere.program, kBytesMax)) ==
        ErrorCode::kFailedPrecondition);
  // An instance that began otherwise, with a smaller memory, is as good.
  const auto unprepared = after(base.guest.program, "nothing");
  const auto same =
      base.program->with_changes(unprepared->capture_changes(*base.program, kBytesMax).value());
  check_equal(*instance_of(same.value()), *unprepared);
}

TEST_CASE("changes are limited by the pages that they are on, and by what lies between those") {
  const Base base;
  const auto changed = after(base.program, "change");
  constexpr std::uint64_t kFivePages = 5 * kHostPageBytes;
  CHECK(changed->capture_changes(*base.program, kFivePages).has_value());
  const auto refused = changed->capture_changes(*base.program, kFivePages - 1);
  CHECK(refused.error().code() == ErrorCode::kTooLarge);
  CHECK(refused.error().limit().value().name == "snapshot_bytes");
  // A byte in each of so many 32 KiB.
  const Base sparse(R"((module (memory 100) (func (export "prepare"))
    (func (export "spread") (param i32)
      (loop (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
        (i32.store8 (i32.shl (local.get 0) (i32.const 15)) (i32.const 1))
        (br_if 0 (local.get 0))))))");
  const auto spread = instance_of(sparse.program);
  const auto captured = [&](std::int32_t bytes, std::uint64_t bytes_max) {
    const std::vector<Value> count = {bytes};
    REQUIRE(call(*spread, "spread", count).has_value());
    return spread->capture_changes(*sparse.program, bytes_max);
  };
  CHECK(captured(64, kBytesMax).has_value());
  CHECK(captured(160, 4 * kBytesMax).has_value());
  const auto wide = captured(160, kBytesMax);
  CHECK(wide.error().code() == ErrorCode::kTooLarge);
  CHECK(wide.error().limit().value().name == "snapshot_bytes");
}

TEST_CASE("only what succeeded has changes") {
  const Base base(
      R"((module (memory 1) (func (export "prepare")) (func (export "f") unreachable)))");
  const auto trapped = instance_of(base.program);
  REQUIRE_FALSE(call(*trapped, "f", {}).has_value());
  CHECK(trapped->capture_changes(*base.program, kBytesMax).error().code() ==
        ErrorCode::kFailedPrecondition);
}

TEST_CASE("damaged changes are refused, or are other changes") {
  const Base base(R"((module (memory (export "memory") 1 3) (global $n (mut i32) (i32.const 1))
    (func (export "prepare") (i32.store (i32.const 5000) (i32.const -1)))
    (func (export "change") (i32.store (i32.const 100) (i32.const 77))
      (i32.store (i32.const 5000) (i32.const 0)) (global.set $n (i32.const 2)))
    (func (export "number") (result i32) (global.get $n))))");
  const std::string bytes = base.changes();
  const auto expected = after(base.program, "change");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto cut = base.program->with_changes(std::string_view(bytes).substr(0, size));
    REQUIRE_FALSE(cut.has_value());
    CHECK(cut.error().code() == ErrorCode::kDataLoss);
  }
  CHECK(base.program->with_changes(bytes + "x").error().code() == ErrorCode::kDataLoss);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const char flip : {'\x01', '\x40', '\x80'}) {
      CAPTURE(at);
      std::string other = bytes;
      other[at] = static_cast<char>(other[at] ^ flip);
      const auto begun = base.program->with_changes(other);
      if (!begun) {
        CHECK((begun.error().code() == ErrorCode::kDataLoss ||
               begun.error().code() == ErrorCode::kFailedPrecondition));
        continue;
      }
      const auto instance = instance_of(*begun);
      const bool is_same = number(*instance, "number") == 2 &&
                           std::ranges::equal(bytes_of(*instance), bytes_of(*expected));
      CHECK_FALSE(is_same);
    }
  }
}

TEST_CASE("whole snapshots and changes are not taken for each other") {
  const Base base;
  const auto changed = after(base.program, "change");
  CHECK(base.program->with_snapshot(base.changes()).error().code() == ErrorCode::kDataLoss);
  CHECK(base.program->with_changes(changed->capture(kBytesMax).value()).error().code() ==
        ErrorCode::kDataLoss);
}

}  // namespace
}  // namespace weft::engine
