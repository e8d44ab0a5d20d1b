#include "server/router.h"

#include <set>
#include <string>

#include <doctest/doctest.h>

namespace weft::server {
namespace {

struct Case {
  std::string_view method;
  std::string_view path;
  RouteId route;
  std::string_view parameter;
};

constexpr Case kCases[] = {
    {"POST", "/v1/functions/add/invoke", RouteId::kInvoke, "add"},
    {"POST", "/v1/functions/a%2Fb/invoke", RouteId::kInvoke, "a%2Fb"},
    {"GET", "/f/add", RouteId::kEndpoint, "add"},
    {"PURGE", "/f/add/", RouteId::kEndpoint, "add"},
    {"POST", "/f/add/v1/functions/add/invoke", RouteId::kEndpoint, "add"},
    {"POST", "/v1/modules", RouteId::kUploadModule, ""},
    {"GET", "/v1/modules", RouteId::kListModules, ""},
    {"HEAD", "/v1/modules", RouteId::kListModules, ""},
    {"GET", "/v1/modules/sha256%3Aab", RouteId::kShowModule, "sha256%3Aab"},
    {"DELETE", "/v1/modules/x", RouteId::kRemoveModule, "x"},
    {"GET", "/v1/modules/x/bytes", RouteId::kModuleBytes, "x"},
    {"GET", "/v1/functions", RouteId::kListFunctions, ""},
    {"PUT", "/v1/functions/add", RouteId::kDeployFunction, "add"},
    {"GET", "/v1/functions/add", RouteId::kShowFunction, "add"},
    {"GET", "/v1/functions/invoke", RouteId::kShowFunction, "invoke"},
    {"DELETE", "/v1/functions/add", RouteId::kRemoveFunction, "add"},
    {"GET", "/v1/functions/add/versions", RouteId::kListVersions, "add"},
    {"POST", "/v1/functions/add/rollback", RouteId::kRollBack, "add"},
    {"GET", "/v1/invocations", RouteId::kListInvocations, ""},
    {"GET", "/v1/invocations/01", RouteId::kShowInvocation, "01"},
    {"GET", "/v1/invocations/01/logs", RouteId::kInvocationLogs, "01"},
    {"GET", "/v1/status", RouteId::kStatus, ""},
    {"GET", "/v1/openapi.json", RouteId::kOpenApi, ""},
    {"GET", "/healthz", RouteId::kHealth, ""},
    {"GET", "/readyz", RouteId::kReadiness, ""},
    {"GET", "/metrics", RouteId::kMetrics, ""},
    {"GET", "/", RouteId::kPage, ""},
    {"GET", "/functions/add", RouteId::kPage, ""},
    {"HEAD", "/assets/index-12345678.js", RouteId::kPage, ""},
    {"GET", "/v1x", RouteId::kPage, ""},
    {"GET", "/forms", RouteId::kPage, ""},
};

TEST_CASE("each method and path has its route, and the parameter stays encoded") {
  for (const Case& expected : kCases) {
    CAPTURE(expected.method);
    CAPTURE(expected.path);
    const Routing routing = route(expected.method, expected.path);
    const Match* match = std::get_if<Match>(&routing);
    REQUIRE(match != nullptr);
    CHECK(match->id == expected.route);
    CHECK(match->parameter == expected.parameter);
  }
}

TEST_CASE("a path of the API that is no route's is not a web page's either") {
  for (const std::string_view path :
       {"/v1", "/v1/", "/v1/x", "/v1/functions/", "/v1/functions//invoke", "/v1/modules/x/",
        "/v1/modules/x/bytes/y", "/v1/functions/add/invoke/", "/f", "/f/", "/f//x", "*", ""}) {
    CAPTURE(path);
    CHECK(std::holds_alternative<NoSuchPath>(route("GET", path)));
  }
}

TEST_CASE("another method is told which ones the path takes") {
  const auto allowed = [](std::string_view method, std::string_view path) {
    const Routing routing = route(method, path);
    const auto* others = std::get_if<MethodNotAllowed>(&routing);
    return others == nullptr ? std::string("-") : others->allow;
  };
  CHECK(allowed("PATCH", "/v1/modules") == "POST, GET, HEAD");
  CHECK(allowed("POST", "/v1/functions/add") == "PUT, GET, HEAD, DELETE");
  CHECK(allowed("GET", "/v1/functions/add/invoke") == "POST");
  CHECK(allowed("get", "/healthz") == "GET, HEAD");
  CHECK(allowed("POST", "/") == "GET, HEAD");
  CHECK(allowed("DELETE", "/functions/add") == "GET, HEAD");
}

TEST_CASE("every route of the table can be reached, and no two are the same") {
  std::set<std::pair<std::string, std::string>> seen;
  for (const Route& entry : routes()) {
    CHECK(seen.emplace(entry.method, entry.pattern).second);
    std::string path(entry.pattern);
    if (const auto place = path.find("{}"); place != path.npos) path.replace(place, 2, "x");
    const Routing routing = route(entry.method == "*" ? "LINK" : entry.method, path);
    const Match* match = std::get_if<Match>(&routing);
    REQUIRE(match != nullptr);
    CHECK(match->id == entry.id);
    CHECK_FALSE(class_of(entry.id).empty());
  }
}

}  // namespace
}  // namespace weft::server
