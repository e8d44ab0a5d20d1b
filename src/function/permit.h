// A place among a limited number.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <utility>

namespace weft::function {

// Given back at the end. Move-only.
class Permit {
 public:
  // Nothing when all `places` are taken. `taken` outlives the permit. Thread-safe.
  static std::optional<Permit> take(std::atomic<std::uint32_t>& taken, std::uint32_t places) {
    if (taken.fetch_add(1) >= places) {
      taken.fetch_sub(1);
      return std::nullopt;
    }
    return Permit(taken);
  }
  Permit(Permit&& other) noexcept : taken_(std::exchange(other.taken_, nullptr)) {}
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;
  Permit& operator=(Permit&&) = delete;
  ~Permit() { give_back(); }

  void give_back() {
    if (taken_ != nullptr) std::exchange(taken_, nullptr)->fetch_sub(1);
  }

 private:
  explicit Permit(std::atomic<std::uint32_t>& taken) : taken_(&taken) {}

  std::atomic<std::uint32_t>* taken_;  // Absent once given back.
};

}  // namespace weft::function
