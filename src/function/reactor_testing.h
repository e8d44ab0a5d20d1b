// A guest for tests of reactors: what it does is in the names (abi/reactor/testing.h).
#pragma once

#include <filesystem>
#include <fstream>

#include "abi/reactor/testing.h"
#include "function/functions.h"

namespace weft::function {

// Writes it, with an empty library, into the directory.
inline PythonFiles make_test_reactor(const std::filesystem::path& directory) {
  const PythonFiles files{.module = directory / "reactor.wat", .library = directory / "usr"};
  std::ofstream(files.module) << abi::reactor::kTestReactor;
  std::filesystem::create_directories(files.library);
  return files;
}

}  // namespace weft::function
