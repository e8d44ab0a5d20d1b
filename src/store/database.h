// The database that holds metadata and journals: one interface, one SQL text, several engines.
//
// SQL is the subset that SQLite and PostgreSQL share: placeholders $1 $2 …; types TEXT, BIGINT and
// BYTEA; ON CONFLICT, RETURNING, row values, LIKE with ESCAPE; no booleans, no floats, no engine
// functions. Times are BIGINT microseconds since 1970. Statement texts are constants or put
// together from constants; values travel only as parameters.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "store/value.h"

namespace weft::store {

// Rows that one answer may have; a statement that would give more fails with kTooLarge.
inline constexpr std::size_t kRowsMax = 100'000;

// A running transaction, seen from the piece of work that it was given to. Valid only inside that
// call.
//
// Errors of `execute`: kAlreadyExists (a unique key is taken), kFailedPrecondition (something
// refers to the row, or what the row refers to is missing), kUnavailable (disk full, input/output
// error), kDataLoss (damaged file), kTooLarge, kInternal. After an error every further call returns
// the same error and the piece is undone.
class Transaction {
 public:
  virtual ~Transaction() = default;

  // Runs one statement; sees what this transaction did before.
  virtual Result<Rows> execute(std::string_view sql, const Values& parameters = {}) = 0;
};

// Thread-safe. Calls block on the disk: not for event loops (write_async is).
class Database {
 public:
  // One atomic change: all of it happens or, when it returns an error, none. Runs on the database's
  // own thread. May be called again when the engine had to undo it, so it reads its captures and
  // does not move from them, and takes what it returns through captures only from its last call.
  // Must not call `write` of the same database.
  using Work = std::move_only_function<Result<>(Transaction&)>;
  // Learns how a change ended. Short and without waiting: it holds up everybody's writes.
  using Done = std::move_only_function<void(Result<>)>;

  virtual ~Database() = default;

  // Runs one statement that only reads, on the state after some committed write that is at least as
  // new as every write that had ended before this call. Errors as for Transaction::execute.
  virtual Result<Rows> read(std::string_view sql, const Values& parameters = {}) = 0;

  // Runs `work` and returns when its changes are on the disk. Returns what `work` returned, or
  // kResourceExhausted without running it (too many writes wait), or kUnavailable when committing
  // failed.
  virtual Result<> write(Work work) = 0;

  // The same without waiting. `done` is called exactly once: on the database's thread, or inside
  // this call with kResourceExhausted. Writes take effect in the order in which they were given.
  virtual void write_async(Work work, Done done) = 0;
};

// Like Database::write, for work that gives a value: `work(Transaction&)` returns a Result<T>.
template <class T, class Giving>
Result<T> write_returning(Database& database, Giving work) {
  Result<T> value = fail(ErrorCode::kInternal, "the write did not run");
  auto written = database.write([&](Transaction& transaction) -> Result<> {
    value = work(transaction);
    if (!value.has_value()) return fail(value.error());
    return {};
  });
  if (!written.has_value()) return fail(std::move(written).error());
  return value;
}

}  // namespace weft::store
