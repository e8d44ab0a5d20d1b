#include "server/requests.h"

#include <optional>
#include <string>

#include <doctest/doctest.h>

#include "function/environment.h"

namespace weft::server {
namespace {

const std::string kId = "sha256:" + std::string(64, 'a');

struct Refusal {
  std::string_view input;
  ErrorCode code;
  std::string_view says;
};

template <class T>
void check_refused(const Result<T>& result, const Refusal& expected) {
  CAPTURE(expected.input);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code() == expected.code);
  CHECK_MESSAGE(result.error().message().find(expected.says) != std::string::npos,
                result.error().message());
}

TEST_CASE("a deployment has a module and what else is wanted") {
  const auto one = deployment_of(R"({"module":")" + kId + R"("})");
  REQUIRE(one.has_value());
  CHECK_FALSE(one->source.has_value());
  const function::Deployment* const plain = &one->deployment;
  CHECK(plain->module == kId);
  CHECK(plain->limits == function::FunctionLimits());
  CHECK(plain->environment.empty());
  CHECK_FALSE(plain->init.has_value());
  CHECK_FALSE(plain->is_warm);

  const auto other = deployment_of(
      R"({"environment":{"B":"2","A_1":""},"grants":{"network":["192.0.2.1:80"]},"module":")" +
      kId + R"(","limits":{"deadline_ms":5,"in_flight":1e0},"init":"build","state":"warm"})");
  REQUIRE(other.has_value());
  const function::Deployment* const full = &other->deployment;
  CHECK(full->init == "build");
  CHECK(full->is_warm);
  CHECK(full->grants.network == std::vector<std::string>{"192.0.2.1:80"});
  CHECK(full->limits.deadline_ms == 5);
  CHECK(full->limits.in_flight == 1);
  CHECK(full->limits.memory_bytes == function::FunctionLimits().memory_bytes);
  REQUIRE(full->environment.size() == 2);
  CHECK(full->environment[0] == std::pair<std::string, std::string>("B", "2"));
}

TEST_CASE("the type of an upload's content says that it is Python") {
  for (const char* type : {"text/x-python", "Text/X-Python; charset=utf-8", "application/x-python"})
    CHECK(language_of({"POST", "/v1/modules", {{"Content-Type", type}}}) ==
          function::Language::kPython);
  for (const char* type : {"application/zip", "Application/ZIP; x=y"})
    CHECK(language_of({"POST", "/v1/modules", {{"Content-Type", type}}}) ==
          function::Language::kPythonArchive);
  for (const char* type : {"", "application/wasm", "text/x-pythonic", "text/plain"})
    CHECK(language_of({"POST", "/v1/modules", {{"Content-Type", type}}}) ==
          function::Language::kWasm);
}

TEST_CASE("a function sees a request below where it is mounted") {
  const auto request = function_request(
      {"PUT", "/f/shop/a%20b/c%2Fd?x=1&y", {{"X-One", "1"}, {"Host", "h"}, {"x-one", "2"}}});
  CHECK(request.method == "PUT");
  CHECK(request.path == "/a b/c/d");
  CHECK(request.raw_path == "/a%20b/c%2Fd");
  CHECK(request.root_path == "/f/shop");
  CHECK(request.query == "x=1&y");
  using Headers = std::vector<std::pair<std::string, std::string>>;
  CHECK(request.headers == Headers{{"x-one", "1"}, {"host", "h"}, {"x-one", "2"}});
  CHECK(function_request({"GET", "/f/shop"}).path == "/");
  CHECK(function_request({"GET", "/f/shop"}).raw_path == "/");
  CHECK(function_request({"GET", "/f/shop/"}).path == "/");
}

TEST_CASE("a deployment may bring the source of a Python file") {
  const auto request =
      deployment_of(R"({"source":"lambda x: x\n","language":"python","state":"warm"})");
  REQUIRE(request.has_value());
  CHECK(request->source == "lambda x: x\n");
  CHECK(request->deployment.is_warm);
}

TEST_CASE("a wrong deployment is refused with what is wrong in it") {
  const std::string module = R"("module":")" + kId + "\"";
  const std::string long_name =
      "{" + module + R"(,"environment":{")" + std::string(129, 'a') + R"(":""}})";
  const std::string large = "{" + module + R"(,"environment":{"A":")" +
                            std::string(function::kEnvironmentBytesMax, 'x') + R"("}})";
  const std::string unknown = "{" + module + R"(,"modul":1})";
  const std::string both = "{" + module + R"(,"source":"x","language":"python"})";
  const std::string grant = "{" + module + R"(,"grants":{"hosts":["*"]}})";
  const std::string list = "{" + module + R"(,"grants":[]})";
  const std::string limit = "{" + module + R"(,"limits":{"deadline_ms":0}})";
  const std::string no_limit = "{" + module + R"(,"limits":{"cpu":1}})";
  const std::string null = "{" + module + R"(,"limits":null})";
  const std::string number = "{" + module + R"(,"environment":{"A":1}})";
  const std::string nul = "{" + module + R"(,"environment":{"A":"\u0000"}})";
  const std::string name = "{" + module + R"(,"environment":{"A=B":"1"}})";
  const std::string init = "{" + module + R"(,"init":["a"]})";
  const std::string state = "{" + module + R"(,"state":null})";
  const Refusal cases[] = {
      {"", ErrorCode::kInvalidArgument, "empty"},
      {"{", ErrorCode::kInvalidArgument, ""},
      {"[]", ErrorCode::kInvalidArgument, "not an array"},
      {"3", ErrorCode::kInvalidArgument, "not a number"},
      {"{}", ErrorCode::kInvalidArgument, "\"module\" is missing"},
      {R"({"module":3})", ErrorCode::kInvalidArgument, "\"module\" must be"},
      {R"({"module":"sha256:12"})", ErrorCode::kInvalidArgument, "\"module\" must be"},
      {R"({"module":"a","module":"b"})", ErrorCode::kInvalidArgument, ""},
      {unknown, ErrorCode::kInvalidArgument, "\"modul\" is no known member"},
      {both, ErrorCode::kInvalidArgument, "not both"},
      {R"({"source":"x"})", ErrorCode::kInvalidArgument, "\"language\" is missing"},
      {R"({"source":"","language":"python"})", ErrorCode::kInvalidArgument, "\"source\" must be"},
      {R"({"source":"x","language":"ruby"})", ErrorCode::kUnsupported, "ruby"},
      {R"({"language":"python"})", ErrorCode::kInvalidArgument, "\"source\", which is missing"},
      {grant, ErrorCode::kInvalidArgument, "\"hosts\""},
      {list, ErrorCode::kInvalidArgument, "\"grants\" must be an object"},
      {limit, ErrorCode::kInvalidArgument, "deadline_ms"},
      {no_limit, ErrorCode::kInvalidArgument, "cpu"},
      {null, ErrorCode::kInvalidArgument, "\"limits\" must be an object"},
      {number, ErrorCode::kInvalidArgument, "\"A\" must be a string"},
      {nul, ErrorCode::kInvalidArgument, "\"A\" must be a string"},
      {name, ErrorCode::kInvalidArgument, "\"A=B\" is no name"},
      {init, ErrorCode::kInvalidArgument, "\"init\" must be the name of an export"},
      {state, ErrorCode::kInvalidArgument, "\"state\" must be \"pristine\""},
      {long_name, ErrorCode::kInvalidArgument, "is no name"},
      {large, ErrorCode::kTooLarge, "65537"},
  };
  for (const Refusal& expected : cases) {
    check_refused(deployment_of(expected.input), expected);
  }
  const auto placed = deployment_of("{\n  \"modul\": 1}");
  REQUIRE_FALSE(placed.has_value());
  CHECK(placed.error().position()->line == 2);
  CHECK(placed.error().position()->column == 3);
}

TEST_CASE("a rollback names a version") {
  CHECK(rollback_of(R"({"version":2})").value() == 2);
  CHECK(rollback_of(R"({"version":9223372036854775807})").value() == 9223372036854775807);
  for (const Refusal& expected : {
           Refusal{"{}", ErrorCode::kInvalidArgument, "missing"},
           Refusal{R"({"version":0})", ErrorCode::kInvalidArgument, "at least 1"},
           Refusal{R"({"version":-1})", ErrorCode::kInvalidArgument, "at least 1"},
           Refusal{R"({"version":1.5})", ErrorCode::kInvalidArgument, "whole number"},
           Refusal{R"({"version":"1"})", ErrorCode::kInvalidArgument, "whole number"},
           Refusal{R"({"version":9223372036854775808})", ErrorCode::kInvalidArgument, ""},
           Refusal{R"({"version":1,"x":2})", ErrorCode::kInvalidArgument, "\"x\""},
       }) {
    check_refused(rollback_of(expected.input), expected);
  }
}

TEST_CASE("a list is asked for in pages of 1 to 200") {
  CHECK(page_of({"GET", "/v1/modules"}).value().limit == 50);
  CHECK(page_of({"GET", "/v1/modules?limit=1"}).value().limit == 1);
  const auto page = page_of({"GET", "/v1/modules?next=abc&limit=200"});
  CHECK(page.value().limit == 200);
  CHECK(page.value().after == "abc");
  for (const char* query : {"limit=0", "limit=201", "limit=", "limit=-1", "limit=1.0", "limit=1e2",
                            "limit=+1", "limit=0x1", "limit=99999999999999999999",
                            "limit=1&limit=2", "next=", "next=a&next=a", "limit"}) {
    CAPTURE(query);
    const auto refused = page_of({"GET", std::string("/v1/modules?") + query});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("searches and filters are checked") {
  CHECK(search_of({"GET", "/"}).value().empty());
  CHECK(search_of({"GET", "/?search=a%20b"}).value() == "a b");
  CHECK(search_of({"GET", "/?search=" + std::string(63, 'x')}).has_value());
  CHECK_FALSE(search_of({"GET", "/?search=" + std::string(64, 'x')}).has_value());
  CHECK_FALSE(search_of({"GET", "/?search=a&search=b"}).has_value());

  const auto none = filter_of({"GET", "/"});
  CHECK_FALSE(none.value().function);
  CHECK_FALSE(none.value().status);
  const auto both = filter_of({"GET", "/?status=error&function=add"});
  CHECK(both.value().function == "add");
  CHECK(both.value().status == store::InvocationStatus::kError);
  for (const char* query : {"status=", "status=OK", "status=failed", "function=", "function=Add",
                            "function=a%00", "function=a&function=b"}) {
    CAPTURE(query);
    CHECK_FALSE(filter_of({"GET", std::string("/?") + query}).has_value());
  }
}

TEST_CASE("a query can be the payload of a call") {
  const auto payload = [](std::string_view query) {
    return payload_of_query({"GET", "/f/add?" + std::string(query)});
  };
  CHECK(payload("export=add&args=[2,3]").value() == R"({"export":"add","args":[2,3]})");
  CHECK(payload("args=%5B%22NaN%22%2C9223372036854775807%5D").value() ==
        R"({"args":["NaN",9223372036854775807]})");
  CHECK(payload("export=a%22b").value() == R"({"export":"a\"b"})");
  CHECK(payload("name=Ada").value() == std::nullopt);
  for (const char* query : {"args=", "args=2", "args={}", "args=[", "args=[1]&args=[2]"}) {
    CAPTURE(query);
    CHECK_FALSE(payload(query).has_value());
  }
}

TEST_CASE("a preference for an early answer is seen in every form") {
  const auto prefers = [](const std::vector<net::Header>& headers) {
    return prefers_async({"POST", "/", headers});
  };
  CHECK(prefers({{"Prefer", "respond-async"}}));
  CHECK(prefers({{"prefer", "wait=10, Respond-Async ; x=1"}}));
  CHECK(prefers({{"Prefer", "wait=1"}, {"Prefer", "respond-async"}}));
  CHECK_FALSE(prefers({}));
  CHECK_FALSE(prefers({{"Prefer", "respond-asynchronously, wait"}}));
  CHECK_FALSE(prefers({{"Preferred", "respond-async"}}));
}

}  // namespace
}  // namespace weft::server
