// weft completions: scripts for shells, made from the table of commands.
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"

namespace weft::cli {
namespace {

constexpr std::array<std::string_view, 3> kShells = {"bash", "zsh", "fish"};

std::string command_names() {
  std::string names;
  for (const Command* const command : commands()) {
    if (command->run == nullptr) continue;
    names += fmt::format("{}{}", names.empty() ? "" : " ", command->name);
  }
  return names;
}

std::string option_names(const Command& command) {
  std::string names;
  for (const Option& option : command.grammar.options)
    names += fmt::format("--{} ", option.name);
  return names + "--help";
}

std::string bash_script() {
  std::string cases;
  for (const Command* const command : commands()) {
    if (command->run != nullptr)
      cases += fmt::format("    {}) options=\"{}\" ;;\n", command->name, option_names(*command));
  }
  return fmt::format(
      "# bash completion for weft: eval \"$(weft completions bash)\"\n"
      "_weft() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} options=\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"{} --help --version\" -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}"
      "  esac\n"
      "  case $word in\n"
      "    -*) mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\") ;;\n"
      "    *) mapfile -t COMPREPLY < <(compgen -f -- \"$word\") ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _weft weft\n",
      command_names(), cases);
}

// Text inside single quotes of a shell, and inside the brackets of zsh's _arguments.
std::string quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'') {
      safe += "'\\''";
    } else if (c == '[' || c == ']' || c == ':') {
      safe += fmt::format("\\{}", c);
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string zsh_script() {
  std::string names;
  std::string cases;
  for (const Command* const command : commands()) {
    if (command->run == nullptr) continue;
    names += fmt::format("    '{}:{}'\n", command->name, quoted(command->summary));
    std::string options;
    for (const Option& option : command->grammar.options) {
      options += fmt::format(" \\\n        '--{}[{}]{}'", option.name, quoted(option.help),
                             option.value.empty() ? "" : fmt::format(":{}:", quoted(option.value)));
    }
    cases += fmt::format("      {}) _arguments '--help[show help]' '*:file:_files'{} ;;\n",
                         command->name, options);
  }
  return fmt::format(
      "#compdef weft\n"
      "# zsh completion for weft: eval \"$(weft completions zsh)\"\n"
      "_weft() {{\n"
      "  local -a names\n"
      "  names=(\n{}  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe command names\n"
      "  else\n"
      "    local name=${{words[2]}}\n"
      "    shift words\n"
      "    (( CURRENT-- ))\n"
      "    case $name in\n{}"
      "    esac\n"
      "  fi\n"
      "}}\n"
      "compdef _weft weft\n",
      names, cases);
}

// Text inside single quotes of fish.
std::string fish_quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

std::string fish_script() {
  std::string text = "# fish completion for weft: weft completions fish | source\n";
  for (const Command* const command : commands()) {
    if (command->run == nullptr) continue;
    text += fmt::format("complete -c weft -n __fish_use_subcommand -f -a {} -d '{}'\n",
                        command->name, fish_quoted(command->summary));
    for (const Option& option : command->grammar.options) {
      text += fmt::format(
          "complete -c weft -n '__fish_seen_subcommand_from {}' -l {}{}{} -d '{}'\n", command->name,
          option.name, option.letter == 0 ? "" : fmt::format(" -s {}", option.letter),
          option.value.empty() ? "" : " -r", fish_quoted(option.help));
    }
  }
  return text;
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string_view shell = arguments.operand(0);
  if (shell == "bash") {
    console.print(bash_script());
  } else if (shell == "zsh") {
    console.print(zsh_script());
  } else if (shell == "fish") {
    console.print(fish_script());
  } else {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("no completions for {}: only for {}", printable(shell),
                            fmt::join(kShells, ", ")));
  }
  return 0;
}

}  // namespace

constexpr Command kCompletionsCommand{
    .name = "completions",
    .usage = "bash|zsh|fish",
    .summary = "print what completes weft's command line in a shell",
    .details = "",
    .examples = "$ eval \"$(weft completions bash)\"\n",
    .grammar = {.options = {}, .operands_min = 1, .operands_max = 1},
    .group = Group::kOther,
    .run = run,
};

}  // namespace weft::cli
