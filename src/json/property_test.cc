// Properties over generated documents.
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
