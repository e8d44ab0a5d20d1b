#include "function/python_conversation.h"

#include <string_view>

#include <doctest/doctest.h>

namespace weft::function {
namespace {

using abi::python::Kind;

TEST_CASE("a payload is what its type says, and JSON or text where that says nothing") {
  struct Case {
    std::string_view type;
    std::string_view payload;
    Kind kind;
  };
  for (const Case& one : {
           Case{"application/json", "{}", Kind::kJson},
           // What is no JSON is for the guest to refuse, as the caller said that it was.
           Case{"application/json", "{", Kind::kJson},
           Case{"Application/JSON; charset=utf-8", "1", Kind::kJson},
           Case{"application/cloudevents+json", "{}", Kind::kJson},
           Case{"application/json", "", Kind::kNothing},
           Case{"", "", Kind::kNothing},
           Case{"text/plain", "1", Kind::kText},
           Case{"text/csv; charset=utf-8", "a,b", Kind::kText},
           Case{"text/plain", "\xff", Kind::kBytes},
           Case{"application/octet-stream", "1", Kind::kBytes},
           Case{"image/png", "{}", Kind::kBytes},
           Case{"", "1", Kind::kJson},
           Case{"", "one", Kind::kText},
           Case{"", "\xff", Kind::kBytes},
           // What curl says of -d without being asked.
           Case{"application/x-www-form-urlencoded", R"({"a":1})", Kind::kJson},
           Case{"application/x-www-form-urlencoded", "a=1", Kind::kText},
           Case{"application/x-www-form-urlencoded", "\xc3(", Kind::kBytes},
       }) {
    CAPTURE(one.type);
    CAPTURE(one.payload);
    CHECK(payload_kind(one.type, one.payload) == one.kind);
  }
}

}  // namespace
}  // namespace weft::function
