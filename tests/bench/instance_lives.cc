// How long a guest's whole life takes in this process: an instance at its beginning, a call, and
// what makes the next one possible. Prints one JSON object per line: {"guest", "how", "ns"}, where
// `ns` is CPU time of a life.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <limits>
#include <string>

#include <fmt/format.h>
#include <time.h>

#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace {

using namespace weft::engine;

constexpr int kRounds = 9;
constexpr int kLives = 2'000;

enum class How : std::uint8_t { kReset, kNewFromImage, kNew };

struct Kind {
  How how;
  const char* name;
};
constexpr std::array kKinds = {Kind{How::kReset, "put back"},
                               Kind{How::kNewFromImage, "new, over an image"},
                               Kind{How::kNew, "new, as Wasmtime makes it"}};

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
  const auto program = HostTable(*engine).link(engine->compile(module).value()).value();
  auto instance = made(program);
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < kRounds; ++round) {
    const std::int64_t begin = cpu_ns();
    for (int life = 0; life < kLives; ++life) {
      call(*instance, "f", {}).value();
      if (how == How::kReset) {
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
