#include "cli/reconnection.h"

#include <fmt/format.h>

#include "base/log.h"
#include "cli/report.h"

namespace weft::cli {

void Reconnection::say(const std::string& sentence) {
  if (as_json_) {
    note_hint(sentence, console_, true);
  } else {
    console_.note(sentence + "\n");
  }
}

Result<> Reconnection::after(Result<> outcome) {
  if (outcome) {
    if (away_since_) say(fmt::format("{} answers again", printable(server_)));
    away_since_.reset();
    return {};
  }
  if (outcome.error().code() != ErrorCode::kUnavailable) return outcome;
  const MonotonicTime now = console_.clock().monotonic();
  if (!away_since_) {
    away_since_ = now;
    say(fmt::format("lost {}: trying to reach it again for {} s", printable(server_),
                    kAwayMax.count()));
    return {};
  }
  if (now - *away_since_ < kAwayMax) return {};
  return fail(
      std::move(outcome).error().with_context(fmt::format("gave up after {} s", kAwayMax.count())));
}

}  // namespace weft::cli
