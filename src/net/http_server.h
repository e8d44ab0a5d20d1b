// The HTTP/1.1 server: event loops, connections, limits. Strict about framing, because it may stand
// behind a proxy (RFC 9112 §11): what is ambiguous is answered with 400 and the connection closed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/result.h"
#include "net/endpoint.h"
#include "net/http.h"

namespace weft::net {

// Deadlines are kept by one sweep per loop, so each may come late by up to a second (or a quarter
// of the shortest).
struct HttpLimits {
  std::uint32_t header_bytes_max = 16 * 1024;  // request line and headers together: 431
  std::uint32_t header_count_max = 100;        // 431
  // Bodies of requests in memory, on all connections together: 429, or 413 when one alone is
  // longer. As much again of answers that their clients do not take: 503, unless it is the only
  // one.
  std::uint64_t bodies_bytes_max = 512ULL * 1024 * 1024;
  // All loops together. One more gets 503 and is closed; as many again are being told so, but at
  // most kRefusedMax. Beyond these they are closed without a word.
  std::uint32_t connections_max = 4096;
  std::chrono::milliseconds header_timeout{
      10'000};  // from accept or first byte to the head's end: 408
  // For `progress_bytes` of a body, or what is left of it: 408.
  std::chrono::milliseconds body_timeout{20'000};
  std::chrono::milliseconds keep_alive_timeout{75'000};  // between two requests: closed
  // For the client to take `progress_bytes` of a response, or what is left of it: closed.
  std::chrono::milliseconds write_timeout{20'000};
  // With the two time-outs the rate below which a client is too slow: 819 bytes per second. At
  // least 1.
  std::uint64_t progress_bytes = 16ULL * 1024;
};

inline constexpr std::uint32_t kRefusedMax = 64;

// The largest connections_max for which a server with that many threads needs at most `descriptors`
// open files. At least 1, which a server that has to refuse anybody cannot do with less.
std::uint32_t connections_possible(std::uint64_t descriptors, unsigned threads);

struct ServerOptions {
  Endpoint listen = {};
  unsigned threads = 1;      // event loops, 1…256, each on its own thread
  bool pin_threads = false;  // each to one of the processors that this process may use
  HttpLimits limits = {};
};

// Thread-safe. Serves from `create` until `stop` or destruction.
class HttpServer {
 public:
  // Listens and starts the loops. kFailedPrecondition when something else listens there;
  // kPermissionDenied, kInvalidArgument (no such address here) or kUnavailable otherwise; the
  // messages say what to do. `handler`, `clock` and `log` outlive the server.
  static Result<std::unique_ptr<HttpServer>> create(const ServerOptions& options,
                                                    HttpHandler& handler, const Clock& clock,
                                                    const Log& log);
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // stop(0 ms).
  ~HttpServer();

  // The port it listens on, also when the options said 0.
  std::uint16_t port() const;
  // The address with that port.
  Endpoint endpoint() const;

  // The event loops, for work that belongs to one of them. They live as long as the server; after
  // `stop` they drop what is posted.
  std::vector<Executor*> executors() const;

  // Stops accepting, closes idle connections, lets requests in flight finish for at most `drain`,
  // then tells the handlers of the rest (Responder::on_gone), sends what they answer within a
  // second, closes what is left and ends the threads. Afterwards no handler runs. Never on a loop's
  // own thread. A second call does nothing.
  void stop(std::chrono::milliseconds drain);

 private:
  struct State;
  explicit HttpServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weft::net
