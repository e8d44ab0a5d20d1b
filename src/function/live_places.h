// Places among the reactors that have an instance, and who waits for one. Private to function.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <utility>

#include "base/guarded.h"
#include "base/result.h"

namespace weft::function {

// Thread-safe. Outlives its places.
class LivePlaces {
 public:
  // Goes to whoever has waited for longest when it ends. Move-only.
  class Place {
   public:
    Place(Place&& other) noexcept : places_(std::exchange(other.places_, nullptr)) {}
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (places_ != nullptr) places_->give_back();
    }

   private:
    friend class LivePlaces;
    explicit Place(LivePlaces& places) : places_(&places) {}

    LivePlaces* places_;  // Null once moved from.
  };
  // Short, and keeps the place: it is called by whoever gave that back.
  using Got = std::move_only_function<void(Result<Place>)>;
  // Larger for whoever came later.
  enum class Waiter : std::uint64_t {};

  explicit LivePlaces(std::uint32_t places) : places_(places) {}
  LivePlaces(const LivePlaces&) = delete;
  LivePlaces& operator=(const LivePlaces&) = delete;
  ~LivePlaces() = default;

  // Calls `got` once: with a place, behind all that came before, or with what leave() says; perhaps
  // inside this call.
  Waiter wait(Got got);
  // Whoever waits gets this error instead. Nothing happens when that has had its place.
  void leave(Waiter waiter, Error why);
  bool has_waiting() const;
  // Whoever waits now or later is destroyed uncalled.
  void close();

 private:
  struct Waiting {
    Waiter waiter;
    Got got;
  };
  struct State {
    std::uint32_t taken = 0;
    std::uint64_t last = 0;  // waiter
    std::deque<Waiting> waiting;
    bool is_closed = false;
  };
  void give_back();

  const std::uint32_t places_;
  Guarded<State> state_;
};

}  // namespace weft::function
