#include "function/running_call.h"

#include <array>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "function/testing.h"

namespace weft::function {
namespace {

constexpr std::string_view kTyped = R"((module
  (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
  (func (export "nothing"))
  (func (export "all") (param i32 i64 f32 f64 v128) (result v128 f64 f32 i64 i32)
    local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
  (func (export "reference") (param externref))
  (func (export "gives_reference") (result funcref) ref.null func)
  (global (export "number") i32 (i32.const 5))))";

std::string body_of(const Outcome& outcome) {
  REQUIRE_MESSAGE(outcome.response.has_value(),
                  (outcome.response ? "" : outcome.response.error().message()));
  return outcome.response->body;
}

const Error& error_of(const Outcome& outcome) {
  REQUIRE_FALSE(outcome.response.has_value());
  return outcome.response.error();
}

// One function "f", called with payloads. Deployed again, it is another module's.
struct Deployed {
  World world;
  Functions functions{world.parts(), {}};

  explicit Deployed(std::string_view wat) { use(wat); }
  void use(std::string_view wat, const FunctionLimits& limits = {}) {
    deploy(functions, "f", wat, limits);
  }
  Outcome invoke(std::string_view payload = "") {
    return function::invoke(world, functions, "f", payload);
  }
  std::string log_of(const Outcome& outcome) {
    functions.flush_records();
    return world.invocations.log(outcome.invocation.value()).value();
  }
};

TEST_CASE("a typed call takes an export and arguments and gives results") {
  Deployed deployed(kTyped);
  const auto outcome = deployed.invoke(R"({"export":"add","args":[2,3]})");
  CHECK(body_of(outcome) == R"({"results":[5]})");
  CHECK(outcome.response->content_type == "application/json");
  CHECK(is_ulid(outcome.invocation.value()));
  CHECK(body_of(deployed.invoke(R"({"args":[-1,1], "export":"add"})")) == R"({"results":[0]})");
  CHECK(body_of(deployed.invoke(R"({"export":"nothing"})")) == R"({"results":[]})");
  CHECK(body_of(deployed.invoke(R"({"export":"nothing","args":[]})")) == R"({"results":[]})");
  CHECK(
      body_of(deployed.invoke(
          R"({"export":"all","args":[-7,"9223372036854775807",0.5,"NaN","0x000102030405060708090a0b0c0d0e0f"]})")) ==
      R"({"results":["0x000102030405060708090a0b0c0d0e0f","NaN",0.5,"9223372036854775807",-7]})");
}

TEST_CASE("a module with one function needs no name for it") {
  Deployed deployed(R"((module (memory (export "memory") 1) (func (export "_initialize"))
    (func (export "twice") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))))");
  CHECK(body_of(deployed.invoke(R"({"args":[21]})")) == R"({"results":[42]})");
  CHECK(error_of(deployed.invoke("")).message().find("expected 1 argument") != std::string::npos);
  deployed.use(R"((module (func (export "c") (result i64) i64.const -1)))");
  CHECK(body_of(deployed.invoke("")) == R"({"results":["-1"]})");
  CHECK(body_of(deployed.invoke("{}")) == R"({"results":["-1"]})");
}

TEST_CASE("a payload that does not fit says what does") {
  Deployed deployed(kTyped);
  struct Case {
    std::string_view payload;
    ErrorCode code;
    std::string_view says;
  };
  for (const auto& [payload, code, says] : {
           Case{"", ErrorCode::kInvalidArgument,
                "name an export: the module exports add(i32, i32)"},
           Case{"{}", ErrorCode::kInvalidArgument, "name an export"},
           Case{" ", ErrorCode::kInvalidArgument, "line 1"},
           Case{"{", ErrorCode::kInvalidArgument, "line 1"},
           Case{"\xff", ErrorCode::kInvalidArgument, ""},
           Case{"[]", ErrorCode::kInvalidArgument, "the payload is an object"},
           Case{"null", ErrorCode::kInvalidArgument, "the payload is an object"},
           Case{"\"add\"", ErrorCode::kInvalidArgument, "the payload is an object"},
           Case{R"({"export":"sub","args":[]})", ErrorCode::kNotFound,
                "no exported function \"sub\"; the module exports add(i32, i32) -> i32, nothing"},
           Case{R"({"export":"number"})", ErrorCode::kNotFound, "no exported function \"number\""},
           Case{R"({"export":"","args":[]})", ErrorCode::kNotFound, "no exported function \"\""},
           Case{R"({"export":5})", ErrorCode::kInvalidArgument, "\"export\" does not fit"},
           Case{R"({"export":"add","args":{}})", ErrorCode::kInvalidArgument,
                "\"args\" does not fit"},
           Case{R"({"export":"add","args":null})", ErrorCode::kInvalidArgument,
                "\"args\" does not fit"},
           Case{R"({"export":"add","arguments":[1,2]})", ErrorCode::kInvalidArgument,
                "\"arguments\" does not fit"},
           Case{R"({"export":"add","export":"add"})", ErrorCode::kInvalidArgument, "line 1"},
           Case{R"({"export":"add"})", ErrorCode::kInvalidArgument,
                "expected 2 arguments for (i32, i32) -> i32, got 0"},
           Case{R"({"export":"add","args":[1]})", ErrorCode::kInvalidArgument, "got 1"},
           Case{R"({"export":"add","args":[1,2,3]})", ErrorCode::kInvalidArgument, "got 3"},
           Case{R"({"export":"add","args":[1,"2"]})", ErrorCode::kInvalidArgument,
                "argument 2: expected an i32"},
           Case{R"({"export":"add","args":[1,2.5]})", ErrorCode::kInvalidArgument,
                "argument 2: expected an i32"},
           Case{R"({"export":"add","args":[4294967296,0]})", ErrorCode::kInvalidArgument,
                "argument 1: expected an i32"},
           Case{R"({"export":"reference","args":[null]})", ErrorCode::kInvalidArgument,
                "references cannot be passed"},
           Case{R"({"export":"gives_reference"})", ErrorCode::kUnsupported, ""},
       }) {
    CAPTURE(payload);
    const auto outcome = deployed.invoke(payload);
    CHECK(error_of(outcome).code() == code);
    CHECK(error_of(outcome).message().find(says) != std::string::npos);
    CHECK(outcome.invocation.has_value());
  }
  std::string many = R"({"export":"add","args":[0)";
  for (int i = 0; i < 3'000; ++i)
    many += ",0";
  CHECK(error_of(deployed.invoke(many + "]}")).code() == ErrorCode::kTooLarge);
  CHECK(body_of(deployed.invoke(R"({"export":"add","args":[2,3]})")) == R"({"results":[5]})");
  // Initialized before each call of another export, it is not what a call without a name means.
  deployed.use(R"((module (func (export "_initialize")) (func (export "a")) (func (export "b"))))");
  CHECK(error_of(deployed.invoke("")).message() ==
        "name an export: the module exports a() -> (), b() -> ()");
}

TEST_CASE("a trap comes with a backtrace, and the next call is not touched by it") {
  Deployed deployed(R"((module
    (func $inner (param i32) (result i32) (i32.div_s (i32.const 1) (local.get 0)))
    (func (export "outer") (param i32) (result i32) (call $inner (local.get 0)))))");
  for (int again = 0; again < 2; ++again) {
    const auto outcome = deployed.invoke(R"({"args":[0]})");
    CHECK(error_of(outcome).code() == ErrorCode::kGuestTrap);
    CHECK(error_of(outcome).message() == "integer divide by zero");
    REQUIRE(error_of(outcome).backtrace().size() == 2);
    CHECK(error_of(outcome).backtrace()[0].function == "inner");
    CHECK(body_of(deployed.invoke(R"({"args":[1]})")) == R"({"results":[1]})");
  }
}

TEST_CASE("names in a backtrace are cut") {
  Deployed deployed(
      fmt::format("(module (func $\"{}é\" (export \"f\") unreachable))", std::string(499, 'n')));
  const auto outcome = deployed.invoke("");
  CHECK(error_of(outcome).backtrace().at(0).function == std::string(499, 'n') + "…");
}

TEST_CASE("every way not to stop or to want too much ends with a typed error") {
  struct Case {
    std::string_view what;
    std::string_view wat;
    ErrorCode code;
    std::string_view limit;
  };
  constexpr FunctionLimits kLimits{
      .deadline_ms = 50, .memory_bytes = 655'360, .output_bytes = 100'000};
  Deployed deployed("(module (func (export \"f\")))");
  for (const auto& [what, wat, code, limit] : {
           Case{"an endless loop", R"((module (func (export "f") (loop br 0))))",
                ErrorCode::kDeadlineExceeded, "deadline_ms"},
           Case{"an endless start function before each call",
                R"((module (table 1 funcref) (func $s (loop br 0)) (start $s)
                (func (export "f") (table.set (i32.const 0) (ref.null func)))))",
                ErrorCode::kDeadlineExceeded, "deadline_ms"},
           Case{"an endless _initialize before each call",
                R"((module (table 1 funcref) (func (export "_initialize") (loop br 0))
                (func (export "f") (table.set (i32.const 0) (ref.null func)))))",
                ErrorCode::kDeadlineExceeded, "deadline_ms"},
           Case{"a program that never ends", R"((module (func (export "_start") (loop br 0))))",
                ErrorCode::kDeadlineExceeded, "deadline_ms"},
           Case{"a memory bomb", R"((module (memory 1) (func (export "f")
                (loop (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
                  br 0))))",
                ErrorCode::kGuestLimit, "memory_bytes"},
           Case{"a patient memory bomb", R"((module (memory 1) (func (export "f")
                (loop (drop (memory.grow (i32.const 1))) br 0))))",
                ErrorCode::kDeadlineExceeded, "deadline_ms"},
           Case{"endless recursion", R"((module (func $f (export "f") call $f)))",
                ErrorCode::kGuestTrap, ""},
           Case{"10 MB of output", R"((module
                (import "wasi_snapshot_preview1" "fd_write"
                  (func $write (param i32 i32 i32 i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "_start")
                  (i32.store (i32.const 4) (i32.const 1000))
                  (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                    br 0))))",
                ErrorCode::kGuestLimit, "output_bytes"},
           Case{"10 MB of log", R"((module
                (import "wasi_snapshot_preview1" "fd_write"
                  (func $write (param i32 i32 i32 i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "f")
                  (i32.store (i32.const 4) (i32.const 1000))
                  (loop (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                    br 0))))",
                ErrorCode::kGuestLimit, "output_bytes"},
       }) {
    CAPTURE(what);
    deployed.use(wat, kLimits);
    const auto outcome = deployed.invoke("");
    const Error& error = error_of(outcome);
    CHECK(error.code() == code);
    if (limit.empty()) {
      CHECK_FALSE(error.limit().has_value());
      CHECK(error.message() == "call stack exhausted");
    } else {
      REQUIRE(error.limit().has_value());
      CHECK(error.limit()->name == limit);
    }
    CHECK(deployed.functions.in_flight() == 0);
  }
}

TEST_CASE("a call that meets its deadline says where in the guest it was") {
  struct Case {
    std::string_view wat;
    std::vector<std::string> functions;
  };
  Deployed deployed("(module (func (export \"f\")))");
  for (const auto& [wat, functions] : {
           Case{R"((module (func $inner (loop br 0)) (func $outer (export "f") call $inner)))",
                {"inner", "outer"}},
           Case{R"((module (tag) (func $main (loop br 0)) (start $main) (func (export "f"))))",
                {"main"}},
           Case{R"((module (tag) (func $init (export "_initialize") (loop br 0))
                (func (export "f"))))",
                {"init"}},
           Case{R"((module (func $work (loop br 0)) (func $start (export "_start") call $work)))",
                {"work", "start"}},
           // What the guest does between the deadline and its end does not count.
           Case{R"((module
                (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
                (func $count (param i64) (local i64)
                  (loop (local.set 1 (i64.add (local.get 1) (i64.const 1)))
                    (br_if 0 (i64.lt_u (local.get 1) (local.get 0)))))
                (func $start (export "_start") (loop
                  (call $count (i64.const 1000000000000)) (call $exit (i32.const 0)) (br 0)))))",
                {"count", "start"}},
       }) {
    CAPTURE(wat);
    deployed.use(wat, {.deadline_ms = 20});
    const auto outcome = deployed.invoke();
    const Error& error = error_of(outcome);
    CHECK(error.code() == ErrorCode::kDeadlineExceeded);
    CHECK(error.message() == "the call took longer than 20 ms");
    std::vector<std::string> names;
    for (const BacktraceFrame& frame : error.backtrace())
      names.push_back(frame.function);
    CHECK(names == functions);
    CHECK(error.backtrace().at(0).line.has_value());
  }
}

// They yield where the garbage collector does, too. An exception is such an object.
constexpr std::array<std::string_view, 2> kCollecting = {
    R"((module
      (type $a (array (mut i8)))
      (global $k (mut (ref null $a)) (ref.null $a))
      (func $run (export "run") (param $n i32) (loop $l
        (global.set $k (array.new $a (i32.const 0) (local.get $n))) (br $l)))))",
    R"((module
      (tag $t (param i32))
      (func $run (export "run") (param $n i32) (loop $l
        (block $h (try_table (catch_all $h) (throw $t (local.get $n)))) (br $l)))))"};

TEST_CASE("a call whose garbage is collected ends at its deadline") {
  for (const std::string_view wat : kCollecting) {
    Deployed deployed("(module (func (export \"f\")))");
    // The first slice, of 10 ms, may be over before the guest's function begins.
    for (const std::uint32_t deadline_ms : {20U, 30U, 40U, 50U, 60U}) {
      CAPTURE(deadline_ms);
      deployed.use(wat, {.deadline_ms = deadline_ms, .memory_bytes = 1 << 20});
      const auto outcome = deployed.invoke(R"({"args":[100]})");
      CHECK(error_of(outcome).code() == ErrorCode::kDeadlineExceeded);
      REQUIRE(error_of(outcome).backtrace().size() == 1);
      CHECK(error_of(outcome).backtrace()[0].function == "run");
      CHECK(deployed.functions.in_flight() == 0);
    }
  }
}

TEST_CASE("a call whose garbage is collected can be cancelled, and ends with its server") {
  for (const std::string_view wat : kCollecting) {
    Deployed deployed(wat);
    for (int slices = 0; slices < 20; ++slices) {
      CAPTURE(slices);
      auto call = start(deployed.world, deployed.functions, "f", R"({"args":[100]})");
      for (int slice = 0; slice < slices; ++slice)
        deployed.world.executor->run_one();
      REQUIRE_FALSE(call.is_done());
      call.handle.cancel();  // As the server does when the client goes away, and when it stops.
      REQUIRE(call.is_done());
      CHECK(error_of(**call.outcome).code() == ErrorCode::kCancelled);
      // The first slice may be over before the guest's function begins.
      CHECK((slices == 0 || error_of(**call.outcome).backtrace().size() == 1));
      deployed.world.executor->run_one();  // The slice that it had asked for.
    }
  }
}

// --- programs ---

constexpr std::string_view kProgram = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 200) "noted\n")
  (func (export "_start")
    ;; Copies its input to its output, notes that on standard error, and ends with the first byte
    ;; of the input as its code, unless that is a letter.
    (i32.store (i32.const 0) (i32.const 1000)) (i32.store (i32.const 4) (i32.const 1000))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 0) (i32.const 200)) (i32.store (i32.const 4) (i32.const 6))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (if (i32.lt_u (i32.load8_u (i32.const 1000)) (i32.const 10))
      (then (call $exit (i32.load8_u (i32.const 1000)))))))
)";

TEST_CASE("a program's input is the payload, its output the answer, its errors the log") {
  Deployed deployed(kProgram);
  CHECK(deployed.functions.function("f").value().module.dialect == abi::Dialect::kCommand);
  const auto outcome = deployed.invoke("hello {\"not\": json");
  CHECK(body_of(outcome) == "hello {\"not\": json");
  CHECK(outcome.response->content_type == "text/plain; charset=utf-8");
  CHECK(deployed.log_of(outcome) == "noted\n");
  const auto binary = deployed.invoke("x\xff");
  CHECK(binary.response->content_type == "application/octet-stream");
  const auto record = deployed.world.invocations.get(outcome.invocation.value()).value();
  CHECK(record.export_name == "_start");
}

TEST_CASE("exit code 0 is a success, every other one an error of the guest") {
  Deployed deployed(kProgram);
  const auto good = deployed.invoke(std::string_view("\0bye", 4));
  CHECK(body_of(good) == std::string_view("\0bye", 4));
  const auto bad = deployed.invoke("\3");
  CHECK(error_of(bad).code() == ErrorCode::kGuestError);
  CHECK(error_of(bad).message() == "the program ended with exit code 3");
  CHECK(error_of(bad).backtrace().empty());
  // What it had printed as its result stands behind: nobody gets it otherwise.
  CHECK(deployed.log_of(bad) == "noted\n\3");
}

TEST_CASE("a typed function that exits has no results, so it has failed") {
  Deployed deployed(R"((module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (func (export "f") (param i32) (result i32) (call $exit (local.get 0)) i32.const 5)))");
  for (const std::string_view code : {"0", "3"}) {
    const auto outcome = deployed.invoke(fmt::format(R"({{"args":[{}]}})", code));
    CHECK(error_of(outcome).code() == ErrorCode::kGuestError);
  }
}

TEST_CASE("a program sees its name and environment, and only what it was given") {
  World world;
  Functions functions(world.parts(), {});
  const auto uploaded = functions.upload(R"((module
    (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (drop (call $args (i32.const 500) (i32.const 100)))
      (drop (call $env (i32.const 500) (i32.const 104)))
      (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 24))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))))");
  REQUIRE(uploaded.has_value());
  const auto deployed = functions.deploy(
      "env",
      {.module = uploaded->module.id, .limits = {}, .environment = {{"A", "1"}, {"WHO", "größe"}}});
  REQUIRE(deployed.has_value());
  CHECK(deployed->environment.size() == 2);
  CHECK(body_of(invoke(world, functions, "env")) ==
        std::string_view("env\0A=1\0WHO=größe\0\0\0\0\0", 24));
}

TEST_CASE("what a typed function prints is its log") {
  Deployed deployed(R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 100) "out err")
    (func (export "f") (result i32)
      (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 4))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 0) (i32.const 104)) (i32.store (i32.const 4) (i32.const 3))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
      i32.const 5)))");
  const auto outcome = deployed.invoke("");
  CHECK(body_of(outcome) == R"({"results":[5]})");
  CHECK(deployed.log_of(outcome) == "out err");
}

// --- state ---

TEST_CASE("a call never sees what an earlier one left behind") {
  Deployed deployed("(module (func (export \"f\")))");
  for (const std::string_view wat : {
           R"((module (global $n (mut i32) (i32.const 0)) (func (export "count") (result i32)
                (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))))",
           R"((module (memory 1) (func (export "count") (result i32)
                (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
                (i32.load (i32.const 0)))))",
           R"((module (table 1 10 funcref) (func (export "count") (result i32)
                (drop (table.grow (ref.null func) (i32.const 1)))
                (i32.sub (table.size) (i32.const 1)))))",
           R"((module (memory 1 5) (func (export "count") (result i32)
                (drop (memory.grow (i32.const 1))) (i32.sub (memory.size) (i32.const 1)))))",
           R"((module (type $box (struct (field (mut i32))))
                (global $b (ref $box) (struct.new $box (i32.const 0)))
                (func (export "count") (result i32)
                  (struct.set $box 0 (global.get $b)
                    (i32.add (struct.get $box 0 (global.get $b)) (i32.const 1)))
                  (struct.get $box 0 (global.get $b)))))",
       }) {
    CAPTURE(wat);
    deployed.use(wat);
    CHECK(deployed.functions.function("f").value().state != State::kStateless);
    for (int again = 0; again < 3; ++again)
      CHECK(body_of(deployed.invoke("")) == R"({"results":[1]})");
  }
}

TEST_CASE("the start function and _initialize run before each fresh call") {
  Deployed deployed(R"((module
    (global $n (mut i32) (i32.const 0))
    (func $start (global.set $n (i32.const 10)))
    (start $start)
    (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 1))))
    (func (export "f") (result i32) (global.get $n))))");
  for (int again = 0; again < 2; ++again)
    CHECK(body_of(deployed.invoke(R"({"export":"f"})")) == R"({"results":[11]})");
}

TEST_CASE("an initializer that is called by its name runs once") {
  // Its second run traps.
  Deployed deployed(R"((module
    (global $n (mut i32) (i32.const 0))
    (func (export "_initialize") (if (global.get $n) (then unreachable))
      (global.set $n (i32.const 1)))
    (func (export "f") (result i32) (global.get $n))))");
  CHECK(body_of(deployed.invoke(R"({"export":"_initialize"})")) == R"({"results":[]})");
  CHECK(body_of(deployed.invoke(R"({"export":"f"})")) == R"({"results":[1]})");
}

TEST_CASE("a program that also exports an initializer is started without it") {
  Deployed deployed(R"((module
    (func (export "_initialize") unreachable) (func (export "_start"))))");
  CHECK(body_of(deployed.invoke("")).empty());
}

TEST_CASE("an initializer of another type is an export like all others") {
  Deployed deployed(R"((module
    (func (export "_initialize") (param i32) (result i32) (local.get 0))))");
  CHECK(body_of(deployed.invoke(R"({"args":[7]})")) == R"({"results":[7]})");
}

// A loaded function without a store, so that its kept instances can be seen.
struct Loaded {
  FakeClock clock;
  SystemRandom random;
  PlatformLimits limits;
  std::unique_ptr<engine::Engine> engine =
      engine::Engine::create(
          {.parallel_compilation = false, .resets_instances = true, .checks_resets = true})
          .value();
  engine::Ticker ticker{*engine, std::chrono::milliseconds(1)};
  std::shared_ptr<QueueExecutor> executor = std::make_shared<QueueExecutor>();
  std::shared_ptr<LoadedFunction> function;

  explicit Loaded(std::string_view wat, bool is_warm = false) {
    const std::string module = engine::to_binary(wat, "test.wat").value();
    LoadedFunction::Description description;
    description.name = "f";
    description.info = engine::inspect(module).value();
    description.initialization = initialization_of(description.info, std::nullopt).value();
    description.is_warm = is_warm;
    function = std::make_shared<LoadedFunction>(
        std::move(description),
        engine::HostTable(*engine).link(engine->compile(module).value()).value(),
        std::make_shared<FunctionHistory>());
  }

  Result<Response> call(std::string payload) {
    std::optional<CallResult> result;
    system::WaitingRoom waiting_room(clock);
    const system::SocketPlaces sockets;
    system::OutboundHttp http({}, clock);
    const CallContext context{.ticker = ticker,
                              .clock = clock,
                              .random = random,
                              .limits = limits,
                              .waiting_room = waiting_room,
                              .sockets = sockets,
                              .http = http};
    std::make_shared<RunningCall>(function, context, executor, context.clock.monotonic(),
                                  [&result](CallResult done) { result.emplace(std::move(done)); })
        ->start({.call = {.function = "f", .payload = std::move(payload)}}, clock.monotonic());
    while (!result)
      executor->run_one();
    return std::move(result->response);
  }
  bool keeps_one() {
    auto kept = function->take_kept();
    if (!kept) return false;
    function->give_back(std::move(kept));
    return true;
  }
};

TEST_CASE("an instance without state is kept after a success and used again") {
  Loaded loaded(R"((module (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))))");
  CHECK(loaded.function->state() == State::kStateless);
  CHECK_FALSE(loaded.keeps_one());
  CHECK(loaded.call(R"({"args":[6,2]})").value().body == R"({"results":[3]})");
  CHECK(loaded.keeps_one());
  CHECK(loaded.call(R"({"args":[8,2]})").value().body == R"({"results":[4]})");
  const auto only = loaded.function->take_kept();
  CHECK(only != nullptr);
  CHECK(loaded.function->take_kept() == nullptr);
}

TEST_CASE("an instance that trapped is never used again") {
  Loaded loaded(R"((module (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))))");
  CHECK(loaded.call(R"({"args":[6,2]})").has_value());
  CHECK(loaded.call(R"({"args":[6,0]})").error().code() == ErrorCode::kGuestTrap);
  CHECK_FALSE(loaded.keeps_one());
}

TEST_CASE("a call that is refused before it runs leaves the kept instance alone") {
  Loaded loaded(R"((module (func (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))))");
  CHECK(loaded.call(R"({"args":[6,2]})").has_value());
  CHECK(loaded.call(R"({"args":[6]})").error().code() == ErrorCode::kInvalidArgument);
  CHECK(loaded.keeps_one());
}

TEST_CASE("an instance with state is put back and kept, and none that cannot be put back") {
  Loaded loaded(R"((module (memory 1) (func (export "f") (result i32)
    (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
    (i32.load (i32.const 0)))))");
  CHECK(loaded.function->state() == State::kPristine);
  for (int again = 0; again < 3; ++again) {
    CHECK(loaded.call("").value().body == R"({"results":[1]})");
    CHECK(loaded.keeps_one());
  }
  Loaded fresh(R"((module (table 1 funcref)
    (func (export "f") (table.set (i32.const 0) (ref.null func)))))");
  CHECK(fresh.function->state() == State::kFresh);
  CHECK(fresh.call("").has_value());
  CHECK_FALSE(fresh.keeps_one());
}

TEST_CASE("an instance that trapped with state is never used again") {
  Loaded loaded(R"((module (memory 1) (func (export "f")
    (i32.store (i32.const 0) (i32.const 1)) unreachable)))");
  CHECK(loaded.call("").error().code() == ErrorCode::kGuestTrap);
  CHECK_FALSE(loaded.keeps_one());
}

constexpr std::string_view kCounting = R"((module (memory 1 3) (global $n (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 10))))
  (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (global.get $n))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "trap") unreachable)
  %))";

TEST_CASE("calls of a warm function see what earlier ones left, until one fails") {
  // With a table that changes, too.
  for (const std::string_view more : {"",
                                      "(table 1 funcref) (func (export \"set\") (table.set "
                                      "(i32.const 0) (ref.null func)))"}) {
    CAPTURE(more);
    std::string wat(kCounting);
    wat.replace(wat.find('%'), 1, more);
    Loaded loaded(wat, true);
    CHECK(loaded.function->state() == State::kWarm);
    CHECK(loaded.call(R"({"export":"count"})").value().body == R"({"results":[11]})");
    CHECK(loaded.call(R"({"export":"count"})").value().body == R"({"results":[12]})");
    CHECK(loaded.call(R"({"export":"grow"})").value().body == R"({"results":[1]})");
    CHECK(loaded.call(R"({"export":"grow"})").value().body == R"({"results":[2]})");
    CHECK(loaded.call(R"({"export":"grow"})").value().body == R"({"results":[-1]})");
    // A call that is refused harms nothing.
    CHECK(loaded.call(R"({"export":"_initialize"})").error().code() ==
          ErrorCode::kFailedPrecondition);
    CHECK(loaded.call(R"({"export":"absent"})").error().code() == ErrorCode::kNotFound);
    CHECK(loaded.call(R"({"export":"count"})").value().body == R"({"results":[13]})");
    CHECK(loaded.call(R"({"export":"trap"})").error().code() == ErrorCode::kGuestTrap);
    CHECK_FALSE(loaded.keeps_one());
    CHECK(loaded.call(R"({"export":"count"})").value().body == R"({"results":[11]})");
    CHECK(loaded.function->release_idle().left > 0);
    CHECK(loaded.function->release_idle().left == 0);
    CHECK(loaded.call(R"({"export":"count"})").value().body == R"({"results":[11]})");
  }
}

TEST_CASE("kept instances that no call needed for a while end") {
  Loaded loaded(R"((module (memory 1) (func (export "f"))))");
  const auto keep = [&loaded] {
    auto instance = engine::Instance::create(loaded.function->program(), {}, nullptr).value();
    REQUIRE(engine::instantiate(*instance).has_value());
    loaded.function->give_back(std::move(instance));
  };
  const auto count = [&loaded] {
    std::vector<std::unique_ptr<engine::Instance>> all;
    while (auto one = loaded.function->take_kept())
      all.push_back(std::move(one));
    const std::size_t number = all.size();
    for (auto& one : all) {
      REQUIRE(engine::instantiate(*one).has_value());
      loaded.function->give_back(std::move(one));
    }
    return number;
  };
  CHECK(loaded.function->release_idle().left == 0);
  for (int i = 0; i < 3; ++i)
    keep();
  CHECK(loaded.function->release_idle().left > 0);
  // Two are in use at once, the third is not.
  auto one = loaded.function->take_kept();
  auto two = loaded.function->take_kept();
  for (auto* taken : {&one, &two}) {
    REQUIRE(engine::instantiate(**taken).has_value());
    loaded.function->give_back(std::move(*taken));
  }
  CHECK(loaded.function->release_idle().left > 0);
  CHECK(count() == 2);
  CHECK(loaded.function->release_idle().left > 0);
  CHECK(loaded.function->release_idle().left == 0);
  CHECK(count() == 0);
}

TEST_CASE("only a few instances are kept") {
  Loaded loaded(R"((module (func (export "f"))))");
  for (int i = 0; i < 100; ++i) {
    loaded.function->give_back(
        engine::Instance::create(loaded.function->program(), {}, nullptr).value());
  }
  int kept = 0;
  while (loaded.function->take_kept() != nullptr)
    ++kept;
  CHECK(kept == 16);
}

}  // namespace
}  // namespace weft::function
