#include "function/recorder.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <numeric>
#include <set>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/id.h"
#include "base/work_pool.h"
#include "store/testing.h"

namespace weft::function {
namespace {

using std::chrono::milliseconds;

// A store in a directory of its own, and the log's lines.
struct Store {
  FakeClock clock;
  SystemRandom random;
  UlidSource ids{clock, random};
  store::TemporaryDirectory directory;
  std::unique_ptr<store::Database> database =
      store::open_migrated(directory.database_file(), clock);
  store::Invocations invocations{*database};
  Guarded<std::vector<std::string>> lines;
  Log log{clock, LogLevel::kWarning, [this](std::string_view line) {
            lines.with([line](auto& all) { all.emplace_back(line); });
          }};

  store::NewInvocation call(store::InvocationStatus status = store::InvocationStatus::kOk) {
    return {.record = {.id = ids.next(),
                       .function = "f",
                       .version = 1,
                       .status = status,
                       .started = clock.wall()},
            .log = "printed"};
  }
  std::uint64_t count(std::optional<store::InvocationStatus> status = {}) {
    std::uint64_t found = 0;
    store::Page page{.limit = 1000};
    for (;;) {
      const auto list = invocations.list({.function = "f", .status = status}, page).value();
      found += list.items.size();
      if (!list.next) return found;
      page.after = *list.next;
    }
  }
};

// Passes on to a database, but waits before each write until it is let through.
class HeldDatabase final : public store::Database {
 public:
  explicit HeldDatabase(store::Database& database) : database_(database) {}

  Result<store::Rows> read(std::string_view sql, const store::Values& parameters) override {
    return database_.read(sql, parameters);
  }
  Result<> write(Work work) override { return database_.write(std::move(work)); }
  void write_async(Work work, Done done) override {
    if (refuses) {
      done(fail(ErrorCode::kUnavailable, "the disk is full"));
      return;
    }
    held_.with([&](auto& held) { held.emplace_back(std::move(work), std::move(done)); });
    arrived = true;
    arrived.notify_all();
    if (!holds) release();
  }
  void release() {
    holds = false;
    auto all = held_.with([](auto& held) { return std::exchange(held, {}); });
    for (auto& [work, done] : all)
      database_.write_async(std::move(work), std::move(done));
  }

  std::atomic<bool> holds = true;
  std::atomic<bool> refuses = false;
  std::atomic<bool> arrived = false;

 private:
  store::Database& database_;
  Guarded<std::vector<std::pair<Work, Done>>> held_;
};

TEST_CASE("what was added is in the store after a flush") {
  Store store;
  Recorder recorder(store.invocations, store.clock, store.log);
  recorder.flush();  // Nothing to do.
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    auto call = store.call();
    ids.push_back(call.record.id);
    recorder.add(std::move(call));
  }
  recorder.flush();
  CHECK(store.count() == 100);
  for (const std::string& id : ids)
    CHECK(store.invocations.log(id).value() == "printed");
}

TEST_CASE("the end of a recorder writes what still waits") {
  Store store;
  {
    Recorder recorder(store.invocations, store.clock, store.log);
    for (int i = 0; i < 10; ++i)
      recorder.add(store.call());
  }
  CHECK(store.count() == 10);
}

TEST_CASE("while the store is slow, errors have room when successes have none any more") {
  Store store;
  HeldDatabase held(*store.database);
  store::Invocations invocations(held);
  {
    Recorder recorder(invocations, store.clock, store.log);
    recorder.add(store.call());
    held.arrived.wait(false);  // The first batch is under way: the rest must wait.
    for (int i = 0; i < 9'000; ++i)
      recorder.add(store.call());
    for (int i = 0; i < 5'000; ++i)
      recorder.add(store.call(store::InvocationStatus::kError));
    held.release();
    recorder.flush();
    CHECK(store.count(store::InvocationStatus::kOk) == 1 + 8'192);
    CHECK(store.count(store::InvocationStatus::kError) == 12'288 - 8'192);
    // There is room again.
    recorder.add(store.call());
    recorder.flush();
    CHECK(store.count(store::InvocationStatus::kOk) == 2 + 8'192);
  }
  const auto lines = store.lines.with([](auto& all) { return all; });
  std::uint64_t lost = 0;
  for (const std::string& line : lines)
    lost += line.find("too many were waiting for the disk") != std::string::npos ? 1 : 0;
  CHECK(lost >= 1);
}

TEST_CASE("records that the store refuses are lost with a warning, later ones are not") {
  Store store;
  HeldDatabase held(*store.database);
  held.holds = false;
  held.refuses = true;
  store::Invocations invocations(held);
  {
    Recorder recorder(invocations, store.clock, store.log);
    recorder.add(store.call());
    recorder.flush();
    CHECK(store.count() == 0);
    held.refuses = false;
    recorder.add(store.call());
    recorder.flush();
    CHECK(store.count() == 1);
  }
  const auto lines = store.lines.with([](auto& all) { return all; });
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].ends_with("records of calls were lost count=1 error=\"the disk is full\""));
}

TEST_CASE("a store that refuses for long is said at once, then once a minute with the sum") {
  Store store;
  HeldDatabase held(*store.database);
  held.holds = false;
  held.refuses = true;
  store::Invocations invocations(held);
  {
    Recorder recorder(invocations, store.clock, store.log);
    const auto lose = [&](int records) {
      for (int i = 0; i < records; ++i)
        recorder.add(store.call());
      recorder.flush();
    };
    lose(1);
    // The pacemaker's next beat says it; only then may the clock go on.
    while (store.lines.with([](auto& all) { return all.empty(); }))
      std::this_thread::yield();
    for (int i = 0; i < 10; ++i)
      lose(2);
    store.clock.advance(std::chrono::seconds(61));
    lose(3);
    lose(4);
  }
  const auto lines = store.lines.with([](auto& all) { return all; });
  // How much of the last 7 the second line holds depends on the beats; the end says the rest.
  REQUIRE(lines.size() >= 2);
  REQUIRE(lines.size() <= 3);
  std::vector<int> counts;
  for (const std::string& line : lines) {
    constexpr std::string_view kBefore = "records of calls were lost count=";
    const auto at = line.find(kBefore);
    REQUIRE(at != std::string::npos);
    CHECK(line.ends_with(" error=\"the disk is full\""));
    int& count = counts.emplace_back(0);
    std::from_chars(line.data() + at + kBefore.size(), line.data() + line.size(), count);
  }
  CHECK(counts[0] == 1);
  CHECK(std::accumulate(counts.begin(), counts.end(), 0) == 1 + 20 + 7);
}

TEST_CASE("records may come from several threads") {
  Store store;
  {
    Recorder recorder(store.invocations, store.clock, store.log);
    WorkPool pool("test", 4, 10);
    for (int thread = 0; thread < 4; ++thread) {
      REQUIRE(pool.run([&] {
                    for (int i = 0; i < 200; ++i)
                      recorder.add(store.call());
                  })
                  .has_value());
    }
    pool.finish();
  }
  CHECK(store.count() == 800);
}

TEST_CASE("few successes are all recorded, each for itself") {
  FakeClock clock;
  Sampler sampler;
  for (int i = 0; i < 100; ++i) {
    CHECK(sampler.admit_success(clock.monotonic()) == 1);
    clock.advance(milliseconds(6));
  }
}

TEST_CASE("under load the weights of what is recorded add up to the calls") {
  FakeClock clock;
  Sampler sampler;
  std::uint64_t calls = 0;
  std::uint64_t recorded = 0;
  std::uint64_t weight = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t stands_for = sampler.admit_success(clock.monotonic());
    ++calls;
    recorded += stands_for > 0 ? 1 : 0;
    weight += stands_for;
    clock.advance(std::chrono::microseconds(37));
  }
  // Those after the last record wait for the next one.
  clock.advance(milliseconds(100));
  weight += sampler.admit_success(clock.monotonic());
  CHECK(weight == calls + 1);
  CHECK(recorded <= 20 * 38);
  CHECK(recorded >= 20 * 36);
}

}  // namespace
}  // namespace weft::function
