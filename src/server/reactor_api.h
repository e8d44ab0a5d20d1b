// Reactors as HTTP resources: their settings, what is registered, applies and their results.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/id.h"
#include "base/result.h"
#include "base/work_pool.h"
#include "function/reactors.h"
#include "net/http.h"
#include "server/callbacks.h"
#include "server/router.h"

namespace weft::server {

// Whether the route is one of those here.
bool is_of_reactors(RouteId route);

// Thread-safe. What it is made of outlives it.
class ReactorApi {
 public:
  struct Parts {
    function::Reactors& reactors;
    Callbacks& callbacks;
    WorkPool& blocking;     // for what reads disks
    WorkPool& deployments;  // for what also compiles
    UlidSource& ids;
  };
  explicit ReactorApi(const Parts& parts) : parts_(parts) {}

  // Errors are for a problem document.
  using Done = std::move_only_function<void(Result<net::HttpResponse>)>;

  // What a request is for: decoded parts of its path, as far as the route has them.
  struct Target {
    RouteId route;
    std::string reactor;
    std::string kind;  // "lambdas"
    std::string name;
  };
  // Answers a request to one of the routes; never blocks. `done` is called once, on any thread,
  // perhaps inside this call; or destroyed uncalled when the server stops. An apply that is
  // cancelled before it has begun need not begin.
  void answer(Target target, net::HttpRequest request,
              std::shared_ptr<function::Cancellation> cancellation, Done done);

 private:
  struct Code {
    std::string reactor;
    abi::reactor::Kind kind;
    std::string name;
  };
  using Shared = std::shared_ptr<Done>;

  void run_blocking(RouteId route, std::string name, net::HttpRequest request, Done done);
  Result<net::HttpResponse> answer_blocking(RouteId route, const std::string& name,
                                            const net::HttpRequest& request);
  Result<net::HttpResponse> list(const net::HttpRequest& request);
  Result<net::HttpResponse> show(const std::string& name, int status);
  Result<net::HttpResponse> put(const std::string& name, const net::HttpRequest& request);
  void answer_code(RouteId route, Code code, net::HttpRequest request,
                   std::shared_ptr<function::Cancellation> cancellation, Done done);
  void show_code(Code code, Done done);
  void apply(Code code, net::HttpRequest request,
             std::shared_ptr<function::Cancellation> cancellation, const Shared& done);
  Result<net::HttpResponse> apply_later(Code code, std::string arguments,
                                        std::optional<std::string> callback);
  void poll(const std::string& name, const net::HttpRequest& request, const Shared& done);

  Parts parts_;
};

}  // namespace weft::server
