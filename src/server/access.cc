#include "server/access.h"

#include <algorithm>
#include <cstddef>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::server {
namespace {

constexpr std::size_t kShownBytesMax = 200;

// Takes the same time for all tokens of the right length.
bool is_same_secret(std::string_view given, std::string_view wanted) {
  unsigned char difference = given.size() == wanted.size() ? 0 : 1;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const char byte = i < given.size() ? given[i] : '\0';
    difference = static_cast<unsigned char>(difference | (byte ^ wanted[i]));
    // Without this the compiler may leave the loop at the first difference.
    __asm__ volatile("" : "+r"(difference));
  }
  return difference == 0;
}

// The token of "Bearer TOKEN" (RFC 6750 §2.1); the scheme in any case.
std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() < kScheme.size()) return std::nullopt;
  const auto [scheme, token] =
      std::pair(authorization.substr(0, kScheme.size()), authorization.substr(kScheme.size()));
  if (!net::equals_ignoring_case(scheme, kScheme)) return std::nullopt;
  return token.substr(std::min(token.find_first_not_of(' '), token.size()));
}

// Whether a page of `origin` ("http://localhost:8080") was served by `host` ("localhost:8080"). A
// proxy may have taken TLS off, so the scheme does not matter beyond its port.
bool is_origin_of(std::string_view origin, std::string_view host) {
  for (const auto& [scheme, port] :
       {std::pair(std::string_view("http://"), std::string_view(":80")),
        std::pair(std::string_view("https://"), std::string_view(":443"))}) {
    if (origin.size() < scheme.size() ||
        !net::equals_ignoring_case(origin.substr(0, scheme.size()), scheme)) {
      continue;
    }
    std::string_view authority = origin.substr(scheme.size());
    if (authority.ends_with(port)) authority.remove_suffix(port.size());
    if (host.ends_with(port)) host.remove_suffix(port.size());
    return !authority.empty() && net::equals_ignoring_case(authority, host);
  }
  return false;
}

// An address as it stands in a Host header.
std::string bracketed(const std::string& address) {
  return address.find(':') == std::string::npos ? address : fmt::format("[{}]", address);
}

// What holds no data: the pages have to be there before somebody can type the token into them.
bool needs_no_token(RouteId route) {
  return route == RouteId::kHealth || route == RouteId::kPage;
}

bool only_reads(std::string_view method, RouteId route) {
  return (method == "GET" || method == "HEAD") && route != RouteId::kEndpoint;
}

// Requests that a browser makes for a page of another origin. Where no Origin is sent (a form's
// GET, an image), Sec-Fetch-Site tells.
Result<> check_origin(const net::HttpRequest& request, RouteId route) {
  const auto origin = request.header("origin");
  if (origin && !is_origin_of(*origin, request.host())) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("A page of {} may not use this server: requests with an Origin header "
                            "are taken only from the server's own pages.",
                            shown(*origin, kShownBytesMax)));
  }
  const auto site = request.header("sec-fetch-site");
  if (site && (*site == "cross-site" || *site == "same-site") &&
      !only_reads(request.method(), route)) {
    return fail(ErrorCode::kPermissionDenied,
                "A page of another origin may not change things on this server or call its "
                "functions (Sec-Fetch-Site says that one tried).");
  }
  return {};
}

}  // namespace

std::optional<std::string_view> host_without_port(std::string_view host) {
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = host.find(':', bracket);
  if (colon == std::string_view::npos) return host;
  const std::string_view port = host.substr(colon + 1);
  if (!std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
  return host.substr(0, colon);
}

Result<> Access::check(const net::HttpRequest& request, RouteId route) const {
  TRY(check_host(request.host()));
  TRY(check_origin(request, route));
  if (!options_.token || needs_no_token(route)) return {};
  const auto authorization = request.header("authorization");
  const auto token = authorization ? bearer_token(*authorization) : std::nullopt;
  if (!token) {
    return fail(ErrorCode::kUnauthenticated,
                "This server needs a token: send the header \"Authorization: Bearer TOKEN\".");
  }
  if (!is_same_secret(*token, *options_.token)) {
    return fail(ErrorCode::kUnauthenticated, "The token of the Authorization header is wrong.");
  }
  return {};
}

Result<> Access::check_host(std::string_view host) const {
  const auto name = host_without_port(host);
  if (name) {
    for (const std::string_view loopback : {"localhost", "127.0.0.1", "[::1]"}) {
      if (net::equals_ignoring_case(*name, loopback)) return {};
    }
    if (net::equals_ignoring_case(*name, bracketed(options_.listen.address))) return {};
    for (const std::string& allowed : options_.hosts) {
      if (net::equals_ignoring_case(*name, allowed)) return {};
    }
  }
  // On other addresses than loopback every client has a token, which no foreign page knows, and the
  // names by which they are reached are not ours to know.
  if (!options_.listen.is_loopback() && options_.hosts.empty()) return {};
  return fail(ErrorCode::kPermissionDenied,
              fmt::format("This server does not answer to the host \"{}\". Call it by its "
                          "address or as localhost, or start it with --hosts and that name.",
                          shown(host, kShownBytesMax)));
}

}  // namespace weft::server
