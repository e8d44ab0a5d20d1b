#include "server/accept.h"

#include <doctest/doctest.h>

namespace weft::server {
namespace {

TEST_CASE("codings have the weights that Accept-Encoding gives them") {
  struct Case {
    std::string_view header;
    int br;
    int gzip;
    int identity;
  };
  constexpr Case kCases[] = {
      {"", 0, 0, 1000},
      {"gzip, deflate, br", 1000, 1000, 1000},
      {"gzip;q=0.5, br;q=0.25", 250, 500, 1000},
      {"GZIP;Q=0.5", 0, 500, 1000},
      {"*", 1000, 1000, 1000},
      {"*;q=0", 0, 0, 0},
      {"br, *;q=0.1", 1000, 100, 1000},
      {"identity;q=0, gzip", 0, 1000, 0},
      {" br ; q = 1 ", 0, 0, 1000},
      {"br;q=1.000", 1000, 0, 1000},
      {"br;q=1.001", 0, 0, 1000},
      {"br;q=0.1234", 0, 0, 1000},
      {"br;q=2", 0, 0, 1000},
      {"br;q=", 0, 0, 1000},
      {"br;q=-1", 0, 0, 1000},
      {"br;x=1;q=0.3", 300, 0, 1000},
      {",,;,br", 1000, 0, 1000},
      {"brotli", 0, 0, 1000},
  };
  for (const Case& expected : kCases) {
    CAPTURE(expected.header);
    CHECK(coding_weight(expected.header, "br") == expected.br);
    CHECK(coding_weight(expected.header, "gzip") == expected.gzip);
    CHECK(coding_weight(expected.header, "identity") == expected.identity);
  }
}

TEST_CASE("a media type has the weight of the most specific range") {
  CHECK(media_weight("text/html,application/xml;q=0.9,*/*;q=0.8", "text/html") == 1000);
  CHECK(media_weight("text/html;q=0, */*", "text/html") == 0);
  CHECK(media_weight("text/*;q=0.2, */*", "text/html") == 200);
  CHECK(media_weight("*/*;q=0.1", "text/html") == 100);
  CHECK(media_weight("application/json", "text/html") == 0);
  CHECK(media_weight("TEXT/HTML;level=1", "text/html") == 1000);
  CHECK(media_weight("", "text/html") == 0);
}

TEST_CASE("If-None-Match names tags weakly, in a list, or all of them") {
  CHECK(names_etag("\"a\"", "\"a\""));
  CHECK(names_etag("\"b\", W/\"a\"", "\"a\""));
  CHECK(names_etag("*", "\"a\""));
  CHECK_FALSE(names_etag("\"a-br\"", "\"a\""));
  CHECK_FALSE(names_etag("a", "\"a\""));
  CHECK_FALSE(names_etag("", "\"a\""));
}

}  // namespace
}  // namespace weft::server
