#include "cli/called_functions.h"

#include <doctest/doctest.h>

#include "json/parse.h"

namespace weft::cli {
namespace {

TEST_CASE("a function has one name, however it is written") {
  for (const char* text :
       {"charge", "charge:2", "charge:$LATEST", "123456789012:function:charge",
        "arn:aws:lambda:eu-west-1:123456789012:function:charge",
        "arn:aws:lambda:eu-west-1:123456789012:function:charge:live",
        "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:charge:live", "${charge}",
        "${charge}:live", "arn:aws:lambda:eu-west-1:123456789012:function:${charge}:live"}) {
    CAPTURE(text);
    CHECK(function_name(text) == "charge");
  }
  CHECK(function_name("${Charge.Arn}") == "Charge.Arn");
}

std::optional<std::vector<std::string>> called_in(const std::string& states) {
  return functions_called_in(json::parse(R"({"States":{)" + states + "}}").value());
}

TEST_CASE("the functions that Tasks call are known unless one is named by data") {
  const std::string known = R"(
      "A": {"Type": "Task", "Resource": "arn:aws:lambda:here:1:function:charge:2"},
      "B": {"Type": "Map", "ItemProcessor": {"States": {
        "C": {"Type": "Task", "Resource": "${Notify}"},
        "D": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage"},
        "P": {"Type": "Pass", "Result": {"Type": "Task", "Resource": "arn:aws:lambda:here:1:function:no"}},
        "G": {"Type": "Task", "Resource": "arn:aws-us-gov:lambda:here:1:function:charge"},
        "E": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
              "Arguments": {"FunctionName": "charge"}}}}})";
  CHECK(called_in(known) == std::vector<std::string>{"charge", "Notify"});
  CHECK(called_in("") == std::vector<std::string>{});
  for (const char* field : {R"("Parameters": {"FunctionName.$": "$.name"})",
                            R"("Arguments": {"FunctionName": "{% $name %}"})"}) {
    CHECK(called_in(known +
                    R"(, "F": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", )" +
                    field + "}") == std::nullopt);
  }
}

}  // namespace
}  // namespace weft::cli
