#include "function/initialization.h"

#include <doctest/doctest.h>

namespace weft::function {
namespace {

engine::ModuleInfo inspected(std::string_view wat) {
  return engine::inspect(engine::to_binary(wat, "test.wat").value()).value();
}

TEST_CASE("what prepares a module: its start, _initialize, what is named or Wizer's export") {
  struct Case {
    std::string_view wat;
    std::optional<std::string> init;
    Initialization expected;
  };
  for (const auto& [wat, init, expected] : {
           Case{"(module)", std::nullopt, {}},
           Case{"(module (func $s) (start $s))", std::nullopt, {.has_start = true, .exports = {}}},
           Case{R"((module (func (export "_initialize")) (func (export "f"))))",
                std::nullopt,
                {.exports = {"_initialize"}}},
           Case{R"((module (func (export "wizer.initialize")) (func (export "_initialize"))))",
                std::nullopt,
                {.exports = {"_initialize", "wizer.initialize"}}},
           Case{R"((module (func (export "wizer.initialize")) (func (export "b"))))",
                "b",
                {.exports = {"b"}}},
           Case{R"((module (func $s) (start $s) (func (export "_initialize"))
                (func (export "b"))))",
                "b",
                {.has_start = true, .exports = {"_initialize", "b"}}},
           Case{R"((module (func (export "_initialize"))))",
                "_initialize",
                {.exports = {"_initialize"}}},
           // A program initialises itself; what it is to run before that can be named.
           Case{R"((module (func (export "_initialize")) (func (export "_start"))))",
                std::nullopt,
                {}},
           Case{R"((module (func (export "_initialize")) (func (export "_start"))))",
                "_initialize",
                {.exports = {"_initialize"}}},
           Case{R"((module (func (export "wizer.initialize")) (func (export "_start"))))",
                std::nullopt,
                {.exports = {"wizer.initialize"}}},
           Case{R"((module (func (export "_initialize") (param i32))))", std::nullopt, {}},
       }) {
    CAPTURE(wat);
    CHECK(initialization_of(inspected(wat), init).value() == expected);
  }
}

TEST_CASE("what cannot prepare a module says why, and what is meant") {
  struct Case {
    std::string_view wat;
    std::optional<std::string> init;
    std::string_view message;
  };
  for (const auto& [wat, init, message] : {
           Case{R"((module (func (export "build"))))", "biuld",
                "the module exports no biuld that could initialise it; did you mean build?"},
           Case{R"((module (func (export "one")) (func (export "two")) (func (export "add")
                (param i32))))",
                "absent",
                "the module exports no absent that could initialise it; it could be one, "
                "two"},
           Case{R"((module (memory (export "m") 1)))", "f",
                "the module exports no f that could initialise it; the module exports no function "
                "without parameters and results"},
           Case{R"((module (func (export "add") (param i32) (result i32) (local.get 0))))", "add",
                "add cannot initialise the module: it has to be a function without parameters and "
                "results, and is one of type (i32) -> i32"},
           Case{R"((module (memory (export "m") 1)))", "m",
                "m cannot initialise the module: it has to be a function without parameters and "
                "results, and is memory"},
           Case{R"((module (func (export "_start"))))", "_start",
                "_start cannot initialise the module: it runs the program, as each call does"},
           Case{R"((module (func (export "wizer.initialize") (param i32))))", std::nullopt,
                "wizer.initialize cannot initialise the module: it has to be a function without "
                "parameters and results, and is one of type (i32) -> ()"},
       }) {
    CAPTURE(wat);
    const auto refused = initialization_of(inspected(wat), init);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::kInvalidArgument);
    const std::string& told = refused.error().message();
    CHECK_MESSAGE(told.starts_with(message), told);
  }
}

TEST_CASE("before one of its exports only those run that come earlier") {
  const Initialization all{.exports = {"_initialize", "build"}};
  CHECK(all.count_before("f") == 2);
  CHECK(all.count_before("build") == 1);
  CHECK(all.count_before("_initialize") == 0);
  CHECK(all.has("build"));
  CHECK_FALSE(all.has("f"));
}

}  // namespace
}  // namespace weft::function
