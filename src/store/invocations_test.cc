#include "store/invocations.h"

#include <limits>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/id.h"
#include "store/metadata.h"
#include "store/testing.h"

namespace weft::store {
namespace {

using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

struct Fixture {
  TemporaryDirectory directory;
  FakeClock clock;
  SystemRandom random;
  std::unique_ptr<Database> database = open_migrated(directory.database_file(), clock);
  Invocations invocations{*database};

  NewInvocation call(std::string function, InvocationStatus status = InvocationStatus::kOk) {
    clock.advance(std::chrono::milliseconds(1));
    return {.record = {.id = make_ulid(clock.wall(), random),
                       .function = std::move(function),
                       .version = 1,
                       .status = status,
                       .started = clock.wall(),
                       .duration_us = 10}};
  }
  // Waits until they are on the disk.
  Result<> append(std::vector<NewInvocation> batch) {
    Result<> outcome;
    invocations.append(std::move(batch), [&](Result<> result) { outcome = std::move(result); });
    // A later write ends later.
    REQUIRE(
        database->write([](Transaction& /*transaction*/) -> Result<> { return {}; }).has_value());
    return outcome;
  }
  std::string add(std::string function, InvocationStatus status = InvocationStatus::kOk) {
    auto added = call(std::move(function), status);
    std::string id = added.record.id;
    REQUIRE(append({std::move(added)}).has_value());
    return id;
  }
  std::vector<std::string> ids(const InvocationFilter& filter, std::size_t limit = 2) {
    std::vector<std::string> seen;
    Page page{.limit = limit};
    for (;;) {
      const auto list = invocations.list(filter, page).value();
      CHECK(list.items.size() <= limit);
      for (const auto& item : list.items)
        seen.push_back(item.id);
      if (!list.next) return seen;
      page.after = *list.next;
    }
  }
  std::size_t logs() {
    return static_cast<std::size_t>(
        database->read("SELECT COUNT(*) FROM invocation_log").value()[0].integer(0));
  }
};

using Ids = std::vector<std::string>;

TEST_CASE_FIXTURE(Fixture, "a record comes back whole, its log apart") {
  auto added = call("add", InvocationStatus::kError);
  added.record.version = 3;
  added.record.export_name = "div";
  added.record.error = R"({"code":"guest_trap"})";
  added.record.duration_us = 12;
  added.record.cpu_us = 11;
  added.record.input_bytes = 5'000'000'000;
  added.record.output_bytes = 4;
  added.record.input = "{\"é\":1}";
  added.record.output = "";
  added.log = std::string("line\n\0\xff", 7);
  REQUIRE(append({added}).has_value());
  auto expected = added.record;
  expected.log_bytes = 7;
  CHECK(invocations.get(added.record.id).value() == expected);
  CHECK(invocations.log(added.record.id).value() == added.log);
  CHECK(invocations.list({}, {}).value().items.at(0) == expected);
}

TEST_CASE_FIXTURE(Fixture, "a record without extras comes back without them") {
  const auto added = call("add");
  REQUIRE(append({added}).has_value());
  CHECK(invocations.get(added.record.id).value() == added.record);
  CHECK(invocations.log(added.record.id).value().empty());
  CHECK(logs() == 0);
}

TEST_CASE_FIXTURE(Fixture, "records that are not there are not found") {
  for (const std::string& id : {make_ulid(clock.wall(), random), std::string(),
                                std::string("x' OR 1=1"), std::string(1000, '0')}) {
    CHECK(code_of(invocations.get(id)) == ErrorCode::kNotFound);
    CHECK(code_of(invocations.log(id)) == ErrorCode::kNotFound);
  }
}

TEST_CASE_FIXTURE(Fixture, "a record that is there stays as it is") {
  auto added = call("add");
  added.log = "first";
  REQUIRE(append({added}).has_value());
  auto again = added;
  again.record.function = "other";
  again.log = "second";
  REQUIRE(append({again, call("add")}).has_value());
  CHECK(invocations.get(added.record.id).value().function == "add");
  CHECK(invocations.log(added.record.id).value() == "first");
  CHECK(ids({}).size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "lists are newest first, by function and status") {
  const std::string a1 = add("a");
  const std::string b1 = add("b", InvocationStatus::kError);
  const std::string a2 = add("a", InvocationStatus::kError);
  const std::string b2 = add("b");
  const std::string a3 = add("a");
  CHECK(ids({}) == Ids{a3, b2, a2, b1, a1});
  CHECK(ids({.function = "a"}) == Ids{a3, a2, a1});
  CHECK(ids({.status = InvocationStatus::kError}) == Ids{a2, b1});
  CHECK(ids({.status = InvocationStatus::kOk}, 1) == Ids{a3, b2, a1});
  CHECK(ids({.function = "a", .status = InvocationStatus::kOk}, 1) == Ids{a3, a1});
  CHECK(ids({.function = "b", .status = InvocationStatus::kError}) == Ids{b1});
  CHECK(ids({.function = "c"}).empty());
  CHECK(ids({.function = std::string("a\0", 2)}).empty());
}

TEST_CASE_FIXTURE(Fixture,
                  "records that come while a list is read neither repeat nor hide others") {
  const std::string first = add("a");
  const std::string second = add("a");
  const auto page = invocations.list({}, {.limit = 1}).value();
  REQUIRE(page.items.at(0).id == second);
  add("a");
  const auto next = invocations.list({}, {.limit = 1, .after = page.next.value()}).value();
  CHECK(next.items.at(0).id == first);
  CHECK_FALSE(next.next.has_value());
}

TEST_CASE_FIXTURE(Fixture, "a bad cursor is refused") {
  CHECK(code_of(invocations.list({}, {.after = "zzz"})) == ErrorCode::kInvalidArgument);
}

TEST_CASE_FIXTURE(Fixture, "records outlive their function") {
  Metadata metadata(*database, clock);
  const std::string module = content_id("m");
  REQUIRE(metadata.put_module({.id = module, .dialect = "typed"}).has_value());
  REQUIRE(metadata.deploy("add", {.module = module}).has_value());
  const std::string id = add("add");
  REQUIRE(metadata.remove_function("add").has_value());
  CHECK(invocations.get(id).has_value());
}

TEST_CASE_FIXTURE(Fixture, "trimming keeps the newest of each function and in all") {
  Ids kept;
  for (int i = 0; i < 6; ++i) {
    auto noisy = call("noisy");
    noisy.log = "log";
    REQUIRE(append({noisy}).has_value());
    if (i >= 4) kept.insert(kept.begin(), noisy.record.id);
  }
  kept.insert(kept.begin(), add("quiet"));
  CHECK(invocations.trim({.per_function = 2, .total = 100}).value() == 4);
  CHECK(ids({}) == kept);
  CHECK(logs() == 2);
  CHECK(invocations.trim({.per_function = 2, .total = 100}).value() == 0);
  CHECK(invocations.trim({.per_function = 100, .total = 1}).value() == 2);
  CHECK(ids({}) == Ids{kept.front()});
  CHECK(invocations
            .trim({.per_function = std::numeric_limits<std::uint64_t>::max(),
                   .total = std::numeric_limits<std::uint64_t>::max()})
            .value() == 0);
  CHECK(invocations.trim({.per_function = 0, .total = 1}).value() == 1);
}

TEST_CASE_FIXTURE(Fixture,
                  "trimming removes the oldest logs beyond their bytes and keeps the records") {
  Ids all;
  for (int i = 0; i < 5; ++i) {
    auto noisy = call("noisy");
    noisy.log = std::string(10, 'l');
    noisy.record.log_bytes = noisy.log.size();
    REQUIRE(append({noisy}).has_value());
    all.insert(all.begin(), noisy.record.id);
    all.insert(all.begin(), add("quiet"));
  }
  CHECK(invocations.trim({.log_bytes = 50}).value() == 0);
  CHECK(logs() == 5);
  CHECK(invocations.trim({.log_bytes = 29}).value() == 0);
  CHECK(logs() == 2);
  CHECK(ids({}) == all);
  CHECK(invocations.log(all[3]).value() == std::string(10, 'l'));
  CHECK(invocations.get(all[3]).value().log_bytes == 10);
  CHECK(invocations.log(all[5]).value().empty());
  CHECK(invocations.get(all[5]).value().log_bytes == 0);
  CHECK(invocations.trim({.log_bytes = 0}).value() == 0);
  CHECK(logs() == 0);
}

TEST_CASE_FIXTURE(Fixture, "trimming removes more than one step's worth") {
  for (int i = 0; i < 3; ++i) {
    std::vector<NewInvocation> batch;
    batch.reserve(900);
    for (int n = 0; n < 900; ++n)
      batch.push_back(call("a"));
    REQUIRE(append(std::move(batch)).has_value());
  }
  CHECK(invocations.trim({.per_function = 100, .total = 2000}).value() == 2600);
  CHECK(invocations.list({}, {.limit = 200}).value().items.size() == 100);
}

TEST_CASE_FIXTURE(Fixture, "the activity is that of the last hour") {
  const auto at = [&](std::chrono::microseconds ago, WallTime now, std::int64_t duration_us,
                      InvocationStatus status) {
    auto added = call("a", status);
    added.record.started = now - ago;
    added.record.id = make_ulid(now - ago, random);
    added.record.duration_us = duration_us;
    return added;
  };
  clock.advance(minutes(600));
  const WallTime now = clock.wall();
  CHECK(invocations.activity("a", now).value() == Activity{});
  const auto ok = InvocationStatus::kOk;
  REQUIRE(append({at(minutes(60), now, 1, ok), at(minutes(60) - microseconds(1), now, 10, ok),
                  at(minutes(59), now, 20, InvocationStatus::kError), at(seconds(90), now, 30, ok),
                  at(seconds(30), now, 40, ok), at(seconds(0), now, 50, ok), call("b")})
              .has_value());
  const auto activity = invocations.activity("a", now).value();
  CHECK(activity.calls == 5);
  CHECK(activity.errors == 1);
  CHECK(activity.p50_us == 30);
  CHECK(activity.calls_per_minute[0] == 2);
  CHECK(activity.calls_per_minute[58] == 1);
  CHECK(activity.calls_per_minute[59] == 2);
  CHECK(activity.last_called == now);
  const auto later = invocations.activity("a", now + minutes(61)).value();
  CHECK(later.calls == 0);
  CHECK_FALSE(later.p50_us.has_value());
  CHECK(later.last_called == now);
}

TEST_CASE_FIXTURE(Fixture,
                  "a record that stands for several calls counts as many in the activity") {
  auto sampled = call("a");
  sampled.record.calls = 10;
  REQUIRE(append({sampled, call("a", InvocationStatus::kError)}).has_value());
  CHECK(invocations.get(sampled.record.id).value().calls == 10);
  const auto activity = invocations.activity("a", clock.wall()).value();
  CHECK(activity.calls == 11);
  CHECK(activity.errors == 1);
  CHECK(activity.p50_us == 10);
}

TEST_CASE_FIXTURE(Fixture, "lists and activity read indexes, not all records") {
  const auto plan = [&](std::string_view sql) {
    std::string text;
    const auto rows =
        database->read(fmt::format("EXPLAIN QUERY PLAN {}", sql), {"", 1, "", "", 1}).value();
    for (const auto& row : rows)
      text += row.text(3) + "\n";
    return text;
  };
  CHECK(
      plan("SELECT input FROM invocation WHERE id < $1 AND function = $3 ORDER BY id DESC LIMIT $2")
          .contains("INDEX invocation_by_function (function=? AND id<?)"));
  CHECK(plan("SELECT input FROM invocation WHERE id < $1 AND function = $3 AND status = 1 ORDER BY "
             "id DESC LIMIT $2")
            .contains("INDEX invocation_errors_by_function (function=? AND id<?)"));
  CHECK(plan("SELECT input FROM invocation WHERE id < $1 AND status = 1 ORDER BY id DESC LIMIT $2")
            .contains("INDEX invocation_errors (id<?)"));
  CHECK(
      plan(
          "SELECT duration_us FROM invocation WHERE function = $1 AND id >= $4 AND started_us > $2 "
          "ORDER BY duration_us LIMIT 1 OFFSET $5")
          .contains("COVERING INDEX invocation_by_function"));
}

}  // namespace
}  // namespace weft::store
