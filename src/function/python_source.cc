#include "function/python_source.h"

#include <fmt/format.h>

namespace weft::function {
namespace {

// In front of the library: what an archive has wins.
constexpr std::string_view kArchiveOptions = R"({"path":["/app"]})";

}  // namespace

std::string PythonSource::name(std::string_view function) const {
  return archive ? fmt::format("{}/{}", kPythonArchiveRoot, archive->file)
                 : fmt::format("{}.py", function);
}

abi::python::SourceFile PythonSource::named(std::string_view name) const {
  return {.source = text(), .name = name, .options = archive ? kArchiveOptions : ""};
}

}  // namespace weft::function
