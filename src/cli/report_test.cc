#include "cli/report.h"

#include <doctest/doctest.h>

#include "cli/testing.h"
#include "json/parse.h"

namespace weft::cli {
namespace {

Error trap() {
  return Error(ErrorCode::kGuestTrap, "integer divide by zero")
      .with_backtrace(
          {{.function = "div", .module_offset = 0x41, .file = "arith.wat", .line = 4, .column = 5},
           {.function = "main\x1b",
            .module_offset = 0x80,
            .file = std::nullopt,
            .line = std::nullopt,
            .column = std::nullopt}});
}

TEST_CASE("a trap is told in words with a line for each frame") {
  TestConsole test;
  CHECK(report(trap(), test.console(), false) == 134);
  CHECK(test.errors() ==
        "weft: the guest trapped: integer divide by zero\n"
        "  at div (arith.wat:4:5)\n"
        "  at main\\x1b+0x80\n");
  CHECK(test.output().empty());
}

TEST_CASE("a function that calls itself is named once") {
  const BacktraceFrame frame{.function = "deep",
                             .module_offset = 9,
                             .file = "./deep.wat",
                             .line = 1,
                             .column = std::nullopt};
  TestConsole test;
  report(Error(ErrorCode::kGuestTrap, "call stack exhausted")
             .with_backtrace({frame, frame, frame, trap().backtrace()[0]}),
         test.console(), false);
  CHECK(test.errors() ==
        "weft: the guest trapped: call stack exhausted\n"
        "  at deep (deep.wat:1)\n"
        "     and 2 more of it\n"
        "  at div (arith.wat:4:5)\n");
}

TEST_CASE("the detail of an error as JSON is one line, and an excerpt stands beside it") {
  const Error error = Error(ErrorCode::kInvalidArgument, "line 1: wrong\n  1 | x\n      ^")
                          .with_position({.line = 1, .column = 1, .offset = std::nullopt});
  const json::Value document = json::parse(error_json(error)).value();
  CHECK(document.find("detail")->as_string() == "line 1: wrong");
  CHECK(document.find("excerpt")->as_string() == "  1 | x\n      ^");
  CHECK(document.find("position")->find("line") != nullptr);
}

TEST_CASE("an error as JSON reads back as the same error") {
  const Error error = Error(trap())
                          .with_limit("memory_bytes", 4096)
                          .with_position({.line = 1, .column = 2, .offset = std::nullopt});
  const Error back = error_of_problem(json::parse(error_json(error)), 502, "http://x");
  CHECK(back.code() == ErrorCode::kGuestTrap);
  CHECK(back.message() == error.message());
  CHECK(back.backtrace() == error.backtrace());
  CHECK(back.limit() == error.limit());
  CHECK(back.position() == error.position());
}

TEST_CASE("every error code ends with the exit code of the table") {
  for (const ErrorCodeInfo& each : error_codes()) {
    CAPTURE(each.name);
    TestConsole test;
    CHECK(report(Error(each.code, "why"), test.console(), true) == each.exit_code);
    const json::Value document = json::parse(test.errors()).value();
    CHECK(document.find("code")->as_string() == each.name);
    CHECK(error_of_problem(document, each.http_status, "x").code() == each.code);
  }
}

TEST_CASE("what is no problem document is an error by its status") {
  const auto code = [](std::string_view body, int status) {
    return error_of_problem(json::parse(body), status, "http://x").code();
  };
  CHECK(code("<html>", 404) == ErrorCode::kNotFound);
  CHECK(code("[]", 502) == ErrorCode::kGuestError);
  CHECK(code("{}", 520) == ErrorCode::kUnavailable);
  CHECK(code(R"({"code":"no_such_code","detail":"d"})", 413) == ErrorCode::kTooLarge);
  CHECK(code(R"({"code":7,"backtrace":{},"position":[],"limit":1,"detail":"d"})", 301) ==
        ErrorCode::kInvalidArgument);
}

TEST_CASE("the excerpt shows the line and points to the column") {
  const auto at = [](std::uint64_t line, std::uint64_t column) {
    return Error(ErrorCode::kInvalidArgument, "x")
        .with_position({.line = line, .column = column, .offset = std::nullopt});
  };
  const std::string text = "(module\n\t(func bad))\r\n";
  CHECK(excerpt(text, at(2, 8)) == "  2 |  (func bad))\n             ^\n");
  CHECK(excerpt(text, at(1, 1)) == "  1 | (module\n      ^\n");
  CHECK(excerpt(text, at(9, 1)).empty());
  CHECK(excerpt(std::string(1000, 'x'), at(1, 1)).empty());
  CHECK(excerpt(text, Error(ErrorCode::kInvalidArgument, "x")).empty());
}

}  // namespace
}  // namespace weft::cli
