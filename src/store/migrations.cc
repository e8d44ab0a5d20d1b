#include "store/migrations.h"

#include <array>

#include <fmt/format.h>

#include "base/assert.h"

namespace weft::store {
namespace {

// BYTEA is PostgreSQL's word; SQLite takes any type name and leaves bytes in such a column as they
// are.

constexpr std::array<std::string_view, 11> kModulesFunctionsInvocations = {
    R"(CREATE TABLE module (
         id TEXT PRIMARY KEY,
         dialect TEXT NOT NULL,
         size_bytes BIGINT NOT NULL,
         info TEXT NOT NULL,
         created_us BIGINT NOT NULL))",
    "CREATE INDEX module_by_age ON module (created_us, id)",
    R"(CREATE TABLE function (
         name TEXT PRIMARY KEY,
         created_us BIGINT NOT NULL,
         current_version BIGINT NOT NULL,
         latest_version BIGINT NOT NULL))",
    "CREATE INDEX function_by_age ON function (created_us, name)",
    R"(CREATE TABLE function_version (
         function TEXT NOT NULL REFERENCES function (name) ON DELETE CASCADE,
         version BIGINT NOT NULL,
         module TEXT NOT NULL REFERENCES module (id),
         language TEXT NOT NULL,
         limits TEXT NOT NULL,
         grants TEXT NOT NULL,
         environment TEXT NOT NULL,
         deployed_us BIGINT NOT NULL,
         PRIMARY KEY (function, version)))",
    "CREATE INDEX function_version_by_module ON function_version (module)",
    // `function` is no reference: records outlive the function.
    R"(CREATE TABLE invocation (
         id TEXT PRIMARY KEY,
         function TEXT NOT NULL,
         version BIGINT NOT NULL,
         export_name TEXT,
         status BIGINT NOT NULL,
         error TEXT,
         started_us BIGINT NOT NULL,
         duration_us BIGINT NOT NULL,
         cpu_us BIGINT NOT NULL,
         input_bytes BIGINT NOT NULL,
         output_bytes BIGINT NOT NULL,
         input TEXT,
         output TEXT,
         log_bytes BIGINT NOT NULL,
         calls BIGINT NOT NULL))",
    // With what Invocations::activity reads, so that it needs the index alone.
    R"(CREATE INDEX invocation_by_function
         ON invocation (function, id, started_us, status, duration_us, calls))",
    // Errors are few among many calls: finding them must not read the others.
    "CREATE INDEX invocation_errors ON invocation (id) WHERE status = 1",
    "CREATE INDEX invocation_errors_by_function ON invocation (function, id) WHERE status = 1",
    R"(CREATE TABLE invocation_log (
         id TEXT PRIMARY KEY REFERENCES invocation (id) ON DELETE CASCADE,
         log BYTEA NOT NULL))",
};

// What all logs take is added up from this index alone.
constexpr std::array<std::string_view, 1> kLogSizes = {
    "CREATE INDEX invocation_logs ON invocation (id, log_bytes) WHERE log_bytes > 0",
};

// What was deployed before has no snapshot: one is made when it is loaded.
constexpr std::array<std::string_view, 4> kSnapshots = {
    "ALTER TABLE function_version ADD COLUMN init TEXT",
    "ALTER TABLE function_version ADD COLUMN state TEXT NOT NULL DEFAULT 'pristine'",
    "ALTER TABLE function_version ADD COLUMN snapshot TEXT",
    R"(CREATE INDEX function_version_by_snapshot ON function_version (snapshot)
         WHERE snapshot IS NOT NULL)",
};

constexpr std::array<std::string_view, 4> kReactors = {
    R"(CREATE TABLE reactor (
         name TEXT PRIMARY KEY,
         settings TEXT NOT NULL,
         created_us BIGINT NOT NULL,
         changed_us BIGINT NOT NULL))",
    "CREATE INDEX reactor_by_age ON reactor (created_us, name)",
    // `number` is the order in which they were registered first.
    R"(CREATE TABLE reactor_code (
         reactor TEXT NOT NULL REFERENCES reactor (name) ON DELETE CASCADE,
         number BIGINT NOT NULL,
         kind TEXT NOT NULL,
         name TEXT NOT NULL,
         code TEXT NOT NULL,
         code_bytes BIGINT NOT NULL,
         registered_us BIGINT NOT NULL,
         PRIMARY KEY (reactor, number)))",
    "CREATE UNIQUE INDEX reactor_code_by_name ON reactor_code (reactor, kind, name)",
};

constexpr std::array<std::string_view, 1> kColdVersions = {
    "ALTER TABLE function_version ADD COLUMN cold TEXT",
};

constexpr std::array<Migration, 5> kMigrations = {{
    {1, kModulesFunctionsInvocations},
    {2, kLogSizes},
    {3, kSnapshots},
    {4, kReactors},
    {5, kColdVersions},
}};

Result<std::int64_t> version_of(Transaction& transaction) {
  TRY(
      transaction.execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, "
                          "applied_us BIGINT NOT NULL)"));
  const auto rows = TRY(transaction.execute("SELECT MAX(version) FROM schema_version"));
  return rows[0].maybe_integer(0).value_or(0);
}

Result<> apply(Transaction& transaction, const Clock& clock, std::span<const Migration> steps) {
  const std::int64_t have = TRY(version_of(transaction));
  const std::int64_t known = steps.empty() ? 0 : steps.back().version;
  if (have > known) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("the database was made by a newer weft (schema {}, this one knows {}); "
                            "run that version "
                            "or a later one",
                            have, known));
  }
  for (const auto& step : steps) {
    if (step.version <= have) continue;
    for (const auto statement : step.statements)
      TRY(transaction.execute(statement));
    TRY(transaction.execute("INSERT INTO schema_version (version, applied_us) VALUES ($1, $2)",
                            {step.version, clock.wall().time_since_epoch().count()}));
  }
  return {};
}

}  // namespace

std::span<const Migration> migrations() {
  return kMigrations;
}

Result<> migrate(Database& database, const Clock& clock, std::span<const Migration> steps) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    WEFT_ASSERT(steps[i].version == static_cast<std::int64_t>(i) + 1);
  }
  auto migrated =
      database.write([&](Transaction& transaction) { return apply(transaction, clock, steps); });
  if (!migrated)
    return fail(std::move(migrated).error().with_context("bring the database's schema up to date"));
  return {};
}

}  // namespace weft::store
