#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json/print.h"
#include "server/testing.h"

namespace weft::server {
namespace {

using testing::Answer;
using testing::Server;

void check_problem(const Answer& answer, int status, std::string_view code) {
  CAPTURE(answer.body);
  CHECK(answer.status == status);
  CHECK(answer.header("Content-Type") == "application/problem+json");
  CHECK(answer.text("code") == code);
}

std::uint64_t number(const Answer& answer, std::string_view member) {
  return answer.json().find(member)->as_number().to_uint64().value();
}

TEST_CASE("a reactor is made, shown, listed and deleted") {
  Server server;
  const Answer made = server.send("PUT", "/v1/reactors/r", R"({"environment":{"A":"b"}})");
  CHECK(made.status == 201);
  CHECK(made.header("Location") == "/v1/reactors/r");
  CHECK(made.json().find("environment")->find("A")->as_string() == "b");
  CHECK(made.json().find("volumes")->size() == 0);
  CHECK(made.json().find("registrations")->size() == 0);
  CHECK(server.send("PUT", "/v1/reactors/r").status == 200);
  CHECK(server.get("/v1/reactors/r").text("name") == "r");
  CHECK(server.get("/v1/reactors").json().find("items")->size() == 1);
  CHECK(server.get("/v1/reactors/r/logs").body.empty());
  CHECK(server.send("DELETE", "/v1/reactors/r").status == 204);
  for (const std::string_view path :
       {"/v1/reactors/r", "/v1/reactors/r/results", "/v1/reactors/r/logs", "/v1/reactors/r/defs/f"})
    check_problem(server.get(path), 404, "not_found");
  check_problem(server.send("DELETE", "/v1/reactors/r"), 404, "not_found");
  check_problem(server.send("PUT", "/v1/reactors/r/defs/f", "x"), 404, "not_found");
  check_problem(server.send("POST", "/v1/reactors/r/defs/f/apply", "[]"), 404, "not_found");
}

TEST_CASE("settings that are none are refused with their place") {
  Server server;
  for (const std::string_view body :
       {"[]", "{", R"({"a":1})", R"({"volumes":{}})", R"({"volumes":[1]})",
        R"({"volumes":[{"volume":"a"}]})", R"({"volumes":[{"volume":"a","path":"b"}]})",
        R"({"volumes":[{"volume":"a","path":"/a/../b"}]})",
        R"({"volumes":[{"volume":"a","path":"/usr/x"}]})",
        R"({"volumes":[{"volume":"a","path":"/a"},{"volume":"b","path":"/a"}]})",
        R"({"volumes":[{"volume":"unknown","path":"/a"}]})", R"({"environment":1})",
        R"({"environment":{"1":"a"}})", R"({"limits":{"deadline_ms":0}})"}) {
    CAPTURE(body);
    check_problem(server.send("PUT", "/v1/reactors/r", std::string(body)), 400, "invalid_argument");
  }
  check_problem(server.send("PUT", "/v1/reactors/A"), 400, "invalid_argument");
  check_problem(server.get("/v1/reactors/r"), 404, "not_found");
}

TEST_CASE("what is registered can be read, applied and unregistered") {
  Server server;
  REQUIRE(server.send("PUT", "/v1/reactors/r").status == 201);
  const Answer added = server.send("PUT", "/v1/reactors/r/lambdas/f", "lambda: 1");
  CHECK(added.status == 201);
  CHECK(added.body == R"({"kind":"lambda","name":"f","code_bytes":9})");
  CHECK(server.send("PUT", "/v1/reactors/r/lambdas/f", "lambda: 22").status == 200);
  const Answer code = server.get("/v1/reactors/r/lambdas/f");
  CHECK(code.body == "lambda: 22");
  CHECK(code.header("Content-Type") == "text/plain; charset=utf-8");
  CHECK(code.header("X-Content-Type-Options") == "nosniff");
  check_problem(server.send("PUT", "/v1/reactors/r/lambdas/bad", "?"), 400, "invalid_argument");
  REQUIRE(server.send("PUT", "/v1/reactors/r/defs/words", "def words(): 0").status == 201);
  check_problem(server.send("PUT", "/v1/reactors/r/modules/words", "x = 1"), 409,
                "failed_precondition");
  const Answer shown = server.get("/v1/reactors/r");
  CHECK(number(shown, "registration_count") == 2);
  CHECK(shown.json().find("registrations")->size() == 2);
  const Answer applied = server.send("POST", "/v1/reactors/r/lambdas/echo/apply", R"(["\u00fc"])");
  CHECK(applied.status == 200);
  CHECK(applied.body == R"(["\u00fc"])");
  CHECK(applied.header("Content-Type") == "application/json");
  CHECK(server.send("DELETE", "/v1/reactors/r/lambdas/f").status == 204);
  check_problem(server.send("DELETE", "/v1/reactors/r/lambdas/f"), 404, "not_found");
  check_problem(server.get("/v1/reactors/r/lambdas/f"), 404, "not_found");
  for (const std::string_view path : {"/v1/reactors/r/others/f", "/v1/reactors/r/lambda/f"})
    check_problem(server.send("PUT", path, "x"), 404, "not_found");
}

TEST_CASE("what goes wrong in an apply is a problem, and the reactor works on") {
  Server server;
  REQUIRE(server.send("PUT", "/v1/reactors/r", R"({"limits":{"deadline_ms":50}})").status == 201);
  check_problem(server.send("POST", "/v1/reactors/r/defs/echo/apply", "{}"), 400,
                "invalid_argument");
  check_problem(server.send("POST", "/v1/reactors/r/defs/a%2Fb/apply", "[]"), 400,
                "invalid_argument");
  check_problem(server.send("POST", "/v1/reactors/r/defs/trap/apply", "[]"), 502, "guest_trap");
  check_problem(server.send("POST", "/v1/reactors/r/defs/loop/apply", "[]"), 504,
                "deadline_exceeded");
  CHECK(server.send("POST", "/v1/reactors/r/defs/echo/apply", "[1]").body == "[1]");
  for (const std::string_view query : {"?async=2", "?async=1&async=1", "?callback=", "?callback=x",
                                       "?callback=a&callback=b", "?callback=ftp://a/"}) {
    CAPTURE(query);
    check_problem(server.send("POST", fmt::format("/v1/reactors/r/defs/echo/apply{}", query), "[]"),
                  400, "invalid_argument");
  }
}

TEST_CASE("an asynchronous apply answers later, in order, to whoever polls") {
  Server server;
  REQUIRE(server.send("PUT", "/v1/reactors/r").status == 201);
  const auto waiting = server.start("GET", "/v1/reactors/r/results?wait=60");
  const Answer first = server.send("POST", "/v1/reactors/r/defs/echo/apply?async=1", "[1]");
  CHECK(first.status == 202);
  const Answer polled = server.finish(*waiting);
  CHECK(polled.status == 200);
  const json::Value& item = polled.json().find("items")->as_array()[0];
  CHECK(item.find("id")->as_string() == first.text("id"));
  CHECK(json::to_string(*item.find("answer")) == "[1]");
  const std::uint64_t next = number(polled, "next");
  REQUIRE(server.send("POST", "/v1/reactors/r/defs/trap/apply", "[]", {{"Prefer", "respond-async"}})
              .status == 202);
  const Answer later = server.get(fmt::format("/v1/reactors/r/results?after={}&wait=60", next));
  REQUIRE(later.json().find("items")->size() == 1);
  CHECK(later.json().find("items")->as_array()[0].find("error")->find("code")->as_string() ==
        "guest_trap");
  CHECK(number(later, "next") == next + 1);
  CHECK(number(later, "dropped") == 0);
  const Answer restarted = server.get("/v1/reactors/r/results?after=1");
  CHECK(restarted.json().find("restarted")->as_bool());
  for (const std::string_view query : {"?wait=61", "?wait=x", "?after=-1", "?after=1&after=2"}) {
    check_problem(server.get(fmt::format("/v1/reactors/r/results{}", query)), 400,
                  "invalid_argument");
  }
}

TEST_CASE("a callback goes only where the server lets it, and what cannot be sent is kept") {
  // Nobody listens there.
  Server server({.callback_origins = {"http://127.0.0.1:1"}});
  REQUIRE(server.send("PUT", "/v1/reactors/r").status == 201);
  for (const std::string_view url : {"http://127.0.0.1:2/", "http://127.0.0.1:1@example.com/",
                                     "http://127.0.0.1:11/", "https://127.0.0.1:1/"}) {
    CAPTURE(url);
    check_problem(
        server.send("POST", fmt::format("/v1/reactors/r/defs/echo/apply?callback={}", url), "[]"),
        403, "permission_denied");
  }
  const Answer begun =
      server.send("POST", "/v1/reactors/r/defs/echo/apply?callback=http://127.0.0.1:1/hook", "[1]");
  REQUIRE(begun.status == 202);
  const Answer kept = server.get("/v1/reactors/r/results?wait=60");
  REQUIRE(kept.json().find("items")->size() == 1);
  CHECK(kept.json().find("items")->as_array()[0].find("id")->as_string() == begun.text("id"));
}

TEST_CASE("an origin is a scheme and a host") {
  CHECK(is_origin("http://a"));
  CHECK(is_origin("https://a.example:9000"));
  CHECK(is_origin("http://[::1]:80"));
  for (const std::string_view text : {"", "a", "http://", "http://a/", "http://a@b", "ftp://a"})
    CHECK_FALSE(is_origin(text));
}

}  // namespace
}  // namespace weft::server
