#include "store/sqlite_database.h"

#include <cerrno>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>

#include "base/assert.h"
#include "base/unique_fd.h"
#include "base/work_pool.h"
#include "store/file.h"
#include "store/sqlite_connection.h"

namespace weft::store {
namespace {

using Connections = std::vector<std::unique_ptr<SqliteConnection>>;

// One piece's view of the shared transaction. Once a statement has failed, the piece has failed.
class SavepointTransaction final : public Transaction {
 public:
  explicit SavepointTransaction(SqliteConnection& connection) : connection_(connection) {}

  Result<Rows> execute(std::string_view sql, const Values& parameters) override {
    if (failure_) return fail(*failure_);
    auto rows = connection_.run(sql, parameters);
    if (!rows) failure_ = rows.error();
    return rows;
  }

  const std::optional<Error>& failure() const { return failure_; }

 private:
  SqliteConnection& connection_;  // Outlives this object.
  std::optional<Error> failure_;
};

// Lets one thread wait for an answer that another one gives.
class Answer {
 public:
  void give(Result<> result) {
    const std::scoped_lock lock(mutex_);
    result_ = std::move(result);
    given_.notify_one();  // Under the lock: the waiter destroys this object as soon as it can.
  }
  Result<> wait() {
    std::unique_lock lock(mutex_);
    while (!result_)
      given_.wait(lock);
    return std::move(*result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable given_;
  std::optional<Result<>> result_;
};

}  // namespace

// Lends connections to reading threads.
class SqliteDatabase::Readers {
 public:
  explicit Readers(Connections idle) : idle_(std::move(idle)) {}

  Result<Rows> read(std::string_view sql, const Values& parameters) {
    auto connection = take();
    auto rows = connection->run(sql, parameters);
    give_back(std::move(connection));
    return rows;
  }

 private:
  std::unique_ptr<SqliteConnection> take() {
    std::unique_lock lock(mutex_);
    returned_.wait(lock, [this] { return !idle_.empty(); });
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  void give_back(std::unique_ptr<SqliteConnection> connection) {
    {
      const std::scoped_lock lock(mutex_);
      idle_.push_back(std::move(connection));
    }
    returned_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable returned_;
  Connections idle_;
};

// The queue of writes and the thread that drains it, a group at a time.
class SqliteDatabase::Writer {
 public:
  Writer(std::unique_ptr<SqliteConnection> connection, SqliteOptions options)
      : options_(options), connection_(std::move(connection)), pool_("weft-writer", 1, 2) {}

  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() { pool_.finish(); }  // Otherwise the pool would drop a run that has not begun.

  void add(Work work, Done done) {
    Piece piece{std::move(work), std::move(done)};
    switch (accept(piece)) {
      case Accepted::kNo:
        return piece.done(fail(
            Error(ErrorCode::kResourceExhausted, "too many writes wait for the disk; try again")
                .with_limit("writes_waiting", options_.writes_waiting_max)));
      case Accepted::kAsFirst:
        // At most one run waits in the pool while an earlier one ends, so that it never refuses.
        WEFT_ASSERT(pool_.run([this] { drain(); }).has_value());
        return;
      case Accepted::kBehindOthers:
        return;
    }
  }

  bool on_writer_thread() {
    const std::scoped_lock lock(mutex_);
    return drainer_ == std::this_thread::get_id();
  }

 private:
  struct Piece {
    Work work;
    Done done;
  };
  using Group = std::deque<Piece>;
  enum class Accepted : std::uint8_t { kNo, kAsFirst, kBehindOthers };

  // Takes the piece unless too many wait.
  Accepted accept(Piece& piece) {
    const std::scoped_lock lock(mutex_);
    if (waiting_.size() >= options_.writes_waiting_max) return Accepted::kNo;
    waiting_.push_back(std::move(piece));
    return std::exchange(draining_, true) ? Accepted::kBehindOthers : Accepted::kAsFirst;
  }

  void drain() {
    for (;;) {
      Group group = next_group();
      if (group.empty()) return;
      while (!group.empty())
        commit(group);
      connection_->checkpoint_when_due();
    }
  }

  // Empty when nothing waits: this run is then over.
  Group next_group() {
    Group group;
    const std::scoped_lock lock(mutex_);
    drainer_ = std::this_thread::get_id();
    while (!waiting_.empty() && group.size() < options_.group_max) {
      group.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (group.empty()) {
      draining_ = false;
      drainer_ = {};
    }
    return group;
  }

  // Runs the group in one transaction and answers; what is left in `group` is to be run again.
  void commit(Group& group) {
    if (auto begun = connection_->run("BEGIN IMMEDIATE"); !begun)
      return answer_all(group, begun.error());
    std::vector<Result<>> results;
    results.reserve(group.size());
    for (std::size_t i = 0; i < group.size(); ++i) {
      results.push_back(run_piece(group[i].work));
      if (connection_->in_transaction()) continue;
      // A full disk can make SQLite undo everything. The one that met it fails, the others get
      // another try.
      Piece failed = std::move(group[i]);
      group.erase(group.begin() + static_cast<std::ptrdiff_t>(i));
      WEFT_ASSERT(!results.back().has_value());
      failed.done(std::move(results.back()));
      return;
    }
    if (auto committed = connection_->run("COMMIT"); !committed) {
      roll_back();
      return answer_all(group, committed.error());
    }
    for (std::size_t i = 0; i < results.size(); ++i)
      group[i].done(std::move(results[i]));
    group.clear();
  }

  // The piece's own result, its changes undone when that is an error.
  Result<> run_piece(Work& work) {
    TRY(connection_->run("SAVEPOINT piece"));
    SavepointTransaction transaction(*connection_);
    auto result = work(transaction);
    const auto& failure = transaction.failure();
    if (result.has_value() && failure) result = fail(*failure);
    if (!connection_->in_transaction()) return result;
    // A piece that can be neither kept nor undone alone takes the transaction with it; the others
    // run again.
    if (auto ended = end_piece(result.has_value()); !ended) {
      roll_back();
      return ended;
    }
    return result;
  }

  Result<> end_piece(bool keep) {
    if (!keep) TRY(connection_->run("ROLLBACK TO piece"));
    TRY(connection_->run("RELEASE piece"));
    return {};
  }

  // Leaves no transaction open. Its own failure says nothing new: SQLite has undone everything
  // then.
  void roll_back() {
    if (connection_->in_transaction()) {
      [[maybe_unused]] const auto undone = connection_->run("ROLLBACK");
    }
  }

  static void answer_all(Group& group, const Error& error) {
    for (auto& piece : group)
      piece.done(fail(error));
    group.clear();
  }

  const SqliteOptions options_;
  std::mutex mutex_;
  std::deque<Piece> waiting_;
  bool draining_ = false;                         // A run of drain() is queued or under way.
  std::thread::id drainer_;                       // While drain() runs.
  std::unique_ptr<SqliteConnection> connection_;  // Used by drain() only.
  WorkPool pool_;                                 // Last: drain() uses everything above.
};

SqliteDatabase::SqliteDatabase(std::unique_ptr<Readers> readers, std::unique_ptr<Writer> writer)
    : writer_(std::move(writer)), readers_(std::move(readers)) {}

SqliteDatabase::~SqliteDatabase() = default;

Result<std::unique_ptr<Database>> SqliteDatabase::open(const std::filesystem::path& file,
                                                       SqliteOptions options) {
  WEFT_ASSERT(options.readers >= 1 && options.writes_waiting_max >= 1 && options.group_max >= 1);
  {
    // SQLite would give it the mode that the umask leaves; its log takes over the mode of this
    // file. An existing file is not touched: closing any descriptor of it would drop the locks of
    // every connection in this process.
    const UniqueFd created(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!created && errno != EEXIST) return fail(system_error(errno, "create the database", file));
  }
  TRY(flush_directory(file.parent_path().empty() ? "." : file.parent_path()));
  auto writer = TRY(SqliteConnection::open(file, SqliteRole::kWriter));
  Connections readers;
  for (std::size_t i = 0; i < options.readers; ++i) {
    readers.push_back(TRY(SqliteConnection::open(file, SqliteRole::kReader)));
  }
  return std::unique_ptr<Database>(
      new SqliteDatabase(std::make_unique<Readers>(std::move(readers)),
                         std::make_unique<Writer>(std::move(writer), options)));
}

Result<Rows> SqliteDatabase::read(std::string_view sql, const Values& parameters) {
  return readers_->read(sql, parameters);
}

Result<> SqliteDatabase::write(Work work) {
  WEFT_ASSERT(!writer_->on_writer_thread());  // It would wait for itself.
  Answer answer;
  writer_->add(std::move(work), [&answer](Result<> result) { answer.give(std::move(result)); });
  return answer.wait();
}

void SqliteDatabase::write_async(Work work, Done done) {
  writer_->add(std::move(work), std::move(done));
}

}  // namespace weft::store
