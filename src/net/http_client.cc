#include "net/http_client.h"

#include <array>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/handle.h"
#include "base/log.h"

namespace weft::net {
namespace {

using Easy = Handle<CURL, curl_easy_cleanup>;
using List = Handle<curl_slist, curl_slist_free_all>;

constexpr std::size_t kHeaderBytesMax = 256 * 1024;

// What one exchange collects. Its address is known to libcurl while it runs.
struct Exchange {
  ClientResponse response;
  std::uint64_t body_bytes_max = 0;
  std::size_t header_bytes = 0;
  bool body_too_long = false;
};

extern "C" std::size_t weft_net_on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (size > exchange.body_bytes_max - exchange.response.body.size()) {
    exchange.body_too_long = true;
    return 0;  // Ends the exchange.
  }
  exchange.response.body.append(data, size);
  return size;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

extern "C" std::size_t weft_net_on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size);
  exchange.header_bytes += size;
  if (exchange.header_bytes > kHeaderBytesMax) return 0;
  if (line.starts_with("HTTP/")) {
    // 100 Continue and a proxy's answer have headers of their own; only the last ones count.
    exchange.response.headers.clear();
    return size;
  }
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    exchange.response.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(trimmed(line.substr(colon + 1)))});
  }
  return size;
}

bool breaks_lines(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

Result<List> header_list(const std::vector<Header>& headers) {
  List list;
  for (const Header& header : headers) {
    if (header.name.empty() || breaks_lines(header.name) || breaks_lines(header.value)) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format(
              "The header \"{}\" cannot be sent: a name or value holds a line break or is empty.",
              printable(header.name)));
    }
    // libcurl takes "Name;" for an empty value; "Name:" would remove the header.
    const std::string line =
        header.value.empty() ? header.name + ";" : fmt::format("{}: {}", header.name, header.value);
    curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return fail(ErrorCode::kInternal, "Out of memory for headers.");
    static_cast<void>(list.release());
    list.reset(longer);
  }
  return list;
}

Error failure(CURLcode code, const ClientRequest& request, const Exchange& exchange,
              const char* detail) {
  const std::string url = printable(request.url);
  const std::string_view why = *detail != '\0' ? detail : curl_easy_strerror(code);
  if (exchange.body_too_long) {
    return Error(ErrorCode::kTooLarge, fmt::format("The response of {} is longer than {} bytes.",
                                                   url, request.response_bytes_max))
        .with_limit("response_bytes_max", request.response_bytes_max);
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return Error(ErrorCode::kDeadlineExceeded,
                   fmt::format("{} did not answer in time: {}.", url, why));
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Error(
          ErrorCode::kInvalidArgument,
          fmt::format("\"{}\" is not a URL of a server: {}. Write http://HOST:PORT.", url, why));
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return Error(
          ErrorCode::kUnavailable,
          fmt::format("Cannot reach {}: {}. Start a server with `weft serve`, or name another with "
                      "--server URL or WEFT_SERVER.",
                      url, why));
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
      return Error(ErrorCode::kInternal, fmt::format("Cannot ask {}: {}.", url, why));
    default:
      return Error(ErrorCode::kUnavailable,
                   fmt::format("The exchange with {} failed: {}.", url, why));
  }
}

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  for (const Header& each : headers) {
    if (equals_ignoring_case(each.name, name)) return each.value;
  }
  return std::nullopt;
}

struct HttpClient::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    easy.reset();
    if (started) curl_global_cleanup();
  }

  void set_body(const ClientRequest& request);

  bool started = false;
  Easy easy;
  std::array<char, CURL_ERROR_SIZE> detail{};
};

void HttpClient::State::set_body(const ClientRequest& request) {
  CURL* const curl = easy.get();
  if (request.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    // Borrowed for the call.
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::create() {
  auto state = std::make_unique<State>();
  // Counted by libcurl and safe in every thread since 7.84.
  state->started = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (state->started) state->easy.reset(curl_easy_init());
  if (!state->easy) return fail(ErrorCode::kInternal, "The HTTP client (libcurl) cannot start.");
  return HttpClient(std::move(state));
}

Result<ClientResponse> HttpClient::send(const ClientRequest& request) {
  if (request.method.empty() || breaks_lines(request.method) ||
      request.method.find(' ') != std::string::npos || breaks_lines(request.url)) {
    return fail(ErrorCode::kInvalidArgument, "The method or the URL of the request is malformed.");
  }
  const List headers = TRY(header_list(request.headers));
  Exchange exchange;
  exchange.body_bytes_max = request.response_bytes_max;

  CURL* const curl = state_->easy.get();
  curl_easy_reset(curl);  // Keeps the connection.
  state_->detail.front() = '\0';
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, state_->detail.data());
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, weft_net_on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, weft_net_on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
  state_->set_body(request);

  const CURLcode code = curl_easy_perform(curl);
  // libcurl must not keep what ends with this call.
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  if (code != CURLE_OK) return fail(failure(code, request, exchange, state_->detail.data()));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

}  // namespace weft::net
