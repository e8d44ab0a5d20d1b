#include "server/reactor_api.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "json/parse.h"
#include "json/print.h"
#include "server/render.h"
#include "server/requests.h"

namespace weft::server {
namespace {

using abi::reactor::Kind;

constexpr std::size_t kBodyDepthMax = 32;
constexpr std::size_t kShownBytesMax = 100;

// As paths have them.
constexpr std::array<std::pair<std::string_view, Kind>, 3> kKindsOfPaths = {
    {{"lambdas", Kind::kLambda}, {"defs", Kind::kDef}, {"modules", Kind::kModule}}};

net::HttpResponse no_content() {
  return {204, {}, {}};
}

// What somebody else chose: never a page of this origin.
net::HttpResponse foreign_text(std::string text) {
  return {200,
          {{"Content-Type", "text/plain; charset=utf-8"},
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"},
           {"Content-Security-Policy", "sandbox"}},
          net::Body(std::move(text))};
}

net::HttpResponse apply_response(std::string answer) {
  auto response = json_response(200, std::move(answer));
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return response;
}

void write_members(json::Writer& writer, const function::ReactorInfo& reactor) {
  writer.key("name").value(reactor.name);
  const json::Value settings = function::to_json(reactor.settings);
  for (const json::Member& member : settings.as_object())
    writer.key(member.key()).value(member.value());
  writer.key("created").value(to_rfc3339(reactor.created));
  writer.key("changed").value(to_rfc3339(reactor.changed));
  writer.key("live").value(reactor.is_live);
  writer.key("memory_bytes").value(reactor.memory_bytes);
  writer.key("in_flight").value(reactor.in_flight);
  writer.key("code_bytes").value(reactor.code_bytes);
  writer.key("registration_count").value(reactor.registrations);
}

void write(json::Writer& writer, const function::RegistrationInfo& registration) {
  const store::RegistrationRecord& record = registration.record;
  writer.begin_object();
  writer.key("kind").value(record.kind);
  writer.key("name").value(record.name);
  writer.key("code_bytes").value(record.code_bytes);
  writer.key("registered").value(to_rfc3339(record.registered));
  writer.key("problem");
  if (registration.problem) {
    writer.value(*registration.problem);
  } else {
    writer.value(nullptr);
  }
  writer.end_object();
}

net::HttpResponse results_response(const function::ReactorResults& results) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("items").begin_array();
  for (const function::ReactorResult& each : results.items) {
    writer.begin_object();
    writer.key("sequence").value(each.sequence);
    writer.key("id").value(each.id);
    write_outcome(writer, each.answer);
    writer.end_object();
  }
  writer.end_array();
  writer.key("next").value(results.next);
  writer.key("dropped").value(results.dropped);
  writer.key("restarted").value(results.is_restarted);
  writer.end_object();
  return json_response(200, std::move(text));
}

// The query parameter; `otherwise` where there is none.
Result<std::uint64_t> number_in_query(const net::HttpRequest& request, std::string_view name,
                                      std::uint64_t most, std::uint64_t otherwise) {
  const auto text = TRY(single_parameter(request, name));
  if (!text) return otherwise;
  std::uint64_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [rest, problem] = std::from_chars(text->data(), end, number);
  if (problem == std::errc() && rest == end && number <= most) return number;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("The query parameter \"{}\" must be a whole number from 0 to {}, not "
                          "\"{}\".",
                          name, most, shown(*text, kShownBytesMax)));
}

Result<bool> is_async(const net::HttpRequest& request) {
  const auto text = TRY(single_parameter(request, "async"));
  if (!text || *text == "0") return prefers_async(request);
  if (*text == "1") return true;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("The query parameter \"async\" must be 0 or 1, not \"{}\".",
                          shown(*text, kShownBytesMax)));
}

}  // namespace

void write(json::Writer& writer, const function::ReactorInfo& reactor) {
  writer.begin_object();
  write_members(writer, reactor);
  writer.end_object();
}

bool is_of_reactors(RouteId route) {
  switch (route) {
    case RouteId::kListReactors:
    case RouteId::kPutReactor:
    case RouteId::kShowReactor:
    case RouteId::kRemoveReactor:
    case RouteId::kReactorResults:
    case RouteId::kReactorLogs:
    case RouteId::kPutCode:
    case RouteId::kShowCode:
    case RouteId::kRemoveCode:
    case RouteId::kApply:
      return true;
    default:
      return false;
  }
}

void ReactorApi::answer(Target target, net::HttpRequest request,
                        std::shared_ptr<function::Cancellation> cancellation, Done done) {
  if (target.route == RouteId::kReactorResults)
    return poll(target.reactor, request, std::make_shared<Done>(std::move(done)));
  if (target.kind.empty()) {
    return run_blocking(target.route, std::move(target.reactor), std::move(request),
                        std::move(done));
  }
  const auto* const kind = std::ranges::find(kKindsOfPaths, std::string_view(target.kind),
                                             &std::pair<std::string_view, Kind>::first);
  if (kind == kKindsOfPaths.end()) {
    return done(fail(ErrorCode::kNotFound,
                     fmt::format("A reactor has lambdas, defs and modules, and no {}.",
                                 shown(target.kind, kShownBytesMax))));
  }
  answer_code(
      target.route,
      {.reactor = std::move(target.reactor), .kind = kind->second, .name = std::move(target.name)},
      std::move(request), std::move(cancellation), std::move(done));
}

void ReactorApi::run_blocking(RouteId route, std::string name, net::HttpRequest request,
                              Done done) {
  const auto shared = std::make_shared<Done>(std::move(done));
  WorkPool& pool = route == RouteId::kPutReactor ? parts_.deployments : parts_.blocking;
  const auto accepted = pool.run([this, route, name = std::move(name), request = std::move(request),
                                  shared] { (*shared)(answer_blocking(route, name, request)); });
  if (!accepted) (*shared)(fail(accepted.error()));
}

Result<net::HttpResponse> ReactorApi::answer_blocking(RouteId route, const std::string& name,
                                                      const net::HttpRequest& request) {
  switch (route) {
    case RouteId::kListReactors:
      return list(request);
    case RouteId::kPutReactor:
      return put(name, request);
    case RouteId::kRemoveReactor:
      TRY(parts_.reactors.remove(name));
      return no_content();
    case RouteId::kReactorLogs:
      return foreign_text(TRY(parts_.reactors.log(name)));
    default:
      return show(name, 200);
  }
}

Result<net::HttpResponse> ReactorApi::list(const net::HttpRequest& request) {
  const store::Page page = TRY(page_of(request));
  return json_response(TRY(parts_.reactors.list(page)));
}

Result<net::HttpResponse> ReactorApi::show(const std::string& name, int status) {
  const auto reactor = TRY(parts_.reactors.show(name));
  const auto registrations = TRY(parts_.reactors.registrations(name));
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  write_members(writer, reactor);
  writer.key("registrations").begin_array();
  for (const function::RegistrationInfo& each : registrations)
    write(writer, each);
  writer.end_array().end_object();
  return json_response(status, std::move(text));
}

Result<net::HttpResponse> ReactorApi::put(const std::string& name,
                                          const net::HttpRequest& request) {
  // Without a body, everything is as it is by default.
  function::ReactorSettings settings;
  if (!request.body().empty()) {
    const json::Value body = TRY(json::parse(request.body(), {.depth_max = kBodyDepthMax}));
    settings = TRY(function::reactor_settings_of(body));
  }
  const bool is_new = TRY(parts_.reactors.put(name, settings));
  auto response = TRY(show(name, is_new ? 201 : 200));
  response.headers.push_back({"Location", fmt::format("/v1/reactors/{}", name)});
  return response;
}

void ReactorApi::answer_code(RouteId route, Code code, net::HttpRequest request,
                             std::shared_ptr<function::Cancellation> cancellation, Done done) {
  if (route == RouteId::kShowCode) return show_code(std::move(code), std::move(done));
  const auto shared = std::make_shared<Done>(std::move(done));
  if (route == RouteId::kApply)
    return apply(std::move(code), std::move(request), std::move(cancellation), shared);
  Result<> begun;
  if (route == RouteId::kRemoveCode) {
    begun = parts_.reactors.remove(code.reactor, code.kind, code.name, [shared](Result<> removed) {
      (*shared)(removed ? Result<net::HttpResponse>(no_content())
                        : fail(std::move(removed.error())));
    });
  } else {
    const std::size_t bytes = request.body().size();
    const std::string_view kind = name_of(code.kind);
    begun = parts_.reactors.add(
        code.reactor, {.kind = std::string(kind), .name = code.name, .code = request.take_body()},
        [shared, kind, name = code.name, bytes](Result<bool> added) {
          if (!added) return (*shared)(fail(std::move(added.error())));
          std::string text;
          json::Writer writer(text);
          writer.begin_object().key("kind").value(kind).key("name").value(name);
          writer.key("code_bytes").value(bytes).end_object();
          (*shared)(json_response(*added ? 201 : 200, std::move(text)));
        });
  }
  if (!begun) (*shared)(fail(std::move(begun.error())));
}

void ReactorApi::show_code(Code code, Done done) {
  const auto shared = std::make_shared<Done>(std::move(done));
  const auto accepted = parts_.blocking.run([this, code = std::move(code), shared] {
    auto record = parts_.reactors.code(code.reactor, code.kind, code.name);
    (*shared)(record ? Result<net::HttpResponse>(foreign_text(std::move(record->code)))
                     : fail(std::move(record.error())));
  });
  if (!accepted) (*shared)(fail(accepted.error()));
}

void ReactorApi::apply(Code code, net::HttpRequest request,
                       std::shared_ptr<function::Cancellation> cancellation, const Shared& done) {
  auto callback = single_parameter(request, "callback");
  auto is_later = is_async(request);
  if (!callback || !is_later)
    return (*done)(fail(callback ? std::move(is_later.error()) : std::move(callback.error())));
  if (*callback || *is_later) {
    return (*done)(apply_later(std::move(code), request.take_body(), *std::move(callback)));
  }
  auto begun = parts_.reactors.apply(
      {.reactor = std::move(code.reactor),
       .kind = code.kind,
       .name = std::move(code.name),
       .arguments = request.take_body()},
      std::move(cancellation), [done](Result<std::string> answer) {
        (*done)(answer ? Result<net::HttpResponse>(apply_response(*std::move(answer)))
                       : fail(std::move(answer.error())));
      });
  if (!begun) (*done)(fail(std::move(begun.error())));
}

Result<net::HttpResponse> ReactorApi::apply_later(Code code, std::string arguments,
                                                  std::optional<std::string> callback) {
  if (callback) TRY(parts_.callbacks.check(*callback));
  std::string id = parts_.ids.next();
  TRY(parts_.reactors.apply(
      {.reactor = code.reactor,
       .kind = code.kind,
       .name = std::move(code.name),
       .arguments = std::move(arguments)},
      nullptr,
      [this, reactor = code.reactor, id,
       callback = std::move(callback)](Result<std::string> answer) mutable {
        if (!callback) return parts_.reactors.keep(reactor, std::move(id), std::move(answer));
        if (answer && !json::parse(*answer)) {
          answer = fail(ErrorCode::kGuestError, "the reactor's answer is not JSON");
        }
        parts_.callbacks.send({.url = *std::move(callback),
                               .reactor = std::move(reactor),
                               .id = std::move(id),
                               .answer = std::move(answer)},
                              [this](Callback unsent) {
                                parts_.reactors.keep(unsent.reactor, std::move(unsent.id),
                                                     std::move(unsent.answer));
                              });
      }));
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("id").value(id).end_object();
  return json_response(202, std::move(text));
}

void ReactorApi::poll(const std::string& name, const net::HttpRequest& request,
                      const Shared& done) {
  constexpr std::uint64_t kWaitMax = static_cast<std::uint64_t>(function::kPollMax.count());
  const auto after = number_in_query(request, "after", INT64_MAX, 0);
  const auto wait = number_in_query(request, "wait", kWaitMax, 0);
  if (!after || !wait) return (*done)(fail(after ? wait.error() : after.error()));
  parts_.reactors.poll(name, *after, std::chrono::seconds(*wait),
                       [done](Result<function::ReactorResults> results) {
                         (*done)(results ? Result<net::HttpResponse>(results_response(*results))
                                         : fail(std::move(results.error())));
                       });
}

}  // namespace weft::server
