#include "system/outbound_exchange.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include <sys/eventfd.h>

namespace weft::system {
namespace {

constexpr std::array<std::string_view, 8> kKinds = {"request",    "refused", "limit", "name",
                                                    "connection", "timeout", "tls",   "response"};

}  // namespace

std::string_view name_of(OutboundFailure::Kind kind) {
  return kKinds.at(static_cast<std::size_t>(kind));
}

Result<std::shared_ptr<OutboundExchange>> OutboundExchange::create(OnWish on_wish,
                                                                   std::optional<Permit> place) {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) {
    return weft::fail(ErrorCode::kResourceExhausted, "the process has no descriptor left: " +
                                                         std::system_category().message(errno));
  }
  return std::unique_ptr<OutboundExchange>(
      new OutboundExchange(std::move(on_wish), std::move(place), std::move(event)));
}

bool OutboundExchange::has_news_locked() const {
  if (!is_head_taken_) return head_ || failure_;
  return has_ended_ || begin_ < body_.size();
}

// The event is what has_news_locked() says.
void OutboundExchange::show_news_locked() {
  const bool has_news = has_news_locked();
  if (has_news == is_shown_) return;
  is_shown_ = has_news;
  eventfd_t count = 1;
  // Neither fails: it counts to 1.
  static_cast<void>(has_news ? ::eventfd_write(event_.get(), count)
                             : ::eventfd_read(event_.get(), &count));
}

bool OutboundExchange::has_news() const {
  const std::scoped_lock lock(mutex_);
  return has_news_locked();
}

std::optional<std::expected<OutboundHead, OutboundFailure>> OutboundExchange::take_head() {
  const std::scoped_lock lock(mutex_);
  if (is_head_taken_ || (!head_ && !failure_)) return std::nullopt;
  is_head_taken_ = true;
  show_news_locked();
  if (!head_) return std::unexpected(*failure_);
  return *std::move(head_);
}

std::optional<std::uint64_t> OutboundExchange::readable_bytes() const {
  const std::scoped_lock lock(mutex_);
  if (begin_ == body_.size() && !has_ended_) return std::nullopt;
  return body_.size() - begin_;
}

Attempt<std::size_t> OutboundExchange::read(std::span<const Buffer> buffers) {
  std::size_t count = 0;
  bool wants_more = false;
  {
    const std::scoped_lock lock(mutex_);
    if (begin_ == body_.size()) {
      if (!has_ended_) return std::unexpected(Errno::kAgain);
      if (!failure_) return 0;
      return std::unexpected(failure_->kind == OutboundFailure::Kind::kTimeout
                                 ? Errno::kTimedOut
                                 : Errno::kConnectionReset);
    }
    for (const Buffer& buffer : buffers) {
      const std::size_t part = std::min(buffer.size(), body_.size() - begin_);
      std::copy_n(body_.data() + begin_, part, buffer.begin());
      begin_ += part;
      count += part;
    }
    if (begin_ == body_.size()) {
      body_.clear();
      begin_ = 0;
      wants_more = std::exchange(is_paused_, false);
      // A long response is read in rounds of so much; one that has ended holds nothing.
      if (has_ended_) body_.shrink_to_fit();
    }
    show_news_locked();
  }
  if (wants_more) on_wish_(Wish::kMore);
  return count;
}

void OutboundExchange::cancel() {
  {
    const std::scoped_lock lock(mutex_);
    if (is_cancelled_) return;
    is_cancelled_ = true;
    if (has_ended_) return;
  }
  on_wish_(Wish::kNothing);
}

void OutboundExchange::tell_head(OutboundHead head) {
  const std::scoped_lock lock(mutex_);
  head_ = std::move(head);
  show_news_locked();
}

bool OutboundExchange::give(std::string_view bytes) {
  const std::scoped_lock lock(mutex_);
  if (body_.size() - begin_ >= kHeldBytesMax) {
    is_paused_ = true;
    return false;
  }
  if (begin_ > 0) {
    body_.erase(0, begin_);
    begin_ = 0;
  }
  body_.append(bytes);
  show_news_locked();
  return true;
}

void OutboundExchange::end() {
  const std::scoped_lock lock(mutex_);
  has_ended_ = true;
  show_news_locked();
}

void OutboundExchange::fail(OutboundFailure failure) {
  const std::scoped_lock lock(mutex_);
  if (has_ended_) return;
  has_ended_ = true;
  failure_ = std::move(failure);
  show_news_locked();
}

bool OutboundExchange::is_cancelled() const {
  const std::scoped_lock lock(mutex_);
  return is_cancelled_;
}

}  // namespace weft::system
