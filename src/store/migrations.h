// How the database's schema came to be, step by step, so that a newer weft can open an older
// directory.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"

namespace weft::store {

// One step. Released ones never change: a correction is a new step.
struct Migration {
  std::int64_t version;  // 1, 2, 3 …
  std::span<const std::string_view> statements;
};

// All steps, in order.
std::span<const Migration> migrations();

// Brings the database to the last of `steps` in one transaction: after a failure or a crash it is
// as it was. kFailedPrecondition when a newer weft made it.
Result<> migrate(Database& database, const Clock& clock,
                 std::span<const Migration> steps = migrations());

}  // namespace weft::store
