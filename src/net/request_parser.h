// Reads requests from bytes: Beast's parser, made strict. Knows no socket, so that it can be tested
// and fuzzed without one.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "net/http_server.h"

namespace weft::net {

// An answer that ends the connection.
struct Refusal {
  int status = 400;
  Error error{ErrorCode::kInvalidArgument, ""};
};

// Confined to its connection.
class RequestParser {
 public:
  enum class Progress : std::uint8_t { kMore, kDone, kRefused };

  explicit RequestParser(const HttpLimits& limits);
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;
  ~RequestParser();

  // Makes it ready for the next request of the connection.
  void reset();

  // `bytes` begins with the request's first byte; after kMore, call again with the same bytes and
  // more behind them (they may have moved). After kDone, head_size() of them belong to the head.
  Progress parse_head(std::string_view bytes);
  std::size_t head_size() const;

  // After kDone of parse_head, once: the request, still without its body.
  HttpRequest take_request(std::shared_ptr<const std::string> remote);

  bool keep_alive() const;
  bool expects_continue() const;
  bool is_chunked() const;
  // 0 when chunked.
  std::uint64_t content_length() const;

  // Refuses a chunked body that becomes longer than that.
  void limit_chunks(BodyLimit limit);
  // Decodes chunks from `bytes`, appends to `body` and says in `consumed` how many bytes it is done
  // with; call again with those behind them and more. kDone after the last chunk and the trailers,
  // which are dropped.
  Progress parse_chunks(std::string_view bytes, std::size_t& consumed, std::string& body);

  // After kRefused.
  const Refusal& refusal() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "The body is longer than …": 413.
Refusal body_too_large(BodyLimit limit);

}  // namespace weft::net
