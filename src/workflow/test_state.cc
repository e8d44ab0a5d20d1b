#include "workflow/test_state.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "json/parse.h"
#include "workflow/items.h"
#include "workflow/validation.h"

namespace weft::workflow {
namespace {

using json::Value;
template <class T>
using Prepared = std::expected<T, TestStateError>;

// How a state is called that is given by itself.
constexpr std::string_view kStateName = "StateName";
// Of inputs, mocked results and all other texts (AWS, "TestState").
constexpr std::size_t kTextBytesMax = 262'144;
constexpr std::uint64_t kItemsBytesMax = 16U << 20U;

std::unexpected<TestStateError> refused(std::string message) {
  return std::unexpected(
      TestStateError{.code = "ValidationException", .message = std::move(message)});
}

std::unexpected<TestStateError> invalid_definition(std::string message) {
  return std::unexpected(
      TestStateError{.code = "InvalidDefinition", .message = std::move(message)});
}

std::unexpected<TestStateError> invalid_input(std::string message) {
  return std::unexpected(
      TestStateError{.code = "InvalidExecutionInput", .message = std::move(message)});
}

Prepared<Value> document_of(std::string_view name, const std::string& text) {
  if (text.size() > kTextBytesMax)
    return refused(fmt::format("{} is longer than {} bytes.", name, kTextBytesMax));
  auto value = json::parse(text);
  if (!value)
    return refused(fmt::format("{} must be valid JSON: {}", name, value.error().message()));
  return *std::move(value);
}

// --- the definition ---

void collect_target(const Value& object, std::string_view field, std::set<std::string>& targets) {
  const Value* const target = object.find(field);
  if (target != nullptr && target->is_string()) targets.emplace(target->as_string());
}

// Where the state leads to.
std::set<std::string> targets_of(const Value& state) {
  std::set<std::string> targets;
  collect_target(state, "Next", targets);
  collect_target(state, "Default", targets);
  for (const std::string_view list : {"Choices", "Catch"}) {
    const Value* const found = state.find(list);
    if (found == nullptr || !found->is_array()) continue;
    for (const Value& one : found->as_array())
      collect_target(one, "Next", targets);
  }
  return targets;
}

// A machine of the state alone, with ends for all that it leads to.
Value machine_around(const Value& state) {
  json::Object states;
  for (const std::string& target : targets_of(state))
    states.set(target, Value::object({{"Type", "Succeed"}}));
  states.set(kStateName, state);
  return Value::object({{"StartAt", kStateName}, {"States", Value(std::move(states))}});
}

Prepared<Definition> compile(const Value& document) {
  auto definition = Definition::compile(document);
  if (!definition) return invalid_definition(definition.error().message());
  return *std::move(definition);
}

struct Tested {
  Definition definition;
  TestedState state;
};

Prepared<Tested> find_by_name(const TestStateRequest& request, std::string_view name) {
  const Validation validation = validate(request.definition);
  if (!validation.is_valid) return invalid_definition(invalid_definition_text(validation));
  auto definition = compile(*json::parse(request.definition));
  if (!definition) return std::unexpected(std::move(definition.error()));
  const auto& machines = definition->machines();
  for (std::size_t machine = 0; machine < machines.size(); ++machine) {
    for (std::size_t state = 0; state < machines[machine].states.size(); ++state) {
      if (machines[machine].states[state].name != name) continue;
      return Tested{.definition = *definition,
                    .state = {.machine = static_cast<std::uint32_t>(machine),
                              .state = static_cast<std::uint32_t>(state)}};
    }
  }
  return refused("State not found in definition");
}

Prepared<Tested> find_state(const TestStateRequest& request) {
  if (request.state_name) return find_by_name(request, *request.state_name);
  const Validation validation = validate_state(request.definition);
  if (!validation.is_valid) return invalid_definition(invalid_definition_text(validation));
  auto definition = compile(machine_around(*json::parse(request.definition)));
  if (!definition) return std::unexpected(std::move(definition.error()));
  const auto& states = definition->machines().front().states;
  std::uint32_t index = 0;
  while (states[index].name != kStateName)
    ++index;
  return Tested{.definition = *definition, .state = {.machine = 0, .state = index}};
}

// --- what goes with what ---

// What is only about mocks.
Prepared<void> check_unmocked(const TestStateRequest& request, const State& state) {
  const std::array<std::pair<std::string_view, bool>, 5> fields = {{
      {"Context", request.context.has_value()},
      {"RetrierRetryCount", request.retries.has_value()},
      {"ErrorCausedByState", request.error_caused_by.has_value()},
      {"MapIterationFailureCount", request.failed_iterations.has_value()},
      {"MapItemReaderData", request.read_items.has_value()},
  }};
  for (const auto& [name, is_given] : fields) {
    if (!is_given) continue;
    return refused(
        fmt::format("TestState does not support {} when a mock is not specified.", name));
  }
  if (state.type == StateType::kMap || state.type == StateType::kParallel) {
    return invalid_definition(
        "TestState API does not support Map or Parallel states. Supported state types include: "
        "[Task, Wait, Pass, Succeed, Fail, Choice]");
  }
  if (state.type != StateType::kTask) return {};
  const std::string& resource = std::get<TaskFields>(state.fields).resource;
  if (resource.find(":activity:") != resource.npos)
    return invalid_definition("TestState API does not support Activity tasks without a mock.");
  if (resource.find(".sync") != resource.npos || resource.ends_with(".waitForTaskToken")) {
    return invalid_definition(
        "TestState API does not support '.sync' or '.waitForTaskToken' integration patterns.");
  }
  if (!request.role_arn) return refused("RoleArn must be specified when testing a Task state");
  return {};
}

Prepared<void> check_mocked_children(const Value& result, const State& state) {
  if (const auto* const map = std::get_if<MapFields>(&state.fields)) {
    if (map->writer && !result.is_object()) return refused("Mocked result must be a JSON object.");
    if (!map->writer && !result.is_array()) return refused("Mocked result must be an array.");
  }
  if (const auto* const parallel = std::get_if<ParallelFields>(&state.fields)) {
    if (!result.is_array()) return refused("Mocked result must be an array.");
    if (result.size() != parallel->machines.size()) {
      return refused(
          "Mocked result must contain the same number of items as number of Parallel branches.");
    }
  }
  return {};
}

Prepared<void> check_mocked_state(const TestStateRequest& request,
                                  const TestStateRequest::Mock& mock, const State& state) {
  if (state.type != StateType::kTask && state.type != StateType::kMap &&
      state.type != StateType::kParallel) {
    return refused(fmt::format("State type '{}' is not supported when a mock is specified",
                               name_of(state.type)));
  }
  if (request.reveals_secrets)
    return refused("TestState does not support RevealSecrets when a mock is specified.");
  if (mock.result && mock.failure) {
    return refused(
        "A test mock should have only one of the following fields: [result, errorOutput].");
  }
  return {};
}

Prepared<void> check_result(const Value& result, FieldValidation validation, const State& state,
                            const ServiceModels* models) {
  if (auto fits = check_mocked_children(result, state); !fits) return fits;
  const auto* const task = std::get_if<TaskFields>(&state.fields);
  if (task == nullptr || models == nullptr || validation == FieldValidation::kNone) return {};
  const auto problem =
      models->problem_of(task->resource, result, validation == FieldValidation::kStrict);
  if (problem) return refused("Mock result schema validation error: " + *problem);
  return {};
}

// What an ItemReader would find: the one object that it asks for is the text of the request.
class GivenObject final : public Objects {
 public:
  explicit GivenObject(const std::string& text) : text_(text) {}

  Outcome<std::string> fetch(std::string_view, std::string_view, std::uint64_t) override {
    return text_;
  }
  Outcome<std::vector<ListedObject>> list(std::string_view, std::string_view) override {
    return ends_with("States.ItemReaderFailed", "MapItemReaderData is no list of objects.");
  }

 private:
  const std::string& text_;
};

// How the text of the request is read. It is "the data read by ItemReader … as found in its
// original source" (AWS, "TestStateConfiguration"): the text of a data file, and no manifest. What
// stands in no file as text, or has its columns only in a manifest, is an array of the items.
Value config_of_given_data(const MapFields::Reader& reader) {
  const Value& config = reader.config;
  const bool is_listing = reader.resource.ends_with(":s3:listObjectsV2");
  const bool loads_objects = config.find_string("Transformation") == "LOAD_AND_FLATTEN";
  const std::string_view manifest = config.find_string("ManifestType").value_or("");
  const bool is_inventory = manifest == "S3_INVENTORY" ||
                            (manifest.empty() && config.find_string("InputType") == "MANIFEST");
  if ((is_listing && !loads_objects) || is_inventory) return Value::object({{"InputType", "JSON"}});
  json::Object of_file;
  if (config.is_object()) {
    for (const auto& [name, value] : config.as_object()) {
      if (name != "ManifestType" && name != "Transformation") of_file.set(name, value);
    }
  }
  return Value(std::move(of_file));
}

Prepared<Value> items_of(const MapFields::Reader& reader, const std::string& text) {
  if (text.size() > kTextBytesMax)
    return refused(fmt::format("MapItemReaderData is longer than {} bytes.", kTextBytesMax));
  const ReadItems request{.resource = "arn:aws:states:::s3:getObject",
                          .config = config_of_given_data(reader),
                          // Which object it is does not matter here.
                          .arguments = Value::object({{"Bucket", "given"}, {"Key", "given"}})};
  GivenObject object(text);
  // The text is small; what is made of it need not be (headers of CSV stand in each item).
  auto items = read_items(request, object, {.memory_bytes = kItemsBytesMax});
  if (!items) return refused("MapItemReaderData: " + items.error().cause);
  return *std::move(items);
}

// What stateConfiguration says.
Prepared<void> take_configuration(const TestStateRequest& request, const State& state,
                                  TestedState& test) {
  const auto* const map = std::get_if<MapFields>(&state.fields);
  test.retries = request.retries.value_or(0);
  test.failed_iterations = request.failed_iterations.value_or(0);
  if (map == nullptr && request.failed_iterations)
    return refused("MapIterationFailureCount is only for Map states.");
  if (map == nullptr && request.read_items)
    return refused("MapItemReaderData is only for Map states.");
  if (map == nullptr || !map->reader) return {};
  if (!request.read_items) {
    return refused(
        "MapItemReaderData must be specified when testing a Map state with an ItemReader.");
  }
  auto items = items_of(*map->reader, *request.read_items);
  if (!items) return std::unexpected(std::move(items.error()));
  test.read_items = *std::move(items);
  return {};
}

Prepared<void> take_mock(const TestStateRequest& request, const Definition& definition,
                         const ServiceModels* models, TestedState& test) {
  const State& state = definition.machines()[test.machine].states[test.state];
  if (!request.mock) return check_unmocked(request, state);
  const TestStateRequest::Mock& mock = *request.mock;
  if (auto fits = check_mocked_state(request, mock, state); !fits) return fits;
  if (mock.result) {
    auto result = document_of("Mocked result", *mock.result);
    if (!result) return std::unexpected(std::move(result.error()));
    if (auto fits = check_result(*result, mock.validation, state, models); !fits) return fits;
    test.mocked_result = Payload::verbatim(*std::move(result));
  } else {
    test.mocked_failure = mock.failure.value_or(Failure{});
  }
  return take_configuration(request, state, test);
}

Prepared<Value> object_of(std::string_view name, const std::string& text) {
  auto value = document_of(name, text);
  if (value && !value->is_object()) return refused(fmt::format("{} must be a JSON object.", name));
  return value;
}

Prepared<Variables> variables_of(const TestStateRequest& request) {
  if (!request.variables) return Variables();
  auto given = object_of("Variables", *request.variables);
  if (!given) return std::unexpected(std::move(given.error()));
  Variables::Map variables;
  for (const auto& [name, value] : given->as_object())
    variables.insert_or_assign(std::string(name), value);
  return Variables().with(std::move(variables));
}

// Whether the machine is what processes the state's items, or one of its branches.
bool has_inside(const State& state, std::size_t machine) {
  if (const auto* const map = std::get_if<MapFields>(&state.fields)) return map->machine == machine;
  const auto* const parallel = std::get_if<ParallelFields>(&state.fields);
  return parallel != nullptr &&
         std::ranges::find(parallel->machines, machine) != parallel->machines.end();
}

// Whether the machine is inside a Map, at any depth. Recurses as deep as machines are inside each
// other.
bool is_inside_map(const Definition& definition, std::size_t machine) {
  const auto& machines = definition.machines();
  for (std::size_t around = 0; around < machines.size(); ++around) {
    for (const State& state : machines[around].states) {
      if (has_inside(state, machine))
        return state.type == StateType::kMap || is_inside_map(definition, around);
    }
  }
  return false;
}

Begin begin_of(const TestStateRequest& request, const TestIdentity& identity) {
  const std::string account =
      fmt::format("arn:aws:states:{}:{}", identity.region, identity.account);
  return {
      .identity = {.arn = fmt::format("{}:express:{}:{}", account, identity.machine_name,
                                      identity.execution_name),
                   .name = identity.execution_name,
                   .role_arn = request.role_arn.value_or(""),
                   .machine_arn = fmt::format("{}:stateMachine:{}", account, identity.machine_name),
                   .machine_name = identity.machine_name},
      .input = request.input.value_or("{}")};
}

}  // namespace

Prepared<PreparedTest> prepare_test(const TestStateRequest& request, const TestIdentity& identity,
                                    const ServiceModels* models) {
  auto tested = find_state(request);
  if (!tested) return std::unexpected(std::move(tested.error()));
  TestedState& state = tested->state;
  if (auto taken = take_mock(request, tested->definition, models, state); !taken)
    return std::unexpected(std::move(taken.error()));
  if (request.context) {
    auto context = object_of("Context", *request.context);
    if (!context) return std::unexpected(std::move(context.error()));
    state.context = *std::move(context);
  }
  auto variables = variables_of(request);
  if (!variables) return std::unexpected(std::move(variables.error()));
  Begin begin = begin_of(request, identity);
  if (begin.input.size() > kTextBytesMax)
    return invalid_input(fmt::format("Input is longer than {} bytes.", kTextBytesMax));
  const auto input = json::parse(begin.input);
  if (!input)
    return invalid_input("Invalid State Machine Execution Input: " + input.error().message());
  begin.machine = state.machine;
  // AWS, "Automatic Context population": a state inside a Map is in its first iteration.
  if (is_inside_map(tested->definition, state.machine))
    begin.map_item = Value::object({{"Index", 0}, {"Value", *input}});
  begin.variables = *std::move(variables);
  return PreparedTest{.definition = std::move(tested->definition),
                      .state = std::move(state),
                      .begin = std::move(begin),
                      .level = request.level};
}

Value test_state_answer(const PreparedTest& test, const Execution& execution) {
  const TestedState& state = test.state;
  json::Object answer;
  if (execution.output) answer.set("output", execution.output->text());
  if (state.failure && state.failure->error) answer.set("error", *state.failure->error);
  if (state.failure && state.failure->cause) answer.set("cause", *state.failure->cause);
  if (test.level != InspectionLevel::kInfo) {
    json::Object inspection;
    inspection.set("input", execution.input.text());
    for (const auto& [name, data] : Value(state.inspection).as_object())
      inspection.set(name, data);
    answer.set("inspectionData", Value(std::move(inspection)));
  }
  if (state.next) answer.set("nextState", *state.next);
  answer.set("status", name_of(state.status));
  return Value(std::move(answer));
}

}  // namespace weft::workflow
