// Notices that a client went away while its request is handled.
#pragma once

#include <cstdint>
#include <memory>

#include "base/executor.h"
#include "net/asio.h"

namespace weft::net {

// Confined to the loop's thread. Watches only between `start` and `stop`, while nobody else reads
// from the socket or writes to it.
//
// A client that resets its connection is gone. One that ended its own side may have closed, or may
// still wait for the answer, and the two look alike until something is sent: after a moment it gets
// an interim response, which every HTTP/1.1 client takes unasked (RFC 9110 §15.2) and a closed
// socket answers with a reset.
class ClientWatch {
 public:
  // `socket` outlives this object.
  explicit ClientWatch(Socket& socket) : socket_(socket) {}

  // `owner` keeps this object and the socket alive. `gone` is called once, later, unless `stop`
  // comes before. `may_probe`: the client speaks HTTP/1.1.
  void start(std::shared_ptr<void> owner, bool may_probe, Executor::Work gone);
  void stop();
  // Once per tick of the loop.
  void sweep();
  // Calls `gone` now if it is still to be called.
  void give_up();

 private:
  enum class Probe : std::uint8_t { kNone, kAtNextSweep, kAtSweepAfter };
  using Wait = void (ClientWatch::*)();

  Executor::Work end();
  void wait_for(Socket::wait_type what, Wait then);
  void became_readable();
  void failed();

  Socket& socket_;
  std::shared_ptr<void> owner_;
  bool may_probe_ = false;
  Executor::Work gone_;      // Absent while nobody watches.
  std::uint32_t watch_ = 0;  // Which one it is: what was begun for another one is void.
  Probe probe_ = Probe::kNone;
};

}  // namespace weft::net
