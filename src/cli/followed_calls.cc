#include "cli/followed_calls.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/clock.h"
#include "base/id.h"
#include "cli/function_document.h"

namespace weft::cli {
namespace {

// The longest deadline that a function may have (docs/reference/http.md), and time for a call to
// begin and for its record to be written.
constexpr std::chrono::minutes kCallTimeMax{15 + 2};

class Zeros final : public Random {
 public:
  void fill(void* bytes, std::size_t size) override { std::memset(bytes, 0, size); }
};

std::string id_of(const json::Value& call) {
  return text_of_member(call, "id");
}

}  // namespace

std::vector<const json::Value*> FollowedCalls::take_new(std::span<const json::Value> calls) {
  std::vector<const json::Value*> fresh;
  for (const json::Value& call : calls) {
    std::string id = id_of(call);
    if (!is_ulid(id) || id < floor_) continue;
    if (known_.insert(std::move(id)).second) fresh.push_back(&call);
  }
  std::ranges::reverse(fresh);
  if (!calls.empty()) settle_by(calls.front());
  if (known_.size() > kKnownMax) {
    const auto excess = static_cast<std::ptrdiff_t>(known_.size() - kKnownMax);
    settle_before(*std::next(known_.begin(), excess));
  }
  return fresh;
}

bool FollowedCalls::is_known(const json::Value& call) const {
  return known_.contains(id_of(call));
}

bool FollowedCalls::is_settled(const json::Value& call) const {
  return id_of(call) < floor_;
}

void FollowedCalls::settle_by(const json::Value& newest) {
  const auto started = from_rfc3339(text_of_member(newest, "started"));
  if (!started) return;
  Zeros zeros;
  settle_before(make_ulid(std::max(*started - kCallTimeMax, WallTime()), zeros));
}

void FollowedCalls::settle_before(const json::Value& call) {
  settle_before(id_of(call));
}

void FollowedCalls::settle_before(std::string id) {
  if (id <= floor_) return;
  floor_ = std::move(id);
  known_.erase(known_.begin(), known_.lower_bound(floor_));
}

}  // namespace weft::cli
