#include "store/invocations.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/id.h"
#include "base/log.h"
#include "store/listing.h"

namespace weft::store {
namespace {

// Short enough that other writes hardly wait, long enough that a flush of the disk pays.
constexpr std::int64_t kTrimStep = 1000;
constexpr std::chrono::hours kActivityTime{1};
// A call may start this long after it was accepted, which is the time in its id, and still be
// found.
constexpr std::chrono::minutes kQueueTimeMax{1};

constexpr std::string_view kColumns =
    "id, function, version, export_name, status, error, started_us, duration_us, cpu_us, "
    "input_bytes, output_bytes, "
    "input, output, log_bytes, calls";

InvocationRecord record_of(const Row& row) {
  return {.id = row.text(0),
          .function = row.text(1),
          .version = row.integer(2),
          .export_name = row.maybe_text(3),
          .status = row.integer(4) == 0 ? InvocationStatus::kOk : InvocationStatus::kError,
          .error = row.maybe_text(5),
          .started = wall_time(row.integer(6)),
          .duration_us = row.integer(7),
          .cpu_us = row.integer(8),
          .input_bytes = static_cast<std::uint64_t>(row.integer(9)),
          .output_bytes = static_cast<std::uint64_t>(row.integer(10)),
          .input = row.maybe_text(11),
          .output = row.maybe_text(12),
          .log_bytes = static_cast<std::uint64_t>(row.integer(13)),
          .calls = static_cast<std::uint64_t>(row.integer(14))};
}

Result<> insert(Transaction& transaction, const NewInvocation& invocation) {
  const InvocationRecord& record = invocation.record;
  const auto inserted = TRY(transaction.execute(
      R"(INSERT INTO invocation
           (id, function, version, export_name, status, error, started_us, duration_us, cpu_us, input_bytes,
            output_bytes, input, output, log_bytes, calls)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
         ON CONFLICT (id) DO NOTHING RETURNING id)",
      {record.id, record.function, record.version, record.export_name,
       std::to_underlying(record.status), record.error, microseconds(record.started),
       record.duration_us, record.cpu_us, record.input_bytes, record.output_bytes, record.input,
       record.output, invocation.log.size(), record.calls}));
  if (inserted.empty() || invocation.log.empty()) return {};
  TRY(transaction.execute("INSERT INTO invocation_log (id, log) VALUES ($1, $2)",
                          {record.id, Bytes{invocation.log}}));
  return {};
}

std::unexpected<Error> no_invocation(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no record of an invocation '{}'; old "
                                                "ones are removed, and under load not every "
                                                "success is kept",
                                                printable(id.substr(0, 100))));
}

class Zeros final : public Random {
 public:
  void fill(void* bytes, std::size_t size) override { std::memset(bytes, 0, size); }
};

// Before every id that is made at `time` or later.
std::string first_id_at(WallTime time) {
  Zeros zeros;
  return make_ulid(std::max(time, WallTime()), zeros);
}

// Removes records up to `last`, of one function or of all.
Result<std::uint64_t> remove_through(Database& database, const std::string& last,
                                     const std::optional<std::string>& function) {
  std::string sql = "DELETE FROM invocation WHERE id IN (SELECT id FROM invocation WHERE id <= $1";
  if (function) sql += " AND function = $3";
  sql += " ORDER BY id LIMIT $2)";
  Values parameters = {last, kTrimStep};
  if (function) parameters.emplace_back(*function);
  std::uint64_t removed = 0;
  for (;;) {
    const auto step = TRY(write_returning<Rows>(database, [&](Transaction& transaction) {
                        return transaction.execute(sql, parameters);
                      })).changed;
    removed += step;
    if (step < static_cast<std::uint64_t>(kTrimStep)) return removed;
  }
}

// Removes some of the logs of the records up to `last`.
Result<Rows> remove_some_logs(Transaction& transaction, const std::string& last) {
  // The log goes with the word about it, or neither does.
  TRY(transaction.execute(
      R"(DELETE FROM invocation_log WHERE id IN (SELECT id FROM invocation
       WHERE log_bytes > 0 AND id <= $1 ORDER BY id LIMIT $2))",
      {last, kTrimStep}));
  return transaction.execute(
      R"(UPDATE invocation SET log_bytes = 0 WHERE id IN (SELECT id FROM invocation
       WHERE log_bytes > 0 AND id <= $1 ORDER BY id LIMIT $2))",
      {last, kTrimStep});
}

// Removes the logs of the records up to `last`.
Result<> remove_logs_through(Database& database, const std::string& last) {
  for (;;) {
    const auto step = TRY(write_returning<Rows>(
        database, [&](Transaction& transaction) { return remove_some_logs(transaction, last); }));
    if (step.changed < static_cast<std::uint64_t>(kTrimStep)) return {};
  }
}

Value offset_of(std::uint64_t keep) {
  return std::min(keep, std::uint64_t{std::numeric_limits<std::int64_t>::max()});
}

}  // namespace

void Invocations::append(std::vector<NewInvocation> batch, Database::Done done) {
  for (const auto& invocation : batch)
    WEFT_ASSERT(is_ulid(invocation.record.id));
  database_.write_async(
      [batch = std::move(batch)](Transaction& transaction) -> Result<> {
        for (const auto& invocation : batch)
          TRY(insert(transaction, invocation));
        return {};
      },
      std::move(done));
}

Result<InvocationRecord> Invocations::get(std::string_view id) {
  if (!is_ulid(id)) return no_invocation(id);
  const auto rows =
      TRY(database_.read(fmt::format("SELECT {} FROM invocation WHERE id = $1", kColumns), {id}));
  if (rows.empty()) return no_invocation(id);
  return record_of(rows[0]);
}

Result<Listed<InvocationRecord>> Invocations::list(const InvocationFilter& filter,
                                                   const Page& page) {
  const Cursor start = TRY(start_of(page, CursorKind::kInvocations));
  std::string sql = fmt::format("SELECT {} FROM invocation WHERE id < $1", kColumns);
  if (filter.function) sql += " AND function = $3";
  // Written out, because only then do the indexes of errors apply.
  if (filter.status)
    sql += *filter.status == InvocationStatus::kOk ? " AND status = 0" : " AND status = 1";
  sql += " ORDER BY id DESC LIMIT $2";
  Values parameters = {start.text, rows_for(page)};
  if (filter.function) parameters.emplace_back(*filter.function);
  const auto rows = TRY(database_.read(sql, parameters));
  return listed<InvocationRecord>(rows, page, record_of, [](const InvocationRecord& last) {
    return Cursor{CursorKind::kInvocations, 0, last.id};
  });
}

Result<std::string> Invocations::log(std::string_view id) {
  if (!is_ulid(id)) return no_invocation(id);
  const auto rows = TRY(database_.read(
      "SELECT l.log FROM invocation i LEFT JOIN invocation_log l ON l.id = i.id WHERE i.id = $1",
      {id}));
  if (rows.empty()) return no_invocation(id);
  return rows[0][0].is_null() ? std::string() : rows[0].bytes(0);
}

Result<Activity> Invocations::activity(std::string_view function, WallTime now) {
  const WallTime from = now - kActivityTime;
  const Values window = {function, microseconds(from), microseconds(now),
                         first_id_at(from - kQueueTimeMax)};
  Activity activity;
  // In minutes from `from`, each with its end and without its beginning.
  std::uint64_t records = 0;
  const auto minutes = TRY(database_.read(
      R"(SELECT (started_us - $2 - 1) / 60000000, CAST(SUM(calls) AS BIGINT), COUNT(*) FILTER (WHERE status = 1),
                COUNT(*) FROM invocation
         WHERE function = $1 AND id >= $4 AND started_us > $2 AND started_us <= $3 GROUP BY 1)",
      window));
  for (const Row& row : minutes) {
    const auto calls = static_cast<std::uint64_t>(row.integer(1));
    activity.calls += calls;
    records += static_cast<std::uint64_t>(row.integer(3));
    activity.errors += static_cast<std::uint64_t>(row.integer(2));
    activity.calls_per_minute.at(static_cast<std::size_t>(row.integer(0))) = calls;
  }
  if (records > 0) {
    Values middle = window;
    middle.emplace_back((records - 1) / 2);
    const auto median = TRY(database_.read(
        R"(SELECT duration_us FROM invocation
           WHERE function = $1 AND id >= $4 AND started_us > $2 AND started_us <= $3
           ORDER BY duration_us LIMIT 1 OFFSET $5)",
        middle));
    if (!median.empty()) activity.p50_us = median[0].integer(0);
  }
  const auto last = TRY(database_.read(
      "SELECT started_us FROM invocation WHERE function = $1 ORDER BY id DESC LIMIT 1",
      {function}));
  if (!last.empty()) activity.last_called = wall_time(last[0].integer(0));
  return activity;
}

Result<std::uint64_t> Invocations::trim(const Retention& keep) {
  std::uint64_t removed = 0;
  const auto beyond_total = TRY(database_.read(
      "SELECT id FROM invocation ORDER BY id DESC LIMIT 1 OFFSET $1", {offset_of(keep.total)}));
  if (!beyond_total.empty())
    removed += TRY(remove_through(database_, beyond_total[0].text(0), std::nullopt));
  // From name to name through the index: DISTINCT would read every record.
  std::string function;
  for (;;) {
    const auto next =
        TRY(database_.read("SELECT MIN(function) FROM invocation WHERE function > $1", {function}));
    if (next[0][0].is_null()) break;
    function = next[0].text(0);
    const auto beyond = TRY(database_.read(
        "SELECT id FROM invocation WHERE function = $1 ORDER BY id DESC LIMIT 1 OFFSET $2",
        {function, offset_of(keep.per_function)}));
    if (!beyond.empty()) removed += TRY(remove_through(database_, beyond[0].text(0), function));
  }
  const auto beyond_bytes = TRY(database_.read(
      R"(SELECT id FROM (SELECT id, SUM(log_bytes) OVER (ORDER BY id DESC) AS bytes FROM invocation
                         WHERE log_bytes > 0) AS logs
         WHERE bytes > $1 ORDER BY id DESC LIMIT 1)",
      {offset_of(keep.log_bytes)}));
  if (!beyond_bytes.empty()) TRY(remove_logs_through(database_, beyond_bytes[0].text(0)));
  return removed;
}

}  // namespace weft::store
