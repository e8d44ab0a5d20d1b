#include "workflow/validation.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/result.h"

namespace weft::workflow {
namespace {

using Lines = std::vector<std::string>;

// "CODE: message at location" of each diagnostic.
Lines lines_of(const Validation& validation) {
  Lines lines;
  for (const Diagnostic& diagnostic : validation.diagnostics) {
    lines.push_back(fmt::format("{}: {} at {}", diagnostic.code, diagnostic.message,
                                diagnostic.location.value_or("null")));
  }
  return lines;
}

// One that has the state X alone, and Y where X leads to it.
std::string machine(std::string_view state, std::string_view fields = {}) {
  return fmt::format(R"({{{}"StartAt": "X", "States": {{"X": {}{}}}}})", fields, state,
                     state.contains("\"Y\"") ? R"(, "Y": {"Type": "Succeed"})" : "");
}

std::string jsonata_machine(std::string_view state) {
  return machine(state, R"("QueryLanguage": "JSONata", )");
}

struct Case {
  std::string definition;
  Lines expected;  // Without the code where that is SCHEMA_VALIDATION_FAILED.
};

void check_state(const Case& test, const std::string& text, const ValidationOptions& options) {
  CAPTURE(text);
  Lines expected = test.expected;
  for (std::string& line : expected) {
    // A code is one word with a colon.
    if (line.find(": ") > line.find(' ')) line.insert(0, "SCHEMA_VALIDATION_FAILED: ");
  }
  CHECK(lines_of(validate(text, options)) == expected);
}

void check_states(const std::vector<Case>& cases, const ValidationOptions& options = {}) {
  for (const Case& test : cases)
    check_state(test, machine(test.definition), options);
}

void check_jsonata_states(const std::vector<Case>& cases) {
  for (const Case& test : cases)
    check_state(test, jsonata_machine(test.definition), {});
}

void check_machines(const std::vector<Case>& cases, const ValidationOptions& options = {}) {
  for (const Case& test : cases)
    check_state(test, std::string(test.definition), options);
}

TEST_CASE("what is no JSON is refused with its line and column") {
  const auto validation = validate("{\n  \"é\" ]");
  CHECK_FALSE(validation.is_valid);
  REQUIRE(validation.diagnostics.size() == 1);
  const Diagnostic& diagnostic = validation.diagnostics.front();
  CHECK(diagnostic.code == "INVALID_JSON_DESCRIPTION");
  CHECK_FALSE(diagnostic.location.has_value());
  CHECK(diagnostic.position.line == 2);
  CHECK(diagnostic.position.column == 7);

  CHECK(lines_of(validate(" \n")) ==
        Lines{"MISSING_DESCRIPTION: Received a null or empty workflow input. at null"});
  CHECK(validate(std::string(200, '[')).diagnostics.front().code == "TOO_DEEPLY_NESTED");
  CHECK(validate(std::string(kDefinitionBytesMax + 1, ' ') + "{}").diagnostics.size() == 1);
}

TEST_CASE("a diagnostic says where in the text it is") {
  const std::string_view text =
      "{\"StartAt\": \"é\", \"States\": {\n  \"é\": {\"Type\": \"Pass\", \"End\": 1}}}";
  const auto validation = validate(text);
  REQUIRE(validation.diagnostics.size() == 1);
  const Diagnostic& diagnostic = validation.diagnostics.front();
  CHECK(diagnostic.location == "/States/é/End");
  REQUIRE(diagnostic.span.has_value());
  CHECK(text.substr(diagnostic.span->begin, diagnostic.span->end - diagnostic.span->begin) == "1");
  CHECK(diagnostic.position.line == 2);
  CHECK(diagnostic.position.column == 32);
  CHECK(diagnostic.position.offset == diagnostic.span->begin);
}

TEST_CASE("a machine has its fields") {
  check_machines({
      {R"([])", {"Expected value of type [OBJECT] at /"}},
      {R"({})", {"These fields are required: [States, StartAt] at /"}},
      {R"({"Fn::Sub": 1})",
       {"These fields are required: [States, StartAt] at /",
        "Field 'Fn::Sub' is not supported at /"}},
      {R"({"StartAt": 1, "States": {}})",
       {"Expected value of type [STRING] at /StartAt", "Value cannot be empty at /States"}},
      {R"({"StartAt": "X", "States": {"X": 1}})", {"Expected value of type [OBJECT] at /States/X"}},
      {R"({"StartAt": "X", "States": {"X": {"Type": "Succeed"}}, "Version": "2.0",
           "TimeoutSeconds": 0, "Comment": 7, "QueryLanguage": "jsonata"})",
       {"Value should be one of the following: [1.0] at /Version",
        "Minimum value is 1 at /TimeoutSeconds", "Expected value of type [STRING] at /Comment",
        "Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage"}},
  });
}

TEST_CASE("each type of state has its fields") {
  check_states({
      {R"({"End": true})", {"These fields are required: [Type] at /States/X"}},
      {R"({"Type": "pass", "Surprise": 1})",
       {"The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
        "Choice, Parallel, Map] at /States/X/Type"}},
      {R"({"Type": "Pass", "End": true, "Seconds": 1, "Catch": []})",
       {"Field 'Seconds' is not supported at /States/X",
        "Field 'Catch' is not supported at /States/X"}},
      {R"({"Type": "Pass"})",
       {"This object should have only one of the following fields: [Next, End] at /States/X"}},
      {R"({"Type": "Pass", "End": false})",
       {"This object should have only one of the following fields: [Next, End] at /States/X"}},
      {R"({"Type": "Pass", "End": true, "Next": "Y"})",
       {"There should only be one of the following fields: [Next, End] at /States/X"}},
      {R"({"Type": "Pass", "End": "true"})", {"Expected value of type [BOOLEAN] at /States/X/End"}},
      {R"({"Type": "Succeed", "End": true})", {"Field 'End' is not supported at /States/X"}},
      {R"({"Type": "Fail", "Error": "E", "ErrorPath": "$.e", "Cause": 1})",
       {"There should only be one of the following fields: [Error, ErrorPath] at /States/X",
        "Expected value of type [STRING] at /States/X/Cause"}},
      {R"({"Type": "Wait", "End": true})",
       {"This object should have only one of the following fields: [SecondsPath, Seconds, "
        "TimestampPath, Timestamp] at /States/X"}},
      {R"({"Type": "Wait", "Seconds": 1, "Timestamp": "2016-03-14T01:59:00Z", "End": true})",
       {"There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, "
        "Timestamp] at /States/X"}},
      {R"({"Type": "Wait", "Timestamp": "2016-03-14 01:59", "End": true})",
       {"String does not match RFC3339 timestamp at /States/X/Timestamp"}},
      {R"({"Type": "Wait", "Seconds": 1.5, "End": true})",
       {"Expected value of type [INTEGER] at /States/X/Seconds"}},
      {R"({"Type": "Task", "End": true})", {"These fields are required: [Resource] at /States/X"}},
      {R"({"Type": "Parallel", "Branches": [], "End": true})",
       {"Value cannot be empty at /States/X/Branches"}},
      {R"({"Type": "Choice", "Default": "Y"})",
       {"These fields are required: [Choices] at /States/X"}},
  });
}

TEST_CASE("numbers have their ranges") {
  const std::string_view resource = R"("Resource": "arn:aws:lambda:eu-west-1:1:function:f")";
  const std::vector<std::pair<std::string_view, Lines>> cases = {
      {R"("TimeoutSeconds": 0)", {"Minimum value is 1 at /States/X/TimeoutSeconds"}},
      {R"("TimeoutSeconds": 1e8)", {"Maximum value is 99999999 at /States/X/TimeoutSeconds"}},
      {R"("TimeoutSeconds": "1")",
       {"Expected value of type [INTEGER] at /States/X/TimeoutSeconds"}},
      {R"("TimeoutSeconds": 5, "HeartbeatSeconds": 5)",
       {"'HeartbeatSeconds' must be smaller than 'TimeoutSeconds' at /States/X"}},
      {R"("TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t")",
       {"There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath] at "
        "/States/X"}},
      {R"("Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.5, "MaxAttempts": -1}])",
       {"Minimum value is 1.0 at /States/X/Retry[0]/BackoffRate",
        "Minimum value is 0 at /States/X/Retry[0]/MaxAttempts"}},
  };
  for (const auto& [fields, expected] : cases) {
    check_states(
        {{fmt::format(R"({{"Type": "Task", {}, {}, "End": true}})", resource, fields), expected}});
  }
}

TEST_CASE("Retry and Catch name errors, and all of them at the end") {
  const auto task = [](std::string_view handlers) {
    return fmt::format(
        R"({{"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "End": true, {}}})",
        handlers);
  };
  const std::vector<std::pair<std::string_view, Lines>> cases = {
      {R"("Retry": {})", {"Expected value of type [ARRAY] at /States/X/Retry"}},
      {R"("Retry": [])", {}},
      {R"("Retry": [{"Error Equals": ["E"]}])",
       {"These fields are required: [ErrorEquals] at /States/X/Retry[0]",
        "Field 'Error Equals' is not supported at /States/X/Retry[0]"}},
      {R"("Retry": [{"ErrorEquals": []}])",
       {"Value cannot be empty at /States/X/Retry[0]/ErrorEquals"}},
      {R"("Retry": [{"ErrorEquals": [true]}])",
       {"Expected value of type [STRING] at /States/X/Retry[0]/ErrorEquals[0]"}},
      {R"("Retry": [{"ErrorEquals": ["States.ALL", "E"]}])",
       {"States.ALL must appear alone and at end of list at /States/X/Retry[0]/ErrorEquals"}},
      {R"("Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}])",
       {"States.ALL must appear alone and at end of list at /States/X/Retry[0]/ErrorEquals"}},
      {R"("Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "HALF"}])",
       {"Value should be one of the following: [NONE, FULL] at /States/X/Retry[0]/JitterStrategy"}},
      {R"("Catch": [{"ErrorEquals": ["States.ALL"]}])",
       {"These fields are required: [Next] at /States/X/Catch[0]"}},
      {R"("Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z", "ResultPath": "$.e"}])",
       {"MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/X/Catch[0]/Next"}},
  };
  for (const auto& [handlers, expected] : cases)
    check_states({{task(handlers), expected}});
}

TEST_CASE("a Choice rule compares one thing") {
  const auto choice = [](std::string_view rule) {
    return fmt::format(R"({{"Type": "Choice", "Choices": [{}], "Default": "Y"}})", rule);
  };
  const std::string parts =
      "The object must have only one of the following fields, [And, Or, Not, Variable, Condition] "
      "at /States/X/Choices[0]";
  const std::vector<std::pair<std::string_view, Lines>> cases = {
      {"", {"Value cannot be empty at /States/X/Choices"}},
      {R"({"Next": "Y"})", {parts}},
      {R"({"Variable": "$.a", "Not": {"Variable": "$.a", "IsNull": true}, "IsNull": true,
           "Next": "Y"})",
       {parts}},
      {R"({"Variable": "$.a", "IsNull": true})",
       {"These fields are required: [Next] at /States/X/Choices[0]"}},
      {R"({"Variable": "a", "IsNull": 1, "Next": "Y"})",
       {"Value is not a Reference Path: Reference path didn't start with '$' at "
        "/States/X/Choices[0]/Variable",
        "Expected value of type [BOOLEAN] at /States/X/Choices[0]/IsNull"}},
      {R"({"Variable": "$.a", "TimestampEquals": "now", "Next": "Y"})",
       {"String does not match RFC3339 timestamp at /States/X/Choices[0]/TimestampEquals"}},
      {R"({"And": [], "Next": "Y"})", {"Value cannot be empty at /States/X/Choices[0]/And"}},
      {R"({"Or": [{"Variable": "$.a", "NumericLessThan": "1", "Next": "Y"}], "Next": "Y"})",
       {"Field 'Next' is not supported at /States/X/Choices[0]/Or[0]",
        "Expected value of type [NUMBER] at /States/X/Choices[0]/Or[0]/NumericLessThan"}},
      {R"({"Condition": true, "Next": "Y"})",
       {"The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the "
        "'JSONata' QueryLanguage at /States/X/Choices[0]"}},
      {R"({"Variable": "$$.Execution.Input.n", "NumericEqualsPath": "$limit", "Next": "Y",
           "Assign": {"a.$": "$.a"}, "Comment": ""})",
       {}},
  };
  for (const auto& [rule, expected] : cases)
    check_states({{choice(rule), expected}});

  // Which comparisons there are is said whole.
  for (const std::string_view rule :
       {R"({"Variable": "$.a", "Next": "Y"})",
        R"({"Variable": "$.a", "IsNull": true, "IsString": true, "Next": "Y"})"}) {
    const auto lines = lines_of(validate(machine(choice(rule))));
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().contains("one of the following fields: [StringEquals, StringEqualsPath, "));
    CHECK(lines.front().ends_with("IsBoolean, IsTimestamp] at /States/X/Choices[0]"));
  }

  check_jsonata_states({
      {choice(R"({"Condition": "{% true %}", "Next": "Y", "Output": 1})"), {}},
      {choice(R"({"Condition": "true", "Next": "Y"})"),
       {"JSONata string must start with {% and end with %} at /States/X/Choices[0]/Condition"}},
      {choice(R"({"Not": {}, "Next": "Y"})"),
       {"The QueryLanguage is set to 'JSONata', but field 'Not' is only supported for the "
        "'JSONPath' QueryLanguage at /States/X/Choices[0]"}},
  });
}

TEST_CASE("a Task calls a resource") {
  struct Resource {
    std::string_view arn;
    std::string_view in_standard;  // Empty: right.
    std::string_view in_express;
  };
  const std::string_view unknown =
      " is not recognized. The value is not a valid resource ARN, or the resource is not available "
      "in this region.";
  const std::vector<Resource> resources = {
      {"arn:aws:lambda:eu-west-1:111111111111:function:f", "", ""},
      {"arn:aws:states:::lambda:invoke", "", ""},
      {"${FunctionArn}", "", ""},
      {"function", "Value is not a valid resource ARN", "Value is not a valid resource ARN"},
      {"arn:aws:lambda", "Value is not a valid resource ARN", "Value is not a valid resource ARN"},
      {"arn:aws:states:::lambda:invoke.waitForTaskToken", "",
       "Express state machine does not support '.waitForTaskToken' service integration "},
      {"arn:aws:states:::states:startExecution.sync", "",
       "Express state machine does not support '.sync' service integration"},
      {"arn:aws:states:::states:startExecution.sync:2", "",
       "Express state machine does not support '.sync' service integration"},
      {"arn:aws:states:eu-west-1:1:activity:a", "",
       "Express state machine does not support Activity ARN"},
      {"arn:aws:states:::sqs:sendMessage.sync", "?", "?"},
      {"arn:aws:states:::glue:startJobRun.sync:2", "?", "?"},
      {"arn:aws:states:::dynamodb:getItem.waitForTaskToken", "?", "?"},
      {"arn:aws:states:::lambda", "?", "?"},
  };
  for (const auto& [arn, in_standard, in_express] : resources) {
    const std::string text =
        machine(fmt::format(R"({{"Type": "Task", "Resource": "{}", "End": true}})", arn));
    CAPTURE(arn);
    for (const MachineType type : {MachineType::kStandard, MachineType::kExpress}) {
      const std::string_view message = type == MachineType::kStandard ? in_standard : in_express;
      const auto validation = validate(text, {.type = type});
      REQUIRE(validation.is_valid == message.empty());
      if (message.empty()) continue;
      CHECK(validation.diagnostics.front().location == "/States/X/Resource");
      if (message == "?") {
        CHECK(validation.diagnostics.back().message ==
              fmt::format("The resource provided {}{}", arn, unknown));
      } else {
        CHECK(validation.diagnostics.front().message == message);
      }
    }
  }
}

TEST_CASE("credentials are an object, with a role in JSONata, and not for activities") {
  const auto task = [](std::string_view credentials, std::string_view arn) {
    return fmt::format(R"({{"Type": "Task", "Resource": "{}", "Credentials": {}, "End": true}})",
                       arn, credentials);
  };
  const std::string_view function = "arn:aws:states:::lambda:invoke";
  check_states({
      {task("null", function), {"Expected value of type [OBJECT] at /States/X/Credentials"}},
      {task(R"({"RoleArn.$": "$.role"})", function), {}},
      {task(R"({"RoleArn.$": "role"})", function),
       {"The value for the field 'RoleArn.$' must be a valid JSONPath or a valid intrinsic "
        "function "
        "call at /States/X/Credentials"}},
      {task(R"({"RoleArn": "r"})", "arn:aws:states:r:1:activity:a"),
       {"The field 'Credentials' is not supported for activities at /States/X/Credentials"}},
  });
  check_jsonata_states({
      {task("{}", function),
       {"The field 'RoleArn' is required but was missing at /States/X/Credentials"}},
      {task(R"({"RoleArn": "{% $role %}"})", function), {}},
  });
}

TEST_CASE("a Map state has what it runs, and limits") {
  const auto map = [](std::string_view fields) {
    return fmt::format(R"({{"Type": "Map", "End": true{}}})", fields);
  };
  const auto with = [](std::string_view fields) {
    return fmt::format(R"({{"Type": "Map", "End": true, "ItemProcessor": {{"StartAt": "P",
        "States": {{"P": {{"Type": "Succeed"}}}}}}, {}}})",
                       fields);
  };
  const auto configured = [](std::string_view config) {
    return fmt::format(R"({{"Type": "Map", "End": true, "ItemProcessor": {{"ProcessorConfig": {},
        "StartAt": "P", "States": {{"P": {{"Type": "Succeed"}}}}}}}})",
                       config);
  };
  check_states({
      {map(""),
       {"This object should have only one of the following fields: [ItemProcessor, "
        "Iterator] at /States/X"}},
      {with(R"("Iterator": {"StartAt": "Q", "States": {"Q": {"Type": "Succeed"}}})"),
       {"There should only be one of the following fields: [ItemProcessor, Iterator] at "
        "/States/X"}},
      {with(R"("ItemSelector": {}, "Parameters": {})"),
       {"There should only be one of the following fields: [ItemSelector, Parameters] at "
        "/States/X"}},
      {with(R"("ToleratedFailurePercentage": 105, "MaxConcurrency": -1)"),
       {"Maximum value is 100.0 at /States/X/ToleratedFailurePercentage",
        "Minimum value is 0 at /States/X/MaxConcurrency"}},
      {with(R"("MaxConcurrency": 9223372036854775807)"), {}},
      {with(R"("MaxConcurrencyPath": "$$.Execution.Input.n")"),
       {"Value is not a Reference Path at /States/X/MaxConcurrencyPath"}},
      {with(R"("ItemsPath": "$$.Execution.Input.items")"), {}},
      {with(R"("Label": "a b")"),
       {"INVALID_LABEL_NAME: The label 'a b' contains invalid characters at /States/X/Label"}},
      {with(R"("Label": "")"),
       {"INVALID_LABEL_NAME: The label cannot be empty at /States/X/Label"}},
      {with(R"("Label": "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddé")"),
       {"INVALID_LABEL_NAME: The label 'aaaaaaaaaabbbbbbbbbbccccccccccddddddddddé' exceeds the "
        "40-character limit allowed by the service at /States/X/Label"}},
      {configured(R"({"Mode": "DISTRIBUTED"})"),
       {"These fields are required: [ExecutionType] at /States/X/ItemProcessor/ProcessorConfig"}},
      {configured(R"({"Mode": "DISTRIBUTED", "ExecutionType": "FAST"})"),
       {"Value should be one of the following: [STANDARD, EXPRESS] at "
        "/States/X/ItemProcessor/ProcessorConfig/ExecutionType"}},
      {configured(R"({"Mode": "INLINE", "ExecutionType": "STANDARD"})"),
       {"Field 'ExecutionType' is not supported at /States/X/ItemProcessor/ProcessorConfig"}},
      {R"({"Type": "Map", "End": true, "Iterator": {"QueryLanguage": "JSONata", "StartAt": "P",
           "States": {"P": {"Type": "Succeed"}}}})",
       {"Field 'QueryLanguage' is not supported at /States/X/Iterator"}},
  });
  check_states(
      {{configured(R"({"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"})"),
        {"The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state "
         "machines at /States/X/ItemProcessor/ProcessorConfig/Mode"}}},
      {.type = MachineType::kExpress});
}

TEST_CASE("the runs of a distributed Map state have a type of their own") {
  check_states({{R"({"Type": "Map", "End": true, "ItemProcessor": {
      "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}, "StartAt": "P",
      "States": {"P": {"Type": "Task", "Resource": "arn:aws:states:::batch:submitJob.sync",
      "End": true}}}})",
                 {"Express state machine does not support '.sync' service integration at "
                  "/States/X/ItemProcessor/States/P/Resource"}}});
}

TEST_CASE("a distributed Map state reads, batches and writes") {
  const auto with = [](std::string_view fields) {
    return fmt::format(R"({{"Type": "Map", "End": true, "ItemProcessor": {{"StartAt": "P",
        "States": {{"P": {{"Type": "Succeed"}}}}}}, {}}})",
                       fields);
  };
  const auto reader = [&with](std::string_view config) {
    return with(fmt::format(R"("ItemReader": {{"Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {{"Bucket": "b"}}, "ReaderConfig": {}}})",
                            config));
  };
  check_states({
      {with(R"("ItemReader": {})"),
       {"These fields are required: [Resource] at /States/X/ItemReader"}},
      {with(R"("ItemReader": {"Resource": "arn:aws:states:::s3:putObject"})"),
       {"The field 'Resource' does not match any of the allowed values at "
        "/States/X/ItemReader/Resource"}},
      {with(R"("ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "Arguments": {}})"),
       {"The QueryLanguage is set to 'JSONPath', but field 'Arguments' is only supported for the "
        "'JSONata' QueryLanguage at /States/X/ItemReader"}},
      {reader(R"({"InputType": "CSV"})"),
       {"The field 'CSVHeaderLocation' is required at /States/X/ItemReader/ReaderConfig"}},
      {reader(R"({"InputType": "CSV", "CSVHeaderLocation": "GIVEN"})"),
       {"These fields are required: [CSVHeaders] at /States/X/ItemReader/ReaderConfig"}},
      {reader(R"({"InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW"})"),
       {"Field 'CSVHeaderLocation' is not supported at /States/X/ItemReader/ReaderConfig"}},
      {reader(R"({"InputType": "XML", "MaxItems": 1, "MaxItemsPath": "$.n"})"),
       {"There should only be one of the following fields: [MaxItems, MaxItemsPath] at "
        "/States/X/ItemReader/ReaderConfig",
        "Value should be one of the following: [CSV, JSON, JSONL, PARQUET, MANIFEST] at "
        "/States/X/ItemReader/ReaderConfig/InputType"}},
      {with(R"("ItemBatcher": {"BatchInput": {}})"),
       {"This object should have at least one of the following fields: [MaxItemsPerBatch, "
        "MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath] at "
        "/States/X/ItemBatcher"}},
      {with(R"("ItemBatcher": {"MaxItemsPerBatch": 1, "MaxInputBytesPerBatch": 262145})"),
       {"Maximum value is 262144 at /States/X/ItemBatcher/MaxInputBytesPerBatch"}},
      {with(R"("ResultWriter": {})"), {"Value cannot be empty at /States/X/ResultWriter"}},
      {with(R"("ResultWriter": {"Resource": "arn:aws:states:::s3:putObject"})"),
       {"These fields are required: [Parameters] at /States/X/ResultWriter"}},
      {with(R"("ResultWriter": {"WriterConfig": {"OutputType": "JSON"}})"),
       {"These fields are required: [Transformation] at /States/X/ResultWriter/WriterConfig"}},
      {with(R"("ResultWriter": {"WriterConfig": {"OutputType": "JSONL",
               "Transformation": "FLATTEN"}})"),
       {}},
  });
}

TEST_CASE("a state has the fields of its query language") {
  const std::string not_jsonata =
      "The QueryLanguage is set to 'JSONPath', but field '{}' is only supported for the 'JSONata' "
      "QueryLanguage at ";
  check_states({
      {R"({"Type": "Pass", "Output": 1, "End": true})",
       {fmt::format(fmt::runtime(not_jsonata), "Output") + "/States/X"}},
      {R"({"Type": "Pass", "QueryLanguage": "JSONata", "Output": 1, "End": true})", {}},
      // Any other name is JSONata, and wrong.
      {R"({"Type": "Pass", "QueryLanguage": "foo", "InputPath": "$.a", "End": true})",
       {"The QueryLanguage is set to 'JSONata', but field 'InputPath' is only supported for the "
        "'JSONPath' QueryLanguage at /States/X",
        "Value should be one of the following: [JSONPath, JSONata] at /States/X/QueryLanguage"}},
      // States inside have the machine's, whatever the state around them has.
      {R"({"Type": "Parallel", "QueryLanguage": "JSONata", "End": true, "Branches": [
           {"StartAt": "P", "States": {"P": {"Type": "Pass", "Output": 1, "End": true}}}]})",
       {fmt::format(fmt::runtime(not_jsonata), "Output") + "/States/X/Branches[0]/States/P"}},
  });
  check_jsonata_states({
      {R"({"Type": "Wait", "SecondsPath": "$.n", "End": true})",
       {"The QueryLanguage is set to 'JSONata', but field 'SecondsPath' is only supported for the "
        "'JSONPath' QueryLanguage at /States/X"}},
      // One diagnostic for the state, and what is wrong in any language.
      {R"({"Type": "Wait", "QueryLanguage": "JSONPath", "Seconds": -1, "Output": 1, "End": true})",
       {"'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at "
        "/States/X",
        "Minimum value is 0 at /States/X/Seconds"}},
  });
}

TEST_CASE("paths are paths") {
  const auto pass = [](std::string_view fields) {
    return fmt::format(R"({{"Type": "Pass", "End": true, {}}})", fields);
  };
  check_states({
      {pass(R"("InputPath": null, "OutputPath": "$$.Execution.Input", "ResultPath": null)"), {}},
      {pass(R"("InputPath": "$.books[-2]", "OutputPath": "$variable.a")"), {}},
      {pass(R"("OutputPath": "Test")"),
       {"Value must be a valid JSONPath. at /States/X/OutputPath"}},
      {pass(R"json("InputPath": "States.UUID()")json"),
       {"Value must be a valid JSONPath. at /States/X/InputPath"}},
      {pass(R"("InputPath": 1)"), {"Expected value of type [STRING, NULL] at /States/X/InputPath"}},
      {pass(R"("ResultPath": ".a")"),
       {"Value is not a Reference Path: Reference path didn't start with '$' at "
        "/States/X/ResultPath"}},
      {pass(R"("ResultPath": "$.a[*]")"),
       {"Value is not a Reference Path at /States/X/ResultPath"}},
      {pass(R"("ResultPath": "$$.a")"), {"Value is not a Reference Path at /States/X/ResultPath"}},
      {R"({"Type": "Wait", "SecondsPath": "$)l", "End": true})",
       {"Value is not a Reference Path at /States/X/SecondsPath"}},
      {pass(R"("ResultPath": "$...")"), {"Value is not a Reference Path at /States/X/ResultPath"}},
      {R"json({"Type": "Fail", "CausePath": "States.Format('{}', $.a)", "ErrorPath": "a"})json",
       {"Value must be a valid JSONPath or a valid intrinsic function call at "
        "/States/X/ErrorPath"}},
  });
}

TEST_CASE("templates have paths where they say so") {
  const auto pass = [](std::string_view parameters) {
    return fmt::format(R"({{"Type": "Pass", "End": true, "Parameters": {}}})", parameters);
  };
  check_states({
      {pass(R"json({"a.$": "$.a", "b": [{"c.$": "States.UUID()"}], "d": 1})json"), {}},
      {pass(R"({"a.$": "foo"})"),
       {"The value for the field 'a.$' must be a valid JSONPath or a valid intrinsic function call "
        "at /States/X/Parameters"}},
      {pass(R"([{"a": {"b.$": 1}}])"),
       {"The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call "
        "at /States/X/Parameters[0]/a"}},
      {pass(R"({"a": 1, "a.$": "$.a"})"),
       {"There should only be one of the following fields: [a, a.$] at /States/X/Parameters"}},
  });
}

TEST_CASE("JSONata stands in braces with percent signs") {
  const std::string message = "JSONata string must start with {% and end with %} at ";
  check_jsonata_states({
      {R"({"Type": "Pass", "Output": {"a": ["{% 1 %}", "1", "{%1%}"]}, "End": true})", {}},
      {R"({"Type": "Pass", "Comment": "{% 1", "Output": {"a": ["{% 1 %"]}, "End": true})",
       {message + "/States/X/Output/a[0]"}},
      {R"({"Type": "Pass", "Output": "{%}", "End": true})", {message + "/States/X/Output"}},
      {R"({"Type": "Wait", "Seconds": "1", "End": true})", {message + "/States/X/Seconds"}},
      {R"({"Type": "Wait", "Timestamp": "{% $now() %}", "End": true})", {}},
      {R"({"Type": "Wait", "Timestamp": "soon", "End": true})",
       {"String does not match RFC3339 timestamp at /States/X/Timestamp"}},
  });
}

TEST_CASE("JSONata that cannot be read, or has no value in a workflow, is refused") {
  const auto pass = [](std::string_view output) {
    return fmt::format(R"({{"Type": "Pass", "Output": {{"v": "{}"}}, "End": true}})", output);
  };
  check_jsonata_states({
      {pass("{% $states.input.items[value > 3] %}"), {}},
      {pass("{% $x := %}"),
       {"INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/X/Output/v"}},
      {pass("{% phone & $phone %}"),
       {"UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'phone' at the top level is not supported. "
        "at /States/X/Output/v"}},
      {pass("{% $$ %}"),
       {"UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$$' is not supported. at "
        "/States/X/Output/v"}},
      {pass("{% $ %}"),
       {"UNSUPPORTED_JSONATA_EXPRESSION: Reference to '$' at the top level is not supported. at "
        "/States/X/Output/v"}},
      {pass("{% $states.context & $states.result & $states.inputs %}"),
       {"UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. at "
        "/States/X/Output/v",
        "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.inputs' does not exist. at "
        "/States/X/Output/v"}},
      // The graph is looked at all the same.
      {R"({"Type": "Pass", "Output": "{% a %}", "Next": "Z"})",
       {"UNSUPPORTED_JSONATA_EXPRESSION: Reference to 'a' at the top level is not supported. at "
        "/States/X/Output",
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: Z at /States/X/Next",
        "MISSING_END_STATE: Workflow has no terminal state at null"}},
  });
}

TEST_CASE("a result is there where there is one, and an error's output where it is caught") {
  const auto task = [](std::string_view fields) {
    return fmt::format(R"({{"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", {}}})",
                       fields);
  };
  const std::string no_result =
      "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.result' does not exist. at /States/X/";
  const std::string no_error =
      "UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist. at /States/X/";
  const std::string both = "{% [$states.result, $states.errorOutput] %}";
  check_jsonata_states({
      {task(
           R"("End": true, "Output": "{% $states.result %}", "Assign": {"a": "{% $states.result %}"})"),
       {}},
      {task(fmt::format(R"("End": true, "Arguments": "{}")", both)),
       {no_result + "Arguments", no_error + "Arguments"}},
      {task(fmt::format(R"("End": true, "Output": "{}")", both)), {no_error + "Output"}},
      {task(fmt::format(
           R"("Next": "Y", "Catch": [{{"ErrorEquals": ["E"], "Next": "Y", "Output": "{0}",
              "Assign": {{"a": "{0}"}}}}])",
           both)),
       {no_result + "Catch[0]/Output", no_result + "Catch[0]/Assign/a"}},
  });
}

TEST_CASE("intrinsic functions are known, and called with what they take") {
  const auto pass = [](std::string_view call) {
    return fmt::format(R"({{"Type": "Pass", "Parameters": {{"v.$": "{}"}}, "End": true}})", call);
  };
  const Lines refused = {
      "The value for the field 'v.$' must be a valid JSONPath or a valid intrinsic function call "
      "at "
      "/States/X/Parameters"};
  check_states({
      {pass("States.Format('{}', States.JsonToString($.a))"), {}},
      {pass("States.Nope($.a)"), refused},
      {pass("States.Format('{}', $.a"), refused},
      {pass("$.a["), refused},
  });
}

TEST_CASE("variables have names") {
  const auto pass = [](std::string_view assign) {
    return fmt::format(R"({{"Type": "Pass", "End": true, "Assign": {}}})", assign);
  };
  const std::string long_name(81, 'a');
  check_states({
      {pass(R"({"a1_é": 1, "b.$": "$.b"})"), {}},
      {pass("1"), {"Expected value of type [OBJECT] at /States/X/Assign"}},
      {pass(R"({"states.$": "$"})"),
       {"RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. at "
        "/States/X/Assign/states.$"}},
      {pass(R"({"b.$": "b"})"),
       {"The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call "
        "at /States/X/Assign"}},
  });
  CHECK_FALSE(validate(machine(pass(fmt::format(R"({{"{}": 1}})", long_name)))).is_valid);
}

TEST_CASE("states lead to states beside them") {
  check_machines({
      {R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "C"},
           "B": {"Type": "Pass", "End": true}}})",
       {"MISSING_TRANSITION_TARGET: Missing 'Next' target: C at /States/A/Next",
        "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B"}},
      {R"({"StartAt": "Nope", "States": {"a/b": {"Type": "Succeed"}}})",
       {"MISSING_TRANSITION_TARGET: Missing 'Next' target: Nope at /StartAt",
        "MISSING_TRANSITION_TARGET: State \"a/b\" is not reachable. at /States/a/b"}},
      // A circle is no way in.
      {R"({"StartAt": "A", "States": {"A": {"Type": "Succeed"},
           "B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "Next": "B"}}})",
       {"MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at /States/B",
        "MISSING_TRANSITION_TARGET: State \"C\" is not reachable. at /States/C"}},
      {R"({"StartAt": "C", "States": {"C": {"Type": "Choice", "Default": "E",
           "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "D"}]}}})",
       {"MISSING_TRANSITION_TARGET: Missing 'Next' target: D at /States/C/Choices[0]/Next",
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: E at /States/C/Default",
        "MISSING_END_STATE: Workflow has no terminal state at null"}},
      // Neither into a branch nor out of it.
      {R"({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Next": "A", "Branches": [
           {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "P"}}}]}}})",
       {"MISSING_TRANSITION_TARGET: Missing 'Next' target: A at /States/P/Next",
        "MISSING_TRANSITION_TARGET: Missing 'Next' target: P at "
        "/States/P/Branches[0]/States/A/Next",
        "MISSING_END_STATE: Workflow has no terminal state at null"}},
  });
}

TEST_CASE("a machine can end, and so can, if it wants to, a branch") {
  check_machines({
      {R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"},
           "B": {"Type": "Pass", "Next": "A"}, "C": {"Type": "Pass", "Next": "A"}}})",
       {"MISSING_END_STATE: Workflow has no terminal state at null"}},
      {R"({"StartAt": "M", "States": {"M": {"Type": "Map", "End": true, "ItemProcessor": {
           "StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}}}})",
       {}},
  });
}

TEST_CASE("a name is there once in a machine, however deep") {
  check_machines({
      {R"({"StartAt": "M", "States": {"M": {"Type": "Map", "Next": "A", "Label": "l", "Iterator": {
           "StartAt": "A", "States": {"A": {"Type": "Map", "End": true, "Label": "l", "Iterator": {
           "StartAt": "B", "States": {"B": {"Type": "Succeed"}}}}}}}, "A": {"Type": "Succeed"}}})",
       {"DUPLICATE_LABEL_NAME: Duplicate Label name: l at /States/M/Iterator/States/A/Label",
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A"}},
  });
  const std::string name(81, 'n');
  const auto validation = validate(
      fmt::format(R"({{"StartAt": "{0}", "States": {{"{0}": {{"Type": "Succeed"}}}}}})", name));
  CHECK(lines_of(validation) ==
        Lines{fmt::format("INVALID_STATE_NAME: The state name '{0}' exceeds the 80-character limit "
                          "allowed by the service at /States/{0}",
                          name)});
}

TEST_CASE("what is likely a mistake is a warning, for who asks for warnings") {
  const std::vector<std::pair<std::string_view, Lines>> cases = {
      {R"({"Type": "Pass", "Parameters": {"a": "$.a", "b": "$5"}, "End": true})",
       {"NO_DOLLAR: The value of 'a' looks like a path or a call of an intrinsic function, but the "
        "name of the field is not 'a.$' at /States/X/Parameters/a"}},
      {R"json({"Type": "Pass", "Result": {"a": ["States.UUID()"]}, "End": true})json",
       {"PASS_RESULT_IS_STATIC: The Result of a Pass state is taken as it is: paths and intrinsic "
        "functions in it are not evaluated at /States/X/Result/a[0]"}},
      {R"({"Type": "Fail", "Error": "$.error", "Comment": "$.a"})",
       {"NO_PATH: The value of 'Error' looks like a path, but the name of the field does not end "
        "with 'Path' at /States/X/Error"}},
      {R"({"Type": "Pass", "Assign": {"a-b": 1}, "End": true})",
       {"INVALID_VARIABLE_NAME: Invalid variable name 'a-b': the variable name contains invalid "
        "characters. at /States/X/Assign/a-b"}},
      {R"({"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "A",
           "States": {"A": {"Type": "Pass", "Next": "A"}}}})",
       {"MISSING_END_STATE: No state ends what begins here at /States/X/ItemProcessor"}},
  };
  for (const auto& [state, expected] : cases) {
    CAPTURE(state);
    const auto validation = validate(machine(state), {.severity = Severity::kWarning});
    CHECK(validation.is_valid);
    CHECK(lines_of(validation) == expected);
    CHECK(validate(machine(state)).diagnostics.empty());
  }
}

TEST_CASE("no more diagnostics are kept than were asked for") {
  const std::string text =
      machine(R"({"Type": "Succeed", "a": 1, "b": 1, "c": 1, "Parameters": {"x": "$.x"}})");
  const auto all = validate(text);
  CHECK(all.diagnostics.size() == 4);
  CHECK_FALSE(all.is_truncated);
  const auto two = validate(text, {.results_max = 2});
  CHECK(lines_of(two) == Lines{lines_of(all)[0], lines_of(all)[1]});
  CHECK(two.is_truncated);
  CHECK_FALSE(two.is_valid);
  CHECK_FALSE(validate(text, {.results_max = 4}).is_truncated);

  // An error behind warnings that fill the list is one all the same.
  const std::string later = machine(
      R"({"Type": "Pass", "Parameters": {"x": "$.x"}, "ResultPath": "$.a[*]", "End": true})");
  const auto one = validate(later, {.severity = Severity::kWarning, .results_max = 1});
  CHECK(one.diagnostics.size() == 1);
  CHECK(one.is_truncated);
  CHECK_FALSE(one.is_valid);
}

TEST_CASE("what was not looked at, because enough is wrong, has no graph") {
  const auto validation = validate(
      R"({"QueryLanguage": "JSONata", "States": {
          "A": {"Type": "Pass", "Output": ["{% a %}", "{% b %}"], "End": true}}, "StartAt": 1})",
      {.results_max = 1});
  CHECK(validation.diagnostics.size() == 1);
  CHECK(validation.is_truncated);
}

TEST_CASE("long and strange names are cut and escaped") {
  const std::string long_name(5000, 'n');
  const auto validation = validate(
      machine(fmt::format(R"({{"Type": "Succeed", "{}": 1, "\u001b[2J": 1}})", long_name)));
  REQUIRE(validation.diagnostics.size() == 2);
  CHECK(validation.diagnostics[0].message.size() < 500);
  const auto in_expression = validate(jsonata_machine(
      fmt::format(R"({{"Type": "Pass", "Output": "{{% 1 {} %}}", "End": true}})", long_name)));
  REQUIRE(in_expression.diagnostics.size() == 1);
  CHECK(in_expression.diagnostics[0].message.starts_with("Syntax error: "));
  CHECK(in_expression.diagnostics[0].message.size() < 500);
  CHECK(validation.diagnostics[1].message == R"(Field '\x1b[2J' is not supported)");
}

TEST_CASE("one state alone is checked as StateName, and not where it leads to") {
  CHECK(validate_state(R"({"Type": "Pass", "Next": "Elsewhere"})").is_valid);
  CHECK(lines_of(validate_state(R"({"Type": "Parallel", "Branches": [], "End": true})")) ==
        Lines{"SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States/StateName/Branches"});
  CHECK(lines_of(validate_state(R"({"Type": "Map", "Next": "B", "Iterator": {"StartAt": "A",
                                    "States": {"B": {"Type": "Succeed"}}}})")) ==
        Lines{"MISSING_TRANSITION_TARGET: Missing 'Next' target: A at "
              "/States/StateName/Iterator/StartAt",
              "MISSING_TRANSITION_TARGET: State \"B\" is not reachable. at "
              "/States/StateName/Iterator/States/B"});
}

TEST_CASE("the error of CreateStateMachine lists what is wrong") {
  CHECK(invalid_definition_text(
            validate(R"({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}})")) ==
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: B at "
        "/States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null'");
}

TEST_CASE("a variable of an inner scope does not have the name of one of an outer scope") {
  const auto lines = [](std::string_view assign, std::string_view catcher_assigns,
                        std::string_view inner) {
    return lines_of(validate(fmt::format(
        R"({{"StartAt": "P", "States": {{
             "P": {{"Type": "Parallel", "Assign": {{{}}}, "Next": "M",
                  "Catch": [{{"ErrorEquals": ["E"], "Assign": {{{}}}, "Next": "M"}}],
                  "Branches": [{{"StartAt": "B", "States": {{"B": {{"Type": "Pass", "Assign": {{{}}}, "End": true}}}}}}]}},
             "M": {{"Type": "Map", "End": true, "ItemProcessor": {{"StartAt": "I", "States": {{
                  "I": {{"Type": "Pass", "Assign": {{"b": 1, "own": 2}}, "End": true}}}}}}}}}}}})",
        assign, catcher_assigns, inner)));
  };
  // Scopes beside each other may.
  CHECK(lines(R"("a": 1)", R"("a": 2)", R"("b": 1)").empty());
  CHECK(lines(R"("a.$": "$")", "", R"("a": 1)") ==
        Lines{"INVALID_VARIABLE_NAME: Invalid variable name 'a': a variable of that name is "
              "assigned in an outer scope. at /States/P/Branches[0]/States/B/Assign/a"});
  CHECK(lines("", R"("own": 1)", "") ==
        Lines{"INVALID_VARIABLE_NAME: Invalid variable name 'own': a variable of that name is "
              "assigned in an outer scope. at /States/M/ItemProcessor/States/I/Assign/own"});
  CHECK(
      lines_of(
          validate_state(
              R"({"Type": "Parallel", "Assign": {"a": 1}, "End": true, "Branches": [{"StartAt": "B",
                "States": {"B": {"Type": "Pass", "Assign": {"a": 1}, "End": true}}}]})"))
          .size() == 1);
}

TEST_CASE("what is misspelt has the name that was likely meant, beside what AWS says") {
  const auto hints = [](std::string_view state) {
    Lines lines;
    for (const Diagnostic& diagnostic : validate(machine(state)).diagnostics)
      lines.push_back(diagnostic.hint.value_or("-"));
    return lines;
  };
  CHECK(
      hints(
          R"({"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEqual": "x", "Next": "X"}]})") ==
      Lines{"did you mean StringEquals?", "did you mean StringEquals?"});
  CHECK(hints(R"({"Type": "Choice", "Choices": [{"Variable": "$.a", "Next": "X"}]})") ==
        Lines{"-"});
  CHECK(hints(R"({"Type": "Pass", "Reslt": 1, "End": true})") == Lines{"did you mean Result?"});
  CHECK(hints(R"({"Type": "Pass", "Frobnicate": 1, "End": true})") == Lines{"-"});
  CHECK(hints(R"({"Type": "Pas", "End": true})") == Lines{"did you mean Pass?"});
  CHECK(hints(R"({"Type": "Pass", "Ende": true})") ==
        Lines{"did you mean End?", "did you mean End?"});
  CHECK(hints(R"~({"Type": "Pass", "Parameters": {"a.$": "States.Fromat('{}')"}, "End": true})~") ==
        Lines{"there is no function States.Fromat; did you mean States.Format?"});
  CHECK(hints(R"~({"Type": "Pass", "Parameters": {"a.$": "$.a["}, "End": true})~") ==
        Lines{"invalid JSONPath at line 1, column 5: brackets hold a name in quotes, *, an index, "
              "a slice or a filter behind ?"});
  CHECK(hints(R"~({"Type": "Pass", "InputPath": "a.b", "End": true})~") ==
        Lines{"a path is expected, which begins with $"});
  CHECK(hints(R"~({"Type": "Pass", "Parameters": {"a.$": 1}, "End": true})~") ==
        Lines{"it is no string"});
  CHECK(hints(R"({"Type": "Pass", "Next": "Yy"}, "Yes": {"Type": "Succeed"})").front() ==
        "did you mean Yes?");
  CHECK(hints(R"({"Type": "Pass", "QueryLanguage": "JSONPaht", "End": true})") ==
        Lines{"did you mean JSONPath?"});
}

}  // namespace
}  // namespace weft::workflow
