// A module that a command line names: read, translated from text, validated.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/console.h"
#include "engine/module_info.h"

namespace weft::cli {

// What to name instead of a directory.
inline constexpr std::string_view kModuleFileWanted = "a .wasm or .wat file";

struct ModuleFile {
  std::string word;    // as given
  std::string name;    // for messages: as given, or "standard input" for "-"
  std::string bytes;   // as read
  std::string binary;  // the module; empty when `bytes` is it
  engine::ModuleInfo info;

  std::string_view module() const { return binary.empty() ? bytes : binary; }
};

// How a module becomes its description: engine::inspect, or what remembers its results.
using Inspect = std::function<Result<engine::ModuleInfo>(std::string_view module)>;

// Errors of read_input, engine::to_binary and `inspect`; messages begin with the file's name and
// show the wrong line of a text.
Result<ModuleFile> load_module(std::string_view file, Console& console,
                               const Inspect& inspect = engine::inspect);

}  // namespace weft::cli
