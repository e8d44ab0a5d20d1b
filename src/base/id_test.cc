#include "base/id.h"

#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>

namespace weft {
namespace {

class FixedRandom final : public Random {
 public:
  void fill(void* bytes, std::size_t size) override { std::memset(bytes, 0xff, size); }
};

TEST_CASE("ULIDs have 26 characters and sort by time") {
  FixedRandom random;
  // The largest time of the specification's example range, and one millisecond.
  CHECK(make_ulid(WallTime(std::chrono::milliseconds(1)), random) == "0000000001ZZZZZZZZZZZZZZZZ");
  CHECK(make_ulid(WallTime(std::chrono::milliseconds(1'469'918'176'385)), random)
            .starts_with("01ARYZ6S41"));
  SystemRandom system;
  CHECK(make_ulid(WallTime(std::chrono::milliseconds(5)), system) <
        make_ulid(WallTime(std::chrono::milliseconds(6)), system));
}

TEST_CASE("a source of ULIDs never repeats and always ascends, even in one millisecond") {
  FakeClock clock;
  FixedRandom random;
  UlidSource source(clock, random);
  std::string last = source.next();
  for (int i = 0; i < 1000; ++i) {
    if (i % 100 == 0) clock.advance(std::chrono::milliseconds(1));
    const std::string next = source.next();
    CHECK(next > last);
    last = next;
  }
}

TEST_CASE("ULIDs are recognised") {
  SystemRandom random;
  CHECK(is_ulid(make_ulid(SystemClock().wall(), random)));
  CHECK_FALSE(is_ulid("01ARYZ6S41"));
  CHECK_FALSE(is_ulid("81ARYZ6S41ZZZZZZZZZZZZZZZZ"));
  CHECK_FALSE(is_ulid("01ARYZ6S41ZZZZZZZZZZZZZZZU"));
}

TEST_CASE("content ids are the SHA-256 of the bytes") {
  const auto id = content_id("abc");
  CHECK(id == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(is_content_id(id));
  CHECK_FALSE(is_content_id("sha256:ba78"));
  CHECK_FALSE(
      is_content_id("sha256:BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
}

}  // namespace
}  // namespace weft
