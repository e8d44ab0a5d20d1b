#include "function/python_source.h"

#include <fmt/format.h>

namespace weft::function {
namespace {

// In front of the library: what an archive has wins.
const std::string& archive_options() {
  static const std::string options = fmt::format(R"({{"path":["{}"]}})", kPythonArchiveRoot);
  return options;
}

}  // namespace

std::string PythonSource::name(std::string_view function) const {
  return archive ? fmt::format("{}/{}", kPythonArchiveRoot, archive->file)
                 : fmt::format("{}.py", function);
}

abi::python::SourceFile PythonSource::named(std::string_view name) const {
  return {.source = text(),
          .name = name,
          .options = archive ? std::string_view(archive_options()) : ""};
}

}  // namespace weft::function
