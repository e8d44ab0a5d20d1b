// weft workflow run on definitions from standard input, without a process.
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "cli/testing.h"
#include "json/parse.h"
#include "json/print.h"

namespace weft::cli {
namespace {

struct Ended {
  int code;
  std::string output;
  std::string errors;
};

Ended run(std::string definition, std::vector<std::string> words = {}) {
  words.insert(words.begin(), {"workflow", "run", "-"});
  TestConsole test({}, std::move(definition));
  const int code = test.run(std::move(words));
  return {code, test.output(), test.errors()};
}

constexpr const char* kEcho = R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})";
constexpr const char* kTask = R"({
  "StartAt": "Charge",
  "States": {
    "Charge": {
      "Type": "Task",
      "Resource": "arn:aws:states:::lambda:invoke",
      "Parameters": {"FunctionName": "arn:aws:lambda:here:1:function:card:2"},
      "End": true
    }
  }
})";

TEST_CASE("an execution's output is printed as it is, and its input is {} where none is given") {
  CHECK(run(kEcho, {"--input", R"({ "id": 1.50 })"}).output == "{ \"id\": 1.50 }\n");
  const Ended ended = run(kEcho);
  CHECK(ended.code == 0);
  CHECK(ended.output == "{}\n");
  CHECK(ended.errors.empty());
}

TEST_CASE("time passes at once") {
  CHECK(run(R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":99999,"End":true}}})").code ==
        0);
}

TEST_CASE("the history is that of GetExecutionHistory") {
  const Ended ended = run(kEcho, {"--history", "--name", "n-1"});
  const auto history = json::parse(ended.output);
  REQUIRE(history.has_value());
  const auto events = history->find("events")->as_array();
  REQUIRE(events.size() == 4);
  CHECK(events[0].find("id")->as_number().to_uint64() == 1);
  CHECK(events[0].find("type")->as_string() == "ExecutionStarted");
  CHECK(events[3].find("executionSucceededEventDetails")->find("output")->as_string() == "{}");
  CHECK(run(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"n.$":"$$.Execution.Name"},
                "End":true}}})",
            {"--name", "n-1"})
            .output == "{\"n\":\"n-1\"}\n");
}

TEST_CASE("a failed execution says in which state, and ends with the code of a guest's error") {
  const Ended failed =
      run("{\"StartAt\":\"A\",\n\"States\":{\"A\":{\"Type\":\"Fail\",\"Error\":\"Bad\",\"Cause\":"
          "\"why\"}}}");
  CHECK(failed.code == 1);
  CHECK(failed.output.empty());
  CHECK(failed.errors == "weft: the execution failed in the state A (-:2:11): Bad: why\n");
  const Ended unevaluated =
      run("{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"A\",\n\"States\":{\"A\":{\"Type\":\"Pass\","
          "\"Output\":\"{% $nope %}\",\"End\":true}}}");
  CHECK(unevaluated.errors.starts_with("weft: the execution failed in the state A (-:2:11): "));
  const Ended late = run(R"({"TimeoutSeconds":1,"StartAt":"A","States":{
                             "A":{"Type":"Wait","Seconds":9,"End":true}}})");
  CHECK(late.code == 124);
  CHECK(late.errors ==
        "weft: the execution's time was over in the state A (-:2:30): States.Timeout: it took "
        "longer than the workflow's TimeoutSeconds, 1\n");
}

TEST_CASE("a failed execution as JSON has its state, its error and its cause apart") {
  const Ended failed =
      run("{\"StartAt\":\"A\",\n\"States\":{\"A\":{\"Type\":\"Fail\",\"Error\":\"Bad\",\"Cause\":"
          "\"why\"}}}",
          {"--json"});
  CHECK(failed.code == 1);
  const json::Value told = json::parse(failed.errors).value();
  CHECK(told.find("state")->as_string() == "A");
  CHECK(told.find("error")->as_string() == "Bad");
  CHECK(told.find("cause")->as_string() == "why");
  CHECK(told.find("position")->find("line")->as_number().to_uint64() == 2);
  CHECK(told.find("exit_code")->as_number().to_uint64() == 1);
  CHECK(told.find("failed_children") == nullptr);
}

constexpr const char* kEach = R"j({"StartAt":"Before","States":{
"Before":{"Type":"Map","ItemsPath":"$.first","ToleratedFailurePercentage":100,"ResultPath":null,
  "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
    "StartAt":"Fails","States":{"Fails":{"Type":"Fail","Error":"Other"}}},"Next":"Each"},
"Each":{"Type":"Map","ItemsPath":"$.then",
  "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
    "StartAt":"Odd","States":{
"Odd":{"Type":"Choice","Choices":[{"Variable":"$","NumericGreaterThan":1,"Next":"Bad"}],"Default":"Good"},
"Good":{"Type":"Pass","End":true},
"Bad":{"Type":"Fail","ErrorPath":"States.Format('E{}', $)","Cause":"why"}}},"End":true}}})j";

TEST_CASE("the first children of a distributed Map that failed are shown with their reasons") {
  const Ended few = run(kEach, {"--input", R"({"first":[1],"then":[1,2,1,3]})"});
  CHECK(few.errors ==
        "weft: the execution failed in the state Each (-:5:1): "
        "States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold was "
        "exceeded\n"
        "  child 1 failed in the state Bad (-:10:1): E2: why\n"
        "  child 3 failed in the state Bad (-:10:1): E3: why\n");
  const std::string many = R"({"first":[],"then":[2,3,4,5,6,7,8,1]})";
  CHECK(run(kEach, {"--input", many})
            .errors.ends_with("  child 4 failed in the state Bad (-:10:1): E6: why\n"
                              "  and 2 more failed\n"));
  const json::Value told = json::parse(run(kEach, {"--input", many, "--json"}).errors).value();
  CHECK(told.find("excerpt") == nullptr);
  const json::Value& children = *told.find("failed_children");
  CHECK(children.find("count")->as_number().to_uint64() == 7);
  CHECK(children.find("first")->size() == 5);
  CHECK(json::to_string(children.find("first")->as_array()[1]) ==
        R"({"index":1,"state":"Bad","error":"E3","cause":"why"})");
}

TEST_CASE("children that their Map run did not wait for have not failed") {
  const Ended ended = run(
      R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
          "StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$","Next":"F"},"F":{"Type":"Fail"}}},"End":true}}})",
      {"--input", "[3600,1,7200]", "--json"});
  const json::Value told = json::parse(ended.errors).value();
  CHECK(json::to_string(*told.find("failed_children")) ==
        R"({"count":1,"first":[{"index":1,"state":"F"}]})");
}

TEST_CASE("the state that failed is found among states, not in data that looks like them") {
  const Ended failed =
      run("{\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\",\"Result\":{\"States\":{\"In\":{"
          "}}},\"Next\":"
          "\"M\"},\n\"M\":{\"Type\":\"Parallel\",\"End\":true,\"Branches\":[{\"StartAt\":\"In\","
          "\"States\":{\n"
          "\"In\":{\"Type\":\"Fail\",\"Error\":\"Bad\"}}}]}}}");
  CHECK(failed.errors == "weft: the execution failed in the state In (-:3:1): Bad\n");
  const Ended in_map = run(
      "{\"QueryLanguage\":\"JSONata\",\"StartAt\":\"P\",\"States\":{\"P\":{\"Type\":\"Pass\","
      "\"Output\":"
      "{\"States\":{\"In\":{}}},\"Next\":\"M\"},\n\"M\":{\"Type\":\"Map\",\"Items\":[1],\"End\":"
      "true,"
      "\"ItemProcessor\":{\"StartAt\":\"In\",\"States\":{\n\"In\":{\"Type\":\"Task\",\"Resource\":"
      "\"arn:aws:states:::lambda:invoke\",\"End\":true}}}}}}");
  CHECK(in_map.code == 5);
  CHECK(in_map.errors.contains("-:3:1"));
}

TEST_CASE("a misspelt operator is told with the one that was likely meant") {
  const Ended ended = run(
      R"({"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{"Variable":"$.a","StringEqual":"x","Next":"B"}]},"B":{"Type":"Succeed"}}})");
  CHECK(ended.errors.contains("(SCHEMA_VALIDATION_FAILED); did you mean StringEquals?\n"));
  TestConsole test({}, R"({"StartAt":"A","States":{"A":{"Type":"Pass","Reslt":1,"End":true}}})");
  CHECK(test.run({"workflow", "validate", "-", "--json"}) == 2);
  const auto answer = json::parse(test.output());
  REQUIRE(answer.has_value());
  const json::Value diagnostic = answer->find("diagnostics")->as_array()[0];
  CHECK(diagnostic.find_string("message") == "Field 'Reslt' is not supported");
  CHECK(diagnostic.find_string("hint") == "did you mean Result?");
}

TEST_CASE("a definition with errors does not run") {
  const Ended wrong =
      run("{\"StartAt\":\"A\",\"States\":{\n\"A\":{\"Type\":\"Pas\",\"End\":true}}}");
  CHECK(wrong.code == 2);
  CHECK(wrong.output.empty());
  CHECK(wrong.errors.starts_with("-:2:13: error: "));
  CHECK(wrong.errors.ends_with("weft: - is no valid workflow: 1 error\n"));
  const Ended as_json = run("{}", {"--json"});
  const json::Value told = json::parse(as_json.errors).value();
  CHECK(told.find("code")->as_string() == "invalid_argument");
  CHECK(told.find("position")->find("line")->as_number().to_uint64() == 1);
}

TEST_CASE("an input that is no JSON is shown with a caret") {
  const Ended wrong = run(kEcho, {"--input", "{id: 7}"});
  CHECK(wrong.code == 2);
  CHECK(wrong.errors.starts_with("weft: --input: invalid JSON at line 1, column 2"));
  CHECK(wrong.errors.ends_with("  1 | {id: 7}\n       ^\n"));
  CHECK(run(kEcho, {"--input", "-"}).code == 2);
  CHECK(run(kEcho, {"--input", "@/none"}).errors == "weft: --input: there is no file /none\n");
  CHECK(run(kEcho, {"--mock", "/none"}).errors == "weft: --mock: there is no file /none\n");
  CHECK(run(kEcho, {"--input", ""}).errors.ends_with("the text is empty, expected a value\n"));
  const Ended large = run(kEcho, {"--input", "\"" + std::string(262'144, 'a') + "\""});
  CHECK(large.code == 6);
  CHECK(large.errors == "weft: --input is larger than 262144 bytes\n");
}

TEST_CASE("a Task that nothing answers is named with how to answer it") {
  const Ended unanswered = run(kTask);
  CHECK(unanswered.code == 5);
  CHECK(
      unanswered.errors.starts_with("weft: nothing answers the Task Charge (-:4:5), which calls "
                                    "the function card: give `--function card=FILE`"));
}

TEST_CASE("a function that nothing calls is told with what is called") {
  const Ended ended = run(kTask, {"--function", "crad=/dev/null"});
  CHECK(ended.errors.starts_with(
      "weft: no Task calls the function crad of --function: the workflow calls card\n"));
  CHECK(run(kEcho, {"--function", "card=/dev/null"})
            .errors.starts_with(
                "weft: no Task calls the function card of --function: the workflow calls none\n"));
  CHECK_FALSE(run(kTask, {"--function", "arn:aws:lambda:there:2:function:card:3=/dev/null"})
                  .errors.contains("no Task calls"));
}

TEST_CASE("what can be given only once is refused when it is given again") {
  for (const char* option : {"input", "mock", "name"}) {
    const std::string word = std::string("--") + option;
    const Ended ended = run(kEcho, {word, "{}", word, "{}"});
    CHECK(ended.code == 2);
    CHECK(ended.errors == "weft: " + word + " is given more than once, and only one can hold\n");
  }
  const Ended bucket = run(kEcho, {"--bucket", "b=/tmp", "--bucket", "b=/dev"});
  CHECK(bucket.code == 2);
  CHECK(bucket.errors == "weft: --bucket b=/dev: the bucket b is given twice\n");
}

constexpr const char* kTemplate = R"({
  "StartAt": "Wait",
  "States": {
    "Wait": {"Type": "Wait", "SecondsPath": "${Where}", "Next": "Charge"},
    "Charge": {"Type": "Task", "Resource": "${Charge.Arn}", "Parameters": {"Table": "${Table}"}, "End": true}
  }
})";

TEST_CASE("a placeholder that must have a value is named with its place") {
  const Ended unfilled = run(kTemplate);
  CHECK(unfilled.code == 2);
  CHECK(unfilled.errors ==
        "-:4:46: error: the placeholder ${Where} has no value: give `--substitute Where=VALUE` "
        "(PLACEHOLDER_WITHOUT_VALUE)\n"
        "  4 |     \"Wait\": {\"Type\": \"Wait\", \"SecondsPath\": \"${Where}\", \"Next\": "
        "\"Charge\"},\n"
        "                                                   ^\n"
        "weft: - is no valid workflow: 1 error\n");
  const Ended bare =
      run(R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":${S},"End":true}}})");
  CHECK(bare.errors.starts_with(
      "-:1:55: error: the placeholder ${S} has no value: give `--substitute S=VALUE`"));
}

TEST_CASE("a placeholder is filled in, and places are those of the file") {
  const Ended filled = run(kTemplate, {"--substitute", "Where=$.a.long.path.to.a.number", "--input",
                                       R"({"a":{"long":{"path":{"to":{"a":{"number":5}}}}}})"});
  CHECK(filled.code == 5);
  CHECK(
      filled.errors ==
      "weft: nothing answers the Task Charge (-:5:5), which calls ${Charge.Arn}: give `--function "
      "Charge.Arn=FILE`, or `--substitute Charge.Arn=VALUE`, or `--mock FILE`, where FILE has "
      "{\"Charge\": {\"result\": …}}\n");
  const Ended wrong = run(kTemplate, {"--substitute", "Where=seconds"});
  CHECK(wrong.errors.starts_with("-:4:45: error: "));
  CHECK(wrong.errors.contains("\"SecondsPath\": \"${Where}\""));
  TestConsole validated(
      {}, R"({"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":${S},"End":true}}})");
  CHECK(validated.run({"workflow", "validate", "-", "--substitute", "S=3"}) == 0);
  CHECK(run(kTemplate, {"--substitute", "Were=1"})
            .errors.contains("no placeholder ${Were}; did you mean Where?"));
}

TEST_CASE("an endless loop ends") {
  const Ended ended = run(R"({"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[
              {"Variable":"$.x","IsPresent":true,"Next":"B"}],"Default":"A"},"B":{"Type":"Succeed"}}})");
  CHECK(ended.code == 1);
  CHECK(ended.errors.find("the maximum number of history events (25000)") != std::string::npos);
}

TEST_CASE("options of one action are refused by the other") {
  TestConsole test({}, kEcho);
  CHECK(test.run({"workflow", "validate", "-", "--history"}) == 2);
  CHECK(test.errors().find("--history is for `weft workflow run`") != std::string::npos);
  CHECK(run(kEcho, {"--warnings"}).code == 2);
  CHECK(run(kEcho, {"--name", "a b"}).code == 2);
}

}  // namespace
}  // namespace weft::cli
