#include "cli/help.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "cli/report.h"

namespace weft::cli {
namespace {

constexpr std::string_view kIntroduction =
    "weft runs WebAssembly that you need not trust: programs, and functions behind HTTP.\n";

constexpr std::string_view kFirstSteps =
    "  weft run hello.wasm                      run a program\n"
    "  weft run add.wat --invoke add 2 3        call one export\n"
    "  weft inspect add.wat                     what is in a module\n"
    "  weft serve                               a server on http://127.0.0.1:8080\n"
    "  weft deploy add add.wat                  a function on that server\n"
    "  weft invoke add --export add 2 3         call it\n";

constexpr std::string_view kClosing =
    "`weft help COMMAND` shows examples and options. Exit codes: 0 fine, 1 failed, 2 wrong\n"
    "arguments, 3 not found, 4 not allowed, 5 conflict, 6 over a limit, 7 server not reachable,\n"
    "124 deadline, 134 the guest trapped; a program's own code is passed on.\n";

struct Heading {
  Group group;
  std::string_view text;
};
constexpr std::array kHeadings = {
    Heading{Group::kLocal, "On this machine"},
    Heading{Group::kServer, "Functions on a server"},
    Heading{Group::kOther, "Other"},
};

// How an option is written: "-f, --follow", "--timeout T".
std::string spelled(const Option& option) {
  std::string text = option.letter == 0 ? "" : fmt::format("-{}, ", option.letter);
  text += fmt::format("--{}", option.name);
  if (!option.value.empty()) text += fmt::format(" {}", option.value);
  return text;
}

std::string described(const Option& option) {
  if (option.fallback.empty()) return std::string(option.help);
  return fmt::format("{} (default {})", option.help, option.fallback);
}

std::string indented(std::string_view lines) {
  std::string text;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1);
    const std::string_view line = lines.substr(0, end + 1);
    text += line == "\n" ? std::string(line) : fmt::format("  {}", line);
    lines.remove_prefix(end + 1);
  }
  return text;
}

std::string option_lines(const Command& command) {
  std::size_t width = 0;
  for (const Option& option : command.grammar.options)
    width = std::max(width, spelled(option).size());
  std::string text;
  for (const Option& option : command.grammar.options)
    text += fmt::format("  {:<{}}  {}\n", spelled(option), width, described(option));
  return text;
}

std::string usage_line(const Command& command) {
  std::string usage = fmt::format("weft {}", command.name);
  if (!command.usage.empty()) usage += fmt::format(" {}", command.usage);
  return usage;
}

std::string exit_codes_markdown() {
  std::string text =
      "| exit code | error |\n|---|---|\n| 0 | none; `weft run` passes a program's own code on |\n";
  std::map<int, std::string> names;
  for (const ErrorCodeInfo& each : error_codes()) {
    std::string& list = names[each.exit_code];
    list += fmt::format("{}`{}`", list.empty() ? "" : ", ", each.name);
  }
  for (const auto& [code, list] : names)
    text += fmt::format("| {} | {} |\n", code, list);
  return text + fmt::format("| {} | nobody reads the output any more |\n", kClosedPipeExitCode);
}

}  // namespace

std::string overview(const Console& console) {
  std::string text =
      fmt::format("{}\n{}\n{}", kIntroduction, console.bold("First steps"), kFirstSteps);
  for (const Heading& heading : kHeadings) {
    text += fmt::format("\n{}\n", console.bold(heading.text));
    for (const Command* const command : commands()) {
      if (command->group == heading.group && command->run != nullptr)
        text += fmt::format("  {:<12}{}\n", command->name, command->summary);
    }
  }
  return fmt::format("{}\n{}", text, kClosing);
}

std::string help_text(const Command& command, const Console& console) {
  std::string text = fmt::format("weft {} – {}\n\n{}\n  {}\n", command.name, command.summary,
                                 console.bold("Usage"), usage_line(command));
  if (!command.examples.empty())
    text += fmt::format("\n{}\n{}", console.bold("Examples"), indented(command.examples));
  if (!command.details.empty()) text += fmt::format("\n{}", command.details);
  if (!command.grammar.options.empty())
    text += fmt::format("\n{}\n{}", console.bold("Options"), option_lines(command));
  return text;
}

std::string reference_markdown() {
  std::string text =
      "# Command line\n\nMade by `weft help --markdown` from the table of commands; a test "
      "compares. Settings of the server:\n[configuration](configuration.md).\n\n"
      "Data goes to standard output, everything else to standard error. `--json` prints data and "
      "errors as JSON;\nwrong words are told so by every command. A lone `-` is standard input, "
      "`@file` the content of a file where a value "
      "is "
      "taken. `NO_COLOR` is honoured.\n\n" +
      exit_codes_markdown();
  std::string later;
  for (const Command* const command : commands()) {
    if (command->run == nullptr) {
      later += fmt::format("{}`{}`", later.empty() ? "" : ", ", command->name);
      continue;
    }
    text += fmt::format("\n## weft {}\n\n{}.\n\n```\n{}\n```\n", command->name, command->summary,
                        usage_line(*command));
    if (!command->details.empty()) text += fmt::format("\n{}", command->details);
    if (!command->examples.empty())
      text += fmt::format("\nExamples:\n\n```\n{}```\n", command->examples);
    if (command->grammar.options.empty()) continue;
    text += "\n| option | |\n|---|---|\n";
    for (const Option& option : command->grammar.options)
      text += fmt::format("| `{}` | {} |\n", spelled(option), described(option));
  }
  return fmt::format("{}\n## Later versions\n\n{} answer \"not available in this version\".\n",
                     text, later);
}

}  // namespace weft::cli
