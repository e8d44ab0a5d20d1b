#include "base/base64.h"

#include <string>

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("base 64 has the forms of RFC 4648 section 10") {
  struct Case {
    std::string bytes;
    std::string text;
  };
  for (const auto& [bytes, text] : {
           Case{"", ""},
           Case{"f", "Zg=="},
           Case{"fo", "Zm8="},
           Case{"foo", "Zm9v"},
           Case{"foob", "Zm9vYg=="},
           Case{"fooba", "Zm9vYmE="},
           Case{"foobar", "Zm9vYmFy"},
           Case{std::string("\xff\xfe\x00", 3), "//4A"},
       }) {
    CAPTURE(text);
    CHECK(base64_encode(bytes) == text);
    CHECK(base64_decode_leniently(text) == bytes);
  }
}

TEST_CASE("lenient reading skips what is not base 64, and stops at the padding") {
  CHECK(base64_decode_leniently(" Zm9v\r\nYmFy ") == "foobar");
  CHECK(base64_decode_leniently("Zg") == "f");
  CHECK(base64_decode_leniently("Zg==Zg==") == "f");
  CHECK(base64_decode_leniently("__4A") == std::string("\xff\xfe\x00", 3));
  CHECK(base64_decode_leniently("Z").empty());
}

}  // namespace
}  // namespace weft
