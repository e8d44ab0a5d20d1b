#include "json/jsonata/regex.h"

#include <initializer_list>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace weft::json::jsonata {
namespace {

// What the pattern first finds in the text, "none", or "wrong".
std::string found(std::string_view pattern, std::string_view text, RegexOptions options = {}) {
  const auto regex = Regex::compile(pattern, options);
  if (!regex.has_value()) return "wrong";
  const auto match = regex->match(text, 0, {});
  if (!match.has_value()) return "too many steps";
  if (!match->has_value()) return "none";
  const RegexSpan span = (**match).whole;
  return std::string(text.substr(span.begin, span.end - span.begin));
}

TEST_CASE("patterns mean what they mean in JavaScript") {
  CHECK(found(R"(\s+)", "a\u00a0\u2003\ufeffb") == "\u00a0\u2003\ufeff");
  CHECK(found(R"([\s]+)", "a\u3000b") == "\u3000");
  CHECK(found(R"(\S+)", "\u00a0ab") == "ab");
  CHECK(found(".+", "ab\u2028c") == "ab");
  CHECK(found(".+", "ab\x0b\x0c") == "ab\x0b\x0c");
  CHECK(found("a$", "a\n") == "none");
  CHECK(found("^b$", "a\nb\rc", {.multiline = true}) == "b");
  CHECK(found("^b", "a\nb") == "none");
  CHECK(found("[^]", "\n") == "\n");
  CHECK(found("a[]", "a") == "none");
  CHECK(found(R"(\d)", "\u0663") == "none");
  CHECK(found(R"(\w+)", "\u00e4b") == "b");
  CHECK(found("\u00c4", "\u00e4", {.ignore_case = true}) == "\u00e4");
  CHECK(found(R"(\u00e4\x62)", "\u00e4b") == "\u00e4b");
  CHECK(found(R"(\ud83d\ude00)", "a\U0001F600") == "\U0001F600");
  CHECK(found(R"(\ud83d)", "\U0001F600") == "wrong");
  CHECK(found(R"(\v)", "\n\x0b") == "\x0b");
  CHECK(found(R"(\a\h\Q)", "ahQ") == "ahQ");
  CHECK(found(R"((?<x>a)\k<x>)", "aa") == "aa");
  CHECK(found(R"((a)|b\1)", "b") == "b");
  CHECK(found("(?<=a)b", "ab") == "b");
  CHECK(found("(?!a).", "ab") == "b");
  CHECK(found("a{,2}", "a{,2}") == "a{,2}");
  CHECK(found("a{2}b", "aab") == "aab");
  CHECK(found("[[:alpha:]]", "a]") == "a]");
  CHECK(found("a+?", "aaa") == "a");
}

TEST_CASE("what only PCRE2 has is no pattern") {
  for (const std::string_view pattern :
       {"a++", "a*+", "a?+", "a{2}+", "(?>a)", "(?i)a", "(?R)", "(?1)", "(?P<x>a)", "(?#a)",
        "(?|a)", "(*ACCEPT)", "(a", "a)", "[a", "a**", "*a", "\\"}) {
    CAPTURE(pattern);
    CHECK(found(pattern, "a") == "wrong");
  }
}

TEST_CASE("groups that took no part in a match are absent") {
  const auto regex = Regex::compile("(a)|(b)", {});
  REQUIRE(regex.has_value());
  const auto match = regex->match("b", 0, {});
  REQUIRE(match.has_value());
  REQUIRE(match->has_value());
  REQUIRE((**match).groups.size() == 2);
  CHECK_FALSE((**match).groups[0].has_value());
  CHECK((**match).groups[1].has_value());
}

TEST_CASE("a match ends at its limits") {
  CHECK(found("^(a+)+$", std::string(40, 'a') + "b") == "too many steps");
  CHECK(found(std::string(40'000, 'a'), "a") == "wrong");
  CHECK(found(std::string(200, '(') + std::string(200, ')'), "a") == "wrong");
}

TEST_CASE("texts that are no UTF-8 can be searched") {
  CHECK(found("b",
              "\xff\xfe"
              "b\xc3") == "b");
  CHECK(found("^.",
              "\xff"
              "a") == "none");
}

TEST_CASE("letters change their case by Unicode") {
  CHECK(upper_case("stra\u00dfe \u00e4\u03c9") == "STRASSE \u00c4\u03a9");
  CHECK(lower_case("\u00c4\u03a9 ABC") == "\u00e4\u03c9 abc");
  CHECK(upper_case("") == "");
}

}  // namespace
}  // namespace weft::json::jsonata
