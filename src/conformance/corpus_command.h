// The command line of the suites whose tests are lines of JSON.
#pragma once

#include <cstdio>
#include <optional>
#include <span>
#include <string_view>

#include "workflow/service_models.h"

namespace weft::conformance {

inline constexpr std::string_view kCorpusHelp =
    "weft-conformance asl|jsonata|jsonpath [--diff ID] FILE…\n"
    "\n"
    "Runs the tests of files that have one in each line: executions of state machines that were\n"
    "recorded on AWS Step Functions, those of JSONata's reference implementation\n"
    "(github.com/jsonata-js), or those of the JSONPath Compliance Test Suite\n"
    "(github.com/jsonpath-standard). Prints a line for each that is not exact and one for each\n"
    "file; the last line counts all. With --diff, only tests of that id, and where they differ in\n"
    "full.\n";

inline constexpr int kUsageExitCode = 2;

// At once: a suite takes a while.
void print(std::string_view text, std::FILE* to = stdout);

// The exit code: 0 when all tests are exact, 1 when not, kUsageExitCode when a file cannot be read.
// Nothing when the words, the name of a suite first, are not understood. `models`: what services
// answer, which mocked results are compared with; null: with nothing.
std::optional<int> run_corpus_command(std::span<const std::string_view> words,
                                      const workflow::ServiceModels* models);

}  // namespace weft::conformance
