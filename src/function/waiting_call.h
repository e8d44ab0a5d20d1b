// A call whose function is being loaded. Private to function.
#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "base/permit.h"
#include "function/call_handle.h"
#include "function/functions.h"

namespace weft::function {

// When a call came.
struct Arrival {
  WallTime wall;
  MonotonicTime monotonic;
  MonotonicTime begun;  // the same, or when its function had been loaded
};

// Confined to the call's executor.
class WaitingCall final : public Cancellable {
 public:
  // `place`: among the calls that may wait. Held as long as this object, cancelled or not: whoever
  // begins and cancels calls without end gets no further.
  WaitingCall(Call call, Arrival arrival, Permit place, Functions::Done done)
      : call_(std::move(call)),
        arrival_(arrival),
        place_(std::move(place)),
        done_(std::move(done)) {}

  void cancel() override {
    if (running_) return running_->cancel();
    if (!done_) return;
    call_ = {};  // The payload may be large, and the load long.
    std::exchange(done_, nullptr)(
        {.invocation = std::nullopt,
         .duration_us = 0,
         .response = fail(ErrorCode::kCancelled,
                          "the call was cancelled before it began: its client went away, or the "
                          "server stopped")});
  }

  bool is_cancelled() const { return done_ == nullptr; }
  const Arrival& arrival() const { return arrival_; }
  Call take_call() { return std::exchange(call_, {}); }
  Functions::Done take_done() { return std::exchange(done_, nullptr); }
  void becomes(CallHandle running) { running_ = std::move(running); }

 private:
  Call call_;
  Arrival arrival_;
  Permit place_;
  Functions::Done done_;
  std::optional<CallHandle> running_;
};

}  // namespace weft::function
