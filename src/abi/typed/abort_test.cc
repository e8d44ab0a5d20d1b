#include "abi/typed/abort.h"

#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::abi::typed {
namespace {

// What becomes of a guest that aborts with these arguments; `memory` declares its memory.
Error error_of_abort(std::string_view memory, std::string_view arguments) {
  const auto engine = engine::Engine::create({.interruption = engine::Interruption::kNone,
                                              .parallel_compilation = false})
                          .value();
  engine::HostTable table(*engine);
  define_abort(table);
  const std::string wat = fmt::format(
      R"((module (import "env" "abort" (func $abort (param i32 i32 i32 i32))) {}
        (func $f (export "f") {} call $abort)))",
      memory, arguments);
  const auto program =
      table.link(engine->compile(engine::to_binary(wat, "test.wat").value()).value()).value();
  const auto instance = engine::Instance::create(program, {}, nullptr).value();
  REQUIRE(engine::instantiate(*instance).has_value());
  return engine::call(*instance, "f", {}).error();
}

std::string constants(std::int64_t message, std::int64_t file, int line, int column) {
  return fmt::format("i32.const {} i32.const {} i32.const {} i32.const {}", message, file, line,
                     column);
}

// "é😀" and an unpaired half at 20; "a.ts" at 40; at 60 one that is said to be longer than memory.
constexpr std::string_view kMemory = R"((memory (export "memory") 1)
  (data (i32.const 16) "\08\00\00\00\e9\00\3d\d8\00\de\3d\d8")
  (data (i32.const 36) "\08\00\00\00a\00.\00t\00s\00")
  (data (i32.const 56) "\ff\ff\ff\ff"))";

TEST_CASE("a guest that aborts ends with its message and its place") {
  const Error error = error_of_abort(kMemory, constants(20, 40, 3, 7));
  CHECK(error.code() == ErrorCode::kGuestError);
  CHECK(error.message() == "the guest aborted: é😀\ufffd (a.ts:3:7)");
  REQUIRE(error.backtrace().size() == 1);
  CHECK(error.backtrace()[0].function == "f");
}

TEST_CASE("an abort whose arguments point nowhere is an abort all the same") {
  for (const std::int64_t address : {0, 1, 3, 60, 65'535, 65'536, -1, -4}) {
    CAPTURE(address);
    CHECK(error_of_abort(kMemory, constants(address, address, 1, 1)).message() ==
          "the guest aborted");
    CHECK(error_of_abort("", constants(address, address, 1, 1)).message() == "the guest aborted");
  }
  CHECK(error_of_abort(kMemory, constants(0, 40, -1, 0)).message() ==
        "the guest aborted (a.ts:4294967295:0)");
}

TEST_CASE("a long message is cut, and what would move a terminal's cursor is written out") {
  const Error error = error_of_abort(R"((memory (export "memory") 1)
    (data (i32.const 0) "\00\80\00\00\1b\00"))",
                                     constants(4, 0, 0, 0));
  CHECK(error.message().starts_with("the guest aborted: \\x1b\\x00"));
  CHECK(error.message().ends_with("\\x00…"));
  CHECK(error.message().size() < 5'000);
}

TEST_CASE("only AssemblyScript's abort is it") {
  using enum engine::ValueType;
  const engine::FunctionType four{.params = {kI32, kI32, kI32, kI32}, .results = {}};
  CHECK(is_abort("env", "abort", four));
  CHECK_FALSE(is_abort("env", "abort", {}));
  CHECK_FALSE(is_abort("a", "abort", four));
  CHECK_FALSE(is_abort("env", "seed", four));
}

}  // namespace
}  // namespace weft::abi::typed
