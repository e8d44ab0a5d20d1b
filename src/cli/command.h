// The commands of weft as a table: parsing, help, completions and the reference are made from it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/console.h"

namespace weft::cli {

// Which part of the overview a command stands in.
enum class Group : std::uint8_t { kLocal, kServer, kOther };

struct Command {
  std::string_view name;
  std::string_view usage;     // behind the name: "FILE [ARGS…]"
  std::string_view summary;   // one line
  std::string_view details;   // paragraphs between the examples and the options; lines end in \n
  std::string_view examples;  // lines that begin with "$ " or are output; lines end in \n
  Grammar grammar;
  Group group = Group::kOther;
  // What its operands are; the last one also stands for all that follow. Completions use them.
  std::array<Word, 3> operands = {};
  // The exit code. An error is reported by the caller. Null: comes with a later version.
  Result<int> (*run)(const Arguments& arguments, Console& console) = nullptr;
};

// All of them, in the order of the overview.
std::span<const Command* const> commands();

// Null when there is none of that name.
const Command* find_command(std::string_view name);

// Options that several commands share.
inline constexpr Option kJsonOption{.name = "json", .value = "", .help = "print JSON"};
inline constexpr Option kServerOption{
    .name = "server",
    .value = "URL",
    .help = "the server (WEFT_SERVER; default http://127.0.0.1:8080)"};
inline constexpr Option kTokenFileOption{
    .name = "token-file",
    .value = "FILE",
    .help = "file that holds the server's token (or set WEFT_TOKEN)",
    .word = {.kind = WordKind::kFile}};

// Operands of commands.
inline constexpr Word kFileWord{.kind = WordKind::kFile};
inline constexpr Word kFunctionWord{.kind = WordKind::kFunction};

extern const Command kRunCommand;
extern const Command kInspectCommand;
extern const Command kServeCommand;
extern const Command kDeployCommand;
extern const Command kListCommand;
extern const Command kShowCommand;
extern const Command kVersionsCommand;
extern const Command kInvokeCommand;
extern const Command kLogsCommand;
extern const Command kRollbackCommand;
extern const Command kRemoveCommand;
extern const Command kModulesCommand;
extern const Command kReactorCommand;
extern const Command kWorkflowCommand;
extern const Command kDoctorCommand;
extern const Command kCompletionsCommand;
extern const Command kHelpCommand;

// Runs a command line (without the program's name) and returns the process's exit code.
int run_command_line(std::span<const std::string> words, Console& console);

}  // namespace weft::cli
