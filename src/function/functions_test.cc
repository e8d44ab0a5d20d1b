#include "function/functions.h"

#include <fstream>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "function/testing.h"

namespace weft::function {
namespace {

constexpr std::string_view kArithmetic = R"((module
  (func (export "add") (param $a i32) (param $b i32) (result i32)
    (i32.add (local.get $a) (local.get $b)))
  (func $div (export "div") (param i32 i32) (result i32)
    (i32.div_s (local.get 0) (local.get 1)))))";

std::string answering(int number) {
  return fmt::format("(module (func (export \"answer\") (result i32) i32.const {}))", number);
}

// Computes for so long that it yields, then answers.
std::string pondering(int number) {
  return fmt::format(R"((module (func (export "answer") (result i32) (local i64)
    (loop
      (local.set 0 (i64.add (local.get 0) (i64.const 1)))
      (br_if 0 (i64.lt_u (local.get 0) (i64.const 100000000))))
    i32.const {})))",
                     number);
}

constexpr std::string_view kSpinning = R"((module (func $spin (export "spin") (loop br 0))))";

constexpr FunctionLimits kPatient{.deadline_ms = 900'000};

std::string body_of(const Outcome& outcome) {
  REQUIRE_MESSAGE(outcome.response.has_value(),
                  (outcome.response ? "" : outcome.response.error().message()));
  return outcome.response->body;
}

const Error& error_of(const Outcome& outcome) {
  REQUIRE_FALSE(outcome.response.has_value());
  return outcome.response.error();
}

// --- modules ---

TEST_CASE("a module is new once, in either form, and keeps its bytes") {
  World world;
  Functions functions(world.parts(), {});
  const auto first = functions.upload(kArithmetic).value();
  CHECK(first.is_new);
  CHECK(first.module.id == content_id(kArithmetic));
  CHECK(first.module.dialect == abi::Dialect::kTyped);
  CHECK(first.module.size_bytes == kArithmetic.size());
  CHECK(first.module.created == world.clock.wall());
  REQUIRE(first.module.info.exports.size() == 2);
  CHECK(first.module.info.exports[0].param_names == std::vector<std::string>{"a", "b"});

  world.clock.advance(std::chrono::seconds(1));
  const auto again = functions.upload(kArithmetic).value();
  CHECK_FALSE(again.is_new);
  CHECK(again.module.created == first.module.created);
  CHECK((again.module.info.exports == first.module.info.exports));
  CHECK(functions.module_bytes(first.module.id).value() == kArithmetic);

  const std::string binary = engine::to_binary(kArithmetic, "module.wat").value();
  const auto compiled = functions.upload(binary).value();
  CHECK(compiled.is_new);
  CHECK(compiled.module.id != first.module.id);
  CHECK(functions.counts().value().modules == 2);
  const auto list = functions.modules({}).value();
  REQUIRE(list.items.size() == 2);
  CHECK(list.items[0].id == compiled.module.id);
  CHECK(functions.module(first.module.id).value().size_bytes == kArithmetic.size());
}

TEST_CASE("an upload that is no module says why, and stores nothing") {
  World world;
  Functions functions(world.parts(), {.module_bytes = 1'000'000});
  struct Case {
    std::string bytes;
    ErrorCode code;
    std::string_view says;
  };
  const std::string binary = engine::to_binary(kArithmetic, "module.wat").value();
  for (const auto& [bytes, code, says] : {
           Case{"", ErrorCode::kInvalidArgument, "empty"},
           Case{"MZ\x90", ErrorCode::kInvalidArgument, "neither a WebAssembly module"},
           Case{"(module", ErrorCode::kInvalidArgument, "line 1"},
           Case{"(module (func (result i32)))", ErrorCode::kInvalidArgument, "not a valid module"},
           Case{binary.substr(0, binary.size() / 2), ErrorCode::kInvalidArgument, "offset"},
           Case{binary.substr(0, 6), ErrorCode::kInvalidArgument, "not a valid module"},
           Case{std::string("\0asm\x0d\0\1\0", 8), ErrorCode::kUnsupported, "component"},
           Case{"(module (memory 1 1 shared))", ErrorCode::kUnsupported, "threads"},
           Case{std::string(900'000, '('), ErrorCode::kInvalidArgument, ""},
           Case{std::string(1'000'001, '('), ErrorCode::kTooLarge, "1000000 bytes"},
       }) {
    CAPTURE(bytes.substr(0, 40));
    const auto refused = functions.upload(bytes);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == code);
    CHECK(refused.error().message().find(says) != std::string::npos);
  }
  CHECK(functions.counts().value().modules == 0);
  CHECK(functions.upload(std::string(1'000'001, 'x')).error().limit()->name == "module_bytes");
  Functions wide(world.parts(), {});
  CHECK(wide.upload(std::string(engine::kTextBytesMax + 1, '(')).error().limit()->name ==
        "text_bytes");
}

TEST_CASE("a text may not become more than a module may be, nor describe too much") {
  World world;
  Functions small(world.parts(), {.module_bytes = kArithmetic.size()});
  const auto grown = small.upload(kArithmetic).error();
  CHECK(grown.code() == ErrorCode::kTooLarge);
  CHECK(grown.message().find("that the text describes") != std::string::npos);

  std::string many = "(module (func)";
  for (int i = 0; i < 1'000; ++i)
    many += fmt::format("(export \"e{}\" (func 0))", i);
  Functions functions(world.parts(), {.description_bytes = 50'000});
  const auto verbose = functions.upload(many + ")").error();
  CHECK(verbose.code() == ErrorCode::kTooLarge);
  CHECK(verbose.limit()->name == "description_bytes");
  CHECK(functions.modules({}).value().items.empty());
}

TEST_CASE("a module that does not exist is not found, one that is used stays") {
  World world;
  Functions functions(world.parts(), {});
  for (const std::string& id : {content_id("nothing"), std::string("nonsense"), std::string()}) {
    CHECK(functions.module(id).error().code() == ErrorCode::kNotFound);
    CHECK(functions.module_bytes(id).error().code() == ErrorCode::kNotFound);
    CHECK(functions.remove_module(id).error().code() == ErrorCode::kNotFound);
    CHECK(functions.deploy("f", {.module = id, .limits = {}, .environment = {}}).error().code() ==
          ErrorCode::kNotFound);
  }
  const auto function = deploy(functions, "f", answering(1));
  CHECK(functions.remove_module(function.module.id).error().code() ==
        ErrorCode::kFailedPrecondition);
  REQUIRE(functions.remove_function("f").has_value());
  CHECK(functions.remove_module(function.module.id).has_value());
  CHECK_FALSE(world.blobs->contains(function.module.id).value());
  CHECK(functions.upload(answering(1)).value().is_new);
}

TEST_CASE("an upload repairs the damaged copy of a module") {
  World world;
  Functions functions(world.parts(), {});
  const std::string id = functions.upload(kArithmetic).value().module.id;
  const std::string digits = id.substr(id.find(':') + 1);
  const auto file =
      world.directory.path() / "blobs" / "sha256" / digits.substr(0, 2) / digits.substr(2);
  std::ofstream(file, std::ios::binary) << "damaged";
  CHECK(functions.module_bytes(id).error().code() == ErrorCode::kDataLoss);
  CHECK(functions.module_bytes(id).error().told_clients() ==
        "The stored bytes of " + id + " are damaged: upload the same module again.");
  CHECK(functions.deploy("f", {.module = id, .limits = {}, .environment = {}}).error().code() ==
        ErrorCode::kDataLoss);
  CHECK_FALSE(functions.upload(kArithmetic).value().is_new);
  CHECK(functions.module_bytes(id).value() == kArithmetic);
}

TEST_CASE("a module whose bytes are missing is no module that is not there") {
  World world;
  Functions functions(world.parts(), {});
  const std::string id = functions.upload(kArithmetic).value().module.id;
  REQUIRE(world.blobs->remove(id));
  CHECK(functions.module_bytes(id).error().code() == ErrorCode::kDataLoss);
  CHECK(functions.module_bytes(id).error().told_clients() ==
        "The stored bytes of the module " + id + " are missing: upload it again.");
  REQUIRE(functions.remove_module(id));
  CHECK(functions.module_bytes(id).error().code() == ErrorCode::kNotFound);
}

// --- deployments ---

TEST_CASE("each deployment is a version, and the last one is called") {
  World world;
  Functions functions(world.parts(), {});
  const auto first = deploy(functions, "f", answering(1), {.deadline_ms = 100});
  CHECK(first.version == 1);
  CHECK(first.state == State::kStateless);
  CHECK(first.limits.deadline_ms == 100);
  CHECK_FALSE(first.activity.last_called.has_value());
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
  world.clock.advance(std::chrono::seconds(1));
  const auto second = deploy(functions, "f", answering(2));
  CHECK(second.version == 2);
  CHECK(second.versions == 2);
  CHECK(second.created == first.created);
  CHECK(second.deployed == first.deployed + std::chrono::seconds(1));
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[2]})");

  const auto versions = functions.versions("f", {}).value();
  REQUIRE(versions.items.size() == 2);
  CHECK(versions.items[0].version == 2);
  CHECK(versions.items[0].current);
  CHECK(versions.items[1].limits.deadline_ms == 100);
  CHECK_FALSE(versions.items[1].current);
}

TEST_CASE("a rollback calls an older version again, and the next deployment is a new one") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "f", answering(1));
  deploy(functions, "f", answering(2));
  const auto back = functions.rollback("f", 1).value();
  CHECK(back.version == 1);
  CHECK(back.versions == 2);
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
  CHECK(functions.rollback("f", 3).error().code() == ErrorCode::kNotFound);
  CHECK(functions.rollback("f", 0).error().code() == ErrorCode::kNotFound);
  CHECK(functions.rollback("g", 1).error().code() == ErrorCode::kNotFound);
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
  CHECK(deploy(functions, "f", answering(3)).version == 3);
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[3]})");
}

TEST_CASE("a removed function is gone at once, and its name is free") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "f", answering(1));
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
  REQUIRE(functions.remove_function("f").has_value());
  CHECK(functions.remove_function("f").error().code() == ErrorCode::kNotFound);
  CHECK(functions.function("f").error().code() == ErrorCode::kNotFound);
  CHECK(functions.versions("f", {}).error().code() == ErrorCode::kNotFound);
  const auto outcome = invoke(world, functions, "f");
  CHECK(error_of(outcome).code() == ErrorCode::kNotFound);
  CHECK_FALSE(outcome.invocation.has_value());
  CHECK(functions.functions("", {}).value().items.empty());
  CHECK(deploy(functions, "f", answering(2)).version == 1);
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[2]})");
}

TEST_CASE("functions are found by a part of their name") {
  World world;
  Functions functions(world.parts(), {});
  for (const char* const name : {"add", "add-more", "echo"}) {
    world.clock.advance(std::chrono::seconds(1));
    deploy(functions, name, answering(1));
  }
  CHECK(functions.functions("", {}).value().items.size() == 3);
  const auto found = functions.functions("dd", {}).value();
  REQUIRE(found.items.size() == 2);
  CHECK(found.items[0].name == "add-more");
  CHECK(functions.functions("nothing", {}).value().items.empty());
  const auto page = functions.functions("", {.limit = 2}).value();
  CHECK(page.items.size() == 2);
  CHECK(page.next.has_value());
  CHECK(functions.counts().value().functions == 3);
}

TEST_CASE("a bad name or a missing import refuses the deployment") {
  World world;
  Functions functions(world.parts(), {});
  const std::string id = functions.upload(answering(1)).value().module.id;
  for (const std::string& name :
       {std::string(), std::string("Upper"), std::string("-a"), std::string("a-"),
        std::string("a_b"), std::string("ä"), std::string("../a"), std::string(64, 'a'),
        std::string("a\0b", 3)}) {
    CAPTURE(name);
    const Deployment deployment{.module = id, .limits = {}, .environment = {}};
    CHECK(functions.deploy(name, deployment).error().code() == ErrorCode::kInvalidArgument);
    CHECK(error_of(invoke(world, functions, name)).code() == ErrorCode::kNotFound);
  }
  const std::string needy =
      functions.upload(R"((module (import "extism:host/env" "length" (func (param i64)))))")
          .value()
          .module.id;
  const auto error =
      functions.deploy("f", {.module = needy, .limits = {}, .environment = {}}).error();
  CHECK(error.code() == ErrorCode::kUnsupported);
  CHECK(error.message().find("extism:host/env.length") != std::string::npos);
  CHECK(error.message().find("the dialect extism") != std::string::npos);
  CHECK(functions.functions("", {}).value().items.empty());
}

TEST_CASE("a call ends on the version on which it began") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "f", pondering(1), kPatient);
  auto old = start(world, functions, "f", "");
  REQUIRE_FALSE(old.is_done());
  deploy(functions, "f", answering(2));
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[2]})");
  CHECK(body_of(finish(world, std::move(old))) == R"({"results":[1]})");

  deploy(functions, "f", pondering(3), kPatient);
  auto orphan = start(world, functions, "f", "");
  REQUIRE_FALSE(orphan.is_done());
  REQUIRE(functions.remove_function("f").has_value());
  CHECK(body_of(finish(world, std::move(orphan))) == R"({"results":[3]})");
}

TEST_CASE("another process serves the same functions and remembers how they did") {
  World world;
  {
    Functions functions(world.parts(), {});
    deploy(functions, "add", kArithmetic);
    deploy(functions, "f", answering(1), {.in_flight = 7});
    deploy(functions, "f", answering(2));
    functions.rollback("f", 1).value();
    CHECK(body_of(invoke(world, functions, "add", R"({"export":"add","args":[2,3]})")) ==
          R"({"results":[5]})");
    CHECK(error_of(invoke(world, functions, "add", R"({"export":"div","args":[1,0]})")).code() ==
          ErrorCode::kGuestTrap);
  }
  world.clock.advance(std::chrono::minutes(2));
  Functions functions(world.parts(), {});
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
  CHECK(functions.function("f").value().limits.in_flight == 7);
  const auto activity = functions.function("add").value().activity;
  CHECK(activity.calls == 2);
  CHECK(activity.errors == 1);
  CHECK(activity.p50_us.has_value());
  CHECK(activity.last_called.value() <= world.clock.wall() - std::chrono::minutes(2));
  CHECK(body_of(invoke(world, functions, "add", R"({"export":"add","args":[1,1]})")) ==
        R"({"results":[2]})");
  CHECK(functions.function("add").value().activity.calls == 3);
}

TEST_CASE("calls of a function that is not in memory wait for it and are all answered") {
  World world;
  {
    deploy(*std::make_unique<Functions>(world.parts(), PlatformLimits{}), "f", answering(1));
  }
  Functions functions(world.parts(), {});
  std::vector<Started> calls;
  calls.reserve(20);
  for (int i = 0; i < 20; ++i)
    calls.push_back(start(world, functions, i % 2 == 0 ? "f" : "absent", ""));
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const auto outcome = finish(world, std::move(calls[i]));
    CHECK(outcome.response.has_value() == (i % 2 == 0));
  }
  CHECK(functions.in_flight() == 0);
}

TEST_CASE("lists whose items are long come in smaller pages that meet") {
  World world;
  Functions functions(world.parts(), {.description_bytes = 1'000});
  const std::vector<std::string> names = {"e", "d", "c", "b", "a"};
  std::string many;  // Some of the limit in the store, more than all of it in memory.
  for (int i = 0; i < 5; ++i)
    many += "(func (export \"" + std::string(60, 'n') + std::to_string(i) + "\"))";
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    world.clock.advance(std::chrono::seconds(1));
    deploy(functions, *name, "(module " + many + "(func (export \"" + *name + "\")))");
  }
  std::vector<std::string> seen;
  std::size_t modules = 0;
  for (store::Page page{.limit = 3}; seen.size() < 100;) {
    const auto list = functions.functions("", page).value();
    CHECK(list.items.size() == 1);
    seen.push_back(list.items.at(0).name);
    if (!list.next) break;
    page.after = *list.next;
  }
  for (store::Page page{.limit = 3}; modules < 100;) {
    const auto list = functions.modules(page).value();
    CHECK(list.items.size() == 1);
    ++modules;
    if (!list.next) break;
    page.after = *list.next;
  }
  CHECK(seen == names);
  CHECK(modules == names.size());
}

TEST_CASE("a damaged description is missing from the lists and says so when it is asked for") {
  World world;
  Functions functions(world.parts(), {});
  const auto sound = deploy(functions, "sound", answering(1));
  const auto damaged = deploy(functions, "damaged", answering(2));
  const auto written = world.database->write([&](store::Transaction& transaction) -> Result<> {
    TRY(transaction.execute("UPDATE module SET info = 'x' WHERE id = $1", {damaged.module.id}));
    return {};
  });
  REQUIRE(written.has_value());
  const auto list = functions.functions("", {}).value();
  REQUIRE(list.items.size() == 1);
  CHECK(list.items[0].name == "sound");
  CHECK(functions.modules({}).value().items.size() == 1);
  CHECK(functions.function("damaged").error().code() == ErrorCode::kDataLoss);
  const auto error = functions.module(damaged.module.id).error();
  CHECK(error.code() == ErrorCode::kDataLoss);
  CHECK(error.told_clients().value().find(damaged.module.id) != std::string::npos);
}

TEST_CASE("functions that were not called for long give way to others and come back") {
  World world;
  // One function takes more than a quarter of a megabyte.
  Functions functions(world.parts(), {.loaded_bytes = 700'000});
  const auto is_in_memory = [&](std::string_view name) {
    const std::uint64_t posts = world.executor->own_posts();
    auto call = start(world, functions, name, "");
    // A tick may end its first slice: then it goes on here, and not after a load.
    const bool at_once = call.is_done() || world.executor->own_posts() > posts;
    CHECK(finish(world, std::move(call)).response.has_value());
    world.clock.advance(std::chrono::seconds(1));
    return at_once;
  };
  for (const std::string_view name : {"a", "b"}) {
    deploy(functions, name, answering(1));
    CHECK(is_in_memory(name));
  }
  CHECK(is_in_memory("a"));
  deploy(functions, "c", answering(1));
  CHECK(is_in_memory("c"));
  CHECK(is_in_memory("a"));
  CHECK_FALSE(is_in_memory("b"));
  CHECK(is_in_memory("b"));
  CHECK_FALSE(is_in_memory("c"));
  CHECK(functions.function("c").value().activity.calls == 2);
}

TEST_CASE("a function keeps its count of calls under way when it gives way to others") {
  World world;
  Functions functions(world.parts(), {.loaded_bytes = 1});
  deploy(functions, "spin", kSpinning, {.deadline_ms = 50, .in_flight = 1});
  auto one = start(world, functions, "spin", "");
  deploy(functions, "f", answering(1));
  auto refused = start(world, functions, "spin", "");
  CHECK_FALSE(refused.is_done());  // The function was not in memory any more.
  CHECK(error_of(finish(world, std::move(refused))).limit().value().name == "in_flight");
  finish(world, std::move(one));
}

TEST_CASE("a function that is removed and deployed again counts the calls that are under way") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "spin", kSpinning, {.deadline_ms = 50, .in_flight = 1});
  auto one = start(world, functions, "spin", "");
  for (int again = 0; again < 2; ++again) {
    REQUIRE(functions.remove_function("spin").has_value());
    deploy(functions, "spin", kSpinning, {.deadline_ms = 50, .in_flight = 1});
    CHECK(error_of(invoke(world, functions, "spin")).limit().value().name == "in_flight");
    CHECK(functions.function("spin").value().activity.calls == 0);
  }
  finish(world, std::move(one));
  CHECK(error_of(invoke(world, functions, "spin")).code() == ErrorCode::kDeadlineExceeded);
}

TEST_CASE("instances that no call takes are given back by themselves") {
  World world;
  FunctionsParts parts = world.parts();
  parts.idle_time = std::chrono::milliseconds(1);
  Functions functions(parts, {});
  for (int again = 0; again < 2; ++again) {
    deploy(functions, "f", answering(1));
    for (int i = 0; i < 10; ++i)
      CHECK(invoke(world, functions, "f").response.has_value());
    while (world.engine->guest_memory_bytes() > 0)
      std::this_thread::yield();
  }
}

TEST_CASE("a call whose function came too late is past its deadline") {
  World world;
  {
    deploy(*std::make_unique<Functions>(world.parts(), PlatformLimits{}), "f", answering(1),
           {.deadline_ms = 50});
  }
  Functions functions(world.parts(), {});
  auto late = start(world, functions, "f", "");
  world.clock.advance(std::chrono::milliseconds(50));
  const auto outcome = finish(world, std::move(late));
  CHECK(error_of(outcome).code() == ErrorCode::kDeadlineExceeded);
  CHECK(outcome.duration_us == 50'000);
  CHECK(invoke(world, functions, "f").response.has_value());
}

TEST_CASE("a module that can never run is stored for others, and refused as a function") {
  World world;
  Functions functions(world.parts(), {});
  const auto library = functions.upload("(module (memory (export \"memory\") 20))").value();
  const auto unusable =
      functions.deploy("f", {.module = library.module.id, .limits = {}, .environment = {}});
  CHECK(unusable.error().code() == ErrorCode::kInvalidArgument);
  const auto large = functions.upload("(module (memory 20) (func (export \"f\")))").value();
  Deployment deployment{
      .module = large.module.id, .limits = {.memory_bytes = 1'310'719}, .environment = {}};
  const auto refused = functions.deploy("f", deployment).error();
  CHECK(refused.code() == ErrorCode::kTooLarge);
  CHECK(refused.limit().value().name == "memory_bytes");
  CHECK(functions.function("f").error().code() == ErrorCode::kNotFound);
  deployment.limits.memory_bytes = 1'310'720;
  CHECK(functions.deploy("f", deployment).has_value());
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[]})");
}

// Counts how often somebody looks.
struct CountingClock final : Clock {
  mutable std::atomic<int> looks = 0;
  WallTime wall() const override { return {}; }
  MonotonicTime monotonic() const override {
    ++looks;
    return {};
  }
};

TEST_CASE("a warm call looks at the monotonic clock no more than it must") {
  World world;
  const CountingClock clock;
  Functions functions(world.parts_with(clock), {});
  deploy(functions, "f", answering(1));
  invoke(world, functions, "f");  // The next one has an instance that was kept.
  clock.looks = 0;
  CHECK(invoke(world, functions, "f").response.has_value());
  // When it comes, before and behind its slice, at its end, and for its record.
  CHECK(clock.looks == 5);
}

// --- cancellation ---

TEST_CASE("a call that is cancelled ends with a record, and only once") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "spin", kSpinning);
  auto call = start(world, functions, "spin", "");
  REQUIRE_FALSE(call.is_done());
  CHECK_FALSE(call.handle.has_ended());
  call.handle.cancel();
  REQUIRE(call.is_done());
  CHECK(functions.in_flight() == 0);
  call.handle.cancel();
  world.executor->run_one();  // The slice that it had asked for.
  CHECK(call.handle.has_ended());
  const auto outcome = finish(world, std::move(call));
  CHECK(error_of(outcome).code() == ErrorCode::kCancelled);
  functions.flush_records();
  const auto record = world.invocations.get(outcome.invocation.value()).value();
  CHECK(record.status == store::InvocationStatus::kError);
  CHECK(record.error.value().find("\"code\":\"cancelled\"") != std::string::npos);
  CHECK(record.error.value().find("\"backtrace\":[{\"function\":\"spin\"") != std::string::npos);
}

TEST_CASE("a call that has ended cannot be cancelled") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "f", answering(1));
  auto call = start(world, functions, "f", "");
  while (!call.is_done())  // A tick may have ended its first slice.
    world.executor->run_one();
  CHECK(call.handle.has_ended());
  call.handle.cancel();
  CHECK(body_of(finish(world, std::move(call))) == R"({"results":[1]})");
}

TEST_CASE("a call can be cancelled while its function is loaded, and behind that") {
  World world;
  {
    deploy(*std::make_unique<Functions>(world.parts(), PlatformLimits{}), "spin", kSpinning);
  }
  Functions functions(world.parts(), {});
  auto before = start(world, functions, "spin", "");
  auto behind = start(world, functions, "spin", "");
  before.handle.cancel();
  CHECK(before.is_done());
  const auto cancelled = finish(world, std::move(before));
  CHECK(error_of(cancelled).code() == ErrorCode::kCancelled);
  CHECK_FALSE(cancelled.invocation.has_value());
  world.executor->run_one();  // For the cancelled one the function comes too late.
  world.executor->run_one();
  REQUIRE_FALSE(behind.is_done());
  CHECK_FALSE(behind.handle.has_ended());
  behind.handle.cancel();
  const auto outcome = finish(world, std::move(behind));
  CHECK(error_of(outcome).code() == ErrorCode::kCancelled);
  CHECK(outcome.invocation.has_value());
  CHECK(functions.in_flight() == 0);
}

// --- admission ---

TEST_CASE("calls that wait for their function have a limit of their own, cancelled or not") {
  World world;
  {
    deploy(*std::make_unique<Functions>(world.parts(), PlatformLimits{}), "f", answering(1));
  }
  Functions functions(world.parts(), {.in_flight = 8});
  deploy(functions, "here", answering(2));
  auto one = start(world, functions, "f", "");
  auto two = start(world, functions, "absent", "");
  one.handle.cancel();
  const auto refused = invoke(world, functions, "another");
  CHECK(error_of(refused).limit() == LimitReached{"waiting_calls", 2});
  CHECK(body_of(invoke(world, functions, "here")) == R"({"results":[2]})");
  CHECK(functions.in_flight() == 0);
  CHECK(error_of(finish(world, std::move(two))).code() == ErrorCode::kNotFound);
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
}

TEST_CASE("what calls leave on an executor may end after the functions") {
  World world;
  {
    Functions functions(world.parts(), {});
    deploy(functions, "f", answering(1));
  }
  {
    Functions functions(world.parts(), {});
    auto waiting = start(world, functions, "f", "");
    waiting.handle.cancel();
    finish(world, start(world, functions, "absent", ""));
    // The cancelled call's function is handed to the executor now or never.
  }
  CHECK(world.executor.use_count() == 1);
}

TEST_CASE("more calls of a function at the same time than it allows are refused") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "spin", kSpinning, {.deadline_ms = 50, .in_flight = 2});
  deploy(functions, "f", answering(1));
  auto one = start(world, functions, "spin", "");
  auto two = start(world, functions, "spin", "");
  CHECK(functions.in_flight() == 2);
  const auto refused = invoke(world, functions, "spin");
  CHECK(error_of(refused).code() == ErrorCode::kResourceExhausted);
  CHECK(error_of(refused).limit()->name == "in_flight");
  CHECK(error_of(refused).limit()->value == 2);
  CHECK_FALSE(refused.invocation.has_value());
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
  finish(world, std::move(one));
  finish(world, std::move(two));
  CHECK(functions.in_flight() == 0);
  CHECK(error_of(invoke(world, functions, "spin")).code() == ErrorCode::kDeadlineExceeded);
}

TEST_CASE("a new version does not let more calls in while the old one's run") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "spin", kSpinning, {.deadline_ms = 50, .in_flight = 1});
  auto one = start(world, functions, "spin", "");
  deploy(functions, "spin", answering(1), {.in_flight = 1});
  CHECK(error_of(invoke(world, functions, "spin")).code() == ErrorCode::kResourceExhausted);
  finish(world, std::move(one));
  CHECK(body_of(invoke(world, functions, "spin")) == R"({"results":[1]})");
}

TEST_CASE("all functions together have a limit too") {
  World world;
  Functions functions(world.parts(), {.in_flight = 1});
  deploy(functions, "spin", kSpinning, {.deadline_ms = 50});
  deploy(functions, "f", answering(1));
  auto one = start(world, functions, "spin", "");
  const auto refused = invoke(world, functions, "f");
  CHECK(error_of(refused).code() == ErrorCode::kResourceExhausted);
  CHECK(error_of(refused).limit()->value == 1);
  finish(world, std::move(one));
  CHECK(body_of(invoke(world, functions, "f")) == R"({"results":[1]})");
}

TEST_CASE("a payload beyond the limit is refused before anything runs") {
  World world;
  Functions functions(world.parts(), {.payload_bytes = 10});
  deploy(functions, "f", answering(1));
  const auto refused = invoke(world, functions, "f", "           ");
  CHECK(error_of(refused).code() == ErrorCode::kTooLarge);
  CHECK(error_of(refused).limit()->name == "payload_bytes");
  CHECK_FALSE(refused.invocation.has_value());
}

// --- records ---

std::vector<store::InvocationRecord> records_of(World& world, Functions& functions) {
  functions.flush_records();
  return world.invocations.list({}, {.limit = 1000}).value().items;
}

TEST_CASE("a call is recorded with its sizes, times, texts and result") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "add", kArithmetic);
  world.clock.advance(std::chrono::seconds(1));
  const std::string_view payload = R"({"export":"add","args":[2,3]})";
  const auto outcome = invoke(world, functions, "add", payload);
  const auto records = records_of(world, functions);
  REQUIRE(records.size() == 1);
  const auto& record = records[0];
  CHECK(record.id == outcome.invocation.value());
  CHECK(record.function == "add");
  CHECK(record.version == 1);
  CHECK(record.export_name == "add");
  CHECK(record.status == store::InvocationStatus::kOk);
  CHECK_FALSE(record.error.has_value());
  CHECK(record.started == world.clock.wall());
  CHECK(record.duration_us == 0);  // The clock stands still in a call that does not yield.
  CHECK(record.input_bytes == payload.size());
  CHECK(record.input == payload);
  CHECK(record.output == R"({"results":[5]})");
  CHECK(record.output_bytes == 15);
  CHECK(record.log_bytes == 0);
  CHECK(record.calls == 1);
}

TEST_CASE("a failed call is recorded with its problem document") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "add", kArithmetic);
  const auto outcome = invoke(world, functions, "add", R"({"export":"div","args":[1,0]})");
  const auto records = records_of(world, functions);
  REQUIRE(records.size() == 1);
  CHECK(records[0].status == store::InvocationStatus::kError);
  CHECK(records[0].export_name == "div");
  CHECK_FALSE(records[0].output.has_value());
  CHECK(records[0].output_bytes == 0);
  const auto problem = json::parse(records[0].error.value()).value();
  CHECK(problem.find("code")->as_string() == "guest_trap");
  CHECK(problem.find("detail")->as_string() == "integer divide by zero");
  CHECK(problem.find("invocation")->as_string() == outcome.invocation.value());
  const auto& frame = problem.find("backtrace")->as_array()[0];
  CHECK(frame.find("function")->as_string() == "div");
  CHECK(frame.find("line")->as_number().to_int64() == 5);
}

TEST_CASE("functions with one module share its code while one of them holds it") {
  World world;
  Functions functions(world.parts(), {});
  const std::string module = deploy(functions, "one", answering(1)).module.id;
  // Whoever had to load it would notice that it is gone.
  REQUIRE(world.blobs->remove(module));
  REQUIRE(functions.deploy("two", {.module = module, .limits = {}, .environment = {}}));
  CHECK(body_of(invoke(world, functions, "two")) == R"({"results":[1]})");
  REQUIRE(functions.remove_function("one"));
  REQUIRE(functions.remove_function("two"));
  const auto later = functions.deploy("two", {.module = module, .limits = {}, .environment = {}});
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().code() == ErrorCode::kDataLoss);
}

TEST_CASE("a call that takes long is recorded with its duration and CPU time") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "spin", kSpinning, {.deadline_ms = 50});
  const auto outcome = invoke(world, functions, "spin");
  CHECK(error_of(outcome).code() == ErrorCode::kDeadlineExceeded);
  CHECK(outcome.duration_us == 50'000);
  const auto records = records_of(world, functions);
  REQUIRE(records.size() == 1);
  CHECK(records[0].duration_us == 50'000);
  CHECK(records[0].cpu_us > 0);
  const auto activity = functions.function("spin").value().activity;
  CHECK(activity.calls == 1);
  CHECK(activity.errors == 1);
}

TEST_CASE("only short texts are kept, and only what is text") {
  World world;
  Functions functions(world.parts(), {.kept_text_bytes = 20, .kept_log_bytes = 3});
  deploy(functions, "cat", R"((module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "_start")
      (i32.store (i32.const 0) (i32.const 100)) (i32.store (i32.const 4) (i32.const 1000))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8))))))");
  CHECK(body_of(invoke(world, functions, "cat", "hello")) == "hello");
  CHECK(body_of(invoke(world, functions, "cat", std::string(21, 'x'))).size() == 21);
  const auto binary = invoke(world, functions, "cat", "\xff\xfe");
  CHECK(body_of(binary) == "\xff\xfe");
  CHECK(binary.response->content_type == "application/octet-stream");
  const auto records = records_of(world, functions);  // The newest first.
  REQUIRE(records.size() == 3);
  CHECK(records[2].input == "hello");
  CHECK(records[2].output == "hello");
  CHECK(records[2].log_bytes == 3);
  CHECK(world.invocations.log(records[2].id).value() == "hel");
  CHECK_FALSE(records[1].input.has_value());
  CHECK(records[1].input_bytes == 21);
  CHECK_FALSE(records[1].output.has_value());
  CHECK(records[1].output_bytes == 21);
  CHECK_FALSE(records[0].input.has_value());
  CHECK_FALSE(records[0].output.has_value());
}

// How many calls records stand for.
std::uint64_t weight_of(const std::vector<store::InvocationRecord>& records,
                        store::InvocationStatus status) {
  std::uint64_t calls = 0;
  for (const auto& record : records)
    calls += record.status == status ? record.calls : 0;
  return calls;
}

TEST_CASE("under load a record of a success stands for several calls, errors are all there") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "add", kArithmetic);
  const auto add = [&] {
    return body_of(invoke(world, functions, "add", R"({"export":"add","args":[2,3]})"));
  };
  constexpr int kErrors = 50;
  for (int i = 0; i < kErrors; ++i) {
    for (int call = 0; call < 10; ++call)
      add();
    error_of(invoke(world, functions, "add", R"({"export":"div","args":[1,0]})"));
  }
  world.clock.advance(std::chrono::seconds(1));
  add();
  const auto records = records_of(world, functions);
  CHECK(weight_of(records, store::InvocationStatus::kOk) == 10 * kErrors + 1);
  CHECK(weight_of(records, store::InvocationStatus::kError) == kErrors);
  CHECK(records.size() < 100);
  const auto activity = functions.function("add").value().activity;
  CHECK(activity.calls == 11 * kErrors + 1);
  CHECK(activity.errors == kErrors);
}

TEST_CASE("a payload of any size leaves a small error behind") {
  World world;
  Functions functions(world.parts(), {});
  std::string wat = "(module ";
  for (int i = 0; i < 200; ++i)
    wat += fmt::format("(func (export \"{}{}\"))", std::string(500, 'e'), i);
  deploy(functions, "f", wat + ")");
  for (const std::string& payload : {R"({"export":")" + std::string(100'000, 'x') + R"("})",
                                     "{\"" + std::string(100'000, 'y') + "\":1}", std::string("{}"),
                                     std::string(100'000, '[')}) {
    const auto outcome = invoke(world, functions, "f", payload);
    CHECK(error_of(outcome).message().size() < 3'000);
  }
  for (const auto& record : records_of(world, functions))
    CHECK(record.error.value().size() < 4'000);
}

TEST_CASE("functions may be deployed and listed by several threads while one calls them") {
  World world;
  Functions functions(world.parts(), {});
  deploy(functions, "f", answering(1));
  std::atomic<int> busy = 3;
  const auto redeploy = [&](int number) {
    for (int i = 0; i < 10; ++i) {
      deploy(functions, "f", answering(number));
      CHECK(functions.functions("", {}).has_value());
      CHECK(functions.rollback("f", 1).has_value());
    }
    --busy;
  };
  WorkPool pool("test", 3, 10);
  for (int thread = 0; thread < 3; ++thread)
    REQUIRE(pool.run([&redeploy, thread] { redeploy(thread); }).has_value());
  while (busy > 0)
    CHECK(body_of(invoke(world, functions, "f")).starts_with(R"({"results":[)"));
  CHECK(functions.function("f").value().versions == 31);
}

}  // namespace
}  // namespace weft::function
