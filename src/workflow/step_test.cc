#include "workflow/step.h"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "json/parse.h"
#include "workflow/simulation.h"

namespace weft::workflow {
namespace {

constexpr std::int64_t kStartMillis = 1'700'000'000'000;

Definition definition_of(std::string_view text) {
  const auto document = json::parse(text);
  REQUIRE_MESSAGE(document.has_value(), document.error().message());
  auto definition = Definition::compile(*document);
  REQUIRE_MESSAGE(definition.has_value(), definition.error().message());
  return *std::move(definition);
}

// Answers as its functions say: `task` for tasks, an array for readers.
class Answers final : public Services {
 public:
  using Task = std::function<void(Simulation&, const StartTask&)>;

  explicit Answers(Task task = {}) : task_(std::move(task)) {}

  void start(Simulation& simulation, const StartTask& task) override {
    started.push_back(task);
    if (task_) task_(simulation, task);
  }
  Outcome<json::Value> read(const ReadItems& request) override {
    reads.push_back(request);
    return items;
  }
  void child_ended(const StartChild&, const Simulation& child) override {
    const auto& output = child.execution().output;
    outputs.emplace_back(output ? output->text().as_string() : "failed");
  }
  Outcome<json::Value> write(const WriteResults& request) override {
    writes.push_back(request);
    return json::Value("written");
  }

  std::vector<StartTask> started;
  std::vector<ReadItems> reads;
  std::vector<WriteResults> writes;
  std::vector<std::string> outputs;  // of children of distributed Maps, in the order of their ends
  Outcome<json::Value> items = json::Value::array({});

 private:
  Task task_;
};

void echo(Simulation& simulation, const StartTask& task) {
  simulation.post(TaskSucceeded{.task = task.task, .output = json::to_string(task.input)}, 1);
}

Answers::Task failing(const std::string& error, const std::string& cause = "why") {
  return [=](Simulation& simulation, const StartTask& task) {
    simulation.post(TaskFailed{.task = task.task, .error = error, .cause = cause}, 1);
  };
}

struct Ran {
  Status status = Status::kRunning;
  std::string output = {};   // JSON, or "ERROR: CAUSE"
  std::string history = {};  // "1<0 ExecutionStarted\n…"
  std::vector<HistoryEvent> events = {};
  std::int64_t millis = 0;  // how long it took

  json::Value details(std::size_t event) const { return events.at(event - 1).details; }
};

struct How {
  Answers* answers = nullptr;
  SimulationLimits limits = {};
  Simulation::BeforeEvent before_event = {};
  std::uint64_t seed = 1;
};

Ran run(std::string_view text, std::string input = "{}", const How& how = {}) {
  const Definition definition = definition_of(text);
  Answers echoing(echo);
  Simulation simulation(definition, how.answers != nullptr ? *how.answers : echoing, kStartMillis,
                        how.seed, how.limits);
  simulation.before_event = how.before_event;
  simulation.run({.identity = {.arn = "arn:aws:states:here:1:execution:m:e",
                               .name = "e",
                               .role_arn = "role",
                               .machine_arn = "arn:aws:states:here:1:stateMachine:m",
                               .machine_name = "m"},
                  .input = std::move(input)});
  const Execution& ended = simulation.execution();
  Ran ran{.status = ended.status,
          .events = simulation.history(),
          .millis = simulation.millis() - kStartMillis};
  if (ended.output) ran.output = ended.output->text().as_string();
  if (ended.failure) {
    ran.output = fmt::format("{}: {}", ended.failure->error.value_or("-"),
                             ended.failure->cause.value_or("-"));
  }
  for (const HistoryEvent& event : ran.events)
    ran.history += fmt::format("{}<{} {}\n", event.id, event.previous, name_of(event.type));
  return ran;
}

// Stores the execution and takes it up again.
void resume(const Definition& definition, Execution& execution, const Event&) {
  auto again = execution_of(to_text(execution), definition);
  REQUIRE(again.has_value());
  CHECK(to_text(*again) == to_text(execution));
  execution = *std::move(again);
}

// One state, which ends.
std::string one(std::string_view members) {
  return fmt::format(R"({{"StartAt":"A","States":{{"A":{{{},"End":true}}}}}})", members);
}

constexpr std::string_view kTask = R"("Type":"Task","Resource":"arn:aws:states:::lambda:invoke")";

TEST_CASE("each state is entered and exited, and each event follows the one before") {
  const Ran ran = run(R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"},
                          "B":{"Type":"Succeed"}}})",
                      R"({ "a": 1 })");
  CHECK(ran.status == Status::kSucceeded);
  CHECK(ran.history ==
        "1<0 ExecutionStarted\n2<0 PassStateEntered\n3<2 PassStateExited\n"
        "4<3 SucceedStateEntered\n5<4 SucceedStateExited\n6<5 ExecutionSucceeded\n");
  // What nobody touched is as it was written.
  CHECK(ran.output == R"({ "a": 1 })");
}

TEST_CASE("an event has its time in seconds") {
  const auto time_of = [](std::int64_t millis) {
    return json::to_string(*to_json(HistoryEvent{.id = 1, .millis = millis}).find("timestamp"));
  };
  CHECK(time_of(1'763'725'011'042) == "1763725011.042");
  CHECK(time_of(-1'500) == "-1.500");
}

TEST_CASE("data flow from InputPath to OutputPath") {
  struct Case {
    std::string_view members;
    std::string_view input;
    std::string_view output;
  };
  for (
      const Case& each : std::initializer_list<Case>{
          {R"("Type":"Pass","InputPath":"$.a")", R"({"a": [1, 2]})", "[1,2]"},
          {R"("Type":"Pass","InputPath":null)", R"({"a":1})", "{}"},
          {R"("Type":"Pass","Result":{"r":1},"ResultPath":"$.b")", R"({"a":1})",
           R"({"a":1,"b":{"r":1}})"},
          {R"("Type":"Pass","Result":1,"ResultPath":null)", R"({"a":1})", R"({"a":1})"},
          {R"("Type":"Pass","OutputPath":"$.a")", R"({"a":{"b":2}})", R"({"b":2})"},
          {R"("Type":"Pass","OutputPath":null)", R"({"a":1})", "{}"},
          {R"("Type":"Pass","Parameters":{"x.$":"$.a","y":2})", R"({"a":1})", R"({"x":1,"y":2})"},
          {R"("Type":"Pass","Parameters":{"x.$":"$$.State.Name"})", "{}", R"({"x":"A"})"},
          {R"("Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.input.a + 1 %}")",
           R"({"a":1})", "2"},
          {R"("Type":"Pass","QueryLanguage":"JSONata","Output":{"n":"{% $states.context.State.Name %}"})",
           "{}", R"({"n":"A"})"},
      }) {
    CAPTURE(each.members);
    CHECK(run(one(each.members), std::string(each.input)).output == each.output);
  }
}

TEST_CASE("an expression sees the context object whatever way it takes to it") {
  for (const std::string_view expression :
       {"$states.context.State.Name", "$lookup($states, 'context').State.Name",
        "$states . context.State.Name", "$states.`context`.State.Name", "$states.*.State.Name",
        "$states.input.%.*.State.Name", "$states.input.({'s': %}).s.*.State.Name",
        "($s := $states; $s.context.State.Name)", "[$states.input, $states][1].**.State.Name"}) {
    CAPTURE(expression);
    const Ran ran =
        run(one(fmt::format(R"("Type":"Pass","QueryLanguage":"JSONata","Output":"{{% {} %}}")",
                            expression)),
            R"({"a":1})");
    CHECK(ran.output == R"("A")");
  }
  CHECK(run(one(R"("Type":"Pass","QueryLanguage":"JSONata","Output":"{% $states.input.a %}")"),
            R"({"a":1})")
            .output == "1");
}

TEST_CASE("a path that leads nowhere ends the execution") {
  const Ran ran = run(one(R"("Type":"Pass","OutputPath":"$.no")"));
  CHECK(ran.status == Status::kFailed);
  CHECK(ran.output ==
        "States.Runtime: An error occurred while executing the state 'A' (entered at the event id "
        "#2). Invalid path '$.no' : No results for path: $['no']");
  CHECK(ran.history == "1<0 ExecutionStarted\n2<0 PassStateEntered\n3<2 ExecutionFailed\n");
}

TEST_CASE("variables are assigned when a state ends, and seen by later ones") {
  const Ran ran = run(R"({"StartAt":"A","States":{
      "A":{"Type":"Pass","Assign":{"x":1,"y.$":"$.a"},"Next":"B"},
      "B":{"Type":"Pass","Parameters":{"x.$":"$x","y.$":"$y.b"},"End":true}}})",
                      R"({"a":{"b":"c"}})");
  CHECK(ran.output == R"({"x":1,"y":"c"})");
  CHECK(json::to_string(*ran.details(3).find("assignedVariables")) ==
        R"({"x":"1","y":"{\"b\":\"c\"}"})");
}

TEST_CASE("states inside a state have the language of the whole machine") {
  CHECK(
      run(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","QueryLanguage":"JSONata","Branches":[
      {"StartAt":"A","States":{"A":{"Type":"Pass","Parameters":{"b.$":"$.a"},"End":true}}}],
      "Output":"{% $states.result[0] %}","End":true}}})",
          R"({"a":1})")
          .output == R"({"b":1})");
}

TEST_CASE("an item that comes to nothing takes the iterations before it down") {
  const Ran ran = run(R"({"QueryLanguage":"JSONata","StartAt":"M","States":{
      "M":{"Type":"Map","Items":[1,"x"],"ItemSelector":"{% 1 + $states.context.Map.Item.Value %}",
        "ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Wait","Seconds":1,"End":true}}},
        "Catch":[{"ErrorEquals":["States.ALL"],"Output":"caught","Next":"W"}],"End":true},
      "W":{"Type":"Wait","Seconds":9,"End":true}}})");
  CHECK(ran.status == Status::kSucceeded);
  CHECK(ran.output == "\"caught\"");
  CHECK(ran.history.find("MapIterationAborted") != ran.history.npos);
  CHECK(ran.history.find("WaitStateEntered") == ran.history.rfind("WaitStateEntered"));
}

TEST_CASE("a choice goes where the first rule that matches says") {
  constexpr std::string_view kChoice = R"({"StartAt":"C","States":{
      "C":{"Type":"Choice","Choices":[
        {"Variable":"$.n","NumericGreaterThan":10,"Next":"Big"},
        {"And":[{"Variable":"$.n","IsPresent":true},{"Not":{"Variable":"$.n","IsNumeric":true}}],
         "Next":"Odd"}],"Default":"Small"},
      "Big":{"Type":"Pass","Result":"big","End":true},
      "Odd":{"Type":"Pass","Result":"odd","End":true},
      "Small":{"Type":"Pass","Result":"small","End":true}}})";
  CHECK(run(kChoice, R"({"n":11})").output == "\"big\"");
  CHECK(run(kChoice, R"({"n":10})").output == "\"small\"");
  CHECK(run(kChoice, R"({"n":"x"})").output == "\"odd\"");
  const Ran lost = run(R"({"StartAt":"C","States":{"C":{"Type":"Choice","Choices":[
      {"Variable":"$.n","IsNull":true,"Next":"D"}]},"D":{"Type":"Succeed"}}})",
                       R"({"n":1})");
  CHECK(lost.status == Status::kFailed);
}

TEST_CASE("a pattern's star stands for any text, behind a backslash for itself") {
  const auto matches = [](std::string_view pattern, std::string_view text) {
    const std::string definition = fmt::format(
        R"({{"StartAt":"C","States":{{"C":{{"Type":"Choice","Choices":[{{"Variable":"$","StringMatches":"{}","Next":"Y"}}],"Default":"N"}},
            "Y":{{"Type":"Pass","Result":true,"End":true}},"N":{{"Type":"Pass","Result":false,"End":true}}}}}})",
        pattern);
    return run(definition, fmt::format("\"{}\"", text)).output == "true";
  };
  CHECK(matches("log-*.txt", "log-2024.txt"));
  CHECK(matches("*", ""));
  CHECK(matches("a*b*c", "a-b-b-c"));
  CHECK_FALSE(matches("a*b", "a-b-c"));
  CHECK_FALSE(matches("a", "ab"));
  CHECK(matches(R"(a\\*)", "a*"));
  CHECK_FALSE(matches(R"(a\\*)", "ab"));
  CHECK(matches("*a*a*a*a*a*b", std::string(2'000, 'a') + "b"));
}

TEST_CASE("waits take the time that they say") {
  CHECK(run(one(R"("Type":"Wait","Seconds":5)")).millis == 5'000);
  CHECK(run(one(R"("Type":"Wait","SecondsPath":"$.s")"), R"({"s":7})").millis == 7'000);
  CHECK(run(one(R"("Type":"Wait","Timestamp":"2023-11-14T22:13:30Z")")).millis == 10'000);
  CHECK(run(one(R"("Type":"Wait","Timestamp":"2000-01-01T00:00:00Z")")).millis == 0);
  CHECK(run(one(R"("Type":"Wait","QueryLanguage":"JSONata","Seconds":"{% 1 + 1 %}")")).millis ==
        2'000);
  CHECK(run(one(R"("Type":"Wait","SecondsPath":"$.s")"), R"({"s":-1})")
            .output.ends_with("The SecondsPath parameter references a negative value: $.s == -1"));
}

TEST_CASE("a task is given out with its parameters and ends with its answer") {
  Answers answers(echo);
  const Ran ran =
      run(one(fmt::format(R"({},"Parameters":{{"p.$":"$.a"}},"TimeoutSeconds":60)", kTask)),
          R"({"a":1})", {.answers = &answers});
  CHECK(ran.output == R"({"p":1})");
  REQUIRE(answers.started.size() == 1);
  CHECK(answers.started[0].resource == "arn:aws:states:::lambda:invoke");
  CHECK(answers.started[0].timeout_seconds == 60);
  CHECK(answers.started[0].token.size() > 32);
  CHECK(ran.history ==
        "1<0 ExecutionStarted\n2<0 TaskStateEntered\n3<2 TaskScheduled\n4<3 TaskStarted\n"
        "5<4 TaskSucceeded\n6<5 TaskStateExited\n7<6 ExecutionSucceeded\n");
  CHECK(ran.details(3).find("region")->as_string() == "here");
}

TEST_CASE("a task that nobody answers times out") {
  Answers silent;
  const Ran ran =
      run(one(fmt::format(R"({},"TimeoutSeconds":3)", kTask)), "{}", {.answers = &silent});
  CHECK(ran.output == "States.Timeout: -");
  CHECK(ran.millis == 3'000);
  // A heartbeat puts the end off, from the start of the task on.
  Answers beating([](Simulation& simulation, const StartTask& task) {
    simulation.post(TaskStarted{.task = task.task}, 0);
    simulation.post(TaskHeartbeat{.task = task.task}, 1'500);
  });
  CHECK(run(one(fmt::format(R"({},"HeartbeatSeconds":2)", kTask)), "{}", {.answers = &beating})
            .millis == 3'500);
}

TEST_CASE("a heartbeat that does not come is taken by its own name, too") {
  constexpr std::string_view kBeats =
      R"({{"StartAt":"A","States":{{"A":{{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":20,"HeartbeatSeconds":5,
          "Catch":[{{"ErrorEquals":["{}"],"Next":"B"}}],"End":true}},"B":{{"Type":"Succeed"}}}}}})";
  const auto takes = [&](std::string_view error, bool is_started) {
    Answers never([=](Simulation& simulation, const StartTask& task) {
      if (is_started) simulation.post(TaskStarted{.task = task.task});
    });
    return run(fmt::format(kBeats, error), "{}", {.answers = &never}).status == Status::kSucceeded;
  };
  CHECK(takes("States.HeartbeatTimeout", true));
  CHECK(takes("States.Timeout", true));
  // Nobody has begun, so no heartbeat is due.
  CHECK_FALSE(takes("States.HeartbeatTimeout", false));
  CHECK(takes("States.Timeout", false));
}

TEST_CASE("an answer that comes too late, or twice, changes nothing") {
  Answers late([](Simulation& simulation, const StartTask& task) {
    simulation.post(TaskSucceeded{.task = task.task, .output = "1"}, 1);
    simulation.post(TaskSucceeded{.task = task.task, .output = "2"}, 2);
    simulation.post(TaskFailed{.task = task.task + 1}, 3);
  });
  const Ran ran = run(R"({"StartAt":"A","States":{
      "A":{"Type":"Task","Resource":"arn:aws:lambda:here:1:function:f","Next":"B"},
      "B":{"Type":"Wait","Seconds":1,"End":true}}})",
                      "{}", {.answers = &late});
  CHECK(ran.output == "1");
}

TEST_CASE("a retrier tries again, at growing intervals, and gives up") {
  Answers answers(failing("Busy"));
  const Ran ran = run(one(fmt::format(R"({},"Retry":[{{"ErrorEquals":["Other"]}},
      {{"ErrorEquals":["Busy"],"IntervalSeconds":2,"MaxAttempts":3,"BackoffRate":3,"MaxDelaySeconds":10}}])",
                                      kTask)),
                      "{}", {.answers = &answers});
  CHECK(answers.started.size() == 4);
  CHECK(ran.millis == 2'000 + 6'000 + 10'000 + 4);
  CHECK(ran.output == "Busy: why");
}

TEST_CASE("States.ALL takes what tasks end with, and not what the machine is to blame for") {
  constexpr std::string_view kCatch =
      R"("Catch":[{"ErrorEquals":["States.ALL"],"ResultPath":"$.e","Next":"B"}],"End":true},
         "B":{"Type":"Pass","End":true}}})";
  Answers answers(failing("Bad"));
  const Ran caught = run(fmt::format(R"({{"StartAt":"A","States":{{"A":{{{},{})", kTask, kCatch),
                         R"({"a":1})", {.answers = &answers});
  CHECK(caught.output == R"({"a":1,"e":{"Error":"Bad","Cause":"why"}})");
  const Ran fatal = run(
      fmt::format(R"({{"StartAt":"A","States":{{"A":{{{},"InputPath":"$.no",{})", kTask, kCatch));
  CHECK(fatal.status == Status::kFailed);
  CHECK(fatal.output.starts_with("States.Runtime: "));
}

TEST_CASE("data that is too large is taken by its name, and by States.ALL") {
  for (const char* error : {"States.DataLimitExceeded", "States.ALL"}) {
    const Ran ran = run(
        fmt::format(
            R"({{"QueryLanguage":"JSONata","StartAt":"M","States":{{"M":{{"Type":"Map","Items":[1],
                "ItemProcessor":{{"StartAt":"P","States":{{"P":{{"Type":"Pass","Output":"{{% $pad('', 99) %}}","End":true}}}}}},
                "Catch":[{{"ErrorEquals":["{}"],"Output":"taken","Next":"S"}}],"End":true}},"S":{{"Type":"Succeed"}}}}}})",
            error),
        "{}", {.limits = {.step = {.payload_bytes = 100}}});
    CHECK(ran.output == "\"taken\"");
  }
}

TEST_CASE("an error and its cause are as long as AWS lets them be") {
  std::string cause = "c";
  for (int i = 0; i < 40'000; ++i)
    cause += "\xC3\xA4";
  Answers telling(failing(std::string(300, 'E'), cause));
  const Ran ran = run(one(kTask), "{}", {.answers = &telling});
  CHECK(ran.output == std::string(256, 'E') + ": " + cause.substr(0, 1 + 2 * 32'767));
}

TEST_CASE("a Fail state's error and cause are cut, too") {
  const Ran ran =
      run(R"({"StartAt":"A","States":{"A":{"Type":"Fail","ErrorPath":"$.e","CausePath":"$.c"}}})",
          fmt::format(R"({{"e":"{}","c":"{}"}})", std::string(300, 'e'), std::string(40'000, 'c')));
  CHECK(ran.output == std::string(256, 'e') + ": " + std::string(32'768, 'c'));
}

TEST_CASE("a timeout that is caught has an empty cause, and another error none") {
  constexpr std::string_view kCaught =
      R"({"StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":2,
          "Catch":[{"ErrorEquals":["States.ALL"],"Next":"B"}],"End":true},"B":{"Type":"Succeed"}}})";
  Answers silent;
  CHECK(run(kCaught, "{}", {.answers = &silent}).output ==
        R"({"Error":"States.Timeout","Cause":""})");
  Answers unexplained([](Simulation& simulation, const StartTask& task) {
    simulation.post(TaskFailed{.task = task.task});
  });
  CHECK(run(kCaught, "{}", {.answers = &unexplained}).output == R"({"Error":null,"Cause":null})");
}

TEST_CASE("history names a service and what it is asked for") {
  struct Name {
    const char* resource;
    const char* type;
    const char* call;
  };
  for (const Name& name :
       {Name{"arn:aws:states:::lambda:invoke.waitForTaskToken", "lambda",
             "invoke.waitForTaskToken"},
        Name{"arn:aws:states:::states:startExecution.sync:2", "states", "startExecution.sync:2"},
        Name{"arn:aws:states:::aws-sdk:s3:getObject", "aws-sdk:s3", "getObject"}}) {
    const Ran ran = run(one(fmt::format(R"("Type":"Task","Resource":"{}")", name.resource)));
    CHECK(ran.details(3).find_string("resourceType") == name.type);
    CHECK(ran.details(3).find_string("resource") == name.call);
  }
}

TEST_CASE("an inline Map has its items from its input, though it has an ItemReader") {
  CHECK(
      run(one(R"("Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject"},"ItemProcessor":{"StartAt":"S","States":{"S":{"Type":"Succeed"}}})"),
          "[1,2]")
          .output == "[1,2]");
}

TEST_CASE("nothing waits longer than until the year 9999, and what follows can be stored") {
  constexpr std::string_view kLate =
      R"({"StartAt":"W","States":{"W":{"Type":"Wait","Timestamp":"9999-12-31T23:59:59Z","Next":"T"},
          "T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,
            "Catch":[{"ErrorEquals":["States.Timeout"],"Next":"N"}],"End":true},"N":{"Type":"Succeed"}}})";
  Answers silent;
  CHECK(run(kLate, "{}", {.answers = &silent, .before_event = resume}).status ==
        Status::kSucceeded);
}

TEST_CASE("a state that fails says so once, though its catcher fails as well") {
  const Ran ran = run(
      R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":[1],
          "ItemProcessor":{"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}},
          "Catch":[{"ErrorEquals":["E"],"Output":"{% $pad('', 99) %}","Next":"S"}],"End":true},"S":{"Type":"Succeed"}}})",
      "{}", {.limits = {.step = {.payload_bytes = 100}}});
  CHECK(ran.status == Status::kFailed);
  CHECK(ran.history.find("MapStateFailed") == ran.history.rfind("MapStateFailed"));
}

TEST_CASE("branches run beside each other, and their outputs come in order") {
  constexpr std::string_view kParallel =
      R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
      {"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":2,"Next":"A2"},"A2":{"Type":"Pass","Result":"a","End":true}}},
      {"StartAt":"B","States":{"B":{"Type":"Pass","Result":"b","End":true}}}],"End":true}}})";
  const Ran ran = run(kParallel);
  CHECK(ran.output == R"(["a","b"])");
  CHECK(ran.millis == 2'000);
}

TEST_CASE("a branch that fails takes the others down") {
  const Ran ran = run(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
      {"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":9,"End":true}}},
      {"StartAt":"B","States":{"B":{"Type":"Fail","Error":"E","Cause":"c"}}}],
      "Catch":[{"ErrorEquals":["E"],"Next":"D"}],"End":true},"D":{"Type":"Pass","End":true}}})");
  CHECK(ran.output == R"({"Error":"E","Cause":"c"})");
  CHECK(ran.millis == 0);
}

TEST_CASE("a failure in a branch of a branch takes all of them down") {
  Answers answers;
  const Ran ran = run(R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
      {"StartAt":"Q","States":{"Q":{"Type":"Parallel","End":true,"Branches":[
        {"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":9,"End":true}}},
        {"StartAt":"B","States":{"B":{"Type":"Wait","Seconds":1,"Next":"C"},"C":{"Type":"Fail","Error":"E","Cause":"c"}}}]}}},
      {"StartAt":"D","States":{"D":{"Type":"Wait","Seconds":9,"End":true}}}],
      "Catch":[{"ErrorEquals":["E"],"Next":"F"}],"End":true},"F":{"Type":"Wait","Seconds":20,"End":true}}})",
                      "{}", {.answers = &answers});
  CHECK(ran.output == R"({"Error":"E","Cause":"c"})");
  CHECK(ran.millis == 21'000);
  CHECK(ran.history.contains(" WaitStateAborted\n"));
}

TEST_CASE("items that have begun go no further when a later one cannot begin") {
  const Ran ran = run(R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map",
      "ItemSelector":"{% $states.context.Map.Item.Value + 1 %}",
      "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}},
      "Catch":[{"ErrorEquals":["States.ALL"],"Output":[7,8],"Next":"N"}],"End":true},
      "N":{"Type":"Map","ItemProcessor":{"StartAt":"X","States":{"X":{"Type":"Wait","Seconds":5,"End":true}}},"End":true}}})",
                      R"([1,"x"])");
  CHECK(ran.output == "[7,8]");
  CHECK(ran.millis == 5'000);
}

TEST_CASE("a Map runs its items, as many at a time as it may") {
  constexpr std::string_view kMap =
      R"({{"StartAt":"M","States":{{"M":{{"Type":"Map","MaxConcurrency":{},
      "ItemsPath":"$.l","ItemSelector":{{"v.$":"$$.Map.Item.Value","i.$":"$$.Map.Item.Index"}},
      "ItemProcessor":{{"StartAt":"W","States":{{"W":{{"Type":"Wait","Seconds":1,"End":true}}}}}},"End":true}}}}}})";
  const Ran one_by_one = run(fmt::format(kMap, 1), R"({"l":["a","b","c"]})");
  CHECK(one_by_one.output == R"([{"v":"a","i":0},{"v":"b","i":1},{"v":"c","i":2}])");
  CHECK(one_by_one.millis == 3'000);
  CHECK(run(fmt::format(kMap, 2), R"({"l":[1,2,3]})").millis == 2'000);
  CHECK(run(fmt::format(kMap, 0), R"({"l":[1,2,3]})").millis == 1'000);
  CHECK(run(fmt::format(kMap, 0), R"({"l":[]})").output == "[]");
}

TEST_CASE("a distributed Map reads items, runs children and has results written") {
  constexpr std::string_view kMap = R"({"StartAt":"M","States":{"M":{"Type":"Map","Label":"L",
      "ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON","MaxItems":5},"Parameters":{"Key.$":"$.k"}},
      "ItemBatcher":{"MaxItemsPerBatch":2,"BatchInput":{"b":1}},
      "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{"W":{"Type":"Pass","End":true}}},
      "ResultWriter":{"Resource":"arn:aws:states:::s3:putObject"},"End":true}}})";
  Answers answers;
  answers.items = json::Value::array({1, 2, 3});
  const Ran ran = run(kMap, R"({"k":"file"})", {.answers = &answers});
  CHECK(ran.output == "\"written\"");
  REQUIRE(answers.reads.size() == 1);
  CHECK(json::to_string(answers.reads[0].arguments) == R"({"Key":"file"})");
  CHECK(answers.reads[0].max_items == 5);
  CHECK(answers.writes.size() == 1);
  CHECK(answers.outputs == std::vector<std::string>{R"({"BatchInput":{"b":1},"Items":[1,2]})",
                                                    R"({"BatchInput":{"b":1},"Items":[3]})"});
}

TEST_CASE("a distributed Map tolerates as many failures as it says") {
  constexpr std::string_view kMap =
      R"({{"StartAt":"M","States":{{"M":{{"Type":"Map","ToleratedFailureCount":{},
      "ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},"StartAt":"C","States":{{
        "C":{{"Type":"Choice","Choices":[{{"Variable":"$","NumericEquals":2,"Next":"F"}}],"Default":"S"}},
        "F":{{"Type":"Fail"}},"S":{{"Type":"Succeed"}}}}}},"End":true}}}}}})";
  CHECK(run(fmt::format(kMap, 1), "[1,2,3]").output == "[1,3]");
  CHECK(run(fmt::format(kMap, 0), "[1,2,3]").output ==
        "States.ExceedToleratedFailureThreshold: The specified tolerated failure threshold was "
        "exceeded");
}

// Of numbers that fail when they are 2.
constexpr std::string_view kFailingChildren =
    R"("ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C","States":{
        "C":{"Type":"Choice","Choices":[{"Or":[{"Variable":"$.Items[0]","NumericEquals":2},{"Variable":"$.Items[1]","NumericEquals":2}],"Next":"F"}],"Default":"S"},
        "F":{"Type":"Fail"},"S":{"Type":"Succeed"}}})";

TEST_CASE("all items of a batch that fails have failed") {
  const auto tolerating = [](int count) {
    return run(
        one(fmt::format(
            R"("Type":"Map","ToleratedFailureCount":{},"ItemBatcher":{{"MaxItemsPerBatch":2}},{})",
            count, kFailingChildren)),
        "[1,2,3,4]");
  };
  CHECK(tolerating(2).output == R"([{"Items":[3,4]}])");
  CHECK(tolerating(1).status == Status::kFailed);
}

TEST_CASE("a batch is as large as an input may be, and as it says") {
  constexpr std::string_view kMap =
      R"("Type":"Map","ItemBatcher":{{{}}},"ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},
          "StartAt":"S","States":{{"S":{{"Type":"Succeed"}}}}}})";
  const auto batches = [&](std::string_view batcher) {
    Answers answers;
    run(one(fmt::format(kMap, batcher)), R"(["aaaa","bbbb","cccc","dddd","eeee"])",
        {.answers = &answers, .limits = {.step = {.payload_bytes = 100}}});
    return fmt::format("{}", fmt::join(answers.outputs, " "));
  };
  CHECK(batches(R"("MaxItemsPerBatch":4)") ==
        R"({"Items":["aaaa","bbbb","cccc","dddd"]} {"Items":["eeee"]})");
  // {"Items":["aaaa","bbbb"]} has 25 bytes.
  CHECK(batches(R"("MaxInputBytesPerBatch":25)") ==
        R"({"Items":["aaaa","bbbb"]} {"Items":["cccc","dddd"]} {"Items":["eeee"]})");
  CHECK(batches(R"("MaxInputBytesPerBatch":24)").starts_with(R"({"Items":["aaaa"]} )"));
  const std::string shared(60, 'x');
  CHECK(batches(fmt::format(R"("MaxItemsPerBatch":4,"BatchInput":"{}")", shared))
            .starts_with(fmt::format(R"({{"BatchInput":"{}","Items":["aaaa"]}} )", shared)));
}

TEST_CASE("a step starts as many children as their inputs fit into it") {
  constexpr std::string_view kMap =
      R"("Type":"Map","ItemsPath":"$.l","ItemSelector":{"v.$":"$$.Map.Item.Value","t.$":"$.t"},
          "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
          "StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"OutputPath":"$.v","End":true}}})";
  constexpr std::string_view kInput = R"({"l":[1,2,3,4,5,6,7,8,9],"t":"0123456789"})";
  std::size_t events = 0;
  const How limited{
      .limits = {.step = {.child_bytes = 48}},
      .before_event = [&](const Definition& definition, Execution& execution, const Event&) {
        ++events;
        resume(definition, execution, {});
      }};
  const Ran ran = run(one(kMap), std::string(kInput), limited);
  CHECK(ran.output == "[1,2,3,4,5,6,7,8,9]");
  CHECK(ran.millis == 1'000);
  // Two children in a step: {"v":1,"t":"0123456789"} has 24 bytes.
  CHECK(events == 1 + 4 + 9 * 3);
}

TEST_CASE("a Map run that cannot go on has failed") {
  const std::string_view map =
      R"({{"QueryLanguage":"JSONata","StartAt":"M","States":{{"M":{{"Type":"Map","Items":[1,2],{},
          "ItemProcessor":{{"ProcessorConfig":{{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"}},"StartAt":"S","States":{{"S":{{"Type":"Succeed"}}}}}},
          "Catch":[{{"ErrorEquals":["States.QueryEvaluationError"],"Next":"W"}}],"Next":"W"}},
          "W":{{"Type":"Wait","Seconds":1,"End":true}}}}}})";
  for (
      const char* members :
      {R"("ItemSelector":"{% $error('no') %}")",
       R"("ItemBatcher":{"MaxItemsPerBatch":1,"BatchInput":"{% $error('no') %}"})",
       R"("ItemBatcher":{"MaxItemsPerBatch":"{% 'one' %}"})",
       R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Arguments":{"Bucket":"{% $error('no') %}"}})"}) {
    CAPTURE(members);
    // What is left in the state would be seen when it is stored.
    const Ran ran = run(fmt::format(fmt::runtime(map), members), "{}",
                        {.before_event = [](const Definition&, Execution& execution, const Event&) {
                          for (const auto& [id, frame] : execution.frames)
                            CHECK((frame.waiting != Waiting::kTimer || !frame.children));
                        }});
    CHECK(ran.status == Status::kSucceeded);
    CHECK(ran.history.contains(" MapRunFailed\n"));
    CHECK(ran.history.contains(" EvaluationFailed\n"));
  }
}

TEST_CASE("the end of a child that was cancelled is none of the next Map run's") {
  // The second child fails at the first attempt, and the first one runs on for ten seconds.
  constexpr std::string_view kRetried =
      R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":[1,2],
      "ItemSelector":{"v":"{% $states.context.Map.Item.Value %}","r":"{% $states.context.State.RetryCount %}"},
      "Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":1}],
      "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"C","States":{
        "C":{"Type":"Choice","Choices":[{"Condition":"{% $states.input.v = 1 %}","Next":"W"},{"Condition":"{% $states.input.r = 0 %}","Next":"F"}],"Default":"S"},
        "W":{"Type":"Wait","Seconds":10,"Next":"S"},"F":{"Type":"Fail"},"S":{"Type":"Succeed"}}},"End":true}}})";
  const Ran ran = run(kRetried);
  CHECK(ran.output == R"([{"v":1,"r":1},{"v":2,"r":1}])");
  CHECK(ran.millis == 11'000);
}

TEST_CASE("a batch is as large as it may be, though its items are others each time") {
  // Items are small in the step that the state is entered in, and large in later ones.
  constexpr std::string_view kGrows =
      R"({"QueryLanguage":"JSONata","StartAt":"M","States":{"M":{"Type":"Map","Items":"{% [1..20] %}","MaxConcurrency":1,
      "ItemSelector":"{% $millis() = $toMillis($states.context.State.EnteredTime) ? 1 : $pad('', 30) %}","ItemBatcher":{"MaxItemsPerBatch":5},
      "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Output":"x","End":true}}},"End":true}}})";
  Answers answers;
  std::size_t longest = 0;
  const Ran ran = run(kGrows, "{}",
                      {.answers = &answers,
                       .limits = {.step = {.payload_bytes = 100}},
                       .before_event = [&](const Definition&, Execution&, const Event& event) {
                         if (const auto* const begin = std::get_if<Begin>(&event.what))
                           longest = std::max(longest, begin->input.size());
                       }});
  // Five items, then two in each child.
  CHECK(answers.outputs.size() == 1 + 8);
  CHECK(ran.status == Status::kSucceeded);
  CHECK(longest <= 100);
}

TEST_CASE("the results of a state have a limit together") {
  const auto run_limited = [](std::string_view mode, std::uint64_t bytes) {
    return run(one(fmt::format(
                   R"("Type":"Map","ItemProcessor":{{{}"StartAt":"S","States":{{"S":{{"Type":"Succeed"}}}}}})",
                   mode)),
               R"(["0123456","0123456","0123456"])", {.limits = {.step = {.results_bytes = bytes}}})
        .output;
  };
  for (const char* mode :
       {"", R"("ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)"}) {
    CAPTURE(mode);
    CHECK(run_limited(mode, 27) == R"(["0123456","0123456","0123456"])");
    CHECK(run_limited(mode, 26).starts_with("States.DataLimitExceeded: The state/task 'A' "));
  }
}

TEST_CASE("no two executions in a simulation have the same random values") {
  constexpr std::string_view kMap = R"({"QueryLanguage":"JSONata","StartAt":"M","States":{
      "M":{"Type":"Map","Items":[1,2,3,4],"MaxConcurrency":1,
      "ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"U","States":{
        "U":{"Type":"Pass","Output":"{% $uuid() %}","End":true}}},
      "Output":"{% $count($distinct($states.result)) %}","End":true}}})";
  for (std::uint64_t seed = 0; seed < 8; ++seed)
    CHECK(run(kMap, "{}", {.seed = seed}).output == "4");
}

// Executions that come to everything that can be stored.
std::vector<std::string> definitions_of_all_kinds() {
  return {
      one(R"("Type":"Wait","Seconds":1)"),
      one(fmt::format(
          R"({},"Retry":[{{"ErrorEquals":["States.ALL"],"MaxAttempts":2}}],"TimeoutSeconds":9,"HeartbeatSeconds":5)",
          kTask)),
      R"({"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v":[1]},"Next":"M"},
          "M":{"Type":"Map","ItemsPath":"$.l","MaxConcurrency":2,"ItemProcessor":{"StartAt":"P","States":{
            "P":{"Type":"Parallel","Branches":[{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Assign":{"w.$":"$v"},"End":true}}},
              {"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:here:1:function:f","Parameters":{"v.$":"$v","i.$":"$$.Map.Item"},"End":true}}}],"End":true}}},"End":true}}})",
      R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
          "StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}},"ResultWriter":{"Resource":"r"},"End":true}}})",
      // What only a distributed Map has is there, and does nothing.
      R"({"StartAt":"M","States":{"M":{"Type":"Map","ItemsPath":"$.l","ItemBatcher":{"MaxItemsPerBatch":2},"ResultWriter":{"Resource":"r"},
          "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}},"End":true}}})",
  };
}

TEST_CASE("an execution that is stored and resumed before each event goes on as it would have") {
  for (const std::string& text : definitions_of_all_kinds()) {
    CAPTURE(text);
    const Ran straight = run(text, R"({"l": [1, "b", null]})");
    const Ran resumed = run(text, R"({"l": [1, "b", null]})", {.before_event = resume});
    CHECK(straight.status == Status::kSucceeded);
    CHECK(resumed.events == straight.events);
    CHECK(resumed.output == straight.output);
  }
}

TEST_CASE("the same events give the same history, another seed other random values") {
  const std::string random = one(
      R"json("Type":"Pass","Parameters":{"u.$":"States.UUID()","r.$":"States.MathRandom(1, 9)"})json");
  CHECK(run(random).events == run(random).events);
  CHECK(run(random).output != run(random, "{}", {.seed = 99}).output);
}

TEST_CASE("an execution that never ends has a limited history, and each step has an end") {
  constexpr std::string_view kLoop = R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"A"}}})";
  const Ran ran = run(kLoop, "{}", {.limits = {.step = {.history_events = 100, .transitions = 7}}});
  CHECK(ran.status == Status::kFailed);
  CHECK(ran.events.size() == 100);
  CHECK(ran.output ==
        "States.Runtime: The execution reached the maximum number of history events (100).");
}

TEST_CASE("an output that is too large ends the execution") {
  const Ran ran = run(one(R"("Type":"Pass","Result":"0123456789")"), "{}",
                      {.limits = {.step = {.payload_bytes = 11}}});
  CHECK(ran.output ==
        "States.DataLimitExceeded: The state/task 'A' returned a result with a size exceeding the "
        "maximum number of bytes service limit.");
}

TEST_CASE("whatever goes into a state or out of it has a limit") {
  struct Case {
    const char* what;
    std::string definition;
    std::string cause;
  };
  const std::string twice = R"({"a.$":"$","b.$":"$"})";
  const std::vector<Case> cases = {
      {"Task", one(fmt::format(R"({},"Parameters":{})", kTask, twice)),
       "The input of the task 'A' has a size exceeding the maximum number of bytes service limit."},
      {"branches",
       one(fmt::format(
           R"("Type":"Parallel","Parameters":{},"Branches":[{{"StartAt":"B","States":{{"B":{{"Type":"Succeed"}}}}}}])",
           twice)),
       "The input of the branches of 'A' has a size exceeding the maximum number of bytes service "
       "limit."},
      {"iteration",
       one(fmt::format(
           R"("Type":"Map","ItemsPath":"$.l","ItemSelector":{},"ItemProcessor":{{"StartAt":"B","States":{{"B":{{"Type":"Succeed"}}}}}})",
           twice)),
       "The input of an iteration of 'A' has a size exceeding the maximum number of bytes service "
       "limit."},
      {"Choice",
       R"({"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Choice","Choices":[
           {"Condition":true,"Output":["{% $states.input %}","{% $states.input %}"],"Next":"B"}]},"B":{"Type":"Succeed"}}})",
       "The state/task 'A' returned a result with a size exceeding the maximum number of bytes "
       "service limit."},
      {"Catch",
       R"({"QueryLanguage":"JSONata","StartAt":"A","States":{"A":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","Arguments":"{% $error('no') %}","End":true,"Catch":[
           {"ErrorEquals":["States.ALL"],"Output":["{% $states.input %}","{% $states.input %}"],"Next":"B"}]},"B":{"Type":"Succeed"}}})",
       "The state/task 'A' returned a result with a size exceeding the maximum number of bytes "
       "service limit."},
      {"Assign", one(fmt::format(R"("Type":"Pass","Assign":{})", twice)),
       "What the state 'A' assigns has a size exceeding the maximum number of bytes service "
       "limit."},
  };
  for (const Case& each : cases) {
    CAPTURE(each.what);
    const Ran ran = run(each.definition, R"({"l":[1],"t":"0123456789"})",
                        {.limits = {.step = {.payload_bytes = 40}}});
    CHECK(ran.output == "States.DataLimitExceeded: " + each.cause);
  }
  CHECK(run(one(R"("Type":"Succeed")"), R"("0123456789")",
            {.limits = {.step = {.payload_bytes = 11}}})
            .output ==
        "States.DataLimitExceeded: The input of the execution has a size exceeding the maximum "
        "number of bytes service limit.");
}

TEST_CASE("the variables that a state sees have a limit together") {
  constexpr std::string_view kTwo = R"({"StartAt":"A","States":{
      "A":{"Type":"Pass","Assign":{"v":"01234567"},"Next":"B"},
      "B":{"Type":"Pass","Assign":{"v":"01234567"},"Next":"C"},
      "C":{"Type":"Parallel","Branches":[{"StartAt":"D","States":{"D":{"Type":"Pass","Assign":{"w":"01234567"},"End":true}}}],"End":true}}})";
  const auto limited = [&](std::uint64_t bytes) {
    return run(kTwo, "{}", {.limits = {.step = {.variables_bytes = bytes}}}).output;
  };
  // Each takes eleven bytes; the second v replaces the first.
  CHECK(limited(22) == "[{}]");
  CHECK(limited(21) ==
        "States.DataLimitExceeded: What the state 'D' assigns has a size exceeding the maximum "
        "number of bytes service limit.");
}

TEST_CASE("what doubles again and again ends the execution before it is printed") {
  for (const char* doubles :
       {R"({"StartAt":"A","States":{"A":{"Type":"Pass","Assign":{"v.$":"$"},"Next":"B"},
           "B":{"Type":"Pass","Assign":{"v":{"a.$":"$v","b.$":"$v"}},"Next":"B"}}})",
        R"({"QueryLanguage":"JSONata","StartAt":"A","States":{
           "A":{"Type":"Pass","Assign":{"v":"{% $states.input %}"},"Next":"B"},
           "B":{"Type":"Pass","Assign":{"v":["{% $v %}","{% $v %}"]},"Next":"B"}}})"}) {
    const Ran ran = run(doubles);
    CHECK(ran.output.starts_with("States.DataLimitExceeded: What the state 'B' assigns"));
    CHECK(ran.events.size() < 60);
  }
}

TEST_CASE("a simulation has an end, though each of its children has a history of its own") {
  constexpr std::string_view kEndless =
      R"("Type":"Map","ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
          "StartAt":"L","States":{"L":{"Type":"Pass","Next":"L"}}},"ToleratedFailurePercentage":100)";
  Answers answers;
  const Ran ran =
      run(one(kEndless), "[1,2,3,4,5,6,7,8]",
          {.answers = &answers,
           .limits = {.step = {.history_events = 100, .transitions = 10}, .events = 250}});
  CHECK(ran.status == Status::kRunning);
  CHECK(answers.outputs.size() == 8);
  CHECK(std::ranges::count(answers.outputs, "failed") == 8);
}

TEST_CASE("somebody may stop an execution, and its time may end") {
  const Ran timed_out = run(
      R"({"TimeoutSeconds":2,"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":9,"End":true}}})");
  CHECK(timed_out.status == Status::kTimedOut);
  CHECK(timed_out.millis == 2'000);
  Answers stopping([](Simulation& simulation, const StartTask&) {
    simulation.post(Stop{.error = "E", .cause = "c"}, 1);
  });
  const Ran stopped = run(one(kTask), "{}", {.answers = &stopping});
  CHECK(stopped.status == Status::kAborted);
  CHECK(stopped.output == "E: c");
  CHECK(stopped.history.ends_with("4<0 ExecutionAborted\n"));
}

// The same, stored and resumed before each event.
Ran run_resumed(std::string_view text, std::string input) {
  return run(text, std::move(input), {.before_event = resume});
}

TEST_CASE("an error quotes its input in the same way after it was stored") {
  constexpr std::string_view kQuotes =
      R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"Next":"A"},)"
      R"("A":{"Type":"Pass","Parameters":{"x.$":"$.no"},"End":true}}})";
  constexpr std::string_view kComputes =
      R"({"StartAt":"W","States":{"W":{"Type":"Wait","QueryLanguage":"JSONata","Seconds":1,
      "Output":"{% $states.input %}","Next":"V"},"V":{"Type":"Wait","Seconds":1,"Next":"A"},)"
      R"("A":{"Type":"Pass","Parameters":{"x.$":"$.no"},"End":true}}})";
  for (const std::string_view text : {kQuotes, kComputes}) {
    for (const char* input : {R"({ "a" : 1 })", R"(  { "a" : 1 } )"}) {
      CAPTURE(text);
      CAPTURE(input);
      CHECK(run_resumed(text, input).output == run(text, input).output);
    }
  }
}

TEST_CASE("what is nested deeper than any text from outside can be stored") {
  constexpr std::string_view kDeep = R"json({"StartAt":"A","States":{
      "A":{"Type":"Pass","Parameters":{"a.$":"$","n.$":"States.MathAdd($.n, 1)"},"Next":"B"},
      "B":{"Type":"Wait","Seconds":1,"Assign":{"v.$":"$"},"Next":"C"},
      "C":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThan":300,"Next":"A"}],"Default":"D"},
      "D":{"Type":"Succeed"}}})json";
  CHECK(run_resumed(kDeep, R"({"n":0})").output == run(kDeep, R"({"n":0})").output);
}

TEST_CASE("an expression's text that is no UTF-8 is the same before and after it was stored") {
  constexpr std::string_view kLone = R"({"QueryLanguage":"JSONata","StartAt":"A","States":{
      "A":{"Type":"Pass","Output":"{% '\\ud800' %}","Next":"W"},
      "W":{"Type":"Wait","Seconds":1,"Output":"{% $states.input = '\\ud800' %}","End":true}}})";
  CHECK(run_resumed(kLone, "{}").output == run(kLone).output);
  constexpr std::string_view kTwice = R"({"QueryLanguage":"JSONata","StartAt":"A","States":{
      "A":{"Type":"Pass","Assign":{"v":"{% {'\\ud800':1, '\\ud801':2} %}"},"Next":"W"},
      "W":{"Type":"Wait","Seconds":1,"End":true}}})";
  CHECK(run_resumed(kTwice, "{}").output == run(kTwice).output);
}

TEST_CASE("the largest numbers of a Map can be stored") {
  constexpr std::string_view kMost = R"({"StartAt":"M","States":{"M":{"Type":"Map",
      "MaxConcurrency":9223372036854775807,"ToleratedFailureCount":9223372036854775807,"ItemsPath":"$.l",
      "ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}},"End":true}}})";
  CHECK(run_resumed(kMost, R"({"l":[1]})").output == "[1]");
}

// What an execution is while it waits for its first task or child, and it is stored.
std::string stored_while_waiting(const Definition& definition) {
  Answers silent;
  silent.items = json::Value::array({1, 2, 3});
  Simulation simulation(definition, silent, kStartMillis, 1);
  std::string stored;
  simulation.before_event = [&](const Definition&, const Execution& execution, const Event& event) {
    if (std::holds_alternative<GoOn>(event.what)) stored = to_text(execution);
  };
  simulation.post(GoOn{}, 1);
  simulation.run({.identity = {}, .input = R"({"l":[1,2,3]})"});
  return stored;
}

TEST_CASE("an execution can be stored while branches are taken down and others have not gone on") {
  constexpr std::string_view kFails =
      R"({"StartAt":"P","States":{"P":{"Type":"Parallel","Branches":[
      {"StartAt":"F","States":{"F":{"Type":"Fail","Error":"E"}}},
      {"StartAt":"S","States":{"S":{"Type":"Succeed"}}}],
      "Catch":[{"ErrorEquals":["E"],"Next":"C"}],"End":true},"C":{"Type":"Pass","Result":1,"End":true}}})";
  const How each_by_itself{.limits = {.step = {.transitions = 1}}, .before_event = resume};
  CHECK(run(kFails, "{}", each_by_itself).output == "1");
  const How two_together{.limits = {.step = {.transitions = 2}}, .before_event = resume};
  CHECK(run(kFails, "{}", two_together).output == "1");
}

TEST_CASE("what is no stored execution is refused") {
  const Definition definition = definition_of(one(kTask));
  for (const char* text : {"", "{}", "[]", R"({"format":1})", R"({"format":2})"}) {
    CAPTURE(text);
    REQUIRE_FALSE(execution_of(text, definition).has_value());
    CHECK(execution_of(text, definition).error().code() == ErrorCode::kDataLoss);
  }
}

TEST_CASE("a stored execution whose parts do not fit each other, or the definition, is refused") {
  struct Damage {
    const char* from;
    const char* to;
  };
  const auto is_refused = [](std::string_view definition_text, const Damage& damage) {
    const Definition definition = definition_of(definition_text);
    std::string text = stored_while_waiting(definition);
    REQUIRE(execution_of(text, definition).has_value());
    const std::size_t place = text.find(damage.from);
    REQUIRE_MESSAGE(place != text.npos, text);
    text.replace(place, std::string_view(damage.from).size(), damage.to);
    return !execution_of(text, definition).has_value();
  };
  const std::string task = one(kTask);
  for (const Damage& damage :
       {Damage{R"("machine":0)", R"("machine":1)"}, Damage{R"("state":0)", R"("state":1)"},
        Damage{R"("waiting":1)", R"("waiting":2)"}, Damage{R"("waiting":1)", R"("waiting":5)"},
        Damage{R"("waiting":1)", R"("waiting":0)"}, Damage{R"("id":0)", R"("id":7)"},
        Damage{R"("status":0)", R"("status":1)"}, Damage{R"("runnable":[])", R"("runnable":[0])"},
        Damage{R"("runnable":[])", R"("runnable":[9])"},
        Damage{R"("heartbeat_seconds":0)", R"("heartbeat_seconds":9223372036854775808)"},
        Damage{R"("entered_millis":1)", R"("entered_millis":-1)"},
        Damage{R"("next_frame":1)", R"("next_frame":4294967295)"},
        Damage{R"("task":{"id":1)", R"("task":{"id":4294967297)"},
        Damage{R"("runnable":[])", R"("runnable":[4294967296])"}}) {
    CAPTURE(damage.to);
    CHECK(is_refused(task, damage));
  }
  const std::string map = one(
      R"("Type":"Map","ItemsPath":"$.l","MaxConcurrency":2,"ItemProcessor":{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":1,"End":true}}})");
  for (const Damage& damage :
       {Damage{R"("items":[1,2,3])", R"("items":[1,2])"},
        Damage{R"("items":[1,2,3])", R"("items":null)"}, Damage{R"("next":2)", R"("next":9)"},
        Damage{R"("running":[[1,1],[2,1]])", R"("running":[[1,1]])"},
        Damage{R"("running":[[1,1],[2,1]])", R"("running":[[1,1],[3,1]])"},
        Damage{R"("concurrency_max":2)", R"("concurrency_max":0)"},
        Damage{R"("results":[])", R"("results":[[3,1]])"},
        Damage{R"("succeeded":0)", R"("succeeded":1)"}, Damage{R"("parent":0)", R"("parent":1)"},
        Damage{R"("machine":1)", R"("machine":0)"}}) {
    CAPTURE(damage.to);
    CHECK(is_refused(map, damage));
  }
  const std::string distributed = one(
      R"("Type":"Map","ItemsPath":"$.l","ItemBatcher":{"MaxItemsPerBatch":2},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},)"
      R"("StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:lambda:here:1:function:f","End":true}}})");
  for (const Damage& damage :
       {Damage{R"("running":[[0,2],[1,1]])", R"("running":[[0,2],[2,1]])"},
        Damage{R"("running":[[0,2],[1,1]])", R"("running":[[0,3],[1,1]])"},
        Damage{R"("running":[[0,2],[1,1]])", R"("running":[[0,18446744073709551615],[1,4]])"},
        Damage{R"("next_child":2)", R"("next_child":1)"},
        Damage{R"("next_child":2)", R"("next_child":9)"},
        Damage{R"("items_max":2)", R"("items_max":0)"},
        Damage{R"("map_run":1)", R"("map_run":4294967297)"}, Damage{R"(:mapRun:)", R"(:run:)"},
        Damage{R"("waiting":6)", R"("waiting":5)"}, Damage{R"("waiting":6)", R"("waiting":4)"},
        Damage{R"("waiting":6)", R"("waiting":7)"}}) {
    CAPTURE(damage.to);
    CHECK(is_refused(distributed, damage));
  }
}

TEST_CASE("what has no form compiles to an error") {
  for (const char* text :
       {"[]", "{}", R"({"StartAt":"A","States":{}})", R"({"StartAt":"A","States":{"A":1}})",
        R"({"StartAt":"A","States":{"A":{"Type":"X","End":true}}})",
        R"({"StartAt":"A","States":{"A":{"Type":"Pass"}}})",
        R"({"StartAt":"A","States":{"A":{"Type":"Pass","Next":"B"}}})",
        R"({"StartAt":"A","States":{"A":{"Type":"Map","End":true}}})",
        R"({"StartAt":"A","States":{"A":{"Type":"Choice","Choices":[{}]}}})"}) {
    CAPTURE(text);
    CHECK_FALSE(Definition::compile(json::parse(text).value()).has_value());
  }
}

}  // namespace
}  // namespace weft::workflow
