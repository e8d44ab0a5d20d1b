#include "server/router.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/assert.h"

namespace weft::server {
namespace {

constexpr std::string_view kFunctionsPrefix = "/v1/functions/";
constexpr std::string_view kInvokeSuffix = "/invoke";
constexpr std::string_view kEndpointPrefix = "/f/";

constexpr std::array kRoutes = {
    Route{"POST", "/v1/functions/{}/invoke", RouteId::kInvoke},
    Route{"*", "/f/{}", RouteId::kEndpoint},
    Route{"POST", "/v1/modules", RouteId::kUploadModule},
    Route{"GET", "/v1/modules", RouteId::kListModules},
    Route{"GET", "/v1/modules/{}", RouteId::kShowModule},
    Route{"DELETE", "/v1/modules/{}", RouteId::kRemoveModule},
    Route{"GET", "/v1/modules/{}/bytes", RouteId::kModuleBytes},
    Route{"GET", "/v1/functions", RouteId::kListFunctions},
    Route{"PUT", "/v1/functions/{}", RouteId::kDeployFunction},
    Route{"GET", "/v1/functions/{}", RouteId::kShowFunction},
    Route{"DELETE", "/v1/functions/{}", RouteId::kRemoveFunction},
    Route{"GET", "/v1/functions/{}/versions", RouteId::kListVersions},
    Route{"POST", "/v1/functions/{}/rollback", RouteId::kRollBack},
    Route{"GET", "/v1/reactors", RouteId::kListReactors},
    Route{"PUT", "/v1/reactors/{}", RouteId::kPutReactor},
    Route{"GET", "/v1/reactors/{}", RouteId::kShowReactor},
    Route{"DELETE", "/v1/reactors/{}", RouteId::kRemoveReactor},
    Route{"GET", "/v1/reactors/{}/results", RouteId::kReactorResults},
    Route{"GET", "/v1/reactors/{}/logs", RouteId::kReactorLogs},
    Route{"PUT", "/v1/reactors/{}/{}/{}", RouteId::kPutCode},
    Route{"GET", "/v1/reactors/{}/{}/{}", RouteId::kShowCode},
    Route{"DELETE", "/v1/reactors/{}/{}/{}", RouteId::kRemoveCode},
    Route{"POST", "/v1/reactors/{}/{}/{}/apply", RouteId::kApply},
    Route{"GET", "/v1/invocations", RouteId::kListInvocations},
    Route{"GET", "/v1/invocations/{}", RouteId::kShowInvocation},
    Route{"GET", "/v1/invocations/{}/logs", RouteId::kInvocationLogs},
    Route{"GET", "/v1/status", RouteId::kStatus},
    Route{"GET", "/v1/openapi.json", RouteId::kOpenApi},
    Route{"GET", "/healthz", RouteId::kHealth},
    Route{"GET", "/readyz", RouteId::kReadiness},
    Route{"GET", "/metrics", RouteId::kMetrics},
};

// The part of `path` up to the next '/', which is removed from it with the part.
std::string_view take_segment(std::string_view& path) {
  const std::size_t size = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, size);
  path.remove_prefix(std::min(path.size(), size + 1));
  return segment;
}

// What stands at each "{}".
using Parameters = std::array<std::string_view, 3>;

// Nothing when the path has another form than the pattern.
std::optional<Parameters> match(std::string_view pattern, std::string_view path) {
  if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) return std::nullopt;
  Parameters parameters;
  std::size_t count = 0;
  while (!pattern.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    if (wanted == "{}") {
      if (segment.empty()) return std::nullopt;
      parameters.at(count++) = segment;
    } else if (wanted != segment) {
      return std::nullopt;
    }
  }
  return parameters;
}

// The two routes that calls take, decided without the table.
std::optional<Match> match_call(std::string_view method, std::string_view path) {
  if (path.starts_with(kEndpointPrefix)) {
    path.remove_prefix(kEndpointPrefix.size());
    const std::string_view name = take_segment(path);
    if (name.empty()) return std::nullopt;
    return Match{.id = RouteId::kEndpoint, .parameter = name};
  }
  if (method != "POST" || !path.starts_with(kFunctionsPrefix) || !path.ends_with(kInvokeSuffix)) {
    return std::nullopt;
  }
  path.remove_prefix(kFunctionsPrefix.size());
  const std::string_view name = take_segment(path);
  if (name.empty() || path != kInvokeSuffix.substr(1)) return std::nullopt;
  return Match{.id = RouteId::kInvoke, .parameter = name};
}

bool fits(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

void add(std::string& allow, std::string_view method) {
  if (!allow.empty()) allow += ", ";
  allow += method == "GET" ? "GET, HEAD" : method;
}

// "/v1", "/v1/x" and "/f", but not "/v1x": no web page ever has such a path.
bool is_api(std::string_view path) {
  const std::string_view first = path.substr(0, std::min(path.find('/', 1), path.size()));
  return first == "/v1" || first == "/f";
}

}  // namespace

std::string_view class_of(RouteId route) {
  switch (route) {
    case RouteId::kInvoke:
      return "invoke";
    case RouteId::kEndpoint:
      return "endpoint";
    case RouteId::kUploadModule:
      return "upload";
    case RouteId::kListModules:
    case RouteId::kShowModule:
    case RouteId::kRemoveModule:
    case RouteId::kModuleBytes:
      return "modules";
    case RouteId::kDeployFunction:
      return "deploy";
    case RouteId::kListFunctions:
    case RouteId::kShowFunction:
    case RouteId::kRemoveFunction:
    case RouteId::kListVersions:
    case RouteId::kRollBack:
      return "functions";
    case RouteId::kApply:
      return "apply";
    case RouteId::kListReactors:
    case RouteId::kPutReactor:
    case RouteId::kShowReactor:
    case RouteId::kRemoveReactor:
    case RouteId::kReactorResults:
    case RouteId::kReactorLogs:
    case RouteId::kPutCode:
    case RouteId::kShowCode:
    case RouteId::kRemoveCode:
      return "reactors";
    case RouteId::kListInvocations:
    case RouteId::kShowInvocation:
    case RouteId::kInvocationLogs:
      return "invocations";
    case RouteId::kStatus:
    case RouteId::kOpenApi:
    case RouteId::kHealth:
    case RouteId::kReadiness:
    case RouteId::kMetrics:
      return "status";
    case RouteId::kPage:
      return "page";
    case RouteId::kNone:
      return "none";
  }
  WEFT_ASSERT(false);
  return {};
}

std::span<const Route> routes() {
  return kRoutes;
}

Routing route(std::string_view method, std::string_view path) {
  if (const auto call = match_call(method, path)) return *call;
  MethodNotAllowed others;
  for (const Route& candidate : kRoutes) {
    const auto parameters = match(candidate.pattern, path);
    if (!parameters) continue;
    if (fits(candidate, method)) {
      const auto& [first, second, third] = *parameters;
      return Match{.id = candidate.id, .parameter = first, .more = {second, third}};
    }
    add(others.allow, candidate.method);
  }
  if (!others.allow.empty()) return others;
  if (is_api(path) || !path.starts_with('/')) return NoSuchPath{};
  if (method != "GET" && method != "HEAD") return MethodNotAllowed{"GET, HEAD"};
  return Match{.id = RouteId::kPage, .parameter = {}};
}

}  // namespace weft::server
