#include "store/metadata.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/id.h"
#include "base/log.h"
#include "store/listing.h"

namespace weft::store {
namespace {

constexpr std::size_t kFunctionNameMax = 63;

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}
bool is_name_character(char c) {
  return is_letter_or_digit(c) || c == '-';
}

ModuleRecord module_of(const Row& row) {
  return {.id = row.text(0),
          .dialect = row.text(1),
          .size_bytes = static_cast<std::uint64_t>(row.integer(2)),
          .info = row.text(3),
          .created = wall_time(row.integer(4))};
}

FunctionRecord function_of(const Row& row) {
  return {.name = row.text(0),
          .created = wall_time(row.integer(1)),
          .current_version = row.integer(2),
          .latest_version = row.integer(3)};
}

VersionRecord version_of(const Row& row) {
  return {.function = row.text(0),
          .version = row.integer(1),
          .spec = {.module = row.text(2),
                   .language = row.text(3),
                   .limits = row.text(4),
                   .grants = row.text(5),
                   .environment = row.text(6),
                   .init = row.maybe_text(9),
                   .state = row.text(10),
                   .snapshot = row.maybe_text(11),
                   .cold = row.maybe_text(12)},
          .dialect = row.text(7),
          .deployed = wall_time(row.integer(8))};
}

std::unexpected<Error> no_module(std::string_view id) {
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no module {}; upload it first", printable(id.substr(0, 100))));
}
std::unexpected<Error> no_function(std::string_view name) {
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no function '{}'", printable(name.substr(0, 100))));
}
std::unexpected<Error> no_version(std::string_view name, std::int64_t version) {
  return fail(ErrorCode::kNotFound, fmt::format("the function '{}' has no version {}",
                                                printable(name.substr(0, 100)), version));
}

// Whether it is new.
Result<bool> insert_module(Transaction& transaction, const ModuleRecord& record, WallTime now) {
  const auto rows = TRY(transaction.execute(
      R"(INSERT INTO module (id, dialect, size_bytes, info, created_us) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (id) DO NOTHING RETURNING id)",
      {record.id, record.dialect, record.size_bytes, record.info, microseconds(now)}));
  return !rows.empty();
}

// The number of the new version; makes the function if it is not there.
Result<std::int64_t> allocate_version(Transaction& transaction, std::string_view name,
                                      WallTime now) {
  const auto rows = TRY(transaction.execute(
      R"(INSERT INTO function (name, created_us, current_version, latest_version) VALUES ($1, $2, 1, 1)
         ON CONFLICT (name) DO UPDATE SET latest_version = function.latest_version + 1,
                                          current_version = function.latest_version + 1
         RETURNING latest_version)",
      {name, microseconds(now)}));
  return rows[0].integer(0);
}

Result<VersionRecord> add_version(Transaction& transaction, std::string_view name,
                                  const VersionSpec& spec, WallTime now) {
  const auto module =
      TRY(transaction.execute("SELECT dialect FROM module WHERE id = $1", {spec.module}));
  if (module.empty()) return no_module(spec.module);
  VersionRecord record{.function = std::string(name),
                       .version = TRY(allocate_version(transaction, name, now)),
                       .spec = spec,
                       .dialect = module[0].text(0),
                       .deployed = now};
  TRY(transaction.execute(
      R"(INSERT INTO function_version
           (function, version, module, language, limits, grants, environment, deployed_us, init,
            state, snapshot, cold)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12))",
      {name, record.version, spec.module, spec.language, spec.limits, spec.grants, spec.environment,
       microseconds(now), spec.init, spec.state, spec.snapshot, spec.cold}));
  return record;
}

Result<FunctionRecord> make_current(Transaction& transaction, std::string_view name,
                                    std::int64_t version) {
  const auto function =
      TRY(transaction.execute("SELECT name FROM function WHERE name = $1", {name}));
  if (function.empty()) return no_function(name);
  const auto rows = TRY(transaction.execute(
      R"(UPDATE function SET current_version = $2
         WHERE name = $1 AND EXISTS (SELECT 1 FROM function_version WHERE function = $1 AND version = $2)
         RETURNING name, created_us, current_version, latest_version)",
      {name, version}));
  if (rows.empty()) return no_version(name, version);
  return function_of(rows[0]);
}

Result<> remove_unused_module(Transaction& transaction, std::string_view id) {
  const auto users =
      TRY(transaction.execute("SELECT function, version FROM function_version WHERE module = $1 "
                              "ORDER BY function, version LIMIT 1",
                              {id}));
  if (!users.empty()) {
    return fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("version {} of the function '{}' uses the module; remove the function first",
                    users[0].integer(1), users[0].text(0)));
  }
  const auto removed = TRY(transaction.execute("DELETE FROM module WHERE id = $1", {id}));
  if (removed.changed == 0) return no_module(id);
  return {};
}

Result<std::vector<std::string>> snapshots_only_of(Transaction& transaction,
                                                   std::string_view name) {
  const auto rows = TRY(transaction.execute(
      R"(SELECT DISTINCT v.snapshot FROM function_version v
         WHERE v.function = $1 AND v.snapshot IS NOT NULL AND NOT EXISTS
           (SELECT 1 FROM function_version o WHERE o.snapshot = v.snapshot AND o.function <> $1))",
      {name}));
  std::vector<std::string> ids;
  for (const Row& row : rows)
    ids.push_back(row.text(0));
  return ids;
}

Cursor place_of(const FunctionRecord& function) {
  return {CursorKind::kFunctions, microseconds(function.created), function.name};
}

// How many of the rows, at least one, have sizes that together stay within `bytes_max`.
std::size_t count_within(const Rows& sizes, std::uint64_t bytes_max) {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  for (const Row& row : sizes) {
    bytes += static_cast<std::uint64_t>(row.integer(0));
    if (bytes > bytes_max) break;
    ++count;
  }
  return std::max<std::size_t>(count, 1);
}

}  // namespace

bool is_function_name(std::string_view text) {
  return !text.empty() && text.size() <= kFunctionNameMax &&
         std::ranges::all_of(text, is_name_character) && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back());
}

Result<bool> Metadata::put_module(const ModuleRecord& record) {
  if (!is_content_id(record.id)) {
    return fail(ErrorCode::kInvalidArgument, "a module's id is \"sha256:\" and 64 hex digits");
  }
  const WallTime now = clock_.wall();
  return write_returning<bool>(
      database_, [&](Transaction& transaction) { return insert_module(transaction, record, now); });
}

Result<ModuleRecord> Metadata::module(std::string_view id) {
  if (!is_content_id(id)) return no_module(id);
  const auto rows = TRY(database_.read(
      "SELECT id, dialect, size_bytes, info, created_us FROM module WHERE id = $1", {id}));
  if (rows.empty()) return no_module(id);
  return module_of(rows[0]);
}

Result<Listed<ModuleRecord>> Metadata::modules(const Page& page, std::uint64_t info_bytes_max) {
  const Cursor start = TRY(start_of(page, CursorKind::kModules));
  const auto sizes = TRY(database_.read(
      R"(SELECT LENGTH(info) FROM module
         WHERE (created_us, id) < ($1, $2) ORDER BY created_us DESC, id DESC LIMIT $3)",
      {start.number, start.text, static_cast<std::int64_t>(page.limit)}));
  Page small = page;
  small.limit = count_within(sizes, info_bytes_max);
  const auto rows = TRY(database_.read(
      R"(SELECT id, dialect, size_bytes, info, created_us FROM module
         WHERE (created_us, id) < ($1, $2) ORDER BY created_us DESC, id DESC LIMIT $3)",
      {start.number, start.text, rows_for(small)}));
  return listed<ModuleRecord>(rows, small, module_of, [](const ModuleRecord& last) {
    return Cursor{CursorKind::kModules, microseconds(last.created), last.id};
  });
}

Result<> Metadata::remove_module(std::string_view id) {
  if (!is_content_id(id)) return no_module(id);
  return database_.write(
      [&](Transaction& transaction) { return remove_unused_module(transaction, id); });
}

Result<VersionRecord> Metadata::deploy(std::string_view name, const VersionSpec& spec) {
  if (!is_function_name(name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' cannot name a function: use 1 to {} lower-case letters, digits "
                            "and hyphens, with a "
                            "letter or digit at both ends",
                            printable(name.substr(0, 100)), kFunctionNameMax));
  }
  if (!is_content_id(spec.module)) return no_module(spec.module);
  const WallTime now = clock_.wall();
  return write_returning<VersionRecord>(database_, [&](Transaction& transaction) {
    return add_version(transaction, name, spec, now);
  });
}

Result<FunctionRecord> Metadata::function(std::string_view name) {
  if (!is_function_name(name)) return no_function(name);
  const auto rows = TRY(database_.read(
      "SELECT name, created_us, current_version, latest_version FROM function WHERE name = $1",
      {name}));
  if (rows.empty()) return no_function(name);
  return function_of(rows[0]);
}

Result<VersionRecord> Metadata::version(std::string_view name, std::int64_t version) {
  if (!is_function_name(name)) return no_function(name);
  const auto rows = TRY(database_.read(
      R"(SELECT v.function, v.version, v.module, v.language, v.limits, v.grants, v.environment, m.dialect,
                v.deployed_us, v.init, v.state, v.snapshot, v.cold
         FROM function_version v JOIN module m ON m.id = v.module WHERE v.function = $1 AND v.version = $2)",
      {name, version}));
  if (rows.empty()) {
    TRY(function(name));
    return no_version(name, version);
  }
  return version_of(rows[0]);
}

Result<Listed<FunctionRecord>> Metadata::functions(std::string_view search, const Page& page) {
  const Cursor start = TRY(start_of(page, CursorKind::kFunctions));
  std::string part(search.substr(0, kFunctionNameMax + 1));
  std::ranges::transform(part, part.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
  // No name has such a part; this also keeps the wildcards of LIKE out.
  if (part.size() > kFunctionNameMax || !std::ranges::all_of(part, is_name_character)) {
    return Listed<FunctionRecord>{};
  }
  const auto rows = TRY(database_.read(
      R"(SELECT name, created_us, current_version, latest_version FROM function
         WHERE (created_us, name) < ($1, $2) AND name LIKE $3 ORDER BY created_us DESC, name DESC LIMIT $4)",
      {start.number, start.text, fmt::format("%{}%", part), rows_for(page)}));
  return listed<FunctionRecord>(rows, page, function_of, place_of);
}

std::string Metadata::cursor_behind(const FunctionRecord& function) {
  return to_text(place_of(function));
}

Result<Listed<VersionRecord>> Metadata::versions(std::string_view name, const Page& page) {
  const Cursor start = TRY(start_of(page, CursorKind::kVersions));
  TRY(function(name));
  const auto rows = TRY(database_.read(
      R"(SELECT v.function, v.version, v.module, v.language, v.limits, v.grants, v.environment, m.dialect,
                v.deployed_us, v.init, v.state, v.snapshot, v.cold
         FROM function_version v JOIN module m ON m.id = v.module
         WHERE v.function = $1 AND v.version < $2 ORDER BY v.version DESC LIMIT $3)",
      {name, start.number, rows_for(page)}));
  return listed<VersionRecord>(rows, page, version_of, [](const VersionRecord& last) {
    return Cursor{CursorKind::kVersions, last.version, ""};
  });
}

Result<FunctionRecord> Metadata::rollback(std::string_view name, std::int64_t version) {
  if (!is_function_name(name)) return no_function(name);
  return write_returning<FunctionRecord>(database_, [&](Transaction& transaction) {
    return make_current(transaction, name, version);
  });
}

Result<std::vector<std::string>> Metadata::remove_function(std::string_view name) {
  if (!is_function_name(name)) return no_function(name);
  return write_returning<std::vector<std::string>>(
      database_, [&](Transaction& transaction) -> Result<std::vector<std::string>> {
        auto unnamed = TRY(snapshots_only_of(transaction, name));
        const auto removed =
            TRY(transaction.execute("DELETE FROM function WHERE name = $1", {name}));
        if (removed.changed == 0) return no_function(name);
        return unnamed;
      });
}

Result<> Metadata::replace_snapshot(const VersionRecord& version, const Snapshot& snapshot) {
  return database_.write([&](Transaction& transaction) -> Result<> {
    const auto replaced = TRY(transaction.execute(
        R"(UPDATE function_version SET snapshot = $4, cold = $6
           WHERE function = $1 AND version = $2 AND deployed_us = $3
             AND COALESCE(snapshot, '') = $5)",
        {version.function, version.version, microseconds(version.deployed), snapshot.id,
         version.spec.snapshot.value_or(""), snapshot.cold}));
    if (replaced.changed > 0) return {};
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("version {} of the function {} was replaced meanwhile", version.version,
                            version.function));
  });
}

Result<bool> Metadata::names_snapshot(std::string_view snapshot) {
  const auto rows =
      TRY(database_.read("SELECT 1 FROM function_version WHERE snapshot = $1 LIMIT 1", {snapshot}));
  return !rows.empty();
}

Result<Metadata::Counts> Metadata::counts() {
  const auto rows =
      TRY(database_.read("SELECT (SELECT COUNT(*) FROM module), (SELECT COUNT(*) FROM function)"));
  return Counts{.modules = static_cast<std::uint64_t>(rows[0].integer(0)),
                .functions = static_cast<std::uint64_t>(rows[0].integer(1))};
}

}  // namespace weft::store
