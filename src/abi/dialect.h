// Which dialect a module speaks, and who would provide what it imports.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
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

// kCommand for a module that exports a function _start: () -> (), else kTyped.
Dialect dialect_of(const engine::ModuleInfo& module);

// The dialects whose hosts provide such an import, whether weft has them yet or not; the one that
// does first. Empty: none is known.
std::vector<Dialect> providers_of(const engine::ImportInfo& import);

// Whether this weft provides the import, with this very type.
bool is_provided(const engine::ImportInfo& import);

// kUnsupported, naming imports that are missing and who would provide them.
Result<> check_imports(const engine::ModuleInfo& module);

}  // namespace weft::abi
