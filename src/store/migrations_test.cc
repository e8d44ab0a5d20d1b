#include "store/migrations.h"

#include <array>

#include <doctest/doctest.h>

#include "store/testing.h"

namespace weft::store {
namespace {

constexpr std::array<std::string_view, 1> kFirst = {"CREATE TABLE pet (name TEXT PRIMARY KEY)"};
constexpr std::array<std::string_view, 2> kSecond = {
    "ALTER TABLE pet ADD COLUMN legs BIGINT NOT NULL DEFAULT 4",
    "CREATE INDEX pet_by_legs ON pet (legs)"};
constexpr std::array<std::string_view, 2> kBroken = {"CREATE TABLE house (name TEXT PRIMARY KEY)",
                                                     "CREATE TABLE pet (name TEXT PRIMARY KEY)"};
constexpr std::array<Migration, 2> kSteps = {{{1, kFirst}, {2, kSecond}}};
constexpr std::array<Migration, 2> kBrokenSteps = {{{1, kFirst}, {2, kBroken}}};

Result<> add_pet(Database& database, const char* name) {
  return database.write([&](Transaction& transaction) -> Result<> {
    TRY(transaction.execute("INSERT INTO pet (name) VALUES ($1)", {name}));
    return {};
  });
}

TEST_CASE("an empty database gets every step, and again nothing") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  const auto database = open_database(directory.database_file());
  CHECK(migrate(*database, clock).has_value());
  CHECK(migrate(*database, clock).has_value());
  const auto versions =
      database->read("SELECT version FROM schema_version ORDER BY version").value();
  REQUIRE(versions.size() == migrations().size());
  CHECK(versions[0].integer(0) == 1);
  CHECK(database->read("SELECT COUNT(*) FROM module").value()[0].integer(0) == 0);
}

TEST_CASE("an older database gets the steps that it lacks and keeps its rows") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  {
    const auto database = open_database(directory.database_file());
    REQUIRE(migrate(*database, clock, std::span(kSteps).first(1)).has_value());
    REQUIRE(add_pet(*database, "cat").has_value());
  }
  const auto database = open_database(directory.database_file());
  REQUIRE(migrate(*database, clock, kSteps).has_value());
  const auto pets = database->read("SELECT name, legs FROM pet").value();
  REQUIRE(pets.size() == 1);
  CHECK(pets[0].text(0) == "cat");
  CHECK(pets[0].integer(1) == 4);
}

TEST_CASE("what was deployed before there were snapshots has none and begins pristine") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  const auto database = open_database(directory.database_file());
  REQUIRE(migrate(*database, clock, migrations().first(2)).has_value());
  REQUIRE(database
              ->write([](Transaction& transaction) -> Result<> {
                TRY(transaction.execute("INSERT INTO module VALUES ('m', 'typed', 1, '{}', 0)"));
                TRY(transaction.execute("INSERT INTO function VALUES ('f', 0, 1, 1)"));
                TRY(
                    transaction.execute("INSERT INTO function_version VALUES ('f', 1, 'm', '', "
                                        "'{}', '{}', '{}', 0)"));
                return {};
              })
              .has_value());
  REQUIRE(migrate(*database, clock).has_value());
  const auto rows = database->read("SELECT init, state, snapshot FROM function_version").value();
  REQUIRE(rows.size() == 1);
  CHECK_FALSE(rows[0].maybe_text(0).has_value());
  CHECK(rows[0].text(1) == "pristine");
  CHECK_FALSE(rows[0].maybe_text(2).has_value());
}

TEST_CASE("a step that fails leaves the database as it was") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  const auto database = open_database(directory.database_file());
  REQUIRE(migrate(*database, clock, std::span(kSteps).first(1)).has_value());
  CHECK_FALSE(migrate(*database, clock, kBrokenSteps).has_value());
  CHECK(database->read("SELECT COUNT(*) FROM sqlite_master WHERE name = 'house'")
            .value()[0]
            .integer(0) == 0);
  CHECK(database->read("SELECT MAX(version) FROM schema_version").value()[0].integer(0) == 1);
}

TEST_CASE("a database of a newer weft is refused with a sentence that says so") {
  const TemporaryDirectory directory;
  const FakeClock clock;
  const auto database = open_database(directory.database_file());
  REQUIRE(migrate(*database, clock, kSteps).has_value());
  const auto older = migrate(*database, clock, std::span(kSteps).first(1));
  CHECK(code_of(older) == ErrorCode::kFailedPrecondition);
  CHECK(older.error().message().contains("newer weft"));
}

}  // namespace
}  // namespace weft::store
