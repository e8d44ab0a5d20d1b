#include "function/reactors.h"

#include <condition_variable>
#include <mutex>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "function/reactor_testing.h"
#include "function/testing.h"

namespace weft::function {
namespace {

using abi::reactor::Kind;
using std::chrono::milliseconds;

// What is to come on another thread.
template <class T>
class Coming {
 public:
  void set(T value) {
    {
      const std::scoped_lock lock(mutex_);
      value_.emplace(std::move(value));
    }
    changed_.notify_all();
  }
  bool is_there() {
    const std::scoped_lock lock(mutex_);
    return value_.has_value();
  }
  T get() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return value_.has_value(); });
    return *std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<T> value_;
};

struct Fixture {
  World world;
  SystemClock clock;  // Time passes for guests that run on threads of their own.
  store::Reactors records{*world.database, clock};
  std::vector<Volume> volumes = {};
  ReactorLimits limits = {};
  milliseconds idle_time{3'600'000};
  std::size_t threads = 2;
  std::unique_ptr<Reactors> reactors;

  // Begins anew, as a restart of the server does.
  void start(bool has_python = true) {
    reactors.reset();
    ReactorsParts parts{.engine = *world.engine,
                        .code_cache = world.code_cache,
                        .records = records,
                        .clock = clock,
                        .random = world.random,
                        .log = world.log,
                        .volumes = volumes,
                        .threads = threads,
                        .idle_time = idle_time};
    if (has_python) parts.python = make_test_reactor(world.directory.path());
    reactors = Reactors::create(parts, limits).value();
  }
  Result<bool> add(std::string_view name, std::string_view code, std::string_view reactor = "r") {
    auto coming = std::make_shared<Coming<Result<bool>>>();
    TRY(reactors->add(reactor,
                      {.kind = "lambda", .name = std::string(name), .code = std::string(code)},
                      [coming](Result<bool> result) { coming->set(std::move(result)); }));
    return coming->get();
  }
  Result<> remove(std::string_view name) {
    auto coming = std::make_shared<Coming<Result<>>>();
    TRY(reactors->remove("r", Kind::kLambda, name,
                         [coming](Result<> result) { coming->set(std::move(result)); }));
    return coming->get();
  }
  std::shared_ptr<Coming<Result<std::string>>> begin(
      std::string name, std::string arguments = "[]", std::string reactor = "r",
      std::shared_ptr<Cancellation> cancellation = nullptr) {
    auto coming = std::make_shared<Coming<Result<std::string>>>();
    auto begun = reactors->apply({.reactor = std::move(reactor),
                                  .kind = Kind::kLambda,
                                  .name = std::move(name),
                                  .arguments = std::move(arguments)},
                                 std::move(cancellation), [coming](Result<std::string> result) {
                                   coming->set(std::move(result));
                                 });
    if (!begun) coming->set(fail(std::move(begun.error())));
    return coming;
  }
  Result<std::string> apply(std::string name, std::string arguments = "[]",
                            std::string reactor = "r") {
    return begin(std::move(name), std::move(arguments), std::move(reactor))->get();
  }
  std::string count(std::string reactor = "r") {
    return apply("count", "[]", std::move(reactor)).value();
  }
};

template <class T>
ErrorCode code_of(const Result<T>& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code();
}

TEST_CASE_FIXTURE(Fixture, "a reactor is made, used, shown and removed") {
  start();
  CHECK(code_of(apply("echo")) == ErrorCode::kNotFound);
  CHECK(code_of(add("f", "x")) == ErrorCode::kNotFound);
  CHECK(reactors->put("r", {}).value());
  CHECK_FALSE(reactors->put("r", {.environment = {{"A", "b"}}}).value());
  CHECK(add("f", "lambda: 1").value());
  CHECK_FALSE(add("f", "lambda: 2").value());
  CHECK(apply("echo", "[1,2]").value() == "[1,2]");
  const auto info = reactors->show("r").value();
  CHECK(info.settings.environment == Environment{{"A", "b"}});
  CHECK(info.registrations == 1);
  CHECK(info.is_live);
  CHECK(reactors->code("r", Kind::kLambda, "f").value().code == "lambda: 2");
  CHECK(reactors->list({}).value().items.size() == 1);
  CHECK(remove("f").has_value());
  CHECK(code_of(remove("f")) == ErrorCode::kNotFound);
  CHECK(reactors->remove("r").has_value());
  CHECK(code_of(reactors->show("r")) == ErrorCode::kNotFound);
  CHECK(code_of(reactors->remove("r")) == ErrorCode::kNotFound);
  CHECK(code_of(apply("echo")) == ErrorCode::kNotFound);
}

TEST_CASE_FIXTURE(Fixture, "what is registered is there after a restart, and after a trap") {
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  REQUIRE(add("f", "x").has_value());
  REQUIRE(add("g", "x").has_value());
  CHECK(count() == R"({"value":2,"tag":"ok"})");
  CHECK(code_of(apply("trap")) == ErrorCode::kGuestTrap);
  CHECK(count() == R"({"value":2,"tag":"ok"})");
  start();
  CHECK(count() == R"({"value":2,"tag":"ok"})");
  REQUIRE(remove("f").has_value());
  start();
  CHECK_FALSE(reactors->show("r").value().is_live);
  CHECK(remove("g").has_value());
  CHECK(count() == R"({"value":0,"tag":"ok"})");
}

TEST_CASE_FIXTURE(Fixture, "what Python refuses is not registered") {
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  const auto refused = add("bad", "?");
  CHECK(code_of(refused) == ErrorCode::kInvalidArgument);
  CHECK(refused.error().message() == "lambda bad: bad");
  CHECK(code_of(add("trap", "?")) == ErrorCode::kGuestTrap);
  CHECK(reactors->registrations("r").value().empty());
  for (const std::string_view name : {"", "1a", "a.b", "a b", "\u00fc"})
    CHECK(code_of(add(name, "x")) == ErrorCode::kInvalidArgument);
  CHECK(code_of(add("f", std::string_view("a\0b", 3))) == ErrorCode::kInvalidArgument);
  CHECK(code_of(add("f", "\xff")) == ErrorCode::kInvalidArgument);
  CHECK(add("f", std::string(kRegistrationBytesMax + 1, 'x')).error().limit()->name ==
        "registration_bytes");
}

TEST_CASE_FIXTURE(Fixture, "a registration that fails later is told, and the rest works") {
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  REQUIRE(records
              .put_code("r", {.kind = "lambda", .name = "bad", .code = "x"},
                        {.items = 10, .bytes = 100})
              .has_value());
  REQUIRE(add("f", "x").has_value());
  CHECK(count() == R"({"value":1,"tag":"ok"})");
  const auto list = reactors->registrations("r").value();
  REQUIRE(list.size() == 2);
  CHECK(list[0].problem == "bad");
  CHECK_FALSE(list[1].problem.has_value());
  CHECK(remove("bad").has_value());
  // One that traps keeps the reactor from starting until it is replaced or removed.
  REQUIRE(records
              .put_code("r", {.kind = "lambda", .name = "trap", .code = "x"},
                        {.items = 10, .bytes = 100})
              .has_value());
  start();
  const auto failed = apply("echo");
  CHECK(code_of(failed) == ErrorCode::kGuestTrap);
  CHECK(failed.error().message().starts_with("the reactor cannot be made again: lambda trap"));
  CHECK(remove("trap").has_value());
  CHECK(apply("echo").has_value());
}

TEST_CASE_FIXTURE(Fixture, "an apply without end is ended by its deadline, and others go on") {
  start();
  REQUIRE(reactors->put("r", {.limits = {.deadline_ms = 50}}).has_value());
  REQUIRE(reactors->put("other", {}).has_value());
  REQUIRE(add("f", "x").has_value());
  const auto endless = begin("loop");
  const auto behind = begin("count");
  CHECK(apply("echo", "[7]", "other").value() == "[7]");
  const auto ended = endless->get();
  CHECK(code_of(ended) == ErrorCode::kDeadlineExceeded);
  CHECK(ended.error().limit()->value == 50);
  CHECK(behind->get().value() == R"({"value":1,"tag":"ok"})");
}

TEST_CASE_FIXTURE(Fixture, "reactors do not see what is registered in others") {
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  REQUIRE(reactors->put("other", {}).has_value());
  REQUIRE(add("f", "x").has_value());
  CHECK(count() == R"({"value":1,"tag":"ok"})");
  CHECK(count("other") == R"({"value":0,"tag":"ok"})");
}

TEST_CASE_FIXTURE(Fixture, "what cannot be applied is refused before Python sees it") {
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  for (const std::string arguments : {"", "{}", "1", "[1", "nonsense"})
    CHECK(code_of(apply("echo", arguments)) == ErrorCode::kInvalidArgument);
  for (const std::string name : {"", ".", "a.", "a..b", "a/b"})
    CHECK(code_of(apply(name)) == ErrorCode::kInvalidArgument);
  CHECK(apply("echo.b").has_value());
}

TEST_CASE_FIXTURE(Fixture, "each limit has its name") {
  limits = {.reactors = 1, .registrations = 1, .code_bytes = 10, .queued_bytes = 10'000};
  start();
  REQUIRE(reactors->put("r", {.limits = {.output_bytes = 100, .in_flight = 2}}).has_value());
  CHECK(reactors->put("other", {}).error().limit()->name == "reactors");
  CHECK(reactors->put("r", {.limits = {.output_bytes = 100, .in_flight = 2}}).has_value());
  CHECK(add("f", "12345678901").error().limit()->name == "code_bytes");
  REQUIRE(add("f", "x").has_value());
  CHECK(add("g", "x").error().limit()->name == "registrations");
  CHECK(add("f", "xyz").has_value());
  CHECK(apply("echo", "[" + std::string(200, ' ') + "]").error().limit()->name == "output_bytes");
  CHECK(apply("echo", "[" + std::string(20'000, ' ') + "]").error().limit()->name ==
        "queued_bytes");
  const auto running = begin("loop");
  const auto waiting = begin("echo");
  CHECK(apply("echo").error().limit()->name == "in_flight");
  CHECK(reactors->remove("r").has_value());
  CHECK(code_of(running->get()) == ErrorCode::kNotFound);
  CHECK(code_of(waiting->get()) == ErrorCode::kNotFound);
}

TEST_CASE_FIXTURE(Fixture,
                  "of more reactors than may live, the one that rested longest gives way") {
  limits.live = 1;
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  REQUIRE(reactors->put("other", {.limits = {.deadline_ms = 50}}).has_value());
  REQUIRE(add("f", "x").has_value());
  CHECK(count("other") == R"({"value":0,"tag":"ok"})");
  CHECK_FALSE(reactors->show("r").value().is_live);
  CHECK(count() == R"({"value":1,"tag":"ok"})");
  CHECK_FALSE(reactors->show("other").value().is_live);
  const auto running = begin("loop");
  CHECK(apply("echo", "[]", "other").error().limit()->name == "live_reactors");
  CHECK(reactors->remove("r").has_value());
  CHECK(code_of(running->get()) == ErrorCode::kNotFound);
}

TEST_CASE_FIXTURE(Fixture, "a reactor that is about to change its settings is no obstacle") {
  limits.live = 1;
  threads = 1;
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  REQUIRE(reactors->put("other", {.limits = {.deadline_ms = 50}}).has_value());
  REQUIRE(apply("echo").has_value());
  // The only thread has something else to do when the change comes.
  const auto running = begin("loop", "[]", "other");
  CHECK(code_of(running->get()) == ErrorCode::kDeadlineExceeded);
  const auto next = begin("echo", "[]", "other");
  REQUIRE(reactors->put("other", {}).has_value());
  const auto last = begin("echo");
  CHECK(next->get().has_value());
  CHECK(last->get().has_value());
}

// The only place is that of a reactor that works for long. Once "short" has waited in vain, so have
// those before it.
struct FullFixture : Fixture {
  FullFixture() {
    limits.live = 1;
    threads = 1;
    start();
    REQUIRE(reactors->put("r", {.limits = {.deadline_ms = 60'000}}).has_value());
    REQUIRE(reactors->put("other", {.limits = {.deadline_ms = 20'000}}).has_value());
    REQUIRE(reactors->put("short", {.limits = {.deadline_ms = 1}}).has_value());
    running = begin("loop");
  }
  void wait_in_vain() {
    CHECK(apply("echo", "[]", "short").error().limit()->name == "live_reactors");
  }
  std::shared_ptr<Coming<Result<std::string>>> running;
};

TEST_CASE_FIXTURE(FullFixture, "a reactor that is deleted does not wait for a place any more") {
  const auto waiting = begin("echo", "[]", "other");
  const auto behind = begin("echo", "[]", "other");
  wait_in_vain();
  REQUIRE(reactors->remove("other").has_value());
  CHECK(code_of(waiting->get()) == ErrorCode::kNotFound);
  CHECK(code_of(behind->get()) == ErrorCode::kNotFound);
  CHECK_FALSE(running->is_there());
}

TEST_CASE_FIXTURE(FullFixture, "an apply that is cancelled does not wait for a place any more") {
  const auto cancellation = std::make_shared<Cancellation>();
  const auto waiting = begin("echo", "[]", "other", cancellation);
  const auto behind = begin("echo", "[1]", "other");
  wait_in_vain();
  cancellation->cancel();
  CHECK(code_of(waiting->get()) == ErrorCode::kCancelled);
  CHECK_FALSE(running->is_there());
  // The next one waits in its place, and gets it.
  REQUIRE(reactors->remove("r").has_value());
  CHECK(behind->get().value() == "[1]");
}

TEST_CASE_FIXTURE(FullFixture, "a server that ends does not wait for those that wait for a place") {
  const auto waiting = begin("echo", "[]", "other");
  wait_in_vain();
  reactors.reset();
  CHECK_FALSE(waiting->is_there());
}

TEST_CASE_FIXTURE(Fixture, "many reactors with few places have all their applies done") {
  limits.live = 2;
  start();
  std::vector<std::shared_ptr<Coming<Result<std::string>>>> all;
  all.reserve(200);
  for (int reactor = 0; reactor < 8; ++reactor) {
    REQUIRE(reactors->put(fmt::format("r{}", reactor), {.limits = {.deadline_ms = 60'000}})
                .has_value());
  }
  for (int i = 0; i < 200; ++i)
    all.push_back(begin("echo", fmt::format("[{}]", i), fmt::format("r{}", i % 8)));
  for (std::size_t i = 0; i < all.size(); ++i)
    CHECK(all[i]->get().value() == fmt::format("[{}]", i));
}

TEST_CASE_FIXTURE(Fixture, "an idle reactor gives its instance back, and its registrations stay") {
  idle_time = milliseconds(1);
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  REQUIRE(add("f", "x").has_value());
  while (reactors->show("r").value().is_live)
    std::this_thread::yield();
  CHECK(count() == R"({"value":1,"tag":"ok"})");
}

TEST_CASE_FIXTURE(Fixture, "an apply that nobody waits for any more does not begin") {
  start();
  REQUIRE(reactors->put("r", {.limits = {.deadline_ms = 50}}).has_value());
  const auto running = begin("loop");
  const auto cancellation = std::make_shared<Cancellation>();
  cancellation->cancel();
  const auto cancelled = begin("echo", "[]", "r", cancellation);
  CHECK(code_of(cancelled->get()) == ErrorCode::kCancelled);
  CHECK(code_of(running->get()) == ErrorCode::kDeadlineExceeded);
}

TEST_CASE_FIXTURE(Fixture, "a reactor sees the volumes that the server names, and no others") {
  volumes = {{.name = "data", .directory = world.directory.path() / "usr"},
             {.name = "gone", .directory = world.directory.path() / "nowhere"}};
  start();
  CHECK(reactors->put("r", {.volumes = {{"data", "/data"}}}).has_value());
  CHECK(apply("echo").has_value());
  const auto unknown = reactors->put("r", {.volumes = {{"other", "/data"}}});
  CHECK(code_of(unknown) == ErrorCode::kInvalidArgument);
  CHECK(reactors->put("r", {.volumes = {{"gone", "/data"}}}).has_value());
  const auto failed = apply("echo");
  CHECK(failed.error().told_clients() == "the server cannot open its volume 'gone'");
  // The server may be started again without it.
  volumes.clear();
  start();
  CHECK(code_of(apply("echo")) == ErrorCode::kInvalidArgument);
}

TEST_CASE_FIXTURE(Fixture, "without Python, reactors are kept and not made") {
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  start(false);
  CHECK(code_of(reactors->put("other", {})) == ErrorCode::kUnsupported);
  CHECK(code_of(apply("echo")) == ErrorCode::kUnsupported);
  CHECK(reactors->show("r").has_value());
}

TEST_CASE_FIXTURE(Fixture, "results wait for whoever asks") {
  start();
  REQUIRE(reactors->put("r", {}).has_value());
  auto coming = std::make_shared<Coming<Result<ReactorResults>>>();
  reactors->poll("r", 0, std::chrono::seconds(60),
                 [coming](Result<ReactorResults> results) { coming->set(std::move(results)); });
  CHECK_FALSE(coming->is_there());
  reactors->keep("r", "a", R"({"value":1,"tag":"ok"})");
  const auto first = coming->get().value();
  REQUIRE(first.items.size() == 1);
  CHECK(first.items[0].id == "a");
  auto empty = std::make_shared<Coming<Result<ReactorResults>>>();
  reactors->poll("r", first.next, milliseconds(1),
                 [empty](Result<ReactorResults> results) { empty->set(std::move(results)); });
  CHECK(empty->get().value().items.empty());
  auto unknown = std::make_shared<Coming<Result<ReactorResults>>>();
  reactors->poll("other", 0, milliseconds(0),
                 [unknown](Result<ReactorResults> results) { unknown->set(std::move(results)); });
  CHECK(code_of(unknown->get()) == ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft::function
