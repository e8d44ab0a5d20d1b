#include "workflow/test_state.h"

#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "json/parse.h"
#include "json/print.h"
#include "workflow/simulation.h"

namespace weft::workflow {
namespace {

constexpr std::int64_t kStartMillis = 1'700'000'000'000;
constexpr std::string_view kTask =
    R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Next":"Then",
        "Retry":[{"ErrorEquals":["Busy"],"IntervalSeconds":3,"MaxAttempts":2}],
        "Catch":[{"ErrorEquals":["Other"],"Next":"Else"},{"ErrorEquals":["States.ALL"],"Next":"Last"}]})";
constexpr std::string_view kMap =
    R"({"Type":"Map","ItemsPath":"$.list","ItemSelector":{"v.$":"$$.Map.Item.Value"},"MaxConcurrency":3,
        "ToleratedFailureCount":1,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
        "StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"End":true})";

class EchoingTasks final : public Services {
 public:
  void start(Simulation& simulation, const StartTask& task) override {
    simulation.post(TaskSucceeded{.task = task.task, .output = json::to_string(task.input)});
  }
  Outcome<json::Value> read(const ReadItems&) override { return json::Value(); }
  Outcome<json::Value> write(const WriteResults&) override { return json::Value(); }
};

const TestIdentity kIdentity{.machine_name = "m", .execution_name = "e"};

// The answer as text, or the error as "code: message".
std::string answer(const TestStateRequest& request) {
  auto prepared = prepare_test(request, kIdentity, nullptr);
  if (!prepared) return prepared.error().code + ": " + prepared.error().message;
  EchoingTasks services;
  Simulation simulation(prepared->definition, services, kStartMillis, 1);
  simulation.tested = &prepared->state;
  simulation.run(prepared->begin);
  return json::to_string(test_state_answer(*prepared, simulation.execution()));
}

TestStateRequest request_of(std::string_view definition, std::string_view input = "{}") {
  return {.definition = std::string(definition), .input = std::string(input)};
}

TestStateRequest failing(std::string_view definition, std::string error,
                         std::string_view input = "{}") {
  TestStateRequest request = request_of(definition, input);
  request.mock = TestStateRequest::Mock{.failure = Failure{.error = std::move(error)}};
  return request;
}

TestStateRequest giving(std::string_view definition, std::string result,
                        std::string_view input = "{}") {
  TestStateRequest request = request_of(definition, input);
  request.mock = TestStateRequest::Mock{.result = std::move(result)};
  return request;
}

TEST_CASE("a mocked result goes through the state's data flow, and the next state is named") {
  CHECK(answer(giving(kTask, R"({"a": 1})")) ==
        R"({"output":"{\"a\": 1}","nextState":"Then","status":"SUCCEEDED"})");
}

TEST_CASE("a task without a mock is done as in any execution") {
  TestStateRequest request = request_of(kTask, R"({"x":2})");
  request.role_arn = "arn:aws:iam::1:role/r";
  CHECK(answer(request) == R"({"output":"{\"x\":2}","nextState":"Then","status":"SUCCEEDED"})");
}

TEST_CASE("a mocked error is tried again as long as the retrier does, with its delay") {
  TestStateRequest request = failing(kTask, "Busy");
  request.level = InspectionLevel::kDebug;
  CHECK(
      answer(request) ==
      R"({"error":"Busy","inspectionData":{"input":"{}","afterInputPath":"{}","afterParameters":"{}","errorDetails":{"retryBackoffIntervalSeconds":3,"retryIndex":0}},"status":"RETRIABLE"})");
  request.retries = 1;
  CHECK(answer(request).find(R"("retryBackoffIntervalSeconds":6)") != std::string::npos);
  request.retries = 2;
  CHECK(answer(request).find(R"("catchIndex":1)") != std::string::npos);
}

TEST_CASE("a mocked error that is caught leads to the catcher's state") {
  CHECK(
      answer(failing(kTask, "Other")) ==
      R"({"output":"{\"Error\":\"Other\",\"Cause\":null}","error":"Other","nextState":"Else","status":"CAUGHT_ERROR"})");
}

TEST_CASE("a state shows what it makes of its data only where that is asked for") {
  constexpr std::string_view kPass =
      R"({"Type":"Pass","InputPath":"$.in","Parameters":{"k.$":"$.v"},"ResultPath":"$.out","End":true})";
  TestStateRequest request = request_of(kPass, R"({"in":{"v":1}})");
  CHECK(answer(request) ==
        R"({"output":"{\"in\":{\"v\":1},\"out\":{\"k\":1}}","status":"SUCCEEDED"})");
  request.level = InspectionLevel::kTrace;
  CHECK(
      answer(request) ==
      R"({"output":"{\"in\":{\"v\":1},\"out\":{\"k\":1}}","inspectionData":{"input":"{\"in\":{\"v\":1}}","afterInputPath":"{\"v\":1}","afterParameters":"{\"k\":1}","afterResultSelector":"{\"k\":1}","afterResultPath":"{\"in\":{\"v\":1},\"out\":{\"k\":1}}"},"status":"SUCCEEDED"})");
}

TEST_CASE("the arguments of JSONata and its result are shown") {
  constexpr std::string_view kJsonata =
      R"({"QueryLanguage":"JSONata","Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":{"a":"{% $states.input.x + 1 %}"},"Output":"{% $states.result.r %}","End":true})";
  TestStateRequest request = giving(kJsonata, R"({"r":5})", R"({"x":1})");
  request.level = InspectionLevel::kTrace;
  CHECK(
      answer(request) ==
      R"({"output":"5","inspectionData":{"input":"{\"x\":1}","afterArguments":"{\"a\":2}","result":"{\"r\":5}"},"status":"SUCCEEDED"})");
}

TEST_CASE("a Map shows its items, what each gets and its limits") {
  TestStateRequest request = giving(kMap, "[7,8]", R"({"list":[1,2]})");
  request.level = InspectionLevel::kTrace;
  const std::string shown = answer(request);
  for (const std::string_view part :
       {R"("afterItemsPath":"[1,2]")", R"("afterItemSelector":"[{\"v\":1},{\"v\":2}]")",
        R"("maxConcurrency":3)", R"("toleratedFailureCount":1)", R"("output":"[7,8]")"}) {
    CAPTURE(part);
    CHECK(shown.find(part) != std::string::npos);
  }
}

TEST_CASE("a Map's items are read from the data that is given, as its ItemReader says") {
  constexpr std::string_view kReading =
      R"({"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"},"Parameters":{"Bucket":"b","Key":"k"}},
          "ItemSelector":{"v.$":"$$.Map.Item.Value.n"},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
          "StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"End":true})";
  TestStateRequest request = giving(kReading, "[7,8]");
  CHECK(answer(request).starts_with("ValidationException: MapItemReaderData must be specified"));
  request.level = InspectionLevel::kTrace;
  request.read_items = "n\n1\n2\n";
  CHECK(answer(request).find(R"("afterItemSelector":"[{\"v\":\"1\"},{\"v\":\"2\"}]")") !=
        std::string::npos);
  request.read_items = "n,n\n";
  CHECK(answer(request) ==
        "ValidationException: MapItemReaderData: CSV headers cannot contain duplicates.");
}

// A Map with this ItemReader, tested with the data: what its items come to.
std::string read(std::string_view reader, std::string data, std::string_view input = "{}",
                 std::string_view language = "JSONPath") {
  const std::string_view selector = language == "JSONPath"
                                        ? R"({"v.$":"$$.Map.Item.Value"})"
                                        : R"({"v":"{% $states.context.Map.Item.Value %}"})";
  TestStateRequest request = giving(
      fmt::format(
          R"({{"Type":"Map","QueryLanguage":"{}","ItemReader":{},"ItemSelector":{},"ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},
              "StartAt":"In","States":{{"In":{{"Type":"Pass","End":true}}}}}},"End":true}})",
          language, reader, selector),
      "[]", input);
  request.level = InspectionLevel::kTrace;
  request.read_items = std::move(data);
  std::string shown = answer(request);
  const auto parsed = json::parse(shown);
  if (!parsed) return shown;
  const json::Value* const inspection = parsed->find("inspectionData");
  if (inspection == nullptr || inspection->find("afterItemSelector") == nullptr) return shown;
  return fmt::format("{} {}", inspection->find_string("afterItemsPointer").value_or("-"),
                     inspection->find_string("afterItemSelector").value_or(""));
}

TEST_CASE("the given data are the items themselves, not what names them") {
  constexpr std::string_view kGet =
      R"({{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{},"Parameters":{{"Bucket":"b","Key":"k"}}}})";
  // The text of a data file.
  CHECK(read(fmt::format(kGet, R"({"InputType":"JSONL","ManifestType":"ATHENA_DATA"})"),
             "{\"a\":1}\n{\"a\":2}\n") == R"(- [{"v":{"a":1}},{"v":{"a":2}}])");
  // The columns of an inventory are in its manifest.
  CHECK(read(fmt::format(kGet, R"({"InputType":"MANIFEST"})"), R"([{"Bucket":"b","Key":"k"}])") ==
        R"(- [{"v":{"Bucket":"b","Key":"k"}}])");
  constexpr std::string_view kList =
      R"({{"Resource":"arn:aws:states:::s3:listObjectsV2","ReaderConfig":{},"Parameters":{{"Bucket":"b"}}}})";
  CHECK(read(fmt::format(kList, "{}"), R"([{"Key":"x","Size":3}])") ==
        R"(- [{"v":{"Key":"x","Size":3}}])");
  CHECK(
      read(
          fmt::format(
              kList,
              R"({"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW","Transformation":"LOAD_AND_FLATTEN"})"),
          "n\n1\n") == R"(- [{"v":{"n":"1"}}])");
  CHECK(read(fmt::format(kList, "{}"), "{}") ==
        "ValidationException: MapItemReaderData: Attempting to map over non-iterable node.");
}

TEST_CASE("of the given items a tested Map takes as many as its ItemReader does") {
  constexpr std::string_view kReader =
      R"({{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{{"InputType":"JSON"{}}},"{}":{{"Bucket":"b","Key":"k"}}}})";
  const auto path = [&](std::string_view config, std::string_view input) {
    return read(fmt::format(kReader, config, "Parameters"), "[1,2,3]", input);
  };
  CHECK(path(R"(,"MaxItems":2)", "{}") == R"(- [{"v":1},{"v":2}])");
  CHECK(path(R"(,"MaxItemsPath":"$.most")", R"({"most":1})") == R"(- [{"v":1}])");
  CHECK(path(R"(,"MaxItemsPath":"$.most")", R"({"most":0})") == R"(- [{"v":1},{"v":2},{"v":3}])");
  CHECK(path(R"(,"MaxItemsPath":"$.most")", "{}").find(R"("error":"States.Runtime")") !=
        std::string::npos);
  CHECK(read(fmt::format(kReader, R"(,"MaxItems":"{% $states.input.most + 1 %}")", "Arguments"),
             "[1,2,3]", R"({"most":1})", "JSONata") == R"(- [{"v":1},{"v":2}])");
}

TEST_CASE("what the ItemsPointer leads to is shown before MaxItems cuts it") {
  constexpr std::string_view kReader =
      R"({{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{{"InputType":"JSON","ItemsPointer":"/list","MaxItems":1}},"{}":{{"Bucket":"b","Key":"k"}}}})";
  CHECK(read(fmt::format(kReader, "Parameters"), R"({"list":[1,2]})") == R"([1,2] [{"v":1}])");
  // AWS: not in JSONata.
  CHECK(read(fmt::format(kReader, "Arguments"), R"({"list":[1,2]})", "{}", "JSONata") ==
        R"(- [{"v":1}])");
}

TEST_CASE("an item that a tested Map is at is the context's, whatever context is given") {
  TestStateRequest request = giving(
      R"({"Type":"Map","ItemsPath":"$.list","ItemSelector":{"v.$":"$$.Map.Item.Value","run.$":"$$.Execution.Id","own.$":"$$.Map.Own"},
          "ItemProcessor":{"StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"End":true})",
      "[]", R"({"list":[1,2]})");
  request.level = InspectionLevel::kTrace;
  request.context = R"({"Execution":{"Id":"x"},"Map":{"Item":{"Value":"outer"},"Own":9}})";
  CHECK(
      answer(request).find(
          R"("afterItemSelector":"[{\"v\":1,\"run\":\"x\",\"own\":9},{\"v\":2,\"run\":\"x\",\"own\":9}]")") !=
      std::string::npos);
}

TEST_CASE("the variables after the state are shown, given ones and those it assigns") {
  TestStateRequest request =
      request_of(R"({"Type":"Pass","Assign":{"b":2,"c.$":"$.x"},"End":true})", R"({"x":3})");
  request.variables = R"({"a":1,"b":1})";
  request.level = InspectionLevel::kDebug;
  CHECK(answer(request).find(R"("variables":"{\"a\":1,\"b\":2,\"c\":3}")") != std::string::npos);
  request.level = InspectionLevel::kInfo;
  CHECK(answer(request).find("variables") == std::string::npos);
}

TEST_CASE("items that are much larger than the data they are read from are refused") {
  std::string reading =
      R"({"Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":[)";
  for (int column = 0; column < 2000; ++column)
    reading += fmt::format("{}\"c{}\"", column == 0 ? "" : ",", column);
  reading +=
      R"(]},"Parameters":{"Bucket":"b","Key":"k"}},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
          "StartAt":"In","States":{"In":{"Type":"Pass","End":true}}},"End":true})";
  TestStateRequest request = giving(reading, "[]");
  for (int row = 0; row < 5000; ++row)
    request.read_items.emplace(request.read_items.value_or("") + "a\n");
  CHECK(answer(request) ==
        "ValidationException: MapItemReaderData: The items take more than 16777216 bytes.");
}

TEST_CASE("a Map fails when more of its iterations did than it tolerates") {
  TestStateRequest request = giving(kMap, "[7,8]", R"({"list":[1,2]})");
  request.failed_iterations = 1;
  CHECK(answer(request).ends_with(R"("status":"SUCCEEDED"})"));
  request.failed_iterations = 2;
  CHECK(
      answer(request) ==
      R"({"error":"States.ExceedToleratedFailureThreshold","cause":"The specified tolerated failure threshold was exceeded","status":"FAILED"})");
}

TEST_CASE("a state of a whole is found by its name, also inside others") {
  const std::string whole = R"({"StartAt":"M","States":{"M":)" + std::string(kMap) + "}}";
  TestStateRequest request = request_of(whole, "5");
  request.state_name = "In";
  CHECK(answer(request) == R"({"output":"5","status":"SUCCEEDED"})");
  request.state_name = "Out";
  CHECK(answer(request) == "ValidationException: State not found in definition");
}

TEST_CASE("a state inside a Map is in its first iteration, unless a context is given") {
  constexpr std::string_view kWhole =
      R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"P","States":{
          "P":{"Type":"Parallel","End":true,"Branches":[{"StartAt":"In","States":{
          "In":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","ResultSelector":{"item.$":"$$.Map.Item"},"End":true}}}]}}}}}})";
  TestStateRequest request = giving(kWhole, "{}", R"({"x":1})");
  request.state_name = "In";
  CHECK(answer(request) ==
        R"({"output":"{\"item\":{\"Index\":0,\"Value\":{\"x\":1}}}","status":"SUCCEEDED"})");
  request.context = R"({"Map":{"Item":{"Index":7}}})";
  CHECK(answer(request) == R"({"output":"{\"item\":{\"Index\":7}}","status":"SUCCEEDED"})");
}

TEST_CASE("a context that is given is the context object; else it is that of the test") {
  constexpr std::string_view kReads =
      R"({"Type":"Pass","Parameters":{"id.$":"$$.Execution.Id","state.$":"$$.State.Name"},"End":true})";
  CHECK(
      answer(request_of(kReads)) ==
      R"({"output":"{\"id\":\"arn:aws:states:us-east-1:123456789012:express:m:e\",\"state\":\"StateName\"}","status":"SUCCEEDED"})");
  constexpr std::string_view kTaskReads =
      R"({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","ResultSelector":{"c.$":"$$.mine"},"End":true})";
  TestStateRequest request = giving(kTaskReads, "{}");
  request.context = R"({"mine":3})";
  CHECK(answer(request) == R"({"output":"{\"c\":3}","status":"SUCCEEDED"})");
}

TEST_CASE("variables that are given are there") {
  TestStateRequest request =
      request_of(R"({"Type":"Pass","Parameters":{"v.$":"$name.first"},"End":true})");
  request.variables = R"({"name":{"first":"Ada"}})";
  CHECK(answer(request) == R"({"output":"{\"v\":\"Ada\"}","status":"SUCCEEDED"})");
}

TEST_CASE("a Choice names where it leads, and a Wait waits") {
  CHECK(
      answer(request_of(
          R"({"Type":"Choice","Choices":[{"Variable":"$.a","NumericEquals":1,"Next":"One"}],"Default":"Other"})",
          R"({"a":1})")) == R"({"output":"{\"a\":1}","nextState":"One","status":"SUCCEEDED"})");
  CHECK(answer(request_of(R"({"Type":"Wait","Seconds":100,"End":true})")) ==
        R"({"output":"{}","status":"SUCCEEDED"})");
}

TEST_CASE("a Fail state fails with what it says") {
  CHECK(answer(request_of(R"({"Type":"Fail","Error":"E","Cause":"C"})")) ==
        R"({"error":"E","cause":"C","status":"FAILED"})");
}

TEST_CASE("what cannot be tested is refused with the reason") {
  struct Case {
    TestStateRequest request;
    std::string_view refusal;
  };
  TestStateRequest both = giving(kTask, "{}");
  both.mock->failure = Failure{};
  TestStateRequest revealing = giving(kTask, "{}");
  revealing.reveals_secrets = true;
  TestStateRequest with_context = request_of(kTask);
  with_context.context = "{}";
  TestStateRequest with_variables = request_of(R"({"Type":"Succeed"})");
  with_variables.variables = "[]";
  for (const Case& one : {
           Case{both, "ValidationException: A test mock should have only one of the following"},
           Case{revealing, "ValidationException: TestState does not support RevealSecrets"},
           Case{with_context, "ValidationException: TestState does not support Context when"},
           Case{with_variables, "ValidationException: Variables must be a JSON object."},
           Case{request_of(kTask), "ValidationException: RoleArn must be specified"},
           Case{request_of(kMap), "InvalidDefinition: TestState API does not support Map or"},
           Case{giving(kTask, "{"), "ValidationException: Mocked result must be valid JSON: "},
           Case{giving(kMap, "{}"), "ValidationException: Mocked result must be an array."},
           Case{giving(R"({"Type":"Succeed"})", "1"),
                "ValidationException: State type 'Succeed' is not supported when a mock"},
           Case{request_of(R"({"Type":"Succeed"})", "{"),
                "InvalidExecutionInput: Invalid State Machine Execution Input: "},
           Case{request_of(R"({"Type":"Succeed"})", '"' + std::string(300'000, 'a') + '"'),
                "InvalidExecutionInput: Input is longer than 262144 bytes."},
           Case{request_of(R"({"Type":"Nothing"})"), "InvalidDefinition: Invalid State Machine"},
           Case{request_of("{"), "InvalidDefinition: Invalid State Machine Definition: "},
       }) {
    CAPTURE(one.refusal);
    CAPTURE(answer(one.request));
    CHECK(answer(one.request).starts_with(one.refusal));
  }
}

}  // namespace
}  // namespace weft::workflow
