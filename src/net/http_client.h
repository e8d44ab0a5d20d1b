// A blocking HTTP client for the command line.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"

namespace weft::net {

// How far an exchange is, in bytes of bodies.
struct ClientProgress {
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
};

struct ClientRequest {
  std::string method = "GET";
  std::string url = {};  // http:// or https://
  std::vector<Header> headers = {};
  std::string body = {};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{60'000};  // the whole exchange; 0: none
  std::chrono::seconds silence_max{0};        // no byte in either direction, about; 0: none
  std::uint64_t response_bytes_max = 256ull * 1024 * 1024;  // of the body
  // Called by send(), also while nothing moves, then about once a second. Must not throw.
  std::function<void(const ClientProgress&)> on_progress = {};
};

struct ClientResponse {
  int status = 0;
  std::vector<Header> headers;  // in the order received, without white space around the values
  std::string body;

  // The first header of that name, compared without case.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Keeps its connection for the next request to the same server. Confined to one thread at a time.
class HttpClient {
 public:
  // kUnsupported without libcurl on the machine, kInternal when it cannot start.
  static Result<HttpClient> create();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;
  ~HttpClient();

  // Sends and waits for the whole response, whatever its status; redirects are not followed,
  // proxies of the environment are used for all but loopback hosts. kUnavailable when the server
  // cannot be reached, hangs up or is silent for too long, kDeadlineExceeded after `timeout`,
  // kTooLarge for a longer body, kInvalidArgument for a bad URL, method or header.
  Result<ClientResponse> send(const ClientRequest& request);

 private:
  struct State;
  explicit HttpClient(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::net
