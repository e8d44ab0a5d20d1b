// weft inspect: what is in a module.
#include <array>

#include "cli/command.h"
#include "cli/module_text.h"

namespace weft::cli {
namespace {

constexpr std::array kOptions = {kJsonOption};

Result<int> run(const Arguments& arguments, Console& console) {
  // What only some can run is worth a look all the same.
  const auto inspect = [](std::string_view, std::string_view module) {
    return engine::inspect(module, {.threads = true});
  };
  const ModuleFile file = TRY(load_module(arguments.operand(0), console, inspect));
  console.print(arguments.has("json") ? module_json(file) : module_text(file, console));
  return 0;
}

}  // namespace

constexpr Command kInspectCommand{
    .name = "inspect",
    .usage = "FILE|DIRECTORY",
    .summary = "show what is in a module, and what it needs",
    .details =
        "Shows the dialect, exports with their types, imports and which dialect provides each,\n"
        "memories, whether calls need fresh instances, the size, and the id that a server knows "
        "the\n"
        "module by. FILE is a .wasm or .wat file; - reads it from standard input; a DIRECTORY "
        "stands\n"
        "for the module in it, as for `weft run`. Nothing is run.\n",
    .examples = "$ weft inspect examples/add.wat\n",
    .grammar = {.options = kOptions, .operands_min = 1, .operands_max = 1},
    .group = Group::kLocal,
    .operands = {kFileWord},
    .run = run,
};

}  // namespace weft::cli
