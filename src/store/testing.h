// What the store's tests share: a directory that vanishes, a database in it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <stdlib.h>

#include "base/clock.h"
#include "store/migrations.h"
#include "store/sqlite_database.h"

namespace weft::store {

// An empty directory of its own; removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "weft-store-test-XXXXXX").native();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path database_file() const { return path_ / "weft.db"; }

 private:
  std::filesystem::path path_;
};

inline std::unique_ptr<Database> open_database(const std::filesystem::path& file,
                                               SqliteOptions options = {}) {
  auto database = SqliteDatabase::open(file, options);
  REQUIRE_MESSAGE(database.has_value(), (database ? "" : database.error().message()));
  return std::move(*database);
}

// With the current schema.
inline std::unique_ptr<Database> open_migrated(const std::filesystem::path& file,
                                               const Clock& clock) {
  auto database = open_database(file);
  const auto migrated = migrate(*database, clock);
  REQUIRE_MESSAGE(migrated.has_value(), (migrated ? "" : migrated.error().message()));
  return database;
}

// The code of the error that is expected.
template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code();
}

}  // namespace weft::store
