// Whether whoever asked for something still wants it.
#pragma once

#include <functional>
#include <utility>

#include "base/guarded.h"

namespace weft::function {

// Thread-safe.
class Cancellation {
 public:
  using Then = std::move_only_function<void()>;

  void cancel() {
    Then then = state_.with([](State& state) {
      state.is_cancelled = true;
      return std::exchange(state.then, nullptr);
    });
    if (then) then();
  }
  bool is_cancelled() const {
    return state_.with([](const State& state) { return state.is_cancelled; });
  }
  // Calls `then` when it is cancelled, or inside this call when it was before. In place of what was
  // to be called until now.
  void on_cancel(Then then) {
    Then late = state_.with([&](State& state) -> Then {
      // What it was before is destroyed outside the lock.
      std::swap(state.then, then);
      return state.is_cancelled ? std::exchange(state.then, nullptr) : nullptr;
    });
    if (late) late();
  }

 private:
  struct State {
    bool is_cancelled = false;
    Then then;
  };
  Guarded<State> state_;
};

}  // namespace weft::function
