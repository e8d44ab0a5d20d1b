#include "abi/python/guest.h"

#include <cstring>
#include <optional>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json/parse.h"

namespace weft::abi::python {
namespace {

std::string answer(std::string_view head, std::string_view body = "") {
  std::string bytes(4, '\0');
  const auto size = static_cast<std::uint32_t>(head.size());
  std::memcpy(bytes.data(), &size, sizeof(size));
  return bytes.append(head).append(body);
}

TEST_CASE("a request is its head as JSON and its body") {
  const std::string payload = to_payload({.method = "PUT",
                                          .path = "/a b",
                                          .raw_path = "/a%20b",
                                          .query = "x=1",
                                          .root_path = "/f/shop",
                                          .scheme = "http",
                                          .headers = {{"x-one", "1"}, {"x-one", "\xC3\xBC"}}},
                                         std::string_view("\0body", 5));
  std::uint32_t size = 0;
  std::memcpy(&size, payload.data(), sizeof(size));
  REQUIRE(payload.size() == 4 + size + 5);
  CHECK(payload.substr(4 + size) == std::string_view("\0body", 5));
  const auto head = json::parse(std::string_view(payload).substr(4, size)).value();
  CHECK(head.find("method")->as_string() == "PUT");
  CHECK(head.find("path")->as_string() == "/a b");
  CHECK(head.find("raw_path")->as_string() == "/a%20b");
  CHECK(head.find("root_path")->as_string() == "/f/shop");
  // Each byte as a character.
  CHECK(head.find("headers")->as_array()[1].as_array()[1].as_string() == "\xC3\x83\xC2\xBC");
}

TEST_CASE("a handler sees headers of one name as one") {
  const auto told =
      json::parse(
          to_json({.method = "GET",
                   .path = "/",
                   .raw_path = "/",
                   .query = "",
                   .root_path = "",
                   .scheme = "http",
                   .headers = {{"a", "1"}, {"cookie", "x=1"}, {"a", "2"}, {"cookie", "y=2"}}}))
          .value();
  CHECK(told.find("headers")->find("a")->as_string() == "1, 2");
  CHECK(told.find("headers")->find("cookie")->as_string() == "x=1; y=2");
}

TEST_CASE("an answer has a status, headers as bytes, and a body") {
  const auto read =
      http_answer_of(
          answer(R"({"status":418,"headers":[["X-A","1"],["x-b","\u00fc\u20ac"]]})", "tea"))
          .value();
  CHECK(read.status == 418);
  CHECK(read.headers == std::vector<std::pair<std::string, std::string>>{
                            {"X-A", "1"}, {"x-b", "\xFC\xE2\x82\xAC"}});
  CHECK(read.body == "tea");
}

TEST_CASE("what would be no answer to HTTP is the guest's fault") {
  const std::string cases[] = {
      "",
      std::string(3, '\0'),
      std::string("\xFF\xFF\xFF\xFFx", 5),
      answer("{"),
      answer("{}"),
      answer(R"({"status":200})"),
      answer(R"({"status":101,"headers":[]})"),
      answer(R"({"status":600,"headers":[]})"),
      answer(R"({"status":"200","headers":[]})"),
      answer(R"({"status":200,"headers":[["a"]]})"),
      answer(R"({"status":200,"headers":[["a b","1"]]})"),
      answer(R"({"status":200,"headers":[["","1"]]})"),
      answer(R"({"status":200,"headers":[["a","1\r\nx: 2"]]})"),
      answer(R"({"status":200,"headers":[["a","\u0000"]]})"),
      answer(R"({"status":200,"headers":[["a","\u0001"]]})"),
      answer(R"({"status":200,"headers":[["a","\u007f"]]})"),
      answer(R"({"status":200,"headers":[["a",1]]})"),
  };
  for (const std::string& bytes : cases) {
    CAPTURE(bytes);
    const auto read = http_answer_of(bytes);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code() == ErrorCode::kGuestError);
  }
}

TEST_CASE("an error is what went wrong, where, innermost first") {
  const GuestFailure failure =
      failure_of(R"({"kind":"exception","type":"KeyError","message":"'name'","frames":[)"
                 R"({"file":"f.py","line":7,"function":"handler","source":"x"},)"
                 R"({"file":"f.py","line":2,"function":"inner","source":"y"}],"text":"Traceback"})",
                 Doing::kLoading);
  CHECK(failure.error.code() == ErrorCode::kGuestError);
  CHECK(failure.error.message() == "KeyError: 'name'");
  CHECK(failure.text == "Traceback");
  REQUIRE(failure.error.backtrace().size() == 2);
  CHECK(failure.error.backtrace()[0].function == "inner");
  CHECK(failure.error.backtrace()[0].line == 2);
  CHECK(failure.error.backtrace()[1].file == "f.py");
  CHECK(without_engine_frames(failure.error).backtrace().empty());
}

TEST_CASE("each kind of error has its code") {
  struct Case {
    std::string_view json;
    ErrorCode code;
    std::string_view message;
  };
  const Case cases[] = {
      {R"({"kind":"import","type":"ImportError","message":"m"})", ErrorCode::kInvalidArgument,
       "ImportError: m"},
      {R"({"kind":"handler","type":"Error","message":"no handler"})", ErrorCode::kInvalidArgument,
       "no handler"},
      {R"({"kind":"payload","type":"Error","message":"m"})", ErrorCode::kInvalidArgument, "m"},
      {R"({"kind":"memory","type":"MemoryError","message":""})", ErrorCode::kGuestLimit,
       "MemoryError"},
      {R"({"kind":"exit","type":"SystemExit","message":"3","code":3})", ErrorCode::kGuestError,
       "Python exited with code 3"},
      {R"({"kind":"exit","type":"SystemExit","message":"no database","code":1})",
       ErrorCode::kGuestError, "Python exited with code 1: no database"},
      {R"({"kind":"returned","type":"Error","message":"no","code":-9})", ErrorCode::kGuestError,
       "no (code -9)"},
      {R"({"kind":"open_files","type":"Error","message":"m"})", ErrorCode::kFailedPrecondition,
       "m"},
      {R"({"kind":"new","type":"Error","message":"m"})", ErrorCode::kGuestError, "m"},
      {"[]", ErrorCode::kGuestError, "Python was changed from within: its error cannot be read"},
      {"{", ErrorCode::kGuestError, "Python was changed from within: its error cannot be read"},
  };
  for (const Case& one : cases) {
    CAPTURE(one.json);
    const Error error = failure_of(one.json, Doing::kLoading).error;
    CHECK(error.code() == one.code);
    CHECK(error.message() == one.message);
  }
}

TEST_CASE("what a handler raises is the guest's error, also of syntax and imports") {
  for (const std::string_view kind : {"syntax", "import"}) {
    const Error error =
        failure_of(fmt::format(R"({{"kind":"{}","type":"ParseError","message":"m","frames":[)"
                               R"({{"file":"f.py","line":3,"function":"parse","source":""}}]}})",
                               kind),
                   Doing::kCalling)
            .error;
    CHECK(error.code() == ErrorCode::kGuestError);
    CHECK(error.message() == "ParseError: m");
    CHECK_FALSE(error.position().has_value());
    CHECK(error.backtrace().size() == 1);
  }
}

TEST_CASE("a syntax error has its position") {
  const Error error =
      failure_of(R"({"kind":"syntax","type":"SyntaxError","message":"bad","frames":[)"
                 R"({"file":"f.py","line":3,"function":"<module>","source":"","column":5}]})",
                 Doing::kLoading)
          .error;
  REQUIRE(error.position().has_value());
  CHECK(error.position()->line == 3);
  CHECK(error.position()->column == 5);
}

TEST_CASE("a file that is loaded wants requests or anything") {
  const auto loaded = [](std::string bytes) {
    return loaded_of({.kind = Kind::kJson, .bytes = std::move(bytes)});
  };
  CHECK(loaded(R"({"handler":"app","takes":"http"})").value().takes == Takes::kHttp);
  CHECK(loaded(R"({"handler":"handler","takes":"event"})").value().takes == Takes::kEvent);
  CHECK(loaded(R"({"handler":"handler","takes":"event"})").value().handler == "handler");
  CHECK(loaded("[]").error().code() == ErrorCode::kGuestError);
  CHECK(loaded_of({.kind = Kind::kNothing, .bytes = {}}).error().code() == ErrorCode::kGuestError);
}

}  // namespace
}  // namespace weft::abi::python
