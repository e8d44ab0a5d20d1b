#include "store/sqlite_database.h"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <limits>
#include <map>
#include <mutex>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/guarded.h"
#include "base/work_pool.h"
#include "store/file.h"
#include "store/testing.h"

namespace weft::store {
namespace {

namespace fs = std::filesystem;

// Opened once; whoever waits goes on then.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(mutex_);
    open_ = true;
    opened_.notify_all();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    opened_.wait(lock, [this] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  bool open_ = false;
};

Database::Work statement(std::string sql, Values parameters = {}) {
  return [sql = std::move(sql),
          parameters = std::move(parameters)](Transaction& transaction) -> Result<> {
    TRY(transaction.execute(sql, parameters));
    return {};
  };
}

void run(Database& database, std::string sql, Values parameters = {}) {
  const auto done = database.write(statement(std::move(sql), std::move(parameters)));
  REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message()));
}

std::unique_ptr<Database> with_table(const fs::path& file, SqliteOptions options = {}) {
  auto database = open_database(file, options);
  run(*database,
      "CREATE TABLE IF NOT EXISTS pair (name TEXT PRIMARY KEY, number BIGINT, data BYTEA)");
  return database;
}

Database::Work insert(std::string name, Value data = {}) {
  return statement("INSERT INTO pair (name, data) VALUES ($1, $2)",
                   {std::move(name), std::move(data)});
}

std::int64_t count(Database& database) {
  return database.read("SELECT COUNT(*) FROM pair").value()[0].integer(0);
}

// Holds the writer up, so that what comes meanwhile shares the next transaction.
class HeldWriter {
 public:
  explicit HeldWriter(Database& database) {
    database.write_async(
        [this](Transaction& /*transaction*/) -> Result<> {
          held_.open();
          release_.wait();
          return {};
        },
        [this](const Result<>& /*result*/) { done_.open(); });
    held_.wait();
  }
  void release() {
    release_.open();
    done_.wait();
  }

 private:
  Gate held_;
  Gate release_;
  Gate done_;
};

TEST_CASE("values come back as they went in") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  const std::string odd("a\0b\n\xc3\xa9", 6);
  const std::vector<Values> rows = {
      {"plain", 1, Bytes{"data"}},
      {odd, std::numeric_limits<std::int64_t>::min(), Bytes{std::string("\0\xff", 2)}},
      {"", std::numeric_limits<std::int64_t>::max(), Bytes{}},
      {"nothing", nullptr, nullptr},
  };
  for (const auto& row : rows)
    run(*database, "INSERT INTO pair (name, number, data) VALUES ($1, $2, $3)", row);
  for (const auto& row : rows) {
    // Parameters are numbered, so their order in the text does not matter.
    const auto found = database->read(
        "SELECT name, number, data FROM pair WHERE $2 IS NULL AND name = $1", {row[0], nullptr});
    REQUIRE(found.value().size() == 1);
    for (std::size_t i = 0; i < row.size(); ++i)
      CHECK(found.value()[0][i] == row[i]);
  }
}

TEST_CASE("a committed write is there after opening again") {
  const TemporaryDirectory directory;
  run(*with_table(directory.database_file()), "INSERT INTO pair (name) VALUES ($1)", {"kept"});
  const auto database = with_table(directory.database_file());
  CHECK(count(*database) == 1);
  CHECK(fs::status(directory.database_file()).permissions() ==
        (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("closing leaves one file") {
  const TemporaryDirectory directory;
  run(*with_table(directory.database_file()), "INSERT INTO pair (name) VALUES ($1)", {"kept"});
  CHECK(std::distance(fs::directory_iterator(directory.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("the writer flushes every commit, and readers cannot write") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  std::map<std::string, std::int64_t> settings;
  for (const auto* name : {"synchronous", "temp_store", "foreign_keys", "wal_autocheckpoint"}) {
    const auto rows = write_returning<Rows>(*database, [&](Transaction& transaction) {
      return transaction.execute(std::string("PRAGMA ") + name);
    });
    settings[name] = rows.value()[0].integer(0);
  }
  CHECK(settings["synchronous"] == 2);
  CHECK(settings["temp_store"] == 2);
  CHECK(settings["foreign_keys"] == 1);
  CHECK(settings["wal_autocheckpoint"] == 0);
  CHECK(database->read("PRAGMA journal_mode").value()[0].text(0) == "wal");
  CHECK_FALSE(database->read("INSERT INTO pair (name) VALUES ('x')").has_value());
  CHECK(count(*database) == 0);
}

TEST_CASE("a taken key is already_exists, a broken reference is failed_precondition") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  run(*database, "CREATE TABLE child (name TEXT NOT NULL REFERENCES pair (name))");
  REQUIRE(database->write(insert("a")).has_value());
  CHECK(code_of(database->write(insert("a"))) == ErrorCode::kAlreadyExists);
  CHECK(code_of(database->write(statement("INSERT INTO child (name) VALUES ('b')"))) ==
        ErrorCode::kFailedPrecondition);
  run(*database, "INSERT INTO child (name) VALUES ('a')");
  CHECK(code_of(database->write(statement("DELETE FROM pair"))) == ErrorCode::kFailedPrecondition);
}

TEST_CASE("a statement that is wrong is an internal error with SQLite's words") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  const auto rows = database->read("SELECT * FROM nowhere");
  CHECK(code_of(rows) == ErrorCode::kInternal);
  CHECK(rows.error().message().contains("nowhere"));
}

TEST_CASE("a statement tells how many rows it changed") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  for (const auto* name : {"a", "b", "c"})
    REQUIRE(database->write(insert(name)).has_value());
  std::uint64_t changed = 0;
  std::uint64_t read = 99;
  const auto written = database->write([&](Transaction& transaction) -> Result<> {
    changed = TRY(transaction.execute("DELETE FROM pair WHERE name <> $1", {"b"})).changed;
    read = TRY(transaction.execute("SELECT name FROM pair")).changed;
    return {};
  });
  REQUIRE(written.has_value());
  CHECK(changed == 2);
  CHECK(read == 0);
}

TEST_CASE("an answer with too many rows is refused") {
  const TemporaryDirectory directory;
  const auto database = open_database(directory.database_file());
  const std::string sql =
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i FROM "
      "n";
  CHECK(database->read(sql, {kRowsMax}).value().size() == kRowsMax);
  CHECK(code_of(database->read(sql, {kRowsMax + 1})) == ErrorCode::kTooLarge);
}

TEST_CASE("work that returns an error leaves nothing behind") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  const auto result = database->write([](Transaction& transaction) -> Result<> {
    TRY(transaction.execute("INSERT INTO pair (name) VALUES ('x')"));
    return fail(ErrorCode::kNotFound, "changed my mind");
  });
  CHECK(code_of(result) == ErrorCode::kNotFound);
  CHECK(count(*database) == 0);
}

TEST_CASE("work that ignores a failed statement fails all the same") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  REQUIRE(database->write(insert("a")).has_value());
  bool second_ran = true;
  const auto result = database->write([&](Transaction& transaction) -> Result<> {
    const auto first = transaction.execute("INSERT INTO pair (name) VALUES ('a')");
    second_ran = transaction.execute("INSERT INTO pair (name) VALUES ('b')").has_value();
    return {};
  });
  CHECK(code_of(result) == ErrorCode::kAlreadyExists);
  CHECK_FALSE(second_ran);
  CHECK(count(*database) == 1);
}

TEST_CASE("writes that share a transaction fail alone") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  std::map<std::string, Result<>>
      results;  // Written on the database's thread, read after release().
  HeldWriter held(*database);
  Gate last;
  for (const auto* name : {"a", "b", "a", "c", "b", "d"}) {
    database->write_async(insert(name), [&, name](Result<> result) {
      const std::string first = name;
      results.insert_or_assign(results.contains(first) ? first + " again" : first,
                               std::move(result));
      if (first == "d") last.open();
    });
  }
  held.release();
  last.wait();
  for (const auto* name : {"a", "b", "c", "d"})
    CHECK(results.at(name).has_value());
  for (const auto* name : {"a again", "b again"}) {
    CHECK(code_of(results.at(name)) == ErrorCode::kAlreadyExists);
  }
  CHECK(count(*database) == 4);
}

TEST_CASE("a full queue refuses at once and takes writes again later") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file(), {.writes_waiting_max = 2});
  HeldWriter held(*database);
  std::atomic<int> accepted = 0;
  std::atomic<int> answered = 0;
  Gate both;
  for (const auto* name : {"a", "b"}) {
    database->write_async(insert(name), [&](const Result<>& result) {
      accepted += result.has_value() ? 1 : 0;
      if (++answered == 2) both.open();
    });
  }
  std::optional<Error> refusal;
  database->write_async(insert("c"), [&](const Result<>& result) { refusal = result.error(); });
  REQUIRE(refusal.has_value());
  CHECK(refusal->code() == ErrorCode::kResourceExhausted);
  CHECK(refusal->limit()->name == "writes_waiting");
  CHECK(code_of(database->write(insert("d"))) == ErrorCode::kResourceExhausted);
  held.release();
  both.wait();
  CHECK(database->write(insert("e")).has_value());
  CHECK(accepted == 2);
  CHECK(count(*database) == 3);
}

TEST_CASE("closing waits for the writes that were accepted") {
  const TemporaryDirectory directory;
  std::atomic<int> done = 0;
  {
    const auto database = with_table(directory.database_file());
    for (int i = 0; i < 200; ++i) {
      database->write_async(insert(fmt::format("n{}", i)),
                            [&](const Result<>& result) { done += result.has_value() ? 1 : 0; });
    }
  }
  CHECK(done == 200);
  CHECK(count(*with_table(directory.database_file())) == 200);
}

TEST_CASE("the end of a write may start another one") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  Gate second;
  database->write_async(insert("a"), [&](const Result<>& /*first*/) {
    database->write_async(insert("b"), [&](const Result<>& /*result*/) { second.open(); });
  });
  second.wait();
  CHECK(count(*database) == 2);
}

TEST_CASE("readers and writers work at the same time and readers see whole transactions") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  constexpr int kWritesEach = 60;
  std::atomic<int> failures = 0;
  std::atomic<bool> writing = true;
  {
    WorkPool readers("readers", 6, 6);
    for (int i = 0; i < 6; ++i) {
      REQUIRE(readers
                  .run([&] {
                    while (writing) {
                      const auto rows = database->read("SELECT COUNT(*) FROM pair");
                      // Each write adds two.
                      if (!rows || (*rows)[0].integer(0) % 2 != 0) ++failures;
                    }
                  })
                  .has_value());
    }
    {
      WorkPool writers("writers", 4, 4);
      for (int i = 0; i < 4; ++i) {
        REQUIRE(
            writers
                .run([&, i] {
                  for (int n = 0; n < kWritesEach; ++n) {
                    const auto result = database->write([&](Transaction& transaction) -> Result<> {
                      for (const auto* half : {"left", "right"}) {
                        TRY(transaction.execute("INSERT INTO pair (name, number) VALUES ($1, $2)",
                                                {fmt::format("{} {} {}", i, n, half), n}));
                      }
                      return {};
                    });
                    // What was acknowledged can be read.
                    const auto mine = database->read("SELECT COUNT(*) FROM pair WHERE name = $1",
                                                     {fmt::format("{} {} right", i, n)});
                    if (!result || !mine || (*mine)[0].integer(0) != 1) ++failures;
                  }
                })
                .has_value());
      }
      writers.finish();
    }
    writing = false;
  }
  CHECK(failures == 0);
  CHECK(count(*database) == 2 * 4 * kWritesEach);
}

TEST_CASE("a full disk fails the write that meets it and no other") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  run(*database, "PRAGMA max_page_count = 40");  // As if the disk ended there.
  HeldWriter held(*database);
  Guarded<std::map<std::string, Result<>>> results;
  Gate last;
  const auto add = [&](const char* name, std::size_t size) {
    database->write_async(insert(name, Bytes{std::string(size, 'x')}), [&, name](Result<> result) {
      results.with([&](auto& map) { map.insert_or_assign(name, std::move(result)); });
      if (std::string_view(name) == "last") last.open();
    });
  };
  add("small", 10);
  add("huge", 1U << 20U);
  add("other", 10);
  add("huge again", 1U << 20U);
  add("last", 10);
  held.release();
  last.wait();
  results.with([&](auto& map) {
    for (const auto* name : {"small", "other", "last"})
      CHECK(map.at(name).has_value());
    for (const auto* name : {"huge", "huge again"}) {
      CHECK(code_of(map.at(name)) == ErrorCode::kUnavailable);
      CHECK(map.at(name).error().message().contains("full"));
      CHECK(map.at(name).error().told_clients() == kNoSpaceTold);
    }
  });
  CHECK(count(*database) == 3);
}

TEST_CASE("the log does not grow without end") {
  const TemporaryDirectory directory;
  const auto database = with_table(directory.database_file());
  for (int i = 0; i < 64; ++i) {
    REQUIRE(database->write(insert(fmt::format("n{}", i), Bytes{std::string(1U << 20U, 'x')}))
                .has_value());
  }
  CHECK(fs::file_size(directory.path() / "weft.db-wal") < 32U << 20U);
}

TEST_CASE("a file that is no database is refused as data loss") {
  const TemporaryDirectory directory;
  std::ofstream(directory.database_file()) << std::string(8192, 'x');
  const auto database = SqliteDatabase::open(directory.database_file());
  CHECK(code_of(database) == ErrorCode::kDataLoss);
  CHECK(database.error().message().contains(directory.database_file().native()));
}

TEST_CASE("a damaged file is data loss for whoever reads it") {
  const TemporaryDirectory directory;
  {
    const auto database = with_table(directory.database_file());
    for (int i = 0; i < 50; ++i) {
      REQUIRE(database->write(insert(fmt::format("n{}", i), Bytes{std::string(1000, 'x')}))
                  .has_value());
    }
  }
  {
    std::fstream file(directory.database_file(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);  // The first page stays: it says that this is a database.
    file << std::string(fs::file_size(directory.database_file()) - 4096, '\x5a');
  }
  const auto database = open_database(directory.database_file());
  CHECK(code_of(database->read("SELECT name, data FROM pair")) == ErrorCode::kDataLoss);
}

TEST_CASE("a directory that is not there is an error that names the file") {
  const TemporaryDirectory directory;
  const auto database = SqliteDatabase::open(directory.path() / "no" / "weft.db");
  CHECK(code_of(database) == ErrorCode::kNotFound);
  CHECK(database.error().message().contains("weft.db"));
}

}  // namespace
}  // namespace weft::store
