// Where the Python guests are on this machine (docs/formats/python-guest.md): the setting `python`,
// or the first place that has them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace weft::cli {

// What guests/python/build puts into one directory.
struct PythonFiles {
  std::filesystem::path directory;

  // The guest of functions.
  std::filesystem::path weft_wasm() const { return directory / "weft.wasm"; }
  // python3 as a program of WASI.
  std::filesystem::path program_wasm() const { return directory / "python.wasm"; }
  // The guest of reactors. Not among those that have to be there.
  std::filesystem::path reactor_wasm() const { return directory / "reactor.wasm"; }
  // What they are to be shown as /usr, only to read.
  std::filesystem::path library() const { return directory / "usr"; }
};

// The file that this process runs; empty when the system does not say. Only its directory is sure
// to be there still.
std::filesystem::path executable_path();

// All files are there and can be read, as far as the system says so now. `given` is the setting:
// kNotFound when something is missing in that directory. Without it, `executable` is the program's
// own file, and the first complete one of these directories counts: `python` beside it,
// `../lib/weft/python` and `../python/out` (of a build tree) from its directory; kUnsupported when
// there is none. Messages name what is missing and say how to get it; of the second, what clients
// may be told has no paths.
Result<PythonFiles> find_python_files(const std::optional<std::string>& given,
                                      const std::filesystem::path& executable);

}  // namespace weft::cli
