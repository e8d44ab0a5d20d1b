// The program weft. Everything that belongs to the process and not to a command is here.
#include <csignal>
#include <cstdlib>

#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "cli/command.h"
#include "cli/server_engine.h"
#include "function/compiler.h"

namespace {

std::optional<std::string> environment_variable(const char* name) {
  // No thread of this process changes the environment.
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): see above
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// Colours where they are seen and not refused (https://no-color.org).
bool shows_colours() {
  return ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1 &&
         environment_variable("NO_COLOR").value_or("").empty() &&
         environment_variable("TERM").value_or("dumb") != "dumb";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  // A guest that writes to a pipe that nobody reads ends as every program does; everything else
  // learns of it from the write.
  if (words.empty() || words.front() != "run") std::signal(SIGPIPE, SIG_IGN);

  // No command: a server starts itself like this.
  if (!words.empty() && words.front() == weft::function::kCompileWorker) {
    return weft::function::run_compile_worker(std::span(words).subspan(1),
                                              weft::cli::server_engine());
  }

  weft::system::DescriptorInput input(STDIN_FILENO);
  weft::system::DescriptorOutput output(STDOUT_FILENO);
  weft::system::DescriptorOutput errors(STDERR_FILENO);
  const weft::SystemClock clock;
  weft::SystemRandom random;
  weft::cli::Console console({.input = input,
                              .output = output,
                              .errors = errors,
                              .environment = environment_variable,
                              .clock = clock,
                              .random = random,
                              .colours = shows_colours(),
                              .is_terminal = ::isatty(STDERR_FILENO) == 1});
  return weft::cli::run_command_line(words, console);
}
