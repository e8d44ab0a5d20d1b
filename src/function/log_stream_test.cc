#include "function/log_stream.h"

#include <doctest/doctest.h>

namespace weft::function {
namespace {

Result<> write(LogStream& stream, std::string_view text) {
  return stream.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

TEST_CASE("a log keeps its beginning and counts all of it") {
  LogStream log(10, 4);
  CHECK(write(log, "abc").has_value());
  CHECK(write(log, "def").has_value());
  CHECK(write(log, "ghij").has_value());
  CHECK(write(log, "").has_value());
  const auto error = write(log, "k").error();
  CHECK(error.code() == ErrorCode::kGuestLimit);
  CHECK(error.message() == "the guest printed more than 10 bytes");
  CHECK(error.limit()->name == "output_bytes");
  CHECK(error.limit()->value == 10);
  CHECK(log.take() == "abcd");
}

TEST_CASE("a log may keep more than it lets through") {
  LogStream log(3, 100);
  CHECK_FALSE(write(log, "abcd").has_value());
  CHECK(write(log, "abc").has_value());
  CHECK(log.take() == "abc");
}

}  // namespace
}  // namespace weft::function
