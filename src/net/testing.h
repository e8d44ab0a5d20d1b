// For the tests of net: a server with a handler from a lambda, and a client that sends raw bytes.
#pragma once

#include <algorithm>
#include <charconv>
#include <functional>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "net/http_server.h"

namespace weft::net::testing {

class LambdaHandler final : public HttpHandler {
 public:
  using Handle = std::function<void(HttpRequest, Responder)>;
  explicit LambdaHandler(Handle handle) : handle_(std::move(handle)) {}

  void handle(HttpRequest request, Responder responder) override {
    handle_(std::move(request), std::move(responder));
  }
  // Four bytes for /small, nothing at all for /closed.
  Admission admit(const HttpRequest& head) override {
    if (head.path() == "/small") return BodyLimit{.bytes = 4, .name = "small_bytes"};
    if (head.path() == "/closed") {
      return std::unexpected(
          refusal(Error(ErrorCode::kPermissionDenied, "Nobody may write here."), std::nullopt));
    }
    return BodyLimit{.bytes = kBodyBytesMax};
  }
  // "CODE LIMIT: MESSAGE".
  HttpResponse refusal(const Error& error, std::optional<int> status) override {
    const ErrorCodeInfo& about = info(error.code());
    std::string text = std::string(about.name) + " ";
    if (error.limit()) text += error.limit()->name;
    return {status.value_or(about.http_status), {}, Body(text + ": " + error.message())};
  }

  static constexpr std::uint64_t kBodyBytesMax = 1ULL << 30U;

 private:
  Handle handle_;
};

// "METHOD TARGET BODY".
inline void echo(const HttpRequest& request, Responder responder) {
  std::string text =
      std::string(request.method()) + " " + std::string(request.target()) + " " + request.body();
  responder.send({200, {{"Content-Type", "text/plain"}}, Body(std::move(text))});
}

// A server on a free port of 127.0.0.1, stopped at the end of the scope.
class TestServer {
 public:
  explicit TestServer(LambdaHandler::Handle handle = echo, const ServerOptions& options = {})
      : log_(clock_, LogLevel::kError), handler_(std::move(handle)) {
    auto created = HttpServer::create(options, handler_, clock_, log_);
    REQUIRE(created.has_value());
    server_ = std::move(*created);
  }

  HttpServer& operator*() { return *server_; }
  HttpServer* operator->() { return server_.get(); }
  std::string url(std::string_view path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + std::string(path);
  }
  const Clock& clock() const { return clock_; }
  const Log& log() const { return log_; }

 private:
  SystemClock clock_;
  Log log_;
  LambdaHandler handler_;
  std::unique_ptr<HttpServer> server_;
};

// A TCP connection that sends exactly what it is told.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port)
      : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // Only so that a broken server fails the test instead of hanging it.
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    const void* const any = &address;
    REQUIRE(::connect(descriptor_, static_cast<const sockaddr*>(any), sizeof(address)) == 0);
  }
  explicit RawClient(TestServer& server) : RawClient(server->port()) {}
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  // Stops early when the server has closed.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void send_urgent(char byte) { ::send(descriptor_, &byte, 1, MSG_OOB | MSG_NOSIGNAL); }
  void end_writing() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    ::close(descriptor_);
    descriptor_ = -1;
  }
  // Closes with a reset.
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
  }

  // Everything until the server closes.
  std::string read_all() {
    while (receive()) {
    }
    return std::exchange(received_, {});
  }
  // One response with its body as Content-Length says; less when the server closes before.
  std::string read_response(bool has_body = true) {
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::exchange(received_, {});
    }
    end += 4;
    const std::size_t length = received_.find("Content-Length: ");
    if (has_body && length < end) {
      std::size_t size = 0;
      std::from_chars(received_.data() + length + 16, received_.data() + end, size);
      end += size;
    }
    while (received_.size() < end && receive()) {
    }
    if (received_.size() <= end) return std::exchange(received_, {});
    std::string response = received_.substr(0, end);
    received_.erase(0, end);
    return response;
  }
  // Waits for the end of the connection; false when bytes come instead.
  bool is_closed_by_server() { return !receive() && received_.empty(); }

  // Waits for at most so many bytes and keeps them for the other functions. False at the end.
  bool receive(std::size_t bytes_max = 4096) {
    char bytes[4096];
    const ssize_t size = ::recv(descriptor_, bytes, std::min(bytes_max, sizeof(bytes)), 0);
    if (size <= 0) return false;
    received_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }

 private:
  int descriptor_;
  std::string received_;
};

}  // namespace weft::net::testing
