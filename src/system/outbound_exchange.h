// One request that a guest makes through its host, and what comes back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/permit.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "system/open_file.h"

namespace weft::system {

using OutboundHeaders = std::vector<std::pair<std::string, std::string>>;

struct OutboundRequest {
  std::string method;
  std::string url;
  OutboundHeaders headers = {};
  std::string body = {};
};

struct OutboundHead {
  int status = 0;
  std::string reason = {};  // "Not Found"
  // In the order received; values without white space around them, of any bytes but line breaks and
  // NUL.
  OutboundHeaders headers = {};
};

// Why there is no response, or no more of it.
struct OutboundFailure {
  enum class Kind : std::uint8_t {
    kRequest,     // It is no request that can be sent.
    kRefused,     // No rule allows it.
    kLimit,       // It is too large, or there are too many.
    kName,        // The server's name has no address.
    kConnection,  // The server cannot be reached, or hung up.
    kTimeout,     // The server could not be reached in time.
    kTls,         // The server's certificate does not hold, or TLS fails otherwise.
    kResponse,    // What came is no response of HTTP.
  };
  Kind kind = Kind::kRequest;
  std::string message;  // what happened and what to do, without a period
};

// "refused": for programs.
std::string_view name_of(OutboundFailure::Kind kind);

// Thread-safe: the guest takes what whoever makes the request gives.
class OutboundExchange {
 public:
  // What the guest wants of whoever makes the request, who has been told to pause or is not done.
  enum class Wish : std::uint8_t { kMore, kNothing };
  using OnWish = std::function<void(Wish)>;

  // So much of a body waits for the guest, and a read of the network more; then the server waits.
  static constexpr std::size_t kHeldBytesMax = 65'536;

  // `on_wish` is called without a lock, on the guest's thread. kResourceExhausted when the process
  // has no descriptor left.
  // `place`: of its descriptor, among the sockets of guests.
  static Result<std::shared_ptr<OutboundExchange>> create(OnWish on_wish,
                                                          std::optional<Permit> place);
  OutboundExchange(const OutboundExchange&) = delete;
  OutboundExchange& operator=(const OutboundExchange&) = delete;
  ~OutboundExchange() = default;

  // The guest's side: one thread at a time.

  // Whether the head or a failure before it can be taken, or something read, the end too.
  bool has_news() const;
  // Something to wait for until has_news().
  Wait wait() const { return {.descriptor = event_.get()}; }
  // Once; nothing when it is not there yet.
  std::optional<std::expected<OutboundHead, OutboundFailure>> take_head();
  // Of the body, behind the head. 0 at its end, kAgain when nothing is there yet, kConnectionReset
  // or kTimedOut when it broke off.
  Attempt<std::size_t> read(std::span<const Buffer> buffers);
  // How many bytes of the body are there; nothing while more may come and none is.
  std::optional<std::uint64_t> readable_bytes() const;
  // Nobody reads any more.
  void cancel();

  // The side of whoever makes the request.

  void tell_head(OutboundHead head);
  // False where the guest has not read what came before: nothing was taken, and a wish for more
  // comes later.
  bool give(std::string_view bytes);
  void end();
  void fail(OutboundFailure failure);
  bool is_cancelled() const;

 private:
  OutboundExchange(OnWish on_wish, std::optional<Permit> place, UniqueFd event)
      : on_wish_(std::move(on_wish)), place_(std::move(place)), event_(std::move(event)) {}

  bool has_news_locked() const;
  void show_news_locked();

  OnWish on_wish_;
  std::optional<Permit> place_;
  UniqueFd event_;  // An eventfd, which can be read while there are news.
  mutable std::mutex mutex_;
  std::optional<OutboundHead> head_;
  std::optional<OutboundFailure> failure_;
  bool is_head_taken_ = false;
  std::string body_;  // The guest has read what lies before begin_.
  std::size_t begin_ = 0;
  bool has_ended_ = false;  // also with a failure
  bool is_paused_ = false;
  bool is_cancelled_ = false;
  bool is_shown_ = false;  // The event can be read.
};

}  // namespace weft::system
