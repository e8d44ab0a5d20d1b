#include "net/response_writer.h"

#include <doctest/doctest.h>

namespace weft::net {
namespace {

TEST_CASE("the head holds the handler's headers and the server's own") {
  std::string out = "before";
  const HttpResponse response{
      201,
      {{"ETag", "\"x\""}, {"Connection", "upgrade"}, {"Date", "now"}, {"Keep-Alive", "1"}},
      Body("abc")};
  CHECK(append_response_head(out, response, {.keep_alive = false, .date = "D"}));
  CHECK(out ==
        "beforeHTTP/1.1 201 Created\r\nETag: \"x\"\r\nContent-Length: 3\r\nConnection: "
        "close\r\nDate: D\r\n\r\n");
}

TEST_CASE("a status or header that is not allowed leaves the output alone") {
  std::string out = "before";
  const std::string_view nul("a\0b", 3);
  for (const HttpResponse& response :
       {HttpResponse{199, {}, {}}, HttpResponse{600, {}, {}}, HttpResponse{-1, {}, {}},
        HttpResponse{200, {{"", "a"}}, {}}, HttpResponse{200, {{"a b", "a"}}, {}},
        HttpResponse{200, {{"a", "b\r"}}, {}}, HttpResponse{200, {{"a", "b\n"}}, {}},
        HttpResponse{200, {{"a", std::string(nul)}}, {}}, HttpResponse{200, {{"ä", "b"}}, {}}}) {
    CHECK(!append_response_head(out, response, {}));
    CHECK(out == "before");
  }
}

TEST_CASE("dates have the form that HTTP wants") {
  CHECK(http_date(784'887'151) == "Tue, 15 Nov 1994 08:12:31 GMT");
  CHECK(http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace weft::net
