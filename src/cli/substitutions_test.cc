#include "cli/substitutions.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace weft::cli {
namespace {

Result<FilledText> fill(const std::vector<std::string_view>& options, std::string text) {
  return TRY(Substitutions::create(options)).fill(std::move(text));
}

std::string refusal(const std::vector<std::string_view>& options,
                    std::string text = "${A} ${Bee}") {
  const auto filled = fill(options, std::move(text));
  return filled ? "" : filled.error().message();
}

TEST_CASE("values stand where their placeholders stood, and are not looked at again") {
  const auto filled = fill({"A=${B}", "B=", "C.Arn=x=y"}, "${A}${B}, ${C.Arn} and ${A}, ${Other}");
  REQUIRE(filled.has_value());
  CHECK(filled->text() == "${B}, x=y and ${B}, ${Other}");
  CHECK(filled->original() == "${A}${B}, ${C.Arn} and ${A}, ${Other}");
}

TEST_CASE("what is no name in braces is no placeholder") {
  std::string names;
  for (const Placeholder& one : placeholders_in("${} ${a b} ${$x} ${A} $${B} ${C ${D_1:2.e-f} ${"))
    names += std::string(one.name) + " ";
  CHECK(names == "A B D_1:2.e-f ");
}

TEST_CASE("a place in the filled text is told as one of the file") {
  const auto filled = fill({"A=long value\nof two lines", "B="}, "1${A}2\n${B}3").value();
  const auto place_of = [&](std::string_view text) {
    return filled.in_original({.line = 1, .column = 1, .offset = filled.text().find(text)});
  };
  CHECK(place_of("1") == Position{.line = 1, .column = 1, .offset = 0});
  CHECK(place_of("long") == Position{.line = 1, .column = 2, .offset = 1});
  CHECK(place_of("two") == Position{.line = 1, .column = 2, .offset = 1});
  CHECK(place_of("2") == Position{.line = 1, .column = 6, .offset = 5});
  CHECK(place_of("3") == Position{.line = 2, .column = 5, .offset = 11});
  const Position elsewhere{.line = 7, .column = 8, .offset = std::nullopt};
  CHECK(filled.in_original(elsewhere) == elsewhere);
}

TEST_CASE("a substitution that replaces nothing is refused") {
  CHECK(refusal({"A"}) == "--substitute A: expected NAME=VALUE for a placeholder ${NAME}");
  CHECK(refusal({"=1"}).contains("expected NAME=VALUE"));
  CHECK(refusal({"${A}=1"}).contains("expected NAME=VALUE"));
  CHECK(refusal({"A=1", "A=2"}) == "--substitute A=2: A is given twice");
  CHECK(refusal({"Be=1"}) ==
        "--substitute Be: the definition has no placeholder ${Be}; did you mean Bee?");
  CHECK(refusal({"Queue=1"}) ==
        "--substitute Queue: the definition has no placeholder ${Queue}: it has A, Bee");
  CHECK(refusal({"Queue=1"}, "{}") ==
        "--substitute Queue: the definition has no placeholder ${Queue}: it has none");
}

TEST_CASE("of many placeholders some are told") {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += fmt::format("${{a{}}}", i);
  CHECK(refusal({"Queue=1"}, text).ends_with(" and 990 others"));
}

TEST_CASE("a text does not grow without end") {
  CHECK_FALSE(fill({"A=1"}, "${A}" + std::string(20UZ << 20U, 'x')).has_value());
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "${A}";
  const std::string value = "A=" + std::string(1'000'000, 'x');
  const auto filled = fill({value}, std::move(text));
  REQUIRE_FALSE(filled.has_value());
  CHECK(filled.error().code() == ErrorCode::kTooLarge);
}

}  // namespace
}  // namespace weft::cli
