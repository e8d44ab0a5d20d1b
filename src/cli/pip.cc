#include "cli/pip.h"

#include <algorithm>
#include <chrono>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include "base/child_process.h"
#include "base/log.h"
#include "cli/held_signals.h"
#include "cli/status_line.h"

namespace weft::cli {
namespace {

// Runs pip where requirements' markers are those of the guests. A pip whose parts have other names
// works too, with this machine's.
constexpr const char* kRunPip = R"(import sys
sys.path[:] = [folder for folder in sys.path if folder not in ("", ".")]
import runpy
try:
    import pip
except ImportError:
    sys.exit(97)
try:
    from pip._vendor.packaging import markers
    before = markers.default_environment
    markers.default_environment = lambda: {
        **before(), "implementation_name": "cpython", "implementation_version": "3.13.0", "os_name": "posix",
        "platform_machine": "wasm32", "platform_python_implementation": "CPython", "platform_release": "",
        "platform_system": "wasi", "platform_version": "", "python_full_version": "3.13.0",
        "python_version": "3.13", "sys_platform": "wasi"}
except Exception:
    pass
sys.argv[0] = "pip"
runpy.run_module("pip", run_name="__main__", alter_sys=True)
)";
constexpr int kNoPip = 97;

constexpr std::size_t kProblemBytesMax = 600;

// How often it is looked whether this process is to end, and how long pip may take to end then.
constexpr std::chrono::milliseconds kSignalCheck{50};
constexpr std::chrono::seconds kPatience{5};

// The first program of that name in the directories of PATH.
std::optional<std::string> find_program(std::string_view name, Console& console) {
  const std::string path = console.variable("PATH").value_or("");
  std::string_view rest = path;
  while (!rest.empty()) {
    const std::string_view directory = rest.substr(0, rest.find(':'));
    rest.remove_prefix(std::min(rest.size(), directory.size() + 1));
    if (directory.empty()) continue;
    std::string file = std::filesystem::path(directory) / name;
    if (::access(file.c_str(), X_OK) == 0) return file;
  }
  return std::nullopt;
}

Error no_pip(std::string_view what) {
  return {ErrorCode::kUnsupported,
          fmt::format("{}: requirements are resolved by python3 -m pip of this machine; install "
                      "it, or deploy a directory or a zip archive that has the packages",
                      what)};
}

std::vector<std::string> arguments_of(std::string python, Wheels wheels, const std::string& target,
                                      const std::vector<std::string>& words) {
  std::vector<std::string> all = {std::move(python),
                                  "-c",
                                  kRunPip,
                                  "install",
                                  "--no-input",
                                  "--disable-pip-version-check",
                                  "--no-warn-conflicts",
                                  "--root-user-action=ignore",
                                  "--progress-bar=off",
                                  "--no-color",
                                  "--no-compile",
                                  "--only-binary=:all:",
                                  "--python-version",
                                  std::string(kGuestPythonVersion),
                                  "--target",
                                  target};
  if (wheels == Wheels::kPure) {
    for (const char* word : {"--platform", "any", "--implementation", "py", "--abi", "none"})
      all.emplace_back(word);
  } else {
    // Of any common machine: the same wheels are named on all of them.
    for (const char* word : {"--platform",
                             "manylinux_2_39_x86_64",
                             "--platform",
                             "manylinux_2_34_x86_64",
                             "--platform",
                             "manylinux_2_28_x86_64",
                             "--platform",
                             "manylinux_2_17_x86_64",
                             "--platform",
                             "manylinux2014_x86_64",
                             "--platform",
                             "manylinux_2_12_x86_64",
                             "--platform",
                             "manylinux2010_x86_64",
                             "--platform",
                             "manylinux_2_5_x86_64",
                             "--platform",
                             "manylinux1_x86_64",
                             "--platform",
                             "any",
                             "--implementation",
                             "cp",
                             "--abi",
                             "cp313",
                             "--abi",
                             "abi3",
                             "--abi",
                             "none"})
      all.emplace_back(word);
  }
  all.insert(all.end(), words.begin(), words.end());
  return all;
}

// pip's own configuration is in the environment, too, so it gets all that the user has.
std::vector<std::string> environment_of(Console& console, const std::string& temporary) {
  constexpr std::string_view kTemporary = "TMPDIR=";
  std::vector<std::string> variables = console.variables();
  std::erase_if(variables, [&](const std::string& each) { return each.starts_with(kTemporary); });
  variables.push_back(std::string(kTemporary) + temporary);
  return variables;
}

// How pip ended. A signal that is to end this process is passed on to it, and when it does not end,
// it is killed.
Result<ChildExit> end_of(ChildProcess& pip, const HeldSignals& signals, const Clock& clock) {
  MonotonicTime end = clock.monotonic() + std::chrono::seconds(Pip::kSecondsMax);
  bool is_told = false;
  for (;;) {
    const auto signal = signals.waiting();
    const MonotonicTime now = clock.monotonic();
    if (signal && !is_told) {
      pip.send(*signal);
      end = now + kPatience;
      is_told = true;
    }
    const bool has_news = pip.take(std::min(end, now + kSignalCheck));
    if (!has_news && (pip.exit() || now >= end)) break;
  }
  if (is_told) return fail(ErrorCode::kCancelled, "interrupted");
  if (const auto& exit = pip.exit()) return *exit;
  return fail(ErrorCode::kDeadlineExceeded,
              fmt::format("pip has not come to an end within {} s", Pip::kSecondsMax));
}

}  // namespace

Result<PipAnswer> Pip::install(Wheels wheels, const std::string& target,
                               const std::vector<std::string>& words) const {
  const auto python = find_program("python3", console_);
  if (!python) return fail(no_pip("there is no python3 in PATH"));
  const HeldSignals signals;
  const BusyLine busy(console_, console_.is_terminal() ? Status::kShown : Status::kHidden,
                      "Resolving requirements with pip");
  auto child = TRY(ChildProcess::start({.arguments = arguments_of(*python, wheels, target, words),
                                        .environment = environment_of(console_, temporary_)},
                                       console_.clock()));
  child.close_input();
  const ChildExit exit = TRY(end_of(child, signals, console_.clock()));
  if (exit.signal == 0 && exit.code == kNoPip)
    return fail(no_pip(fmt::format("{} has no pip", printable(*python))));
  return PipAnswer{.code = exit.signal == 0 ? exit.code : -1,
                   .output = std::move(child.output()),
                   .errors = std::move(child.errors())};
}

std::optional<std::string> unreachable_index(const PipAnswer& answer) {
  constexpr std::string_view kBroken = "connection broken by '";
  constexpr std::string_view kWhy = "Failed to establish a new connection: ";
  constexpr std::string_view kIndexes = "Looking in indexes: ";
  const std::string_view errors = answer.errors;
  const std::size_t begin = errors.rfind(kBroken);
  if (begin == std::string_view::npos || !pip_problem(errors).starts_with(kNoDistribution))
    return std::nullopt;
  std::string_view why = errors.substr(begin + kBroken.size());
  why = why.substr(0, why.find('\n'));
  // "NewConnectionError('…: [Errno 111] Connection refused')': /simple/six/"
  why = why.substr(0, why.rfind("': "));
  if (const std::size_t at = why.find(kWhy); at != std::string_view::npos) {
    why.remove_prefix(at + kWhy.size());
    why = why.substr(0, why.rfind("')"));
  }
  // pip names what it was told; without its passwords.
  std::string_view index = "PyPI";
  const std::string_view output = answer.output;
  if (const std::size_t at = output.find(kIndexes); at != std::string_view::npos) {
    index = output.substr(at + kIndexes.size());
    index = index.substr(0, index.find('\n'));
  }
  return fmt::format("the package index {} cannot be reached: {}", shown(index, kProblemBytesMax),
                     shown(why, kProblemBytesMax));
}

std::string pip_problem(std::string_view errors) {
  constexpr std::string_view kMark = "ERROR: ";
  std::string_view last;
  std::string_view fallback;
  while (!errors.empty()) {
    std::string_view line = errors.substr(0, errors.find('\n'));
    errors.remove_prefix(std::min(errors.size(), line.size() + 1));
    if (line.starts_with(kMark)) {
      line.remove_prefix(kMark.size());
      // What says where one may read on says nothing of its own.
      if (!line.starts_with("ResolutionImpossible")) last = line;
    }
    if (!line.empty()) fallback = line;
  }
  return shown(last.empty() ? fallback : last, kProblemBytesMax);
}

}  // namespace weft::cli
