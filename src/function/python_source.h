// What a Python function is deployed as: a file, or an archive of several. Private to function.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "abi/python/dialogue.h"
#include "function/python_archive.h"

namespace weft::function {

struct PythonSource {
  std::string file;                                   // the text, where there is no archive
  std::shared_ptr<const PythonArchive> archive = {};  // null: a file alone

  const std::string& text() const { return archive ? archive->source : file; }
  // What tracebacks call it: `given` where it is said, else "greet.py" of that function; of an
  // archive, always "/app/main.py".
  std::string name(std::string_view function, std::string_view given) const;
  // How the guest is told. Borrows this and the name.
  abi::python::SourceFile named(std::string_view name) const;
};

}  // namespace weft::function
