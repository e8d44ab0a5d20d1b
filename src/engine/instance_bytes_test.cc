// What an instance takes beside its memories: tables, globals, references to functions.
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <malloc.h>

#include "engine/instance_parts.h"
#include "engine/memory_image.h"
#include "engine/reset_testing.h"

namespace weft::engine {
namespace {

using testing::instance_of;
using testing::resetting;
using testing::ResettingGuest;

constexpr std::uint64_t kMiB = 1ULL << 20U;

std::string repeated(std::size_t count, std::string_view text) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += text;
  return all;
}

std::string many_globals(std::size_t count) {
  return "(module" + repeated(count, "(global i32 (i32.const 1))") + "(func (export \"f\")))";
}
std::string many_references(std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i)
    all += fmt::format(" {}", i);
  return "(module (func (export \"f\"))" + repeated(count, "(func)") + "(table funcref (elem" +
         all + ")))";
}
std::string large_segment(std::size_t count) {
  return "(module (func $f (export \"f\")) (elem func" + repeated(count, " $f") + "))";
}
std::string large_table(std::size_t elements) {
  return fmt::format("(module (memory 1) (table {} funcref) (func (export \"f\")))", elements);
}

Result<> started(const ResettingGuest& guest, const InstanceLimits& limits) {
  return instantiate(*Instance::create(guest.program, limits, nullptr).value());
}

// What of the heap is in use; 0 under sanitizers.
std::uint64_t heap_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST_CASE("what an instance takes of the heap is no more than it counts as") {
  for (const std::string& wat :
       {std::string("(module)"), many_globals(100'000), many_references(50'000),
        large_segment(100'000), large_table(100'000),
        "(module " + repeated(1'000, "(global (mut i64) (i64.const 1))") + ")",
        "(module (memory 1)" + repeated(1'000, "(data \"x\")") + ")",
        "(module " + repeated(100, "(table 1 externref)") + ")"}) {
    CAPTURE(wat.substr(0, 60));
    for (const bool resets : {false, true}) {
      EngineOptions options = resetting();
      options.resets_instances = resets;
      const ResettingGuest guest(wat, options);
      instance_of(guest.program);  // What all of them share is made now.
      const std::uint64_t before = heap_bytes();
      const auto instance = instance_of(guest.program);
      const std::uint64_t taken = heap_bytes() - before;
      CAPTURE(taken);
      CHECK(guest.engine->guest_memory_bytes() >= taken);
    }
  }
}

TEST_CASE("a table counts against the memory that a guest may have") {
  const ResettingGuest guest(large_table(900'000));
  const auto error = started(guest, {.memory_bytes = 4 * kMiB}).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit().value().name == "memory_bytes");
  CHECK(started(guest, {.memory_bytes = 8 * kMiB}).has_value());
  CHECK(guest.engine->guest_memory_bytes() == 0);
}

TEST_CASE("a table that grows counts as it grows") {
  EngineOptions options = resetting();
  options.guest_memory_bytes_max = 3'800'000;
  constexpr std::string_view kGrowing = R"((module (table 0 funcref)
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0)))
    (func (export "must_grow")
      (if (i32.eq (table.grow (ref.null func) (i32.const 100000)) (i32.const -1))
        (then unreachable)))))";
  const ResettingGuest guest(kGrowing, options);
  const std::vector<Value> elements = {200'000};
  // A MiB is free, and 200,000 elements are more than one more.
  const auto small = instance_of(guest.program, {.memory_bytes = kMiB / 2});
  CHECK(testing::number(*small, "grow", elements) == -1);
  const auto instance = instance_of(guest.program, {.memory_bytes = kMiB});
  CHECK(testing::number(*instance, "grow", elements) == 0);
  CHECK(guest.engine->guest_memory_bytes() >= 1'600'000);
  CHECK(call(*instance, "must_grow", {}).error().limit().value().name == "memory_bytes");
  const auto other = instance_of(guest.program);
  CHECK(testing::number(*other, "grow", elements) == 0);
  CHECK(call(*other, "must_grow", {}).error().limit().value().name == "guest_memory_bytes");
}

TEST_CASE("globals and references to functions count against what a guest may have") {
  for (const std::string& wat :
       {many_globals(200'000), many_references(100'000), large_segment(200'000)}) {
    CAPTURE(wat.substr(0, 60));
    EngineOptions options = resetting();
    const ResettingGuest guest(wat, options);
    const auto error = started(guest, {.memory_bytes = kMiB}).error();
    CHECK(error.code() == ErrorCode::kGuestLimit);
    CHECK(error.limit().value().name == "memory_bytes");
    CHECK(started(guest, {.memory_bytes = 5 * kMiB}).has_value());
    options.guest_memory_bytes_max = 2 * kMiB;
    const auto too_many = started(ResettingGuest(wat, options), {}).error();
    CHECK(too_many.code() == ErrorCode::kResourceExhausted);
    CHECK(too_many.limit().value().name == "guest_memory_bytes");
  }
}

TEST_CASE("a small module counts with its memory alone against its own limit") {
  const ResettingGuest guest(R"((module (memory 1) (table 1000 funcref) (func (export "f"))))");
  CHECK(started(guest, {.memory_bytes = kPageBytes}).has_value());
  CHECK(started(ResettingGuest("(module (func))"), {.memory_bytes = 0}).has_value());
}

TEST_CASE("what instances keep that wait for their next call has a limit, with their tables") {
  const ResettingGuest guest(large_table(1'000'000));
  std::vector<std::unique_ptr<Instance>> waiting;
  for (;;) {
    waiting.push_back(instance_of(guest.program));
    if (!waiting.back()->reset()) break;
    REQUIRE(waiting.size() < 100);
  }
  CHECK(waiting.size() > 20);
  CHECK(waiting.size() <= 34);
  waiting.pop_back();
  waiting.pop_back();
  CHECK(instance_of(guest.program)->reset());
  // One that is used again does not wait.
  REQUIRE(instantiate(*waiting.back()).has_value());
  CHECK(instance_of(guest.program)->reset());
}

TEST_CASE("what all memories that wait keep has a limit") {
  Mappings mappings(100);
  SlotPool pool(std::nullopt, mappings);
  CHECK(pool.keep_bytes(255 * kMiB));
  CHECK(pool.keep_bytes(kMiB));
  CHECK_FALSE(pool.keep_bytes(1));
  pool.give_back_bytes(kMiB);
  CHECK(pool.keep_bytes(1));
  pool.give_back_bytes(255 * kMiB + 1);
}

// --- images ---

std::vector<MemoryImage::Piece> pieces_at(std::span<const std::uint64_t> offsets) {
  std::vector<MemoryImage::Piece> pieces;
  for (const std::uint64_t offset : offsets)
    pieces.push_back({.offset = offset, .bytes = "data"});
  return pieces;
}

TEST_CASE("an image has eight pieces that are far apart, and nothing between them") {
  std::vector<std::uint64_t> offsets;
  for (std::uint64_t i = 0; i < 8; ++i)
    offsets.push_back(i * 500 * kMiB);
  CHECK(MemoryImage::stored_bytes_of(pieces_at(offsets)) == 8 * 4096);
  const auto file = ImageFile::create().value();
  const auto image = MemoryImage::create(*file, 4096 * kMiB, pieces_at(offsets)).value();
  CHECK(image->extents().size() == 8);
  CHECK(image->stored_bytes() == 8 * 4096);
  CHECK(image->mappings() == 16);
}

TEST_CASE("of more pieces, those join that have the least between them") {
  const std::vector<std::uint64_t> offsets = {0,           1000 * kMiB, 1000 * kMiB + 200'000,
                                              1100 * kMiB, 1200 * kMiB, 1300 * kMiB,
                                              1400 * kMiB, 1500 * kMiB, 1600 * kMiB};
  // 200,000 bytes on, the data lies in the 49th page.
  CHECK(MemoryImage::stored_bytes_of(pieces_at(offsets)) == (7 + 49) * 4096);
}

TEST_CASE("a module whose data lies far apart in many places is not split, and works") {
  std::string wat = "(module (memory 65536)";
  for (std::uint64_t i = 0; i < 9; ++i)
    wat += fmt::format("(data (i32.const {}) \"\\{:02x}\")", std::max(i << 28U, 1UZ) - 1, i);
  wat += "(func (export \"f\") (result i32) (i32.load8_u (i32.const 0x7fffffff))))";
  const auto info = inspect(to_binary(wat, "test.wat").value()).value();
  CHECK(info.obstacle.value_or("") == "its data lies in more than 8 places that are far apart");
  const ResettingGuest guest(wat);
  CHECK_FALSE(guest.program->code().can_reset());
  CHECK(guest.program->code().image() == nullptr);
  const auto instance = instance_of(guest.program, {.memory_bytes = 4096 * kMiB});
  CHECK(testing::number(*instance, "f") == 8);
}

TEST_CASE("the image of a module that is split has little between its pieces of data") {
  std::uint64_t random = 88172645463325252ULL;
  const auto next = [&random](std::uint64_t below) {
    random ^= random << 13U;
    random ^= random >> 7U;
    random ^= random << 17U;
    return random % below;
  };
  int split_modules = 0;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t scale = 4096ULL << next(18);
    std::string wat = "(module (memory 65536)";
    std::vector<MemoryImage::Piece> pieces;
    for (std::uint64_t n = next(40); n > 0; --n) {
      const std::uint64_t offset = next(std::min<std::uint64_t>(scale, 4095 * kMiB));
      pieces.push_back({.offset = offset, .bytes = "data"});
      wat += fmt::format("(data (i32.const {}) \"data\")", offset);
    }
    const auto info = inspect(to_binary(wat + ")", "test.wat").value()).value();
    const std::uint64_t stored = MemoryImage::stored_bytes_of(pieces);
    CAPTURE(stored);
    if (info.obstacle) {
      CHECK(stored > kMiB);
    } else {
      ++split_modules;
      // A piece has up to two pages; and small gaps are always filled.
      CHECK(stored <= kMiB + 4 * 4096 * pieces.size() + 7 * 65'536);
    }
  }
  CHECK(split_modules > 20);
  CHECK(split_modules < 100);
}

}  // namespace
}  // namespace weft::engine
