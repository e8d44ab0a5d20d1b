#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "base/nearest.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/report.h"
#include "cli/settings.h"

namespace weft::cli {
namespace {

// A command of the contract that has no code yet: it takes any words, so that it can say so.
constexpr Command later(std::string_view name, std::string_view summary) {
  return {.name = name,
          .usage = "",
          .summary = summary,
          .details = "",
          .examples = "",
          .grammar = {.options = {}, .operands_max = SIZE_MAX, .own_operands = 0},
          .group = Group::kOther};
}

constexpr Command kSecret = later("secret", "secrets of functions");
constexpr Command kPush = later("push", "push a module to an OCI registry");
constexpr Command kPull = later("pull", "pull a module from an OCI registry");
constexpr Command kLogin = later("login", "log in to an OCI registry");
constexpr Command kNode = later("node", "nodes of a cluster");
constexpr Command kNew = later("new", "start a guest in a language");

constexpr std::array kCommands = {
    &kRunCommand,
    &kInspectCommand,
    &kServeCommand,
    &kDeployCommand,
    &kListCommand,
    &kShowCommand,
    &kVersionsCommand,
    &kInvokeCommand,
    &kLogsCommand,
    &kRollbackCommand,
    &kRemoveCommand,
    &kModulesCommand,
    &kReactorCommand,
    &kWorkflowCommand,
    &kDoctorCommand,
    &kHelpCommand,
    &kCompletionsCommand,
    &kSecret,
    &kPush,
    &kPull,
    &kLogin,
    &kNode,
    &kNew,
};

// What commands are called elsewhere: their spelling is far from ours.
struct ForeignName {
  std::string_view name;
  const Command* command;
};
constexpr std::array kForeignNames = {
    ForeignName{.name = "rm", .command = &kRemoveCommand},
    ForeignName{.name = "delete", .command = &kRemoveCommand},
    ForeignName{.name = "ls", .command = &kListCommand},
    ForeignName{.name = "call", .command = &kInvokeCommand},
};

// The command that somebody may have meant who wrote `name`.
std::optional<std::string_view> command_meant_by(std::string_view name) {
  const auto foreign = std::ranges::find(kForeignNames, name, &ForeignName::name);
  if (foreign != kForeignNames.end()) return foreign->command->name;
  std::vector<std::string_view> names;
  names.reserve(kCommands.size());
  for (const Command* const each : kCommands) {
    if (each->run != nullptr) names.push_back(each->name);
  }
  return nearest(name, names);
}

Result<const Command*> command_named(std::string_view name) {
  const Command* const command = find_command(name);
  if (command != nullptr) return command;
  const auto meant = command_meant_by(name);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("there is no command {}{}; `weft help` lists them", printable(name),
                          meant ? fmt::format("; did you mean {}?", *meant) : std::string()));
}

constexpr std::array kHelpOptions = {
    Option{.name = "markdown",
           .value = "",
           .help = "print the reference of all commands, or of the server's `settings`"},
};

Result<int> run_help(const Arguments& arguments, Console& console) {
  if (arguments.has("markdown")) {
    console.print(arguments.operand(0) == "settings" ? settings_markdown() : reference_markdown());
  } else if (arguments.operands().empty()) {
    console.print(overview(console));
  } else {
    console.print(help_text(*TRY(command_named(arguments.operand(0))), console));
  }
  return 0;
}

// Whether an error in the words is to be JSON: known before they are parsed.
bool wants_json(std::span<const std::string> words) {
  const auto end = std::ranges::find(words, "--");
  return std::find(words.begin(), end, "--json") != end;
}

int run_command(const Command& command, std::span<const std::string> words, Console& console) {
  const auto arguments = parse_arguments(words, command.grammar);
  if (!arguments) {
    if (!wants_json(words)) {
      const Error hinted(
          arguments.error().code(),
          fmt::format("{}\nUsage: weft {} {}\nTry `weft help {}`.", arguments.error().message(),
                      command.name, command.usage, command.name));
      return report(hinted, console, false);
    }
    return report(arguments.error(), console, true);
  }
  const bool as_json = arguments->has("json");
  if (arguments->has("help")) {
    console.print(help_text(command, console));
    return end_of_command(0, console, as_json);
  }
  if (command.run == nullptr) {
    return report(Error(ErrorCode::kUnsupported,
                        fmt::format("{}: not available in this version", command.name)),
                  console, wants_json(words));
  }
  const Result<int> code = command.run(*arguments, console);
  return end_of_command(code, console, as_json);
}

}  // namespace

constexpr Command kHelpCommand{
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "what weft can do, or how a command is used",
    .details = "",
    .examples = "$ weft help run\n",
    .grammar = {.options = kHelpOptions, .operands_max = 1},
    .group = Group::kOther,
    .operands = {Word{.kind = WordKind::kCommand}},
    .run = run_help,
};

std::span<const Command* const> commands() {
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const auto found = std::ranges::find(kCommands, name, &Command::name);
  return found == kCommands.end() ? nullptr : *found;
}

int run_command_line(std::span<const std::string> words, Console& console) {
  if (words.empty()) {
    console.note(overview(console));
    return info(ErrorCode::kInvalidArgument).exit_code;
  }
  const std::string& name = words.front();
  if (name == "--help" || name == "-h") return run_command(kHelpCommand, words.subspan(1), console);
  if (name == "--version" || name == "-V") {
    console.print(fmt::format("weft {}\n", kVersion));
    return end_of_command(0, console, false);
  }
  const auto command = command_named(name);
  if (!command) return report(command.error(), console, wants_json(words));
  return run_command(**command, words.subspan(1), console);
}

}  // namespace weft::cli
