#include "server/resources.h"

#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "function/python_archive.h"
#include "server/render.h"
#include "server/requests.h"

namespace weft::server {
namespace {

// Bytes that somebody else chose: shown as what they are, and never as a page of this origin.
net::HttpResponse foreign_bytes(std::string content_type, std::string bytes) {
  return {200,
          {{"Content-Type", std::move(content_type)},
           {"Cache-Control", "no-store"},
           {"X-Content-Type-Options", "nosniff"},
           {"Content-Security-Policy", "sandbox"}},
          net::Body(std::move(bytes))};
}

net::HttpResponse no_content() {
  return {204, {}, {}};
}

}  // namespace

Result<net::HttpResponse> Resources::answer(RouteId route, const std::string& parameter,
                                            const net::HttpRequest& request) {
  switch (route) {
    case RouteId::kUploadModule:
      return upload_module(request);
    case RouteId::kListModules:
      return list_modules(request);
    case RouteId::kShowModule:
      return json_response(200, TRY(functions_.module(parameter)));
    case RouteId::kRemoveModule:
      TRY(functions_.remove_module(parameter));
      return no_content();
    case RouteId::kModuleBytes:
      return module_bytes(parameter);
    case RouteId::kListFunctions:
      return list_functions(request);
    case RouteId::kDeployFunction:
      return deploy_function(parameter, request);
    case RouteId::kShowFunction:
      return json_response(200, TRY(functions_.function(parameter)));
    case RouteId::kRemoveFunction:
      TRY(functions_.remove_function(parameter));
      return no_content();
    case RouteId::kListVersions:
      return list_versions(parameter, request);
    case RouteId::kRollBack:
      return roll_back(parameter, request);
    case RouteId::kListInvocations:
    case RouteId::kShowInvocation:
    case RouteId::kInvocationLogs:
      return answer_invocations(route, parameter, request);
    default:
      WEFT_ASSERT(false);
      return no_content();
  }
}

Result<net::HttpResponse> Resources::upload_module(const net::HttpRequest& request) {
  if (request.body().empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "The body is empty; it must be the bytes of a .wasm, .wat or .py file, or of a zip "
                "archive of Python files.");
  }
  const auto uploaded = TRY(functions_.upload(request.body(), language_of(request)));
  auto response = json_response(uploaded.is_new ? 201 : 200, uploaded.module);
  response.headers.push_back({"Location", fmt::format("/v1/modules/{}", uploaded.module.id)});
  return response;
}

Result<net::HttpResponse> Resources::list_modules(const net::HttpRequest& request) {
  const auto page = TRY(page_of(request));
  return json_response(TRY(functions_.modules(page)));
}

Result<net::HttpResponse> Resources::list_functions(const net::HttpRequest& request) {
  const auto search = TRY(search_of(request));
  const auto page = TRY(page_of(request));
  return json_response(TRY(functions_.functions(search, page)));
}

Result<net::HttpResponse> Resources::list_versions(const std::string& name,
                                                   const net::HttpRequest& request) {
  const auto page = TRY(page_of(request));
  return json_response(TRY(functions_.versions(name, page)));
}

Result<net::HttpResponse> Resources::roll_back(const std::string& name,
                                               const net::HttpRequest& request) {
  const auto version = TRY(rollback_of(request.body()));
  return json_response(200, TRY(functions_.rollback(name, version)));
}

Result<net::HttpResponse> Resources::module_bytes(const std::string& id) {
  const auto module = TRY(functions_.module(id));
  std::string bytes = TRY(functions_.module_bytes(id));
  if (module.dialect == abi::Dialect::kPython) {
    const bool is_archive = function::is_python_archive(bytes);
    return foreign_bytes(is_archive ? "application/zip" : "text/x-python; charset=utf-8",
                         std::move(bytes));
  }
  const bool is_text = !engine::is_binary_module(bytes);
  return foreign_bytes(is_text ? "text/plain; charset=utf-8" : "application/wasm",
                       std::move(bytes));
}

Result<net::HttpResponse> Resources::deploy_function(const std::string& name,
                                                     const net::HttpRequest& request) {
  auto [deployment, source] = TRY(deployment_of(request.body()));
  if (source)
    deployment.module = TRY(functions_.upload(*source, function::Language::kPython)).module.id;
  const auto function = TRY(functions_.deploy(name, deployment));
  auto response = json_response(function.version == 1 ? 201 : 200, function);
  response.headers.push_back({"Location", fmt::format("/v1/functions/{}", function.name)});
  return response;
}

// Records are written in batches; whoever asks sees all calls that were answered before.
Result<net::HttpResponse> Resources::answer_invocations(RouteId route, const std::string& id,
                                                        const net::HttpRequest& request) {
  if (route == RouteId::kListInvocations) {
    const auto filter = TRY(filter_of(request));
    const auto page = TRY(page_of(request));
    functions_.flush_records();
    return json_response(TRY(invocations_.list(filter, page)));
  }
  functions_.flush_records();
  if (route == RouteId::kShowInvocation) return json_response(200, TRY(invocations_.get(id)));
  return foreign_bytes("text/plain; charset=utf-8", TRY(invocations_.log(id)));
}

}  // namespace weft::server
