#include "function/live_places.h"

#include <algorithm>

namespace weft::function {

LivePlaces::Waiter LivePlaces::wait(Got got) {
  bool is_free = false;
  const Waiter waiter = state_.with([&](State& state) {
    const Waiter next{++state.last};
    // With a place left, nobody waits.
    is_free = !state.is_closed && state.taken < places_;
    if (is_free) {
      ++state.taken;
    } else if (!state.is_closed) {
      state.waiting.push_back({.waiter = next, .got = std::move(got)});
    }
    return next;
  });
  if (is_free) got(Place(*this));
  return waiter;
}

void LivePlaces::leave(Waiter waiter, Error why) {
  Got got = state_.with([&](State& state) -> Got {
    const auto found = std::ranges::find(state.waiting, waiter, &Waiting::waiter);
    if (found == state.waiting.end()) return nullptr;
    Got left = std::move(found->got);
    state.waiting.erase(found);
    return left;
  });
  if (got) got(fail(std::move(why)));
}

bool LivePlaces::has_waiting() const {
  return state_.with([](const State& state) { return !state.waiting.empty(); });
}

void LivePlaces::close() {
  // Destroyed outside the lock.
  const auto waiting = state_.with([](State& state) {
    state.is_closed = true;
    return std::exchange(state.waiting, {});
  });
}

void LivePlaces::give_back() {
  Got next = state_.with([](State& state) -> Got {
    if (state.waiting.empty()) {
      --state.taken;
      return nullptr;
    }
    Got first = std::move(state.waiting.front().got);
    state.waiting.pop_front();
    return first;
  });
  if (next) next(Place(*this));
}

}  // namespace weft::function
