#include "cli/module_file.h"

#include "base/log.h"
#include "cli/input_file.h"
#include "cli/report.h"

namespace weft::cli {
namespace {

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

}  // namespace

Result<ModuleFile> load_module(std::string_view file, Console& console, const Inspect& inspect) {
  ModuleFile loaded{.word = std::string(file),
                    .name = file == "-" ? "standard input" : std::string(file),
                    .bytes = TRY(read_input(file, console, kModuleFileWanted)),
                    .binary = {},
                    .info = {}};
  if (!engine::is_binary_module(loaded.bytes)) {
    auto binary = engine::to_binary(loaded.bytes, loaded.name);
    if (!binary) return fail(located(binary.error(), loaded));
    loaded.binary = *std::move(binary);
  }
  auto info = inspect(loaded.module());
  if (!info) return fail(located(engine::in_text(info.error(), loaded.bytes), loaded));
  loaded.info = *std::move(info);
  return loaded;
}

}  // namespace weft::cli
