// The numbers that java.util.Random gives for a seed: AWS's functions are deterministic in that
// way.
#pragma once

#include <cstdint>
#include <limits>

namespace weft::workflow {

// As java.util.Random's documentation defines it. Not for secrets.
class JavaRandom {
 public:
  explicit JavaRandom(std::int64_t seed)
      : state_((static_cast<std::uint64_t>(seed) ^ kFactor) & kMask) {}

  // At least `start` and less than `end`, which is greater: as ints(start, end) gives first.
  std::int64_t between(std::int32_t start, std::int32_t end) {
    const std::int64_t width = std::int64_t{end} - start;
    if (width > std::numeric_limits<std::int32_t>::max()) {
      std::int32_t number = next(32);
      while (number < start || number >= end)
        number = next(32);
      return number;
    }
    return start + below(static_cast<std::int32_t>(width));
  }

 private:
  static constexpr std::uint64_t kFactor = 0x5DEECE66D;
  static constexpr std::uint64_t kMask = (std::uint64_t{1} << 48U) - 1;

  std::int32_t next(unsigned bits) {
    state_ = (state_ * kFactor + 0xB) & kMask;
    return static_cast<std::int32_t>(state_ >> (48 - bits));
  }

  std::int32_t below(std::int32_t bound) {
    const std::int64_t mask = bound - 1;
    if ((bound & mask) == 0)
      return static_cast<std::int32_t>((std::int64_t{bound} * next(31)) >> 31U);
    // Numbers of the last, incomplete run of `bound` ones would make some likelier than others.
    for (;;) {
      const std::int64_t number = next(31);
      const std::int64_t rest = number % bound;
      if (number - rest + mask <= std::numeric_limits<std::int32_t>::max())
        return static_cast<std::int32_t>(rest);
    }
  }

  std::uint64_t state_;
};

}  // namespace weft::workflow
