#include "workflow/service_models.h"

#include <doctest/doctest.h>

#include "json/parse.h"
#include "workflow/embedded_models.h"

namespace weft::workflow {
namespace {

constexpr std::string_view kTable =
    R"(kms {"operations":{},"shapes":[]}
lambda {"operations":{"invoke":0,"getFunction":1},"shapes":[{"members":{"Payload":"string","StatusCode":"integer"}},{"members":{"Name":"string","Size":2,"State":3,"Tags":4,"Layers":5,"Self":1,"Rate":"number","On":"boolean","Free":"any"},"required":["Name"]},{"type":"integer","min":128,"max":10240},{"enum":["Active","Failed"]},{"value":"string"},{"item":"string"}]}
)";

std::optional<std::string> problem(std::string_view operation, std::string_view result,
                                   bool is_strict = false) {
  const std::string resource = "arn:aws:states:::" + std::string(operation);
  return ServiceModels(kTable).problem_of(resource, json::parse(result).value(), is_strict);
}

std::optional<std::string> in_function(std::string_view result, bool is_strict = false) {
  return problem("aws-sdk:lambda:getFunction", result, is_strict);
}

TEST_CASE("a result that the operation could give has no problem") {
  CHECK_FALSE(in_function(
      R"({"Name":"f","Size":128,"State":"Active","Tags":{"a":"b"},"Layers":["x"],"Self":{"Name":"g"},"Rate":1.5,"On":true,"Free":[1]})"));
  CHECK_FALSE(in_function("{}"));
  CHECK_FALSE(in_function(R"({"Unknown":1})"));
}

TEST_CASE("each type is named, with the innermost field") {
  CHECK(in_function(R"({"Name":1})") == "Field 'Name' must be a string");
  CHECK(in_function(R"({"Size":"1"})") == "Field 'Size' must be a number");
  CHECK(in_function(R"({"Size":200.5})") == "Field 'Size' must be a number");
  CHECK(in_function(R"({"Size":127})") == "Field 'Size' is less than the minimum value");
  CHECK(in_function(R"({"Size":10241})") == "Field 'Size' is greater than the maximum value");
  CHECK(in_function(R"({"Rate":"1"})") == "Field 'Rate' must be a number");
  CHECK(in_function(R"({"On":0})") == "Field 'On' must be a boolean");
  CHECK(in_function(R"({"State":"Else"})") == "Field 'State' is not an expected value");
  CHECK(in_function(R"({"State":1})") == "Field 'State' must be a string");
  CHECK(in_function(R"({"Tags":[]})") == "Field 'Tags' must be an object");
  CHECK(in_function(R"({"Tags":{"a":1}})") == "Field 'Tags' must be a string");
  CHECK(in_function(R"({"Layers":{}})") == "Field 'Layers' must be an array");
  CHECK(in_function(R"({"Layers":["x",1]})") == "Field 'Layers' must be a string");
  CHECK(in_function(R"({"Self":{"On":1}})") == "Field 'On' must be a boolean");
  CHECK(in_function("[]") == "The result must be an object");
}

TEST_CASE("only a strict comparison asks for what is always answered") {
  CHECK(in_function("{}", true) == "Required field 'Name' is missing");
  CHECK(in_function(R"({"Name":"f","Self":{}})", true) == "Required field 'Name' is missing");
  CHECK_FALSE(in_function(R"({"Name":"f"})", true));
}

TEST_CASE("an integration that parses what a function answers may have anything") {
  CHECK_FALSE(problem("lambda:invoke", R"({"Payload":{"a":1}})"));
  CHECK(problem("aws-sdk:lambda:invoke", R"({"Payload":{"a":1}})") ==
        "Field 'Payload' must be a string");
  CHECK(problem("lambda:invoke", R"({"StatusCode":"200"})") ==
        "Field 'StatusCode' must be a number");
}

TEST_CASE("what is not known is not compared") {
  CHECK_FALSE(problem("lambda:invoke.waitForTaskToken", "1"));
  CHECK_FALSE(problem("aws-sdk:lambda:unheardOf", "1"));
  CHECK_FALSE(problem("aws-sdk:unheardof:getFunction", "1"));
  CHECK_FALSE(problem("http:invoke", "1"));
  CHECK_FALSE(problem("lambda", "1"));
  const json::Value one(1);
  CHECK_FALSE(ServiceModels(kTable).problem_of("arn:aws:lambda:r:a:function:f", one, true));
  CHECK_FALSE(ServiceModels("").problem_of("arn:aws:states:::aws-sdk:kms:encrypt", one, true));
}

TEST_CASE("the models of AWS's services are part of the program") {
  const auto embedded = [](std::string_view operation, std::string_view result) {
    const ServiceModels models(embedded_service_models());
    return models.problem_of("arn:aws:states:::" + std::string(operation),
                             json::parse(result).value(), false);
  };
  CHECK(embedded("sqs:sendMessage", R"({"MessageId":1})") == "Field 'MessageId' must be a string");
  CHECK_FALSE(embedded("bedrock:invokeModel", R"({"Body":{"a":1}})"));
  CHECK(embedded("events:putEvents", R"({"FailedEntryCount":""})") ==
        "Field 'FailedEntryCount' must be a number");
  CHECK(embedded("aws-sdk:cloudwatchlogs:describeLogGroups", R"({"LogGroups":1})") ==
        "Field 'LogGroups' must be an array");
  CHECK(embedded("aws-sdk:rds:describeDBInstances", R"({"DbInstances":[{"DbInstanceArn":1}]})") ==
        "Field 'DbInstanceArn' must be a string");
}

}  // namespace
}  // namespace weft::workflow
