// One accepted connection: reads requests, hands them over, writes responses.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "net/byte_budget.h"
#include "net/client_watch.h"
#include "net/http.h"
#include "net/http_server.h"
#include "net/loop.h"
#include "net/read_buffer.h"
#include "net/request_parser.h"
#include "net/response_writer.h"

namespace weft::net {

// Counts the connections of a server. Thread-safe.
class ConnectionCount {
 public:
  std::uint32_t add() { return count_.fetch_add(1) + 1; }
  void remove();
  // False when some are left after `time`.
  bool wait_until_none(std::chrono::milliseconds time);
  void wait_until_none();

 private:
  std::atomic<std::uint32_t> count_ = 0;
  std::mutex mutex_;  // Only so that a wait misses no wake-up.
  std::condition_variable none_;
};

// What all connections of a server share. Outlives their time on the loops.
struct ConnectionContext {
  HttpLimits limits;
  HttpHandler& handler;
  ConnectionCount count;
  ByteBudget bodies;   // of requests
  ByteBudget answers;  // their bodies
};

// An accepted socket and its place in the count; gives both back when it is dropped.
class Accepted {
 public:
  Accepted(int descriptor, bool ipv6, ConnectionCount& count)
      : descriptor_(descriptor), ipv6_(ipv6), count_(&count) {}
  Accepted(Accepted&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)),
        ipv6_(other.ipv6_),
        count_(std::exchange(other.count_, nullptr)) {}
  Accepted(const Accepted&) = delete;
  Accepted& operator=(const Accepted&) = delete;
  Accepted& operator=(Accepted&&) = delete;
  ~Accepted();

  int release() { return std::exchange(descriptor_, -1); }
  asio::ip::tcp protocol() const { return ipv6_ ? asio::ip::tcp::v6() : asio::ip::tcp::v4(); }
  // The connection has ended.
  void leave();

 private:
  int descriptor_;
  bool ipv6_;
  ConnectionCount* count_;  // Absent once left.
};

// Confined to its loop, except `respond`. Owned by its coroutine and, while a request is handled,
// by the Responder: it may outlive the loop's run, but then only its memory is left.
class Connection final : public Responder::Sink,
                         public Swept,
                         public std::enable_shared_from_this<Connection> {
 public:
  // `refused`: over the limit of connections, so that it gets 503.
  Connection(std::shared_ptr<Loop> loop, ConnectionContext& context, Accepted accepted,
             std::shared_ptr<const std::string> remote, bool refused);

  // On the loop's thread: serves until the end.
  void start();

  void respond(HttpResponse response) override;
  void abandon() override;
  void watch(Executor::Work gone) override;
  std::shared_ptr<Executor> executor() override { return loop_; }

  void sweep(std::uint32_t tick) override;
  void drain() override;
  void give_up() override;
  void abort() override;

 private:
  enum class Phase : std::uint8_t { kIdle, kHead, kBody, kHandling, kWriting, kLingering };
  using Progress = RequestParser::Progress;

  Task<> serve();
  Task<> linger();
  Task<> refuse(const Refusal& why);
  Task<> end_with(HttpResponse response);
  Task<> end_of_input(boost::system::error_code error);
  Task<bool> read_body();
  Task<bool> read_sized_body(std::string& body);
  Task<bool> read_chunked_body(std::string& body);
  Task<bool> answer_continue();
  Task<bool> write_rest();
  Task<bool> read_failed(boost::system::error_code error);
  Task<bool> refuse_body(std::string& body, Refusal why);

  Progress parse_head();
  void begin_head();
  std::optional<HttpResponse> begin_request();
  HttpResponse response_to(const Refusal& why) const;
  Refusal no_room(std::uint64_t body_bytes) const;
  void hand_over();
  void take_response(HttpResponse response);
  void compose();
  void drop_response();
  bool write_now();
  void written(std::size_t bytes);
  bool is_all_written() const { return head_left_.empty() && body_left_.empty(); }
  std::array<asio::const_buffer, 2> unwritten() const;
  void arm(Phase phase, std::uint32_t ticks);
  void progressed(std::size_t bytes, std::chrono::milliseconds time);
  void disarm(Phase phase);
  void finish();

  const std::shared_ptr<Loop> loop_;
  ConnectionContext& context_;
  Accepted accepted_;
  Socket socket_;
  ClientWatch client_watch_;
  const std::shared_ptr<const std::string> remote_;
  const bool refused_;
  const std::uint32_t keep_alive_ticks_;
  const std::uint32_t head_ticks_;

  ReadBuffer buffer_;
  RequestParser parser_;
  HttpRequest request_;
  BudgetShare body_share_;
  BudgetShare answer_share_;
  bool fresh_ = true;  // No byte of the next request has been parsed.
  bool served_one_ = false;
  bool keep_alive_ = true;
  bool head_only_ = false;  // The request is HEAD.
  bool http11_ = true;
  bool body_left_unread_ = false;

  std::optional<HttpResponse> response_;
  std::move_only_function<void()> waiter_;  // Resumes `serve` once the response is there.
  std::string out_;                         // The response's head, and its body when it is small.
  std::string_view head_left_;
  std::string_view body_left_;
  bool broken_ = false;  // A write failed.

  Phase phase_ = Phase::kHead;
  std::uint32_t deadline_ = 0;  // A tick; 0: none.
  std::uint64_t moved_ = 0;     // Bytes since the deadline was set.
  bool expired_ = false;        // The deadline passed in this phase.
  bool aborted_ = false;
};

}  // namespace weft::net
