#include "function/compiler.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/child_process.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "system/streams.h"

namespace weft::function {
namespace {

// Behind other work: who waits for an answer of a loaded function goes first.
constexpr int kNiceness = 10;

// The clock may run so much longer than the CPU.
constexpr int kWallFactor = 4;

// Exit codes of the child. It ends with a signal, or one of its own, when it exceeds a limit.
constexpr int kCompiled = 0;
constexpr int kNotCompiled = 10;
constexpr int kNotStarted = 11;

// How long it takes until a server that stops does.
constexpr std::chrono::milliseconds kStopCheck{100};

// Compiled code is at most about so many times as large as the module.
constexpr std::size_t kCodePerModule = 64;
constexpr std::size_t kCodeBytesMin = 16UZ * 1024 * 1024;
constexpr std::size_t kCodeBytesMax = 1024UZ * 1024 * 1024;

constexpr std::size_t kMessageBytesMax = 1'000;

// A sanitizer needs more addresses than any limit allows.
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool kLimitsAddresses = false;
#else
constexpr bool kLimitsAddresses = true;
#endif

std::optional<std::uint64_t> number_in(const std::string& word) {
  std::uint64_t number = 0;
  const char* const end = word.data() + word.size();
  const auto parsed = std::from_chars(word.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return number;
}

Result<std::string> everything(system::InputStream& input) {
  std::string text;
  std::array<std::uint8_t, 64UZ * 1024> bytes{};
  while (const std::size_t size = TRY(input.read(bytes)))
    text.append(reinterpret_cast<const char*>(bytes.data()), size);
  return text;
}

Result<> write(int descriptor, std::string_view text) {
  return system::DescriptorOutput(descriptor)
      .write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

bool limit(__rlimit_resource resource, std::uint64_t most) {
  const rlimit limits{.rlim_cur = most, .rlim_max = most};
  return ::setrlimit(resource, &limits) == 0;
}

// Each arena reserves addresses, of which there is a limit.
constexpr int kArenasMax = 4;

bool limit_process(std::uint64_t memory_bytes, std::uint64_t cpu_seconds) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::mallopt(M_ARENA_MAX, kArenasMax);  // NOLINT(concurrency-mt-unsafe): there is one thread
  // Where the machine's memory runs out, this process goes before the server.
  const UniqueFd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  if (score) static_cast<void>(write(score.get(), "1000"));
  ::setpriority(PRIO_PROCESS, 0, kNiceness);  // Where it may not, it works all the same.
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_CPU, cpu_seconds) &&
         (!kLimitsAddresses || limit(RLIMIT_AS, memory_bytes));
}

Error over_limit(const CompileLimits& limits, std::chrono::seconds seconds) {
  return {ErrorCode::kTooLarge,
          fmt::format("the module takes more than {} s of CPU time or {} MiB of memory to compile: "
                      "make it smaller, or split it",
                      seconds.count(), limits.memory_bytes >> 20U)};
}

}  // namespace

Result<std::string> ChildCompiler::compile(const engine::Engine& engine,
                                           std::string_view module) const {
  places_.acquire();  // stop() ends those that run, and so these come to their turn.
  const std::unique_ptr<std::counting_semaphore<kChildrenMax>, void (*)(decltype(&places_))> place(
      &places_, [](decltype(&places_) places) { places->release(); });
  const std::chrono::seconds seconds = limits_.seconds_for(module.size());
  const std::size_t output_max =
      std::min(kCodeBytesMax, kCodeBytesMin + kCodePerModule * module.size());
  auto started = ChildProcess::start(
      {.arguments = {program_, std::string(kCompileWorker), fmt::format("{}", limits_.memory_bytes),
                     fmt::format("{}", seconds.count()), engine.fingerprint()},
       .environment = {},
       .output_bytes_max = output_max},
      clock_);
  if (!started) return fail(ErrorCode::kUnavailable, started.error().message());
  ChildProcess& child = *started;
  const MonotonicTime end = clock_.monotonic() + kWallFactor * seconds;
  child.write(module, end);  // A child that ends early says why.
  child.close_input();
  while (!is_stopped_) {
    const MonotonicTime now = clock_.monotonic();
    const bool has_news = child.take(std::min(end, now + kStopCheck));
    if (!has_news && (child.exit() || now >= end)) break;
  }
  if (is_stopped_) return fail(ErrorCode::kUnavailable, "the server stops");
  const auto& exit = child.exit();
  if (!exit || child.output().size() >= output_max) return fail(over_limit(limits_, seconds));
  if (exit->signal == 0 && exit->code == kCompiled) return std::move(child.output());
  const std::string message = shown(child.errors(), kMessageBytesMax);
  if (exit->signal == 0 && exit->code == kNotCompiled)
    return fail(ErrorCode::kUnsupported, message);
  if (exit->signal == 0 && exit->code == kNotStarted)
    return fail(ErrorCode::kUnavailable, "the compiler did not start: " + message);
  // The last one is how a process ends that gets no memory.
  const bool is_over_limit =
      exit->signal == SIGXCPU || exit->signal == SIGKILL || exit->signal == SIGABRT;
  if (is_over_limit) return fail(over_limit(limits_, seconds));
  return fail(ErrorCode::kUnsupported,
              fmt::format("the compiler fails on this module (code {}, signal {})", exit->code,
                          exit->signal));
}

int run_compile_worker(std::span<const std::string> words, const engine::EngineOptions& options) {
  const auto failed = [](int code, std::string_view why) {
    static_cast<void>(write(STDERR_FILENO, why));
    return code;
  };
  constexpr std::size_t kWords = 3;  // memory, seconds, fingerprint
  if (words.size() != kWords) return failed(kNotStarted, "wrong words");
  const auto memory_bytes = number_in(words[0]);
  const auto seconds = number_in(words[1]);
  if (!memory_bytes || !seconds || !limit_process(*memory_bytes, *seconds))
    return failed(kNotStarted, "the limits cannot be set");
  const auto engine = engine::Engine::create(options);
  if (!engine) return failed(kNotStarted, engine.error().message());
  if ((*engine)->fingerprint() != words[2])
    return failed(kNotStarted, "the program is another one than the server");
  system::DescriptorInput input(STDIN_FILENO);
  const auto module = everything(input);
  if (!module) return failed(kNotStarted, module.error().message());
  const auto code = (*engine)->compile_to_bytes(*module);
  if (!code) return failed(kNotCompiled, code.error().message());
  return write(STDOUT_FILENO, *code) ? kCompiled : kNotStarted;
}

}  // namespace weft::function
