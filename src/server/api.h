// The HTTP API and the web pages: what a weft server does with requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/work_pool.h"
#include "function/functions.h"
#include "function/reactors.h"
#include "net/http.h"
#include "server/access.h"
#include "server/assets.h"
#include "server/callbacks.h"
#include "server/metrics.h"
#include "server/reactor_api.h"
#include "server/resources.h"
#include "server/router.h"
#include "store/invocations.h"

namespace weft::server {

// What an Api is made of; all of it outlives the object.
struct ApiParts {
  function::Functions& functions;
  function::Reactors& reactors;
  Callbacks& callbacks;
  store::Invocations& invocations;
  WorkPool& blocking;     // for everything that reads disks
  WorkPool& deployments;  // for what also compiles and initialises, which can take a minute
  const Clock& clock;
  Random& random;
  const Log& log;
};

struct ApiOptions {
  AccessOptions access;
  std::string version;  // "0.1.0"
};

// Thread-safe. Calls of functions run on the event loop that received them, all else that could
// wait on the pool. Destroyed after the HTTP server has stopped, the pool's work is done and no
// call is under way.
class Api final : public net::HttpHandler {
 public:
  Api(const ApiParts& parts, ApiOptions options);
  Api(const Api&) = delete;
  Api& operator=(const Api&) = delete;
  ~Api() override = default;

  void handle(net::HttpRequest request, net::Responder responder) override;
  net::Admission admit(const net::HttpRequest& head) override;
  net::HttpResponse refusal(const Error& error, std::optional<int> status) override;

 private:
  class Reply;

  net::BodyLimit body_limit(RouteId route) const;
  void answer(const Match& match, net::HttpRequest request, Reply reply);
  void invoke(const Match& match, net::HttpRequest request, Reply reply);
  void answer_reactors(const Match& match, net::HttpRequest request, Reply reply);
  void run_blocking(std::string parameter, net::HttpRequest request, Reply reply);
  Result<net::HttpResponse> answer_blocking(RouteId route, const std::string& parameter,
                                            const net::HttpRequest& request);
  Result<net::HttpResponse> status();
  net::HttpResponse metrics_page() const;
  // As a problem document; what is not for clients goes to the log.
  net::HttpResponse problem_of(RouteId route, const Error& error,
                               const std::optional<std::string>& invocation = std::nullopt) const;

  ApiParts parts_;
  Access access_;
  std::string version_;
  WallTime started_;
  MonotonicTime started_monotonic_;
  Resources resources_;
  UlidSource ids_;
  ReactorApi reactors_;
  Assets assets_;
  Metrics metrics_;
};

}  // namespace weft::server
