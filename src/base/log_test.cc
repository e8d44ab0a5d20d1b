#include "base/log.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("log lines have time, level, text and quoted fields") {
  const FakeClock clock;
  std::vector<std::string> lines;
  const Log log(clock, LogLevel::kInfo,
                [&lines](std::string_view line) { lines.emplace_back(line); });
  log.debug("not shown");
  log.info("deployed", {{"function", "add"}, {"note", "two words"}});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0] == "2023-11-14T22:13:20.000000Z info deployed function=add note=\"two words\"");
}

TEST_CASE("guest text cannot forge a line or steer a terminal") {
  CHECK(printable("a\nb\x1b[31m") == "a\\x0ab\\x1b[31m");
  CHECK(printable("grüße") == "grüße");
  CHECK(printable(std::string_view("a\0b\x7f", 4)) == "a\\x00b\\x7f");
}

TEST_CASE("characters that move, hide or end text are escaped, and those of words are not") {
  struct Case {
    std::string_view text;
    std::string_view safe;
  };
  for (const auto& [text, safe] : {
           Case{"\u0085\u009b31m", "\\u{85}\\u{9b}31m"},  // C1: next line, control sequence
           Case{"a\u202Egnp.exe", "a\\u{202e}gnp.exe"},   // right-to-left override
           Case{"\u202A\u202C\u2066\u2069", "\\u{202a}\\u{202c}\\u{2066}\\u{2069}"},
           Case{"\u200E\u200F\u061C", "\\u{200e}\\u{200f}\\u{61c}"},
           Case{"one\u2028two\u2029", "one\\u{2028}two\\u{2029}"},
           Case{"\uFEFFad\u200Bmin", "\\u{feff}ad\\u{200b}min"},
           Case{"\U000E0041\U000E007F", "\\u{e0041}\\u{e007f}"},
           Case{"\u00A0\u00AD", "\u00A0\u00AD"},
           Case{"می\u200Cخواهم", "می\u200Cخواهم"},  // a word with a non-joiner
           Case{"\U0001F469\u200D\U0001F680", "\U0001F469\u200D\U0001F680"},
           Case{"\uFFFD\U0010FFFF", "\uFFFD\U0010FFFF"},
       }) {
    CAPTURE(safe);
    CHECK(printable(text) == safe);
    CHECK(printable(safe) == safe);
  }
}

TEST_CASE("bytes that are no UTF-8 are escaped one by one") {
  CHECK(printable("\x9b"
                  "31m") == "\\x9b31m");
  CHECK(printable("a\xff\xc3") == "a\\xff\\xc3");
  CHECK(printable("\xe2\x80") == "\\xe2\\x80");
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(printable("\xc0\x8a") == "\\xc0\\x8a");
}

TEST_CASE("a long text is cut between characters and says so") {
  CHECK(shown("abc", 3) == "abc");
  CHECK(shown("abcd", 3) == "abc…");
  CHECK(shown("", 0).empty());
  CHECK(shown("a", 0) == "…");
  CHECK(shown("aé", 2) == "a…");
  CHECK(shown("aéz", 3) == "aé…");
  CHECK(shown("\U0001F680z", 3) == "…");
  CHECK(shown("\U0001F680z", 4) == "\U0001F680…");
  CHECK(shown("a\n\n", 2) == "a\\x0a…");
  CHECK(shown(std::string(100, '\x80'), 4) == "\\x80\\x80\\x80\\x80…");
  CHECK(shown(std::string(1'000'000, 'x'), 100).size() == 103);
}

}  // namespace
}  // namespace weft
