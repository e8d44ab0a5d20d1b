#include "engine/engine.h"

#include <array>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

// A module from text, ready to run without imports.
struct Guest {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const Program> program;
  ModuleInfo info;

  explicit Guest(std::string_view wat, EngineOptions options = {}) {
    // ThreadSanitizer takes the compiler's own hand-overs for races.
    options.parallel_compilation = false;
    engine = Engine::create(options).value();
    const std::string module = to_binary(wat, "test.wat").value();
    info = inspect(module).value();
    const HostTable table(*engine);
    program = table.link(engine->compile(module).value()).value();
  }

  std::unique_ptr<Instance> instance(const InstanceLimits& limits = {}) const {
    return Instance::create(program, limits, nullptr).value();
  }
};

std::unique_ptr<Instance> started(const Guest& guest, const InstanceLimits& limits = {}) {
  auto instance = guest.instance(limits);
  REQUIRE(instantiate(*instance).has_value());
  return instance;
}

constexpr std::string_view kArithmetic = R"((module
  (func (export "add") (param $a i32) (param $b i32) (result i32) (i32.add (local.get $a) (local.get $b)))
  (func $div (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))
  (func (export "all") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
    local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
  (func (export "spin") (loop br 0))
  (func $deep (export "deep") call $deep)
  (func (export "reference") (param externref))
))";

constexpr std::string_view kHungry = R"((module
  (memory (export "memory") 1)
  (table 1 funcref)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "grow_or_trap") (param i32)
    (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then unreachable)))
  (func (export "grow_table") (param i32)
    (if (i32.eq (table.grow (ref.null func) (local.get 0)) (i32.const -1)) (then unreachable)))
))";

TEST_CASE("a typed export is called with every numeric type and several results") {
  const Guest guest(kArithmetic);
  const auto instance = started(guest);
  const std::vector<Value> two = {2, 3};
  CHECK(call(*instance, "add", two).value() == std::vector<Value>{5});
  V128 lanes;
  for (std::size_t i = 0; i < 16; ++i)
    lanes.bytes.at(i) = static_cast<std::uint8_t>(i);
  const std::vector<Value> all = {1, std::int64_t{INT64_MIN}, 1.5F, -0.25, lanes};
  CHECK(call(*instance, "all", all).value() ==
        std::vector<Value>{lanes, -0.25, 1.5F, std::int64_t{INT64_MIN}, 1});
}

TEST_CASE("a call that does not fit the export is refused before it runs") {
  const Guest guest(kArithmetic);
  const auto instance = started(guest);
  CHECK(call(*instance, "sub", {}).error().code() == ErrorCode::kNotFound);
  const auto few = call(*instance, "add", {}).error();
  CHECK(few.code() == ErrorCode::kInvalidArgument);
  CHECK(few.message() == "add has type (i32, i32) -> i32: it takes 2 arguments, not 0");
  const std::vector<Value> wrong = {2, 2.0};
  CHECK(call(*instance, "add", wrong).error().message() == "argument 2 of add is i32, not f64");
  CHECK(call(*instance, "reference", {}).error().code() == ErrorCode::kUnsupported);
}

TEST_CASE("a trap has words, function names and the source line of its text") {
  const Guest guest(kArithmetic);
  const auto instance = started(guest);
  const std::vector<Value> zero = {1, 0};
  const auto error = call(*instance, "div", zero).error();
  CHECK(error.code() == ErrorCode::kGuestTrap);
  CHECK(error.message() == "integer divide by zero");
  REQUIRE(error.backtrace().size() == 1);
  const auto& frame = error.backtrace().front();
  CHECK(frame.function == "div");
  CHECK(frame.module_offset > 0);
  CHECK(frame.line == 4);
  CHECK(frame.file.value_or("").ends_with("test.wat"));
}

TEST_CASE("a function without a name is called by its export in a backtrace") {
  // As tools leave it that strip names: no name section; and one that names other functions.
  for (const std::string_view named : {"(func)", "(func $other)", "(func $other (export \"o\"))"}) {
    CAPTURE(named);
    const Guest guest(fmt::format(R"((module (func) {}
      (func (call 3)) (func unreachable)
      (func (export "run") (call 2))
      (export "first" (func 3)) (export "second" (func 3))))",
                                  named));
    const auto instance = started(guest);
    const auto error = call(*instance, "run", {}).error();
    REQUIRE(error.backtrace().size() == 3);
    CHECK(error.backtrace()[0].function == "first");
    CHECK(error.backtrace()[1].function == "function 2");
    CHECK(error.backtrace()[2].function == "run");
    CHECK(error.backtrace()[0].line.has_value());
  }
  const Guest named(R"((module (func $mine (export "run") unreachable)))");
  CHECK(call(*started(named), "run", {}).error().backtrace().at(0).function == "mine");
}

TEST_CASE("a backtrace demangles names that compilers mangle and leaves those that people give") {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"f", "f"},
      {"i", "i"},
      {"St", "St"},
      {"v", "v"},
      {"ZN3foo3barEv", "ZN3foo3barEv"},
      {"_ZN3foo3barEv", "foo::bar()"},
      {"_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write::h0123456789abcdef"},
      {"_RNvC3foo3bar", "foo::bar"},
  };
  for (const auto& [given, shown] : names) {
    CAPTURE(given);
    const Guest guest("(module (func $" + given + R"( (export "run") unreachable)))");
    CHECK(call(*started(guest), "run", {}).error().backtrace().at(0).function == shown);
  }
}

TEST_CASE("endless recursion ends with a trap and a bounded backtrace") {
  const Guest guest(kArithmetic);
  const auto instance = started(guest);
  const auto error = call(*instance, "deep", {}).error();
  CHECK(error.code() == ErrorCode::kGuestTrap);
  CHECK(error.message() == "call stack exhausted");
  CHECK(error.backtrace().size() >= 2);
  CHECK(error.backtrace().size() <= 64);
}

// Polls while the engine ticks without end.
Progress poll_ticking(const Guest& guest, Instance& instance) {
  std::atomic<bool> done = false;
  std::jthread ticker([&] {
    while (!done)
      guest.engine->tick();
  });
  const Progress progress = instance.poll();
  done = true;
  return progress;
}

// Wasmtime's advisory xjhv: dropping a call that had not ended ended the process.
TEST_CASE("a guest that computes yields at the tick and is cancelled by its destruction") {
  const Guest guest(kArithmetic);
  auto instance = started(guest);
  REQUIRE(instance->begin_call("spin", {}).has_value());
  for (int slice = 0; slice < 3; ++slice)
    CHECK(poll_ticking(guest, *instance) == Progress::kRunning);
  instance.reset();
}

// Begins a call that does not end and runs its first slice.
void run_a_slice(const Guest& guest, Instance& instance, std::string_view name) {
  REQUIRE(instance.begin_call(name, {}).has_value());
  guest.engine->tick();
  REQUIRE(instance.poll() == Progress::kRunning);
}

TEST_CASE("a guest that is interrupted says where it was") {
  const Guest guest(R"((module
    (memory 1)
    (func $inner (loop br 0))
    (func $outer (export "spin") call $inner)
    (func $deep (param i32) (if (local.get 0)
      (then (call $deep (i32.sub (local.get 0) (i32.const 1)))) (else (loop br 1))))
    (func (export "recurse") (loop (call $deep (i32.const 100)) (br 0)))
    (func $fill (export "fill") (loop
      (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br 0)))))");
  const Error late(ErrorCode::kDeadlineExceeded, "too late");
  for (const int slices : {1, 2, 3}) {
    CAPTURE(slices);
    const auto instance = started(guest);
    run_a_slice(guest, *instance, "spin");
    for (int slice = 1; slice < slices; ++slice)
      REQUIRE(poll_ticking(guest, *instance) == Progress::kRunning);
    instance->interrupt(Error(late).with_limit("deadline_ms", 5));
    const auto error = instance->take().error();
    CHECK(error.code() == ErrorCode::kDeadlineExceeded);
    CHECK(error.message() == "too late");
    CHECK(error.limit()->name == "deadline_ms");
    REQUIRE(error.backtrace().size() == 2);
    CHECK(error.backtrace()[0].function == "inner");
    CHECK(error.backtrace()[0].line == 3);
    CHECK(error.backtrace()[1].function == "outer");
  }
  for (const std::string_view name : {"recurse", "fill"}) {
    const auto instance = started(guest);
    run_a_slice(guest, *instance, name);
    instance->interrupt(late);
    CHECK(instance->take().error().backtrace().size() > 0);
  }
}

TEST_CASE("a start function that is interrupted says where it was") {
  const Guest guest("(module (func $main (loop br 0)) (start $main))");
  const auto instance = guest.instance();
  instance->begin_instantiation();
  guest.engine->tick();
  REQUIRE(instance->poll() == Progress::kRunning);
  instance->interrupt(Error(ErrorCode::kCancelled, "not wanted"));
  const auto error = instance->take().error();
  CHECK(error.code() == ErrorCode::kCancelled);
  CHECK(error.backtrace().at(0).function == "main");
}

TEST_CASE("a guest that ends before the interruption reaches it is interrupted all the same") {
  // The check at the function's entry is the only one.
  const Guest guest("(module (func (export \"f\") (result i32) i32.const 7))");
  const auto instance = started(guest);
  run_a_slice(guest, *instance, "f");
  instance->interrupt(Error(ErrorCode::kCancelled, "not wanted"));
  const auto error = instance->take().error();
  CHECK(error.message() == "not wanted");
  CHECK(error.backtrace().empty());
}

// The collector of Wasmtime yields between its steps, and exceptions are objects that it collects.
constexpr std::array<std::string_view, 2> kCollecting = {
    R"((module
      (type $a (array (mut i8)))
      (global $k (mut (ref null $a)) (ref.null $a))
      (func $run (export "run") (loop $l
        (global.set $k (array.new $a (i32.const 0) (i32.const 100))) (br $l)))))",
    R"((module
      (tag $t (param i64))
      (func $run (export "run") (loop $l
        (block $h (try_table (catch_all $h) (throw $t (i64.const 1)))) (br $l)))))"};

TEST_CASE("a guest that is interrupted while its garbage is collected says where it was") {
  for (const std::string_view wat : kCollecting) {
    const Guest guest(wat);
    // Without a tick only the collector yields: one stop at each of its steps.
    for (int yields = 1; yields <= 20; ++yields) {
      CAPTURE(yields);
      const auto instance = started(guest, {.memory_bytes = 1ULL << 20U});
      REQUIRE(instance->begin_call("run", {}).has_value());
      for (int yield = 0; yield < yields; ++yield)
        REQUIRE(instance->poll() == Progress::kRunning);
      instance->interrupt(Error(ErrorCode::kCancelled, "not wanted"));
      const auto error = instance->take().error();
      CHECK(error.code() == ErrorCode::kCancelled);
      CHECK(error.message() == "not wanted");
      REQUIRE(error.backtrace().size() == 1);
      CHECK(error.backtrace()[0].function == "run");
    }
  }
}

TEST_CASE("a guest that yields again and again when it is interrupted ends without a backtrace") {
  // Every other allocation collects, and there is no check between them, as arrays would have.
  std::string wat = "(module (type $s (struct";
  for (int i = 0; i < 1'900; ++i)
    wat += " (field v128)";
  wat += ")) (global $k (mut (ref null $s)) (ref.null $s)) (func (export \"run\")";
  for (int i = 0; i < 20; ++i)
    wat += "(global.set $k (struct.new_default $s))";
  const Guest guest(wat + "))");
  const auto instance = started(guest, {.memory_bytes = 100'000});
  REQUIRE(instance->begin_call("run", {}).has_value());
  REQUIRE(instance->poll() == Progress::kRunning);
  instance->interrupt(Error(ErrorCode::kCancelled, "not wanted"));
  const auto error = instance->take().error();
  CHECK(error.message() == "not wanted");
  CHECK(error.backtrace().empty());
}

TEST_CASE("a guest that yielded goes on and gives its results") {
  const Guest guest(R"((module (func (export "count") (param i32) (result i32) (local i32)
    (loop $again
      (local.set 1 (i32.add (local.get 1) (i32.const 1)))
      (br_if $again (i32.lt_s (local.get 1) (local.get 0))))
    local.get 1)))");
  const auto instance = started(guest);
  const std::vector<Value> three = {3};
  for (int again = 0; again < 2; ++again) {
    REQUIRE(instance->begin_call("count", three).has_value());
    guest.engine->tick();
    REQUIRE(instance->poll() == Progress::kRunning);
    REQUIRE(instance->poll() == Progress::kDone);
    CHECK(instance->take().value()[0] == Value(3));
  }
}

TEST_CASE("fuel ends a guest at a limit") {
  const Guest guest(kArithmetic, {.interruption = Interruption::kFuel});
  const auto instance = started(guest, {.fuel = 100'000});
  const auto error = call(*instance, "spin", {}).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.message() == "the guest used all its fuel (100000)");
  REQUIRE(error.limit().has_value());
  CHECK(error.limit()->name == "fuel");
  CHECK(error.limit()->value == 100'000);
}

TEST_CASE("memory beyond the limit is refused, and named when the guest gives up") {
  const Guest guest(kHungry);
  const auto instance = started(guest, {.memory_bytes = 10ULL * 65'536});
  const std::vector<Value> nine = {9};
  const std::vector<Value> one = {1};
  CHECK(call(*instance, "grow", nine).value() == std::vector<Value>{1});
  CHECK(call(*instance, "grow", one).value() == std::vector<Value>{-1});
  const auto error = call(*instance, "grow_or_trap", one).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit()->name == "memory_bytes");
  CHECK(error.limit()->value == 655'360);
}

TEST_CASE("a module whose first memory exceeds the limit does not start") {
  const Guest guest("(module (memory 100))");
  const auto instance = guest.instance({.memory_bytes = 65'536});
  const auto error = instantiate(*instance).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit()->name == "memory_bytes");
}

TEST_CASE("a module has as many memories as is said, and no more") {
  const auto with_memories = [](std::uint32_t count) {
    std::string wat = "(module";
    for (std::uint32_t i = 0; i < count; ++i)
      wat += " (memory 1)";
    const Guest guest(wat + ")");
    return instantiate(*guest.instance());
  };
  CHECK(with_memories(kMemoriesMax).has_value());
  CHECK_FALSE(with_memories(kMemoriesMax + 1).has_value());
}

TEST_CASE("tables have a limit too") {
  const Guest guest(kHungry);
  const auto instance = started(guest, {.table_elements = 10});
  const std::vector<Value> many = {100};
  const auto error = call(*instance, "grow_table", many).error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit()->name == "table_elements");
}

// Asks for more than it gets in many ways, and then does something else.
constexpr std::string_view kRefused = R"((module
  (memory (export "memory") 1)
  (memory $small 1 2)
  (table $t 1 funcref)
  (type $none (func))
  (global $n (mut i32) (i32.const 0))
  (func $refused (drop (memory.grow (i32.const 100))))
  (func $granted (drop (memory.grow (i32.const 1))))
  (func (export "refuse") call $refused)
  (func (export "out_of_bounds") call $refused (drop (i32.load (i32.const -1))))
  (func (export "divide") call $refused (drop (i32.div_s (i32.const 1) (global.get $n))))
  (func (export "overflow") call $refused (drop (i32.trunc_f32_s (f32.const nan))))
  (func $deep (export "recurse") call $refused call $deep)
  (func (export "call_null") call $refused (call_indirect $t (type $none) (i32.const 0)))
  (func (export "table_out_of_bounds")
    (drop (table.grow $t (ref.null func) (i32.const 100))) (drop (table.get $t (i32.const 99))))
  (func (export "give_up") call $refused unreachable)
  (func (export "give_up_for_table")
    (drop (table.grow $t (ref.null func) (i32.const 100))) unreachable)
  (func (export "recover") call $refused call $granted unreachable)
  (func (export "own_maximum") call $refused (drop (memory.grow $small (i32.const 5))) unreachable)
  (func (export "fail") unreachable)
))";
constexpr InstanceLimits kRefusing{.memory_bytes = 10ULL * 65'536, .table_elements = 10};

TEST_CASE("a trap is the consequence of a refused growth only when the guest gives up behind it") {
  const Guest guest(kRefused);
  struct Case {
    std::string_view name;
    std::string_view message;
    std::string_view limit;
  };
  constexpr std::string_view kGaveUp =
      "unreachable code reached (the program gave up: an abort, a panic or a failed check)";
  for (const auto& [name, message, limit] : {
           Case{"out_of_bounds", "out of bounds memory access", ""},
           Case{"divide", "integer divide by zero", ""},
           Case{"overflow", "invalid conversion to integer", ""},
           Case{"recurse", "call stack exhausted", ""},
           Case{"call_null", "indirect call to a null function", ""},
           Case{"table_out_of_bounds", "out of bounds table access", ""},
           Case{"recover", kGaveUp, ""},
           Case{"own_maximum", kGaveUp, ""},
           Case{"fail", kGaveUp, ""},
           Case{"give_up", kGaveUp, "memory_bytes"},
           Case{"give_up_for_table", kGaveUp, "table_elements"},
       }) {
    CAPTURE(name);
    const auto instance = started(guest, kRefusing);
    const auto error = call(*instance, name, {}).error();
    CAPTURE(error.message());
    CHECK_FALSE(error.backtrace().empty());
    if (limit.empty()) {
      CHECK(error.code() == ErrorCode::kGuestTrap);
      CHECK(error.message() == message);
      CHECK_FALSE(error.limit().has_value());
    } else {
      CHECK(error.code() == ErrorCode::kGuestLimit);
      CHECK(error.message().find(message) != std::string::npos);
      CHECK(error.limit().value().name == limit);
    }
  }
}

TEST_CASE("what was refused in an earlier call says nothing about a later trap") {
  const Guest guest(kRefused);
  const auto instance = started(guest, kRefusing);
  REQUIRE(call(*instance, "refuse", {}).has_value());
  CHECK(call(*instance, "fail", {}).error().code() == ErrorCode::kGuestTrap);
}

TEST_CASE("a start function may be refused memory and trap for another reason") {
  const Guest guest(R"((module (memory 1)
    (func $main (drop (memory.grow (i32.const 100))) (drop (i32.load (i32.const -1))))
    (start $main)))");
  const auto error = instantiate(*guest.instance(kRefusing)).error();
  CHECK(error.code() == ErrorCode::kGuestTrap);
  CHECK(error.message() == "out of bounds memory access");
}

TEST_CASE("an exception that nothing catches is told although memory was refused") {
  const Guest guest(R"((module (memory 1) (tag $e)
    (func (export "throw") (drop (memory.grow (i32.const 100))) (throw $e))))");
  const auto instance = started(guest, kRefusing);
  CHECK(call(*instance, "throw", {}).error().code() == ErrorCode::kGuestError);
}

TEST_CASE("objects of the garbage collector count as memory") {
  const Guest guest(R"((module
    (type $list (struct (field (ref null $list)) (field i64 i64 i64 i64)))
    (global $all (mut (ref null $list)) (ref.null $list))
    (func (export "hoard")
      (loop $again
        (global.set $all (struct.new $list (global.get $all)
          (i64.const 0) (i64.const 0) (i64.const 0) (i64.const 0)))
        (br $again)))))");
  const auto instance = started(guest, {.memory_bytes = 4ULL * 1024 * 1024});
  const auto error = call(*instance, "hoard", {}).error();
  CAPTURE(error.message());
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit().value().name == "memory_bytes");
}

TEST_CASE("the memory that guests may have together is named when it is the reason") {
  const std::uint64_t most = 3ULL * 65'536 + Guest(kRefused).info.instance_bytes;
  const Guest guest(kRefused, {.guest_memory_bytes_max = most});
  const auto instance = started(guest);
  const auto error = call(*instance, "give_up", {}).error();
  CHECK(error.code() == ErrorCode::kResourceExhausted);
  CHECK(error.limit().value().name == "guest_memory_bytes");
  const auto other = Guest(kRefused, {.guest_memory_bytes_max = most});
  CHECK(call(*started(other), "divide", {}).error().code() == ErrorCode::kGuestTrap);
}

TEST_CASE("names of a module reach errors cut and without control characters") {
  const std::string escape = "\\1b[2J\\0a";
  const std::string name = escape + std::string(90'000, 'n');
  const Guest guest("(module (func (export \"" + name +
                    "\") (param i32)) (memory (export \"m\\0a\") 1))");
  const auto instance = started(guest);
  const std::string real = "\x1b[2J\n" + std::string(90'000, 'n');
  const std::vector<Value> wrong = {1.0};
  for (const auto& error :
       {call(*instance, real, {}).error(), call(*instance, real, wrong).error(),
        call(*instance, real + "x", {}).error(), call(*instance, "m\n", {}).error()}) {
    CAPTURE(error.message());
    CHECK(error.message().size() < 300);
    for (const char byte : error.message())
      CHECK(static_cast<unsigned char>(byte) >= 0x20);
  }
}

TEST_CASE("a type of a thousand parameters is not told whole") {
  std::string params;
  for (int i = 0; i < 1'000; ++i)
    params += " externref";
  const Guest guest("(module (func (export \"f\") (param" + params + ")))");
  CHECK(call(*started(guest), "f", {}).error().message().size() < 300);
}

TEST_CASE("a start function that traps fails the instantiation") {
  const Guest guest("(module (func $main unreachable) (start $main))");
  CHECK(guest.info.has_start);
  const auto error = instantiate(*guest.instance()).error();
  CHECK(error.code() == ErrorCode::kGuestTrap);
  CHECK(error.backtrace().front().function == "main");
}

// Wasmtime's advisory hgjw: types of one engine meant others in another.
TEST_CASE("compiled code survives serialisation and is refused by another engine") {
  const Guest guest(kArithmetic);
  const std::string bytes =
      guest.engine->compile_to_bytes(to_binary(kArithmetic, "test.wat").value()).value();
  const auto again = guest.engine->load(bytes).value();
  const auto instance =
      Instance::create(HostTable(*guest.engine).link(again).value(), {}, nullptr).value();
  REQUIRE(instantiate(*instance).has_value());
  const std::vector<Value> two = {2, 3};
  CHECK(call(*instance, "add", two).value() == std::vector<Value>{5});

  const auto other =
      Engine::create({.interruption = Interruption::kNone, .parallel_compilation = false}).value();
  CHECK(other->fingerprint() != guest.engine->fingerprint());
  CHECK(other->load(bytes).error().code() == ErrorCode::kFailedPrecondition);
}

struct Counter final : HostState {
  int calls = 0;
};

void count(HostCall& call) {
  auto& counter = call.state<Counter>();
  ++counter.calls;
  std::uint32_t word = 0;
  if (!call.memory().load(call.address(0), word)) {
    call.stop(Error(ErrorCode::kGuestError, "bad address"));
    return;
  }
  call.return_i32(static_cast<std::int32_t>(word) + counter.calls);
}

TEST_CASE("a host function reads guest memory within its bounds and can stop the guest") {
  const auto engine = Engine::create({.parallel_compilation = false}).value();
  HostTable table(*engine);
  table.define("host", "count", {.params = {ValueType::kI32}, .results = {ValueType::kI32}}, count);
  const std::string module = to_binary(R"((module
    (import "host" "count" (func $count (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "\2a\00\00\00")
    (func $ask (export "ask") (param i32) (result i32) (call $count (local.get 0)))))",
                                       "host.wat")
                                 .value();
  const auto program = table.link(engine->compile(module).value()).value();
  Counter counter;
  const auto instance = Instance::create(program, {}, &counter).value();
  REQUIRE(instantiate(*instance).has_value());
  const std::vector<Value> good = {8};
  CHECK(call(*instance, "ask", good).value() == std::vector<Value>{43});
  const std::vector<Value> last_byte = {65'533};
  const auto error = call(*instance, "ask", last_byte).error();
  CHECK(error.code() == ErrorCode::kGuestError);
  CHECK(error.message() == "bad address");
  CHECK(error.backtrace().front().function == "ask");
  CHECK(counter.calls == 2);
}

TEST_CASE("an import that nobody provides is refused at linking") {
  const auto engine = Engine::create({.parallel_compilation = false}).value();
  const std::string module =
      to_binary(R"((module (import "env" "missing" (func))))", "m.wat").value();
  const auto linked = HostTable(*engine).link(engine->compile(module).value());
  CHECK(linked.error().code() == ErrorCode::kFailedPrecondition);
  CHECK(linked.error().message().find("missing") != std::string::npos);
}

TEST_CASE("an engine whose stacks do not fit together is refused, not aborted") {
  for (const std::uint64_t bytes : {0UL, 2UL << 20U, UINT64_MAX - 1000, UINT64_MAX}) {
    CAPTURE(bytes);
    CHECK(
        Engine::create({.wasm_stack_bytes = bytes, .async_stack_bytes = 2 << 20}).error().code() ==
        ErrorCode::kInvalidArgument);
  }
  CHECK(Engine::create({.async_stack_bytes = 1000}).error().code() == ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::engine
