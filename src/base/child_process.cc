#include "base/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <limits>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

namespace weft {
namespace {

struct Pipe {
  UniqueFd reading;
  UniqueFd writing;
};

Error start_error(const ChildOptions& options, int error) {
  const ErrorCode code = error == ENOENT   ? ErrorCode::kNotFound
                         : error == EACCES ? ErrorCode::kPermissionDenied
                                           : ErrorCode::kUnavailable;
  return {code, fmt::format("Cannot start {}: {}.", printable(options.arguments.front()),
                            std::generic_category().message(error))};
}

Result<Pipe> make_pipe(const ChildOptions& options) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail(start_error(options, errno));
  return Pipe{.reading = UniqueFd(ends[0]), .writing = UniqueFd(ends[1])};
}

void set_nonblocking(const UniqueFd& descriptor) {
  ::fcntl(descriptor.get(), F_SETFL, ::fcntl(descriptor.get(), F_GETFL) | O_NONBLOCK);
}

// As execve takes them; valid as long as `texts`.
std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts)
    result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// What posix_spawn is told, for one scope.
class SpawnOptions {
 public:
  SpawnOptions() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnOptions(const SpawnOptions&) = delete;
  SpawnOptions& operator=(const SpawnOptions&) = delete;
  ~SpawnOptions() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  void set_stream(int number, const UniqueFd& descriptor) {
    posix_spawn_file_actions_adddup2(&actions_, descriptor.get(), number);
  }
  // The parent's ignored signals and mask are no business of the child's.
  void reset_signals() {
    sigset_t all;
    sigfillset(&all);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

}  // namespace

Result<ChildProcess> ChildProcess::start(const ChildOptions& options, const Clock& clock) {
  Pipe input = TRY(make_pipe(options));
  Pipe output = TRY(make_pipe(options));
  Pipe errors = TRY(make_pipe(options));
  SpawnOptions spawn;
  spawn.set_stream(STDIN_FILENO, input.reading);
  spawn.set_stream(STDOUT_FILENO, output.writing);
  spawn.set_stream(STDERR_FILENO, errors.writing);
  spawn.reset_signals();
  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> environment = options.environment;
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, options.arguments.front().c_str(), spawn.actions(), spawn.attributes(),
                    pointers(arguments).data(), pointers(environment).data());
  if (error != 0) return fail(start_error(options, error));
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  const int open_error = errno;
  ChildProcess child(pid, std::move(process), options.output_bytes_max, clock);
  if (!child.process_) {
    child.send(SIGKILL);
    child.reap();
    return fail(start_error(options, open_error));
  }
  child.input_ = std::move(input.writing);
  child.output_.descriptor = std::move(output.reading);
  child.errors_.descriptor = std::move(errors.reading);
  set_nonblocking(child.input_);
  set_nonblocking(child.output_.descriptor);
  set_nonblocking(child.errors_.descriptor);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : clock_(other.clock_),
      pid_(std::exchange(other.pid_, 0)),
      process_(std::move(other.process_)),
      output_bytes_max_(other.output_bytes_max_),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      errors_(std::move(other.errors_)),
      exit_(other.exit_) {}

ChildProcess::~ChildProcess() {
  if (pid_ == 0 || exit_) return;
  send(SIGKILL);
  reap();
}

void ChildProcess::send(int signal) {
  if (pid_ != 0 && !exit_) ::kill(pid_, signal);
}

void ChildProcess::reap() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_ = WIFSIGNALED(status) ? ChildExit{.signal = WTERMSIG(status)}
                              : ChildExit{.code = WEXITSTATUS(status)};
  process_ = UniqueFd();
}

void ChildProcess::take_some(Stream& stream) {
  std::array<char, 16UZ * 1024> bytes{};
  const ssize_t size = ::read(stream.descriptor.get(), bytes.data(), bytes.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (size <= 0) {
    stream.descriptor = UniqueFd();
    return;
  }
  const std::size_t room = output_bytes_max_ - std::min(stream.text.size(), output_bytes_max_);
  stream.text.append(bytes.data(), std::min(room, static_cast<std::size_t>(size)));
}

bool ChildProcess::wait(MonotonicTime until, bool for_writing, bool& writable) {
  // Negative descriptors are skipped.
  const auto number = [](const UniqueFd& descriptor) { return descriptor.get(); };
  std::array<pollfd, 4> waits = {
      pollfd{.fd = number(output_.descriptor), .events = POLLIN, .revents = 0},
      pollfd{.fd = number(errors_.descriptor), .events = POLLIN, .revents = 0},
      pollfd{.fd = number(process_), .events = POLLIN, .revents = 0},
      pollfd{.fd = for_writing ? number(input_) : -1, .events = POLLOUT, .revents = 0}};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - clock_->monotonic());
  const auto timeout = std::clamp<std::int64_t>(left.count(), 0, std::numeric_limits<int>::max());
  const int ready = ::poll(waits.data(), waits.size(), static_cast<int>(timeout));
  if (ready == 0) return false;
  if (waits[0].revents != 0) take_some(output_);
  if (waits[1].revents != 0) take_some(errors_);
  if (waits[2].revents != 0) reap();
  writable = waits[3].revents != 0;
  return true;
}

bool ChildProcess::take(MonotonicTime until) {
  if (exit_ && !output_.descriptor && !errors_.descriptor) return false;
  bool writable = false;
  return wait(until, false, writable);
}

bool ChildProcess::write(std::string_view bytes, MonotonicTime until) {
  while (!bytes.empty()) {
    bool writable = false;
    if (!input_ || exit_ || !wait(until, true, writable)) return false;
    if (!writable) continue;
    const ssize_t size = ::write(input_.get(), bytes.data(), bytes.size());
    if (size < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (size > 0) bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

}  // namespace weft
