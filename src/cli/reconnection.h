// Asking a server again that went away.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "cli/console.h"

namespace weft::cli {

// For a command that asks the same server again and again: goes on when it is away for a while, as
// during a restart. Says so on standard error, once each time. Confined to one thread.
class Reconnection {
 public:
  // How long a server may be away.
  static constexpr std::chrono::seconds kAwayMax{60};

  // `console` outlives this object. `server` is its URL, for messages, which
  // are hints in JSON if wanted.
  Reconnection(Console& console, std::string server, bool as_json)
      : console_(console), server_(std::move(server)), as_json_(as_json) {}

  // What came of the last exchange. An error when there is no use in going on: any but
  // kUnavailable, and that after kAwayMax.
  Result<> after(Result<> outcome);

 private:
  void say(const std::string& sentence);

  Console& console_;
  std::string server_;
  bool as_json_;
  std::optional<MonotonicTime> away_since_;
};

}  // namespace weft::cli
