// Identifiers: ULIDs for events in time, SHA-256 for content.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/guarded.h"

namespace weft {

// Unpredictable bytes as an argument. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(void* bytes, std::size_t size) = 0;
};

// The kernel's generator (getrandom).
class SystemRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t size) override;
};

// The random part of a ULID, 80 bits, the most significant byte first.
using UlidEntropy = std::array<std::uint8_t, 10>;

// A ULID (github.com/ulid/spec): 26 characters of Crockford base 32, 48 bits of milliseconds and 80
// random bits, so that text order is time order to the millisecond.
std::string make_ulid(WallTime now, Random& random);

// Makes ULIDs that are strictly ascending, also within one millisecond. Thread-safe.
class UlidSource {
 public:
  // Both outlive this object.
  UlidSource(const Clock& clock, Random& random) : clock_(clock), random_(random) {}

  std::string next();

 private:
  struct Last {
    std::uint64_t ms = 0;
    UlidEntropy entropy{};
  };
  const Clock& clock_;
  Random& random_;
  Guarded<Last> last_;
};

// Whether `text` has the form of a ULID.
bool is_ulid(std::string_view text);

// "sha256:" and 64 lower-case hex digits: the id of a blob is the hash of its bytes.
std::string content_id(std::string_view bytes);

// Whether `text` has the form that content_id writes.
bool is_content_id(std::string_view text);

}  // namespace weft
