// The program weft-conformance: runs public test suites against weft and counts.
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
#include "conformance/corpus_command.h"
#include "conformance/verdict.h"
#include "conformance/wasi_run.h"
#include "workflow/embedded_models.h"
#include "workflow/service_models.h"

namespace {

namespace fs = std::filesystem;
using weft::conformance::kCorpusHelp;
using weft::conformance::kUsageExitCode;
using weft::conformance::print;
using weft::conformance::run_corpus_command;

constexpr std::string_view kHelp =
    "weft-conformance wasi [--weft PROGRAM] [--timeout SECONDS] DIR…\n"
    "\n"
    "Runs each .wasm and .wat below the directories with `weft run`, as the JSON file beside it\n"
    "says (the format of github.com/WebAssembly/wasi-testsuite), and prints a line for each:\n"
    "exact, differing or failing. The last line counts them. Exit code 1 when not all are exact.\n"
    "\n";

using Words = std::span<const std::string_view>;

struct WasiOptions {
  weft::conformance::WasiRunner runner;
  std::vector<fs::path> directories;
};

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
  print(kCorpusHelp, stderr);
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

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (words.empty()) return misunderstood();
  if (words.size() == 1 && words.front() == "--help") {
    print(kHelp);
    print(kCorpusHelp);
    return EXIT_SUCCESS;
  }
  if (words.front() == "wasi") return run_wasi(Words(words).subspan(1));
  const weft::workflow::ServiceModels models(weft::workflow::embedded_service_models());
  const auto exit_code = run_corpus_command(words, &models);
  return exit_code ? *exit_code : misunderstood();
}
