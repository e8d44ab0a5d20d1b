#include "abi/reactor/dialogue.h"

#include <algorithm>
#include <memory>

#include <doctest/doctest.h>

#include "abi/reactor/testing.h"
#include "engine/instance.h"
#include "engine/module_info.h"

namespace weft::abi::reactor {
namespace {

struct Guest {
  std::unique_ptr<engine::Engine> engine =
      engine::Engine::create(
          {.interruption = engine::Interruption::kNone, .parallel_compilation = false})
          .value();
  engine::HostTable table{*engine};
  Callbacks callbacks;
  engine::HostState state;
  std::unique_ptr<engine::Instance> instance;
  Dialogue dialogue{1'000, callbacks};
  std::vector<std::string> said;

  explicit Guest(bool has_callbacks = true) {
    define_functions(table);
    auto code = engine->compile(engine::to_binary(kTestReactor, "guest.wat").value()).value();
    if (has_callbacks) state.set_beside(&callbacks);
    instance = engine::Instance::create(table.link(std::move(code)).value(), {}, &state).value();
    REQUIRE(engine::instantiate(*instance).has_value());
  }

  Result<Answer> finish() {
    said.clear();
    std::vector<engine::Value> results;
    for (;;) {
      const auto operation = TRY(dialogue.next(instance->memory(), results));
      if (!operation) return dialogue.take_answer();
      said.emplace_back(operation->name);
      results = TRY(engine::call(*instance, operation->name, operation->arguments));
    }
  }
  Result<Answer> apply(std::string_view name, std::string_view arguments = "[]") {
    dialogue.apply(Kind::kLambda, 7, name, arguments);
    return finish();
  }
};

TEST_CASE("kinds have the names of the guest's exports") {
  for (const Kind kind : kKinds)
    CHECK(kind_named(name_of(kind)) == kind);
  CHECK(name_of(Kind::kDef) == "def");
  CHECK_FALSE(kind_named("function").has_value());
}

TEST_CASE("what is passed arrives, and everything is given back that was allocated") {
  Guest guest;
  const auto answer = guest.apply("echo", "[1,\"\u00fc\"]").value();
  CHECK_FALSE(answer.is_error);
  CHECK(answer.text == "[1,\"\u00fc\"]");
  // Three parameters and their array; the array, and two answers of three places each.
  CHECK(std::ranges::count(guest.said, "allocate") == 4);
  CHECK(std::ranges::count(guest.said, "deallocate") == 7);
  CHECK(guest.apply("echo", "").value().text.empty());
}

TEST_CASE("one dialogue has one request after the other") {
  Guest guest;
  guest.dialogue.identity("");
  CHECK(guest.finish().value().text == R"({"value":"","tag":"ok"})");
  guest.dialogue.add(Kind::kDef, "f", "def f(): 0");
  CHECK(guest.finish().value().text == R"({"value":"","tag":"ok"})");
  guest.dialogue.add(Kind::kModule, "bad", "?");
  CHECK(guest.finish().value().text == R"({"value":"bad","tag":"err"})");
  CHECK(guest.apply("count").value().text == R"({"value":1,"tag":"ok"})");
  guest.dialogue.remove(Kind::kDef, "f");
  CHECK(guest.finish().has_value());
  CHECK(guest.apply("count").value().text == R"({"value":0,"tag":"ok"})");
}

TEST_CASE("a result beyond the limit is refused with its name") {
  Guest guest;
  const auto answer = guest.apply("echo", std::string(1'001, 'x'));
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code() == ErrorCode::kGuestLimit);
  CHECK(answer.error().limit()->name == "output_bytes");
}

TEST_CASE("a guest that does not keep to its contract is told so") {
  for (const std::string_view name : {"wrong id", "outside"}) {
    CAPTURE(name);
    Guest guest;
    const auto answer = guest.apply(name);
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().code() == ErrorCode::kGuestError);
    CHECK(answer.error().message().contains("contract"));
  }
  Guest guest;
  CHECK(guest.apply("trap").error().code() == ErrorCode::kGuestTrap);
}

TEST_CASE("the callback is refused where nobody calls a reactor") {
  Guest guest(false);
  CHECK(guest.apply("echo").error().code() == ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace weft::abi::reactor
