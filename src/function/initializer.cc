#include "function/initializer.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"
#include "system/wait.h"

namespace weft::function {
namespace {

// How much of an export's name, and of what the guest printed last, an error shows.
constexpr std::size_t kNameShownMax = 100;
constexpr std::size_t kLogShownMax = 1'000;

// How long a server that stops may wait for a guest that waits.
constexpr std::chrono::milliseconds kLookAtStop{50};

Error too_late(std::chrono::milliseconds time) {
  const bool is_most = time >= kInitializationMax;
  const auto reached = static_cast<std::uint64_t>(time.count());
  return Error(ErrorCode::kDeadlineExceeded, fmt::format("it took longer than {} ms", reached))
      .with_limit(is_most ? "initialization_ms" : "deadline_ms", reached);
}

}  // namespace

Preparation::Preparation(const Initializer& initializer,
                         const LoadedFunction::Description& description, bool can_wait,
                         Surroundings surroundings)
    : initializer_(initializer),
      limits_(description.limits),
      begun_(initializer.world_.clock.monotonic()),
      time_(
          std::min(std::chrono::milliseconds(description.limits.deadline_ms), kInitializationMax)),
      log_(description.limits.output_bytes, initializer.world_.limits.kept_log_bytes),
      program_(
          {.arguments = {description.name},
           .environment = description.environment,
           .directories = std::move(surroundings.directories),
           .calls_wasix = abi::command::calls_wasix(description.info),
           .input = &input_,
           .output = &log_,
           .errors = &log_,
           .clock = surroundings.clock != nullptr ? surroundings.clock : &initializer.world_.clock,
           .random =
               surroundings.random != nullptr ? surroundings.random : &initializer.world_.random,
           .parks = can_wait}),
      plugin_(description.limits.output_bytes) {
  plugin_.set_log(&log_);
  if (description.dialect == abi::Dialect::kSe2) program_.set_beside(&plugin_);
}

Result<std::unique_ptr<Preparation>> Preparation::begin(
    const Initializer& initializer, const LoadedFunction::Description& description,
    const std::shared_ptr<const engine::Program>& program, Surroundings surroundings) {
  const bool can_wait = program->parking() != engine::Waiting::kNever;
  auto preparation = std::unique_ptr<Preparation>(
      new Preparation(initializer, description, can_wait, std::move(surroundings)));
  preparation->instance_ = TRY(engine::Instance::create(
      program, {.memory_bytes = description.limits.memory_bytes}, &preparation->program_));
  return preparation;
}

Error Preparation::failed(const Error& error, std::string_view step) {
  std::string message = fmt::format("{}: {}", step, error.message());
  if (program_.beside() != nullptr && program_.exit_code())
    message += "; what prepares a plugin has to return, so that calls can follow";
  std::string log = log_.take();
  log.erase(log.find_last_not_of(" \r\n") + 1);
  if (!log.empty()) {
    const std::size_t from = log.size() - std::min(log.size(), kLogShownMax);
    message += fmt::format("; the last that it printed: {}{}", from > 0 ? "…" : "",
                           printable(std::string_view(log).substr(from)));
  }
  Error result(error.code(), std::move(message));
  if (const auto& position = error.position()) result = std::move(result).with_position(*position);
  // The backtrace of an exit shows only the C library.
  if (!program_.exit_code()) result = std::move(result).with_backtrace(error.backtrace());
  if (const auto& limit = error.limit())
    result = std::move(result).with_limit(limit->name, limit->value);
  if (const auto& told = error.told_clients()) result = std::move(result).telling_clients(*told);
  return result;
}

Result<std::span<const engine::Value>> Preparation::finish(std::string_view step) {
  const Initializer::World& world = initializer_.world_;
  for (;;) {
    const engine::Progress progress = [&] {
      const engine::Ticker::Slice slice(world.ticker);
      return instance_->poll();
    }();
    if (progress == engine::Progress::kDone) break;
    if (initializer_.is_stopped_) {
      instance_->interrupt(Error(ErrorCode::kUnavailable, "the server stops")
                               .telling_clients("The server stops: deploy again later."));
      break;
    }
    if (world.clock.monotonic() - begun_ >= time_) {
      instance_->interrupt(too_late(time_));
      break;
    }
    if (progress == engine::Progress::kParked) wait();
  }
  auto results = instance_->take();
  if (!results) return fail(failed(results.error(), step));
  return results;
}

// Until there is something of what the guest waits for, or somebody has to look at the time.
void Preparation::wait() {
  const Clock& clock = initializer_.world_.clock;
  std::vector<system::Wait> waits = program_.take_waits();
  waits.push_back({.until = std::min(begun_ + time_, clock.monotonic() + kLookAtStop)});
  system::block_until(waits, clock);
}

void Preparation::allow(std::chrono::milliseconds time) {
  begun_ = initializer_.world_.clock.monotonic();
  time_ = std::min(time, kInitializationMax);
}

std::chrono::milliseconds Preparation::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      initializer_.world_.clock.monotonic() - begun_);
}

Result<> Preparation::instantiate() {
  instance_->begin_instantiation();
  TRY(finish("initialisation failed in the start function"));
  return {};
}

Result<std::span<const engine::Value>> Preparation::call(std::string_view name,
                                                         std::span<const engine::Value> arguments,
                                                         std::string_view step) {
  TRY(instance_->begin_call(name, arguments));
  return finish(step);
}

Result<std::string> Preparation::capture() {
  auto snapshot = instance_->capture(initializer_.world_.limits.snapshot_bytes);
  if (!snapshot) return fail(failed(snapshot.error(), "initialisation failed in the end"));
  return snapshot;
}

Result<std::string> Preparation::capture_changes(const engine::Program& base) {
  auto changes = instance_->capture_changes(base, initializer_.world_.limits.snapshot_bytes);
  if (!changes) return fail(failed(changes.error(), "initialisation failed in the end"));
  return changes;
}

Result<std::string> Initializer::run(const LoadedFunction::Description& description,
                                     const std::shared_ptr<const engine::Program>& program) const {
  const auto preparation = TRY(Preparation::begin(*this, description, program));
  TRY(preparation->instantiate());
  for (const std::string& name : description.initialization.exports) {
    TRY(preparation->call(name, {},
                          fmt::format("initialisation failed in {}", shown(name, kNameShownMax))));
  }
  return preparation->capture();
}

}  // namespace weft::function
