// Properties over generated documents.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "json/parse.h"
#include "json/print.h"
#include "json/testing.h"

namespace weft::json {
namespace {

TEST_CASE("what is printed reads back equal, compact and pretty") {
  CHECK(rc::check("parse(to_string(v)) == v", [] {
    const Value value = *document(4);
    const std::string compact = to_string(value);
    const auto again = parse(compact);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == value);
    RC_ASSERT(to_string(*again) == compact);
    RC_ASSERT(again->source() == compact);
    RC_ASSERT(again->detached() == value);
    const auto pretty = parse(to_pretty_string(value));
    RC_ASSERT(pretty.has_value());
    RC_ASSERT(*pretty == value);
    RC_ASSERT(to_string(*pretty) == compact);
  }));
}

rc::Gen<std::string> white_space() {
  return rc::gen::resize(
      3, rc::gen::container<std::string>(rc::gen::elementOf(std::string(" \t\r\n"))));
}

// A text of this value, as somebody might write it: with white space and escapes.
// NOLINTNEXTLINE(misc-no-recursion): as deep as the document.
std::string written(const Value& value) {
  std::string out = *white_space();
  if (value.is_array()) {
    out += "[";
    for (const Value& item : value.as_array())
      out += (out.ends_with('[') ? "" : ",") + written(item);
    out += "]";
  } else if (value.is_object()) {
    out += "{";
    for (const auto& [key, member] : value.as_object())
      out += (out.ends_with('{') ? "" : ",") + written(Value(key)) + ":" + written(member);
    out += "}";
  } else if (value.is_string() && value.as_string().starts_with('a')) {
    out += "\"\\u0061" + to_string(Value(value.as_string().substr(1))).substr(1);
  } else {
    out += to_string(value);
  }
  return out + *white_space();
}

TEST_CASE("a document keeps the bytes that it was read from") {
  CHECK(rc::check("parse(text).source() == text", [] {
    const Value value = *document(3);
    const std::string text = written(value);
    const auto read = parse(text);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == value);
    const std::size_t begin = text.find_first_not_of(" \t\r\n");
    const std::string inner = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
    RC_ASSERT(read->source() == inner);
    RC_ASSERT(parse(read->source())->source() == inner);
    RC_ASSERT(to_string(*read) == to_string(value));
  }));
}

TEST_CASE("any bytes in a string make valid JSON") {
  CHECK(rc::check("parse(append_string(bytes))", [](const std::vector<std::uint8_t>& bytes) {
    std::string out;
    append_string(out, std::string(bytes.begin(), bytes.end()));
    const auto value = parse(out);
    RC_ASSERT(value.has_value());
    RC_ASSERT(value->is_string());
  }));
}

TEST_CASE("integers come back exactly") {
  CHECK(rc::check("int64", [](std::int64_t integer) {
    RC_ASSERT(Value(integer).as_number().to_int64() == integer);
    RC_ASSERT(parse(to_string(integer))->as_number().to_int64() == integer);
  }));
  CHECK(rc::check("uint64", [](std::uint64_t integer) {
    RC_ASSERT(Value(integer).as_number().to_uint64() == integer);
  }));
}

}  // namespace
}  // namespace weft::json
