// The program weft-conformance: runs public test suites against weft and counts.
#include <array>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "conformance/asl_cases.h"
#include "conformance/corpus.h"
#include "conformance/jsonata_cases.h"
#include "conformance/jsonpath_cases.h"
#include "conformance/verdict.h"
#include "conformance/wasi_run.h"

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kHelp =
    "weft-conformance wasi [--weft PROGRAM] [--timeout SECONDS] DIR…\n"
    "\n"
    "Runs each .wasm and .wat below the directories with `weft run`, as the JSON file beside it\n"
    "says (the format of github.com/WebAssembly/wasi-testsuite), and prints a line for each:\n"
    "exact, differing or failing. The last line counts them. Exit code 1 when not all are exact.\n"
    "\n"
    "weft-conformance asl|jsonata|jsonpath [--diff ID] FILE…\n"
    "\n"
    "Runs the tests of files that have one in each line: executions of state machines that were\n"
    "recorded on AWS Step Functions, those of JSONata's reference implementation\n"
    "(github.com/jsonata-js), or those of the JSONPath Compliance Test Suite\n"
    "(github.com/jsonpath-standard). Prints a line for each that is not exact and one for each\n"
    "file; the last line counts all. With --diff, only tests of that id, and where they differ in\n"
    "full.\n";

constexpr int kUsageExitCode = 2;

using Words = std::span<const std::string_view>;

struct WasiOptions {
  weft::conformance::WasiRunner runner;
  std::vector<fs::path> directories;
};

// A suite whose tests are lines of JSON.
struct Corpus {
  std::string_view name;
  weft::Result<weft::conformance::Comparison> (*run_case)(const weft::json::Value& test);
};

constexpr std::array<Corpus, 3> kCorpora = {{
    {"asl", weft::conformance::run_asl_case},
    {"jsonata", weft::conformance::run_jsonata_case},
    {"jsonpath", weft::conformance::run_jsonpath_case},
}};

void print(std::string_view text, std::FILE* to = stdout) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);  // A suite takes a while; its reader sees each line at once.
}

// False when they are not understood.
bool read_options(Words words, WasiOptions& options) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--")) {
      options.directories.emplace_back(words[i]);
      continue;
    }
    if (i + 1 == words.size()) return false;
    const std::string_view option = words[i];
    const std::string_view value = words[++i];
    if (option == "--weft") {
      options.runner.weft = value;
    } else if (option == "--timeout") {
      unsigned seconds = 0;
      const char* const end = value.end();
      if (std::from_chars(value.begin(), end, seconds).ptr != end || seconds == 0) return false;
      options.runner.timeout = std::chrono::seconds(seconds);
    } else {
      return false;
    }
  }
  return !options.directories.empty();
}

// Where weft keeps its compiled code is its user's choice; the rest of the environment is not its
// tests' business.
std::vector<std::string> environment_of_weft() {
  std::vector<std::string> result;
  for (const char* name : {"HOME", "XDG_CACHE_HOME"}) {
    // No thread of this process changes the environment.
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): see above
    if (value != nullptr) result.push_back(std::string(name) + "=" + value);
  }
  return result;
}

int misunderstood() {
  print(kHelp, stderr);
  return kUsageExitCode;
}

int failed(const weft::Error& error) {
  print(error.message() + "\n", stderr);
  return kUsageExitCode;
}

int run_wasi(Words words) {
  const weft::SystemClock clock;
  std::error_code error;
  WasiOptions options{
      .runner = {.weft = fs::read_symlink("/proc/self/exe", error).parent_path() / "weft",
                 .environment = environment_of_weft(),
                 .clock = &clock},
      .directories = {}};
  if (!read_options(words, options)) return misunderstood();
  if (!fs::exists(options.runner.weft, error)) {
    print("There is no " + options.runner.weft.string() + ": name the program with --weft.\n",
          stderr);
    return kUsageExitCode;
  }
  std::signal(SIGPIPE, SIG_IGN);

  weft::conformance::Tally tally;
  for (const fs::path& directory : options.directories) {
    const auto modules = weft::conformance::find_modules(directory);
    if (!modules) return failed(modules.error());
    for (const fs::path& module : *modules) {
      const fs::path name = fs::path(module).replace_extension();
      print(tally.line(name.string(), run_wasi_test(options.runner, module)));
    }
  }
  print(tally.summary());
  return tally.is_all_exact() ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_corpus(const Corpus& corpus, Words words) {
  weft::conformance::CorpusOptions options{.print = [](std::string_view text) { print(text); }};
  std::vector<fs::path> files;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--diff" && i + 1 < words.size()) {
      options.diff = words[++i];
    } else if (words[i].starts_with("--")) {
      return misunderstood();
    } else {
      files.emplace_back(words[i]);
    }
  }
  if (files.empty()) return misunderstood();
  const auto tally = weft::conformance::run_corpora(files, corpus.run_case, options);
  if (!tally) return failed(tally.error());
  return tally->is_all_exact() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty()) return misunderstood();
  if (words.size() == 1 && words.front() == "--help") {
    print(kHelp);
    return EXIT_SUCCESS;
  }
  const Words rest = Words(words).subspan(1);
  if (words.front() == "wasi") return run_wasi(rest);
  for (const Corpus& corpus : kCorpora) {
    if (words.front() == corpus.name) return run_corpus(corpus, rest);
  }
  return misunderstood();
}
