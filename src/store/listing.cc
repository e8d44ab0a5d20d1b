#include "store/listing.h"

#include <limits>

#include <fmt/format.h>

namespace weft::store {
namespace {

// After every name, content id and ULID, in the order of bytes and in those of languages.
constexpr const char* kBeforeFirst = "zzzzzzzzzzzzzzzzzzzzzzzzzz";

}  // namespace

Result<Cursor> start_of(const Page& page, CursorKind kind) {
  if (page.limit < 1 || page.limit > kPageLimitMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'limit' is {}; it must be from 1 to {}", page.limit, kPageLimitMax));
  }
  if (!page.after.empty()) return parse_cursor(page.after, kind);
  return Cursor{kind, std::numeric_limits<std::int64_t>::max(), kBeforeFirst};
}

}  // namespace weft::store
