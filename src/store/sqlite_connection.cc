#include "store/sqlite_connection.h"

#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/assert.h"
#include "base/log.h"
#include "store/database.h"
#include "store/file.h"

namespace weft::store {
namespace {

// Only recovery after a crash and the last close of a connection lock readers out, both for
// moments.
constexpr int kBusyTimeoutMs = 10'000;
// 16 MiB of log: checkpoints are rare, and a restart has little to read.
constexpr int kCheckpointPages = 4096;
// Texts are constants of the program; more of them means that somebody builds SQL from data.
constexpr std::size_t kStatementsMax = 256;

constexpr std::array kCommonPragmas = {
    "PRAGMA temp_store=MEMORY",  // Statement journals in files cost 2.7 times the time of small
                                 // updates.
    "PRAGMA mmap_size=0",  // A file that another program truncates must be an error, not a signal.
    "PRAGMA wal_autocheckpoint=0",  // The writer does it after it has answered.
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
    "PRAGMA cache_size=-8000",
};
constexpr std::array kWriterPragmas = {
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_size_limit=67108864",
};
constexpr std::array kReaderPragmas = {"PRAGMA query_only=ON"};

ErrorCode code_of(int code) {
  if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY)
    return ErrorCode::kAlreadyExists;
  if (code == SQLITE_CONSTRAINT_FOREIGNKEY) return ErrorCode::kFailedPrecondition;
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kDataLoss;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_BUSY:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOMEM:
      return ErrorCode::kUnavailable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return ErrorCode::kFailedPrecondition;
    case SQLITE_TOOBIG:
      return ErrorCode::kTooLarge;
    default:
      return ErrorCode::kInternal;
  }
}

std::string_view advice(int code) {
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return "; restore it from a backup";
    case SQLITE_FULL:
      return "; free some space on its disk and try again";
    case SQLITE_IOERR:
      return "; look at the system's log for disk errors";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return "; make the file and its directory readable and writable for this user";
    default:
      return "";
  }
}

// The parameter that "$3" names: 3. Statements use no other form.
std::size_t number_of_placeholder(const char* name) {
  WEFT_ASSERT(name != nullptr && name[0] == '$');
  const std::string_view digits(name + 1);
  std::size_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  WEFT_ASSERT(problem == std::errc() && end == digits.data() + digits.size() && number >= 1);
  return number;
}

int bind(sqlite3_stmt* statement, int index, const Value& value) {
  if (const auto* number = value.if_integer()) return sqlite3_bind_int64(statement, index, *number);
  // Without copies: the parameters outlive the run, after which the bindings are cleared.
  if (const auto* text = value.if_text()) {
    return sqlite3_bind_text64(statement, index, text->data(), text->size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  if (const auto* bytes = value.if_bytes()) {
    return sqlite3_bind_blob64(statement, index, bytes->data.data(), bytes->data.size(),
                               SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, index);
}

Value column(sqlite3_stmt* statement, int index) {
  const auto size = [&] {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement, index));
  };
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, index);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
      return std::string(text, size());
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, index));
      return Bytes{bytes == nullptr ? std::string() : std::string(bytes, size())};
    }
    default:
      return {};
  }
}

// Leaves the statement as it was before the run, whatever happened.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(sqlite3_stmt* statement) : statement_(statement) {}
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;
  ~ResetAtEnd() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

int remember_log_pages(void* pages, sqlite3* /*connection*/, const char* /*name*/, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

void close_sqlite(sqlite3* connection) {
  sqlite3_close_v2(connection);
}
void finalize_sqlite(sqlite3_stmt* statement) {
  sqlite3_finalize(statement);
}

SqliteConnection::SqliteConnection(sqlite3* connection, std::filesystem::path file)
    : file_(std::move(file)), connection_(connection) {}

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& file,
                                                                 SqliteRole role) {
  sqlite3* raw = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &raw,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(raw, file));
  if (code != SQLITE_OK) return fail(connection->error(code).with_context("open"));
  TRY(connection->configure(role));
  return connection;
}

Result<> SqliteConnection::configure(SqliteRole role) {
  sqlite3_busy_timeout(connection_.get(), kBusyTimeoutMs);
  sqlite3_db_config(connection_.get(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  for (const char* pragma : kCommonPragmas)
    TRY(run(pragma));
  if (role == SqliteRole::kWriter) {
    for (const char* pragma : kWriterPragmas)
      TRY(run(pragma));
    const auto mode = TRY(run("PRAGMA journal_mode"));
    if (mode[0].text(0) != "wal") {
      return fail(ErrorCode::kFailedPrecondition,
                  fmt::format("the file system of {} cannot hold SQLite's write-ahead log (shared "
                              "memory is missing); "
                              "use a local disk",
                              printable(file_.native())));
    }
    sqlite3_wal_hook(connection_.get(), remember_log_pages, &log_pages_);
  } else {
    for (const char* pragma : kReaderPragmas)
      TRY(run(pragma));
  }
  // Reads the first page: a file that is no database is found out now.
  TRY(run("SELECT COUNT(*) FROM sqlite_master"));
  statements_.clear();
  return {};
}

Error SqliteConnection::error(int code) const {
  // Without a connection (out of memory) SQLite still has a text for it.
  Error error(code_of(code),
              fmt::format("the database {}: {} ({}){}", printable(file_.native()),
                          printable(sqlite3_errmsg(connection_.get())), code, advice(code)));
  if ((code & 0xff) == SQLITE_FULL) return std::move(error).telling_clients(kNoSpaceTold);
  return error;
}

Result<sqlite3_stmt*> SqliteConnection::prepared(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second.get();
  if (statements_.size() >= kStatementsMax) statements_.clear();
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int code = sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, &rest);
  if (code != SQLITE_OK) return fail(error(code));
  WEFT_ASSERT(raw != nullptr &&
              rest == sql.data() + sql.size());  // One statement, nothing behind it.
  statements_.emplace(sql, raw);
  return raw;
}

Result<Rows> SqliteConnection::run(std::string_view sql, const Values& parameters) {
  sqlite3_stmt* statement = TRY(prepared(sql));
  const ResetAtEnd reset(statement);
  const int count = sqlite3_bind_parameter_count(statement);
  for (int i = 1; i <= count; ++i) {
    const std::size_t number = number_of_placeholder(sqlite3_bind_parameter_name(statement, i));
    WEFT_ASSERT(number <= parameters.size());
    const int code = bind(statement, i, parameters[number - 1]);
    if (code != SQLITE_OK) return fail(error(code));
  }
  return step_to_end(statement);
}

Result<Rows> SqliteConnection::step_to_end(sqlite3_stmt* statement) {
  Rows rows;
  const int columns = sqlite3_column_count(statement);
  for (;;) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return fail(error(code));
    if (rows.rows.size() == kRowsMax) {
      return fail(Error(ErrorCode::kTooLarge,
                        fmt::format("the answer has more than {} rows; ask in pages", kRowsMax))
                      .with_limit("rows", kRowsMax));
    }
    Values values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int i = 0; i < columns; ++i)
      values.push_back(column(statement, i));
    rows.rows.emplace_back(std::move(values));
  }
  if (sqlite3_stmt_readonly(statement) == 0) {
    rows.changed = static_cast<std::uint64_t>(sqlite3_changes64(connection_.get()));
  }
  return rows;
}

bool SqliteConnection::in_transaction() const {
  return sqlite3_get_autocommit(connection_.get()) == 0;
}

void SqliteConnection::checkpoint_when_due() {
  if (log_pages_ < kCheckpointPages) return;
  log_pages_ = 0;
  sqlite3_wal_checkpoint_v2(connection_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr,
                            nullptr);
}

}  // namespace weft::store
