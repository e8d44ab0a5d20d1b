#include "function/python_source.h"

#include <fmt/format.h>

namespace weft::function {
namespace {

// In front of the library: what an archive has wins.
const std::string& archive_options() {
  static const std::string kOptions = fmt::format(R"({{"path":["{}"]}})", kPythonArchiveRoot);
  return kOptions;
}

}  // namespace

std::string PythonSource::name(std::string_view function, std::string_view given) const {
  if (archive) return fmt::format("{}/{}", kPythonArchiveRoot, archive->file);
  return given.empty() ? fmt::format("{}.py", function) : std::string(given);
}

abi::python::SourceFile PythonSource::named(std::string_view name) const {
  return {.source = text(),
          .name = name,
          .options = archive ? std::string_view(archive_options()) : ""};
}

}  // namespace weft::function
