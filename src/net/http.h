// HTTP messages as values. They know no socket, so handlers can be tested without one.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/result.h"

namespace weft::net {

struct Header {
  std::string name;
  std::string value;
};

// A name and a value that point into something longer-lived.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// A complete request. A value: movable, owns all its bytes. Not thread-safe.
//
// What the server hands out has passed these checks: exactly one Host (HTTP/1.1), one framing
// (Content-Length or chunked), a target in origin, absolute or asterisk form (RFC 9112 §3.2) whose
// path has well-formed percent escapes that decode to no NUL. Everything else is the client's text:
// nothing is normalised, dot segments stay.
class HttpRequest {
 public:
  HttpRequest() = default;
  // For tests and callers without a server. `target` is as on the request line:
  // "/f/greet?name=Ada".
  HttpRequest(std::string_view method, std::string_view target,
              const std::vector<Header>& headers = {}, std::string body = {},
              std::string_view remote = "127.0.0.1:1");

  // As sent; methods are case-sensitive.
  std::string_view method() const { return view(method_); }
  std::string_view target() const { return view(target_); }
  // The target's path, still percent-encoded; "/" for an absolute form without one, "*" for the
  // asterisk form.
  std::string_view path() const { return path_.size == 0 ? std::string_view("/") : view(path_); }
  // The target's query without "?", still encoded; empty when there is none.
  std::string_view query() const { return view(query_); }
  // The authority of an absolute-form target, else the Host header, else empty. With the port, when
  // it has one.
  std::string_view host() const;
  // HTTP/1.1; false means HTTP/1.0.
  bool is_http11() const { return http11_; }
  // "192.0.2.7:51234", "[2001:db8::1]:51234".
  std::string_view remote() const {
    return remote_ ? std::string_view(*remote_) : std::string_view();
  }

  // The path's segments, each percent-decoded after the split: "/f/a%2Fb/" gives "f", "a/b", "". A
  // segment may therefore hold any byte but NUL, "/" and ".." included: it is a name, never a piece
  // of a file path.
  std::vector<std::string> segments() const;
  // The first query parameter of that name, decoded as application/x-www-form-urlencoded ("+" is a
  // space; malformed escapes stay as they are). "?a" gives "" for "a".
  std::optional<std::string> parameter(std::string_view name) const;

  // The first header of that name, compared without case; without the white space around it.
  std::optional<std::string_view> header(std::string_view name) const;
  std::size_t header_count() const { return fields_.size(); }
  // In the order received; `index` < header_count().
  HeaderView header_at(std::size_t index) const;

  const std::string& body() const { return body_; }
  std::string take_body() { return std::exchange(body_, {}); }
  void set_body(std::string body) { body_ = std::move(body); }

 private:
  friend class RequestParser;

  struct Span {
    std::uint32_t offset = 0;  // into head_
    std::uint32_t size = 0;
  };
  struct Field {
    Span name;
    Span value;
  };
  std::string_view view(Span span) const {
    return std::string_view(head_).substr(span.offset, span.size);
  }
  // Finds host_, path_ and query_ inside target_. False when the target has none of the three
  // allowed forms.
  bool split_target();

  std::string head_;  // The request line and the fields; all spans point into it.
  std::vector<Field> fields_;
  Span method_;
  Span target_;
  Span host_;  // Authority of an absolute-form target.
  Span path_;
  Span query_;
  bool http11_ = true;
  std::string body_;
  std::shared_ptr<const std::string> remote_;
};

// The bytes of a response: owned, or borrowed from something that lives as long as the process
// (files in rodata).
class Body {
 public:
  Body() = default;
  // NOLINTBEGIN(google-explicit-constructor): a text is a body wherever one is asked for.
  Body(std::string owned) : owned_(std::move(owned)) {}
  Body(const char* text) : owned_(text) {}
  // NOLINTEND(google-explicit-constructor)

  // `bytes` outlive every response made of them; they are sent without a copy.
  static Body borrowed(std::string_view bytes) {
    Body body;
    body.borrowed_ = bytes;
    body.is_borrowed_ = true;
    return body;
  }

  bool is_owned() const { return !is_borrowed_; }
  std::string_view view() const { return is_borrowed_ ? borrowed_ : std::string_view(owned_); }
  std::size_t size() const { return view().size(); }

 private:
  std::string owned_;
  std::string_view borrowed_;
  bool is_borrowed_ = false;
};

// The server adds Content-Length, Connection and Date and leaves out these and Transfer-Encoding,
// Keep-Alive and Upgrade when they stand in `headers`. A status outside 200…599 or a header that
// could break the framing (RFC 9110 §5.1, §5.5) is answered with 500 instead. For HEAD, and for
// status 204 and 304, the body is not sent; for HEAD and 304 its length is announced.
struct HttpResponse {
  int status = 200;
  std::vector<Header> headers = {};
  Body body = {};
};

// Takes one response. Move-only; exactly one `send`. Destroyed without one, it answers 500, or 503
// when the server is stopping, so that no client waits for ever. A Responder may outlive its
// connection and its server: what is sent then goes nowhere.
class Responder {
 public:
  // Where the response goes: a connection, or a test.
  class Sink {
   public:
    virtual ~Sink() = default;
    // One of these two is called, exactly once per Responder, on any thread.
    virtual void respond(HttpResponse response) = 0;
    // The responder was destroyed without an answer.
    virtual void abandon() = 0;

    // See Responder::on_gone; once, before `respond`.
    virtual void watch(Executor::Work gone) = 0;
    virtual std::shared_ptr<Executor> executor() = 0;
  };

  explicit Responder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  ~Responder() { abandon(); }

  // On any thread, once. Cheapest on the connection's own loop inside HttpHandler::handle.
  void send(HttpResponse response);

  // Calls `gone` on the executor's thread, once and never inside this call, should the client turn
  // out to have gone away before its answer is sent, or the server stop and the time to drain be
  // over: then an answer sent at once still reaches the client. Costs nothing where the answer is
  // quick. At most once, on the executor's thread. A client that ended only its own side of the
  // connection is not gone.
  void on_gone(Executor::Work gone);

  // The event loop of this connection. After HttpServer::stop it drops its work.
  std::shared_ptr<Executor> executor() const;

 private:
  void abandon();

  std::shared_ptr<Sink> sink_;  // Absent once sent or moved from.
};

// How long the body of a request may be.
struct BodyLimit {
  std::uint64_t bytes = 0;
  std::string_view name = "body_bytes";  // in the error about a longer one; outlives the request

  bool operator==(const BodyLimit&) const = default;
};

// How long a request's body may be, or the response that refuses the request.
using Admission = std::expected<BodyLimit, HttpResponse>;

// What a server does with requests. Thread-safe: every event loop calls it.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;

  // Called on the connection's event loop with a complete request: must never block. The response
  // may be sent inside this call or later from anywhere; the next request of the same connection
  // comes after it was sent.
  virtual void handle(HttpRequest request, Responder responder) = 0;

  // The response to what the server refuses by itself, because it breaks HTTP or a limit, and to a
  // request whose Responder was dropped. `status` stands for that of the error's code.
  virtual HttpResponse refusal(const Error& error, std::optional<int> status) = 0;

  // Asked on the connection's event loop when the head of a request with a body has arrived, so
  // that nobody's body takes memory who may not send one. What is refused here is answered at once,
  // a longer body with 413; both end the connection and never reach `handle`. Requests without a
  // body are not asked for: `handle` checks them, and all others again. Must not block.
  virtual Admission admit(const HttpRequest& head) = 0;
};

// `text` with each %XX replaced by its byte; nothing for a malformed escape.
std::optional<std::string> percent_decode(std::string_view text);

// The first parameter of that name in a query string ("a=1&b=2"), decoded as HttpRequest::parameter
// says.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);

// ASCII only, as HTTP compares header names.
bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace weft::net
