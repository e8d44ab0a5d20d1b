#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::engine {
namespace {

EngineOptions resetting() {
  return {.parallel_compilation = false, .resets_instances = true, .checks_resets = true};
}

EngineOptions forgetting() {
  EngineOptions options = resetting();
  options.forgets_all_pages = true;
  return options;
}

struct Guest {
  std::unique_ptr<Engine> engine;
  std::shared_ptr<const Program> program;

  explicit Guest(std::string_view wat, const EngineOptions& options = resetting())
      : engine(Engine::create(options).value()) {
    const std::string module = to_binary(wat, "test.wat").value();
    CHECK(inspect(module).has_value());
    program = HostTable(*engine).link(engine->compile(module).value()).value();
  }
  std::unique_ptr<Instance> instance(const InstanceLimits& limits = {}) const {
    auto made = Instance::create(program, limits, nullptr).value();
    REQUIRE(instantiate(*made).has_value());
    return made;
  }
};

// The only result, an i32.
std::int32_t number(Instance& instance, std::string_view name,
                    std::span<const Value> arguments = {}) {
  return std::get<std::int32_t>(call(instance, name, arguments).value().at(0));
}

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
  for (const EngineOptions& options : {resetting(), forgetting()}) {
    const Guest guest(kSecretive, options);
    CHECK(guest.program->code().can_reset());
    const auto instance = guest.instance();
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
  const Guest guest(kSecretive);
  const auto trapped = guest.instance();
  REQUIRE_FALSE(call(*trapped, "outside", {}).has_value());
  CHECK_FALSE(trapped->reset());
  const auto never_instantiated = Instance::create(guest.program, {}, nullptr).value();
  CHECK_FALSE(never_instantiated->reset());
  EngineOptions stock = resetting();
  stock.resets_instances = false;
  const Guest plain(kSecretive, stock);
  CHECK_FALSE(plain.program->code().can_reset());
  CHECK_FALSE(plain.instance()->reset());
}

TEST_CASE("the start function runs again after each reset") {
  const Guest guest(R"((module (memory 1) (global $n (mut i32) (i32.const 0))
    (func $begin (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
      (global.set $n (i32.add (global.get $n) (i32.const 10))))
    (start $begin)
    (func (export "f") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 100)))
      (i32.add (i32.load (i32.const 0)) (global.get $n)))))");
  const auto instance = guest.instance();
  for (int i = 0; i < 3; ++i) {
    CHECK(number(*instance, "f") == 111);
    put_back(*instance);
  }
}

TEST_CASE("a start function that traps or never ends does so on a split module too") {
  const Guest trapping("(module (memory 1) (func $s unreachable) (start $s))");
  const auto outcome = instantiate(*Instance::create(trapping.program, {}, nullptr).value());
  CHECK(outcome.error().code() == ErrorCode::kGuestTrap);
  CHECK(outcome.error().backtrace().at(0).function == "s");
  const Guest spinning("(module (memory 1) (func $s (loop br 0)) (start $s))");
  const auto instance = Instance::create(spinning.program, {}, nullptr).value();
  instance->begin_instantiation();
  spinning.engine->tick();
  CHECK(instance->poll() == Progress::kRunning);
  instance->interrupt(Error(ErrorCode::kDeadlineExceeded, "late"));
  CHECK(instance->take().error().code() == ErrorCode::kDeadlineExceeded);
}

TEST_CASE("an instantiation that is interrupted goes on with its own memory") {
  // Wasmtime runs code of its own for these elements, which yields as guests do.
  const Guest guest(R"((module (memory (export "memory") 1) (data (i32.const 0) "begin")
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
  const Guest guest(R"((module (memory 1) (data (i32.const 5) "begin") (table 1 funcref)
    (func $f (export "f") (result i32)
      (table.set (i32.const 0) (ref.func $f)) (i32.load8_u (i32.const 5)))))");
  CHECK_FALSE(guest.program->code().can_reset());
  const auto instance = guest.instance();
  CHECK(number(*instance, "f") == 'b');
  CHECK_FALSE(instance->reset());
}

TEST_CASE("what an instance that was put back may use counts anew") {
  constexpr std::uint64_t kPage = kPageBytes;
  EngineOptions options = resetting();
  options.guest_memory_bytes_max = 4 * kPage;
  const Guest guest(R"((module (memory 2)
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))))",
                    options);
  const InstanceLimits limits{.memory_bytes = 3 * kPage};
  const auto one = guest.instance(limits);
  for (int i = 0; i < 3; ++i) {
    CHECK(guest.engine->guest_memory_bytes() == 2 * kPage);
    CHECK(number(*one, "grow") == 2);
    CHECK(number(*one, "grow") == -1);
    REQUIRE(one->reset());
    CHECK(guest.engine->guest_memory_bytes() == 0);
    REQUIRE(instantiate(*one).has_value());
  }
  REQUIRE(one->reset());
  const auto two = guest.instance(limits);
  CHECK(number(*two, "grow") == 2);
  // The first one's two pages do not fit beside the three of the second one.
  const auto refused = instantiate(*one);
  CHECK(refused.error().code() == ErrorCode::kResourceExhausted);
  CHECK(refused.error().limit()->name == "guest_memory_bytes");
}

TEST_CASE("a memory that was written all over gives its pages back, and begins anew all the same") {
  for (const EngineOptions& options : {resetting(), forgetting()}) {
    const Guest guest(R"((module (memory 100)
      (data (i32.const 65536) "x")
      (func (export "fill") (param $to i32) (param $with i32)
        (memory.fill (i32.const 0) (local.get $with) (local.get $to)))
      (func (export "sum") (result i32) (local $i i32) (local $sum i32)
        (loop (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $i))))
          (local.set $i (i32.add (local.get $i) (i32.const 4096)))
          (br_if 0 (i32.lt_u (local.get $i) (i32.const 6553600))))
        (local.get $sum))))",
                      options);
    const auto instance = guest.instance();
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

// --- a split module does what the module does ---

// Everything that a module's parameterless exports return, and its memory in a number.
std::string behaviour(std::string_view wat, const EngineOptions& options) {
  const Guest guest(wat, options);
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
      instance = guest.instance();
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

// Writes a byte pattern where it is told to, and looks for it everywhere.
constexpr std::string_view kSpy = R"((module
  (memory 4 400)
  (data (i32.const 1000) "first")
  (data (i32.const 200000) "last")
  (global $a (mut i32) (i32.const 1))
  (global $b (mut i64) (i64.const 2))
  (func (export "hide") (param $where i32) (param $size i32) (param $grow i32)
    (drop (memory.grow (local.get $grow)))
    (if (i32.gt_u (i32.add (local.get $where) (local.get $size)) (i32.mul (memory.size) (i32.const 65536)))
      (then unreachable))
    (memory.fill (local.get $where) (i32.const 0xa5) (local.get $size))
    (global.set $a (i32.const 0xa5a5)) (global.set $b (i64.const 0xa5a5)))
  (func (export "spin") (param i32 i32 i32) (call 0 (local.get 0) (local.get 1) (local.get 2))
    (loop br 0))
  (func (export "search") (result i32) (local $i i32)
    (if (i32.ne (global.get $a) (i32.const 1)) (then (return (i32.const 1))))
    (if (i64.ne (global.get $b) (i64.const 2)) (then (return (i32.const 2))))
    (if (i32.ne (memory.size) (i32.const 4)) (then (return (i32.const 3))))
    (drop (memory.grow (i32.const 4)))
    (loop
      (if (i64.eq (i64.load (local.get $i)) (i64.const 0xa5a5a5a5a5a5a5a5))
        (then (return (i32.const 4))))
      (local.set $i (i32.add (local.get $i) (i32.const 8)))
      (br_if 0 (i32.lt_u (local.get $i) (i32.const 524288))))
    (i32.const 0))
))";

// `lives` calls by chance over a few instances: some grow, some trap, some are cancelled.
void spy(const EngineOptions& options, int lives) {
  const Guest guest(kSpy, options);
  std::minstd_rand random(7);
  const auto below = [&random](std::uint32_t bound) {
    return static_cast<std::int32_t>(random() % bound);
  };
  std::vector<std::unique_ptr<Instance>> instances(3);
  int searched = 0;
  for (int life = 0; life < lives; ++life) {
    auto& instance = instances[static_cast<std::size_t>(below(3))];
    if (!instance) instance = guest.instance();
    const std::int32_t grow = below(4) == 0 ? below(300) : 0;
    const std::int32_t size = below(5) == 0 ? below(4'000'000) : below(20'000);
    const std::vector<Value> arguments = {below(4U * 65'536U), size, grow};
    bool is_kept = false;
    if (below(50) == 0) {
      REQUIRE(instance->begin_call("spin", arguments).has_value());
      guest.engine->tick();
      if (instance->poll() == Progress::kDone) CHECK_FALSE(instance->take().has_value());
    } else {
      is_kept = call(*instance, "hide", arguments).has_value();
    }
    if (!is_kept) {
      instance.reset();  // Cancelled, or trapped.
      continue;
    }
    put_back(*instance);
    if (below(20) != 0) continue;
    ++searched;
    REQUIRE(number(*instance, "search") == 0);
    put_back(*instance);
  }
  CHECK(searched > lives / 100);
}

TEST_CASE("what a call hides no later call finds") {
  EngineOptions options = resetting();
  spy(options, 2'000);
  options.forgets_all_pages = true;
  spy(options, 500);
  // As it runs on a server.
  options = resetting();
  options.checks_resets = false;
  spy(options, 20'000);
}

}  // namespace
}  // namespace weft::engine
