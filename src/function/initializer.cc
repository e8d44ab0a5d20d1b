#include "function/initializer.h"

#include <algorithm>

#include <fmt/format.h>

#include "abi/command/command.h"
#include "base/log.h"
#include "function/log_stream.h"

namespace weft::function {
namespace {

// How much of an export's name, and of what the guest printed last, an error shows.
constexpr std::size_t kNameShownMax = 100;
constexpr std::size_t kLogShownMax = 1'000;

// The streams and the state of the host functions.
struct Guest {
  LogStream log;
  system::BytesInput input{std::string_view()};
  abi::command::Program program;

  Guest(const LoadedFunction::Description& description, const Initializer::World& world)
      : log(description.limits.output_bytes, world.limits.kept_log_bytes),
        program({.arguments = {description.name},
                 .environment = description.environment,
                 .calls_wasix = abi::command::calls_wasix(description.info),
                 .input = &input,
                 .output = &log,
                 .errors = &log,
                 .clock = &world.clock,
                 .random = &world.random}) {}
};

// `step`: what was running.
Error failed(const Error& error, std::string_view step, Guest& guest) {
  std::string message = fmt::format("initialisation failed in {}: {}", step, error.message());
  std::string log = guest.log.take();
  log.erase(log.find_last_not_of(" \r\n") + 1);
  if (!log.empty()) {
    const std::size_t from = log.size() - std::min(log.size(), kLogShownMax);
    message += fmt::format("; the last that it printed: {}{}", from > 0 ? "…" : "",
                           printable(std::string_view(log).substr(from)));
  }
  Error result(error.code(), std::move(message));
  // The backtrace of an exit shows only the C library.
  if (!guest.program.exit_code()) result = std::move(result).with_backtrace(error.backtrace());
  if (const auto& limit = error.limit())
    result = std::move(result).with_limit(limit->name, limit->value);
  if (const auto& told = error.told_clients()) result = std::move(result).telling_clients(*told);
  return result;
}

Error too_late(const FunctionLimits& limits) {
  const auto most = static_cast<std::uint64_t>(kInitializationMax.count());
  const bool is_own = limits.deadline_ms <= most;
  const std::uint64_t reached = is_own ? limits.deadline_ms : most;
  return Error(ErrorCode::kDeadlineExceeded, fmt::format("it took longer than {} ms", reached))
      .with_limit(is_own ? "deadline_ms" : "initialization_ms", reached);
}

}  // namespace

Result<> Initializer::finish(engine::Instance& instance, MonotonicTime begun,
                             const FunctionLimits& limits) const {
  const auto time = std::min(std::chrono::milliseconds(limits.deadline_ms), kInitializationMax);
  for (;;) {
    const engine::Progress progress = [&] {
      const engine::Ticker::Slice slice(world_.ticker);
      return instance.poll();
    }();
    if (progress == engine::Progress::kDone) break;
    if (is_stopped_) {
      instance.interrupt(Error(ErrorCode::kUnavailable, "the server stops")
                             .telling_clients("The server stops: deploy again later."));
      break;
    }
    if (world_.clock.monotonic() - begun >= time) {
      instance.interrupt(too_late(limits));
      break;
    }
  }
  TRY(instance.take());
  return {};
}

Result<std::string> Initializer::run(const LoadedFunction::Description& description,
                                     const std::shared_ptr<const engine::Program>& program) const {
  Guest guest(description, world_);
  const FunctionLimits& limits = description.limits;
  const auto instance =
      TRY(engine::Instance::create(program, {.memory_bytes = limits.memory_bytes}, &guest.program));
  const MonotonicTime begun = world_.clock.monotonic();
  instance->begin_instantiation();
  if (const auto done = finish(*instance, begun, limits); !done) {
    return fail(failed(done.error(), "the start function", guest));
  }
  for (const std::string& name : description.initialization.exports) {
    TRY(instance->begin_call(name, {}));
    if (const auto done = finish(*instance, begun, limits); !done)
      return fail(failed(done.error(), shown(name, kNameShownMax), guest));
  }
  auto snapshot = instance->capture(world_.limits.snapshot_bytes);
  if (!snapshot) return fail(failed(snapshot.error(), "the end", guest));
  return snapshot;
}

}  // namespace weft::function
