#include "abi/se2/plugin.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "abi/se2/dialogue.h"
#include "engine/instance.h"
#include "system/streams.h"

namespace weft::abi::se2 {
namespace {

using engine::Value;

constexpr std::int32_t kIdent = 7;
constexpr std::int32_t kPageBytes = 65'536;

// One page, with "result" at 8 and "reason" at 16; exports for each function one that calls it.
constexpr std::string_view kGuest = R"((module
  (import "env" "return_result" (func $result (param i32 i32 i32)))
  (import "env" "return_error" (func $error (param i32 i32 i32 i32)))
  (import "env" "log_msg" (func $log (param i32 i32 i32 i32)))
  (import "env" "return_result_swift" (func $result_swift (param i32 i32 i32 i32 i32)))
  (import "env" "return_error_swift" (func $error_swift (param i32 i32 i32 i32 i32 i32)))
  (import "env" "log_msg_swift" (func $log_swift (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "result  reason")
  (export "result" (func $result)) (export "error" (func $error)) (export "log" (func $log))
  (export "result_swift" (func $result_swift)) (export "error_swift" (func $error_swift))
  (export "log_swift" (func $log_swift))))";

struct Guest {
  std::unique_ptr<engine::Engine> engine =
      engine::Engine::create(
          {.interruption = engine::Interruption::kNone, .parallel_compilation = false})
          .value();
  engine::HostTable table{*engine};
  Plugin plugin{1'000};
  system::CaptureStream log;
  engine::HostState state;
  std::unique_ptr<engine::Instance> instance;

  explicit Guest(std::uint64_t log_bytes = 10'000) : log(log_bytes, "output_bytes") {
    define_functions(table);
    auto code = engine->compile(engine::to_binary(kGuest, "guest.wat").value()).value();
    plugin.set_log(&log);
    state.set_beside(&plugin);
    instance = engine::Instance::create(table.link(std::move(code)).value(), {}, &state).value();
    REQUIRE(engine::instantiate(*instance).has_value());
    plugin.begin(kIdent);
  }

  // What a failing call of the function gave; nothing for one that succeeded.
  std::optional<Error> call(std::string_view name, const std::vector<Value>& arguments) {
    auto results = engine::call(*instance, name, arguments);
    if (results) return std::nullopt;
    return std::move(results.error());
  }
  void good(std::string_view name, const std::vector<Value>& arguments) {
    const auto error = call(name, arguments);
    REQUIRE_MESSAGE(!error, (error ? error->message() : ""));
  }
};

TEST_CASE("the first result counts, and is forgotten when another call begins") {
  Guest guest;
  guest.good("result", {8, 6, kIdent});
  guest.good("result", {16, 6, kIdent});
  CHECK(guest.log.text() ==
        "weft: return_result: the plugin gives another result: the first one counts\n");
  CHECK(guest.plugin.take_answer().value() == "result");
  guest.plugin.begin(8);
  CHECK(guest.plugin.take_answer().value().empty());
}

TEST_CASE("an error counts more than results, and the first one more than others") {
  Guest guest;
  guest.good("result", {8, 6, kIdent});
  guest.good("error", {-418, 16, 6, kIdent});
  guest.good("error", {1, 8, 6, kIdent});
  const auto answer = guest.plugin.take_answer();
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code() == ErrorCode::kGuestError);
  CHECK(answer.error().message() == "reason (code -418)");
  CHECK(guest.plugin.error_text() == "reason");
  guest.plugin.begin(kIdent);
  CHECK_FALSE(guest.plugin.error().has_value());
}

TEST_CASE("an error without a text is one") {
  Guest guest;
  guest.good("error", {5, 0, 0, kIdent});
  CHECK(guest.plugin.error().value().message() == "the plugin returned an error (code 5)");
}

TEST_CASE("an error's text becomes one line, without what a terminal obeys") {
  Guest guest;
  const std::string_view text = "\n  Trace:\n  File 1\r\n\n    line\x1b[2J \n";
  const auto place = guest.instance->memory().bytes(engine::GuestAddress{100}, text.size());
  std::ranges::copy(text, place->begin());
  guest.good("error", {5, 100, static_cast<std::int32_t>(text.size()), kIdent});
  CHECK(guest.plugin.error().value().message() == "Trace: File 1 line\\x1b[2J (code 5)");
  CHECK(guest.plugin.error_text() == text);
}

TEST_CASE("answers to other calls, or to none, do not count") {
  Guest guest;
  guest.good("result", {8, 6, 8});
  guest.good("error", {1, 8, 6, -kIdent});
  CHECK(guest.plugin.take_answer().value().empty());
  guest.good("result", {8, 6, kIdent});
  guest.plugin.begin(kIdent);
  CHECK(guest.plugin.take_answer().value().empty());
  CHECK(guest.log.text() ==
        "weft: return_result: the plugin gives an answer for call 8, and this is call 7: it does "
        "not count\n"
        "weft: return_error: the plugin gives an answer for call -7, and this is call 7: it does "
        "not count\n"
        "weft: return_result: the plugin gives an answer while nobody calls it: it does not "
        "count\n");
}

TEST_CASE("what lies outside of the memory ends the guest") {
  struct Case {
    std::int32_t address;
    std::int32_t size;
  };
  for (const auto& [address, size] :
       {Case{kPageBytes, 1}, Case{kPageBytes - 1, 2}, Case{0, kPageBytes + 1}, Case{-1, 1},
        Case{-1, -1}, Case{8, -1}, Case{0, INT32_MIN}, Case{INT32_MAX, INT32_MAX}}) {
    CAPTURE(address);
    CAPTURE(size);
    const std::vector<std::pair<std::string_view, std::vector<Value>>> calls = {
        {"result", {address, size, kIdent}},
        {"error", {1, address, size, kIdent}},
        {"log", {address, size, 1, kIdent}}};
    for (const auto& [name, arguments] : calls) {
      Guest guest;
      const auto error = guest.call(name, arguments);
      REQUIRE(error.has_value());
      CHECK(error->code() == ErrorCode::kGuestError);
      CHECK(error->message().ends_with(
          fmt::format("was passed {} bytes at {}, which lie outside of the memory",
                      static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(address))));
      CHECK(guest.log.text().empty());
    }
  }
}

TEST_CASE("nothing can lie at the very end of the memory") {
  Guest guest;
  guest.good("result", {kPageBytes, 0, kIdent});
  CHECK(guest.plugin.take_answer().value().empty());
}

TEST_CASE("a result of too many bytes ends the guest before it is copied") {
  Guest guest;
  guest.good("result", {0, 1'000, kIdent});
  guest.plugin.begin(kIdent);
  const auto error = guest.call("result", {0, 1'001, kIdent});
  REQUIRE(error.has_value());
  CHECK(error->code() == ErrorCode::kGuestLimit);
  CHECK(error->limit().value() == LimitReached{.name = "output_bytes", .value = 1'000});
  CHECK(error->message() == "the result has 1001 bytes, and may have 1000");
}

TEST_CASE("of an error's text, only so much is kept") {
  Guest guest;
  guest.good("error", {1, 0, kPageBytes, kIdent});
  CHECK(guest.plugin.error_text().size() == kMessageBytesMax);
  CHECK(guest.plugin.error().value().message().size() <= 4 * kMessageBytesMax + 20);
}

TEST_CASE("a message is a line of the log, with its level") {
  Guest guest;
  for (const std::int32_t level : {1, 2, 3, 4, 0, 5, -1})
    guest.good("log", {8, 6, level, kIdent});
  guest.good("log", {0, 0, 3, 99});
  CHECK(guest.log.text() ==
        "error: result\nwarning: result\ninfo: result\ndebug: result\ninfo: result\ninfo: result\n"
        "info: result\ninfo: \n");
}

TEST_CASE("a full log ends the guest") {
  Guest guest(20);
  guest.good("log", {8, 6, 3, kIdent});
  const auto error = guest.call("log", {8, 6, 3, kIdent});
  REQUIRE(error.has_value());
  CHECK(error->code() == ErrorCode::kGuestLimit);
}

TEST_CASE("the functions of Swift are the same with two parameters more") {
  Guest guest;
  guest.good("log_swift", {8, 6, 2, kIdent, 1, 2});
  guest.good("result_swift", {8, 6, kIdent, 1, 2});
  CHECK(guest.plugin.take_answer().value() == "result");
  guest.plugin.begin(kIdent);
  guest.good("error_swift", {3, 16, 6, kIdent, 1, 2});
  CHECK(guest.plugin.error().value().message() == "reason (code 3)");
  CHECK(guest.log.text() == "warning: result\n");
}

TEST_CASE("where nobody calls the module as a plugin, its functions end the guest") {
  for (const std::string_view name : {"result", "error", "log"}) {
    Guest guest;
    guest.state.set_beside(nullptr);
    std::vector<Value> arguments(name == "result" ? 3 : 4, std::int32_t{0});
    const auto error = guest.call(name, arguments);
    REQUIRE(error.has_value());
    CHECK(error->code() == ErrorCode::kUnsupported);
  }
}

TEST_CASE("a plugin has a memory and three functions of the right types") {
  struct Case {
    std::string_view parts;
    std::optional<std::string_view> lack;
  };
  for (
      const auto& [parts, lack] : {
          Case{
              R"((memory (export "memory") 1) (func (export "allocate") (param i32) (result i32) i32.const 8)
                   (func (export "deallocate") (param i32 i32)) (func (export "run_e") (param i32 i32 i32)))",
              std::nullopt},
          Case{"", "it exports no memory named memory"},
          Case{R"((func (export "memory")))", "it exports no memory named memory"},
          Case{R"((memory (export "memory") 1))", "it exports no function allocate (i32) -> i32"},
          Case{R"((memory (export "memory") 1) (func (export "allocate") (param i32)))",
               "its export allocate has another type than (i32) -> i32"},
          Case{
              R"((memory (export "memory") 1) (func (export "allocate") (param i32) (result i32) i32.const 8)
                   (func (export "deallocate") (param i32)))",
              "its export deallocate has another type than (i32, i32) -> ()"},
          Case{
              R"((memory (export "memory") 1) (func (export "allocate") (param i32) (result i32) i32.const 8)
                   (func (export "deallocate") (param i32 i32)) (global (export "run_e") i32 (i32.const 1)))",
              "it exports no function run_e (i32, i32, i32) -> ()"},
      }) {
    CAPTURE(parts);
    const auto binary = engine::to_binary(fmt::format("(module {})", parts), "m.wat").value();
    CHECK(lack_of(engine::inspect(binary).value()) == lack);
  }
}

TEST_CASE("functions that are here have one type each, and others are known") {
  CHECK(engine::to_string(type_of_function("env", "return_result").value()) ==
        "(i32, i32, i32) -> ()");
  CHECK(engine::to_string(type_of_function("env", "log_msg_swift").value()) ==
        "(i32, i32, i32, i32, i32, i32) -> ()");
  CHECK_FALSE(type_of_function("env", "fetch_url").has_value());
  CHECK_FALSE(type_of_function("host", "return_result").has_value());
  CHECK(knows("env", "fetch_url"));
  CHECK(knows("env", "fetch_url_swift"));
  CHECK_FALSE(knows("env", "abort"));
  CHECK_FALSE(knows("wasi_snapshot_preview1", "log_msg"));
}

// A memory of one page whose bytes the test has.
struct Memory {
  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kPageBytes, 0xff);
  engine::GuestMemory guest{bytes.data(), bytes.size()};
};

TEST_CASE("a call asks for room, fills it with the payload alone, and runs") {
  Memory memory;
  Dialogue dialogue("abc", kIdent, false);
  const auto allocate = dialogue.next(memory.guest, {}).value().value();
  CHECK(allocate.name == "allocate");
  CHECK(allocate.arguments == std::vector<Value>{3});
  const std::vector<Value> address = {100};
  const auto run = dialogue.next(memory.guest, address).value().value();
  CHECK(run.name == "run_e");
  CHECK(run.arguments == std::vector<Value>{100, 3, kIdent});
  CHECK(std::string(memory.bytes.begin() + 99, memory.bytes.begin() + 104) ==
        "\xff"
        "abc\xff");
  CHECK_FALSE(dialogue.next(memory.guest, {}).value().has_value());
}

TEST_CASE("an instance that gets more calls is given its room back") {
  Memory memory;
  Dialogue dialogue("abc", kIdent, true);
  (void)dialogue.next(memory.guest, {}).value();
  (void)dialogue.next(memory.guest, std::vector<Value>{100}).value();
  const auto deallocate = dialogue.next(memory.guest, {}).value().value();
  CHECK(deallocate.name == "deallocate");
  CHECK(deallocate.arguments == std::vector<Value>{100, 3});
  CHECK_FALSE(dialogue.next(memory.guest, {}).value().has_value());
}

TEST_CASE("no payload needs no room") {
  Memory memory;
  Dialogue dialogue("", kIdent, false);
  (void)dialogue.next(memory.guest, {}).value();
  const auto run = dialogue.next(memory.guest, std::vector<Value>{0}).value().value();
  CHECK(run.arguments == std::vector<Value>{0, 0, kIdent});
}

TEST_CASE("room that is none, or not in the memory, is an error") {
  for (const auto& [address, code] :
       {std::pair(0, ErrorCode::kGuestLimit), std::pair(kPageBytes - 2, ErrorCode::kGuestError),
        std::pair(-1, ErrorCode::kGuestError)}) {
    CAPTURE(address);
    Memory memory;
    Dialogue dialogue("abc", kIdent, false);
    (void)dialogue.next(memory.guest, {}).value();
    CHECK(dialogue.next(memory.guest, std::vector<Value>{address}).error().code() == code);
  }
}

}  // namespace
}  // namespace weft::abi::se2
