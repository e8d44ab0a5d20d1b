// What clients send, checked: bodies and query parameters as values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "function/functions.h"
#include "net/http.h"
#include "store/invocations.h"
#include "store/page.h"

namespace weft::server {

// Limits of what a request says; openapi.json states them too.
inline constexpr std::size_t kListLimitMax = 200;
inline constexpr std::size_t kSearchCharactersMax = 63;

// Errors of all of these are kInvalidArgument where no other is named, with a position in the body
// when there is one.

// A deployment from the body of PUT /v1/functions/NAME. kUnsupported for grants and languages that
// weft does not have, which it names; kTooLarge for the environment.
struct DeploymentRequest {
  function::Deployment deployment;                   // without a module where there is a source
  std::optional<std::string> source = std::nullopt;  // in Python
};
Result<DeploymentRequest> deployment_of(std::string_view body);

// What the Content-Type of an uploaded module says that it is.
function::Language language_of(const net::HttpRequest& request);

// A request to the function itself, /f/NAME/…, as it sees it, without its body.
abi::python::HttpRequest function_request(const net::HttpRequest& request);

// {"version":2}
Result<std::int64_t> rollback_of(std::string_view body);

// The one query parameter of that name; twice is an error, since it is not clear which one counts.
Result<std::optional<std::string>> single_parameter(const net::HttpRequest& request,
                                                    std::string_view name);

// The query parameters `limit` and `next`.
Result<store::Page> page_of(const net::HttpRequest& request);

// The query parameter `search`; empty when there is none.
Result<std::string> search_of(const net::HttpRequest& request);

// The query parameters `function` and `status`.
Result<store::InvocationFilter> filter_of(const net::HttpRequest& request);

// The payload of a call that GET /f/NAME?export=add&args=[2,3] makes; nothing when the query names
// neither.
Result<std::optional<std::string>> payload_of_query(const net::HttpRequest& request);

// Whether a Prefer header (RFC 7240) asks for an answer before the work is done.
bool prefers_async(const net::HttpRequest& request);

}  // namespace weft::server
