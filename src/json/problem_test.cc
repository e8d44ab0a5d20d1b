#include "json/problem.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json/parse.h"

namespace weft::json {
namespace {

std::string written(const Error& error, std::optional<std::string_view> invocation = {}) {
  std::string text;
  Writer writer(text);
  write_problem(writer, error, invocation);
  CHECK(writer.complete());
  return text;
}

TEST_CASE("a problem document has the members of its error and no others") {
  CHECK(written(Error(ErrorCode::kNotFound, "there is no function \"x\"")) ==
        R"({"type":"about:blank","code":"not_found","title":"Not found","status":404,)"
        R"("detail":"there is no function \"x\"","retryable":false})");
  const auto offset =
      parse(
          written(Error(ErrorCode::kInvalidArgument, "bad")
                      .with_position({.line = std::nullopt, .column = std::nullopt, .offset = 12})))
          .value();
  CHECK(to_string(*offset.find("position")) == R"({"offset":12})");
}

// The examples of docs/reference/errors.md, as what is written.
std::vector<std::string> examples() {
  const BacktraceFrame frame{
      .function = "div", .module_offset = 65, .file = "src/x.c", .line = 3, .column = 1};
  return {written(Error(ErrorCode::kGuestTrap, "integer divide by zero").with_backtrace({frame}),
                  "01JD7M3Y8Q6R4T2V0W9X5Z1ABC"),
          written(Error(ErrorCode::kInvalidArgument, "line 1, column 8: expected `)`")
                      .with_position({.line = 1, .column = 8, .offset = std::nullopt})),
          written(Error(ErrorCode::kResourceExhausted, "100 calls of add are under way already")
                      .with_limit("in_flight", 100))};
}

TEST_CASE("docs/reference/errors.md has every code, and examples that are true") {
  const auto file =
      std::filesystem::path(__FILE__).parent_path() / "../../docs/reference/errors.md";
  std::ifstream stream(file);
  const std::string text{std::istreambuf_iterator<char>(stream), {}};
  REQUIRE_FALSE(text.empty());
  std::size_t at = 0;
  for (const ErrorCodeInfo& about : error_codes()) {
    const std::string row = fmt::format("\n| `{}` | {} | {} | {} | ", about.name, about.http_status,
                                        about.exit_code, about.retryable ? "yes" : "no");
    CAPTURE(row);
    const std::size_t found = text.find(row, at);
    REQUIRE(found != std::string::npos);
    at = found + 1;
  }
  for (const std::string& example : examples()) {
    CAPTURE(example);
    CHECK(text.find("\n" + example + "\n") != std::string::npos);
  }
}

}  // namespace
}  // namespace weft::json
