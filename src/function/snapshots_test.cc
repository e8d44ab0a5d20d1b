#include "function/snapshots.h"

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "function/testing.h"

namespace weft::function {
namespace {

// Goes on by itself, as clocks do: endless guests meet their deadline.
class RunningClock final : public Clock {
 public:
  explicit RunningClock(FakeClock& clock) : clock_(clock) {}
  WallTime wall() const override { return clock_.wall(); }
  MonotonicTime monotonic() const override {
    clock_.advance(step);
    return clock_.monotonic();
  }
  std::chrono::milliseconds step{1};

 private:
  FakeClock& clock_;
};

// A result of an i64 alone.
std::int64_t number_in(const std::string& body) {
  const auto document = json::parse(body).value();
  const std::string_view text = document.find("results")->as_array()[0].as_string();
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number).ptr;
  REQUIRE(end == text.data() + text.size());
  return number;
}

struct Fixture {
  World world;
  RunningClock clock{world.clock};
  std::unique_ptr<Functions> functions;

  Fixture() { restart(); }
  void restart(const PlatformLimits& limits = {}) {
    functions.reset();
    functions = std::make_unique<Functions>(world.parts_with(clock), limits);
  }
  Result<Function> deploy(std::string_view wat, std::optional<std::string> init = std::nullopt,
                          const FunctionLimits& limits = {}) {
    const auto uploaded = functions->upload(wat);
    REQUIRE(uploaded.has_value());
    return functions->deploy("f", {.module = uploaded->module.id,
                                   .limits = limits,
                                   .environment = {{"KEY", "value"}},
                                   .init = std::move(init)});
  }
  std::string call(std::string_view name) {
    const auto outcome = invoke(world, *functions, "f", fmt::format(R"({{"export":"{}"}})", name));
    return outcome.response ? outcome.response->body : outcome.response.error().message();
  }
  std::optional<std::string> snapshot(std::int64_t version = 1) {
    return world.metadata.version("f", version).value().spec.snapshot;
  }
  std::filesystem::path blob(std::string_view id) const {
    const std::string_view digits = id.substr(std::string_view("sha256:").size());
    return world.directory.path() / "blobs" / "sha256" / digits.substr(0, 2) / digits.substr(2);
  }
};

// Keeps a random number when it is initialised; tells it, or a new one; and keeps secrets.
constexpr std::string_view kSeeded = R"((module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1 100)
  (global $runs (mut i32) (i32.const 0))
  (global $vector (mut v128) (v128.const i64x2 0 0))
  (func $start (global.set $runs (i32.add (global.get $runs) (i32.const 1))))
  (start $start)
  (func (export "_initialize")
    (if (i32.ne (global.get $runs) (i32.const 1)) (then unreachable))
    (global.set $runs (i32.const 10)))
  (func (export "build")
    (global.set $runs (i32.add (global.get $runs) (i32.const 100)))
    (global.set $vector (v128.const i64x2 5 6))
    (drop (call $random (i32.const 8) (i32.const 8)))
    (i32.store (i32.mul (memory.grow (i32.const 2)) (i32.const 65536)) (i32.const 77)))
  (func (export "seed") (result i64) (i64.load (i32.const 8)))
  (func (export "fresh") (result i64)
    (drop (call $random (i32.const 16) (i32.const 8))) (i64.load (i32.const 16)))
  (func (export "runs") (result i32) (global.get $runs))
  (func (export "hide") (i64.store (i32.const 8) (i64.const 1)) (i32.store (i32.const 65536) (i32.const 1))
    (global.set $runs (i32.const 99)) (global.set $vector (v128.const i64x2 9 9))
    (drop (memory.grow (i32.const 1))))
  (func (export "found") (result i32)
    (if (i32.ne (memory.size) (i32.const 3)) (then (return (i32.const 1))))
    (if (i32.ne (i32.load (i32.const 65536)) (i32.const 77)) (then (return (i32.const 2))))
    (if (i64.ne (i64x2.extract_lane 1 (global.get $vector)) (i64.const 6))
      (then (return (i32.const 3))))
    (if (i32.ne (global.get $runs) (i32.const 110)) (then (return (i32.const 4))))
    (i32.const 0))))";

TEST_CASE_FIXTURE(Fixture,
                  "a module is initialised once, and each call begins with what that left") {
  const auto deployed = deploy(kSeeded, "build").value();
  CHECK(deployed.init == "build");
  CHECK(deployed.initialization ==
        Initialization{.has_start = true, .exports = {"_initialize", "build"}});
  const std::string seed = call("seed");
  CHECK(seed != R"({"results":["0"]})");
  for (int i = 0; i < 3; ++i) {
    CHECK(call("runs") == R"({"results":[110]})");
    CHECK(call("seed") == seed);
    CHECK(call("found") == R"({"results":[0]})");
    CHECK(call("hide") == R"({"results":[]})");
    CHECK(call("found") == R"({"results":[0]})");
  }
  CHECK(call("fresh") != call("fresh"));
}

TEST_CASE_FIXTURE(Fixture,
                  "a snapshot survives restarts, and rolling back finds each version's own") {
  REQUIRE(deploy(kSeeded, "build").has_value());
  const std::string first = call("seed");
  REQUIRE(deploy(kSeeded, "build").has_value());
  const std::string second = call("seed");
  CHECK(first != second);
  restart();
  CHECK(call("seed") == second);
  CHECK(functions->rollback("f", 1).value().init == "build");
  CHECK(call("seed") == first);
  restart();
  CHECK(call("seed") == first);
  CHECK(call("found") == R"({"results":[0]})");
  CHECK(functions->versions("f", {}).value().items.at(0).init == "build");
}

TEST_CASE_FIXTURE(Fixture, "a snapshot that is missing or damaged is made again, and kept") {
  REQUIRE(deploy(kSeeded, "build").has_value());
  std::string seed = call("seed");
  for (const bool is_missing : {true, false}) {
    const std::string before = snapshot().value();
    functions.reset();
    std::filesystem::permissions(blob(before), std::filesystem::perms::owner_all);
    if (is_missing) {
      std::filesystem::remove(blob(before));
    } else {
      std::ofstream(blob(before), std::ios::app) << "x";
    }
    restart();
    const std::string again = call("seed");
    CHECK(again != seed);
    CHECK(call("found") == R"({"results":[0]})");
    CHECK(snapshot() != before);
    CHECK_FALSE(std::filesystem::exists(blob(before)));
    restart();
    CHECK(call("seed") == again);
    seed = again;
  }
  // As of a version that was deployed by a weft without snapshots.
  REQUIRE(world.database
              ->write([](store::Transaction& transaction) -> Result<> {
                TRY(transaction.execute("UPDATE function_version SET snapshot = NULL"));
                return {};
              })
              .has_value());
  restart();
  CHECK(functions->rollback("f", 1).has_value());
  CHECK(call("found") == R"({"results":[0]})");
  CHECK(snapshot().has_value());
}

TEST_CASE_FIXTURE(Fixture, "a snapshot of another module is not believed") {
  REQUIRE(deploy(kSeeded, "build").has_value());
  const std::string other = world.blobs->put("weft snapshot 1\nsomething else").value();
  REQUIRE(world.metadata.replace_snapshot(world.metadata.version("f", 1).value(), {.id = other})
              .has_value());
  restart();
  CHECK(call("found") == R"({"results":[0]})");
  CHECK(snapshot() != other);
}

TEST_CASE_FIXTURE(Fixture, "snapshots go with their function, but for those that others have too") {
  constexpr std::string_view kPlain = R"((module (memory 1)
    (func (export "_initialize") (i32.store (i32.const 0) (i32.const 1)))
    (func (export "f") (result i32) (i32.load (i32.const 0)))))";
  const auto function = deploy(kPlain).value();
  const std::string shared = snapshot().value();
  REQUIRE(functions->deploy("g", {.module = function.module.id}).has_value());
  REQUIRE(deploy(kSeeded, "build").has_value());
  const std::string own = snapshot(2).value();
  CHECK(std::filesystem::exists(blob(own)));
  REQUIRE(functions->remove_function("f").has_value());
  CHECK_FALSE(std::filesystem::exists(blob(own)));
  CHECK(std::filesystem::exists(blob(shared)));
  REQUIRE(functions->remove_function("g").has_value());
  CHECK_FALSE(std::filesystem::exists(blob(shared)));
}

TEST_CASE_FIXTURE(Fixture, "Wizer's export and the environment are there when it is initialised") {
  // Sums up the environment: its size, then its bytes.
  REQUIRE(deploy(R"((module
    (import "wasi_snapshot_preview1" "environ_sizes_get"
      (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "wizer.initialize") (drop (call $sizes (i32.const 0) (i32.const 4))))
    (func (export "f") (result i32 i32) (i32.load (i32.const 0)) (i32.load (i32.const 4)))))")
              .has_value());
  CHECK(call("f") == R"({"results":[1,10]})");
  // The only one that callers mean.
  CHECK(invoke(world, *functions, "f").response.value().body == R"({"results":[1,10]})");
}

TEST_CASE_FIXTURE(Fixture, "an initializer that is called by its name has run already") {
  REQUIRE(deploy(kSeeded, "build").has_value());
  CHECK(call("_initialize") == R"({"results":[]})");
  CHECK(call("_initialize") == R"({"results":[]})");
  // Others are exports, which run on what was initialised.
  CHECK(call("build") == R"({"results":[]})");
  CHECK(call("found") == R"({"results":[0]})");
}

TEST_CASE_FIXTURE(Fixture, "a program begins with what was prepared") {
  REQUIRE(deploy(R"((module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "plain")
    (func (export "prepare") (i32.store8 (i32.const 100) (i32.const 80)))
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 5))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store8 (i32.const 100) (i32.const 33)))))",
                 "prepare")
              .has_value());
  for (int i = 0; i < 2; ++i)
    CHECK(invoke(world, *functions, "f").response.value().body == "Plain");
}

TEST_CASE_FIXTURE(Fixture, "where instances cannot be put back, it all runs before each call") {
  constexpr std::string_view kLasting = R"((module (table 1 funcref)
    (global $n (mut i32) (i32.const 0))
    (func $s (global.set $n (i32.const 1))) (start $s)
    (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 10))))
    (func (export "wizer.initialize") (global.set $n (i32.add (global.get $n) (i32.const 100))))
    (func (export "build") (global.set $n (i32.add (global.get $n) (i32.const 1000))))
    (func (export "f") (result i32) (table.set (i32.const 0) (ref.null func)) (global.get $n))))";
  REQUIRE(deploy(kLasting).has_value());
  CHECK_FALSE(snapshot().has_value());
  CHECK(call("f") == R"({"results":[111]})");
  CHECK(call("f") == R"({"results":[111]})");
  CHECK(call("_initialize") == R"({"results":[]})");
  REQUIRE(deploy(kLasting, "build").has_value());
  CHECK(call("f") == R"({"results":[1011]})");
  restart();
  CHECK(call("f") == R"({"results":[1011]})");
}

TEST_CASE_FIXTURE(Fixture, "an initialisation that fails refuses the deployment and says where") {
  struct Case {
    std::string_view what;
    std::string_view wat;
    ErrorCode code;
    std::string_view message;
    std::string_view limit;
    std::string_view function;  // the innermost frame's
  };
  constexpr std::string_view kWrite = R"((import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1 1000) (data (i32.const 100) "why it failed\n")
    (func $print (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 14))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))))";
  for (const auto& one : {
           Case{"a trap", "(func $init (export \"init\") call $print unreachable)",
                ErrorCode::kGuestTrap,
                "initialisation failed in init: unreachable code reached (the program gave up: an "
                "abort, a panic or a failed check); the last that it printed: why it failed",
                "", "init"},
           Case{"a trap at the start", "(func $s unreachable) (start $s) (func (export \"init\"))",
                ErrorCode::kGuestTrap,
                "initialisation failed in the start function: unreachable code reached", "", "s"},
           Case{"an endless loop", "(func $init (export \"init\") (loop br 0))",
                ErrorCode::kDeadlineExceeded,
                "initialisation failed in init: it took longer than 50 ms", "deadline_ms", "init"},
           Case{"an endless start", "(func $s (loop br 0)) (start $s) (func (export \"init\"))",
                ErrorCode::kDeadlineExceeded,
                "initialisation failed in the start function: it took longer than 50 ms",
                "deadline_ms", "s"},
           Case{"too much output", "(func (export \"init\") (loop call $print br 0))",
                ErrorCode::kGuestLimit, "initialisation failed in init: ", "output_bytes", "print"},
           Case{"too much memory", R"((func $init (export "init") (loop
                (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable)) br 0)))",
                ErrorCode::kGuestLimit, "initialisation failed in init: ", "memory_bytes", "init"},
           Case{"too much to keep", R"((func (export "init")
                (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))
                (drop (memory.grow (i32.const 1)))
                (memory.fill (i32.const 65536) (i32.const 1) (i32.const 1))))",
                ErrorCode::kTooLarge, "initialisation failed in the end: ", "snapshot_bytes", ""},
       }) {
    CAPTURE(one.what);
    restart({.snapshot_bytes = 65'536});
    const auto refused =
        deploy(fmt::format("(module {} {} (func (export \"f\")))", kWrite, one.wat), "init",
               {.deadline_ms = 50, .memory_bytes = 655'360, .output_bytes = 1'000});
    REQUIRE_FALSE(refused.has_value());
    const Error& error = refused.error();
    CHECK(error.code() == one.code);
    CHECK_MESSAGE(error.message().starts_with(one.message), error.message());
    CHECK((error.limit() ? error.limit()->name : "") == one.limit);
    CHECK((error.backtrace().empty() ? "" : error.backtrace()[0].function) == one.function);
    CHECK(functions->function("f").error().code() == ErrorCode::kNotFound);
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "a module that exits while it is initialised is refused, with any code") {
  for (const int code : {0, 3}) {
    const auto refused = deploy(fmt::format(R"((module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_initialize") (call $exit (i32.const {}))) (func (export "f"))))",
                                            code));
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::kGuestError);
    CHECK_MESSAGE(refused.error().message().starts_with("initialisation failed in _initialize: "),
                  refused.error().message());
  }
}

TEST_CASE_FIXTURE(Fixture, "a server that stops waits for no initialisation") {
  functions->stop_initializing();
  const auto refused = deploy(R"((module (func (export "_initialize") (loop br 0))
    (func (export "f"))))");
  CHECK(refused.error().code() == ErrorCode::kUnavailable);
}

TEST_CASE_FIXTURE(Fixture, "a function cannot initialise for longer than a minute") {
  clock.step = std::chrono::seconds(10);
  const auto refused = deploy(R"((module (func (export "_initialize") (loop br 0))
    (func (export "f"))))",
                              std::nullopt, {.deadline_ms = 900'000});
  CHECK(refused.error().code() == ErrorCode::kDeadlineExceeded);
  CHECK(refused.error().limit().value().name == "initialization_ms");
  CHECK(refused.error().limit().value().value == 60'000);
}

TEST_CASE_FIXTURE(Fixture, "a warm function's instances begin with the snapshot, and remember") {
  const auto uploaded = functions->upload(kSeeded).value();
  const auto deployed =
      functions->deploy("f", {.module = uploaded.module.id, .init = "build", .is_warm = true})
          .value();
  CHECK(deployed.state == State::kWarm);
  CHECK(call("found") == R"({"results":[0]})");
  CHECK(call("hide") == R"({"results":[]})");
  CHECK(call("runs") == R"({"results":[99]})");
  CHECK(call("found") == R"({"results":[1]})");
  restart();
  CHECK(functions->function("f").value().state == State::kWarm);
  CHECK(functions->versions("f", {}).value().items.at(0).is_warm);
  CHECK(call("found") == R"({"results":[0]})");
  REQUIRE(deploy(kSeeded, "build").value().state == State::kPristine);
  CHECK(functions->rollback("f", 1).value().state == State::kWarm);
}

TEST_CASE_FIXTURE(Fixture, "a warm function's host functions are those of the present call") {
  const auto uploaded = functions
                            ->upload(R"((module
    (import "wasi_snapshot_preview1" "fd_write"
      (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 100) "abc")
    (func (export "f") (result i32)
      (i32.store (i32.const 0) (i32.const 100))
      (i32.store (i32.const 4) (i32.add (i32.load (i32.const 4)) (i32.const 1)))
      (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))")
                            .value();
  REQUIRE(functions->deploy("f", {.module = uploaded.module.id, .is_warm = true}).has_value());
  for (const std::string_view printed : {"a", "ab", "abc"}) {
    const auto outcome = invoke(world, *functions, "f");
    CHECK(outcome.response.value().body == R"({"results":[0]})");
    functions->flush_records();
    CHECK(world.invocations.log(outcome.invocation.value()).value() == printed);
  }
}

TEST_CASE_FIXTURE(Fixture, "a program cannot be warm") {
  const auto uploaded = functions->upload(R"((module (func (export "_start"))))").value();
  const auto refused = functions->deploy("f", {.module = uploaded.module.id, .is_warm = true});
  CHECK(refused.error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE_FIXTURE(Fixture, "functions with one module and their own snapshots share its code") {
  const auto one = deploy(kSeeded, "build").value();
  REQUIRE(functions->deploy("g", {.module = one.module.id, .init = "build"}).has_value());
  const std::string seed = call("seed");
  const auto other = invoke(world, *functions, "g", R"({"export":"seed"})");
  CHECK(other.response.value().body != seed);
  CHECK(call("seed") == seed);
}

TEST_CASE("the clocks of a call are not those of its initialisation") {
  Fixture fixture;
  const auto deployed = fixture.deploy(R"((module
    (import "wasi_snapshot_preview1" "clock_time_get"
      (func $clock (param i32 i64 i32) (result i32)))
    (memory (export "memory") 1)
    (func $read (param i32 i32) (result i64)
      (drop (call $clock (local.get 0) (i64.const 1) (local.get 1))) (i64.load (local.get 1)))
    (func (export "init")
      (drop (call $read (i32.const 0) (i32.const 0))) (drop (call $read (i32.const 1) (i32.const 8))))
    (func (export "wall_then") (result i64) (i64.load (i32.const 0)))
    (func (export "steady_then") (result i64) (i64.load (i32.const 8)))
    (func (export "wall") (result i64) (call $read (i32.const 0) (i32.const 16)))
    (func (export "steady") (result i64) (call $read (i32.const 1) (i32.const 16)))))",
                                       "init");
  REQUIRE(deployed.has_value());
  CHECK(deployed->state == State::kPristine);
  constexpr std::int64_t kHour = 3'600'000'000'000;
  for (const std::string name : {"wall", "steady"}) {
    CAPTURE(name);
    const std::int64_t then = number_in(fixture.call(name + "_then"));
    std::int64_t before = number_in(fixture.call(name));
    CHECK(before > then);
    for (int i = 0; i < 3; ++i) {
      fixture.world.clock.advance(std::chrono::hours(1));
      const std::int64_t now = number_in(fixture.call(name));
      CHECK(now >= before + kHour);
      CHECK(now < before + 2 * kHour);
      before = now;
    }
    CHECK(number_in(fixture.call(name + "_then")) == then);
  }
}

}  // namespace
}  // namespace weft::function
