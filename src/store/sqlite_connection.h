// One connection to a SQLite database: opening, statements, typed errors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/handle.h"
#include "base/result.h"
#include "store/value.h"

struct sqlite3;
struct sqlite3_stmt;

namespace weft::store {

void close_sqlite(sqlite3* connection);
void finalize_sqlite(sqlite3_stmt* statement);

enum class SqliteRole : bool { kReader, kWriter };

// Used by one thread at a time. Keeps its statements prepared.
class SqliteConnection {
 public:
  // Errors as for SqliteDatabase::open. The file exists.
  static Result<std::unique_ptr<SqliteConnection>> open(const std::filesystem::path& file,
                                                        SqliteRole role);

  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;
  ~SqliteConnection() = default;

  // Runs one statement to its end. Errors as for Transaction::execute.
  Result<Rows> run(std::string_view sql, const Values& parameters = {});

  // False when a failure made SQLite undo the whole transaction by itself.
  bool in_transaction() const;

  // Moves the log's pages into the database file once there are enough of them. Writer only. A
  // failure is left to the next commit to report: nothing is lost by it.
  void checkpoint_when_due();

 private:
  using StatementHandle = Handle<sqlite3_stmt, finalize_sqlite>;

  SqliteConnection(sqlite3* connection, std::filesystem::path file);

  Result<sqlite3_stmt*> prepared(std::string_view sql);
  Result<Rows> step_to_end(sqlite3_stmt* statement);
  Error error(int code) const;
  Result<> configure(SqliteRole role);

  std::filesystem::path file_;
  Handle<sqlite3, close_sqlite> connection_;
  std::map<std::string, StatementHandle, std::less<>> statements_;  // Gone before the connection.
  int log_pages_ = 0;                                               // After the last commit.
};

}  // namespace weft::store
