// A place among a limited number.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace weft {

// How many of the places are taken.
using TakenPlaces = std::shared_ptr<std::atomic<std::uint32_t>>;
inline TakenPlaces no_places_taken() {
  return std::make_shared<std::atomic<std::uint32_t>>(0);
}

// Given back at the end. Move-only. Keeps the count alive: what a call leaves on an event loop may
// end later than everything else of it.
class Permit {
 public:
  // Nothing when all `places` are taken. Thread-safe.
  static std::optional<Permit> take(const TakenPlaces& taken, std::uint32_t places) {
    if (taken->fetch_add(1) >= places) {
      taken->fetch_sub(1);
      return std::nullopt;
    }
    return Permit(taken);
  }
  Permit(Permit&& other) noexcept = default;
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  Permit& operator=(Permit&&) = delete;
  ~Permit() { give_back(); }

  void give_back() {
    if (taken_ != nullptr) std::exchange(taken_, nullptr)->fetch_sub(1);
  }

 private:
  explicit Permit(TakenPlaces taken) : taken_(std::move(taken)) {}

  TakenPlaces taken_;  // Absent once given back.
};

}  // namespace weft
