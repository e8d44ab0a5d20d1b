// The bytes of a response's head.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace weft::net {

// The interim response, whole.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

struct ResponseOptions {
  bool keep_alive = true;
  bool http11 = true;     // of the request
  std::string_view date;  // RFC 9110 §5.6.7
};

// Appends the status line and the headers with the empty line behind them. False, and `out` as
// before, when the status or a header is not allowed (see HttpResponse).
bool append_response_head(std::string& out, const HttpResponse& response,
                          const ResponseOptions& options);

// False for 204 and 304, which never have one.
bool status_has_body(int status);

// Tue, 15 Nov 1994 08:12:31 GMT
std::string http_date(std::int64_t unix_seconds);

}  // namespace weft::net
