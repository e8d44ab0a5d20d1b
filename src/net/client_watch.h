// Notices that a client went away while its request is handled.
#pragma once

#include <cstdint>
#include <string_view>

#include <sys/types.h>

#include "base/executor.h"

namespace weft::net {

// Confined to the loop's thread. Watches only between `start` and `stop`, while nobody else writes
// to the socket. Looks once per tick of the loop, so it costs a call that is answered before that
// nothing.
//
// A client that reset its connection is gone. One that ended its own side may have closed, or may
// still wait for the answer, and the two look alike until something is sent: after a tick it gets
// an interim response, which every HTTP/1.1 client takes unasked (RFC 9110 §15.2) and a closed
// socket answers with a reset. A client of HTTP/1.0 cannot be asked, and counts as there.
class ClientWatch {
 public:
  // Sends what the socket takes at once, and says as send(2) how much that was.
  using SendNow = ssize_t (*)(int descriptor, std::string_view bytes);
  static ssize_t send_now(int descriptor, std::string_view bytes);

  explicit ClientWatch(SendNow send = send_now) : send_(send) {}

  // `gone` is called once, by `sweep` or `give_up`, unless `stop` comes before.
  void start(bool is_http11, Executor::Work gone);
  void stop() { gone_ = nullptr; }
  // Once per tick. `descriptor` is the client's socket.
  void sweep(int descriptor);
  // Calls `gone` now if it is still to be called.
  void give_up();

 private:
  enum class Probe : std::uint8_t { kNone, kDue, kSent };

  SendNow send_;
  bool may_probe_ = false;
  Probe probe_ = Probe::kNone;
  Executor::Work gone_;  // Absent while nobody watches.
};

}  // namespace weft::net
