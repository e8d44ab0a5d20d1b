#include "base/id.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>
#include <sys/random.h>

#include "base/assert.h"
#include "base/sha256.h"

namespace weft {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::string_view kContentPrefix = "sha256:";
constexpr std::size_t kUlidSize = 26;

std::uint64_t milliseconds_of(WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

std::string ulid_of(std::uint64_t ms, const UlidEntropy& entropy) {
  std::string text(kUlidSize, '0');
  for (std::size_t i = 0; i < 10; ++i)
    text[i] = kCrockford[(ms >> (45 - 5 * i)) & 31U];
  // 80 bits in groups of 5: two runs of 40 bits, 8 characters each.
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 5; ++i)
      bits = bits << 8U | entropy.at(half * 5 + i);
    for (std::size_t i = 0; i < 8; ++i) {
      text[10 + half * 8 + i] = kCrockford[(bits >> (35 - 5 * i)) & 31U];
    }
  }
  return text;
}
constexpr std::size_t kContentHexSize = 64;

}  // namespace

void SystemRandom::fill(void* bytes, std::size_t size) {
  auto* at = static_cast<unsigned char*>(bytes);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0) {
      WEFT_ASSERT(errno == EINTR);
      continue;
    }
    at += got;
    size -= static_cast<std::size_t>(got);
  }
}

std::string make_ulid(WallTime now, Random& random) {
  UlidEntropy entropy{};
  random.fill(entropy.data(), entropy.size());
  return ulid_of(milliseconds_of(now), entropy);
}

std::string UlidSource::next() {
  const std::uint64_t now = milliseconds_of(clock_.wall());
  return last_.with([&](Last& last) {
    if (now > last.ms) {
      last.ms = now;
      random_.fill(last.entropy.data(), last.entropy.size());
      last.entropy.front() &= 0x7fU;  // Leaves room to count up.
    } else {
      for (auto byte = last.entropy.rbegin(); byte != last.entropy.rend() && ++*byte == 0; ++byte) {
      }
    }
    return ulid_of(last.ms, last.entropy);
  });
}

bool is_ulid(std::string_view text) {
  return text.size() == kUlidSize && text.front() <= '7' &&
         std::ranges::all_of(text, [](char c) { return kCrockford.contains(c); });
}

std::string content_id(std::string_view bytes) {
  std::string text(kContentPrefix);
  for (const unsigned char byte : sha256({bytes}))
    fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

bool is_content_id(std::string_view text) {
  if (!text.starts_with(kContentPrefix)) return false;
  const std::string_view hex = text.substr(kContentPrefix.size());
  return hex.size() == kContentHexSize && std::ranges::all_of(hex, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace weft
