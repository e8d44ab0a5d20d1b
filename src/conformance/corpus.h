// Corpora: files with a test in each line, a JSON object that has an `id`.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "conformance/verdict.h"
#include "json/value.h"

namespace weft::conformance {

// What a test asks for and what came of it, in one form: equal when it is exact.
struct Comparison {
  json::Value expected;
  json::Value found;
};

// Runs the test of one line. An error says why it could not be run.
using RunCase = std::function<Result<Comparison>(const json::Value& test)>;

struct CorpusOptions {
  // Only tests of this id, and in full where each first differs from what it asks for.
  std::optional<std::string> diff = std::nullopt;
  // Takes what is to be read by people.
  std::function<void(std::string_view)> print;
};

// Runs the tests of these files; prints a line for each that is not exact, one for each file and
// last the counts of all. Errors: kNotFound for a file that cannot be read or an id that no test
// has; kTooLarge for a file beyond 256 MiB.
Result<Tally> run_corpora(std::span<const std::filesystem::path> files, const RunCase& run,
                          const CorpusOptions& options);

}  // namespace weft::conformance
