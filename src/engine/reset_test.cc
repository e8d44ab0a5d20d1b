#include <array>
#include <random>
#include <span>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include "base/assert.h"
#include "engine/dirty_pages.h"
#include "engine/instance.h"
#include "engine/module_info.h"
#include "engine/reset_testing.h"

namespace weft::engine {
namespace {

using testing::instance_of;
using testing::number;
using testing::resetting;
using testing::ResettingGuest;

void put_back(Instance& instance) {
  REQUIRE(instance.reset());
  REQUIRE(instantiate(instance).has_value());
}

// Remembers in every place that a call can write to.
constexpr std::string_view kSecretive = R"((module
  (memory (export "memory") 2 100)
  (data (i32.const 8) "begin")
  (data (i32.const 70000) "second")
  (global $number (mut i32) (i32.const 7))
  (global $wide (export "wide") (mut i64) (i64.const 8))
  (global $vector (mut v128) (v128.const i64x2 1 2))
  (func (export "keep")
    (i32.store8 (i32.const 8) (i32.const 88))
    (i32.store (i32.const 40000) (i32.const 1))
    (i32.store (i32.const 100000) (i32.const 1))
    (global.set $number (i32.const 99))
    (global.set $wide (i64.const 99))
    (global.set $vector (v128.const i64x2 3 4))
    (i32.store (i32.add (i32.mul (memory.grow (i32.const 3)) (i32.const 65536)) (i32.const 500))
               (i32.const 1)))
  (func (export "found") (result i32)
    (i32.load8_u (i32.const 8)) (i32.sub (i32.const 98))
    (i32.load (i32.const 40000)) i32.add
    (i32.load (i32.const 100000)) i32.add
    (i32.sub (global.get $number) (i32.const 7)) i32.add
    (i32.wrap_i64 (i64.sub (global.get $wide) (i64.const 8))) i32.add
    (i32.sub (i32x4.extract_lane 0 (global.get $vector)) (i32.const 1)) i32.add
    (i32.sub (memory.size) (i32.const 2)) i32.add
    (if (result i32) (i32.eq (memory.grow (i32.const 5)) (i32.const 2))
      (then (i32.load (i32.const 131572))) (else (i32.const 1000)))
    i32.add)
  (func (export "outside") (result i32) (i32.load (i32.const 131072)))
))";

TEST_CASE("an instance that was put back is as it was") {
  for (const EngineOptions& options : {resetting(), resetting(true)}) {
    const ResettingGuest guest(kSecretive, options);
    CHECK(guest.program->code().can_reset());
    const auto instance = instance_of(guest.program);
    for (int i = 0; i < 3; ++i) {
      REQUIRE(call(*instance, "keep", {}).has_value());
      CHECK(number(*instance, "found") != 0);
      put_back(*instance);
      CHECK(number(*instance, "found") == 0);
      put_back(*instance);
    }
    // What it grew by is gone.
    CHECK(call(*instance, "outside", {}).error().code() == ErrorCode::kGuestTrap);
  }
}

TEST_CASE("an instance is only put back after a success") {
  const ResettingGuest guest(kSecretive);
  const auto trapped = instance_of(guest.program);
  REQUIRE_FALSE(call(*trapped, "outside", {}).has_value());
  CHECK_FALSE(trapped->reset());
  const auto never_instantiated = Instance::create(guest.program, {}, nullptr).value();
  CHECK_FALSE(never_instantiated->reset());
  EngineOptions stock = resetting();
  stock.resets_instances = false;
  const ResettingGuest plain(kSecretive, stock);
  CHECK_FALSE(plain.program->code().can_reset());
  CHECK_FALSE(instance_of(plain.program)->reset());
}

TEST_CASE("the start function runs again after each reset") {
  const ResettingGuest guest(R"((module (memory 1) (global $n (mut i32) (i32.const 0))
    (func $begin (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (global.set $n (i32.add (global.get $n) (i32.const 10))))
    (start $begin)
    (func (export "f") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 100)))
      (i32.add (i32.load (i32.const 0)) (global.get $n)))))");
  const auto instance = instance_of(guest.program);
  for (int i = 0; i < 3; ++i) {
    CHECK(number(*instance, "f") == 111);
    put_back(*instance);
  }
}

TEST_CASE("a start function that traps or never ends does so on a split module too") {
  const ResettingGuest trapping("(module (memory 1) (func $s unreachable) (start $s))");
  const auto outcome = instantiate(*Instance::create(trapping.program, {}, nullptr).value());
  CHECK(outcome.error().code() == ErrorCode::kGuestTrap);
  CHECK(outcome.error().backtrace().at(0).function == "s");
  const ResettingGuest spinning("(module (memory 1) (func $s (loop br 0)) (start $s))");
  const auto instance = Instance::create(spinning.program, {}, nullptr).value();
  instance->begin_instantiation();
  spinning.engine->tick();
  CHECK(instance->poll() == Progress::kRunning);
  instance->interrupt(Error(ErrorCode::kDeadlineExceeded, "late"));
  CHECK(instance->take().error().code() == ErrorCode::kDeadlineExceeded);
}

TEST_CASE("an instantiation that is interrupted goes on with its own memory") {
  // Wasmtime runs code of its own for these elements, which yields as guests do.
  const ResettingGuest guest(R"((module (memory (export "memory") 1) (data (i32.const 0) "begin")
    (table 2 funcref) (global $at i32 (i32.const 1))
    (elem (offset (global.get $at)) funcref (ref.func $f)) (elem func $f)
    (func $f (export "f") (result i32) (i32.load8_u (i32.const 0)))))");
  for (int ticks = 0; ticks < 3; ++ticks) {
    const auto instance = Instance::create(guest.program, {}, nullptr).value();
    instance->begin_instantiation();
    int polls = 0;
    do {
      if (polls < ticks) guest.engine->tick();
      ++polls;
    } while (instance->poll() == Progress::kRunning);
    REQUIRE(instance->take().has_value());
    CHECK(number(*instance, "f") == 'b');
    put_back(*instance);
    CHECK(number(*instance, "f") == 'b');
  }
}

TEST_CASE("a module that cannot be put back is split all the same") {
  const ResettingGuest guest(R"((module (memory 1) (data (i32.const 5) "begin") (table 1 funcref)
    (func $f (export "f") (result i32)
      (table.set (i32.const 0) (ref.func $f)) (i32.load8_u (i32.const 5)))))");
  CHECK_FALSE(guest.program->code().can_reset());
  const auto instance = instance_of(guest.program);
  CHECK(number(*instance, "f") == 'b');
  CHECK_FALSE(instance->reset());
}

TEST_CASE("what an instance that was put back may use counts anew") {
  constexpr std::uint64_t kPage = kPageBytes;
  constexpr std::string_view kGrowing = R"((module (memory 2)
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))";
  const std::uint64_t own = testing::instance_bytes_of(kGrowing);
  EngineOptions options = resetting();
  options.guest_memory_bytes_max = 4 * kPage + 2 * own;
  const ResettingGuest guest(kGrowing, options);
  const InstanceLimits limits{.memory_bytes = 3 * kPage};
  const auto one = instance_of(guest.program, limits);
  for (int i = 0; i < 3; ++i) {
    CHECK(guest.engine->guest_memory_bytes() == 2 * kPage + own);
    CHECK(number(*one, "grow") == 2);
    CHECK(number(*one, "grow") == -1);
    REQUIRE(one->reset());
    CHECK(guest.engine->guest_memory_bytes() == 0);
    REQUIRE(instantiate(*one).has_value());
  }
  REQUIRE(one->reset());
  const auto two = instance_of(guest.program, limits);
  CHECK(number(*two, "grow") == 2);
  // The first one's two pages do not fit beside the three of the second one.
  const auto refused = instantiate(*one);
  CHECK(refused.error().code() == ErrorCode::kResourceExhausted);
  CHECK(refused.error().limit()->name == "guest_memory_bytes");
}

TEST_CASE("a memory that was written all over gives its pages back, and begins anew all the same") {
  for (const EngineOptions& options : {resetting(), resetting(true)}) {
    const ResettingGuest guest(R"((module (memory 100)
      (data (i32.const 65536) "x")
      (func (export "fill") (param $to i32) (param $with i32)
        (memory.fill (i32.const 0) (local.get $with) (local.get $to)))
      (func (export "sum") (result i32) (local $i i32) (local $sum i32)
        (loop (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 4096)))
          (br_if 0 (i32.lt_u (local.get $i) (i32.const 6553600))))
        (local.get $sum))))",
                               options);
    const auto instance = instance_of(guest.program);
    // Few pages, many pages, then few ones for so long that the others are given back too.
    for (const std::int32_t bytes : {5'000, 6'553'600, 300'000, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}) {
      const std::vector<Value> arguments = {bytes, 1};
      REQUIRE(call(*instance, "fill", arguments).has_value());
      put_back(*instance);
      CHECK(number(*instance, "sum") == 'x');
      put_back(*instance);
    }
  }
}

// Each life of a large memory that has no page fault is put back without a search.
TEST_CASE("lives that write to other pages than those before are put back too") {
  const ResettingGuest guest(R"((module (memory (export "memory") 64)
    (data (i32.const 8) "begin")
    (func (export "write") (param $page i32) (result i32)
      (i32.store (i32.mul (local.get $page) (i32.const 4096)) (i32.const 1))
      (i32.load (i32.mul (local.get $page) (i32.const 4096))))
    (func (export "read") (param $page i32) (result i32)
      (i32.load (i32.mul (local.get $page) (i32.const 4096))))))");
  const auto instance = instance_of(guest.program);
  std::int32_t page = 1;
  for (int life = 0; life < 300; ++life) {
    // The same as before, one of the last ones, or a new one.
    if (life % 3 == 0) page = 1 + (page * 37 + 11) % 1023;
    if (life % 7 == 0) page = 1 + life % 16;
    const std::array at = {Value(page)};
    CHECK(number(*instance, "read", at) == 0);
    CHECK(number(*instance, "write", at) == 1);
    REQUIRE(instance->reset());  // which the engine checks
    REQUIRE(instantiate(*instance).has_value());
  }
}

TEST_CASE("what another thread wrote is put back too") {
  const ResettingGuest guest(R"((module (memory (export "memory") 64)
    (func (export "write") (param $page i32) (result i32)
      (i32.store (i32.mul (local.get $page) (i32.const 4096)) (i32.const 1)) (i32.const 1))))");
  const auto instance = instance_of(guest.program);
  for (std::int32_t life = 0; life < 20; ++life) {
    std::thread([&] { CHECK(number(*instance, "write", std::array{Value(life)}) == 1); }).join();
    REQUIRE(instance->reset());
    REQUIRE(instantiate(*instance).has_value());
  }
}

TEST_CASE("no engine's options end the process: they make guests that run, or an error") {
  constexpr std::uint64_t kKiB = 1024;
  int made = 0;
  for (int bits = 0; bits < 32; ++bits) {
    for (const Interruption interruption :
         {Interruption::kNone, Interruption::kEpoch, Interruption::kFuel}) {
      for (const std::uint64_t stack : {64 * kKiB, 512 * kKiB, 4'096 * kKiB}) {
        const EngineOptions options{.interruption = interruption,
                                    .parallel_compilation = kCompilesInParallel && (bits & 1) != 0,
                                    .threads = (bits & 2) != 0,
                                    .wasm_stack_bytes = stack,
                                    .resets_instances = (bits & 4) != 0,
                                    .forgets_all_pages = (bits & 8) != 0,
                                    .checks_resets = (bits & 16) != 0};
        const auto engine = Engine::create(options);
        if (!engine) {
          CHECK(engine.error().code() == ErrorCode::kInvalidArgument);
          continue;
        }
        ++made;
        const std::string module = to_binary(R"((module (memory 1) (data (i32.const 5) "a")
              (func (export "f") (result i32) (i32.load8_u (i32.const 5)))))",
                                             "test.wat")
                                       .value();
        const auto program = HostTable(**engine).link((*engine)->compile(module).value()).value();
        const auto instance = Instance::create(program, {.fuel = 1'000}, nullptr).value();
        REQUIRE(instantiate(*instance).has_value());
        CHECK(number(*instance, "f") == 'a');
      }
    }
  }
  CHECK(made == 128);
}

// --- a split module does what the module does ---

// Everything that a module's parameterless exports return, and its memory in a number.
std::string behaviour(std::string_view wat, const EngineOptions& options) {
  const ResettingGuest guest(wat, options);
  const std::string module = to_binary(wat, "test.wat").value();
  std::string seen;
  auto instance = Instance::create(guest.program, {}, nullptr).value();
  const auto begun = instantiate(*instance);
  if (!begun) return "begins with " + begun.error().message();
  for (int round = 0; round < 2; ++round) {
    for (const ExportInfo& item : inspect(module).value().exports) {
      if (item.kind != ItemKind::kFunction || !item.function.params.empty()) continue;
      const auto results = call(*instance, item.name, {});
      seen += item.name + ":";
      if (!results) {
        const auto& trace = results.error().backtrace();
        seen += results.error().message();
        for (const auto& frame : trace)
          seen += fmt::format(" {}+{}", frame.function, frame.module_offset);
        return seen;
      }
      for (const Value& value : *results)
        seen += fmt::format(" {}", std::get<std::int32_t>(value));
      seen += "\n";
    }
    const GuestMemory memory = instance->memory();
    std::uint64_t hash = memory.size_bytes();
    const auto bytes = memory.bytes(GuestAddress(0), memory.size_bytes());
    for (const std::uint8_t byte : bytes.value())
      hash = hash * 31 + byte;
    seen += fmt::format("memory {}\n", hash);
    if (guest.program->code().can_reset()) {
      put_back(*instance);
    } else {
      instance = instance_of(guest.program);
    }
  }
  return seen;
}

TEST_CASE("a module and its two parts behave alike") {
  EngineOptions stock = resetting();
  stock.resets_instances = false;
  for (
      const std::string_view wat : {
          R"((module))",
          R"((module (func (export "f") (result i32) (i32.const 5))))",
          R"((module (func $s) (start $s)))",
          R"((module (memory 0)))",
          R"((module (memory (export "memory") 1) (data (i32.const 0) "abc")))",
          R"((module (memory (export "memory") 1) (data (i32.const 65533) "abc")))",
          R"((module (memory (export "memory") 1) (data (i32.const 65536) "")))",
          R"((module (memory (export "memory") 1) (data (i32.const 65534) "abc")))",
          R"((module (memory (export "memory") 1) (data (i32.const -1) "a")))",
          // Later ones lie over earlier ones, apart, in the same page, and over each other.
          R"((module (memory (export "memory") 3) (data (i32.const 4090) "0123456789")
              (data (i32.const 4092) "abc") (data (i32.const 100000) "z") (data (i32.const 4095) "")))",
          R"((module (global $g i32 (i32.const 40)) (memory (export "memory") 1)
              (data (global.get $g) "abc") (data (i32.add (global.get $g) (i32.const 8)) "def")
              (data (i32.sub (i32.mul (i32.const 9) (i32.const 9)) (i32.const 1)) "ghi")))",
          // Passive segments stay, with their numbers.
          R"((module (memory (export "memory") 1) (data $a (i32.const 3) "active") (data $p "passive")
              (func (export "copy") (memory.init $p (i32.const 100) (i32.const 0) (i32.const 7)))
              (func (export "gone") (memory.init $a (i32.const 0) (i32.const 0) (i32.const 1)))))",
          R"((module (memory (export "memory") 1) (data $p "passive")
              (func (export "drop") (data.drop $p))
              (func (export "copy") (memory.init $p (i32.const 0) (i32.const 0) (i32.const 1)))))",
          // Names that the host's own exports must not meet.
          R"((module (global (export "weft.g0") (mut i32) (i32.const 3)) (memory (export "weft.m") 1)
              (func $s (global.set 0 (i32.const 4)))
              (func (export "weft.s") (result i32) (global.get 0)) (start $s)))",
          // Tables and calls through them.
          R"((module (table 3 funcref) (elem (i32.const 1) $f $g) (type $t (func (result i32)))
              (func $f (result i32) (i32.const 1)) (func $g (result i32) (i32.const 2))
              (func (export "one") (result i32) (call_indirect (type $t) (i32.const 1)))
              (func (export "two") (result i32) (call_indirect (type $t) (i32.const 2)))
              (func (export "none") (result i32) (call_indirect (type $t) (i32.const 0)))))",
          R"((module (table 1 funcref) (elem (i32.const 1) $f) (func $f)))",
          R"((module (table 1 funcref) (func $f (export "f") (result i32)
              (table.set (i32.const 0) (ref.func $f)) (ref.is_null (table.get (i32.const 0))))))",
          // Offsets in backtraces are those of the whole module.
          R"((module (memory (export "memory") 1) (global (mut i32) (i32.const 0))
              (func $inner unreachable) (func (export "f") (call $inner)) (func $s) (start $s)
              (data (i32.const 0) "abc")))",
          R"((module (memory (export "memory") 1) (memory 1) (data (memory 1) (i32.const 0) "abc")))",
          R"((module (memory i64 1) (data (i64.const 1) "abc")))",
          R"((module (tag) (memory 1) (func (export "f") (throw 0))))",
          R"((module (type $b (struct (field (mut i32)))) (global (ref $b) (struct.new $b (i32.const 0)))
              (memory (export "memory") 1)))",
          R"((module (global (mut funcref) (ref.null func)) (memory (export "memory") 1)))",
          // The collector's heap is made before the memory.
          R"((module (memory (export "memory") 1) (data (i32.const 0) "abc")
              (global $g externref (ref.null extern))
              (func (export "f") (result i32) (ref.is_null (global.get $g)))))",
          R"((module (memory (export "memory") 1) (data (i32.const 0) "abc")
              (elem externref (ref.null extern))))",
          R"((module (type $a (array (mut i32))) (memory (export "memory") 1)
              (data (i32.const 0) "abc") (data $p "\01\00\00\00")
              (func (export "f") (result i32)
                (array.get $a (array.new_data $a $p (i32.const 0) (i32.const 1)) (i32.const 0)))))",
          R"((module (table 1 externref) (memory (export "memory") 1)))",
      }) {
    CAPTURE(wat);
    CHECK(behaviour(wat, resetting()) == behaviour(wat, stock));
  }
}

TEST_CASE("what cannot be put back says why") {
  struct Case {
    std::string_view wat;
    std::string_view obstacle;  // empty: none
  };
  for (const Case& one : {
           Case{"(module)", ""},
           Case{"(module (memory 1) (data (i32.const 0) \"a\"))", ""},
           Case{"(module (table 1 funcref) (func (result i32) table.size 0))", ""},
           Case{"(module (table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const "
                "1)))))",
                "it changes a table"},
           Case{"(module (table 1 funcref) (func (table.set (i32.const 0) (ref.null func))))",
                "it changes a table"},
           Case{"(module (table 1 funcref) (func (table.fill (i32.const 0) (ref.null func) "
                "(i32.const 1))))",
                "it changes a table"},
           Case{"(module (table 1 funcref) (func (table.copy (i32.const 0) (i32.const 0) "
                "(i32.const 1))))",
                "it changes a table"},
           Case{"(module (table 1 funcref) (elem func) (func (table.init 0 (i32.const 0) "
                "(i32.const 0) "
                "(i32.const 0))))",
                "it changes a table"},
           Case{"(module (elem func) (func (elem.drop 0)))", "it drops a segment"},
           Case{"(module (memory 1) (data \"a\") (func (data.drop 0)))", "it drops a segment"},
           Case{"(module (memory 1) (memory 1))", "it has several memories"},
           Case{"(module (memory i64 1))", "its memory has 64-bit addresses"},
           Case{"(module (memory 1) (data (i32.const 65536) \"a\"))",
                "its data does not fit its memory"},
           Case{"(module (tag))", "it throws exceptions"},
           Case{"(module (global externref (ref.null extern)))",
                "it has a global reference to something that is not a function"},
           Case{"(module (global funcref (ref.null func)))", ""},
           Case{"(module (elem externref (ref.null extern)))",
                "it has a segment of references that are not functions"},
           Case{"(module (elem funcref (ref.null func)))", ""},
           Case{"(module (func (drop (ref.i31 (i32.const 1)))))", "it uses references to objects"},
           Case{"(module (func (export \"weft.x\")))",
                "it exports a name that begins with \"weft.\""},
           Case{"(module (type (array i8)))", "it has structures or arrays"},
           Case{"(module (table 1 externref))",
                "it has a table of references that are not functions"},
           Case{"(module (global (mut externref) (ref.null extern)))",
                "it has a global reference that can change"},
           Case{"(module (import \"a\" \"b\" (memory 1)))",
                "it imports something that is not a function"},
           Case{"(module (import \"a\" \"b\" (func)))", ""},
       }) {
    CAPTURE(one.wat);
    const auto info = inspect(to_binary(one.wat, "test.wat").value()).value();
    CHECK(info.obstacle.value_or("") == one.obstacle);
  }
}

// --- isolation ---

// What a spy's module is made of.
struct SpyKind {
  int pages;                // of its memory
  std::string_view data;    // segments, and what else a module may have
  std::string_view hides;   // more that it writes to
  std::string_view search;  // more places; leaves a number other than 0 for something found
};

constexpr std::array kSpyKinds = {
    SpyKind{4, R"((data (i32.const 1000) "first") (data (i32.const 200000) "last"))", "", ""},
    // Another size, another image, and a start function that writes too.
    SpyKind{
        30,
        R"((data (i32.const 0) "other") (data (i32.const 550000) "end") (global $s (mut i32) (i32.const 0))
              (func $begin (global.set $s (i32.add (global.get $s) (i32.const 1)))
                (i32.store (i32.const 70000) (i32.add (i32.load (i32.const 70000)) (i32.const 1))))
              (start $begin))",
        "(global.set $s (i32.const 0xa5))",
        R"((if (i32.ne (i32.add (global.get $s) (i32.load (i32.const 70000))) (i32.const 2))
              (then (return (i32.const 6)))))"},
    // What no reset puts back: each call gets another instance, in a slot that others used.
    SpyKind{
        4,
        R"((data (i32.const 5000) "tables") (data $passive "1234") (table $t 10 100 funcref) (elem declare func $hide)
              (global $r (mut funcref) (ref.null func)))",
        R"((table.fill $t (i32.const 0) (ref.func $hide) (i32.const 10))
              (drop (table.grow $t (ref.func $hide) (i32.const 20)))
              (global.set $r (ref.func $hide)) (data.drop $passive))",
        R"((if (i32.ne (table.size $t) (i32.const 10)) (then (return (i32.const 7))))
              (if (i32.eqz (ref.is_null (table.get $t (i32.const 3)))) (then (return (i32.const 8))))
              (if (i32.eqz (ref.is_null (global.get $r))) (then (return (i32.const 9))))
              (memory.init $passive (i32.const 5000) (i32.const 0) (i32.const 4)))"},
};

// Writes bytes of 0xa5 where it is told to and everywhere else that it can, and looks for them.
std::string spy_module(const SpyKind& kind) {
  constexpr std::string_view kEightLocals = "(local i64 i64 i64 i64 i64 i64 i64 i64)";
  std::string sets;
  std::string sum = "(i64.const 0)";
  for (int i = 1; i <= 8; ++i) {
    sets += fmt::format("(local.set {} (i64.const 0xa5a5))", i);
    sum = fmt::format("(i64.add {} (local.get {}))", sum, i);
  }
  return fmt::format(
      R"((module
  (memory (export "memory") {pages} 400) {data}
  (global $a (mut i32) (i32.const 1)) (global $b (mut i64) (i64.const 2))
  (global $c (mut f64) (f64.const 3)) (global $d (mut v128) (v128.const i64x2 4 5))
  (func $leave (param $depth i32) (result i64) {locals} {sets}
    (if (local.get $depth) (then (drop (call $leave (i32.sub (local.get $depth) (i32.const 1))))))
    {sum})
  (func $look (param $depth i32) (result i64) {locals}
    (if (local.get $depth) (then (if (i64.ne (call $look (i32.sub (local.get $depth) (i32.const 1)))
      (i64.const 0)) (then (return (i64.const 1))))))
    {sum})
  (func $hide (export "hide") (param $where i32) (param $size i32) (param $grow i32) (param $rounds i32)
    (drop (memory.grow (local.get $grow)))
    (drop (call $leave (i32.const 50)))
    (global.set $a (i32.const 0xa5)) (global.set $b (i64.const 0xa5))
    (global.set $c (f64.const 0xa5)) (global.set $d (v128.const i64x2 0xa5 0xa5)) {hides}
    (loop
      (memory.fill (local.get $where) (i32.const 0xa5) (local.get $size))
      (i32.store8 (i32.add (local.get $where) (i32.mul (local.get $rounds) (i32.const 4096))) (i32.const 0xa5))
      (memory.copy (i32.mul (local.get $rounds) (i32.const 2000)) (local.get $where) (i32.const 100))
      (local.set $rounds (i32.sub (local.get $rounds) (i32.const 1)))
      (br_if 0 (i32.ge_s (local.get $rounds) (i32.const 0)))))
  (func (export "write") (param i32) (i32.store8 (local.get 0) (i32.const 0xa5)))
  (func (export "spin") (param i32 i32 i32 i32)
    (call $hide (local.get 0) (local.get 1) (local.get 2) (local.get 3)) (loop br 0))
  (func $overflow (export "overflow") (param i32 i32 i32 i32)
    (call $hide (local.get 0) (local.get 1) (i32.const 0) (i32.const 0))
    (call $overflow (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "search") (param $grow i32) (result i32) (local $i i32) (local $end i32)
    (if (i32.ne (global.get $a) (i32.const 1)) (then (return (i32.const 1))))
    (if (i64.ne (global.get $b) (i64.const 2)) (then (return (i32.const 2))))
    (if (f64.ne (global.get $c) (f64.const 3)) (then (return (i32.const 2))))
    (if (i64.ne (i64x2.extract_lane 1 (global.get $d)) (i64.const 5)) (then (return (i32.const 2))))
    (if (i64.ne (call $look (i32.const 50)) (i64.const 0)) (then (return (i32.const 3))))
    (if (i32.ne (memory.grow (local.get $grow)) (i32.const {pages})) (then (return (i32.const 4))))
    (local.set $end (i32.mul (memory.size) (i32.const 65536))) {search}
    (loop
      (if (v128.any_true (i8x16.eq (v128.load (local.get $i)) (i8x16.splat (i32.const 0xa5))))
        (then (return (i32.const 5))))
      (local.set $i (i32.add (local.get $i) (i32.const 16)))
      (br_if 0 (i32.lt_u (local.get $i) (local.get $end))))
    (i32.const 0))))",
      fmt::arg("pages", kind.pages), fmt::arg("data", kind.data), fmt::arg("hides", kind.hides),
      fmt::arg("search", kind.search), fmt::arg("locals", kEightLocals), fmt::arg("sets", sets),
      fmt::arg("sum", sum));
}

// A thread that makes calls by chance on a few instances of several modules, which share an
// engine's slots: some grow, trap, overflow their stack, are left between two slices, cancelled, or
// end at a deadline, and pages are taken from them.
class Spies {
 public:
  Spies(const Engine& engine, std::span<const std::shared_ptr<const Program>> programs,
        std::uint32_t seed)
      : engine_(engine), programs_(programs), random_(seed) {}

  void make_calls(int calls) {
    while (calls_ < calls)
      advance(seats_.at(below(seats_.size())));
  }
  // Of how many calls, and where something was found.
  int searches() const { return searches_; }
  const std::vector<std::int32_t>& found() const { return found_; }
  int cancelled() const { return cancelled_; }
  int failed() const { return failed_; }

 private:
  enum class Phase : std::uint8_t { kEmpty, kBeginning, kReady, kHiding, kSpinning, kSearching };
  struct Seat {
    std::unique_ptr<Instance> instance;
    Phase phase = Phase::kEmpty;
  };

  std::uint32_t below(std::size_t bound) {
    return static_cast<std::uint32_t>(random_() % static_cast<std::uint32_t>(bound));
  }
  bool one_in(std::size_t number) { return below(number) == 0; }

  void advance(Seat& seat) {
    if (seat.phase == Phase::kEmpty) {
      const auto& program = programs_[below(programs_.size())];
      seat.instance = Instance::create(program, {}, nullptr).value();
      begin_life(seat);
    } else if (seat.phase == Phase::kReady) {
      begin_call(seat);
    }
    // What loops for ever ends its slice, and never has a second one.
    if (seat.phase == Phase::kSpinning || one_in(3)) engine_.tick();
    if (seat.instance->poll() == Progress::kDone) return end_operation(seat);
    if (seat.phase == Phase::kSpinning || one_in(4)) end_early(seat);
  }

  void begin_life(Seat& seat) {
    seat.instance->begin_instantiation();
    seat.phase = Phase::kBeginning;
  }

  void begin_call(Seat& seat) {
    ++calls_;
    if (one_in(3)) {
      const std::vector<Value> arguments = {
          static_cast<std::int32_t>(one_in(200) ? below(300) : 2)};
      WEFT_ASSERT(seat.instance->begin_call("search", arguments).has_value());
      seat.phase = Phase::kSearching;
      return;
    }
    // Some of these are out of bounds.
    const std::vector<Value> arguments = {
        static_cast<std::int32_t>(below(5UL * 65'536)),
        static_cast<std::int32_t>(below(one_in(60) ? 4'000'000 : 20'000)),
        static_cast<std::int32_t>(one_in(4) ? below(300) : 0), static_cast<std::int32_t>(below(5))};
    const bool spins = one_in(30);
    const std::string_view name = spins ? "spin" : one_in(200) ? "overflow" : "hide";
    WEFT_ASSERT(seat.instance->begin_call(name, arguments).has_value());
    seat.phase = spins ? Phase::kSpinning : Phase::kHiding;
  }

  void end_operation(Seat& seat) {
    const auto results = seat.instance->take();
    if (!results) {
      ++failed_;
      return leave(seat);
    }
    if (seat.phase == Phase::kBeginning) {
      seat.phase = Phase::kReady;
      return;
    }
    if (seat.phase == Phase::kSearching) {
      ++searches_;
      const auto where = std::get<std::int32_t>(results->front());
      if (where != 0) found_.push_back(where);
    }
    disturb(seat.instance->memory());
    if (one_in(50) || !seat.instance->reset()) return leave(seat);
    if (one_in(50)) return leave(seat);
    begin_life(seat);
  }

  // A deadline, or a client that goes away.
  void end_early(Seat& seat) {
    ++cancelled_;
    if (one_in(2)) {
      seat.instance->interrupt(Error(ErrorCode::kDeadlineExceeded, "late"));
      static_cast<void>(seat.instance->take());
    }
    leave(seat);
  }

  static void leave(Seat& seat) {
    seat.instance.reset();
    seat.phase = Phase::kEmpty;
  }

  // What a system short of memory, or one with large pages, may do to a memory at any time; the
  // kernel writes pages out only where there is something to write them to, so others are dropped.
  void disturb(GuestMemory memory) {
    if (!one_in(10)) return;
    constexpr std::array kAdvice = {MADV_PAGEOUT, MADV_COLD, MADV_DONTNEED, MADV_HUGEPAGE};
    const std::size_t pages = memory.size_bytes() / kHostPageBytes;
    const std::size_t from = below(pages) * kHostPageBytes;
    const std::size_t size = (1 + below(pages - from / kHostPageBytes)) * kHostPageBytes;
    const auto bytes = memory.bytes(GuestAddress(from), size).value();
    // An advice that the kernel does not take is none.
    static_cast<void>(::madvise(bytes.data(), size, kAdvice.at(below(kAdvice.size()))));
  }

  const Engine& engine_;
  std::span<const std::shared_ptr<const Program>> programs_;
  std::minstd_rand random_;
  std::array<Seat, 6> seats_;
  int calls_ = 0;
  int searches_ = 0;
  int cancelled_ = 0;
  int failed_ = 0;
  std::vector<std::int32_t> found_;
};

// Two threads at a time, on one engine.
void spy(const EngineOptions& options, int calls) {
  constexpr int kThreads = 2;
  const auto engine = Engine::create(options).value();
  std::vector<std::shared_ptr<const Program>> programs;
  for (const SpyKind& kind : kSpyKinds) {
    const std::string module = to_binary(spy_module(kind), "spy.wat").value();
    programs.push_back(HostTable(*engine).link(engine->compile(module).value()).value());
  }
  CHECK(programs.at(0)->code().can_reset());
  CHECK(programs.at(1)->code().can_reset());
  CHECK_FALSE(programs.at(2)->code().can_reset());
  std::vector<Spies> spies;
  spies.reserve(kThreads);
  for (std::uint32_t seed = 1; seed <= kThreads; ++seed)
    spies.emplace_back(*engine, programs, seed);
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (Spies& one : spies)
      threads.emplace_back([&one, calls] { one.make_calls(calls / kThreads); });
  }
  for (const Spies& one : spies) {
    CHECK(one.found() == std::vector<std::int32_t>());
    CHECK(one.searches() > calls / kThreads / 5);
    CHECK(one.cancelled() > 0);
    CHECK(one.failed() > 0);
  }
}

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr int kSpyCalls = 20'000;
#else
constexpr int kSpyCalls = 100'000;
#endif

TEST_CASE("a spy finds what is not put back") {
  for (const SpyKind& kind : kSpyKinds) {
    const ResettingGuest guest(spy_module(kind));
    const std::vector<Value> nothing = {0};
    CHECK(number(*instance_of(guest.program), "search", nothing) == 0);
    const auto written = instance_of(guest.program);
    const std::vector<Value> last = {kind.pages * 65'536 - 1};
    REQUIRE(call(*written, "write", last).has_value());
    CHECK(number(*written, "search", nothing) == 5);
    const auto hidden = instance_of(guest.program);
    const std::vector<Value> arguments = {0, 0, 0, 0};
    REQUIRE(call(*hidden, "hide", arguments).has_value());
    CHECK(number(*hidden, "search", nothing) == 1);
  }
}

TEST_CASE("what a call hides no later call finds") {
  // As it runs on a server.
  EngineOptions options = resetting();
  options.checks_resets = false;
  spy(options, kSpyCalls);
  // With a look at each reset, and as on a kernel that does not tell what was written.
  spy(resetting(), kSpyCalls / 20);
  spy(resetting(true), kSpyCalls / 20);
}

}  // namespace
}  // namespace weft::engine
