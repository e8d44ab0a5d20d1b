#include "conformance/wasi_case.h"

#include <doctest/doctest.h>

namespace weft::conformance {
namespace {

TEST_CASE("a test without anything runs a program that must succeed") {
  const WasiCase test = wasi_case_of("{}").value();
  REQUIRE(test.steps.size() == 2);
  CHECK(std::get<RunStep>(test.steps[0]) == RunStep{});
  CHECK(std::get<WaitStep>(test.steps[1]) == WaitStep{});
}

TEST_CASE("the older form says what the program gets and all that it must write") {
  const WasiCase test = wasi_case_of(R"({"args": ["a", "b"], "env": {"K": "v"}, "dirs": ["d.dir"],
      "root": "r.dir", "exit_code": 33, "stdout": "out", "stderr": ""})")
                            .value();
  REQUIRE(test.steps.size() == 2);
  CHECK(std::get<RunStep>(test.steps[0]) == RunStep{.arguments = {"a", "b"},
                                                    .environment = {{"K", "v"}},
                                                    .directories = {"d.dir"},
                                                    .root = "r.dir"});
  CHECK(std::get<WaitStep>(test.steps[1]) ==
        WaitStep{.exit_code = 33, .output = "out", .errors = ""});
}

TEST_CASE("the newer form is a list of operations, with their usual streams") {
  const WasiCase test = wasi_case_of(R"({"proposals": ["sockets"], "operations": [
      {"type": "run", "args": ["x"]}, {"type": "write", "payload": "in"},
      {"type": "read", "payload": "o"}, {"type": "read", "id": "stderr", "payload": "e"},
      {"type": "connect"}, {"type": "send", "id": "server", "payload": "hi"},
      {"type": "recv", "id": "server", "payload": "ho"}, {"type": "wait", "exit_code": 1},
      {"type": "run"}, {"type": "wait"}]})")
                            .value();
  REQUIRE(test.steps.size() == 10);
  CHECK(std::get<RunStep>(test.steps[0]) == RunStep{.arguments = {"x"}});
  CHECK(std::get<WriteStep>(test.steps[1]) == WriteStep{.payload = "in"});
  CHECK(std::get<ReadStep>(test.steps[2]) == ReadStep{.payload = "o"});
  CHECK(std::get<ReadStep>(test.steps[3]) == ReadStep{.from_errors = true, .payload = "e"});
  CHECK(std::get<ConnectStep>(test.steps[4]) == ConnectStep{.id = "server"});
  CHECK(std::get<SendStep>(test.steps[5]) == SendStep{.id = "server", .payload = "hi"});
  CHECK(std::get<ReceiveStep>(test.steps[6]) == ReceiveStep{.id = "server", .payload = "ho"});
  CHECK(std::get<WaitStep>(test.steps[7]) == WaitStep{.exit_code = 1});
}

TEST_CASE("what is no test is refused with its place") {
  for (const char* text :
       {"", "[]", R"({"args": "a"})", R"({"args": [1]})", R"({"env": {"K": 1}})",
        R"({"exit_code": 256})", R"({"exit_code": 1.5})", R"({"dirs": ["../x"]})",
        R"({"dirs": [""]})", R"({"root": "/etc"})", R"({"operations": []})",
        R"({"operations": [{"type": "wait"}]})", R"({"operations": [{"type": "run"}]})",
        R"({"operations": [{"type": "run"}, {"type": "run"}, {"type": "wait"}]})",
        R"({"operations": [{"type": "run"}, {"type": "fly"}, {"type": "wait"}]})",
        R"({"operations": [{"type": "run"}, {"type": "send"}, {"type": "wait"}]})",
        R"({"operations": [{"type": "run"}, {"type": "read", "id": "a"}, {"type": "wait"}]})",
        R"({"operations": [{"type": "run"}, {"type": "connect", "protocol_type": "udp"},
            {"type": "wait"}]})"}) {
    CAPTURE(text);
    const auto test = wasi_case_of(text);
    REQUIRE(!test.has_value());
    CHECK(test.error().code() == ErrorCode::kInvalidArgument);
    CHECK(test.error().position().has_value());
  }
}

}  // namespace
}  // namespace weft::conformance
