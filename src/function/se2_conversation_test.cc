// Calls of plugins of SE2, through Functions.
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "function/testing.h"

namespace weft::function {
namespace {

// A plugin whose run_e does `run` with $at, $size and $ident; its allocate gives the bytes behind
// 1024, and `more` is added.
std::string plugin(std::string_view run, std::string_view more = "") {
  return fmt::format(R"((module
    (import "env" "return_result" (func $result (param i32 i32 i32)))
    (import "env" "return_error" (func $error (param i32 i32 i32 i32)))
    (import "env" "log_msg" (func $log (param i32 i32 i32 i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "first")
    (data (i32.const 16) "second")
    (data (i32.const 24) "a\nb")
    (global $given (mut i32) (i32.const 0))
    (global $back (mut i32) (i32.const 0))
    (func (export "allocate") (param i32) (result i32)
      (global.set $given (i32.add (global.get $given) (i32.const 1))) (i32.const 1024))
    (func (export "deallocate") (param i32 i32)
      (global.set $back (i32.add (global.get $back) (i32.const 1))))
    (func (export "run_e") (param $at i32) (param $size i32) (param $ident i32) {})
    {}))",
                     run, more);
}

constexpr std::string_view kEcho =
    "(call $result (local.get $at) (local.get $size) (local.get $ident))";

struct Fixture {
  World world;
  std::unique_ptr<Functions> functions =
      std::make_unique<Functions>(world.parts(), PlatformLimits());

  Outcome called(std::string_view wat, std::string_view payload = "",
                 const FunctionLimits& limits = {}) {
    deploy(*functions, "p", wat, limits);
    return invoke(world, *functions, "p", payload);
  }
  Error refused(std::string_view wat) {
    const auto uploaded = functions->upload(wat).value();
    return functions->deploy("p", {.module = uploaded.module.id}).error();
  }
  std::string log_of(const Outcome& outcome) {
    functions->flush_records();
    return world.invocations.log(*outcome.invocation).value();
  }
};

TEST_CASE_FIXTURE(Fixture, "a plugin answers with what it returns, and gets exactly the payload") {
  const Outcome outcome = called(plugin(kEcho), "héllo");
  REQUIRE(outcome.response.has_value());
  CHECK(outcome.response->body == "héllo");
  CHECK(outcome.response->content_type == "text/plain; charset=utf-8");
  CHECK(functions->function("p").value().module.dialect == abi::Dialect::kSe2);
  const std::string bytes("\xff\0x\0", 4);
  const Outcome other = invoke(world, *functions, "p", bytes);
  CHECK(other.response->body == bytes);
  CHECK(other.response->content_type == "application/octet-stream");
  CHECK(invoke(world, *functions, "p").response->body.empty());
}

TEST_CASE_FIXTURE(Fixture, "a plugin that returns nothing answers with nothing") {
  CHECK(called(plugin("")).response.value().body.empty());
}

TEST_CASE_FIXTURE(Fixture, "what a plugin returns as an error is the call's") {
  const Error error =
      called(plugin("(call $error (i32.const 418) (i32.const 8) (i32.const 5) (local.get $ident))"))
          .response.error();
  CHECK(error.code() == ErrorCode::kGuestError);
  CHECK(error.message() == "first (code 418)");
  // The next call is clean.
  CHECK(invoke(world, *functions, "p").response.error().message() == "first (code 418)");
}

TEST_CASE_FIXTURE(Fixture,
                  "an error of the plugin says more than how it ended, a result does not") {
  constexpr std::string_view kThenTraps =
      "(call $error (i32.const 1) (i32.const 8) (i32.const 5) (local.get $ident)) unreachable";
  CHECK(called(plugin(kThenTraps)).response.error().message() == "first (code 1)");
  const Error trap = called(plugin(std::string(kEcho) + "unreachable")).response.error();
  CHECK(trap.code() == ErrorCode::kGuestTrap);
  const Error exit =
      called(plugin(std::string(kEcho) + "(call $exit (i32.const 0))")).response.error();
  CHECK(exit.code() == ErrorCode::kGuestError);
}

TEST_CASE_FIXTURE(Fixture, "a plugin's messages are its call's log") {
  const Outcome outcome =
      called(plugin("(call $log (i32.const 16) (i32.const 6) (i32.const 2) (local.get $ident))"
                    "(call $error (i32.const 1) (i32.const 24) (i32.const 3) (local.get $ident))"));
  CHECK(outcome.response.error().message() == "a b (code 1)");
  CHECK(log_of(outcome) == "warning: second\na\nb\n");
}

TEST_CASE_FIXTURE(Fixture, "a result beyond the limit is an error that names it") {
  const FunctionLimits limits{.output_bytes = 4};
  CHECK(called(plugin(kEcho), "1234", limits).response.value().body == "1234");
  const Error error = invoke(world, *functions, "p", "12345").response.error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit().value() == LimitReached{.name = "output_bytes", .value = 4});
}

TEST_CASE_FIXTURE(Fixture, "a payload that has no room is an error that names the memory") {
  // All that is behind 1024 in one page.
  CHECK(called(plugin(kEcho), std::string(64'512, 'x')).response.has_value());
  CHECK(invoke(world, *functions, "p", std::string(64'513, 'x')).response.error().code() ==
        ErrorCode::kGuestError);
  const Error error = called(R"((module (memory (export "memory") 1)
      (func (export "allocate") (param i32) (result i32) (i32.const 0))
      (func (export "deallocate") (param i32 i32)) (func (export "run_e") (param i32 i32 i32))))",
                             "x")
                          .response.error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.limit()->name == "memory_bytes");
  CHECK(error.limit()->value == FunctionLimits().memory_bytes);
}

// What run_e answers with: how often room was given and given back, in one byte each.
constexpr std::string_view kCounts =
    "(i32.store8 (i32.const 0) (global.get $given)) (i32.store8 (i32.const 1) (global.get $back))"
    "(call $result (i32.const 0) (i32.const 2) (local.get $ident))";

TEST_CASE_FIXTURE(Fixture, "each call begins anew; a warm plugin gets its room back") {
  deploy(*functions, "p", plugin(kCounts));
  for (int i = 0; i < 3; ++i)
    CHECK(invoke(world, *functions, "p").response->body == std::string("\1\0", 2));
  const auto module = functions->function("p").value().module.id;
  REQUIRE(functions->deploy("w", {.module = module, .is_warm = true}).has_value());
  CHECK(invoke(world, *functions, "w").response->body == std::string("\1\0", 2));
  CHECK(invoke(world, *functions, "w").response->body == std::string("\2\1", 2));
}

TEST_CASE_FIXTURE(Fixture,
                  "_start, then init, run once, at deployment; what they return counts not") {
  constexpr std::string_view kPrepare = R"(
    (func (export "_start") (i32.store8 (i32.const 8) (i32.const 70))
      (call $result (i32.const 16) (i32.const 6) (i32.const 0))
      (call $error (i32.const 1) (i32.const 16) (i32.const 6) (i32.const 0)))
    (func (export "init")
      (i32.store8 (i32.const 9) (i32.add (i32.load8_u (i32.const 8)) (i32.const 1)))
      (i32.store8 (i32.const 8) (i32.load8_u (i32.const 10)))))";
  const std::string wat =
      plugin("(call $result (i32.const 8) (i32.const 5) (local.get $ident))", kPrepare);
  for (int i = 0; i < 2; ++i)
    CHECK(called(wat).response.value().body == "rGrst");
}

TEST_CASE_FIXTURE(Fixture, "a plugin that cannot be put back is prepared before each call") {
  constexpr std::string_view kPrepare = R"(
    (table $t 1 funcref)
    (func (export "_start") (i32.store8 (i32.const 8) (i32.const 70))
      (table.set $t (i32.const 0) (ref.null func))))";
  const std::string wat =
      plugin("(call $result (i32.const 8) (i32.const 5) (local.get $ident))", kPrepare);
  CHECK(called(wat).response.value().body == "First");
  CHECK(invoke(world, *functions, "p").response.value().body == "First");
}

TEST_CASE_FIXTURE(Fixture, "a plugin whose _start exits is not deployed") {
  for (const int code : {0, 3}) {
    const Error error = refused(
        plugin(kEcho, fmt::format("(func (export \"_start\") (call $exit (i32.const {})))", code)));
    CAPTURE(error.message());
    CHECK(error.code() == ErrorCode::kGuestError);
    CHECK(error.message().starts_with("initialisation failed in _start: "));
    CHECK(error.message().find("has to return") != std::string::npos);
  }
}

TEST_CASE_FIXTURE(Fixture, "what SE2 has and weft has not is refused by its name") {
  const Error error = refused(R"((module (import "env" "fetch_url"
      (func (param i32 i32 i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "allocate") (param i32) (result i32) (i32.const 8))
      (func (export "deallocate") (param i32 i32)) (func (export "run_e") (param i32 i32 i32))))");
  CHECK(error.code() == ErrorCode::kUnsupported);
  CHECK(error.message().find("env.fetch_url") != std::string::npos);
  CHECK(error.message().find("comes in a later version") != std::string::npos);
}

}  // namespace
}  // namespace weft::function
