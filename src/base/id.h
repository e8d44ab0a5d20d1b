// Identifiers: ULIDs for events in time, SHA-256 for content.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

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

// A ULID (github.com/ulid/spec): 26 characters of Crockford base 32, 48 bits of milliseconds and 80
// random bits, so that text order is time order to the millisecond.
std::string make_ulid(WallTime now, Random& random);

// Whether `text` has the form of a ULID.
bool is_ulid(std::string_view text);

// "sha256:" and 64 lower-case hex digits: the id of a blob is the hash of its bytes.
std::string content_id(std::string_view bytes);

// Whether `text` has the form that content_id writes.
bool is_content_id(std::string_view text);

}  // namespace weft
