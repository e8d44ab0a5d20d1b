#include "store/page.h"

#include <cstdint>
#include <limits>
#include <string>

#include <doctest/doctest.h>

#include "store/listing.h"

namespace weft::store {
namespace {

TEST_CASE("a cursor survives the way to a client and back") {
  for (const std::int64_t number :
       {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min(), std::int64_t{1'795'269'563'000'042}}) {
    for (const std::string& text : {std::string(), std::string("a"), std::string("add"),
                                    std::string("sha256:ab12"), std::string(kCursorTextMax, '~')}) {
      const Cursor cursor{CursorKind::kFunctions, number, text};
      const std::string sent = to_text(cursor);
      CHECK(sent.find_first_not_of(
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
            std::string::npos);
      CHECK(parse_cursor(sent, CursorKind::kFunctions).value() == cursor);
    }
  }
}

TEST_CASE("a cursor of another list is refused") {
  const std::string sent = to_text({CursorKind::kModules, 5, "x"});
  CHECK(parse_cursor(sent, CursorKind::kFunctions).error().code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("texts that are no cursors are refused") {
  const std::string good = to_text({CursorKind::kInvocations, 0, "01J"});
  for (const std::string& text :
       {std::string(), std::string("x"), good + "A", good.substr(1), good + "=", " " + good,
        std::string("not base64!"), std::string(10'000, 'A'), std::string("\0\0\0", 3),
        std::string("\xff\xfe"), to_text({CursorKind::kInvocations, 0, ""}).substr(0, 10)}) {
    CAPTURE(text);
    CHECK(parse_cursor(text, CursorKind::kInvocations).error().code() ==
          ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("a page has at least one item and at most kPageLimitMax") {
  CHECK(start_of({.limit = 0}, CursorKind::kModules).error().code() == ErrorCode::kInvalidArgument);
  CHECK(start_of({.limit = kPageLimitMax + 1}, CursorKind::kModules).error().code() ==
        ErrorCode::kInvalidArgument);
  CHECK(start_of({.limit = kPageLimitMax}, CursorKind::kModules).has_value());
  CHECK(start_of({.after = "?"}, CursorKind::kModules).error().code() ==
        ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::store
