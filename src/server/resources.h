// Modules, functions, versions and invocations as HTTP resources: everything that reads or changes
// what the server keeps.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "function/functions.h"
#include "net/http.h"
#include "server/router.h"
#include "store/invocations.h"

namespace weft::server {

// Thread-safe. What it is made of outlives it.
class Resources {
 public:
  Resources(function::Functions& functions, store::Invocations& invocations)
      : functions_(functions), invocations_(invocations) {}

  // Blocks: not for event loops. Answers a request to one of the routes under /v1 (but not kInvoke,
  // kStatus or kOpenApi). `parameter` is the decoded segment at "{}". Errors of the parts and of
  // server/requests.h.
  Result<net::HttpResponse> answer(RouteId route, const std::string& parameter,
                                   const net::HttpRequest& request);

 private:
  Result<net::HttpResponse> upload_module(const net::HttpRequest& request);
  Result<net::HttpResponse> list_modules(const net::HttpRequest& request);
  Result<net::HttpResponse> list_functions(const net::HttpRequest& request);
  Result<net::HttpResponse> list_versions(const std::string& name, const net::HttpRequest& request);
  Result<net::HttpResponse> roll_back(const std::string& name, const net::HttpRequest& request);
  Result<net::HttpResponse> module_bytes(const std::string& id);
  Result<net::HttpResponse> deploy_function(const std::string& name,
                                            const net::HttpRequest& request);
  Result<net::HttpResponse> answer_invocations(RouteId route, const std::string& id,
                                               const net::HttpRequest& request);

  function::Functions& functions_;
  store::Invocations& invocations_;
};

}  // namespace weft::server
