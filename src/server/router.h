// Which route a request is for: one table of methods and paths.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace weft::server {

enum class RouteId : std::uint8_t {
  kInvoke,
  kEndpoint,
  kUploadModule,
  kListModules,
  kShowModule,
  kRemoveModule,
  kModuleBytes,
  kListFunctions,
  kDeployFunction,
  kShowFunction,
  kRemoveFunction,
  kListVersions,
  kRollBack,
  kListReactors,
  kPutReactor,
  kShowReactor,
  kRemoveReactor,
  kReactorResults,
  kReactorLogs,
  kPutCode,
  kShowCode,
  kRemoveCode,
  kApply,
  kListInvocations,
  kShowInvocation,
  kInvocationLogs,
  kStatus,
  kOpenApi,
  kHealth,
  kReadiness,
  kMetrics,
  kPage,  // the web pages: every other path, with GET
  kNone,  // refused before or without a route; in metrics only
};
inline constexpr std::size_t kRouteIds = static_cast<std::size_t>(RouteId::kNone) + 1;

// "invoke", "module", …: how metrics call it; routes of one path and kind share a name.
std::string_view class_of(RouteId route);

// "{}" stands for one segment that is not empty; "GET" is for HEAD too, "*" for every method.
struct Route {
  std::string_view method;
  std::string_view pattern;
  RouteId id;
};

// All of them but kPage and kNone, those of a call first.
std::span<const Route> routes();

// A path that has a route. `parameter` is what stands at "{}", still percent-encoded, and points
// into the path; `more` what stands at further ones.
struct Match {
  RouteId id;
  std::string_view parameter;
  std::array<std::string_view, 2> more = {};
};

struct NoSuchPath {};

// The path is there, for other methods: "GET, HEAD, PUT".
struct MethodNotAllowed {
  std::string allow;
};

using Routing = std::variant<Match, NoSuchPath, MethodNotAllowed>;

// `path` is percent-encoded and begins with '/' (or is "*"). A call's route is found without
// allocating. Paths outside /v1 and /f that are no route's are the web pages'.
Routing route(std::string_view method, std::string_view path);

}  // namespace weft::server
