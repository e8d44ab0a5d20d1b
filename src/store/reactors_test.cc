#include "store/reactors.h"

#include <doctest/doctest.h>

#include "store/testing.h"

namespace weft::store {
namespace {

constexpr RegistrationLimits kLimits{.items = 3, .bytes = 20};

struct Fixture {
  TemporaryDirectory directory;
  FakeClock clock;
  std::unique_ptr<Database> database = open_migrated(directory.database_file(), clock);
  Reactors reactors{*database, clock};

  Result<bool> add(std::string kind, std::string name, std::string code) {
    clock.advance(std::chrono::seconds(1));
    return reactors.put_code(
        "r", {.kind = std::move(kind), .name = std::move(name), .code = std::move(code)}, kLimits);
  }
  std::string names() {
    std::string text;
    for (const RegistrationRecord& each : reactors.codes("r", true).value())
      text += each.name + "=" + each.code + " ";
    return text;
  }
};

TEST_CASE_FIXTURE(Fixture, "a reactor is recorded once, and its settings can change") {
  CHECK(reactors.put("r", "{}", 10).value());
  const WallTime created = clock.wall();
  clock.advance(std::chrono::seconds(5));
  CHECK_FALSE(reactors.put("r", R"({"a":1})", 10).value());
  CHECK(reactors.get("r").value() == ReactorRecord{.name = "r",
                                                   .settings = R"({"a":1})",
                                                   .created = created,
                                                   .changed = clock.wall(),
                                                   .registrations = 0,
                                                   .code_bytes = 0});
  for (const std::string_view name : {"", "A", "-a", "../a"}) {
    CHECK(code_of(reactors.put(name, "{}", 10)) == ErrorCode::kInvalidArgument);
    CHECK(code_of(reactors.get(name)) == ErrorCode::kNotFound);
    CHECK(code_of(reactors.remove(name)) == ErrorCode::kNotFound);
  }
  CHECK(code_of(reactors.put("other", "{}", 1)) == ErrorCode::kResourceExhausted);
  CHECK(reactors.put("r", "{}", 1).has_value());
}

TEST_CASE_FIXTURE(Fixture, "code keeps the place in which it was registered first") {
  REQUIRE(reactors.put("r", "{}", 10).has_value());
  CHECK(add("def", "b", "1").value());
  CHECK(add("module", "a", "22").value());
  CHECK_FALSE(add("def", "b", "333").value());
  CHECK(names() == "b=333 a=22 ");
  CHECK(reactors.codes("r", false).value()[0].code.empty());
  CHECK(reactors.get("r").value().registrations == 2);
  CHECK(reactors.get("r").value().code_bytes == 5);
  CHECK(reactors.code("r", "def", "b").value().code == "333");
  CHECK(code_of(reactors.code("r", "lambda", "b")) == ErrorCode::kNotFound);
  CHECK(reactors.remove_code("r", "def", "b").has_value());
  CHECK(code_of(reactors.remove_code("r", "def", "b")) == ErrorCode::kNotFound);
  CHECK(add("lambda", "b", "4").value());
  CHECK(names() == "a=22 b=4 ");
}

TEST_CASE_FIXTURE(Fixture, "limits and names that others have are told before anything changes") {
  CHECK(code_of(add("def", "a", "1")) == ErrorCode::kNotFound);
  CHECK(code_of(reactors.codes("r", true)) == ErrorCode::kNotFound);
  REQUIRE(reactors.put("r", "{}", 10).has_value());
  REQUIRE(add("def", "a", "1").has_value());
  CHECK(code_of(add("module", "a", "1")) == ErrorCode::kFailedPrecondition);
  CHECK(add("lambda", "a", "1").has_value());
  CHECK(add("def", "b", std::string(19, 'x')).error().limit()->name == "code_bytes");
  REQUIRE(add("def", "b", std::string(18, 'x')).has_value());
  CHECK(add("def", "c", "").error().limit()->name == "registrations");
  // What takes the place of something needs no more.
  CHECK(add("def", "b", std::string(17, 'y')).has_value());
  CHECK(reactors.check_code("r", {.kind = "def", .name = "c"}, kLimits).error().limit()->name ==
        "registrations");
  CHECK(reactors.check_code("r", {.kind = "def", .name = "b"}, kLimits).has_value());
}

TEST_CASE_FIXTURE(Fixture, "a removed reactor takes its code with it") {
  REQUIRE(reactors.put("r", "{}", 10).has_value());
  REQUIRE(add("def", "a", "1").has_value());
  CHECK(reactors.remove("r").has_value());
  CHECK(code_of(reactors.remove("r")) == ErrorCode::kNotFound);
  CHECK(database->read("SELECT COUNT(*) FROM reactor_code").value()[0].integer(0) == 0);
  REQUIRE(reactors.put("r", "{}", 10).has_value());
  CHECK(names().empty());
}

TEST_CASE_FIXTURE(Fixture, "reactors are listed in pages, the newest first") {
  for (const std::string_view name : {"a", "b", "c"}) {
    clock.advance(std::chrono::seconds(1));
    REQUIRE(reactors.put(name, "{}", 10).has_value());
  }
  const auto first = reactors.list({.limit = 2}).value();
  REQUIRE(first.items.size() == 2);
  CHECK(first.items[0].name == "c");
  const auto second = reactors.list({.limit = 2, .after = first.next.value()}).value();
  REQUIRE(second.items.size() == 1);
  CHECK(second.items[0].name == "a");
  CHECK_FALSE(second.next.has_value());
}

}  // namespace
}  // namespace weft::store
