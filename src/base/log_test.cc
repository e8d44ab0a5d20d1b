#include "base/log.h"

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
}

}  // namespace
}  // namespace weft
