#include "cli/workflow_run.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/log.h"
#include "cli/buckets.h"
#include "cli/called_functions.h"
#include "cli/definition_file.h"
#include "cli/definition_states.h"
#include "cli/environment.h"
#include "cli/execution_failure.h"
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
  DefinitionFile text;
  json::Value document;
  workflow::Definition definition;
};

// What is wrong with the definition goes to standard error, or into the error where that is JSON.
Error refused(const DefinitionFile& definition, const workflow::Validation& validation,
              const Arguments& arguments, Console& console) {
  std::string diagnostics =
      diagnostics_text(validation, definition.name, definition.text.original(), console);
  Error error = invalid_definition(validation, definition.name);
  if (!arguments.has("json")) {
    console.note(diagnostics);
    return error;
  }
  diagnostics.erase(diagnostics.find_last_not_of('\n') + 1);
  error = std::move(error).with_suffix("\n" + diagnostics);
  if (validation.diagnostics.empty()) return error;
  return std::move(error).with_position(validation.diagnostics.front().position);
}

Result<Workflow> read_workflow(const Arguments& arguments, Console& console) {
  const std::string_view file = arguments.operand(1);
  const std::string_view input = arguments.value("input").value_or("");
  if (file == "-" && (input == "-" || input == "@-")) {
    return fail(ErrorCode::kInvalidArgument,
                "standard input has the definition: give --input as JSON or as @FILE");
  }
  DefinitionFile text = TRY(read_definition(arguments, console));
  const workflow::Validation validation =
      validate(text, {.type = arguments.has("express") ? workflow::MachineType::kExpress
                                                       : workflow::MachineType::kStandard});
  if (!validation.is_valid) return fail(refused(text, validation, arguments, console));
  json::Value document = TRY(json::parse(text.text.text()));
  auto definition = workflow::Definition::compile(document);
  if (definition) {
    return Workflow{.text = std::move(text),
                    .document = std::move(document),
                    .definition = *std::move(definition)};
  }
  const workflow::Validation missing = unfilled(text, document);
  if (!missing.is_valid) return fail(refused(text, missing, arguments, console));
  return fail(std::move(definition).error().with_context(printable(file)));
}

Result<std::string> read_execution_input(const Arguments& arguments, Console& console) {
  const std::string_view given = arguments.value("input").value_or("{}");
  auto read = read_value(given, console);
  if (!read) return fail(std::move(read).error().with_context("--input"));
  std::string input = *std::move(read);
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
  std::error_code ignored;
  const bool is_file = std::filesystem::is_regular_file(given, ignored);
  Error told(
      error.code(),
      fmt::format("--input: {}{}{}{}", error.message(),
                  is_file ? fmt::format("; `--input @{}` reads that file", printable(given)) : "",
                  lines.empty() ? "" : "\n", lines));
  return fail(std::move(told).with_position(error.position().value_or(Position())));
}

// The name of the state in the definition; null when there is none.
const json::Value* find_state(const json::Value& definition, std::string_view name) {
  const json::Value* found = nullptr;
  for_each_state(definition, [&](const json::Member& state) {
    if (state.key() == name) found = &state.key_value();
    return found == nullptr;
  });
  return found;
}

StatePlace place_of(const Workflow& flow, std::string_view state) {
  const json::Value* const name = find_state(flow.document, state);
  const Position position =
      name != nullptr ? flow.text.text.in_original(name->position()) : Position();
  std::string text = printable(flow.text.name);
  if (position.line && position.column)
    text += fmt::format(":{}:{}", *position.line, *position.column);
  return {.text = std::move(text), .position = position};
}

Result<std::string> execution_name(const Arguments& arguments, Console& console) {
  const auto given = arguments.value("name");
  if (!given) return make_ulid(console.clock().wall(), console.random());
  const bool has_form = std::ranges::all_of(*given, [](char letter) {
    return is_letter_or_digit(letter) || std::string_view("-_.").contains(letter);
  });
  if (has_form && !given->empty() && given->size() <= kNameBytesMax) return std::string(*given);
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("--name '{}': an execution's name has 1 to {} letters, digits, -, _ and .",
                  printable(*given), kNameBytesMax));
}

// "order" of "work/order.asl.json".
std::string machine_name(std::string_view file) {
  const std::string_view whole = file.substr(file.rfind('/') + 1);
  const std::string_view name = whole.substr(0, whole.find('.'));
  return std::string(name.empty() || name == "-" ? "workflow" : name);
}

workflow::Begin begin_of(const Workflow& flow, const std::string& name, std::string input) {
  const std::string machine = machine_name(flow.text.name);
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

// "a, b and c"
std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string_view between = i == 0 ? "" : i + 1 == names.size() ? " and " : ", ";
    text += fmt::format("{}{}", between, printable(names[i]));
  }
  return text;
}

// A function that nothing calls is probably meant for one that something calls.
void note_unused_functions(const Workflow& flow, const Arguments& arguments, Console& console) {
  const auto called = functions_called_in(flow.document);
  if (!called) return;
  for (const std::string_view option : arguments.values("function")) {
    const std::string name = function_name(option.substr(0, option.find('=')));
    const bool has_form = !name.empty() && option.contains('=');
    if (!has_form || std::ranges::find(*called, name) != called->end()) continue;
    note_hint(fmt::format("no Task calls the function {} of --function: {}", printable(name),
                          called->empty() ? "the workflow calls none"
                                          : fmt::format("the workflow calls {}", list_of(*called))),
              console, arguments.has("json"));
  }
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
    const auto text = read_input(*file, console, "a file of mocks");
    if (!text) return fail(Error(text.error()).with_context("--mock"));
    mocks = TRY(Mocks::parse(*text, *file, flow.definition));
  }
  const auto buckets = TRY(Buckets::create(arguments.values("bucket")));
  note_unused_functions(flow, arguments, console);
  std::unique_ptr<LocalFunctions> functions;
  if (const auto options = arguments.values("function"); !options.empty()) {
    const GuestEnvironment environment =
        TRY(guest_environment(arguments.values("env-file"), arguments.values("env"), console));
    functions = TRY(LocalFunctions::create(options, environment, console));
  }
  const PlaceOf place = [&](std::string_view state) { return place_of(flow, state); };
  const auto start = std::chrono::duration_cast<std::chrono::milliseconds>(
      console.clock().wall().time_since_epoch());
  WorkflowServices services({.definition = flow.definition,
                             .mocks = mocks,
                             .buckets = *buckets,
                             .functions = functions.get(),
                             .start_millis = start.count()},
                            place);
  workflow::Simulation simulation(flow.definition, services, start.count(),
                                  seed_of(console.random()));
  const auto is_interrupted = [&] { return functions && functions->is_interrupted(); };
  simulation.goes_on = [&, events = std::uint32_t{0}] mutable {
    // Asking costs more than most events do.
    constexpr std::uint32_t kAskEvery = 64;
    return events++ % kAskEvery != 0 || !is_interrupted();
  };
  simulation.run(begin_of(flow, name, std::move(input)));
  if (is_interrupted()) {
    console.note("weft: the execution was stopped\n");
    return info(ErrorCode::kCancelled).exit_code;
  }
  const bool shows_history = arguments.has("history");
  if (shows_history) console.print(history_text(simulation.history()));
  if (const auto& problem = services.problem()) return fail(*problem);
  const workflow::Execution& execution = simulation.execution();
  if (!execution.output) {
    ExecutionFailure failure = failure_of(simulation, services.failed_children(), place);
    if (!arguments.has("json")) return fail(std::move(failure.error).with_suffix(failure.children));
    console.note(error_json(failure.error, failure.members));
    return info(failure.error.code()).exit_code;
  }
  if (!shows_history) console.print(fmt::format("{}\n", execution.output->text().as_string()));
  return 0;
}

}  // namespace weft::cli
