#include "abi/command/threads.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "abi/command/testing.h"
#include "engine/shared_memory.h"
#include "system/memory_tree.h"

namespace weft::abi::command {
namespace {

using engine::GuestAddress;
using engine::Value;

constexpr int kThreads = 8;

// Where a guest sees how often host functions of its program began to wait.
constexpr std::uint64_t kWaitsAt = 508;

// Every program here begins with this. From 1024 on, a name is free for each test.
constexpr std::string_view kHead = R"((module
  (import "env" "memory" (memory 1 64 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $time (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sock_accept"
    (func $accept (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff"
    (func $poll (param i32 i32 i32 i32) (result i32)))
  (global $me (mut i32) (i32.const 0))
  (func $wait_until (param $address i32) (param $wanted i32)
    (local $seen i32)
    (loop $again
      (local.set $seen (i32.atomic.load (local.get $address)))
      (if (i32.ne (local.get $seen) (local.get $wanted)) (then
        (drop (memory.atomic.wait32 (local.get $address) (local.get $seen) (i64.const -1)))
        (br $again)))))
  (func $count (param $address i32)
    (drop (i32.atomic.rmw.add (local.get $address) (i32.const 1)))
    (drop (memory.atomic.notify (local.get $address) (i32.const -1))))
  (func $block_for_ever (loop $again
    (drop (memory.atomic.wait32 (i32.const 512) (i32.const 0) (i64.const -1)))
    (br $again)))
  (func $spawn_all (param $n i32) (loop $more
    (if (i32.lt_s (call $spawn (local.get $n)) (i32.const 1)) (then unreachable))
    (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
)";

struct Options {
  std::size_t threads_max = kThreads;
  engine::Interruption interruption = engine::Interruption::kEpoch;
  World world = {};  // without what each guest has
};

// A program with threads. Members die from below: first its threads.
struct Guest {
  FakeClock clock;
  testing::CountingRandom random;
  system::CaptureStream output{1'000'000, "output_bytes"};
  std::unique_ptr<engine::Engine> engine;
  std::shared_ptr<engine::SharedMemory> memory;
  std::unique_ptr<Program> program;
  std::unique_ptr<Threads> threads;

  explicit Guest(std::string_view functions, const Options& options = {},
                 system::InputStream* input = nullptr) {
    engine =
        engine::Engine::create(
            {.interruption = options.interruption, .parallel_compilation = false, .threads = true})
            .value();
    const auto binary =
        engine::to_binary(std::string(kHead) + std::string(functions) + ")", "test.wat");
    CAPTURE((binary ? "" : binary.error().message()));
    const std::string& module = binary.value();
    const auto info = engine::inspect(module, {.threads = true});
    CAPTURE((info ? "" : info.error().message()));
    REQUIRE(info.has_value());
    memory = engine::SharedMemory::create(*engine, info->memories.at(0), UINT64_MAX).value();
    engine::HostTable table(*engine);
    define_functions(table);
    define_threads(table);
    World world = options.world;
    world.input = input;
    if (world.output == nullptr) world.output = &output;
    world.clock = &clock;
    world.random = &random;
    world.wait = [this](const std::vector<system::Wait>& waits) {
      std::atomic_ref(word(kWaitsAt)).fetch_add(1);
      system::block_until(waits, clock);
    };
    program = std::make_unique<Program>(std::move(world));
    threads = Threads::create(*program, table.link(engine->compile(module).value(), memory).value(),
                              {.threads_max = options.threads_max, .instance = {}})
                  .value();
  }

  Threads::Outcome run() { return threads->run({{.name = "_start"}}); }

  std::string written() const {
    std::string text;
    CHECK(threads->between_calls([&] { text = output.text(); }));
    return text;
  }
  std::int32_t& word(std::uint64_t address) const {
    return *reinterpret_cast<std::int32_t*>(
        memory->bytes().bytes(GuestAddress{address}, sizeof(std::int32_t)).value().data());
  }
  // Between calls: a thread may still be on its way out of the one that wrote the number.
  std::int32_t load(std::uint64_t address) const {
    std::int32_t value = 0;
    CHECK(
        threads->between_calls([&] { CHECK(memory->bytes().load(GuestAddress{address}, value)); }));
    return value;
  }
};

TEST_CASE("threads count in the memory that they share, and notify the one that waits") {
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 8))
      (call $wait_until (i32.const 4) (i32.const 8)))
    (func (export "wasi_thread_start") (param $id i32) (param $argument i32)
      (local $times i32)
      (local.set $times (i32.const 10000))
      (loop $more
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
        (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
      (drop (i32.atomic.rmw.add (i32.const 8) (local.get $argument)))
      (drop (i32.atomic.rmw.or (i32.const 12) (i32.shl (i32.const 1) (local.get $id))))
      (call $count (i32.const 4))))");
  CHECK(guest.run().has_value());
  CHECK(guest.load(0) == 80'000);
  CHECK(guest.load(8) == 36);              // each argument once
  CHECK(guest.load(12) == 0b1'1111'1110);  // each number once, from 1 on
}

TEST_CASE("each thread has globals of its own") {
  Guest guest(R"(
    (func (export "_start")
      (global.set $me (i32.const 77))
      (call $spawn_all (i32.const 4))
      (call $wait_until (i32.const 4) (i32.const 4))
      (i32.atomic.store (i32.const 8) (global.get $me)))
    (func (export "wasi_thread_start") (param $id i32) (param i32)
      (if (i32.ne (global.get $me) (i32.const 0)) (then unreachable))
      (global.set $me (local.get $id))
      (call $count (i32.const 4))))");
  CHECK(guest.run().has_value());
  CHECK(guest.load(8) == 77);
}

TEST_CASE("any thread may start others") {
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 1))
      (call $wait_until (i32.const 0) (i32.const 5)))
    (func (export "wasi_thread_start") (param $id i32) (param i32)
      (if (i32.lt_s (local.get $id) (i32.const 5)) (then (call $spawn_all (i32.const 1))))
      (call $count (i32.const 0))))");
  CHECK(guest.run().has_value());
}

TEST_CASE("a thread too many is EAGAIN, and one that has ended makes room") {
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 2))
      (i32.atomic.store (i32.const 0) (call $spawn (i32.const 3)))
      (call $count (i32.const 4))
      (call $wait_until (i32.const 8) (i32.const 2))
      (call $spawn_all (i32.const 1))
      (call $wait_until (i32.const 8) (i32.const 3)))
    (func (export "wasi_thread_start") (param i32 i32)
      (call $wait_until (i32.const 4) (i32.const 1))
      (call $count (i32.const 8))))",
              {.threads_max = 2});
  CHECK(guest.run().has_value());
  CHECK(guest.load(0) == -static_cast<std::int32_t>(Errno::kAgain));
}

TEST_CASE("a guest that starts a thread behind each that ended never has too many") {
  Guest guest(R"(
    (func (export "_start") (local $left i32)
      (local.set $left (i32.const 50))
      (loop $more
        (i32.atomic.store (i32.const 0) (i32.const 0))
        (call $spawn_all (i32.const 1))
        (call $wait_until (i32.const 0) (i32.const 1))
        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
    (func (export "wasi_thread_start") (param i32 i32) (call $count (i32.const 0))))",
              {.threads_max = 1});
  CHECK(guest.run().has_value());
}

// What the other threads do while one ends the program.
constexpr std::string_view kBusyThreads = R"(
    (func $nap
      ;; One subscription at 128: the monotonic clock, for ever.
      (i32.store (i32.const 144) (i32.const 1))
      (i64.store (i32.const 152) (i64.const -1))
      (drop (call $poll (i32.const 128) (i32.const 192) (i32.const 1) (i32.const 256))))
    (func $read
      (i32.store (i32.const 288) (i32.const 320))
      (i32.store (i32.const 292) (i32.const 1))
      (drop (call $fd_read (i32.const 0) (i32.const 288) (i32.const 1) (i32.const 296))))
    (func (export "wasi_thread_start") (param i32) (param $argument i32)
      (call $count (i32.const 0))
      (if (i32.eq (local.get $argument) (i32.const 1)) (then (call $block_for_ever)))
      (if (i32.eq (local.get $argument) (i32.const 2)) (then (call $nap)))
      (if (i32.eq (local.get $argument) (i32.const 3)) (then (call $read)))
      (if (i32.eq (local.get $argument) (i32.const 4)) (then (loop $spin (br $spin))))
      (if (i32.eq (local.get $argument) (i32.const 5)) (then
        (call $wait_until (i32.const 0) (i32.const 5))
        (call $end)))
      (call $block_for_ever))
)";

// A thread of the test that waits until the guest has written a number there, then acts; or until
// the guest has ended, however that came.
class Observer {
 public:
  template <class Act>
  Observer(const Guest& guest, std::uint64_t address, std::int32_t wanted, Act act)
      : thread_([this, &guest, address, wanted, act = std::move(act)] {
          while (std::atomic_ref(guest.word(address)).load() < wanted) {
            if (has_ended_) return;
          }
          act();
        }) {}
  Observer(const Observer&) = delete;
  Observer& operator=(const Observer&) = delete;
  ~Observer() { has_ended_ = true; }

 private:
  std::atomic<bool> has_ended_ = false;
  std::jthread thread_;
};

// Runs the guest while one observes it.
template <class Act>
Threads::Outcome run_observed(Guest& guest, std::uint64_t address, std::int32_t wanted, Act act) {
  const Observer observer(guest, address, wanted, std::move(act));
  return guest.run();
}

// A pipe that nobody writes to.
struct SilentInput {
  std::array<int, 2> ends{};
  system::DescriptorInput input;

  SilentInput() : input(opened(ends)) {}
  SilentInput(const SilentInput&) = delete;
  SilentInput& operator=(const SilentInput&) = delete;
  ~SilentInput() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  static int opened(std::array<int, 2>& ends) {
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    return ends[0];
  }
};

TEST_CASE("any thread ends a program with its exit code, whatever the others do") {
  SilentInput silent;
  Guest guest(fmt::format(R"(
    (func $end (call $exit (i32.const 42)))
    (func (export "_start") (call $spawn_all (i32.const 5)) (call $block_for_ever))
    {})",
                          kBusyThreads),
              {}, &silent.input);
  const auto outcome = guest.run();
  CHECK(outcome.error().code() == ErrorCode::kGuestError);
  CHECK(guest.program->exit_code() == 42);
}

TEST_CASE("a trap of any thread ends the program, with its backtrace") {
  SilentInput silent;
  Guest guest(fmt::format(R"(
    (func $end unreachable)
    (func (export "_start") (call $spawn_all (i32.const 5)) (loop $spin (br $spin)))
    {})",
                          kBusyThreads),
              {}, &silent.input);
  const auto error = guest.run().error();
  CHECK(error.code() == ErrorCode::kGuestTrap);
  REQUIRE(error.backtrace().size() == 2);
  CHECK(error.backtrace()[0].function == "end");
  CHECK(error.backtrace()[1].function == "wasi_thread_start");
  CHECK_FALSE(guest.program->exit_code().has_value());
}

TEST_CASE("the end of the first thread is the end of the program") {
  SilentInput silent;
  Guest guest(fmt::format(R"(
    (func $end (call $block_for_ever))
    (func (export "_start")
      (call $spawn_all (i32.const 5))
      (call $wait_until (i32.const 0) (i32.const 5)))
    {})",
                          kBusyThreads),
              {}, &silent.input);
  CHECK(guest.run().has_value());
  CHECK_FALSE(guest.program->exit_code().has_value());
}

TEST_CASE("threads that wait in host functions end without epochs too") {
  SilentInput silent;
  Guest guest(fmt::format(R"(
    (func $end (call $exit (i32.const 0)))
    (func $again (loop $more (call $nap) (call $read) (br $more)))
    (func (export "_start") (call $spawn_all (i32.const 3)) (call $again))
    (func $nap
      (i32.store (i32.const 144) (i32.const 1))
      (i64.store (i32.const 152) (i64.const -1))
      (drop (call $poll (i32.const 128) (i32.const 192) (i32.const 1) (i32.const 256))))
    (func $read
      (i32.store (i32.const 288) (i32.const 320))
      (i32.store (i32.const 292) (i32.const 1))
      (drop (call $fd_read (i32.const 0) (i32.const 288) (i32.const 1) (i32.const 296))))
    (func (export "wasi_thread_start") (param i32) (param $argument i32)
      (call $count (i32.const 0))
      (if (i32.eq (local.get $argument) (i32.const 1)) (then
        (call $wait_until (i32.const 0) (i32.const 3))
        (call $end)))
      (call $again)))"),
              {.interruption = engine::Interruption::kNone}, &silent.input);
  CHECK_FALSE(guest.run().has_value());
  CHECK(guest.program->exit_code() == 0);
}

TEST_CASE("the first end of a program counts") {
  for (int round = 0; round < 20; ++round) {
    Guest guest(R"(
      (func (export "_start") (call $spawn_all (i32.const 8)) (call $block_for_ever))
      (func (export "wasi_thread_start") (param i32) (param $argument i32)
        (call $count (i32.const 0))
        (call $wait_until (i32.const 0) (i32.const 8))
        (if (i32.and (local.get $argument) (i32.const 1)) (then unreachable))
        (call $exit (local.get $argument))))");
    const auto error = guest.run().error();
    CHECK((error.code() == ErrorCode::kGuestError) == guest.program->exit_code().has_value());
    if (const auto code = guest.program->exit_code()) CHECK(*code % 2 == 0);
  }
}

TEST_CASE("what several threads write is whole within each call") {
  // Thread n writes lines of 60 letters, one after the other, in two buffers each.
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 8))
      (call $wait_until (i32.const 0) (i32.const 8)))
    (func (export "wasi_thread_start") (param i32) (param $argument i32)
      (local $base i32) (local $left i32)
      (local.set $base (i32.mul (local.get $argument) (i32.const 1024)))
      (memory.fill (i32.add (local.get $base) (i32.const 64))
                   (i32.add (i32.const 96) (local.get $argument)) (i32.const 60))
      (i32.store8 (i32.add (local.get $base) (i32.const 124)) (i32.const 10))
      (i32.store (local.get $base) (i32.add (local.get $base) (i32.const 64)))
      (i32.store (i32.add (local.get $base) (i32.const 4)) (i32.const 30))
      (i32.store (i32.add (local.get $base) (i32.const 8)) (i32.add (local.get $base) (i32.const 94)))
      (i32.store (i32.add (local.get $base) (i32.const 12)) (i32.const 31))
      (local.set $left (i32.const 100))
      (loop $more
        (if (call $fd_write (i32.const 1) (local.get $base) (i32.const 2)
                            (i32.add (local.get $base) (i32.const 16))) (then unreachable))
        (if (i32.ne (i32.load (i32.add (local.get $base) (i32.const 16))) (i32.const 61))
          (then unreachable))
        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (call $count (i32.const 0))))");
  REQUIRE(guest.run().has_value());
  const std::string text = guest.written();
  REQUIRE(text.size() == 8 * 100 * 61);
  for (std::size_t line = 0; line < text.size(); line += 61) {
    const std::string_view one = std::string_view(text).substr(line, 60);
    CHECK(std::ranges::all_of(one, [&](char letter) { return letter == one.front(); }));
    CHECK(text[line + 60] == '\n');
  }
}

TEST_CASE("threads that close and move each other's descriptors disturb nobody else") {
  system::BytesInput input(std::string_view("x"));
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 8))
      (call $wait_until (i32.const 0) (i32.const 8)))
    (func (export "wasi_thread_start") (param i32) (param $argument i32)
      (local $left i32) (local $base i32)
      (local.set $base (i32.mul (local.get $argument) (i32.const 256)))
      (i32.store (local.get $base) (i32.add (local.get $base) (i32.const 64)))
      (i32.store (i32.add (local.get $base) (i32.const 4)) (i32.const 8))
      (local.set $left (i32.const 300))
      (loop $more
        (drop (call $random (i32.add (local.get $base) (i32.const 64)) (i32.const 16)))
        (drop (call $fd_read (i32.const 0) (local.get $base) (i32.const 1)
                             (i32.add (local.get $base) (i32.const 16))))
        (drop (call $renumber (i32.const 0) (i32.const 2)))
        (drop (call $renumber (i32.const 2) (i32.const 1)))
        (drop (call $fd_write (i32.const 1) (local.get $base) (i32.const 1)
                              (i32.add (local.get $base) (i32.const 16))))
        (if (i32.eq (local.get $left) (i32.const 1)) (then (drop (call $fd_close (i32.const 1)))))
        (br_if $more (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (call $count (i32.const 0))))",
              {}, &input);
  CHECK(guest.run().has_value());
}

TEST_CASE("a read that waits lets the other threads work, and gets what comes") {
  SilentInput silent;
  Guest guest(R"(
    (func (export "_start")
      (i32.store (i32.const 288) (i32.const 320))
      (i32.store (i32.const 292) (i32.const 8))
      (call $spawn_all (i32.const 1))
      (drop (call $fd_read (i32.const 0) (i32.const 288) (i32.const 1) (i32.const 296))))
    (func (export "wasi_thread_start") (param i32 i32)
      (i32.store (i32.const 400) (i32.const 420))
      (i32.store (i32.const 404) (i32.const 1))
      (drop (call $fd_write (i32.const 1) (i32.const 400) (i32.const 1) (i32.const 408)))
      (call $count (i32.const 0))))",
              {}, &silent.input);
  // Writes only once the other thread has written while the first one waits.
  const auto write = [&] { CHECK(::write(silent.ends[1], "four", 4) == 4); };
  CHECK(run_observed(guest, 0, 1, write).has_value());
  CHECK(guest.load(296) == 4);
  CHECK(guest.written().size() == 1);
}

TEST_CASE("a file that is closed while a thread reads from it stays until that has read") {
  SilentInput silent;
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 1))
      (loop $until_it_waits (br_if $until_it_waits (i32.eqz (i32.atomic.load (i32.const 508)))))
      (i32.store (i32.const 4) (call $fd_close (i32.const 0)))
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (call $wait_until (i32.const 8) (i32.const 1)))
    (func (export "wasi_thread_start") (param i32 i32)
      (i32.store (i32.const 288) (i32.const 320))
      (i32.store (i32.const 292) (i32.const 8))
      (i32.store (i32.const 300) (call $fd_read (i32.const 0) (i32.const 288) (i32.const 1) (i32.const 296)))
      (i32.store (i32.const 304) (call $fd_read (i32.const 0) (i32.const 288) (i32.const 1) (i32.const 308)))
      (call $count (i32.const 8))))",
              {}, &silent.input);
  const auto write = [&] { CHECK(::write(silent.ends[1], "four", 4) == 4); };
  CHECK(run_observed(guest, 0, 1, write).has_value());
  CHECK(guest.load(4) == 0);
  CHECK(guest.load(300) == 0);
  CHECK(guest.load(296) == 4);
  CHECK(guest.load(304) == static_cast<std::int32_t>(Errno::kBadf));
}

TEST_CASE("what belongs to a program can be looked at between its calls") {
  SilentInput silent;
  Guest guest(fmt::format(R"(
    (func $end (call $exit (i32.const 1)))
    (func (export "_start") (call $spawn_all (i32.const 5)) (loop $spin (br $spin)))
    {})",
                          kBusyThreads),
              {}, &silent.input);
  CHECK_FALSE(guest.run().has_value());
  bool looked = false;
  CHECK(guest.threads->between_calls([&] { looked = !guest.program->refusals().outside; }));
  CHECK(looked);
}

TEST_CASE("a program without the export of threads fails when it starts one") {
  Guest guest(R"((func (export "_start") (call $spawn_all (i32.const 1)) (call $block_for_ever)))");
  CHECK(guest.run().error().code() == ErrorCode::kNotFound);
}

TEST_CASE("a trap in the start function of a thread's instance ends the program") {
  Guest guest(R"(
    (func $start (if (i32.atomic.load (i32.const 600)) (then unreachable)))
    (start $start)
    (func (export "_start")
      (i32.atomic.store (i32.const 600) (i32.const 1))
      (call $spawn_all (i32.const 1))
      (call $block_for_ever))
    (func (export "wasi_thread_start") (param i32 i32)))");
  const auto error = guest.run().error();
  CHECK(error.code() == ErrorCode::kGuestTrap);
  REQUIRE(error.backtrace().size() == 1);
  CHECK(error.backtrace()[0].function == "start");
}

TEST_CASE("no thread begins in a program that ended while its place was awaited") {
  for (int round = 0; round < 20; ++round) {
    Guest guest(R"(
      (func (export "_start")
        (call $spawn_all (i32.const 1))
        (call $count (i32.const 4))
        (drop (call $spawn (i32.const 9))))
      (func (export "wasi_thread_start") (param i32) (param $argument i32)
        (if (i32.eq (local.get $argument) (i32.const 9)) (then (call $count (i32.const 0))))
        (call $wait_until (i32.const 4) (i32.const 1))
        (call $exit (i32.const 3))))",
                {.threads_max = 1});
    CHECK_FALSE(guest.run().has_value());
    guest.threads.reset();  // waits for all
    CHECK(guest.word(0) == 0);
  }
}

TEST_CASE("host functions use pages while other threads add more of them") {
  // Threads 2 to 4 fill the end of each page that thread 1 has added, as soon as it is there.
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 4))
      (call $wait_until (i32.const 4) (i32.const 4)))
    (func $grow (loop $more
      (if (i32.lt_s (memory.grow (i32.const 1)) (i32.const 0)) (then unreachable))
      (i32.atomic.store (i32.const 0) (memory.size))
      (br_if $more (i32.lt_u (memory.size) (i32.const 64)))))
    (func $fill (param $id i32) (local $seen i32) (local $at i32)
      (loop $more
        (local.set $seen (i32.atomic.load (i32.const 0)))
        (local.set $at (i32.sub (i32.mul (local.get $seen) (i32.const 65536))
                                (i32.mul (local.get $id) (i32.const 16))))
        (br_if $more (i32.eqz (local.get $seen)))
        (if (call $random (local.get $at) (i32.const 16)) (then unreachable))
        (if (i64.eqz (i64.load (local.get $at))) (then unreachable))
        (br_if $more (i32.lt_u (local.get $seen) (i32.const 64)))))
    (func (export "wasi_thread_start") (param $id i32) (param i32)
      (if (i32.eq (local.get $id) (i32.const 1))
        (then (call $grow)) (else (call $fill (local.get $id))))
      (call $count (i32.const 4))))");
  CHECK(guest.run().has_value());
  CHECK(guest.memory->bytes().size_bytes() == 64 * engine::kPageBytes);
}

// Output to a pipe of one page, which is read only once the test has what it wanted.
struct UnreadOutput {
  std::array<int, 2> ends{};
  system::DescriptorOutput output;

  UnreadOutput() : output(opened(ends)) {}
  UnreadOutput(const UnreadOutput&) = delete;
  UnreadOutput& operator=(const UnreadOutput&) = delete;
  ~UnreadOutput() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  static int opened(std::array<int, 2>& ends) {
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    REQUIRE(::fcntl(ends[1], F_SETPIPE_SZ, 4096) >= 4096);
    return ends[1];
  }
  // What is there, however often.
  void drain() const {
    std::array<char, 4096> bytes{};
    pollfd state{.fd = ends[0], .events = POLLIN, .revents = 0};
    while (::poll(&state, 1, 0) == 1)
      static_cast<void>(::read(ends[0], bytes.data(), bytes.size()));
  }
};

TEST_CASE("a program ends while a thread of it is stuck in a write to a pipe that nobody reads") {
  for (const bool traps : {false, true}) {
    CAPTURE(traps);
    UnreadOutput unread;
    Guest guest(fmt::format(R"(
      (func (export "_start")
        (call $spawn_all (i32.const 1))
        (loop $until_stuck (br_if $until_stuck (i32.eqz (i32.atomic.load (i32.const 4)))))
        {})
      (func (export "wasi_thread_start") (param i32 i32)
        (i32.store (i32.const 288) (i32.const 1024))
        ;; Three pages, of which the pipe says that it takes some, and takes one.
        (i32.store (i32.const 292) (i32.const 12288))
        (loop $more
          (call $count (i32.const 0))
          (drop (call $fd_write (i32.const 1) (i32.const 288) (i32.const 1) (i32.const 296)))
          (br $more))))",
                            traps ? "unreachable" : "(call $exit (i32.const 42))"),
                {.world = {.output = &unread.output}});
    const auto outcome = run_observed(guest, 0, 1, [&] {
      while (guest.threads->between_calls([] {})) {
      }
      std::atomic_ref(guest.word(4)).store(1);
    });
    CHECK(outcome.error().code() == (traps ? ErrorCode::kGuestTrap : ErrorCode::kGuestError));
    CHECK(guest.program->exit_code().has_value() == !traps);
    // Otherwise the guest could not be destroyed.
    while (!guest.threads->between_calls([] {}))
      unread.drain();
  }
}

// Where sockets of the test may go.
std::shared_ptr<system::Network> loopback() {
  return std::make_shared<system::Network>(
      std::vector{system::parse_network_rule("127.0.0.1").value()}, system::resolve_by_system);
}

std::shared_ptr<system::Socket> listener() {
  return system::Socket::listen_on(
             {.address = system::parse_ip_address("127.0.0.1").value(), .port = 0})
      .value();
}

void connect_to(system::Socket& client, const system::SocketAddress& address) {
  while (!client.connect(address))
    system::block_until({client.wait(system::Wait::For::kWriting).value()}, SystemClock());
}

TEST_CASE("a socket that is closed while a thread waits for it stays until that has what came") {
  const auto listening = listener();
  Guest guest(R"(
    (func (export "_start")
      (call $spawn_all (i32.const 1))
      (loop $until_it_waits (br_if $until_it_waits (i32.eqz (i32.atomic.load (i32.const 508)))))
      (i32.store (i32.const 4) (call $fd_close (i32.const 3)))
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (call $wait_until (i32.const 8) (i32.const 1)))
    (func (export "wasi_thread_start") (param i32 i32)
      (i32.store (i32.const 300) (call $accept (i32.const 3) (i32.const 0) (i32.const 296)))
      (i32.store (i32.const 304) (call $accept (i32.const 3) (i32.const 4) (i32.const 308)))
      (call $count (i32.const 8))))",
              {.world = {.listeners = {listening}}});
  const auto client = system::Socket::open(system::SocketType::kStream, false, loopback()).value();
  const auto connect = [&] { connect_to(*client, listening->local_address().value()); };
  CHECK(run_observed(guest, 0, 1, connect).has_value());
  CHECK(guest.load(4) == 0);
  CHECK(guest.load(300) == 0);
  CHECK(guest.load(296) == 3);  // The number is free again.
  CHECK(guest.load(304) == static_cast<std::int32_t>(Errno::kNotcapable));
}

TEST_CASE("a client is not lost that comes when all descriptors were taken meanwhile") {
  FakeClock clock;
  const system::MemoryTree tree(clock);
  const auto listening = listener();
  // Thread 1 waits for a client while the first one opens the directory until no number is free;
  // the next wait, with a free number, gets the client.
  Guest guest(R"(
    (data (i32.const 700) ".")
    (func (export "_start") (local $error i32)
      (call $spawn_all (i32.const 1))
      (loop $until_it_waits (br_if $until_it_waits (i32.eqz (i32.atomic.load (i32.const 508)))))
      (loop $more
        (local.set $error (call $open (i32.const 3) (i32.const 0) (i32.const 700) (i32.const 1)
          (i32.const 2) (i64.const 0) (i64.const 0) (i32.const 0) (i32.const 704)))
        (br_if $more (i32.eqz (local.get $error))))
      (i32.store (i32.const 4) (local.get $error))
      (i32.atomic.store (i32.const 0) (i32.const 1))
      (call $wait_until (i32.const 8) (i32.const 1))
      (drop (call $fd_close (i32.const 0)))
      (i32.store (i32.const 304) (call $accept (i32.const 4) (i32.const 0) (i32.const 308))))
    (func (export "wasi_thread_start") (param i32 i32)
      (i32.store (i32.const 300) (call $accept (i32.const 4) (i32.const 0) (i32.const 296)))
      (call $count (i32.const 8))))",
              {.world = {.directories = {{.name = "/", .directory = tree.root()}},
                         .listeners = {listening}}});
  const auto client = system::Socket::open(system::SocketType::kStream, false, loopback()).value();
  const auto connect = [&] { connect_to(*client, listening->local_address().value()); };
  CHECK(run_observed(guest, 0, 1, connect).has_value());
  CHECK(guest.load(4) == static_cast<std::int32_t>(Errno::kMfile));
  CHECK(guest.load(300) == static_cast<std::int32_t>(Errno::kMfile));
  CHECK(guest.load(304) == 0);
}

TEST_CASE("the CPU time of a process is that of all its threads") {
  Guest guest(R"(
    (func (export "_start")
      (if (call $time (i32.const 2) (i64.const 0) (i32.const 0)) (then unreachable))
      (if (call $time (i32.const 3) (i64.const 0) (i32.const 8)) (then unreachable))
      (drop (call $yield))
      ;; That of the thread was read later: only what others used makes the first one more.
      (if (i64.le_u (i64.load (i32.const 0)) (i64.load (i32.const 8))) (then unreachable))))");
  CHECK(guest.run().has_value());
}

}  // namespace
}  // namespace weft::abi::command
