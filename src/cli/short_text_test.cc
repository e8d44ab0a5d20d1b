#include "cli/short_text.h"

#include <algorithm>

#include <doctest/doctest.h>

namespace weft::cli {
namespace {

TEST_CASE("a list of a bearable length is shown whole") {
  CHECK(first_lines({}, "weft x").empty());
  CHECK(first_lines({"  a", "  b"}, "weft x") == "  a\n  b\n");
  const std::string text = first_lines(std::vector<std::string>(kLinesShownMax, "a"), "weft x");
  CHECK(std::ranges::count(text, '\n') == kLinesShownMax);
}

TEST_CASE("of a long list the first lines are shown, and how many there are more") {
  const std::string text = first_lines(std::vector<std::string>(3'000, "a"), "weft x --json");
  CHECK(std::ranges::count(text, '\n') == kLinesShownMax + 1);
  CHECK(text.ends_with("a\n  … and 2950 more: see `weft x --json`\n"));
}

TEST_CASE("a long name is cut") {
  CHECK(short_name("add") == "add");
  CHECK(short_name(std::string(100'000, 'x')) == std::string(kNameBytesShownMax, 'x') + "…");
}

}  // namespace
}  // namespace weft::cli
