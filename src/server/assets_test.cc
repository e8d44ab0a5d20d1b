#include "server/assets.h"

#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace weft::server {
namespace {

constexpr Asset kFiles[] = {
    {"/assets/index-BxYz12_3.js", "text/javascript", "\"js\"", "script", "brotli", "gzipped"},
    {"/favicon.svg", "image/svg+xml", "\"svg\"", "picture", "", ""},
    {"/index.html", "text/html; charset=utf-8", "\"html\"", "page", "", "gzpage"},
};

std::optional<std::string> header(const net::HttpResponse& response, std::string_view name) {
  for (const net::Header& header : response.headers) {
    if (net::equals_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

net::HttpResponse get(std::string_view path, const std::vector<net::Header>& headers = {}) {
  return Assets(kFiles).answer({"GET", path, headers});
}

TEST_CASE("a file comes in the coding that the client likes best") {
  struct Case {
    std::optional<std::string> accepted;
    std::string_view body;
    std::optional<std::string> coding;
    std::string_view etag;
  };
  const Case cases[] = {
      {std::nullopt, "script", std::nullopt, "\"js\""},
      {"", "script", std::nullopt, "\"js\""},
      {"gzip, deflate, br, zstd", "brotli", "br", "\"js-br\""},
      {"gzip", "gzipped", "gzip", "\"js-gzip\""},
      {"*", "brotli", "br", "\"js-br\""},
      {"br;q=0.5, gzip;q=0.8", "gzipped", "gzip", "\"js-gzip\""},
      {"br;q=0, gzip;q=0.1", "gzipped", "gzip", "\"js-gzip\""},
      {"identity, br;q=0.5", "script", std::nullopt, "\"js\""},
      {"identity, br", "brotli", "br", "\"js-br\""},
      {"zstd", "script", std::nullopt, "\"js\""},
      {"*;q=0", "script", std::nullopt, "\"js\""},
      {"br;q=junk", "script", std::nullopt, "\"js\""},
  };
  for (const Case& expected : cases) {
    CAPTURE(expected.accepted.value_or("(none)"));
    std::vector<net::Header> headers;
    if (expected.accepted) headers.push_back({"Accept-Encoding", *expected.accepted});
    const auto response = get("/assets/index-BxYz12_3.js", headers);
    CHECK(response.status == 200);
    CHECK(response.body.view() == expected.body);
    CHECK(header(response, "Content-Encoding") == expected.coding);
    CHECK(header(response, "ETag") == std::string(expected.etag));
    CHECK(header(response, "Vary") == "Accept-Encoding");
    CHECK(header(response, "Content-Type") == "text/javascript");
  }
  // A coding that the file is not there in is no choice.
  const auto response = get("/index.html", {{"Accept-Encoding", "br, gzip;q=0.1"}});
  CHECK(response.body.view() == "gzpage");
}

TEST_CASE("what the client has already is not sent again, in that coding") {
  const auto known = get("/assets/index-BxYz12_3.js",
                         {{"Accept-Encoding", "br"}, {"If-None-Match", "\"x\", \"js-br\""}});
  CHECK(known.status == 304);
  CHECK(header(known, "ETag") == "\"js-br\"");
  const auto other =
      get("/assets/index-BxYz12_3.js", {{"Accept-Encoding", "br"}, {"If-None-Match", "\"js\""}});
  CHECK(other.status == 200);
}

TEST_CASE("files with a hash in their name are kept for ever, others asked for each time") {
  CHECK(header(get("/assets/index-BxYz12_3.js"), "Cache-Control") ==
        "public, max-age=31536000, immutable");
  CHECK(header(get("/favicon.svg"), "Cache-Control") == "no-cache");
  CHECK(header(get("/"), "Cache-Control") == "no-cache");
}

TEST_CASE("a path that is no file's shows the app to who takes a page") {
  for (const char* path : {"/", "/index.html", "/functions/add", "/a/b?c=d", "/favicon.ico"}) {
    CAPTURE(path);
    CHECK(get(path).body.view() == "page");
    CHECK(get(path, {{"Accept", "text/html,*/*;q=0.8"}}).body.view() == "page");
    CHECK(get(path, {{"Accept", "*/*"}}).body.view() == "page");
  }
  CHECK(get("/functions", {{"Accept", "application/json"}}).status == 404);
  CHECK(get("/functions", {{"Accept", "text/html;q=0"}}).status == 404);
  const auto gone = get("/assets/index-00000000.js", {{"Accept", "*/*"}});
  CHECK(gone.status == 404);
  CHECK(header(gone, "Content-Type") == "application/problem+json");
}

TEST_CASE("pages load nothing from elsewhere and stand in nobody's frame") {
  const auto response = get("/");
  const std::string policy = header(response, "Content-Security-Policy").value_or("");
  CHECK(policy.starts_with(
      "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"));
  CHECK(policy.ends_with("frame-ancestors 'none'"));
  CHECK(header(response, "X-Content-Type-Options") == "nosniff");
  CHECK(header(response, "Referrer-Policy") == "no-referrer");
}

TEST_CASE("the files that are built in are whole and in order") {
  const auto files = embedded_assets();
  std::string_view before;
  bool has_index = false;
  for (const Asset& file : files) {
    CAPTURE(file.path);
    CHECK(file.path > before);
    CHECK(file.path.starts_with('/'));
    CHECK(file.etag.size() == 34);
    CHECK_FALSE(file.media_type.empty());
    before = file.path;
    has_index = has_index || file.path == "/index.html";
  }
  CHECK(has_index);
  CHECK(Assets(files).answer({"GET", "/", {}}).body.view().starts_with("<!doctype html>"));
}

}  // namespace
}  // namespace weft::server
