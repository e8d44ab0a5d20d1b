// weft completions: scripts for shells, made from the table of commands.
#include <chrono>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/function_document.h"
#include "cli/server_client.h"
#include "store/metadata.h"

namespace weft::cli {
namespace {

// Instead of a shell: what the scripts call for names.
constexpr std::string_view kFunctions = "functions";

// Names for a person to choose from; asked for while that person waits.
constexpr std::size_t kNamesMax = 200;
constexpr std::chrono::seconds kPatience{2};

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

// --- bash ---

// The options that take a value, with a space before and behind each.
std::string valued_options(const Command& command) {
  std::string names = " ";
  for (const Option& option : command.grammar.options) {
    if (!option.value.empty()) names += fmt::format("--{} ", option.name);
    if (!option.value.empty() && option.letter != 0) names += fmt::format("-{} ", option.letter);
  }
  return names;
}

// A case of `place` for what may stand there; empty when nothing is known of it.
std::string bash_case(std::string_view place, const Word& word) {
  std::string sets;
  if (!word.choices.empty()) sets = fmt::format("choices=\"{}\"", word.choices);
  if (word.kind == WordKind::kCommand) sets = fmt::format("choices=\"{}\"", command_names());
  if (word.kind == WordKind::kFunction)
    sets = "names=$(\"$1\" completions functions -- \"$word\" 2> /dev/null)";
  if (word.kind == WordKind::kFile) sets = "files=-f";
  if (word.kind == WordKind::kDirectory) sets = "files=-d";
  if (sets.empty()) return {};
  return fmt::format("    {}) {} ;;\n", place, sets);
}

std::string bash_cases(const Command& command) {
  std::string cases;
  for (const Option& option : command.grammar.options)
    cases += bash_case(fmt::format("\"{} --{}\"", command.name, option.name), option.word);
  for (std::size_t i = 0; i < command.operands.size(); ++i) {
    const bool is_last = i + 1 == command.operands.size();
    cases +=
        bash_case(fmt::format("\"{} \"{}", command.name, is_last ? "[0-9]*" : fmt::format("{}", i)),
                  command.operands.at(i));
  }
  return cases;
}

// The names come from a server: compgen -W would expand them, which runs what is in them, and bash
// puts what it offers into the line as it is. So they are compared, never expanded, and only those
// that a function can have are offered.
constexpr std::string_view kBashNames = R"(  while IFS= read -r name; do
    if [[ $name == "$word"* && $name != *[!abcdefghijklmnopqrstuvwxyz0123456789-]* ]]; then
      [ -z "$name" ] || COMPREPLY+=("$name")
    fi
  done <<< "$names"
)";

// Bash has cut the line at ":" and "=" too: what stands around them belongs together.
constexpr std::string_view kBashPlace = R"(  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
      =) ;;
      :) expects=: ;;
      *)
        if [ -n "$expects" ]; then
          expects=
        elif [[ $valued == *" ${COMP_WORDS[i]} "* ]]; then
          expects=${COMP_WORDS[i]}
        elif [[ ${COMP_WORDS[i]} != -* ]]; then
          ((operand += 1))
        fi
        ;;
    esac
  done
)";

std::string bash_script() {
  std::string options;
  std::string words;
  for (const Command* const command : commands()) {
    if (command->run == nullptr) continue;
    options += fmt::format("    {}) options=\"{}\" valued=\"{}\" ;;\n", command->name,
                           option_names(*command), valued_options(*command));
    words += bash_cases(*command);
  }
  return fmt::format(
      "# bash completion for weft: eval \"$(weft completions bash)\"\n"
      "_weft() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} options='' valued='' expects=''\n"
      "  local choices='' names='' files='' name i operand=0\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"{} --help --version\" -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  case ${{COMP_WORDS[1]}} in\n{}"
      "    --help | -h) expects=--help ;;\n"
      "  esac\n{}"
      "  [ \"$word\" != = ] || word=''\n"
      "  if [ -z \"$expects\" ] && [[ $word == -* ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$word\")\n"
      "    return\n"
      "  fi\n"
      "  case \"${{COMP_WORDS[1]}} ${{expects:-$operand}}\" in\n"
      "{}{}"
      "  esac\n"
      "{}"
      "  if [ -n \"$choices\" ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$word\")\n"
      "  elif [ -n \"$files\" ]; then\n"
      "    compopt -o filenames 2> /dev/null\n"
      "    mapfile -t COMPREPLY < <(compgen $files -- \"$word\")\n"
      "  fi\n"
      "}}\n"
      "complete -F _weft weft\n",
      command_names(), options, kBashPlace,
      bash_case("\"--help --help\" | \"-h --help\"", {.kind = WordKind::kCommand}), words,
      kBashNames);
}

// --- zsh ---

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

// What completes the word, in _arguments.
std::string zsh_action(const Word& word) {
  if (!word.choices.empty()) return fmt::format("({})", word.choices);
  switch (word.kind) {
    case WordKind::kText:
      return " ";
    case WordKind::kFile:
      return "_files";
    case WordKind::kDirectory:
      return "_files -/";
    case WordKind::kFunction:
      return "_weft_functions";
    case WordKind::kCommand:
      return fmt::format("({})", command_names());
  }
  return " ";
}

std::string zsh_arguments(const Command& command) {
  std::string text;
  for (std::size_t i = 0; i < command.operands.size(); ++i) {
    const bool is_last = i + 1 == command.operands.size();
    text += fmt::format(" '{}:word:{}'", is_last ? "*" : fmt::format("{}", i + 1),
                        zsh_action(command.operands.at(i)));
  }
  for (const Option& option : command.grammar.options) {
    const std::string value =
        option.value.empty() ? ""
                             : fmt::format(":{}:{}", quoted(option.value), zsh_action(option.word));
    text += fmt::format(" \\\n        '--{}[{}]{}'", option.name, quoted(option.help), value);
  }
  return text;
}

std::string zsh_script() {
  std::string names;
  std::string cases;
  for (const Command* const command : commands()) {
    if (command->run == nullptr) continue;
    names += fmt::format("    '{}:{}'\n", command->name, quoted(command->summary));
    cases += fmt::format("      {}) _arguments '--help[show help]'{} ;;\n", command->name,
                         zsh_arguments(*command));
  }
  return fmt::format(
      "#compdef weft\n"
      "# zsh completion for weft: eval \"$(weft completions zsh)\"\n"
      "_weft_functions() {{\n"
      "  local -a found\n"
      "  found=(${{(f)\"$(weft completions functions \"$PREFIX\" 2> /dev/null)\"}})\n"
      "  compadd -a found\n"
      "}}\n"
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

// --- fish ---

// Text inside single quotes of fish.
std::string fish_quoted(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    if (c == '\'' || c == '\\') safe += '\\';
    safe += c;
  }
  return safe;
}

// What completes the word; empty when nothing is known of it.
std::string fish_words(const Word& word) {
  std::string words(word.choices);
  if (word.kind == WordKind::kCommand) words = command_names();
  if (word.kind == WordKind::kFunction)
    words = "(weft completions functions (commandline -ct) 2> /dev/null)";
  if (word.kind == WordKind::kDirectory) words = "(__fish_complete_directories)";
  return words.empty() ? "" : fmt::format(" -a '{}'", words);
}

std::string fish_lines(const Command& command) {
  const std::string begin =
      fmt::format("complete -c weft -n '__fish_seen_subcommand_from {}'", command.name);
  std::string text;
  bool takes_files = false;
  for (const Word& word : command.operands) {
    takes_files = takes_files || word.kind == WordKind::kFile;
    const std::string words = fish_words(word);
    if (!words.empty()) text += fmt::format("{}{}\n", begin, words);
  }
  if (!takes_files) text += fmt::format("{} -f\n", begin);
  for (const Option& option : command.grammar.options) {
    const bool is_file = option.word.kind == WordKind::kFile;
    text += fmt::format("{} -l {}{}{}{} -d '{}'\n", begin, option.name,
                        option.letter == 0 ? "" : fmt::format(" -s {}", option.letter),
                        option.value.empty() ? ""
                        : is_file            ? " -r -F"
                                             : " -x",
                        fish_words(option.word), fish_quoted(option.help));
  }
  return text;
}

std::string fish_script() {
  std::string text = "# fish completion for weft: weft completions fish | source\n";
  for (const Command* const command : commands()) {
    if (command->run == nullptr) continue;
    text += fmt::format("complete -c weft -n __fish_use_subcommand -f -a {} -d '{}'\n",
                        command->name, fish_quoted(command->summary));
    text += fish_lines(*command);
  }
  return text;
}

// The names of functions, one a line, that contain `text`. What no function can be called is left
// out: a shell would take it for something else.
Result<std::string> function_names(std::string_view text, const Arguments& arguments,
                                   Console& console) {
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const json::Value page = TRY(server.send_for_json(
      {.path = fmt::format("/v1/functions?limit={}&search={}", kNamesMax, escaped(text)),
       .connection_max = kPatience,
       .silence_max = kPatience}));
  std::string names;
  const json::Value* const items = page.find("items");
  if (items == nullptr || !items->is_array()) return names;
  for (const json::Value& each : items->as_array()) {
    const std::string name = text_of_member(each, "name");
    if (store::is_function_name(name)) names += name + "\n";
  }
  return names;
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string_view shell = arguments.operand(0);
  if (arguments.operands().size() > 1 && shell != kFunctions) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("unexpected argument {}: only `{}` takes one",
                            printable(arguments.operand(1)), kFunctions));
  }
  if (shell == "bash") {
    console.print(bash_script());
  } else if (shell == "zsh") {
    console.print(zsh_script());
  } else if (shell == "fish") {
    console.print(fish_script());
  } else if (shell == kFunctions) {
    // In the middle of a line that somebody writes there is no place for errors.
    console.print(function_names(arguments.operand(1), arguments, console).value_or(""));
  } else {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("no completions for {}: only for bash, zsh, fish", printable(shell)));
  }
  return 0;
}

}  // namespace

constexpr Command kCompletionsCommand{
    .name = "completions",
    .usage = "bash|zsh|fish | functions [TEXT]",
    .summary = "print what completes weft's command line in a shell, or names of functions",
    .details =
        "Commands, options, their values, files and the names of functions. For these the scripts\n"
        "ask the server of WEFT_SERVER by `weft completions functions [TEXT]`, which prints the "
        "names\n"
        "that contain TEXT, and nothing when there is no server.\n",
    .examples = "$ eval \"$(weft completions bash)\"\n",
    .grammar = {.options = {}, .operands_min = 1, .operands_max = 2},
    .group = Group::kOther,
    .operands = {Word{.choices = "bash zsh fish functions"}},
    .run = run,
};

}  // namespace weft::cli
