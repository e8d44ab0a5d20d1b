#include "net/http_client.h"

#include <array>
#include <utility>

#include <curl/curl.h>
#include <fmt/format.h>

#include "base/log.h"
#include "net/curl_library.h"
#include "net/endpoint.h"

namespace weft::net {
namespace {

using Easy = std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)>;
using List = std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)>;

constexpr std::size_t kHeaderBytesMax = 256UZ * 1024;

// What one exchange collects. Its address is known to libcurl while it runs.
struct Exchange {
  const ClientRequest& request;
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

extern "C" int weft_net_on_progress(void* user, curl_off_t, curl_off_t received, curl_off_t,
                                    curl_off_t sent) {
  const auto& exchange = *static_cast<const Exchange*>(user);
  exchange.request.on_progress({.sent_bytes = static_cast<std::uint64_t>(sent),
                                .received_bytes = static_cast<std::uint64_t>(received)});
  return 0;
}

// Whether the URL's host is this machine: what a proxy calls localhost is the proxy.
bool is_loopback_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view host = url.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#"));
  host.remove_prefix(host.rfind('@') + 1);  // 0 without a user
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  return equals_ignoring_case(host, "localhost") ||
         Endpoint{.address = std::string(host)}.is_loopback();
}

bool breaks_lines(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

Result<List> header_list(const CurlLibrary& curl, const std::vector<Header>& headers) {
  List list(nullptr, curl.slist_free_all);
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
    curl_slist* const longer = curl.slist_append(list.get(), line.c_str());
    if (longer == nullptr) return fail(ErrorCode::kInternal, "Out of memory for headers.");
    // The same list, or its first header: appending keeps the head.
    if (list == nullptr) list.reset(longer);
  }
  return list;
}

enum class Late : std::uint8_t { kConnection, kSilence, kResponse };

// What took too long when libcurl says that something did.
Late late_of(const CurlLibrary& curl, CURL* easy, const ClientRequest& request) {
  curl_off_t connected_us = 0;
  curl_off_t total_us = 0;
  curl.easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
  curl.easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &total_us);
  if (request.timeout.count() > 0 && std::chrono::microseconds(total_us) >= request.timeout)
    return Late::kResponse;
  return connected_us == 0 ? Late::kConnection : Late::kSilence;
}

Error too_late(Late late, const ClientRequest& request) {
  const std::string url = printable(request.url);
  const auto seconds = [](auto duration) {
    return std::chrono::duration<double>(duration).count();
  };
  switch (late) {
    case Late::kConnection:
      return {ErrorCode::kUnavailable,
              fmt::format("Cannot reach {}: no connection within {:g} s. Name another server with "
                          "--server URL or WEFT_SERVER.",
                          url, seconds(request.connect_timeout))};
    case Late::kSilence:
      return {ErrorCode::kUnavailable,
              fmt::format("{} has been silent for {:g} s: the server hangs, or has too much to do. "
                          "Its log may say why; try again later.",
                          url, seconds(request.silence_max))};
    case Late::kResponse:
      break;
  }
  return {ErrorCode::kDeadlineExceeded,
          fmt::format("{} did not answer within {:g} s.", url, seconds(request.timeout))};
}

Error failure(CURLcode code, const ClientRequest& request, const Exchange& exchange,
              std::string_view why) {
  const std::string url = printable(request.url);
  if (exchange.body_too_long) {
    return Error(ErrorCode::kTooLarge, fmt::format("The response of {} is longer than {} bytes.",
                                                   url, request.response_bytes_max))
        .with_limit("response_bytes", request.response_bytes_max);
  }
  switch (code) {
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
  explicit State(const CurlLibrary& library) : curl(library), easy(nullptr, curl.easy_cleanup) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    easy.reset();
    if (started) curl.global_cleanup();
  }

  // One more option of the transfer; the value has the type that libcurl names for it.
  template <class T>
  void set(CURLoption option, T value) {
    curl.easy_setopt(easy.get(), option, value);
  }
  void set_body(const ClientRequest& request);
  void set_times(const ClientRequest& request, Exchange& exchange);

  CurlLibrary curl;
  bool started = false;
  Easy easy;
  std::array<char, CURL_ERROR_SIZE> detail{};
};

void HttpClient::State::set_body(const ClientRequest& request) {
  if (request.method == "HEAD") {
    set(CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    // Borrowed for the call.
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(CURLOPT_POSTFIELDS, request.body.data());
  }
  // On a connection that was used before, libcurl sends again what broke off: a call could run
  // twice.
  const bool may_repeat = request.method == "GET" || request.method == "HEAD";
  set(CURLOPT_FRESH_CONNECT, may_repeat ? 0L : 1L);
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void HttpClient::State::set_times(const ClientRequest& request, Exchange& exchange) {
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (request.silence_max.count() > 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(request.silence_max.count()));
  }
  if (request.on_progress) {
    set(CURLOPT_XFERINFOFUNCTION, weft_net_on_progress);
    set(CURLOPT_XFERINFODATA, &exchange);
    set(CURLOPT_NOPROGRESS, 0L);
  }
}

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

Result<HttpClient> HttpClient::create() {
  auto state = std::make_unique<State>(TRY(CurlLibrary::load()));
  // Counted by libcurl and safe in every thread since 7.84.
  state->started = state->curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (state->started) state->easy.reset(state->curl.easy_init());
  if (!state->easy) return fail(ErrorCode::kInternal, "The HTTP client (libcurl) cannot start.");
  return HttpClient(std::move(state));
}

Result<ClientResponse> HttpClient::send(const ClientRequest& request) {
  if (request.method.empty() || breaks_lines(request.method) ||
      request.method.find(' ') != std::string::npos || breaks_lines(request.url)) {
    return fail(ErrorCode::kInvalidArgument, "The method or the URL of the request is malformed.");
  }
  const List headers = TRY(header_list(state_->curl, request.headers));
  Exchange exchange{
      .request = request, .response = {}, .body_bytes_max = request.response_bytes_max};

  const CurlLibrary& curl = state_->curl;
  curl.easy_reset(state_->easy.get());  // Keeps the connection.
  state_->detail.front() = '\0';
  state_->set(CURLOPT_ERRORBUFFER, state_->detail.data());
  state_->set(CURLOPT_URL, request.url.c_str());
  state_->set(CURLOPT_PROTOCOLS_STR, "http,https");
  state_->set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  state_->set(CURLOPT_NOSIGNAL, 1L);
  state_->set(CURLOPT_FOLLOWLOCATION, 0L);
  if (is_loopback_url(request.url)) state_->set(CURLOPT_PROXY, "");
  state_->set_times(request, exchange);
  state_->set(CURLOPT_HTTPHEADER, headers.get());
  state_->set(CURLOPT_WRITEFUNCTION, weft_net_on_body);
  state_->set(CURLOPT_WRITEDATA, &exchange);
  state_->set(CURLOPT_HEADERFUNCTION, weft_net_on_header);
  state_->set(CURLOPT_HEADERDATA, &exchange);
  state_->set_body(request);

  const CURLcode code = curl.easy_perform(state_->easy.get());
  // libcurl must not keep what ends with this call.
  state_->set(CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  state_->set(CURLOPT_ERRORBUFFER, static_cast<char*>(nullptr));
  if (code == CURLE_OPERATION_TIMEDOUT)
    return fail(too_late(late_of(curl, state_->easy.get(), request), request));
  if (code != CURLE_OK) {
    const char* const detail = state_->detail.data();
    return fail(
        failure(code, request, exchange, *detail != '\0' ? detail : curl.easy_strerror(code)));
  }
  long status = 0;
  curl.easy_getinfo(state_->easy.get(), CURLINFO_RESPONSE_CODE, &status);
  exchange.response.status = static_cast<int>(status);
  return std::move(exchange.response);
}

}  // namespace weft::net
