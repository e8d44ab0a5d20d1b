#include "net/request_parser.h"

#include <functional>
#include <optional>

#include <fmt/format.h>

#include "net/asio.h"
// Beast comes after the settings in asio.h.
#include <boost/beast/http/basic_parser.hpp>

#include "base/assert.h"

namespace weft::net {
namespace {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using Text = boost::beast::string_view;

Refusal bad_request(std::string_view detail) {
  return {400, Error(ErrorCode::kInvalidArgument, std::string(detail))};
}

std::string_view explain(const BeastError& error) {
  if (error == http::error::bad_method) {
    return "The request line does not begin with a method and a space. If this is TLS, use http:// "
           "instead.";
  }
  if (error == http::error::bad_target)
    return "The request target holds a byte that is not allowed there.";
  if (error == http::error::bad_version) {
    return "The request line does not end in HTTP/1.1 or HTTP/1.0 and a CRLF.";
  }
  if (error == http::error::bad_field) return "A header name is not a token followed by a colon.";
  if (error == http::error::bad_value) {
    return "A header value holds a control character, or its line does not end in CRLF.";
  }
  if (error == http::error::bad_line_ending) return "A line does not end in CRLF.";
  if (error == http::error::bad_content_length || error == http::error::multiple_content_length) {
    return "Content-Length is not one decimal number, or stands beside Transfer-Encoding.";
  }
  if (error == http::error::bad_transfer_encoding) {
    return "Transfer-Encoding stands twice or beside Content-Length.";
  }
  if (error == http::error::bad_chunk || error == http::error::bad_chunk_extension) {
    return "The chunked body is malformed.";
  }
  return "The request is malformed.";
}

bool is_all_digits(Text text) {
  return !text.empty() && text.find_first_not_of("0123456789") == Text::npos;
}

// Loosely RFC 9110 §7.2: nothing that could pass for two hosts or for more than an authority.
bool is_valid_host(Text text) {
  return text.find_first_of(" \t,/\\@?#\"<>") == Text::npos;
}

}  // namespace

struct RequestParser::Impl final : http::basic_parser<true> {
  explicit Impl(const HttpLimits& of_server) : limits(of_server) {
    // Both limits are enforced here: Beast counts the head's bytes only within one piece, and a
    // body's limit is known only when the head has been read.
    header_limit(of_server.header_bytes_max);
    body_limit(boost::none);
  }

  HttpRequest::Span span_of(Text text) const {
    return {static_cast<std::uint32_t>(text.data() - base.data()),
            static_cast<std::uint32_t>(text.size())};
  }

  void refuse(Refusal why, BeastError& error) {
    refusal = std::move(why);
    error = http::error::bad_value;
  }

  void on_request_impl(http::verb, Text method, Text target, int version, BeastError&) override {
    request.method_ = span_of(method);
    request.target_ = span_of(target);
    request.http11_ = version == 11;
  }

  void on_response_impl(int, Text, int, BeastError&) override {}

  void on_field_impl(http::field field, Text name, Text value, BeastError& error) override {
    if (in_body) return;
    if (is_folded(name, value)) {
      return refuse(bad_request("A header continues on a second line (obsolete line folding)."),
                    error);
    }
    if (request.fields_.size() >= limits.header_count_max) return refuse(too_many_headers(), error);
    if (request.fields_.empty()) request.fields_.reserve(8);
    request.fields_.push_back({span_of(name), span_of(value)});
    switch (field) {
      case http::field::host:
        return on_host(value, error);
      case http::field::content_length:
        return on_content_length(value, error);
      case http::field::transfer_encoding:
        return on_transfer_encoding(value, error);
      case http::field::expect:
        return on_expect(value, error);
      default:
        return;
    }
  }

  // Beast joins folded lines in a buffer of its own, or leaves a fold before the value's first
  // character.
  bool is_folded(Text name, Text value) const {
    const char* const begin = name.data() + name.size() + 1;
    const char* const end = base.data() + base.size();
    if (std::less<>()(value.data(), begin) || std::less<>()(end, value.data())) return true;
    return Text(begin, static_cast<std::size_t>(value.data() - begin)).find('\r') != Text::npos;
  }

  void on_host(Text value, BeastError& error) {
    if (++hosts > 1) return refuse(bad_request("Host stands twice."), error);
    if (!is_valid_host(value)) refuse(bad_request("Host is not one host and port."), error);
  }

  void on_content_length(Text value, BeastError& error) {
    if (++content_lengths > 1) return refuse(bad_request("Content-Length stands twice."), error);
    if (!is_all_digits(value))
      refuse(bad_request("Content-Length is not one decimal number."), error);
  }

  void on_transfer_encoding(Text value, BeastError& error) {
    if (!request.http11_) {
      return refuse(bad_request("Transfer-Encoding is not allowed in HTTP/1.0."), error);
    }
    if (!equals_ignoring_case({value.data(), value.size()}, "chunked")) {
      refuse(bad_request("Transfer-Encoding is not exactly \"chunked\"."), error);
    }
  }

  void on_expect(Text value, BeastError& error) {
    if (!equals_ignoring_case({value.data(), value.size()}, "100-continue")) {
      return refuse(
          {417, Error(ErrorCode::kUnsupported, "Only \"Expect: 100-continue\" is supported.")},
          error);
    }
    expects_continue = request.http11_;
  }

  Refusal too_many_headers() const {
    return {431, Error(ErrorCode::kTooLarge, fmt::format("The request has more than {} headers.",
                                                         limits.header_count_max))
                     .with_limit("header_count", limits.header_count_max)};
  }

  Refusal head_too_large() const {
    return {431, Error(ErrorCode::kTooLarge,
                       fmt::format("The request line and headers are longer than {} bytes.",
                                   limits.header_bytes_max))
                     .with_limit("header_bytes", limits.header_bytes_max)};
  }

  void on_header_impl(BeastError& error) override {
    if (request.http11_ && hosts == 0) refuse(bad_request("The Host header is missing."), error);
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}

  std::size_t on_body_impl(Text bytes, BeastError&) override { return bytes.size(); }

  void on_chunk_header_impl(std::uint64_t, Text, BeastError&) override {}

  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, BeastError&) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_finish_impl(BeastError&) override {}

  Progress refused(const BeastError& error) {
    if (!refusal) {
      refusal = error == http::error::header_limit ? head_too_large() : bad_request(explain(error));
    }
    return Progress::kRefused;
  }

  const HttpLimits& limits;
  HttpRequest request;     // While the head is read: only spans into it.
  std::string_view base;   // The bytes of the current call, from the request's first.
  std::size_t parsed = 0;  // Bytes of the head that Beast is done with.
  std::string* body = nullptr;
  unsigned hosts = 0;
  unsigned content_lengths = 0;
  bool expects_continue = false;
  bool in_body = false;  // What looks like headers is a trailer.
  BodyLimit chunk_limit;
  std::optional<Refusal> refusal;
};

RequestParser::RequestParser(const HttpLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}

RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  // Beast's parser cannot be used twice; the memory can.
  const HttpLimits& limits = impl_->limits;
  std::destroy_at(impl_.get());
  std::construct_at(impl_.get(), limits);
}

RequestParser::Progress RequestParser::parse_head(std::string_view bytes) {
  Impl& impl = *impl_;
  impl.base = bytes;
  BeastError error;
  const std::string_view rest = bytes.substr(impl.parsed);
  impl.parsed += impl.put(asio::const_buffer(rest.data(), rest.size()), error);
  const bool more = error == http::error::need_more;
  if (error && !more) return impl.refused(error);
  if ((more ? bytes.size() : impl.parsed) > impl.limits.header_bytes_max) {
    return impl.refused(http::error::header_limit);
  }
  if (more) return Progress::kMore;
  impl.request.head_.assign(bytes.substr(0, impl.parsed));
  if (!impl.request.split_target()) {
    impl.refusal = bad_request(
        "The request target is not a path, a http:// or https:// URL or \"*\", or its path has a "
        "malformed escape.");
    return Progress::kRefused;
  }
  return Progress::kDone;
}

std::size_t RequestParser::head_size() const {
  return impl_->parsed;
}

HttpRequest RequestParser::take_request(std::shared_ptr<const std::string> remote) {
  impl_->request.remote_ = std::move(remote);
  return std::move(impl_->request);
}

bool RequestParser::keep_alive() const {
  return impl_->keep_alive();
}

bool RequestParser::expects_continue() const {
  return impl_->expects_continue;
}

bool RequestParser::is_chunked() const {
  return impl_->chunked();
}

std::uint64_t RequestParser::content_length() const {
  return impl_->content_length().value_or(0);
}

void RequestParser::limit_chunks(BodyLimit limit) {
  impl_->chunk_limit = limit;
  impl_->body_limit(limit.bytes);
  impl_->eager(true);
}

RequestParser::Progress RequestParser::parse_chunks(std::string_view bytes, std::size_t& consumed,
                                                    std::string& body) {
  Impl& impl = *impl_;
  impl.in_body = true;
  impl.body = &body;
  BeastError error;
  consumed = impl.put(asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error == http::error::body_limit) {
    impl.refusal = body_too_large(impl.chunk_limit);
    return Progress::kRefused;
  }
  if (error && error != http::error::need_more) return impl.refused(error);
  // A chunk's header, its extensions and the trailers wait here until they are whole.
  if (bytes.size() - consumed > impl.limits.header_bytes_max) {
    return impl.refused(http::error::bad_chunk);
  }
  return impl.is_done() ? Progress::kDone : Progress::kMore;
}

const Refusal& RequestParser::refusal() const {
  const auto& refusal = impl_->refusal;
  WEFT_ASSERT(refusal.has_value());
  return *refusal;
}

Refusal body_too_large(BodyLimit limit) {
  return {413, Error(ErrorCode::kTooLarge,
                     fmt::format("The request's body is longer than the limit of {} bytes.",
                                 limit.bytes))
                   .with_limit(std::string(limit.name), limit.bytes)};
}

}  // namespace weft::net
