// A module that a command line names: read, translated from text, validated.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/console.h"
#include "engine/module_info.h"
#include "store/mapped_file.h"

namespace weft::cli {

// The file that `word` means: itself, or of a directory main.wasm or main.wat in it (not both),
// else its only .wasm file, else its only .wat file. Nothing below the directory counts. kNotFound
// when it has no module, kInvalidArgument when it has several to choose from; kPermissionDenied.
Result<std::string> module_path(std::string_view word);

struct ModuleFile {
  std::string word;    // as given
  std::string name;    // for messages: the file's path, or "standard input" for "-"
  std::string bytes;   // as read
  std::string binary;  // the module; empty when `bytes` is it
  std::optional<store::MappedFile> mapped;  // the module, instead of both
  std::string id;                           // the module's content id
  engine::ModuleInfo info;

  std::string_view module() const {
    if (mapped) return mapped->bytes();
    return binary.empty() ? bytes : binary;
  }
};

// How a module becomes its description: engine::inspect, or what remembers its results by the
// content id.
using Inspect =
    std::function<Result<engine::ModuleInfo>(std::string_view id, std::string_view module)>;

// `file` as module_path takes it. Its errors and those of read_input, engine::to_binary, `inspect`;
// messages begin with the file's name and show the wrong line of a text. `bytes` are the file's,
// where they were read before.
Result<ModuleFile> load_module(std::string_view file, Console& console, const Inspect& inspect,
                               std::optional<std::string> bytes = std::nullopt);

// The same of a binary module that came with weft and that nobody changes while it is used: without
// a copy of it where that can be.
Result<ModuleFile> load_own_module(const std::filesystem::path& file, Console& console,
                                   const Inspect& inspect);

}  // namespace weft::cli
