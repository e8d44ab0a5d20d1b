#include "cli/module_file.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/id.h"
#include "base/log.h"
#include "cli/input_file.h"
#include "cli/python_script.h"
#include "cli/report.h"
#include "cli/short_text.h"
#include "cli/signature.h"
#include "function/python_archive.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

// The error with the file's name in front and, behind it, the line that it points to.
Error located(const Error& error, const ModuleFile& file) {
  const auto& position = error.position();
  if (!position || !position->line) return Error(error).with_context(printable(file.name));
  std::string message = printable(file.name) + ": " + error.message();
  if (std::string lines = excerpt(file.bytes, error); !lines.empty()) {
    lines.pop_back();
    message += "\n" + lines;
  }
  return Error(error.code(), std::move(message)).with_position(*position);
}

constexpr std::array<std::string_view, 2> kModuleEndings = {".wasm", ".wat"};
constexpr std::string_view kMainModule = "main";
// How many names an error lists.
constexpr std::size_t kModulesShownMax = 5;

// The names of the modules in the directory, sorted, by their endings.
struct ModuleNames {
  std::array<std::vector<std::string>, kModuleEndings.size()> by_ending;
};

Error unreadable(const std::string& directory, const std::error_code& error) {
  const bool forbidden = error == std::errc::permission_denied;
  return {
      forbidden ? ErrorCode::kPermissionDenied : ErrorCode::kInvalidArgument,
      fmt::format("the directory {} cannot be read: {}", printable(directory), error.message())};
}

Result<ModuleNames> modules_in(const std::string& directory) {
  ModuleNames found;
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    const std::filesystem::path& path = entries->path();
    const auto* const ending = std::ranges::find(kModuleEndings, path.extension().native());
    std::error_code ignored;  // Such as of a link to nowhere: no module.
    if (ending == kModuleEndings.end() || !entries->is_regular_file(ignored)) continue;
    found.by_ending.at(static_cast<std::size_t>(ending - kModuleEndings.begin()))
        .push_back(path.filename().native());
  }
  if (error) return fail(unreadable(directory, error));
  for (auto& names : found.by_ending)
    std::ranges::sort(names);
  return found;
}

Error several(const std::string& directory, const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), kModulesShownMax); ++i)
    list += fmt::format("{}{}", i == 0 ? "" : ", ", short_name(names[i]));
  if (names.size() > kModulesShownMax) list += ", …";
  return {ErrorCode::kInvalidArgument,
          fmt::format("the directory {} has several modules: name one of them: {}",
                      printable(directory), list)};
}

// What there is instead of a module: how a directory runs that python3 would run.
std::string python_in(const std::string& directory) {
  constexpr const char* kMain = "__main__.py";
  std::error_code ignored;
  const fs::path main = fs::path(directory) / kMain;
  if (!fs::is_regular_file(main, ignored)) return {};
  return fmt::format(": its {} is run by `weft run --dir {}:ro {}`", kMain,
                     shell_word(printable(directory)), shell_word(printable(main.native())));
}

// What is no module, but Python.
std::optional<Error> python_error(const ModuleFile& file) {
  if (engine::is_binary_module(file.bytes) || engine::may_be_text(file.bytes)) return std::nullopt;
  const std::string name = printable(file.name);
  const std::string word = shell_word(file.word);
  if (function::is_python_archive(file.bytes)) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} is a zip archive, and no module: one with a __main__.py is run by "
                             "`weft run` when its name ends in .pyz or .zip; `weft deploy NAME {}` "
                             "makes a function of one that has a main.py, app.py, handler.py, "
                             "lambda_function.py, plugin.py or __main__.py",
                             name, word));
  }
  if (file.name.ends_with(".py") || names_python(file.bytes)) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{0} is Python, and no module: `weft run {1}` runs it, and `weft "
                             "deploy NAME {1}` makes it a function",
                             name, word));
  }
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("{}: neither a WebAssembly module (its first bytes would be \\0asm) "
                           "nor WebAssembly text (it would begin with a parenthesis); Python has a "
                           "name that ends in .py, or a first line like #!/usr/bin/env python3",
                           name));
}

// The name of the module that a directory stands for.
Result<std::string> module_in(const std::string& directory) {
  const ModuleNames found = TRY(modules_in(directory));
  std::vector<std::string> mains;
  for (std::size_t i = 0; i < kModuleEndings.size(); ++i) {
    const std::string name = fmt::format("{}{}", kMainModule, kModuleEndings.at(i));
    if (std::ranges::binary_search(found.by_ending.at(i), name)) mains.push_back(name);
  }
  for (const auto& names : {mains, found.by_ending[0], found.by_ending[1]}) {
    if (names.size() > 1) return fail(several(directory, names));
    if (!names.empty()) return names.front();
  }
  return fail(ErrorCode::kNotFound,
              fmt::format("the directory {} has no .wasm or .wat file in it{}",
                          printable(directory), python_in(directory)));
}

}  // namespace

Result<std::string> module_path(std::string_view word) {
  std::string path(word);
  std::error_code ignored;  // Who reads the file says what is wrong with it.
  if (word == "-" || !std::filesystem::is_directory(path, ignored)) return path;
  const std::string name = TRY(module_in(path));
  return (std::filesystem::path(path) / name).native();
}

Result<ModuleFile> load_module(std::string_view file, Console& console, const Inspect& inspect,
                               std::optional<std::string> bytes) {
  const std::string path = TRY(module_path(file));
  if (!bytes) bytes = TRY(read_input(path, console));
  ModuleFile loaded{.word = std::string(file),
                    .name = file == "-" ? "standard input" : path,
                    .bytes = *std::move(bytes),
                    .binary = {},
                    .mapped = {},
                    .id = {},
                    .info = {}};
  if (!loaded.bytes.empty()) {
    if (auto error = python_error(loaded)) return fail(*std::move(error));
  }
  if (!engine::is_binary_module(loaded.bytes)) {
    auto binary = engine::to_binary(loaded.bytes, loaded.name);
    if (!binary) return fail(located(binary.error(), loaded));
    loaded.binary = *std::move(binary);
  }
  loaded.id = content_id(loaded.module());
  auto info = inspect(loaded.id, loaded.module());
  if (!info) return fail(located(engine::in_text(info.error(), loaded.bytes), loaded));
  loaded.info = *std::move(info);
  return loaded;
}

Result<ModuleFile> load_own_module(const std::filesystem::path& file, Console& console,
                                   const Inspect& inspect) {
  auto mapped = store::MappedFile::open(file);
  if (!mapped || !engine::is_binary_module(mapped->bytes()))
    return load_module(file.native(), console, inspect);
  ModuleFile loaded{.word = file,
                    .name = file,
                    .bytes = {},
                    .binary = {},
                    .mapped = std::move(mapped),
                    .id = {},
                    .info = {}};
  loaded.id = content_id(loaded.module());
  auto info = inspect(loaded.id, loaded.module());
  if (!info) return fail(located(info.error(), loaded));
  loaded.info = *std::move(info);
  return loaded;
}

}  // namespace weft::cli
