#include "server/api.h"

#include <future>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "base/id.h"
#include "json/parse.h"
#include "json/print.h"
#include "server/testing.h"

namespace weft::server {
namespace {

using testing::Answer;
using testing::Server;

constexpr const char* kAdd = R"((module
  (func (export "add") (param $a i32) (param $b i32) (result i32) local.get 0 local.get 1 i32.add)))";

constexpr const char* kDivide = R"((module
  (func $div (export "div") (param i32 i32) (result i32) local.get 0 local.get 1 i32.div_s)))";

constexpr const char* kForever = R"((module (func $forever (export "run") (loop br 0))))";

// Copies its input to its output, says something to its log and ends with code 0, or 3 for no
// input.
constexpr const char* kProgram = R"((module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "read\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 1024))
    (i32.store (i32.const 4) (i32.const 4096))
    (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
    (i32.store (i32.const 16) (i32.const 64))
    (i32.store (i32.const 20) (i32.const 5))
    (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 24)))
    (if (i32.eqz (i32.load (i32.const 8))) (then (call $exit (i32.const 3))))
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 24))))))";

const std::string kUnknownModule = "sha256:" + std::string(64, '0');
const std::string kUnknownInvocation = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

void check_problem(const Answer& answer, int status, std::string_view code) {
  CAPTURE(answer.body);
  CHECK(answer.status == status);
  REQUIRE(answer.header("Content-Type") == "application/problem+json");
  CHECK(answer.text("code") == code);
  CHECK(answer.text("type") == "about:blank");
  CHECK_FALSE(answer.text("title").empty());
  CHECK_FALSE(answer.text("detail").empty());
  CHECK(answer.json().find("status")->as_number().to_int64() == status);
}

std::vector<std::string> names(const Answer& list, std::string_view member) {
  std::vector<std::string> found;
  for (const json::Value& item : list.json().find("items")->as_array()) {
    const json::Value* value = item.find(member);
    found.emplace_back(value->is_string() ? value->as_string() : value->as_number().lexeme());
  }
  return found;
}

TEST_CASE("a module is uploaded once, shown, listed, downloaded and removed") {
  Server server;
  const Answer first = server.send("POST", "/v1/modules", kAdd);
  CHECK(first.status == 201);
  CHECK(first.header("Content-Type") == "application/json");
  const std::string id = first.text("id");
  CHECK(id == content_id(kAdd));
  CHECK(first.header("Location") == "/v1/modules/" + id);
  CHECK(first.text("dialect") == "typed");
  const json::Value exports = *first.json().find("exports");
  CHECK(exports == json::parse(R"([{"name":"add","params":["i32","i32"],"param_names":["a","b"],
                                    "results":["i32"]}])")
                       .value());
  CHECK(first.json().find("imports")->size() == 0);
  CHECK(first.json().find("memories")->size() == 0);
  CHECK(first.json().find("size_bytes")->as_number().to_uint64() == std::string(kAdd).size());
  CHECK(from_rfc3339(first.text("created")).has_value());

  const Answer again = server.send("POST", "/v1/modules", kAdd);
  CHECK(again.status == 200);
  CHECK(again.body == first.body);

  std::string escaped = id;
  escaped.replace(6, 1, "%3A");
  for (const std::string& path : {id, escaped}) {
    const Answer shown = server.get("/v1/modules/" + path);
    CHECK(shown.status == 200);
    CHECK(shown.body == first.body);
  }
  CHECK(names(server.get("/v1/modules"), "id") == std::vector{id});

  const Answer bytes = server.get("/v1/modules/" + id + "/bytes");
  CHECK(bytes.body == kAdd);
  CHECK(bytes.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(bytes.header("Content-Security-Policy") == "sandbox");
  const std::string empty_binary("\0asm\1\0\0\0", 8);
  const std::string binary = server.upload(empty_binary);
  const Answer downloaded = server.get("/v1/modules/" + binary + "/bytes");
  CHECK(downloaded.body == empty_binary);
  CHECK(downloaded.header("Content-Type") == "application/wasm");

  const Answer removed = server.send("DELETE", "/v1/modules/" + id);
  CHECK(removed.status == 204);
  CHECK(removed.body.empty());
  check_problem(server.get("/v1/modules/" + id), 404, "not_found");
}

TEST_CASE("a module says what it imports, who would provide it, and which memories it has") {
  Server server;
  const Answer answer = server.send("POST", "/v1/modules", R"((module
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (import "nowhere" "x" (func))
    (memory 1 2) (func (export "_start"))))");
  CHECK(answer.status == 201);
  CHECK(answer.text("dialect") == "command");
  const auto imports = answer.json().find("imports")->as_array();
  REQUIRE(imports.size() == 2);
  CHECK(imports[0].find("kind")->as_string() == "func");
  CHECK(imports[0].find("type")->as_string() == "(i32, i32, i32, i32) -> i32");
  REQUIRE(imports[0].find("provided_by")->size() > 0);
  CHECK(imports[0].find("provided_by")->as_array()[0].as_string() == "command");
  CHECK(imports[1].find("provided_by")->size() == 0);
  CHECK(imports[0].find("problem")->is_null());
  CHECK(imports[1].find("problem")->as_string() == "no dialect that weft knows provides it");
  CHECK(*answer.json().find("memories") ==
        json::parse(R"([{"min_pages":1,"max_pages":2,"shared":false,"memory64":false}])").value());
}

TEST_CASE("what is no module is refused with the place") {
  Server server;
  check_problem(server.send("POST", "/v1/modules"), 400, "invalid_argument");
  check_problem(server.send("POST", "/v1/modules",
                            "\x7f"
                            "ELF"),
                400, "invalid_argument");
  const Answer text = server.send("POST", "/v1/modules", "(module\n  (func (export");
  check_problem(text, 400, "invalid_argument");
  CHECK(text.json().find("position")->find("line")->as_number().to_int64() == 2);
  const Answer cut = server.send("POST", "/v1/modules", std::string("\0asm\1\0\0\0\1\x20", 10));
  check_problem(cut, 400, "invalid_argument");
  CHECK(cut.json().find("position")->find("offset") != nullptr);
}

TEST_CASE("a function is deployed, shown, rolled back and removed") {
  Server server;
  const Answer first = server.deploy("add", kAdd, R"(,"environment":{"A":"b"})");
  CHECK(first.status == 201);
  CHECK(first.header("Location") == "/v1/functions/add");
  CHECK(first.text("name") == "add");
  CHECK(first.text("state") == "stateless");
  CHECK(first.json().find("last_called")->is_null());
  CHECK(first.json().find("last_hour")->find("calls_per_minute")->size() == 60);
  CHECK(*first.json().find("environment") == json::parse(R"({"A":"b"})").value());
  CHECK(*first.json().find("grants") == json::parse("{}").value());

  const Answer second = server.deploy("add", kDivide, R"(,"limits":{"deadline_ms":77})");
  CHECK(second.status == 200);
  CHECK(second.json().find("version")->as_number().to_int64() == 2);
  CHECK(second.json().find("versions")->as_number().to_int64() == 2);
  CHECK(second.json().find("limits")->find("deadline_ms")->as_number().to_int64() == 77);

  const Answer versions = server.get("/v1/functions/add/versions");
  CHECK(names(versions, "version") == std::vector<std::string>{"2", "1"});
  CHECK(versions.json().find("items")->as_array()[0].find("current")->as_bool());
  CHECK_FALSE(versions.json().find("items")->as_array()[1].find("current")->as_bool());

  const Answer back = server.send("POST", "/v1/functions/add/rollback", R"({"version":1})");
  CHECK(back.status == 200);
  CHECK(back.json().find("version")->as_number().to_int64() == 1);
  CHECK(back.json().find("versions")->as_number().to_int64() == 2);
  CHECK(back.body == server.get("/v1/functions/add").body);
  check_problem(server.send("POST", "/v1/functions/add/rollback", R"({"version":3})"), 404,
                "not_found");

  // A module that a version uses stays.
  check_problem(server.send("DELETE", "/v1/modules/" + content_id(kDivide)), 409,
                "failed_precondition");
  CHECK(server.send("DELETE", "/v1/functions/add").status == 204);
  check_problem(server.get("/v1/functions/add"), 404, "not_found");
  CHECK(server.send("DELETE", "/v1/modules/" + content_id(kDivide)).status == 204);
}

// Its export "lasts" is what keeps instances from being put back.
constexpr std::string_view kCounter = R"((module (global $n (mut i32) (i32.const 0))
  (func (export "_initialize") (global.set $n (i32.add (global.get $n) (i32.const 10))))
  (func (export "build") (global.set $n (i32.add (global.get $n) (i32.const 100))))
  (func (export "count") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1)))
    (global.get $n)) %))";
constexpr std::string_view kLasts =
    R"((table 1 funcref) (func (export "lasts") (table.set (i32.const 0) (ref.null func))))";

std::string counter(std::string_view more) {
  std::string wat(kCounter);
  return wat.replace(wat.find('%'), 1, more);
}

TEST_CASE("a function says what initialised it, when, and what its calls see of each other") {
  struct Case {
    std::string_view more;
    std::string_view members;
    std::string_view state;
    std::string_view initialization;
    std::string_view reason;
    std::string_view results;  // of the second call
  };
  Server server;
  for (const Case& one : {
           Case{"", R"(,"init":"build")", "pristine",
                R"({"start":false,"exports":["_initialize","build"],"when":"deployment",)",
                "each call begins with what it left", R"({"results":[111]})"},
           Case{kLasts, R"(,"init":"build","state":"pristine")", "fresh",
                R"({"start":false,"exports":["_initialize","build"],"when":"call",)",
                "it changes a table, so it runs before each call", R"({"results":[111]})"},
           Case{"", R"(,"init":null,"state":"warm")", "warm",
                R"({"start":false,"exports":["_initialize"],"when":"deployment",)",
                "each instance begins with what it left", R"({"results":[12]})"},
           Case{kLasts, R"(,"state":"warm")", "warm",
                R"({"start":false,"exports":["_initialize"],"when":"instance",)",
                "it changes a table, so it runs in each new instance", R"({"results":[12]})"},
       }) {
    CAPTURE(one.members);
    const Answer deployed = server.deploy("count", counter(one.more), std::string(one.members));
    REQUIRE(deployed.status < 300);
    CHECK(deployed.text("state") == one.state);
    CHECK(json::to_string(*deployed.json().find("initialization")).starts_with(one.initialization));
    CHECK(deployed.json().find("initialization")->find("reason")->as_string() == one.reason);
    CHECK((deployed.text("state_reason").find("see what earlier calls left") !=
           std::string::npos) == (one.state == "warm"));
    const bool is_named = one.members.find("build") != std::string_view::npos;
    CHECK(deployed.json().find("init")->is_null() != is_named);
    const Answer versions = server.get("/v1/functions/count/versions");
    const auto& newest = versions.json().find("items")->as_array()[0];
    CHECK(newest.find("state")->as_string() == (one.state == "warm" ? "warm" : "pristine"));
    CHECK(newest.find("init")->is_null() != is_named);
    constexpr std::string_view kCall = R"({"export":"count"})";
    CHECK(server.send("POST", "/v1/functions/count/invoke", std::string(kCall)).status == 200);
    CHECK(server.send("POST", "/v1/functions/count/invoke", std::string(kCall)).body ==
          one.results);
  }
  CHECK(server.deploy("plain", "(module (func (export \"f\")))")
            .json()
            .find("initialization")
            ->is_null());
}

TEST_CASE("what cannot initialise a module refuses its deployment") {
  Server server;
  const Answer unknown = server.deploy("count", counter(""), R"(,"init":"biuld")");
  check_problem(unknown, 400, "invalid_argument");
  CHECK(unknown.body.find("did you mean build?") != std::string::npos);
  check_problem(server.deploy("count", counter(""), R"(,"state":"fresh")"), 400,
                "invalid_argument");
  const Answer trapped = server.deploy(
      "count", R"((module (func $init (export "_initialize") unreachable) (func (export "f"))))");
  check_problem(trapped, info(ErrorCode::kGuestTrap).http_status, "guest_trap");
  CHECK(trapped.body.find("initialisation failed in _initialize") != std::string::npos);
  CHECK(trapped.json().find("backtrace")->as_array()[0].find("function")->as_string() == "init");
}

TEST_CASE("lists come in pages, newest first") {
  Server server;
  for (const char* name : {"one", "two", "three"}) {
    REQUIRE(server.deploy(name, kAdd).status == 201);
  }
  const Answer page = server.get("/v1/functions?limit=2");
  CHECK(names(page, "name") == std::vector<std::string>{"three", "two"});
  const std::string next = page.text("next");
  REQUIRE_FALSE(next.empty());
  const Answer rest = server.get("/v1/functions?limit=2&next=" + next);
  CHECK(names(rest, "name") == std::vector<std::string>{"one"});
  CHECK(rest.json().find("next")->is_null());
  CHECK(names(server.get("/v1/functions?search=t"), "name") ==
        std::vector<std::string>{"three", "two"});
  // A cursor of another list, and one that is none.
  check_problem(server.get("/v1/modules?next=" + next), 400, "invalid_argument");
  check_problem(server.get("/v1/functions?next=zzz"), 400, "invalid_argument");
  check_problem(server.get("/v1/functions?limit=201"), 400, "invalid_argument");
}

TEST_CASE("what is not there is 404 on every route that names something") {
  Server server;
  struct Case {
    const char* method;
    std::string path;
    const char* body;
  };
  const Case cases[] = {
      {"GET", "/v1/modules/" + kUnknownModule, ""},
      {"DELETE", "/v1/modules/" + kUnknownModule, ""},
      {"GET", "/v1/modules/" + kUnknownModule + "/bytes", ""},
      {"GET", "/v1/functions/nobody", ""},
      {"DELETE", "/v1/functions/nobody", ""},
      {"GET", "/v1/functions/nobody/versions", ""},
      {"POST", "/v1/functions/nobody/rollback", R"({"version":1})"},
      {"POST", "/v1/functions/nobody/invoke", "{}"},
      {"POST", "/v1/functions/No%20Name%00/invoke", "{}"},
      {"GET", "/f/nobody", ""},
      {"BREW", "/f/nobody/x/y", ""},
      {"GET", "/v1/invocations/" + kUnknownInvocation, ""},
      {"GET", "/v1/invocations/" + kUnknownInvocation + "/logs", ""},
      {"GET", "/v1/invocations/x", ""},
      {"GET", "/v1", ""},
      {"GET", "/v1/nothing", ""},
      {"POST", "/v1/functions/add/nothing", ""},
      {"GET", "/f/", ""},
  };
  for (const Case& request : cases) {
    CAPTURE(request.path);
    const Answer answer = server.send(request.method, request.path, request.body);
    check_problem(answer, 404, "not_found");
    CHECK(answer.json().find("invocation") == nullptr);
  }
  const Answer deployed =
      server.send("PUT", "/v1/functions/add", R"({"module":")" + kUnknownModule + "\"}");
  check_problem(deployed, 404, "not_found");
}

TEST_CASE("another method gets 405 with the ones that are allowed") {
  Server server;
  const Answer answer = server.send("PATCH", "/v1/functions/add");
  check_problem(answer, 405, "invalid_argument");
  CHECK(answer.header("Allow") == "PUT, GET, HEAD, DELETE");
  CHECK(server.send("POST", "/").status == 405);
}

TEST_CASE("a deployment that cannot work is refused") {
  Server server;
  const std::string missing = server.upload(R"((module (import "env" "log" (func))
    (func (export "f"))))");
  const Answer unsupported =
      server.send("PUT", "/v1/functions/f", R"({"module":")" + missing + "\"}");
  check_problem(unsupported, 422, "unsupported");
  CHECK(unsupported.text("detail").find("env") != std::string::npos);
  CHECK(unsupported.text("detail").find("log") != std::string::npos);
  const std::string id = server.upload(kAdd);
  for (const char* name : {"Add", "a_b", "-a", "a-", "a%2Fb", "%C3%A4"}) {
    CAPTURE(name);
    check_problem(
        server.send("PUT", std::string("/v1/functions/") + name, R"({"module":")" + id + "\"}"),
        400, "invalid_argument");
  }
  check_problem(server.send("PUT", "/v1/functions/a", "{}"), 400, "invalid_argument");
  const Answer no_python =
      server.send("PUT", "/v1/functions/a", R"({"source":"lambda: 1","language":"python"})");
  check_problem(no_python, 422, "unsupported");
  CHECK(no_python.text("detail").find("guests/python/build") != std::string::npos);
}

TEST_CASE("a call answers with the result, its id and its duration") {
  Server server;
  REQUIRE(server.deploy("add", kAdd).status == 201);
  const Answer answer =
      server.send("POST", "/v1/functions/add/invoke", R"({"export":"add","args":[2,3]})");
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"results":[5]})");
  CHECK(answer.header("Content-Type").starts_with("application/json"));
  CHECK(answer.header("X-Content-Type-Options") == "nosniff");
  CHECK(is_ulid(answer.header("weft-invocation")));
  const std::string duration = answer.header("weft-duration-us");
  CHECK_FALSE(duration.empty());
  CHECK(duration.find_first_not_of("0123456789") == std::string::npos);

  const Answer shown = server.get("/v1/functions/add");
  CHECK(shown.json().find("last_hour")->find("calls")->as_number().to_int64() == 1);
  CHECK_FALSE(shown.text("last_called").empty());
}

TEST_CASE("an endpoint calls with every method, and with a query in place of a body") {
  Server server;
  REQUIRE(server.deploy("add", kAdd).status == 201);
  for (const char* method : {"POST", "PUT", "GET", "OPTIONS", "BREW"}) {
    const Answer answer = server.send(method, "/f/add/any/path?x=1", R"({"args":[2,3]})");
    CHECK(answer.body == R"({"results":[5]})");
    CHECK(answer.header("Content-Security-Policy") == "sandbox");
  }
  CHECK(server.get("/f/add?export=add&args=[20,22]").body == R"({"results":[42]})");
  check_problem(server.get("/f/add?args=20"), 400, "invalid_argument");
}

TEST_CASE("numbers of every type go in and come out exactly") {
  Server server;
  REQUIRE(server
              .deploy("id", R"((module
    (func (export "i32") (param i32) (result i32) local.get 0)
    (func (export "i64") (param i64) (result i64) local.get 0)
    (func (export "f32") (param f32) (result f32) local.get 0)
    (func (export "f64") (param f64) (result f64) local.get 0)
    (func (export "v128") (param v128) (result v128) local.get 0)
    (func (export "two") (result i32 i64) i32.const 1 i64.const 2)
    (func (export "none"))))")
              .status == 201);
  struct Case {
    const char* name;
    const char* args;
    const char* results;
  };
  constexpr Case kCases[] = {
      {"i32", "[-2147483648]", "[-2147483648]"},
      {"i64", "[9223372036854775807]", R"(["9223372036854775807"])"},
      {"i64", R"(["-9223372036854775808"])", R"(["-9223372036854775808"])"},
      {"f32", "[1.5]", "[1.5]"},
      {"f32", "[0.1]", "[0.1]"},
      {"f64", "[0.1]", "[0.1]"},
      {"f64", "[1e300]", "[1e+300]"},
      {"f64", R"(["NaN"])", R"(["NaN"])"},
      {"f64", R"(["-Infinity"])", R"(["-Infinity"])"},
      {"f32", R"(["Infinity"])", R"(["Infinity"])"},
      {"v128", R"(["0x000102030405060708090a0b0c0d0e0f"])",
       R"(["0x000102030405060708090a0b0c0d0e0f"])"},
      {"two", "[]", R"([1,"2"])"},
      {"none", "[]", "[]"},
  };
  for (const Case& expected : kCases) {
    CAPTURE(expected.name);
    CAPTURE(expected.args);
    const Answer answer = server.send(
        "POST", "/v1/functions/id/invoke",
        std::string(R"({"export":")") + expected.name + R"(","args":)" + expected.args + "}");
    CHECK(answer.body == std::string(R"({"results":)") + expected.results + "}");
  }
  constexpr const char* kRefused[] = {
      R"({"export":"i32","args":[4294967296]})",
      R"({"export":"i32","args":[1.5]})",
      R"({"export":"i32","args":["1"]})",
      R"({"export":"i32","args":[]})",
      R"({"export":"i32","args":[1,2]})",
      R"({"export":"i64","args":[18446744073709551616]})",
      R"({"export":"f64","args":["nan"]})",
      R"({"export":"v128","args":["0x00"]})",
      R"({"args":[]})",
      "",
      "{",
  };
  for (const char* body : kRefused) {
    CAPTURE(body);
    check_problem(server.send("POST", "/v1/functions/id/invoke", body), 400, "invalid_argument");
  }
  check_problem(server.send("POST", "/v1/functions/id/invoke", R"({"export":"nobody"})"), 404,
                "not_found");
}

TEST_CASE("a trap comes with its code, its backtrace and the call's record") {
  Server server;
  REQUIRE(server.deploy("div", kDivide).status == 201);
  const Answer answer = server.send("POST", "/v1/functions/div/invoke", R"({"args":[1,0]})");
  check_problem(answer, 502, "guest_trap");
  const json::Value* backtrace = answer.json().find("backtrace");
  const std::string invocation = answer.text("invocation");
  CHECK(invocation == answer.header("weft-invocation"));
  CHECK(is_ulid(invocation));
  REQUIRE(backtrace != nullptr);
  CHECK(answer.json().find("backtrace")->as_array()[0].find("function")->as_string() == "div");

  const Answer record = server.get("/v1/invocations/" + invocation);
  CHECK(record.status == 200);
  CHECK(record.text("status") == "error");
  CHECK(record.text("function") == "div");
  CHECK(record.text("export") == "div");
  CHECK(record.text("input") == R"({"args":[1,0]})");
  CHECK(record.json().find("error")->find("code")->as_string() == "guest_trap");
  CHECK(record.json().find("output")->is_null());
}

TEST_CASE("a function that never ends is stopped at its deadline, and the server goes on") {
  Server server;
  REQUIRE(server.deploy("forever", kForever, R"(,"limits":{"deadline_ms":20})").status == 201);
  REQUIRE(server.deploy("add", kAdd).status == 201);
  const auto forever = server.start("POST", "/v1/functions/forever/invoke");
  const Answer other = server.send("POST", "/v1/functions/add/invoke", R"({"args":[1,1]})");
  CHECK(other.status == 200);
  const Answer late = server.finish(*forever);
  check_problem(late, 504, "deadline_exceeded");
  const json::Value& frame = late.json().find("backtrace")->as_array()[0];
  CHECK(frame.find("function")->as_string() == "forever");
  CHECK(frame.find("line")->as_number().to_int64() == 1);
  const Answer record = server.get("/v1/invocations/" + late.text("invocation"));
  CHECK(record.json().find("error")->find("backtrace")->as_array().size() == 1);
}

TEST_CASE("a call ends when its client goes away, and its record says so") {
  Server server;
  REQUIRE(server.deploy("forever", kForever, R"(,"limits":{"deadline_ms":900000})").status == 201);
  const auto forever = server.start("POST", "/v1/functions/forever/invoke");
  CHECK(server.get("/metrics").body.find("weft_invocations_in_flight 1\n") != std::string::npos);
  forever->leave();
  check_problem(server.finish(*forever), 499, "cancelled");
  CHECK(server.get("/metrics").body.find("weft_invocations_in_flight 0\n") != std::string::npos);
  const Answer records = server.get("/v1/invocations?status=error");
  CHECK(records.body.find("\"code\":\"cancelled\"") != std::string::npos);
}

TEST_CASE("a client that goes away while its function is loaded ends the call, and nothing runs") {
  Server server({.limits = {.loaded_bytes = 1}});
  REQUIRE(server.deploy("forever", kForever, R"(,"limits":{"deadline_ms":900000})").status == 201);
  REQUIRE(server.deploy("add", kAdd).status == 201);  // The other one gives way.
  const auto forever = server.start("POST", "/v1/functions/forever/invoke");
  REQUIRE_FALSE(forever->has_answer());
  forever->leave();
  const Answer answer = server.finish(*forever);
  check_problem(answer, 499, "cancelled");
  CHECK(answer.json().find("invocation") == nullptr);
  // Loaded in vain; one that comes behind it is served by a function that runs nothing.
  CHECK(server.send("POST", "/v1/functions/add/invoke", R"({"args":[1,1]})").status == 200);
  CHECK(server.get("/metrics").body.find("weft_invocations_in_flight 0\n") != std::string::npos);
  CHECK(server.get("/v1/invocations?status=error").json().find("items")->size() == 0);
}

TEST_CASE("one call too many is refused with 429 and when to come again") {
  Server server;
  REQUIRE(
      server.deploy("forever", kForever, R"(,"limits":{"deadline_ms":50,"in_flight":1})").status ==
      201);
  const auto first = server.start("POST", "/v1/functions/forever/invoke");
  const Answer second = server.send("POST", "/v1/functions/forever/invoke");
  check_problem(second, 429, "resource_exhausted");
  CHECK(second.header("Retry-After") == "1");
  CHECK(second.json().find("retryable")->as_bool());
  CHECK(server.finish(*first).status == 504);
}

TEST_CASE("a program answers with its output and leaves its log with the record") {
  Server server;
  REQUIRE(server.deploy("cat", kProgram).status == 201);
  const Answer text = server.send("POST", "/f/cat", "plain text");
  CHECK(text.status == 200);
  CHECK(text.body == "plain text");
  CHECK(text.header("Content-Type") == "text/plain; charset=utf-8");
  const Answer bytes = server.send("POST", "/f/cat", "\xff\xfe");
  CHECK(bytes.body == "\xff\xfe");
  CHECK(bytes.header("Content-Type") == "application/octet-stream");

  const Answer log = server.get("/v1/invocations/" + text.header("weft-invocation") + "/logs");
  CHECK(log.status == 200);
  CHECK(log.body == "read\n");
  CHECK(log.header("Content-Type") == "text/plain; charset=utf-8");

  const Answer failed = server.send("POST", "/v1/functions/cat/invoke");
  check_problem(failed, 502, "guest_error");
  CHECK_FALSE(failed.text("invocation").empty());

  const Answer all = server.get("/v1/invocations?function=cat");
  REQUIRE(all.json().find("items")->size() == 3);
  CHECK(names(all, "id")[0] == failed.text("invocation"));
  const Answer newest = server.get("/v1/invocations?function=cat&status=ok&limit=1");
  CHECK(names(newest, "id") == std::vector{bytes.header("weft-invocation")});
  CHECK_FALSE(newest.text("next").empty());
  // What is not UTF-8 is not kept.
  CHECK(newest.json().find("items")->as_array()[0].find("input")->is_null());
  CHECK(names(server.get("/v1/invocations?status=error"), "status") ==
        std::vector<std::string>{"error"});
  CHECK(server.get("/v1/invocations?function=nobody").json().find("items")->size() == 0);
}

TEST_CASE("asynchronous calls are refused for now") {
  Server server;
  REQUIRE(server.deploy("add", kAdd).status == 201);
  check_problem(server.send("POST", "/v1/functions/add/invoke", R"({"args":[1,2]})",
                            {{"Prefer", "respond-async"}}),
                422, "unsupported");
}

TEST_CASE("the server says how it is") {
  Server server;
  server.upload(kAdd);
  const Answer status = server.get("/v1/status");
  CHECK(status.text("version") == "1.2.3");
  CHECK(from_rfc3339(status.text("started")).has_value());
  CHECK(status.json().find("uptime_s")->as_number().to_int64().has_value());
  CHECK(status.json().find("modules")->as_number().to_int64() == 1);
  CHECK(status.json().find("functions")->as_number().to_int64() == 0);
  for (const char* path : {"/healthz", "/readyz"}) {
    CHECK(server.get(path).status == 200);
    CHECK(server.get(path).body == "ok");
  }
}

TEST_CASE("metrics count requests by class of route and status") {
  Server server;
  REQUIRE(server.deploy("add", kAdd).status == 201);
  server.send("POST", "/v1/functions/add/invoke", R"({"args":[1,2]})");
  server.send("POST", "/v1/functions/add/invoke", R"({"args":[1,2]})");
  REQUIRE(server.deploy("counts", "(module (memory 1) (func (export \"f\")))").status == 201);
  server.send("POST", "/v1/functions/counts/invoke");
  REQUIRE(server
              .deploy("changes",
                      "(module (table 1 funcref) (func (export \"f\") (table.set (i32.const 9) "
                      "(ref.null func))))")
              .status == 201);
  CHECK(server.send("POST", "/v1/functions/changes/invoke").status == 502);
  REQUIRE(server.deploy("counts", "(module (memory 1) (func (export \"f\")))", R"(,"state":"warm")")
              .status == 200);
  server.send("POST", "/v1/functions/counts/invoke");
  server.send("POST", "/v1/functions/nobody/invoke");
  server.get("/v1/nothing");
  server.get("/", {{"Host", "evil.example"}});
  const Answer metrics = server.get("/metrics");
  CHECK(metrics.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8");
  const auto has = [&](std::string_view line) {
    return ("\n" + metrics.body).find("\n" + std::string(line)) != std::string::npos;
  };
  CHECK(has("# TYPE weft_http_requests_total counter\n"));
  CHECK(has("weft_http_requests_total{route=\"invoke\",status=\"200\"} 4\n"));
  CHECK(has("weft_http_requests_total{route=\"invoke\",status=\"404\"} 1\n"));
  CHECK(has("weft_http_requests_total{route=\"none\",status=\"404\"} 1\n"));
  CHECK(has("weft_http_requests_total{route=\"page\",status=\"403\"} 1\n"));
  CHECK(has("weft_http_requests_total{route=\"upload\",status=\"201\"} 3\n"));
  CHECK(has("# TYPE weft_calls_total counter\n"));
  CHECK(has("weft_calls_total{state=\"stateless\"} 2\n"));
  CHECK(has("weft_calls_total{state=\"pristine\"} 1\n"));
  CHECK(has("weft_calls_total{state=\"fresh\"} 1\n"));
  CHECK(has("weft_calls_total{state=\"warm\"} 1\n"));
  CHECK(has("weft_invocations_in_flight 0\n"));
  CHECK(has("weft_uptime_seconds "));
  CHECK(has("process_cpu_seconds_total "));
  CHECK(has("process_resident_memory_bytes "));
  CHECK_FALSE(has("process_resident_memory_bytes 0\n"));
}

TEST_CASE("requests of other origins and without the token are refused on every route") {
  Server server({.access = {.listen = {}, .token = "secret", .hosts = {}}});
  const std::vector<net::Header> known = {{"Authorization", "Bearer secret"}};
  CHECK(server.get("/v1/functions", known).status == 200);
  CHECK(server.get("/healthz").status == 200);
  // The pages hold no data: it is they that ask for the token.
  CHECK(server.get("/").status == 200);
  check_problem(server.get("/", {{"Host", "evil.example"}}), 403, "permission_denied");
  for (const char* path :
       {"/v1/functions", "/v1/nothing", "/f/add", "/metrics", "/readyz", "/v1/openapi.json"}) {
    CAPTURE(path);
    const Answer answer = server.get(path);
    check_problem(answer, 401, "unauthenticated");
    CHECK(answer.header("WWW-Authenticate") == "Bearer realm=\"weft\"");
    check_problem(server.get(path, {{"Host", "evil.example"}, known[0]}), 403, "permission_denied");
    check_problem(server.get(path, {{"Origin", "http://evil.example"}, known[0]}), 403,
                  "permission_denied");
  }
}

TEST_CASE("when too much waits for the disk the answer is 429 and not silence") {
  Server server({.queue_max = 1});
  std::promise<void> started;
  std::promise<void> go_on;
  REQUIRE(server.pool()
              .run([&] {
                started.set_value();
                go_on.get_future().wait();
              })
              .has_value());
  started.get_future().wait();
  const auto waiting = server.start("GET", "/v1/functions");
  const Answer refused = server.get("/v1/functions");
  check_problem(refused, 429, "resource_exhausted");
  CHECK(refused.header("Retry-After") == "1");
  // What needs no disk is answered all the same.
  CHECK(server.get("/healthz").status == 200);
  go_on.set_value();
  CHECK(server.finish(*waiting).status == 200);
}

TEST_CASE("a client is told what is broken, and the log where") {
  Server server;
  const std::string id = server.upload(kAdd);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(server.directory() / "blobs")) {
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), 3);
  }
  const Answer answer = server.get("/v1/modules/" + id + "/bytes");
  check_problem(answer, 500, "data_loss");
  CHECK(answer.text("detail") ==
        "The stored bytes of " + id + " are damaged: upload the same module again.");
  CHECK(answer.body.find(server.directory().string()) == std::string::npos);
  const auto lines = server.log_lines();
  REQUIRE_FALSE(lines.empty());
  CHECK(lines.back().find("request failed route=modules code=data_loss error=") !=
        std::string::npos);
}

TEST_CASE("bodies are limited by what they are for") {
  Server server({.limits = {.module_bytes = 100, .payload_bytes = 10}});
  const auto limit = [&](std::string_view method, std::string_view target) {
    return server.api().admit({method, target, {{"Host", "localhost"}}}).value();
  };
  using net::BodyLimit;
  CHECK(limit("POST", "/v1/modules") == BodyLimit{.bytes = 100, .name = "module_bytes"});
  CHECK(limit("GET", "/v1/modules") == BodyLimit{.bytes = 1 << 20});
  CHECK(limit("POST", "/v1/functions/add/invoke") ==
        BodyLimit{.bytes = 10, .name = "payload_bytes"});
  CHECK(limit("PUT", "/f/add/x") == BodyLimit{.bytes = 10, .name = "payload_bytes"});
  CHECK(limit("PUT", "/v1/functions/add") == BodyLimit{.bytes = 1 << 20});
  CHECK(limit("POST", "/nothing") == BodyLimit{.bytes = 1 << 20});
  const Answer answer = server.send("POST", "/v1/modules", std::string(101, ' '));
  check_problem(answer, 413, "too_large");
  CHECK(answer.json().find("limit")->find("name")->as_string() == "module_bytes");
  CHECK(answer.json().find("limit")->find("value")->as_number().to_int64() == 100);
}

TEST_CASE("who may not send a request may not send its body either") {
  Server server({.access = {.listen = {}, .token = "secret", .hosts = {}}});
  const auto refusal = [&](const std::vector<net::Header>& headers) {
    auto admission = server.api().admit({"POST", "/v1/modules", headers});
    REQUIRE_FALSE(admission.has_value());
    return std::move(admission).error();
  };
  const net::Header token{"Authorization", "Bearer secret"};
  const net::HttpResponse nobody = refusal({{"Host", "localhost"}});
  CHECK(nobody.status == 401);
  CHECK(nobody.headers.at(2).name == "WWW-Authenticate");
  CHECK(refusal({{"Host", "evil.example"}, token}).status == 403);
  CHECK(refusal({{"Host", "localhost"}, {"Origin", "https://evil.example"}, token}).status == 403);
  CHECK(server.api().admit({"POST", "/v1/modules", {{"Host", "localhost"}, token}}).has_value());
  const Answer metrics = server.get("/metrics", {token});
  CHECK(metrics.body.find("status=\"401\"} 1\n") != std::string::npos);
  CHECK(metrics.body.find("status=\"403\"} 2\n") != std::string::npos);
}

TEST_CASE("pages are served beside the API") {
  Server server;
  const Answer page = server.get("/functions/add", {{"Accept", "text/html"}});
  CHECK(page.status == 200);
  CHECK(page.header("Content-Type") == "text/html; charset=utf-8");
  CHECK(page.header("Cache-Control") == "no-cache");
  const Answer known = server.get("/", {{"If-None-Match", page.header("ETag")}});
  CHECK(known.status == 304);
}

// What the document says about one operation of a route, as "GET /v1/modules".
std::set<std::string> documented_operations(const json::Value& document) {
  std::set<std::string> operations;
  for (const auto& [path, item] : document.find("paths")->as_object()) {
    std::string pattern(path);
    for (auto open = pattern.find('{'); open != pattern.npos; open = pattern.find('{', open + 1))
      pattern.replace(open, pattern.find('}', open) - open + 1, "{}");
    for (const auto& [method, operation] : item.as_object()) {
      std::string upper(method);
      for (char& letter : upper) {
        letter = static_cast<char>(letter - ('a' - 'A'));
      }
      if (pattern.starts_with("/f/")) upper = "*";
      operations.insert(upper.append(" ").append(pattern));
    }
  }
  return operations;
}

// Every "$ref" in the value leads somewhere in the document.
void check_references(const json::Value& document, const json::Value& value) {
  for (const json::Value& item :
       value.is_array() ? value.as_array() : std::span<const json::Value>()) {
    check_references(document, item);
  }
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.as_object()) {
    check_references(document, member);
    if (key != "$ref") continue;
    std::string_view rest = member.as_string();
    CAPTURE(rest);
    REQUIRE(rest.starts_with("#/"));
    rest.remove_prefix(2);
    const json::Value* found = &document;
    while (found != nullptr && !rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find('/'));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      found = found->find(part);
    }
    CHECK(found != nullptr);
  }
}

TEST_CASE("the OpenAPI document describes exactly the routes that there are") {
  Server server;
  const Answer answer = server.get("/v1/openapi.json");
  CHECK(answer.status == 200);
  CHECK(answer.header("Content-Type") == "application/json");
  const std::string etag = answer.header("ETag");
  CHECK(server.get("/v1/openapi.json", {{"If-None-Match", etag}}).status == 304);

  const json::Value& document = answer.json();
  CHECK(document.find("openapi")->as_string().starts_with("3.1."));
  check_references(document, document);
  std::set<std::string> wanted;
  for (const Route& route : routes()) {
    wanted.insert(std::string(route.method) + " " + std::string(route.pattern));
  }
  CHECK(documented_operations(document) == wanted);
  std::set<std::string> ids;
  for (const auto& [path, item] : document.find("paths")->as_object()) {
    for (const auto& [method, operation] : item.as_object()) {
      CHECK(ids.emplace(operation.find("operationId")->as_string()).second);
    }
  }
  std::set<std::string> codes;
  const json::Value* problem = document.find("components")->find("schemas")->find("Problem");
  for (const json::Value& code :
       problem->find("properties")->find("code")->find("enum")->as_array()) {
    codes.emplace(code.as_string());
  }
  CHECK(codes.size() == error_codes().size());
  for (const ErrorCodeInfo& code : error_codes()) {
    CHECK(codes.contains(std::string(code.name)));
  }
}

}  // namespace
}  // namespace weft::server
