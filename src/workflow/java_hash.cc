#include "workflow/java_hash.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/utf8.h"

namespace weft::workflow {
namespace {

// As HashMap's documentation says: buckets at first, doubled when three quarters as many are added.
constexpr std::size_t kBucketsFirst = 16;

// String.hashCode, over units of UTF-16, as HashMap spreads it.
std::uint32_t spread_hash(std::string_view text) {
  constexpr std::uint32_t kFactor = 31;
  std::uint32_t hash = 0;
  const auto add = [&](std::uint32_t unit) { hash = hash * kFactor + unit; };
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    at += point.size;
    if (point.value < 0x1'0000) {
      add(point.value);
    } else {
      add(0xD800 + ((point.value - 0x1'0000) >> 10U));
      add(0xDC00 + (point.value & 0x3FFU));
    }
  }
  return hash ^ (hash >> 16U);
}

}  // namespace

std::vector<std::size_t> hash_map_order(const std::vector<std::string>& keys) {
  std::size_t buckets = kBucketsFirst;
  while (keys.size() > buckets / 4 * 3)
    buckets *= 2;
  // By bucket, and in each in the order in which they were added.
  std::vector<std::pair<std::size_t, std::size_t>> walk;
  walk.reserve(keys.size());
  for (std::size_t place = 0; place < keys.size(); ++place)
    walk.emplace_back(spread_hash(keys[place]) & (buckets - 1), place);
  std::ranges::sort(walk);
  std::vector<std::size_t> order;
  order.reserve(keys.size());
  for (const auto& [bucket, place] : walk)
    order.push_back(place);
  return order;
}

}  // namespace weft::workflow
