#include "engine/shared_memory.h"

#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "engine/instance.h"

namespace weft::engine {
namespace {

// A module with a shared memory of one to ten pages.
constexpr std::string_view kSharing = R"((module
  (import "env" "memory" (memory 1 10 shared))
  (func (export "add") (param $times i32)
    (loop $more
      (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1)))
      (br_if $more (local.tee $times (i32.sub (local.get $times) (i32.const 1))))))
  (func (export "read") (param i32) (result i32) (i32.atomic.load (local.get 0)))
  (func (export "wait") (result i32)
    (i32.atomic.store (i32.const 4) (i32.const 1))
    (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow_or_trap") (param i32)
    (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then unreachable)))))";

struct Guest {
  std::unique_ptr<Engine> engine;
  ModuleInfo info;
  std::shared_ptr<const Code> code;

  explicit Guest(std::uint64_t guest_memory_bytes_max = UINT64_MAX) {
    engine = Engine::create({.parallel_compilation = false,
                             .threads = true,
                             .guest_memory_bytes_max = guest_memory_bytes_max})
                 .value();
    const std::string module = to_binary(kSharing, "test.wat").value();
    info = inspect(module, {.threads = true}).value();
    code = engine->compile(module).value();
  }

  Result<std::shared_ptr<SharedMemory>> memory(std::uint64_t bytes_max = UINT64_MAX) const {
    return SharedMemory::create(*engine, info.memories.at(0), bytes_max);
  }
  std::unique_ptr<Instance> instance(std::shared_ptr<const SharedMemory> memory) const {
    const auto program = HostTable(*engine).link(code, std::move(memory)).value();
    auto instance = Instance::create(program, {}, nullptr).value();
    REQUIRE(instantiate(*instance).has_value());
    return instance;
  }
};

TEST_CASE("threads are accepted only where they are asked for") {
  for (const std::string_view text :
       {"(module (memory 1 2 shared))", "(module (import \"env\" \"memory\" (memory 1 2 shared)))",
        "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"}) {
    CAPTURE(text);
    const std::string module = to_binary(text, "test.wat").value();
    const auto refused = inspect(module).error();
    CHECK(refused.code() == ErrorCode::kUnsupported);
    CHECK(refused.message() ==
          "the module needs the WebAssembly proposal threads, which is not enabled");
    CHECK(inspect(module, {.threads = true}).has_value());
    // Neither does an engine that was not asked for them, whoever forgot to look before.
    CHECK(Engine::create({.parallel_compilation = false}).value()->compile(module).error().code() ==
          ErrorCode::kUnsupported);
  }
}

TEST_CASE("an import says that it is shared") {
  const Guest guest;
  CHECK(guest.info.imports.at(0).type == "1 to 10 pages, shared");
  CHECK(guest.info.memories.at(0).shared);
}

TEST_CASE("engines with and without threads do not take each other's code") {
  const Guest guest;
  const auto other = Engine::create({.parallel_compilation = false}).value();
  CHECK(guest.engine->fingerprint() != other->fingerprint());
}

TEST_CASE("the instances of several threads use one memory") {
  const Guest guest;
  const std::shared_ptr<const SharedMemory> memory = guest.memory().value();
  constexpr int kThreads = 4;
  constexpr int kTimes = 10'000;
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        const auto instance = guest.instance(memory);
        CHECK(call(*instance, "add", std::vector<Value>{kTimes}).has_value());
      });
    }
  }
  std::int32_t count = 0;
  REQUIRE(memory->bytes().load(GuestAddress{0}, count));
  CHECK(count == kThreads * kTimes);
  CHECK(guest.instance(memory)->memory().size_bytes() == kPageBytes);
}

TEST_CASE("a shared memory grows for all, in its place, to what its type says") {
  const Guest guest;
  const std::shared_ptr<const SharedMemory> memory = guest.memory().value();
  const auto first = guest.instance(memory);
  const auto second = guest.instance(memory);
  const auto before = memory->bytes().bytes(GuestAddress{0}, kPageBytes).value();
  CHECK(call(*first, "grow", std::vector<Value>{9}).value() == std::vector<Value>{1});
  CHECK(second->memory().size_bytes() == 10 * kPageBytes);
  CHECK(memory->bytes().bytes(GuestAddress{0}, 1).value().data() == before.data());
  CHECK(call(*second, "grow", std::vector<Value>{1}).value() == std::vector<Value>{-1});
  // That is the module's own wish, no limit of ours.
  CHECK_FALSE(memory->is_at_limit());
  CHECK(call(*second, "grow_or_trap", std::vector<Value>{1}).error().code() ==
        ErrorCode::kGuestTrap);
}

TEST_CASE("a shared memory grows to its limit, and a guest that gives up there is told so") {
  const Guest guest;
  const std::shared_ptr<const SharedMemory> memory = guest.memory(3 * kPageBytes + 5).value();
  const auto instance = guest.instance(memory);
  CHECK(call(*instance, "grow", std::vector<Value>{3}).value() == std::vector<Value>{-1});
  CHECK_FALSE(memory->is_at_limit());
  CHECK(call(*instance, "grow", std::vector<Value>{2}).value() == std::vector<Value>{1});
  CHECK(memory->is_at_limit());
  const auto error = call(*instance, "grow_or_trap", std::vector<Value>{1}).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit().value().name == "memory_bytes");
  CHECK(error.limit().value().value == 3 * kPageBytes + 5);
  CHECK_FALSE(error.backtrace().empty());
}

TEST_CASE("a shared memory that begins beyond the limit is refused") {
  const Guest guest;
  const auto error = guest.memory(kPageBytes - 1).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit().value().name == "memory_bytes");
}

TEST_CASE("a shared memory counts with all that it may become among what guests use") {
  const Guest guest(25 * kPageBytes);
  {
    const auto first = guest.memory().value();
    CHECK(guest.engine->guest_memory_bytes() == 10 * kPageBytes);
    const auto second = guest.memory().value();
    const auto third = guest.memory().error();
    CHECK(third.code() == ErrorCode::kResourceExhausted);
    CHECK(third.limit().value().name == "guest_memory_bytes");
    CHECK(guest.memory(5 * kPageBytes).has_value());
  }
  CHECK(guest.engine->guest_memory_bytes() == 0);
}

TEST_CASE("a guest that waits in its memory is woken from outside") {
  const Guest guest;
  const std::shared_ptr<const SharedMemory> memory = guest.memory().value();
  std::atomic<bool> is_over = false;
  std::jthread waiting([&] {
    const auto instance = guest.instance(memory);
    CHECK(call(*instance, "wait", {}).value() == std::vector<Value>{0});
    is_over = true;
  });
  while (!is_over)
    memory->wake_all();
}

}  // namespace
}  // namespace weft::engine
