#include "function/running_call.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::function {
namespace {

// The CPU time that a call which was expected to be short may use on an event loop after its first
// slice. That one may be over early, or because the thread had to wait for a processor.
constexpr std::chrono::microseconds kOverrun{500};

// What one call may take of the machine beside its memory: sockets, copies of them, pipes.
constexpr std::size_t kDescriptorsMax = 64;
constexpr std::size_t kChannelBytesMax = 256 << 10;

Error cancelled() {
  return Error(ErrorCode::kCancelled,
               "the call was cancelled: its client went away, or the server stopped");
}

std::uint64_t microseconds(std::chrono::nanoseconds time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

}  // namespace

RunningCall::RunningCall(std::shared_ptr<LoadedFunction> function, const CallContext& context,
                         std::weak_ptr<Executor> executor, MonotonicTime arrived, Done done)
    : function_(std::move(function)),
      context_(context),
      executor_(std::move(executor)),
      done_(std::move(done)),
      started_(arrived) {}

void RunningCall::start(CallToMake call, MonotonicTime now) {
  call_ = std::move(call);
  if (is_late(now)) return finish(fail(too_late()));
  if (auto prepared = prepare(); !prepared) {
    finish(fail(std::move(prepared.error())));
    return;
  }
  run();
}

// Where calls of the function are expected to do best.
void RunningCall::run() {
  if (context_.background == nullptr || function_->pace().is_short()) return run_here();
  run_in_background();
}

void RunningCall::cancel() {
  is_cancelled_.store(true, std::memory_order_relaxed);
  if (is_in_background_ || phase_ == Phase::kEnded) return;
  if (place_) context_.waiting_room.leave(*place_);
  stop(cancelled());
}

// Null where the function is granted none.
std::shared_ptr<system::Network> RunningCall::network() const {
  const auto& rules = function_->description().network;
  if (rules.empty()) return nullptr;
  return std::make_shared<system::Network>(
      rules,
      [](const std::string&) -> system::Attempt<std::vector<system::IpAddress>> {
        return std::unexpected(system::Errno::kNotSupported);
      },
      context_.sockets);
}

// The log, clock, randomness and network of a module that imports something, and what is its
// dialect's own.
Result<> RunningCall::provide_world() {
  const LoadedFunction::Description& description = function_->description();
  log_ =
      std::make_unique<LogStream>(description.limits.output_bytes, context_.limits.kept_log_bytes);
  const auto rules = network();
  abi::command::World world{.arguments = {description.name},
                            .environment = description.environment,
                            .network = rules,
                            .http = std::make_shared<system::OutboundCaller>(context_.http, rules),
                            .calls_wasix = function_->calls_wasix(),
                            .descriptors_max = kDescriptorsMax,
                            .channel_bytes = kChannelBytesMax,
                            .output = log_.get(),
                            .errors = log_.get(),
                            .clock = &context_.clock,
                            .random = &context_.random,
                            .parks = function_->program()->parking() != engine::Waiting::kNever};
  TRY(conversation_->furnish(world));
  program_ = std::make_unique<abi::command::Program>(std::move(world));
  program_->set_beside(conversation_->state());
  return {};
}

Result<> RunningCall::prepare() {
  conversation_ = TRY(begin_conversation(*function_, call_));
  if (!function_->description().info.imports.empty()) TRY(provide_world());
  instance_ = function_->take_kept();
  if (instance_ && function_->keeps_ready()) {
    instance_->set_state(program_.get());
    phase_ = Phase::kCall;
    return conversation_->begin(*instance_);
  }
  if (instance_) {
    instance_->set_state(program_.get());
  } else {
    instance_ = TRY(engine::Instance::create(function_->program(), function_->instance_limits(),
                                             program_.get()));
  }
  instance_->begin_instantiation();
  // That is the whole call.
  if (function_->begins_with(conversation_->export_name())) phase_ = Phase::kCall;
  return {};
}

// Begins what follows the operation that has just succeeded, or has the answer.
Result<std::optional<Response>> RunningCall::go_on_after(std::span<const engine::Value> results) {
  if (phase_ == Phase::kCall) return conversation_->hear(*instance_, results);
  const auto before = function_->exports_before(conversation_->export_name());
  if (initializers_called_ < before.size()) {
    phase_ = Phase::kInitialization;
    TRY(instance_->begin_call(before[initializers_called_++], {}));
  } else {
    phase_ = Phase::kCall;
    TRY(conversation_->begin(*instance_));
  }
  return std::nullopt;
}

// A thread's CPU clock is a system call, and two of them cost more than a short guest: on an event
// loop up to its first yield, within two slices, the time on the clock counts.
std::chrono::nanoseconds RunningCall::time_spent() const {
  return is_in_background_ || first_slice_ ? thread_cpu_time()
                                           : context_.clock.monotonic().time_since_epoch();
}

bool RunningCall::is_late(MonotonicTime now) const {
  const std::chrono::milliseconds deadline(function_->description().limits.deadline_ms);
  return now - started_ >= deadline;
}

Error RunningCall::too_late() const {
  const std::uint32_t deadline_ms = function_->description().limits.deadline_ms;
  return Error(ErrorCode::kDeadlineExceeded,
               fmt::format("the call took longer than {} ms", deadline_ms))
      .with_limit("deadline_ms", deadline_ms);
}

// On the executor, later.
void RunningCall::post(void (RunningCall::*step)()) {
  if (const auto executor = executor_.lock())
    executor->post([self = shared_from_this(), step] { (*self.*step)(); });
}

// On the executor.
void RunningCall::run_here() {
  if (phase_ == Phase::kEnded) return;
  const Next next = run_slice();
  if (next == Next::kNothing) return;
  if (next == Next::kSlice) function_->pace().saw_memory(instance_->memory_bytes());
  const bool is_long = context_.background != nullptr && has_overrun();
  if (is_long) function_->pace().overran();
  if (next == Next::kWait) return wait();
  if (is_long) return run_in_background();
  post(&RunningCall::run_here);
}

void RunningCall::run_in_background() {
  is_in_background_ = true;
  context_.background->run(function_->history().share, [self = shared_from_this()] {
    const Next next = self->run_slice();
    if (next == Next::kWait) self->post(&RunningCall::come_back_to_wait);
    return next == Next::kSlice;
  });
}

// Whoever waits is where it can be cancelled.
void RunningCall::come_back_to_wait() {
  is_in_background_ = false;
  if (is_cancelled_.load(std::memory_order_relaxed)) return stop(cancelled());
  wait();
}

void RunningCall::wait() {
  has_waited_ = true;
  std::vector<system::Wait> waits = program_->take_waits();
  const std::chrono::milliseconds deadline(function_->description().limits.deadline_ms);
  waits.push_back({.until = started_ + deadline});
  auto place = context_.waiting_room.park(
      waits, [self = shared_from_this()] { self->post(&RunningCall::go_on); });
  if (!place) return stop(std::move(place.error()));
  place_ = *place;
}

void RunningCall::go_on() {
  if (phase_ == Phase::kEnded) return;
  place_.reset();
  if (is_late(context_.clock.monotonic())) return stop(too_late());
  run();
}

// Of a guest that waited, all that it used counts, however short its slices were.
bool RunningCall::has_overrun() const {
  if (has_waited_ && cpu_ >= Pace::kSliceMax + kOverrun) return true;
  return first_slice_ && cpu_ - *first_slice_ >= kOverrun;
}

RunningCall::Next RunningCall::run_slice() {
  if (is_cancelled_.load(std::memory_order_relaxed)) {
    stop(cancelled());
    return Next::kNothing;
  }
  for (;;) {
    has_run_ = true;
    const auto before = time_spent();
    const engine::Progress progress = [this] {
      const engine::Ticker::Slice slice(context_.ticker);
      return instance_->poll();
    }();
    cpu_ += time_spent() - before;
    if (progress == engine::Progress::kParked) return Next::kWait;
    if (progress == engine::Progress::kRunning) {
      if (!first_slice_) first_slice_ = cpu_;
      if (!is_late(context_.clock.monotonic())) return Next::kSlice;
      stop(too_late());
      return Next::kNothing;
    }
    auto results = instance_->take();
    if (!results) {
      learn();
      finish(outcome_of_failure(std::move(results.error())));
      return Next::kNothing;
    }
    const bool was_call = phase_ == Phase::kCall;
    auto answer = go_on_after(*results);
    if (answer && !*answer) continue;
    if (was_call) learn();
    // What a failed call left behind is nobody's to see.
    is_fit_ = answer.has_value() || function_->state() != State::kWarm;
    finish(answer ? Result<Response>(*std::move(*answer)) : fail(std::move(answer.error())));
    return Next::kNothing;
  }
}

// Of a guest that ends. A call that comes to none, because it fits no export, shows nothing: else
// whoever sends such ones would make a long function count as short.
void RunningCall::learn() {
  // What ended within its slice took no longer; the thread may have had to wait for a processor.
  const bool is_exact = is_in_background_ || first_slice_ || has_waited_;
  function_->pace().learn(is_exact ? cpu_
                                   : std::min<std::chrono::nanoseconds>(cpu_, Pace::kSliceMax));
  function_->pace().saw_memory(instance_->memory_bytes());
}

// Ends a guest that is at rest between two slices, where it is: the error says where that was.
void RunningCall::stop(Error error) {
  if (!has_run_) return finish(fail(std::move(error)));
  learn();
  instance_->interrupt(std::move(error));
  finish(fail(conversation_->explained(instance_->take().error())));
}

Result<Response> RunningCall::outcome_of_failure(Error error) {
  error = conversation_->cause_of(std::move(error));
  const auto exit_code = program_ ? program_->exit_code() : std::nullopt;
  if (!exit_code)
    return fail(conversation_->explained(std::move(error)).with_suffix(likely_cause()));
  if (auto answer = conversation_->answer_of_exit(*exit_code)) return *std::move(answer);
  // The backtrace of an exit shows only the C library.
  return fail(Error(error.code(), error.message() + likely_cause()));
}

// What the guest was refused, from which its failure may come; with what would allow it.
std::string RunningCall::likely_cause() const {
  if (!program_) return {};
  const abi::command::Refusals& refusals = program_->refusals();
  if (!refusals.function.empty() && !program_->exit_code()) {  // proc_exit says it itself.
    return fmt::format("; it had called {} of WASIX, which weft does not have", refusals.function);
  }
  if (!refusals.network && !refusals.limited_function.empty()) {
    return fmt::format("; {} of WASIX could not do what it was asked for",
                       refusals.limited_function);
  }
  if (!refusals.network) return {};
  const system::Network* const network = program_->world().network.get();
  std::string rule = network == nullptr ? "" : network->refused().value_or("");
  if (rule.starts_with("listen:")) return "; a function cannot listen";
  if (rule.empty()) rule = "HOST:PORT";
  return fmt::format("; it was not let use the network: the grant \"network\": [\"{}\"] lets it",
                     printable(rule));
}

void RunningCall::finish(Result<Response> response) {
  phase_ = Phase::kEnded;
  // Other guests end here, before anybody can see that they did.
  if (!is_fit_) instance_.reset();
  auto instance = std::move(instance_);
  const auto function = function_;
  deliver(result_of(std::move(response)));
  // Nobody waits for what the next call needs.
  if (instance) function->give_back(std::move(instance));
}

CallResult RunningCall::result_of(Result<Response> response) {
  CallResult result{.response = std::move(response),
                    .invocation = std::move(call_.invocation),
                    .export_name = std::nullopt,
                    .payload = std::move(call_.call.payload),
                    .log = log_ ? log_->take() : std::string(),
                    .duration_us = microseconds(context_.clock.monotonic() - started_),
                    .cpu_us = microseconds(cpu_)};
  if (conversation_) result.export_name = conversation_->export_name();
  if (!result.response && conversation_) {
    const std::string said = conversation_->unfinished();
    const std::size_t room =
        context_.limits.kept_log_bytes -
        std::min<std::size_t>(context_.limits.kept_log_bytes, result.log.size());
    result.log.append(said, 0, room);
  }
  return result;
}

void RunningCall::deliver(CallResult result) {
  if (!is_in_background_) return std::exchange(done_, nullptr)(std::move(result));
  if (const auto executor = executor_.lock()) {
    executor->post([self = shared_from_this(), result = std::move(result)]() mutable {
      std::exchange(self->done_, nullptr)(std::move(result));
    });
  }
}

}  // namespace weft::function
