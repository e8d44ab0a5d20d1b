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
  CHECK(refusal("{\"Charge\"").starts_with("m.json:1:10: invalid JSON"));
  CHECK(refusal("{\n \"Chrage\": {}}") ==
        "m.json:2:2: the workflow has no Task named Chrage; did you mean Charge?\n"
        "  2 |  \"Chrage\": {}}\n       ^");
  CHECK(refusal(R"({"Done": {"result": 1}})").find("no Task named Done") != std::string::npos);
  for (const char* wrong :
       {"[]", R"({"Charge": 1})", R"({"Charge": {}})", R"({"Charge": []})",
        R"({"Charge": {"result": 1, "error": "E"}})", R"({"Charge": {"error": 1}})",
        R"({"Charge": {"results": 1}})", R"({"Charge": [{"result": 1}, 2]})"}) {
    CAPTURE(wrong);
    CHECK(refusal(wrong).find("expected {\"STATE\": {\"result\"") != std::string::npos);
  }
}

}  // namespace
}  // namespace weft::cli
