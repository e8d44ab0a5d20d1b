#include "json/pointer.h"

#include <cstddef>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/parse.h"
#include "json/print.h"
#include "json/testing.h"

namespace weft::json {
namespace {

// The value as JSON; "nothing", or "error".
std::string found(const Value& document, std::string_view pointer) {
  const auto value = value_at(document, pointer);
  if (!value.has_value()) {
    CHECK(value.error().code() == ErrorCode::kInvalidArgument);
    return "error";
  }
  return *value == nullptr ? "nothing" : to_string(**value);
}

TEST_CASE("the examples of RFC 6901 lead where it says") {
  const Value document = parse(R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,
                                   "i\\j":5,"k\"l":6," ":7,"m~n":8})")
                             .value();
  CHECK(found(document, "") == to_string(document));
  CHECK(found(document, "/foo") == R"(["bar","baz"])");
  CHECK(found(document, "/foo/0") == R"("bar")");
  const std::vector<std::string> names = {"",     "a~1b", "c%d", "e^f", "g|h",
                                          "i\\j", "k\"l", " ",   "m~0n"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    CAPTURE(names[i]);
    CHECK(found(document, "/" + names[i]) == std::to_string(i));
  }
}

TEST_CASE("what is not there is nothing") {
  const Value document = parse(R"({"a":[1,[2]],"0":{"":3},"t":"text"})").value();
  CHECK(found(document, "/a/1/0") == "2");
  CHECK(found(document, "/0/") == "3");
  for (const std::string_view pointer :
       {"/", "/b", "/a/2", "/a/-", "/a/01", "/a/+1", "/a/-1", "/a/1e0", "/a/", "/a/0/0", "/t/0",
        "/a/18446744073709551616", "/b/c/d"}) {
    CAPTURE(pointer);
    CHECK(found(document, pointer) == "nothing");
  }
}

TEST_CASE("a text that is no pointer is an error, whether its way is there or not") {
  const Value document = parse(R"({"a":1})").value();
  for (const std::string_view pointer : {"a", "a/b", " /a", "/~", "/~2", "/a~", "/b/c/~a", "#/a"}) {
    CAPTURE(pointer);
    CHECK(found(document, pointer) == "error");
  }
}

// Every value inside is found by its pointer.
void check_all(const Value& document, const Value& value, const std::string& pointer) {
  const auto at = value_at(document, pointer);
  RC_ASSERT(at.has_value());
  RC_ASSERT(*at == &value);
  const auto check_step = [&](const Value& inside, std::string_view step) {
    std::string longer = pointer;
    append_pointer_step(longer, step);
    check_all(document, inside, longer);
  };
  if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i)
      check_step(value.as_array()[i], std::to_string(i));
  } else if (value.is_object()) {
    for (const auto& [key, inside] : value.as_object())
      check_step(inside, key);
  }
}

TEST_CASE("the pointer that is built for a value leads to it") {
  CHECK(rc::check("value_at(document, pointer)", [] {
    const Value value = *document(4);
    check_all(value, value, "");
  }));
}

}  // namespace
}  // namespace weft::json
