// How many mappings of addresses guests may have. Private to engine.
#pragma once

#include <atomic>
#include <cstdint>

namespace weft::engine {

// Linux allows a process a number of mappings (vm.max_map_count, 65,530 unless told otherwise), and
// beyond it everything fails that needs one: threads, allocators, databases. So the memories and
// stacks of guests count theirs, and leave some to the rest of the process. Thread-safe.
class Mappings {
 public:
  // What the system's limit leaves to guests.
  static std::uint32_t available();

  explicit Mappings(std::uint32_t most) : most_(most) {}
  Mappings(const Mappings&) = delete;
  Mappings& operator=(const Mappings&) = delete;
  ~Mappings() = default;

  // For something new. False, and nothing changes, when only what is kept for growth is left.
  bool take(std::uint32_t count) { return take_below(most_ - most_ / kGrowthShare, count); }
  // For something that exists: a guest that cannot grow any more has to end.
  bool take_to_grow(std::uint32_t count) { return take_below(most_, count); }
  void give_back(std::uint32_t count) { taken_.fetch_sub(count, std::memory_order_relaxed); }

  std::uint32_t taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kGrowthShare = 10;

  bool take_below(std::uint32_t most, std::uint32_t count);

  const std::uint32_t most_;
  std::atomic<std::uint32_t> taken_ = 0;
};

}  // namespace weft::engine
