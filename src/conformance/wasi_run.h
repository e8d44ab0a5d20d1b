// Runs the tests of a WASI suite as a user would: through `weft run`.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "conformance/verdict.h"
#include "conformance/wasi_case.h"

namespace weft::conformance {

struct WasiRunner {
  std::filesystem::path weft;                 // the program
  std::chrono::seconds timeout{60};           // for one test
  std::vector<std::string> environment = {};  // of `weft`, not of the tests; "NAME=VALUE"
  const Clock* clock = nullptr;               // outlives this
};

// The modules (.wasm and .wat) in `directory` and below it, sorted. Errors: kNotFound and what the
// system says.
Result<std::vector<std::filesystem::path>> find_modules(const std::filesystem::path& directory);

// Runs the test of that module, whose JSON file may stand beside it. Directories are copied, so
// that the suite stays as it is.
Verdict run_wasi_test(const WasiRunner& runner, const std::filesystem::path& module);

}  // namespace weft::conformance
