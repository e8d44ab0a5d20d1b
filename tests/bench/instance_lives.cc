// How long a guest's whole life takes in this process: an instance at its beginning, a call, and
// what makes the next one possible.
//
//   instance_lives                     guests of its own
//   instance_lives FILE EXPORT LIVES   a module's export without parameters, one round
//
// Prints one JSON object per line: {"guest", "how", "ns", "pages"}, where `ns` is CPU time of a
// life, and `pages` how many of 4 KiB of the memory a call changes, if it can be seen.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <time.h>

#include "base/assert.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace {

using namespace weft::engine;

constexpr std::uint64_t kSnapshotBytesMax = 64ULL << 20U;
constexpr std::size_t kHostPageBytes = 4096;

enum class How : std::uint8_t { kReset, kResetToSnapshot, kNewFromImage, kNew, kKept };

struct Kind {
  How how;
  const char* name;
};
constexpr std::array kKinds = {
    Kind{How::kReset, "put back"}, Kind{How::kResetToSnapshot, "put back to a snapshot"},
    Kind{How::kNewFromImage, "new, over an image"}, Kind{How::kNew, "new, as Wasmtime makes it"},
    // What the call itself costs.
    Kind{How::kKept, "not pristine"}};

struct Guest {
  std::string name;
  std::string module;  // binary or text
  std::string call = "f";
};

struct Plan {
  int rounds = 9;
  int lives = 2'000;
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

std::shared_ptr<const Program> program_of(const Engine& engine, const Guest& guest) {
  const std::string module = to_binary(guest.module, "guest.wat").value();
  return HostTable(engine).link(engine.compile(module).value()).value();
}

std::int64_t ns_per_life(const Guest& guest, How how, const Plan& plan) {
  const auto engine = Engine::create({.resets_instances = how != How::kNew}).value();
  auto program = program_of(*engine, guest);
  auto instance = made(program);
  if (how == How::kResetToSnapshot) {
    program = program->with_snapshot(instance->capture(kSnapshotBytesMax).value()).value();
    instance = made(program);
  }
  const bool resets = how == How::kReset || how == How::kResetToSnapshot;
  std::int64_t least = std::numeric_limits<std::int64_t>::max();
  for (int round = 0; round < plan.rounds; ++round) {
    const std::int64_t begin = cpu_ns();
    for (int life = 0; life < plan.lives; ++life) {
      call(*instance, guest.call, {}).value();
      if (resets) {
        WEFT_ASSERT(instance->reset());
        instantiate(*instance).value();
      } else if (how != How::kKept) {
        instance = made(program);
      }
    }
    least = std::min(least, (cpu_ns() - begin) / plan.lives);
  }
  return least;
}

// What was not there before was zeros.
std::size_t pages_changed(const Guest& guest) {
  const auto engine = Engine::create({}).value();
  const auto instance = made(program_of(*engine, guest));
  const auto bytes = [&] {
    const GuestMemory memory = instance->memory();
    return memory.bytes(GuestAddress(0), memory.size_bytes()).value();
  };
  std::vector<std::uint8_t> before(bytes().begin(), bytes().end());
  call(*instance, guest.call, {}).value();
  before.resize(bytes().size());
  std::size_t changed = 0;
  for (std::size_t at = 0; at < before.size(); at += kHostPageBytes)
    changed += std::memcmp(&before[at], &bytes()[at], kHostPageBytes) == 0 ? 0 : 1;
  return changed;
}

void measure(const Guest& guest, const Plan& plan) {
  const std::size_t pages = pages_changed(guest);
  for (const Kind& kind : kKinds) {
    fmt::print("{{\"guest\": \"{}\", \"how\": \"{}\", \"ns\": {}, \"pages\": {}}}\n", guest.name,
               kind.name, ns_per_life(guest, kind.how, plan), pages);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** words) {
  const std::span<char*> arguments(words, static_cast<std::size_t>(count));
  if (count == 4) {
    std::ifstream file(arguments[1], std::ios::binary);
    const std::string module((std::istreambuf_iterator<char>(file)),
                             std::istreambuf_iterator<char>());
    const std::string_view lives = arguments[3];
    Plan plan{.rounds = 1};
    std::from_chars(lives.data(), lives.data() + lives.size(), plan.lives);
    measure({.name = "plugin", .module = module, .call = arguments[2]}, plan);
    return 0;
  }
  const std::array guests = {
      Guest{"tiny: a page of memory, one write",
            R"((module (memory 1) (func (export "f") (i32.store (i32.const 8) (i32.const 1)))))"},
      Guest{"2 MB of data, 4 pages written", writer(64, 2'000'000, 4, false)},
      Guest{"2 MB of data, 20 pages written", writer(64, 2'000'000, 20, false)},
      Guest{"2 MB of data, 4 pages written, grows", writer(64, 2'000'000, 4, true)},
      Guest{"16 MB of data, 20 pages written", writer(512, 16'000'000, 20, false)},
      Guest{"a table of 1 KiB, built at the start", std::string(kBuilder)},
  };
  for (const Guest& guest : guests)
    measure(guest, {});
  return 0;
}
