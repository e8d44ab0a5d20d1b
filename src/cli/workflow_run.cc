#include "cli/workflow_run.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/log.h"
#include "cli/buckets.h"
#include "cli/input_file.h"
#include "cli/local_functions.h"
#include "cli/report.h"
#include "cli/workflow_diagnostics.h"
#include "cli/workflow_mocks.h"
#include "cli/workflow_services.h"
#include "json/parse.h"
#include "json/print.h"
#include "workflow/definition.h"
#include "workflow/history.h"
#include "workflow/simulation.h"
#include "workflow/validation.h"

namespace weft::cli {
namespace {

// As Step Functions has it.
constexpr std::size_t kNameBytesMax = 80;
// Where an execution of this machine is, as far as its ARN says.
constexpr std::string_view kAccount = "arn:aws:states:local:000000000000";

// A workflow that can run.
struct Workflow {
  std::string file;
  json::Value document;
  workflow::Definition definition;
};

Result<Workflow> read_workflow(const Arguments& arguments, Console& console) {
  const std::string_view file = arguments.operand(1);
  const std::string_view input = arguments.value("input").value_or("");
  if (file == "-" && (input == "-" || input == "@-")) {
    return fail(ErrorCode::kInvalidArgument,
                "standard input has the definition: give --input as JSON or as @FILE");
  }
  const std::string text = TRY(read_input(file, console, "a definition"));
  const workflow::Validation validation = workflow::validate(
      text, {.type = arguments.has("express") ? workflow::MachineType::kExpress
                                              : workflow::MachineType::kStandard});
  if (!validation.is_valid) {
    std::string diagnostics = diagnostics_text(validation, file, text, console);
    Error error = invalid_definition(validation, file);
    if (arguments.has("json")) {
      diagnostics.erase(diagnostics.find_last_not_of('\n') + 1);
      return fail(Error(error.code(), fmt::format("{}\n{}", error.message(), diagnostics)));
    }
    console.note(diagnostics);
    return fail(std::move(error));
  }
  json::Value document = TRY(json::parse(text));
  auto definition = TRY(workflow::Definition::compile(document));
  return Workflow{.file = std::string(file),
                  .document = std::move(document),
                  .definition = std::move(definition)};
}

Result<std::string> read_execution_input(const Arguments& arguments, Console& console) {
  const std::string_view given = arguments.value("input").value_or("{}");
  std::string input = TRY(read_value(given, console));
  const workflow::StepLimits limits;
  if (input.size() > limits.payload_bytes) {
    return fail(Error(ErrorCode::kTooLarge,
                      fmt::format("--input is larger than {} bytes", limits.payload_bytes))
                    .with_limit("payload_bytes", limits.payload_bytes));
  }
  const auto document = json::parse(input);
  if (document) return input;
  const Error& error = document.error();
  std::string lines = excerpt(input, error);
  if (lines.ends_with('\n')) lines.pop_back();
  Error told(error.code(),
             fmt::format("--input: {}{}{}", error.message(), lines.empty() ? "" : "\n", lines));
  return fail(std::move(told).with_position(error.position().value_or(Position())));
}

const json::Value* find_state(const json::Value& machine, std::string_view name);

// In the machines inside a state. What else a state has may look like one, and is data.
const json::Value* find_state_inside(const json::Value& state, std::string_view name) {
  for (const std::string_view part : {"ItemProcessor", "Iterator"}) {
    const json::Value* const machine = state.find(part);
    const json::Value* const found = machine != nullptr ? find_state(*machine, name) : nullptr;
    if (found != nullptr) return found;
  }
  const json::Value* const branches = state.find("Branches");
  if (branches == nullptr || !branches->is_array()) return nullptr;
  for (const json::Value& machine : branches->as_array()) {
    if (const json::Value* const found = find_state(machine, name)) return found;
  }
  return nullptr;
}

// The name of the state in a machine's States; null when there is none. Recurses as deep as the
// document is.
const json::Value* find_state(const json::Value& machine, std::string_view name) {
  const json::Value* const states = machine.find("States");
  if (states == nullptr || !states->is_object()) return nullptr;
  for (const json::Member& state : states->as_object()) {
    if (state.key() == name) return &state.key_value();
    if (const json::Value* const found = find_state_inside(state.value(), name)) return found;
  }
  return nullptr;
}

// "FILE:LINE:COLUMN"
std::string place_of(const Workflow& flow, std::string_view state) {
  const json::Value* const name = find_state(flow.document, state);
  const Position position = name != nullptr ? name->position() : Position();
  if (!position.line || !position.column) return printable(flow.file);
  return fmt::format("{}:{}:{}", printable(flow.file), *position.line, *position.column);
}

Result<std::string> execution_name(const Arguments& arguments, Console& console) {
  const auto given = arguments.value("name");
  if (!given) return make_ulid(console.clock().wall(), console.random());
  const bool has_form = std::ranges::all_of(*given, [](char letter) {
    const char small = to_lower(letter);
    return (small >= 'a' && small <= 'z') || (letter >= '0' && letter <= '9') ||
           std::string_view("-_.").contains(letter);
  });
  if (has_form && !given->empty() && given->size() <= kNameBytesMax) return std::string(*given);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("--name {}: an execution's name has 1 to {} letters, digits, -, _ and .",
                          printable(*given), kNameBytesMax));
}

// "order" of "work/order.asl.json".
std::string machine_name(std::string_view file) {
  const std::string_view whole = file.substr(file.rfind('/') + 1);
  const std::string_view name = whole.substr(0, whole.find('.'));
  return std::string(name.empty() || name == "-" ? "workflow" : name);
}

workflow::Begin begin_of(const Workflow& flow, const std::string& name, std::string input) {
  const std::string machine = machine_name(flow.file);
  return {.identity = {.arn = fmt::format("{}:execution:{}:{}", kAccount, machine, name),
                       .name = name,
                       .role_arn = "arn:aws:iam::000000000000:role/local",
                       .machine_arn = fmt::format("{}:stateMachine:{}", kAccount, machine),
                       .machine_name = machine},
          .input = std::move(input)};
}

// As GetExecutionHistory answers.
std::string history_text(const std::vector<workflow::HistoryEvent>& history) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("events").begin_array();
  for (const workflow::HistoryEvent& event : history)
    writer.value(workflow::to_json(event));
  writer.end_array().end_object();
  return text + "\n";
}

// The state that the last event leads back to; empty when there is none.
std::string last_state(const std::vector<workflow::HistoryEvent>& history) {
  std::size_t event = history.size();
  while (event > 0) {
    const workflow::HistoryEvent& now = history[event - 1];
    const json::Value* const state = now.details.find("name");
    if (name_of(now.type).ends_with("StateEntered") && state != nullptr && state->is_string())
      return std::string(state->as_string());
    // It follows what the state's entry did, and not the entry itself.
    const json::Value* const evaluated = now.details.find("state");
    if (now.type == workflow::EventType::kEvaluationFailed && evaluated != nullptr)
      return std::string(evaluated->as_string());
    if (now.previous >= event) return {};
    event = now.previous;
  }
  return {};
}

// Why the execution did not succeed.
Error failure_of(const Workflow& flow, const workflow::Simulation& simulation) {
  const workflow::Execution& execution = simulation.execution();
  if (execution.status == workflow::Status::kRunning) {
    const std::uint64_t events = workflow::SimulationLimits().events;
    return Error(ErrorCode::kGuestLimit,
                 fmt::format("the execution did not end within {} events: does it go in circles?",
                             events))
        .with_limit("workflow_events", events);
  }
  const workflow::Failure failure = execution.failure.value_or(workflow::Failure());
  const std::string state = last_state(simulation.history());
  std::string message = execution.status == workflow::Status::kTimedOut
                            ? "the execution's time was over"
                            : "the execution failed";
  if (!state.empty())
    message += fmt::format(" in the state {} ({})", printable(state), place_of(flow, state));
  if (failure.error) message += fmt::format(": {}", printable(*failure.error));
  if (failure.cause) message += fmt::format(": {}", printable(*failure.cause));
  return {execution.status == workflow::Status::kTimedOut ? ErrorCode::kDeadlineExceeded
                                                          : ErrorCode::kGuestError,
          std::move(message)};
}

std::uint64_t seed_of(Random& random) {
  std::uint64_t seed = 0;
  random.fill(&seed, sizeof(seed));
  return seed;
}

}  // namespace

Result<int> run_workflow(const Arguments& arguments, Console& console) {
  const Workflow flow = TRY(read_workflow(arguments, console));
  std::string input = TRY(read_execution_input(arguments, console));
  const std::string name = TRY(execution_name(arguments, console));
  Mocks mocks;
  if (const auto file = arguments.value("mock")) {
    const std::string text = TRY(read_input(*file, console, "a file of mocks"));
    mocks = TRY(Mocks::parse(text, *file, flow.definition));
  }
  const auto buckets = TRY(Buckets::create(arguments.values("bucket")));
  std::unique_ptr<LocalFunctions> functions;
  if (const auto options = arguments.values("function"); !options.empty())
    functions = TRY(LocalFunctions::create(options, console));
  WorkflowServices services({.definition = flow.definition,
                             .mocks = mocks,
                             .buckets = *buckets,
                             .functions = functions.get()},
                            [&](std::string_view state) { return place_of(flow, state); });
  const auto start = std::chrono::duration_cast<std::chrono::milliseconds>(
      console.clock().wall().time_since_epoch());
  workflow::Simulation simulation(flow.definition, services, start.count(),
                                  seed_of(console.random()));
  simulation.run(begin_of(flow, name, std::move(input)));
  const bool shows_history = arguments.has("history");
  if (shows_history) console.print(history_text(simulation.history()));
  if (const auto& problem = services.problem()) return fail(*problem);
  const workflow::Execution& execution = simulation.execution();
  if (!execution.output) return fail(failure_of(flow, simulation));
  if (!shows_history) console.print(fmt::format("{}\n", execution.output->text().as_string()));
  return 0;
}

}  // namespace weft::cli
