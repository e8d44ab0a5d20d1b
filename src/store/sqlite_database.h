// SQLite as the Database: write-ahead log, full durability, one writer with group commit, a few
// readers.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "store/database.h"

namespace weft::store {

struct SqliteOptions {
  std::size_t readers = 4;  // connections that read at the same time; further readers wait
  std::size_t writes_waiting_max = 4096;  // beyond that, writes are refused with kResourceExhausted
  std::size_t group_max = 1024;  // writes that share one transaction and one flush of the disk
};

// Writes that come while the disk is busy share the next transaction; each has a savepoint, so that
// the failure of one leaves the others alone. Only the writer checkpoints, after it has answered.
class SqliteDatabase final : public Database {
 public:
  // Opens or creates the file (mode 0600). Its directory exists, and the caller holds its lock
  // (DataDirectory) for as long as the database lives: no second process may write. kDataLoss when
  // the file is no SQLite database or is damaged, kUnavailable when the disk refuses,
  // kFailedPrecondition when it may not be written.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file,
                                                SqliteOptions options = {});

  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  // Waits for all accepted writes. No call may be running.
  ~SqliteDatabase() override;

  Result<Rows> read(std::string_view sql, const Values& parameters) override;
  Result<> write(Work work) override;
  void write_async(Work work, Done done) override;

 private:
  class Readers;
  class Writer;

  SqliteDatabase(std::unique_ptr<Readers> readers, std::unique_ptr<Writer> writer);

  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;  // Closed before the writer, whose closing empties the log.
};

}  // namespace weft::store
