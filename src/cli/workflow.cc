// weft workflow: workflows in the Amazon States Language.
#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/input_file.h"
#include "cli/report.h"
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
    Option{.name = "warnings", .value = "", .help = "also what is likely a mistake"},
    kJsonOption,
};

void write(json::Writer& writer, const Diagnostic& diagnostic) {
  writer.begin_object();
  writer.key("severity").value(name(diagnostic.severity));
  writer.key("code").value(diagnostic.code);
  writer.key("message").value(diagnostic.message);
  if (diagnostic.location) writer.key("location").value(*diagnostic.location);
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

// "FILE:3:7: error: Field 'A' is not supported at /States/X (SCHEMA_VALIDATION_FAILED)", the line
// and a caret.
std::string text_of(const Diagnostic& diagnostic, std::string_view file,
                    std::string_view definition, const Console& console) {
  std::string place = printable(file);
  const auto& [line, column, offset] = diagnostic.position;
  if (line && column) place += fmt::format(":{}:{}", *line, *column);
  const std::string severity =
      diagnostic.severity == Severity::kError ? console.red("error") : console.yellow("warning");
  std::string text = fmt::format(
      "{}: {}: {}{} ({})\n", console.bold(place), severity, printable(diagnostic.message),
      diagnostic.location ? " at " + printable(*diagnostic.location) : "", diagnostic.code);
  std::string lines = excerpt(
      definition, Error(ErrorCode::kInvalidArgument, "").with_position(diagnostic.position));
  if (!lines.empty() && !lines.ends_with('\n')) lines += '\n';
  return text + lines;
}

Result<int> validate(const Arguments& arguments, Console& console) {
  const std::string_view file = arguments.operand(1);
  const std::string definition = TRY(read_input(file, console));
  const Validation validation = workflow::validate(
      definition, {.type = arguments.has("express") ? workflow::MachineType::kExpress
                                                    : workflow::MachineType::kStandard,
                   .severity = arguments.has("warnings") ? Severity::kWarning : Severity::kError});
  if (arguments.has("json")) {
    console.print(json_of(validation));
  } else {
    for (const Diagnostic& diagnostic : validation.diagnostics)
      console.print(text_of(diagnostic, file, definition, console));
    if (validation.is_valid) console.print(fmt::format("{}: valid\n", printable(file)));
  }
  if (validation.is_valid) return 0;
  const auto count =
      std::ranges::count(validation.diagnostics, Severity::kError, &Diagnostic::severity);
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{} is no valid workflow: {}{} error{}", printable(file),
                  validation.is_truncated ? "more than " : "", count, count == 1 ? "" : "s"));
}

Result<int> run(const Arguments& arguments, Console& console) {
  if (arguments.operand(0) == "validate") return validate(arguments, console);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("there is no `weft workflow {}`; `weft help workflow` says what there is",
                          printable(arguments.operand(0))));
}

}  // namespace

constexpr Command kWorkflowCommand{
    .name = "workflow",
    .usage = "validate FILE",
    .summary = "workflows in the Amazon States Language",
    .details =
        "    validate FILE  say what is wrong with a definition, and where\n"
        "\n"
        "The rules and the codes are those of AWS Step Functions; no server is asked. FILE may be "
        "-\n"
        "for standard input. A definition with errors ends with exit code 2.\n",
    .examples = "$ weft workflow validate order.asl.json\norder.asl.json: valid\n",
    .grammar = {.options = kOptions, .operands_min = 2, .operands_max = 2},
    .group = Group::kLocal,
    .operands = {Word{.choices = "validate"}, kFileWord},
    .run = run,
};

}  // namespace weft::cli
