// weft workflow: workflows in the Amazon States Language.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/log.h"
#include "base/nearest.h"
#include "cli/command.h"
#include "cli/definition_file.h"
#include "cli/workflow_diagnostics.h"
#include "cli/workflow_run.h"
#include "json/print.h"
#include "workflow/validation.h"

namespace weft::cli {
namespace {

using workflow::Diagnostic;
using workflow::Severity;
using workflow::Validation;

constexpr std::array kOptions = {
    Option{.name = "express",
           .value = "",
           .help = "as a state machine of type EXPRESS, which may have less"},
    Option{.name = "substitute",
           .value = "NAME=VALUE",
           .help = "what stands for ${NAME} in FILE, as CloudFormation would fill it in"},
    Option{.name = "warnings", .value = "", .help = "validate: also what is likely a mistake"},
    Option{.name = "input",
           .value = "JSON|@FILE|-",
           .help = "run: the execution's input (default {})"},
    Option{.name = "mock",
           .value = "FILE",
           .help = "run: answers to Tasks, by the state's name; see above",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "function",
           .value = "NAME=FILE",
           .help = "run: what a Lambda function is here: a module or a Python file"},
    Option{.name = "env", .value = "K=V", .help = "run: an environment variable of the functions"},
    Option{.name = "env-file",
           .value = "FILE",
           .help =
               "run: a file of lines K=V; empty ones and those that begin with # count for nothing",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "bucket",
           .value = "NAME=DIR",
           .help = "run: the directory that is a bucket of S3 to ItemReader and ResultWriter"},
    Option{.name = "history",
           .value = "",
           .help = "run: print the execution's events instead of its output"},
    Option{.name = "name", .value = "NAME", .help = "run: what the execution is called"},
    kJsonOption,
};

struct Owned {
  std::string_view option;
  std::string_view action;
};
constexpr std::array kOwned = {
    Owned{.option = "warnings", .action = "validate"}, Owned{.option = "input", .action = "run"},
    Owned{.option = "mock", .action = "run"},          Owned{.option = "function", .action = "run"},
    Owned{.option = "env", .action = "run"},           Owned{.option = "env-file", .action = "run"},
    Owned{.option = "bucket", .action = "run"},        Owned{.option = "history", .action = "run"},
    Owned{.option = "name", .action = "run"},
};

// Each names something else.
constexpr std::array<std::string_view, 5> kRepeated = {"substitute", "function", "env", "env-file",
                                                       "bucket"};

void write(json::Writer& writer, const Diagnostic& diagnostic) {
  writer.begin_object();
  writer.key("severity").value(name(diagnostic.severity));
  writer.key("code").value(diagnostic.code);
  writer.key("message").value(diagnostic.message);
  if (diagnostic.location) writer.key("location").value(*diagnostic.location);
  if (diagnostic.hint) writer.key("hint").value(*diagnostic.hint);
  const auto& [line, column, offset] = diagnostic.position;
  if (line) writer.key("line").value(*line);
  if (column) writer.key("column").value(*column);
  if (offset) writer.key("offset").value(*offset);
  writer.end_object();
}

// What ValidateStateMachineDefinition answers, and where each line of it is in the file.
std::string json_of(const Validation& validation) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  writer.key("result").value(validation.is_valid ? "OK" : "FAIL");
  writer.key("diagnostics").begin_array();
  for (const Diagnostic& diagnostic : validation.diagnostics)
    write(writer, diagnostic);
  writer.end_array();
  writer.key("truncated").value(validation.is_truncated);
  writer.end_object();
  return text + "\n";
}

Result<int> validate(const Arguments& arguments, Console& console) {
  const DefinitionFile definition = TRY(read_definition(arguments, console));
  const std::string& file = definition.name;
  const Validation validation = cli::validate(
      definition, {.type = arguments.has("express") ? workflow::MachineType::kExpress
                                                    : workflow::MachineType::kStandard,
                   .severity = arguments.has("warnings") ? Severity::kWarning : Severity::kError});
  if (arguments.has("json")) {
    console.print(json_of(validation));
  } else {
    console.print(diagnostics_text(validation, file, definition.text.original(), console));
    if (validation.is_valid) console.print(fmt::format("{}: valid\n", printable(file)));
  }
  if (validation.is_valid) return 0;
  return fail(invalid_definition(validation, file));
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string_view action = arguments.operand(0);
  if (action == "validate" || action == "run") {
    for (const Owned& owned : kOwned) {
      if (owned.action == action || !arguments.has(owned.option)) continue;
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("--{} is for `weft workflow {}`: leave it out", owned.option, owned.action));
    }
    for (const Option& option : kOptions) {
      const bool repeats =
          option.value.empty() || std::ranges::find(kRepeated, option.name) != kRepeated.end();
      if (repeats || arguments.values(option.name).size() < 2) continue;
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--{} is given more than once, and only one can hold", option.name));
    }
    return action == "run" ? run_workflow(arguments, console) : validate(arguments, console);
  }
  constexpr std::array<std::string_view, 2> kActions = {"validate", "run"};
  const auto meant = nearest(action, kActions);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("there is no `weft workflow {}`; {}", printable(action),
                          meant ? fmt::format("did you mean `weft workflow {}`?", *meant)
                                : std::string("`weft help workflow` says what there is")));
}

}  // namespace

constexpr Command kWorkflowCommand{
    .name = "workflow",
    .usage = "validate|run FILE",
    .summary = "workflows in the Amazon States Language",
    .details =
        "    validate FILE  say what is wrong with a definition, and where\n"
        "    run FILE       run it on this machine, in memory, and print its output\n"
        "\n"
        "The rules and the codes are those of AWS Step Functions; no server is asked. FILE may be "
        "-\n"
        "for standard input. A definition with errors ends with exit code 2.\n"
        "\n"
        "Time passes at once when an execution waits. A Task is answered by the file of --mock, or "
        "else\n"
        "by the --function that it calls. The file of --mock has\n"
        "{\"STATE\": {\"result\": …}}, {\"STATE\": {\"error\": \"…\", \"cause\": \"…\"}}, or a "
        "list of such\n"
        "answers, one for each attempt. An execution that fails ends with exit code 1.\n",
    .examples =
        "$ weft workflow validate order.asl.json\norder.asl.json: valid\n"
        "$ weft workflow run order.asl.json --input '{\"id\": 7}' --mock answers.json\n"
        "{\"id\":7,\"paid\":true}\n",
    .grammar = {.options = kOptions, .operands_min = 2, .operands_max = 2},
    .group = Group::kLocal,
    .operands = {Word{.choices = "validate run"}, kFileWord},
    .run = run,
};

}  // namespace weft::cli
