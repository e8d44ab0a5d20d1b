// How long a guest's whole life takes in this process: an instance at its beginning, a call, and
// what makes the next one possible. Prints one JSON object per line: {"guest", "how", "ns"}, where
// `ns` is CPU time of a life.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <time.h>

#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace {

using namespace weft::engine;

constexpr int kRounds = 9;
constexpr int kLives = 2'000;
constexpr std::uint64_t kSnapshotBytesMax = 64ULL << 20U;

enum class How : std::uint8_t { kReset, kResetToSnapshot, kNewFromImage, kNew };

struct Kind {
  How how;
  const char* name;
};
constexpr std::array kKinds = {
    Kind{How::kReset, "put back"}, Kind{How::kResetToSnapshot, "put back to a snapshot"},
    Kind{How::kNewFromImage, "new, over an image"}, Kind{How::kNew, "new, as Wasmtime makes it"}};

struct Guest {
  const char* name;
  std::string wat;
};

// Writes to `pages` pages of a memory of `size` pages of 64 KiB, of which `data` bytes have
// content.
std::string writer(int size, int data, int pages, bool grows) {
  return fmt::format(
      R"((module (memory (export "memory") {}) (data (i32.const 1048576) "{}")
        (global $g (mut i32) (i32.const 0))
        (func (export "f") (local $i i32) {}
          (loop
            (i32.store (i32.add (i32.const 1048576) (i32.mul (local.get $i) (i32.const 20480)))
                       (local.get $i))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if 0 (i32.lt_u (local.get $i) (i32.const {}))))
          (global.set $g (local.get $i)))))",
      size, std::string(static_cast<std::size_t>(data), 'x'),
      grows ? "(drop (memory.grow (i32.const 1)))" : "", pages);
}

// Builds the table of a CRC-32 when it begins, and reads it in one call.
constexpr std::string_view kBuilder = R"((module (memory (export "memory") 1)
  (func $build (local $i i32) (local $r i32) (local $bit i32)
    (loop $each
      (local.set $r (local.get $i)) (local.set $bit (i32.const 8))
      (loop $bits
        (local.set $r (i32.xor (i32.shr_u (local.get $r) (i32.const 1))
          (i32.and (i32.const 0xedb88320)
            (i32.sub (i32.const 0) (i32.and (local.get $r) (i32.const 1))))))
        (br_if $bits (local.tee $bit (i32.sub (local.get $bit) (i32.const 1)))))
      (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $r))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $i) (i32.const 256)))))
  (start $build)
  (func (export "f") (i32.store (i32.const 8192) (i32.load (i32.const 40))))))";

std::int64_t cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::unique_ptr<Instance> made(const std::shared_ptr<const Program>& program) {
  auto instance = Instance::create(program, {}, nullptr).value();
  instantiate(*instance).value();
  return instance;
}

std::int64_t ns_per_life(const Guest& guest, How how) {
  const auto engine = Engine::create({.resets_instances = how != How::kNew}).value();
  const std::string module = to_binary(guest.wat, "guest.wat").value();
  auto program = HostTable(*engine).link(engine->compile(module).value()).value();
  auto instance = made(program);
  if (how == How::kResetToSnapshot) {
    program = program->with_snapshot(instance->capture(kSnapshotBytesMax).value()).value();
    instance = made(program);
  }
  const bool resets = how == How::kReset || how == How::kResetToSnapshot;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    const std::int64_t begin = cpu_ns();
    for (int life = 0; life < kLives; ++life) {
      call(*instance, "f", {}).value();
      if (resets) {
        WEFT_ASSERT(instance->reset());
        instantiate(*instance).value();
      } else {
        instance = made(program);
      }
    }
    least = std::min(least, (cpu_ns() - begin) / kLives);
  }
  return least;
}

}  // namespace

int main() {
  const std::array guests = {
      Guest{"tiny: a page of memory, one write",
            R"((module (memory 1) (func (export "f") (i32.store (i32.const 8) (i32.const 1)))))"},
      Guest{"2 MB of data, 4 pages written", writer(64, 2'000'000, 4, false)},
      Guest{"2 MB of data, 20 pages written", writer(64, 2'000'000, 20, false)},
      Guest{"2 MB of data, 4 pages written, grows", writer(64, 2'000'000, 4, true)},
      Guest{"16 MB of data, 20 pages written", writer(512, 16'000'000, 20, false)},
      Guest{"a table of 1 KiB, built at the start", std::string(kBuilder)},
  };
  for (const Guest& guest : guests) {
    for (const Kind& kind : kKinds) {
      fmt::print("{{\"guest\": \"{}\", \"how\": \"{}\", \"ns\": {}}}\n", guest.name, kind.name,
                 ns_per_life(guest, kind.how));
      std::fflush(stdout);
    }
  }
  return 0;
}
