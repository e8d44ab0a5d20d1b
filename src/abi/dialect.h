// Which dialect a module speaks, and who would provide what it imports.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/module_info.h"

namespace weft::abi {

// How a module talks to its host. Stored by name.
enum class Dialect : std::uint8_t {
  kTyped,       // bare exports with numeric parameters
  kCommand,     // a WASI preview 1 program: _start, standard streams
  kComponent,   // WASI preview 2, wasi:http
  kEmscripten,  // Emscripten's JavaScript glue
  kSe2,         // Suborbital Extension Engine 2
  kExtism,      // Extism plug-ins
  kReactor,     // Metatype's Python reactor
  kPython,      // Python source
};

// "typed", "command", …
std::string_view name_of(Dialect dialect);
std::optional<Dialect> dialect_named(std::string_view name);

// kSe2 for a module with all the exports of a plugin (abi/se2/plugin.h); kCommand for another one
// that exports a function _start: () -> (), whatever else it exports; else kTyped.
Dialect dialect_of(const engine::ModuleInfo& module);

// What the WASI application ABI (github.com/WebAssembly/WASI, application-abi.md at snapshot-01)
// names: how a program starts, and what a library wants to have been called before anything else.
inline constexpr std::string_view kStart = "_start";
inline constexpr std::string_view kInitialize = "_initialize";
// What Wizer, which makes snapshots of modules, calls to prepare one for its snapshot.
inline constexpr std::string_view kWizerInitialize = "wizer.initialize";

// Whether the export `name` starts the module as a program: _start of a kCommand.
bool starts_program(const engine::ModuleInfo& module, std::string_view name);

// Whether the export is a function _initialize: () -> (). Of any other kind or type, _initialize is
// an export like all others.
bool is_initializer(const engine::ExportInfo& item);

// What to call, once in each new instance, in this order and without arguments, before the export
// `wanted`. That is the initializer, unless `wanted` starts the program, which initializes itself.
// Of a plugin of SE2, it is _start, or else the initializer, and then `init`. What would run twice
// is left out: where `wanted` is one of them, it ends with what comes before. Never depends on
// whether `wanted` exists.
std::vector<std::string_view> initializers_before(const engine::ModuleInfo& module,
                                                  std::string_view wanted);

// The dialects whose hosts provide such an import, whether weft has them yet or not; the one that
// does first. Empty: none is known.
std::vector<Dialect> providers_of(const engine::ImportInfo& import);

// Whether this weft provides the import, with this very type.
bool is_provided(const engine::ImportInfo& import);

// Adds all that is provided; the HostState is a command::Program, with a se2::Plugin beside it when
// a plugin is to be called.
void define_functions(engine::HostTable& table);

// What is wrong with an import that is not provided, in words without a period: it has another type
// here, its interface has no such function (and which it has of a similar name), or who would
// provide it. Nothing for one that is.
std::optional<std::string> problem_of(const engine::ImportInfo& import);

// What is provided only where it is asked for.
struct Extensions {
  bool threads = false;  // threads of WASI: command/threads.h
};

// kUnsupported, naming imports that are missing, each with its problem; for what is wrong with the
// threads or the shared memory of a module that may have them; and for a module that imports what
// only plugins of SE2 can call, and is none.
Result<> check_imports(const engine::ModuleInfo& module, const Extensions& extensions = {});

// Whether the module imports what starts threads.
bool starts_threads(const engine::ModuleInfo& module);

// The memory that the module imports to share it with its threads; null when there is none.
const engine::MemoryInfo* shared_memory_of(const engine::ModuleInfo& module);

}  // namespace weft::abi
