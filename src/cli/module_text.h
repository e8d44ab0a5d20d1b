// What a module is made of, as text and as JSON.
#pragma once

#include <string>

#include "cli/module_file.h"

namespace weft::cli {

// For people: dialect, exports with types, imports and who provides them, memories, state, size,
// id.
std::string module_text(const ModuleFile& file, const Console& console);

// The module document of the HTTP interface, without `created`. One line.
std::string module_json(const ModuleFile& file);

}  // namespace weft::cli
