#include "net/client_watch.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "base/assert.h"

namespace weft::net {
namespace {

constexpr std::string_view kInterim = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void ClientWatch::start(std::shared_ptr<void> owner, bool may_probe, Executor::Work gone) {
  WEFT_ASSERT(!gone_);
  owner_ = std::move(owner);
  may_probe_ = may_probe;
  gone_ = std::move(gone);
  probe_ = Probe::kNone;
  wait_for(Socket::wait_read, &ClientWatch::became_readable);
}

void ClientWatch::stop() {
  end();
}

void ClientWatch::give_up() {
  if (auto gone = end()) gone();
}

// What is to be called, if somebody watched.
Executor::Work ClientWatch::end() {
  if (!gone_) return nullptr;
  ++watch_;
  owner_ = nullptr;
  boost::system::error_code ignored;
  socket_.cancel(ignored);
  return std::exchange(gone_, nullptr);
}

void ClientWatch::wait_for(Socket::wait_type what, Wait then) {
  socket_.async_wait(
      what, [this, owner = owner_, watch = watch_, then](const boost::system::error_code& error) {
        if (watch == watch_ && gone_ && error != asio::error::operation_aborted) (this->*then)();
      });
}

void ClientWatch::became_readable() {
  char byte = 0;
  const ssize_t size =
      ::recv(socket_.native_handle(), &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT);
  if (size < 0 && errno != EAGAIN && errno != EINTR) return give_up();
  // A client whose quick answer is under way need not be asked.
  if (size == 0 && may_probe_) probe_ = Probe::kAtSweepAfter;
  // The end of its side, or the next request, which hides that end: only a reset can follow.
  wait_for(Socket::wait_error, &ClientWatch::failed);
}

void ClientWatch::failed() {
  pollfd state{.fd = socket_.native_handle(), .events = 0, .revents = 0};
  ::poll(&state, 1, 0);
  // Urgent data ends the wait too, and would end it again at once: who sends that is not watched
  // any more.
  if ((state.revents & (POLLERR | POLLHUP)) != 0) give_up();
}

void ClientWatch::sweep() {
  if (!gone_ || probe_ == Probe::kNone) return;
  if (std::exchange(probe_, Probe::kAtNextSweep) == Probe::kAtSweepAfter) return;
  boost::system::error_code error;
  const std::size_t sent =
      socket_.send(asio::const_buffer(kInterim.data(), kInterim.size()), 0, error);
  if (error == asio::error::would_block) return;  // It has not taken earlier answers yet.
  probe_ = Probe::kNone;
  if (error || sent < kInterim.size()) give_up();
}

}  // namespace weft::net
