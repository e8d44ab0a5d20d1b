#include "system/event_counter.h"

#include <array>
#include <cstring>

#include <doctest/doctest.h>

namespace weft::system {
namespace {

Attempt<std::uint64_t> take(EventCounter& counter) {
  std::array<std::uint8_t, 8> bytes{};
  // In two parts, as a guest may.
  const std::array<Buffer, 2> buffers = {Buffer(bytes).first(3), Buffer(bytes).subspan(3)};
  const auto count = counter.read(buffers);
  if (!count) return std::unexpected(count.error());
  CHECK(*count == 8);
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

Attempt<std::size_t> add(EventCounter& counter, std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(value));
  const ConstBuffer buffer(bytes);
  return counter.write({&buffer, 1});
}

TEST_CASE("a counter gives what was added to it, and begins anew") {
  EventCounter counter(3, false);
  CHECK(add(counter, 4).value() == 8);
  CHECK(counter.ready(Wait::For::kReading) == 8U);
  CHECK(take(counter).value() == 7);
  CHECK_FALSE(counter.ready(Wait::For::kReading).has_value());
  CHECK(take(counter).error() == Errno::kDeadlock);
  REQUIRE(counter.set_flags({.nonblocking = true}).has_value());
  CHECK(take(counter).error() == Errno::kAgain);
}

TEST_CASE("a counter that counts down gives one at a time") {
  EventCounter counter(2, true);
  CHECK(take(counter).value() == 1);
  CHECK(take(counter).value() == 1);
  CHECK(take(counter).error() == Errno::kDeadlock);
}

TEST_CASE("a counter refuses what it cannot count") {
  EventCounter counter(0, false);
  CHECK(add(counter, UINT64_MAX).error() == Errno::kInvalid);
  CHECK(add(counter, UINT64_MAX - 1).value() == 8);
  CHECK(add(counter, 1).error() == Errno::kDeadlock);
  CHECK_FALSE(counter.ready(Wait::For::kWriting).has_value());
  std::array<std::uint8_t, 7> few{};
  const Buffer buffer(few);
  const ConstBuffer from(few);
  CHECK(counter.read({&buffer, 1}).error() == Errno::kInvalid);
  CHECK(counter.write({&from, 1}).error() == Errno::kInvalid);
  CHECK(take(counter).value() == UINT64_MAX - 1);
}

}  // namespace
}  // namespace weft::system
