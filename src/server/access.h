// Who may ask for what: the Host and Origin rules that keep foreign web pages out, and the token.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/endpoint.h"
#include "net/http.h"
#include "server/router.h"

namespace weft::server {

struct AccessOptions {
  // Where the server listens; its port does not matter.
  net::Endpoint listen;
  // Clients must know it when there is one. Never empty.
  std::optional<std::string> token;
  // Further names by which clients may call the server ("weft.example"), without a port.
  std::vector<std::string> hosts;
};

// Immutable, thread-safe.
class Access {
 public:
  explicit Access(AccessOptions options) : options_(std::move(options)) {}

  // Before anything else is read of a request. kPermissionDenied for a Host by which this server is
  // not known (a DNS name that was pointed at a loopback address) and for requests that a page of
  // another origin makes; kUnauthenticated for a missing or wrong token, which health checks and
  // the web pages do not need.
  Result<> check(const net::HttpRequest& request, RouteId route) const;
  bool has_token() const { return options_.token.has_value(); }

 private:
  Result<> check_host(std::string_view host) const;

  AccessOptions options_;
};

// "localhost" of "localhost:8080", "[::1]" of "[::1]:8080"; nothing when it has no such form.
std::optional<std::string_view> host_without_port(std::string_view host);

}  // namespace weft::server
