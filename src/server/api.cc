#include "server/api.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "json/print.h"
#include "server/render.h"
#include "server/requests.h"

namespace weft::server {
namespace {

// For bodies that are neither a module nor a payload.
constexpr std::uint64_t kBodyBytesMax = 1ULL << 20U;

net::HttpResponse text_response(std::string content_type, std::string text) {
  return {200,
          {{"Content-Type", std::move(content_type)}, {"Cache-Control", "no-store"}},
          net::Body(std::move(text))};
}

net::HttpResponse no_route(const Routing& routing, const net::HttpRequest& request) {
  if (const auto* others = std::get_if<MethodNotAllowed>(&routing)) {
    auto response =
        problem(Error(ErrorCode::kInvalidArgument,
                      fmt::format("The method {} is not for this path; it takes {}.",
                                  printable(request.method().substr(0, 32)), others->allow)),
                std::nullopt, 405);
    response.headers.push_back({"Allow", others->allow});
    return response;
  }
  return problem(Error(ErrorCode::kNotFound,
                       fmt::format("There is no route {}; GET /v1/openapi.json describes them all.",
                                   printable(request.path().substr(0, 200)))));
}

void add_call_headers(net::HttpResponse& response, const function::Outcome& outcome) {
  if (!outcome.invocation) return;
  response.headers.push_back({"weft-invocation", *outcome.invocation});
  response.headers.push_back({"weft-duration-us", std::to_string(outcome.duration_us)});
}

// What only this server may say of itself, or of its connections, to a browser; a guest's own
// policy for its content counts beside ours.
bool is_servers_own(std::string_view header) {
  // What frames a message, net leaves out by itself. Proxies obey some of these.
  constexpr std::array kOwn = {std::string_view("te"),
                               std::string_view("trailer"),
                               std::string_view("date"),
                               std::string_view("server"),
                               std::string_view("alt-svc"),
                               std::string_view("clear-site-data"),
                               std::string_view("nel"),
                               std::string_view("report-to"),
                               std::string_view("set-login"),
                               std::string_view("service-worker-allowed"),
                               std::string_view("x-sendfile"),
                               std::string_view("strict-transport-security"),
                               std::string_view("x-lighttpd-send-file"),
                               std::string_view("x-content-type-options")};
  constexpr std::array kPrefixes = {std::string_view("weft-"), std::string_view("proxy-"),
                                    std::string_view("x-accel-")};
  return std::ranges::any_of(
             kOwn,
             [header](std::string_view own) { return net::equals_ignoring_case(own, header); }) ||
         std::ranges::any_of(kPrefixes, [header](std::string_view prefix) {
           return net::equals_ignoring_case(prefix, header.substr(0, prefix.size()));
         });
}

void add_function_headers(net::HttpResponse& response,
                          std::vector<std::pair<std::string, std::string>> headers) {
  for (auto& [name, value] : headers) {
    if (!is_servers_own(name)) response.headers.push_back({std::move(name), std::move(value)});
  }
}

std::string decoded(std::string_view parameter) {
  if (parameter.find('%') == std::string_view::npos) return std::string(parameter);
  // What is no escape was refused before, or names nothing.
  return net::percent_decode(parameter).value_or(std::string(parameter));
}

}  // namespace

// One answer, which is counted.
class Api::Reply {
 public:
  Reply(net::Responder responder, Metrics& metrics, RouteId route)
      : responder_(std::move(responder)), metrics_(metrics), route_(route) {}

  RouteId route() const { return route_; }
  std::shared_ptr<Executor> executor() const { return responder_.executor(); }
  void on_gone(Executor::Work gone) { responder_.on_gone(std::move(gone)); }
  void send(net::HttpResponse response) {
    metrics_.count(route_, response.status);
    responder_.send(std::move(response));
  }

 private:
  net::Responder responder_;
  Metrics& metrics_;
  RouteId route_;
};

Api::Api(const ApiParts& parts, ApiOptions options)
    : parts_(parts),
      access_(std::move(options.access)),
      version_(std::move(options.version)),
      started_(parts.clock.wall()),
      started_monotonic_(parts.clock.monotonic()),
      resources_(parts.functions, parts.invocations),
      ids_(parts.clock, parts.random),
      reactors_({.reactors = parts.reactors,
                 .callbacks = parts.callbacks,
                 .blocking = parts.blocking,
                 .deployments = parts.deployments,
                 .ids = ids_}),
      assets_(embedded_assets()) {}

void Api::handle(net::HttpRequest request, net::Responder responder) {
  const Routing routing = route(request.method(), request.path());
  const Match* match = std::get_if<Match>(&routing);
  Reply reply(std::move(responder), metrics_, match != nullptr ? match->id : RouteId::kNone);
  if (const auto allowed = access_.check(request, reply.route()); !allowed) {
    reply.send(problem_of(reply.route(), allowed.error()));
  } else if (match == nullptr) {
    reply.send(no_route(routing, request));
  } else {
    answer(*match, std::move(request), std::move(reply));
  }
}

net::Admission Api::admit(const net::HttpRequest& head) {
  const Routing routing = route(head.method(), head.path());
  const Match* match = std::get_if<Match>(&routing);
  const RouteId id = match != nullptr ? match->id : RouteId::kNone;
  if (const auto allowed = access_.check(head, id); !allowed) {
    auto response = problem_of(id, allowed.error());
    metrics_.count(id, response.status);
    return std::unexpected(std::move(response));
  }
  return body_limit(id);
}

net::HttpResponse Api::refusal(const Error& error, std::optional<int> status) {
  auto response = problem(error, std::nullopt, status);
  metrics_.count(RouteId::kNone, response.status);
  return response;
}

net::BodyLimit Api::body_limit(RouteId route) const {
  switch (route) {
    case RouteId::kInvoke:
    case RouteId::kEndpoint:
    case RouteId::kApply:
      return {.bytes = parts_.functions.limits().payload_bytes, .name = "payload_bytes"};
    case RouteId::kPutCode:
      return {.bytes = function::kRegistrationBytesMax, .name = "registration_bytes"};
    case RouteId::kUploadModule:
      return {.bytes = parts_.functions.limits().module_bytes, .name = "module_bytes"};
    default:
      return {.bytes = kBodyBytesMax};
  }
}

void Api::answer(const Match& match, net::HttpRequest request, Reply reply) {
  switch (match.id) {
    case RouteId::kInvoke:
    case RouteId::kEndpoint:
      return invoke(match, std::move(request), std::move(reply));
    case RouteId::kPage:
      return reply.send(assets_.answer(request));
    case RouteId::kOpenApi:
      return reply.send(answer_with(embedded_openapi(), request, "no-cache"));
    case RouteId::kHealth:
      return reply.send(text_response("text/plain; charset=utf-8", "ok"));
    case RouteId::kMetrics:
      return reply.send(metrics_page());
    default:
      if (is_of_reactors(match.id))
        return answer_reactors(match, std::move(request), std::move(reply));
      return run_blocking(decoded(match.parameter), std::move(request), std::move(reply));
  }
}

void Api::answer_reactors(const Match& match, net::HttpRequest request, Reply reply) {
  const auto shared = std::make_shared<Reply>(std::move(reply));
  std::shared_ptr<function::Cancellation> cancellation;
  if (match.id == RouteId::kApply) {
    // Before it begins: its answer may be sent on another thread, at once.
    cancellation = std::make_shared<function::Cancellation>();
    shared->on_gone([cancellation] { cancellation->cancel(); });
  }
  ReactorApi::Target target{.route = match.id,
                            .reactor = decoded(match.parameter),
                            .kind = decoded(match.more[0]),
                            .name = decoded(match.more[1])};
  reactors_.answer(std::move(target), std::move(request), cancellation,
                   [this, shared](auto response) {
                     shared->send(response ? *std::move(response)
                                           : problem_of(shared->route(), response.error()));
                   });
}

void Api::invoke(const Match& match, net::HttpRequest request, Reply reply) {
  function::Call call{.function = decoded(match.parameter), .payload = {}};
  const bool is_endpoint = match.id == RouteId::kEndpoint;
  if (!is_endpoint && prefers_async(request)) {
    return reply.send(problem_of(
        match.id, Error(ErrorCode::kUnsupported,
                        "Asynchronous calls (Prefer: respond-async) are not there yet: leave the "
                        "preference out and wait for the result.")));
  }
  call.content_type = request.header("content-type").value_or("");
  call.payload = request.take_body();
  if (is_endpoint) {
    if (call.payload.empty() && !request.query().empty())
      call.typed_payload = payload_of_query(request);
    call.http = [request = std::move(request), has_token = access_.has_token()] {
      auto seen = function_request(request);
      // The server's own token is not for guests.
      if (has_token)
        std::erase_if(seen.headers, [](const auto& one) { return one.first == "authorization"; });
      return seen;
    };
  }
  const auto shared = std::make_shared<Reply>(std::move(reply));
  const function::CallHandle running = parts_.functions.invoke(
      std::move(call), shared->executor(), [this, shared, is_endpoint](function::Outcome outcome) {
        metrics_.count_call(outcome.state);
        if (!outcome.response) {
          auto response = problem_of(shared->route(), outcome.response.error(), outcome.invocation);
          add_call_headers(response, outcome);
          return shared->send(std::move(response));
        }
        net::HttpResponse response;
        response.headers.reserve(5);
        response.headers.push_back({"Content-Type", std::move(outcome.response->content_type)});
        add_call_headers(response, outcome);
        // What a guest writes must never run as a page of this origin.
        response.headers.push_back({"X-Content-Type-Options", "nosniff"});
        response.headers.push_back({"Content-Security-Policy", "sandbox"});
        if (is_endpoint) {
          response.status = outcome.response->status;
          add_function_headers(response, std::move(outcome.response->headers));
        }
        response.body = net::Body(std::move(outcome.response->body));
        shared->send(std::move(response));
      });
  // A guest must not go on computing for nobody.
  if (!running.has_ended()) shared->on_gone([running] { running.cancel(); });
}

void Api::run_blocking(std::string parameter, net::HttpRequest request, Reply reply) {
  // Shared, because a refused piece of work is gone and somebody must answer all the same.
  const auto shared = std::make_shared<Reply>(std::move(reply));
  const RouteId route = shared->route();
  const bool deploys = route == RouteId::kDeployFunction || route == RouteId::kRollBack;
  WorkPool& pool = deploys ? parts_.deployments : parts_.blocking;
  const auto accepted = pool.run([this, shared, parameter = std::move(parameter),
                                  request = std::move(request)] {
    auto response = answer_blocking(shared->route(), parameter, request);
    shared->send(response ? std::move(*response) : problem_of(shared->route(), response.error()));
  });
  if (!accepted) shared->send(problem_of(shared->route(), accepted.error()));
}

Result<net::HttpResponse> Api::answer_blocking(RouteId route, const std::string& parameter,
                                               const net::HttpRequest& request) {
  if (route == RouteId::kStatus) return status();
  if (route == RouteId::kReadiness) {
    TRY(parts_.functions.counts());
    return text_response("text/plain; charset=utf-8", "ok");
  }
  return resources_.answer(route, parameter, request);
}

Result<net::HttpResponse> Api::status() {
  const auto counts = TRY(parts_.functions.counts());
  const auto uptime = parts_.clock.monotonic() - started_monotonic_;
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  writer.key("version").value(version_);
  writer.key("started").value(to_rfc3339(started_));
  writer.key("uptime_s").value(std::chrono::duration_cast<std::chrono::seconds>(uptime).count());
  writer.key("functions").value(counts.functions);
  writer.key("modules").value(counts.modules);
  writer.end_object();
  return json_response(200, std::move(text));
}

net::HttpResponse Api::metrics_page() const {
  return text_response("text/plain; version=0.0.4; charset=utf-8",
                       metrics_.text({.invocations_in_flight = parts_.functions.in_flight(),
                                      .started = started_,
                                      .uptime = parts_.clock.monotonic() - started_monotonic_}));
}

net::HttpResponse Api::problem_of(RouteId route, const Error& error,
                                  const std::optional<std::string>& invocation) const {
  if (is_internal(error)) {
    parts_.log.error("request failed", {{"route", std::string(class_of(route))},
                                        {"code", std::string(info(error.code()).name)},
                                        {"error", error.message()}});
  }
  return problem(error, invocation);
}

}  // namespace weft::server
