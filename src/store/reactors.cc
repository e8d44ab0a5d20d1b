#include "store/reactors.h"

#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "store/listing.h"
#include "store/metadata.h"

namespace weft::store {
namespace {

constexpr std::size_t kNameShownMax = 130;

ReactorRecord reactor_of(const Row& row) {
  return {.name = row.text(0),
          .settings = row.text(1),
          .created = wall_time(row.integer(2)),
          .changed = wall_time(row.integer(3)),
          .registrations = static_cast<std::uint64_t>(row.integer(4)),
          .code_bytes = static_cast<std::uint64_t>(row.integer(5))};
}

RegistrationRecord registration_of(const Row& row) {
  return {.kind = row.text(0),
          .name = row.text(1),
          .code = row.text(2),
          .code_bytes = static_cast<std::uint64_t>(row.integer(3)),
          .registered = wall_time(row.integer(4))};
}

std::unexpected<Error> no_reactor(std::string_view name) {
  return fail(ErrorCode::kNotFound,
              fmt::format("there is no reactor '{}'", shown(name, kNameShownMax)));
}
std::unexpected<Error> no_code(std::string_view reactor, std::string_view kind,
                               std::string_view name) {
  return fail(ErrorCode::kNotFound, fmt::format("the reactor '{}' has no {} named '{}'", reactor,
                                                kind, shown(name, kNameShownMax)));
}

Result<bool> put_reactor(Transaction& transaction, std::string_view name, std::string_view settings,
                         std::uint64_t reactors_max, WallTime now) {
  const auto updated =
      TRY(transaction.execute("UPDATE reactor SET settings = $2, changed_us = $3 WHERE name = $1",
                              {name, settings, microseconds(now)}));
  if (updated.changed > 0) return false;
  const auto count = TRY(transaction.execute("SELECT COUNT(*) FROM reactor"));
  if (static_cast<std::uint64_t>(count[0].integer(0)) >= reactors_max) {
    return fail(Error(ErrorCode::kResourceExhausted,
                      fmt::format("there are {} reactors, which is the most that a server has; "
                                  "delete one first",
                                  reactors_max))
                    .with_limit("reactors", reactors_max));
  }
  TRY(transaction.execute(
      "INSERT INTO reactor (name, settings, created_us, changed_us) VALUES ($1, $2, $3, $3)",
      {name, settings, microseconds(now)}));
  return true;
}

// def and module are attributes of one module.
std::string_view rival_of(std::string_view kind) {
  if (kind == "def") return "module";
  return kind == "module" ? "def" : "";
}

Result<> check_room(const Row& used, const RegistrationRecord& code,
                    const RegistrationLimits& limits) {
  const auto others = static_cast<std::uint64_t>(used.integer(0));
  const auto bytes = static_cast<std::uint64_t>(used.integer(1));
  if (others >= limits.items) {
    return fail(
        Error(ErrorCode::kTooLarge, fmt::format("the reactor has {} registrations, and may have {}",
                                                others, limits.items))
            .with_limit("registrations", limits.items));
  }
  if (bytes + code.code.size() > limits.bytes) {
    return fail(Error(ErrorCode::kTooLarge,
                      fmt::format("with this code, {} bytes would be registered in the reactor; "
                                  "at most {} can be",
                                  bytes + code.code.size(), limits.bytes))
                    .with_limit("code_bytes", limits.bytes));
  }
  return {};
}

Result<> check(Transaction& transaction, std::string_view reactor, const RegistrationRecord& code,
               const RegistrationLimits& limits) {
  const auto found = TRY(transaction.execute("SELECT 1 FROM reactor WHERE name = $1", {reactor}));
  if (found.empty()) return no_reactor(reactor);
  const std::string_view rival = rival_of(code.kind);
  const auto taken = TRY(transaction.execute(
      "SELECT 1 FROM reactor_code WHERE reactor = $1 AND kind = $2 AND name = $3",
      {reactor, rival, code.name}));
  if (!taken.empty()) {
    return fail(ErrorCode::kFailedPrecondition,
                fmt::format("a {} of the reactor has the name '{}', and a {} would take its place; "
                            "unregister it first",
                            rival, shown(code.name, kNameShownMax), code.kind));
  }
  const auto used = TRY(transaction.execute(
      R"(SELECT COUNT(*), COALESCE(SUM(code_bytes), 0) FROM reactor_code
         WHERE reactor = $1 AND NOT (kind = $2 AND name = $3))",
      {reactor, code.kind, code.name}));
  return check_room(used[0], code, limits);
}

Result<bool> put_registration(Transaction& transaction, std::string_view reactor,
                              const RegistrationRecord& code, WallTime now) {
  const auto size = static_cast<std::int64_t>(code.code.size());
  const auto updated = TRY(transaction.execute(
      R"(UPDATE reactor_code SET code = $4, code_bytes = $5, registered_us = $6
         WHERE reactor = $1 AND kind = $2 AND name = $3)",
      {reactor, code.kind, code.name, code.code, size, microseconds(now)}));
  if (updated.changed > 0) return false;
  TRY(transaction.execute(
      R"(INSERT INTO reactor_code (reactor, number, kind, name, code, code_bytes, registered_us)
         SELECT $1, COALESCE(MAX(number), 0) + 1, $2, $3, $4, $5, $6 FROM reactor_code
         WHERE reactor = $1)",
      {reactor, code.kind, code.name, code.code, size, microseconds(now)}));
  return true;
}

}  // namespace

Result<bool> Reactors::put(std::string_view name, std::string_view settings,
                           std::uint64_t reactors_max) {
  if (!is_function_name(name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' cannot name a reactor: use 1 to 63 lower-case letters, digits "
                            "and hyphens, with a letter or digit at both ends",
                            shown(name, kNameShownMax)));
  }
  const WallTime now = clock_.wall();
  return write_returning<bool>(database_, [&](Transaction& transaction) {
    return put_reactor(transaction, name, settings, reactors_max, now);
  });
}

Result<ReactorRecord> Reactors::get(std::string_view name) {
  if (!is_function_name(name)) return no_reactor(name);
  const auto rows = TRY(database_.read(
      R"(SELECT r.name, r.settings, r.created_us, r.changed_us,
                (SELECT COUNT(*) FROM reactor_code c WHERE c.reactor = r.name),
                (SELECT COALESCE(SUM(code_bytes), 0) FROM reactor_code c WHERE c.reactor = r.name)
         FROM reactor r WHERE r.name = $1)",
      {name}));
  if (rows.empty()) return no_reactor(name);
  return reactor_of(rows[0]);
}

Result<Listed<ReactorRecord>> Reactors::list(const Page& page) {
  const Cursor start = TRY(start_of(page, CursorKind::kReactors));
  const auto rows = TRY(database_.read(
      R"(SELECT r.name, r.settings, r.created_us, r.changed_us,
                (SELECT COUNT(*) FROM reactor_code c WHERE c.reactor = r.name),
                (SELECT COALESCE(SUM(code_bytes), 0) FROM reactor_code c WHERE c.reactor = r.name)
         FROM reactor r
         WHERE (r.created_us, r.name) < ($1, $2) ORDER BY r.created_us DESC, r.name DESC LIMIT $3)",
      {start.number, start.text, rows_for(page)}));
  return listed<ReactorRecord>(rows, page, reactor_of, [](const ReactorRecord& last) {
    return Cursor{CursorKind::kReactors, microseconds(last.created), last.name};
  });
}

Result<> Reactors::remove(std::string_view name) {
  if (!is_function_name(name)) return no_reactor(name);
  return database_.write([&](Transaction& transaction) -> Result<> {
    const auto removed = TRY(transaction.execute("DELETE FROM reactor WHERE name = $1", {name}));
    if (removed.changed == 0) return no_reactor(name);
    return {};
  });
}

Result<bool> Reactors::put_code(std::string_view reactor, const RegistrationRecord& code,
                                const RegistrationLimits& limits) {
  const WallTime now = clock_.wall();
  return write_returning<bool>(database_, [&](Transaction& transaction) -> Result<bool> {
    TRY(check(transaction, reactor, code, limits));
    return put_registration(transaction, reactor, code, now);
  });
}

Result<> Reactors::check_code(std::string_view reactor, const RegistrationRecord& code,
                              const RegistrationLimits& limits) {
  return database_.write(
      [&](Transaction& transaction) { return check(transaction, reactor, code, limits); });
}

Result<RegistrationRecord> Reactors::code(std::string_view reactor, std::string_view kind,
                                          std::string_view name) {
  TRY(get(reactor));
  const auto rows = TRY(database_.read(
      R"(SELECT kind, name, code, code_bytes, registered_us FROM reactor_code
         WHERE reactor = $1 AND kind = $2 AND name = $3)",
      {reactor, kind, name}));
  if (rows.empty()) return no_code(reactor, kind, name);
  return registration_of(rows[0]);
}

Result<std::vector<RegistrationRecord>> Reactors::codes(std::string_view reactor, bool with_code) {
  TRY(get(reactor));
  const auto rows = TRY(database_.read(
      with_code ? R"(SELECT kind, name, code, code_bytes, registered_us FROM reactor_code
                     WHERE reactor = $1 ORDER BY number)"
                : R"(SELECT kind, name, '', code_bytes, registered_us FROM reactor_code
                     WHERE reactor = $1 ORDER BY number)",
      {reactor}));
  std::vector<RegistrationRecord> codes;
  codes.reserve(rows.size());
  for (const Row& row : rows)
    codes.push_back(registration_of(row));
  return codes;
}

Result<> Reactors::remove_code(std::string_view reactor, std::string_view kind,
                               std::string_view name) {
  TRY(get(reactor));
  return database_.write([&](Transaction& transaction) -> Result<> {
    const auto removed = TRY(transaction.execute(
        "DELETE FROM reactor_code WHERE reactor = $1 AND kind = $2 AND name = $3",
        {reactor, kind, name}));
    if (removed.changed == 0) return no_code(reactor, kind, name);
    return {};
  });
}

}  // namespace weft::store
