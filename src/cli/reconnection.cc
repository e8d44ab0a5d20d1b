#include "cli/reconnection.h"

#include <fmt/format.h>

#include "base/log.h"

namespace weft::cli {

Result<> Reconnection::after(Result<> outcome) {
  if (outcome) {
    if (away_since_) console_.note(fmt::format("{} answers again\n", printable(server_)));
    away_since_.reset();
    return {};
  }
  if (outcome.error().code() != ErrorCode::kUnavailable) return outcome;
  const MonotonicTime now = console_.clock().monotonic();
  if (!away_since_) {
    away_since_ = now;
    console_.note(fmt::format("lost {}: trying to reach it again for {} s\n", printable(server_),
                              kAwayMax.count()));
    return {};
  }
  if (now - *away_since_ < kAwayMax) return {};
  return fail(
      std::move(outcome).error().with_context(fmt::format("gave up after {} s", kAwayMax.count())));
}

}  // namespace weft::cli
