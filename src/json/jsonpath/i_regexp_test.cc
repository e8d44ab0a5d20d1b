#include "json/jsonpath/i_regexp.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace weft::json::jsonpath {
namespace {

constexpr std::uint64_t kPlenty = 1'000'000;

bool matches(std::string_view pattern, std::string_view text,
             IRegexp::Extent extent = IRegexp::Extent::kWhole) {
  const IRegexp regexp = IRegexp::parse(pattern).value();
  std::uint64_t steps = kPlenty;
  return regexp.matches(text, extent, steps).value();
}

bool finds(std::string_view pattern, std::string_view text) {
  return matches(pattern, text, IRegexp::Extent::kAnywhere);
}

struct Row {
  std::string_view pattern;
  std::vector<std::string_view> matching;
  std::vector<std::string_view> others;
};

TEST_CASE("an expression matches whole texts of its form") {
  const std::vector<Row> rows = {
      {"", {""}, {"a"}},
      {"abc", {"abc"}, {"", "ab", "abcd", "xabc"}},
      {"a|bc|", {"a", "bc", ""}, {"ab", "b", "abc"}},
      {"a(b|c)d", {"abd", "acd"}, {"ad", "abcd"}},
      {"(a|(b(c|d)))e", {"ae", "bce", "bde"}, {"be", "ace"}},
      {"()", {""}, {"a"}},
      {"a*", {"", "a", "aaaa"}, {"b", "aab"}},
      {"a+", {"a", "aaaa"}, {"", "b"}},
      {"ab?c", {"ac", "abc"}, {"abbc"}},
      {"(ab)*", {"", "ab", "abab"}, {"aba"}},
      {"(a*)*", {"", "aaa"}, {"b"}},
      {"(a|b*)+c", {"c", "abbac"}, {"", "ab"}},
      {"a{2}", {"aa"}, {"a", "aaa"}},
      {"a{2,}", {"aa", "aaaaa"}, {"a"}},
      {"a{2,3}", {"aa", "aaa"}, {"a", "aaaa"}},
      {"a{0}b", {"b"}, {"ab"}},
      {"a{0,0}b", {"b"}, {"ab"}},
      {"(a{0,2}b){2}", {"bb", "aabab"}, {"aaabb", "b"}},
      {"(){1000}", {""}, {"a"}},
      {".", {"a", "\t", "ü", "😀", "\u2028"}, {"", "\n", "\r", "ab"}},
      {"a.c", {"abc", "a漢c"}, {"ac", "a\nc"}},
      {"[abc]", {"a", "b", "c"}, {"d", "", "ab"}},
      {"[a-cx-z]", {"b", "y"}, {"d", "w"}},
      {"[^a-c]", {"d", "\n", "漢"}, {"a", "b", ""}},
      {"[-a]", {"-", "a"}, {"b"}},
      {"[a-]", {"-", "a"}, {"b"}},
      {"[^-a]", {"b", "^"}, {"-", "a"}},
      {"[a^]", {"^", "a"}, {"b"}},
      {"[.*+?(){}|$]", {".", "*", "$", "|"}, {"a"}},
      {"[\\n\\r\\t\\]\\[\\\\\\-\\^]", {"\n", "\r", "\t", "]", "[", "\\", "-", "^"}, {"n", "a"}},
      {"[\u0430-\u044f]+", {"привет"}, {"hello", "Привет"}},
      {"\\(\\)\\*\\+\\-\\.\\?\\[\\\\\\]\\^\\{\\|\\}", {"()*+-.?[\\]^{|}"}, {""}},
      {"\\p{L}+", {"aÄ漢"}, {"a1", ""}},
      {"\\p{Lu}\\p{Ll}*", {"Ärger", "A"}, {"ärger"}},
      {"\\P{N}", {"a", " "}, {"5", "²"}},
      {"[\\p{Nd}_]+", {"12_٣"}, {"a", "²"}},
      {"[^\\p{L}]", {"1", "-"}, {"a"}},
      {"[\\P{L}x]", {"1", "x"}, {"a"}},
      {"-,:;<=>!\"#%&'/@_`~", {"-,:;<=>!\"#%&'/@_`~"}, {""}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern);
    for (const std::string_view text : row.matching) {
      CAPTURE(text);
      CHECK(matches(row.pattern, text));
    }
    for (const std::string_view text : row.others) {
      CAPTURE(text);
      CHECK_FALSE(matches(row.pattern, text));
    }
  }
}

TEST_CASE("an expression is found at any place of a text") {
  CHECK(finds("b", "abc"));
  CHECK(finds("bc", "abc"));
  CHECK(finds("", ""));
  CHECK(finds("x*", "abc"));
  CHECK(finds("[0-9]{3}", "a12b345c"));
  CHECK_FALSE(finds("[0-9]{4}", "a12b345c"));
  CHECK_FALSE(finds("a.c", "a\nc"));
}

TEST_CASE("^ and $ outside of brackets are the ends of a text") {
  CHECK(finds("^ab", "abc"));
  CHECK_FALSE(finds("^bc", "abc"));
  CHECK(finds("bc$", "abc"));
  CHECK_FALSE(finds("ab$", "abc"));
  CHECK(finds("^$", ""));
  CHECK_FALSE(finds("^$", "a"));
  CHECK(matches("^abc$", "abc"));
  CHECK(matches("(^a|b)$", "b"));
  CHECK_FALSE(matches("a^b", "a^b"));
  CHECK_FALSE(finds("a$b", "a$b"));
}

TEST_CASE("what RFC 9485 does not have is refused with its place") {
  const std::vector<std::pair<std::string_view, std::uint64_t>> rows = {
      {"*", 1},       {"a**", 3},          {"a{1}{2}", 5}, {"+a", 1},
      {"a|?", 3},     {"(a", 1},           {"a)", 2},      {"]", 1},
      {"}", 1},       {"{1}", 1},          {"a{", 3},      {"a{,2}", 3},
      {"a{2", 4},     {"a{3,2}", 2},       {"a{x}", 3},    {"[", 1},
      {"[]", 1},      {"[^]", 1},          {"[a", 1},      {"[c-a]", 2},
      {"[a-b-c]", 5}, {"[[a]]", 2},        {"[a--b]", 4},  {"[a-\\p{L}]", 2},
      {"\\", 1},      {"\\d", 1},          {"\\w", 1},     {"\\$", 1},
      {"\\1", 1},     {"\\u0041", 1},      {"\\p{Zz}", 1}, {"\\pL", 1},
      {"\\p{L", 1},   {"\\p{IsGreek}", 1}, {"(?:a)", 2},   {"(?=a)", 2},
      {"a*?", 3},     {"ü\\d", 2},
  };
  for (const auto& [pattern, column] : rows) {
    CAPTURE(pattern);
    const auto regexp = IRegexp::parse(pattern);
    REQUIRE_FALSE(regexp.has_value());
    CHECK(regexp.error().code() == ErrorCode::kInvalidArgument);
    CHECK(regexp.error().position()->column == column);
  }
  CHECK(IRegexp::parse("a\xff").error().code() == ErrorCode::kInvalidArgument);
}

std::string limit_of(std::string_view pattern, const RegexpLimits& limits = {}) {
  const auto regexp = IRegexp::parse(pattern, limits);
  if (regexp) return "none";
  CHECK(regexp.error().code() == ErrorCode::kTooLarge);
  return regexp.error().limit()->name;
}

TEST_CASE("what an expression may cost is limited") {
  CHECK(limit_of(std::string(32, '(') + std::string(32, ')')) == "regexp_depth");
  CHECK(limit_of(std::string(31, '(') + std::string(31, ')')) == "none");
  CHECK(limit_of(std::string(1'000'000, '(')) == "regexp_bytes");
  CHECK(limit_of("a{10000}") == "regexp_instructions");
  CHECK(limit_of("((a{99}){99}){99}") == "regexp_instructions");
  CHECK(limit_of("(){0,99999999999999999999}") == "regexp_instructions");
  CHECK(limit_of("a{99999999999999999999999}") == "regexp_instructions");
  CHECK(limit_of("((((){1000000}){1000000}){1000000}){1000000}") == "none");
}

TEST_CASE("a text takes steps linear in its length, whatever the expression") {
  // What goes back takes 2^n steps for the first and n^2 or more for the others.
  for (const std::string_view pattern : {"(a*)*b", "(a|a)*b", "a*a*a*a*b", ".*.*x", "(a|aa)+c"}) {
    CAPTURE(pattern);
    const IRegexp regexp = IRegexp::parse(pattern).value();
    for (const auto extent : {IRegexp::Extent::kWhole, IRegexp::Extent::kAnywhere}) {
      std::uint64_t left = kPlenty;
      CHECK(regexp.matches(std::string(10'000, 'a'), extent, left) == false);
      CHECK(kPlenty - left < 2 * (regexp.instructions() + 1) * 10'001);
    }
  }
}

TEST_CASE("a match ends when its steps are used up") {
  const IRegexp regexp = IRegexp::parse("(a|b)*c").value();
  std::uint64_t steps = 100;
  CHECK(regexp.matches(std::string(1000, 'a'), IRegexp::Extent::kWhole, steps) == std::nullopt);
  CHECK(steps == 0);
}

}  // namespace
}  // namespace weft::json::jsonpath
