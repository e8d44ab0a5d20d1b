// The program weft. Everything that belongs to the process and not to a command is here.
#include <csignal>
#include <cstdlib>

#include <fcntl.h>
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

std::vector<std::string> environment_variables() {
  std::vector<std::string> variables;
  for (char** next = ::environ; next != nullptr && *next != nullptr; ++next)
    variables.emplace_back(*next);
  return variables;
}

// Colours where they are seen and not refused (https://no-color.org).
bool shows_colours() {
  return ::isatty(STDOUT_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1 &&
         environment_variable("NO_COLOR").value_or("").empty() &&
         environment_variable("TERM").value_or("dumb") != "dumb";
}

// Standard output or error of a guest: a reader that goes away ends it as it ends every program.
// What nobody reads of the guest's own files and sockets is an error for the guest.
class GuestOutput final : public weft::system::DescriptorOutput {
 public:
  using DescriptorOutput::DescriptorOutput;
  void reader_is_gone() override {
    std::signal(SIGPIPE, SIG_DFL);
    std::raise(SIGPIPE);
  }
};

// The next file that is opened would become a standard stream that was closed. What stands there
// instead fails as that did: it cannot be read, or written to.
void fill_closed_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) >= 0) continue;
    static_cast<void>(::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  fill_closed_streams();
  // Everything but a guest's output learns from the write that nobody reads.
  const bool is_ignored = std::signal(SIGPIPE, SIG_IGN) == SIG_IGN;
  const bool ends_with_reader = !is_ignored && !words.empty() && words.front() == "run";

  // What does not fit a limit of the shell on files (ulimit -f) is an error of the write: EFBIG for
  // a guest, and no end of this process.
  std::signal(SIGXFSZ, SIG_IGN);

  // No command: a server starts itself like this.
  if (!words.empty() && words.front() == weft::function::kCompileWorker) {
    return weft::function::run_compile_worker(std::span(words).subspan(1),
                                              weft::cli::server_engine());
  }

  weft::system::DescriptorInput input(STDIN_FILENO);
  weft::system::DescriptorOutput output(STDOUT_FILENO);
  weft::system::DescriptorOutput errors(STDERR_FILENO);
  GuestOutput guest_output(STDOUT_FILENO);
  GuestOutput guest_errors(STDERR_FILENO);
  const weft::SystemClock clock;
  weft::SystemRandom random;
  weft::cli::Console console({.input = input,
                              .output = ends_with_reader ? guest_output : output,
                              .errors = ends_with_reader ? guest_errors : errors,
                              .environment = environment_variable,
                              .variables = environment_variables,
                              .clock = clock,
                              .random = random,
                              .colours = shows_colours(),
                              .is_terminal = ::isatty(STDERR_FILENO) == 1});
  return weft::cli::run_command_line(words, console);
}
