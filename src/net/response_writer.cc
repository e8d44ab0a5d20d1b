#include "net/response_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "base/http_field.h"

namespace weft::net {
namespace {

constexpr int kStatusMin = 200;
constexpr int kStatusMax = 599;

struct Reason {
  int status;
  std::string_view phrase;
};

// RFC 9110 §15, ascending.
constexpr std::array kReasons = {
    Reason{200, "OK"},
    Reason{201, "Created"},
    Reason{202, "Accepted"},
    Reason{204, "No Content"},
    Reason{206, "Partial Content"},
    Reason{301, "Moved Permanently"},
    Reason{302, "Found"},
    Reason{303, "See Other"},
    Reason{304, "Not Modified"},
    Reason{307, "Temporary Redirect"},
    Reason{308, "Permanent Redirect"},
    Reason{400, "Bad Request"},
    Reason{401, "Unauthorized"},
    Reason{403, "Forbidden"},
    Reason{404, "Not Found"},
    Reason{405, "Method Not Allowed"},
    Reason{406, "Not Acceptable"},
    Reason{408, "Request Timeout"},
    Reason{409, "Conflict"},
    Reason{410, "Gone"},
    Reason{412, "Precondition Failed"},
    Reason{413, "Content Too Large"},
    Reason{415, "Unsupported Media Type"},
    Reason{416, "Range Not Satisfiable"},
    Reason{417, "Expectation Failed"},
    Reason{421, "Misdirected Request"},
    Reason{422, "Unprocessable Content"},
    Reason{429, "Too Many Requests"},
    Reason{431, "Request Header Fields Too Large"},
    Reason{499, "Client Closed Request"},
    Reason{500, "Internal Server Error"},
    Reason{501, "Not Implemented"},
    Reason{502, "Bad Gateway"},
    Reason{503, "Service Unavailable"},
    Reason{504, "Gateway Timeout"},
};

// Statuses without an entry get an empty reason, which the grammar allows.
std::string_view reason(int status) {
  const auto found = std::ranges::lower_bound(kReasons, status, {}, &Reason::status);
  return found != kReasons.end() && found->status == status ? found->phrase : std::string_view();
}

// Headers that describe the connection or the framing; the server alone writes them.
bool is_reserved(std::string_view name) {
  switch (name.size()) {
    case 4:
      return equals_ignoring_case(name, "date");
    case 7:
      return equals_ignoring_case(name, "upgrade") || equals_ignoring_case(name, "trailer");
    case 10:
      return equals_ignoring_case(name, "connection") || equals_ignoring_case(name, "keep-alive");
    case 14:
      return equals_ignoring_case(name, "content-length");
    case 17:
      return equals_ignoring_case(name, "transfer-encoding");
    default:
      return false;
  }
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), end);
}

}  // namespace

bool status_has_body(int status) {
  return status != 204 && status != 304;
}

bool append_response_head(std::string& out, const HttpResponse& response,
                          const ResponseOptions& options) {
  if (response.status < kStatusMin || response.status > kStatusMax) return false;
  const std::size_t before = out.size();
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.push_back(' ');
  out.append(reason(response.status));
  out.append("\r\n");
  for (const Header& header : response.headers) {
    if (!is_field_name(header.name) || !is_field_value(header.value)) {
      out.resize(before);
      return false;
    }
    if (is_reserved(header.name)) continue;
    out.append(header.name);
    out.append(": ");
    out.append(header.value);
    out.append("\r\n");
  }
  if (response.status != 204) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  if (!options.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (!options.http11) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("Date: ");
  out.append(options.date);
  out.append("\r\n\r\n");
  return true;
}

std::string http_date(std::int64_t unix_seconds) {
  static constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                            "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> kMonths = {
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = unix_seconds;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                     kMonths.at(static_cast<std::size_t>(utc.tm_mon)), utc.tm_year + 1900,
                     utc.tm_hour, utc.tm_min, utc.tm_sec);
}

}  // namespace weft::net
