// The thread on which all requests of guests are made. Private to system.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/permit.h"
#include "base/result.h"
#include "base/thread_group.h"
#include "base/unique_fd.h"
#include "net/byte_budget.h"
#include "net/curl_library.h"
#include "system/ip_address.h"
#include "system/outbound_exchange.h"

namespace weft::system {

// A request that was allowed, with all it holds until it is over.
struct OutboundTransfer {
  using Url = std::unique_ptr<CURLU, decltype(&::curl_url_cleanup)>;

  std::shared_ptr<OutboundExchange> exchange;
  OutboundRequest request;
  Url url;
  std::string host;  // a name, or an address without brackets
  std::uint16_t port = 0;
  bool is_address = false;  // The host is one.
  // Those that rules allow: it connects to no others.
  std::vector<IpAddress> addresses = {};

  std::optional<Permit> place = std::nullopt;   // among the caller's
  std::optional<Permit> socket = std::nullopt;  // among all guests' sockets
  std::shared_ptr<net::ByteBudget> budget = nullptr;
  std::unique_ptr<net::BudgetShare> body = nullptr;  // of that

  // As rules have it: "example.org:443", "[::1]:80".
  std::string server() const;
};

// What the loop is told. Thread-safe, and outlives the loop.
class OutboundInbox {
 public:
  enum class Kind : std::uint8_t { kStart, kResume, kCancel };
  struct Message {
    Kind kind;
    std::uint64_t number;                                  // of the transfer
    std::unique_ptr<OutboundTransfer> transfer = nullptr;  // to start
  };

  explicit OutboundInbox(UniqueFd bell) : bell_(std::move(bell)) {}

  std::uint64_t next_number() { return ++last_number_; }
  // A transfer that comes when the loop has ended fails.
  void post(Message message);

 private:
  friend class OutboundLoop;

  std::vector<Message> take();
  void close();

  UniqueFd bell_;  // an eventfd
  std::atomic<std::uint64_t> last_number_ = 0;
  std::mutex mutex_;
  std::vector<Message> messages_;
  bool is_closed_ = false;
};

class OutboundLoop {
 public:
  struct Options {
    std::string ca_file = {};  // whose certificates servers show; empty: the system's
  };
  // `clock` outlives it. kResourceExhausted, kInternal when libcurl does not start.
  static Result<std::unique_ptr<OutboundLoop>> start(const net::CurlLibrary& curl, Options options,
                                                     const Clock& clock);
  OutboundLoop(const OutboundLoop&) = delete;
  OutboundLoop& operator=(const OutboundLoop&) = delete;
  // Ends all that is under way.
  ~OutboundLoop();

  const std::shared_ptr<OutboundInbox>& inbox() const { return inbox_; }

 private:
  struct State;
  OutboundLoop(std::unique_ptr<State> state, std::shared_ptr<OutboundInbox> inbox);

  std::shared_ptr<OutboundInbox> inbox_;
  std::unique_ptr<State> state_;
  ThreadGroup thread_;
};

}  // namespace weft::system
