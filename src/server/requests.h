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
inline constexpr std::size_t kEnvironmentBytesMax = 64ULL * 1024;  // names and values together
inline constexpr std::size_t kEnvironmentNameBytesMax = 128;

// Errors of all of these are kInvalidArgument where no other is named, with a position in the body
// when there is one.

// A deployment from the body of PUT /v1/functions/NAME. kUnsupported for source code and for
// grants, which it names; kTooLarge for the environment.
Result<function::Deployment> deployment_of(std::string_view body);

// {"version":2}
Result<std::int64_t> rollback_of(std::string_view body);

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
