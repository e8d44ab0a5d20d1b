#include "net/client_watch.h"

#include <cerrno>
#include <utility>

#include <poll.h>
#include <sys/socket.h>

#include "base/assert.h"
#include "net/response_writer.h"

namespace weft::net {

ssize_t ClientWatch::send_now(int descriptor, std::string_view bytes) {
  return ::send(descriptor, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void ClientWatch::start(bool is_http11, Executor::Work gone) {
  WEFT_ASSERT(!gone_);
  may_probe_ = is_http11;
  probe_ = Probe::kNone;
  gone_ = std::move(gone);
}

void ClientWatch::give_up() {
  if (auto gone = std::exchange(gone_, nullptr)) gone();
}

void ClientWatch::sweep(int descriptor) {
  if (!gone_ || descriptor < 0) return;
  pollfd state{.fd = descriptor, .events = POLLRDHUP, .revents = 0};
  ::poll(&state, 1, 0);
  if ((state.revents & (POLLERR | POLLHUP)) != 0) return give_up();
  if ((state.revents & POLLRDHUP) == 0 || !may_probe_ || probe_ == Probe::kSent) return;
  // A client whose quick answer is under way need not be asked.
  if (std::exchange(probe_, Probe::kDue) == Probe::kNone) return;
  const ssize_t sent = send_(descriptor, kContinue);
  if (sent < 0 && errno == EAGAIN) return;  // It has not taken earlier answers yet.
  probe_ = Probe::kSent;
  if (sent == static_cast<ssize_t>(kContinue.size())) return;
  // What would follow a part of a response could not be told from it.
  ::shutdown(descriptor, SHUT_RDWR);
  give_up();
}

}  // namespace weft::net
