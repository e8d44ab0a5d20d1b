#include "cli/workflow_mocks.h"

#include <string>

#include <doctest/doctest.h>

#include "json/parse.h"
#include "json/print.h"

namespace weft::cli {
namespace {

workflow::Definition definition() {
  return workflow::Definition::compile(json::parse(
                                           R"({"StartAt":"Charge","States":{
                     "Charge":{"Type":"Task","Resource":"arn:aws:states:::sqs:sendMessage","Next":"Done"},
                     "Done":{"Type":"Succeed"}}})")
                                           .value())
      .value();
}

// What is said of the file m.json.
std::string refusal(std::string_view text) {
  const auto mocks = Mocks::parse(text, "m.json", definition());
  return mocks ? "" : mocks.error().message();
}

TEST_CASE("answers come one after the other, and the last one again and again") {
  auto mocks = Mocks::parse(
      R"({"Charge": [{"error": "E", "cause": "c"}, {"cause": "only"}, {"result": [1, null]}]})",
      "m.json", definition());
  REQUIRE(mocks.has_value());
  CHECK(mocks->next("Done") == nullptr);
  CHECK(mocks->next("Charge")->failure == workflow::Failure{.error = "E", .cause = "c"});
  CHECK(mocks->next("Charge")->failure.cause == "only");
  for (int again = 0; again < 2; ++again)
    CHECK(json::to_string(*mocks->next("Charge")->result) == "[1,null]");
}

TEST_CASE("one answer needs no list, and null is a result") {
  auto mocks = Mocks::parse(R"({"Charge": {"result": null}})", "m.json", definition());
  REQUIRE(mocks.has_value());
  CHECK(mocks->next("Charge")->result->is_null());
}

TEST_CASE("what is no file of mocks is refused with its place") {
  CHECK(refusal("{\"Charge\"").starts_with("m.json:1:10: invalid JSON: "));
  CHECK(refusal("") == "m.json:1:1: invalid JSON: the text is empty, expected a value");
  CHECK(refusal("{\n \"Chrage\": {}}") ==
        "m.json:2:2: the workflow has no Task named Chrage; did you mean Charge?\n"
        "  2 |  \"Chrage\": {}}\n       ^");
  struct Case {
    const char* text;
    const char* told;  // behind the file's name
  };
  constexpr const char* kForms =
      R"({"result": …} or {"error": "…", "cause": "…"}, or a list of such)";
  for (const Case& each : {
           Case{R"({"Ship": {}})",
                "1:2: the workflow has no Task named Ship: its only Task is Charge"},
           Case{R"({"Done": {"result": 1}})",
                "1:2: the state Done is no Task, and mocks answer Tasks alone"},
           Case{"[]",
                "1:1: a file of mocks is an object, {\"STATE\": ANSWER}, and not an array; an "
                "answer is "},
           Case{R"({"Charge": 1})", "1:12: an answer is "},
           Case{R"({"Charge": [{"result": 1}, null]})", "1:28: an answer is "},
           Case{R"({"Charge": {}})", "1:12: an answer needs a result, or else an error or a cause"},
           Case{R"({"Charge": []})", "1:12: a list of answers has one at least"},
           Case{R"({"Charge": {"result": 1, "error": "E"}})",
                "1:12: an answer has a result, or an error and a cause, and not both"},
           Case{R"({"Charge": {"error": 1}})", "1:13: error is a text, and not a number"},
           Case{R"({"Charge": {"results": 1}})",
                "1:13: an answer has no member results: did you mean result?"},
           Case{R"({"Charge": {"Payload": 1}})",
                "1:13: an answer has no member Payload: it has result, error and cause"},
       }) {
    CAPTURE(each.text);
    CHECK(refusal(each.text).starts_with(std::string("m.json:") + each.told));
  }
  CHECK(refusal(R"({"Charge": 1})").contains(std::string(kForms) + ", and not a number\n"));
}

}  // namespace
}  // namespace weft::cli
