#include "function/running_call.h"

#include <algorithm>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "abi/typed/values.h"
#include "base/log.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"

namespace weft::function {
namespace {

// How much of a name, and how many exports, an error shows: it is kept with the call's record.
constexpr std::size_t kNameShownMax = 100;
constexpr std::size_t kExportsShownMax = 10;

// The CPU time that a call which was expected to be short may use on an event loop after its first
// slice. That one may be over early, or because the thread had to wait for a processor.
constexpr std::chrono::microseconds kOverrun{500};

// More values than a call can have: a function has at most 1000 parameters.
constexpr json::ParseLimits kRequestLimits{.depth_max = 16, .nodes_max = 2'000};

// What one call may take of the machine beside its memory: sockets, copies of them, pipes.
constexpr std::size_t kDescriptorsMax = 64;
constexpr std::size_t kChannelBytesMax = 256 << 10;

std::string callable_exports(const LoadedFunction::Description& description) {
  std::string names;
  std::size_t count = 0;
  for (const engine::ExportInfo& item : description.info.exports) {
    if (item.kind != engine::ItemKind::kFunction || abi::is_initializer(item)) continue;
    if (description.initialization.has(item.name)) continue;
    if (!names.empty()) names += ", ";
    if (++count > kExportsShownMax) {
      names += "…";
      break;
    }
    names += shown(item.name, kNameShownMax) + shown(item.type, kNameShownMax);
  }
  return names.empty() ? "the module exports no functions" : "the module exports " + names;
}

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

void RunningCall::start(std::string payload, MonotonicTime now) {
  payload_ = std::move(payload);
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

// What a typed call asks for: {"export": NAME, "args": [...]}.
Result<> RunningCall::decode() {
  const engine::ModuleInfo& info = function_->description().info;
  const json::Value request =
      payload_.empty() ? json::Value::object({}) : TRY(json::parse(payload_, kRequestLimits));
  if (!request.is_object()) {
    return fail(ErrorCode::kInvalidArgument,
                "the payload is an object: {\"export\": \"name\", \"args\": []}");
  }
  const json::Value* name = nullptr;
  std::span<const json::Value> arguments;
  for (const auto& [key, value] : request.as_object()) {
    if (key == "export" && value.is_string()) {
      name = &value;
    } else if (key == "args" && value.is_array()) {
      arguments = value.as_array();
    } else {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format(
              "the payload has \"export\" (a string) and \"args\" (an array); \"{}\" does not fit",
              shown(key, kNameShownMax)));
    }
  }
  const engine::ExportInfo* item =
      name == nullptr ? function_->only_export() : info.find_export(name->as_string());
  if (item == nullptr || item->kind != engine::ItemKind::kFunction) {
    if (name != nullptr) {
      return fail(ErrorCode::kNotFound, fmt::format("there is no exported function \"{}\"; {}",
                                                    shown(name->as_string(), kNameShownMax),
                                                    callable_exports(function_->description())));
    }
    return fail(ErrorCode::kInvalidArgument,
                "name an export: " + callable_exports(function_->description()));
  }
  if (function_->state() == State::kWarm && abi::is_initializer(*item)) {
    return fail(ErrorCode::kFailedPrecondition,
                "_initialize has been called already: a warm function's instances begin with it, "
                "and it may run once in each");
  }
  export_name_ = item->name;
  arguments_ = TRY(abi::typed::values_of(arguments, item->function));
  return {};
}

// Null where the function is granted none.
std::shared_ptr<system::Network> RunningCall::network() const {
  const auto& rules = function_->description().network;
  if (rules.empty()) return nullptr;
  return std::make_shared<system::Network>(
      rules, [](const std::string&) -> system::Attempt<std::vector<system::IpAddress>> {
        return std::unexpected(system::Errno::kNotSupported);
      });
}

// The streams, clock, randomness and network of a module that imports them.
void RunningCall::provide_world() {
  const LoadedFunction::Description& description = function_->description();
  const bool is_command = description.dialect == abi::Dialect::kCommand;
  log_ =
      std::make_unique<LogStream>(description.limits.output_bytes, context_.limits.kept_log_bytes);
  input_ = std::make_unique<system::BytesInput>(is_command ? std::string_view(payload_)
                                                           : std::string_view());
  output_ =
      std::make_unique<system::CaptureStream>(description.limits.output_bytes, "output_bytes");
  program_ = std::make_unique<abi::command::Program>(abi::command::World{
      .arguments = {description.name},
      .environment = description.environment,
      .network = network(),
      .calls_wasix = function_->calls_wasix(),
      .descriptors_max = kDescriptorsMax,
      .channel_bytes = kChannelBytesMax,
      .input = input_.get(),
      .output = is_command ? static_cast<system::OutputStream*>(output_.get()) : log_.get(),
      .errors = log_.get(),
      .clock = &context_.clock,
      .random = &context_.random,
      .parks = function_->program()->parking() != engine::Waiting::kNever});
}

Result<> RunningCall::prepare() {
  const LoadedFunction::Description& description = function_->description();
  if (description.dialect == abi::Dialect::kCommand) {
    export_name_ = abi::kStart;
  } else {
    TRY(decode());
  }
  if (!description.info.imports.empty()) provide_world();
  instance_ = function_->take_kept();
  if (instance_ && function_->keeps_ready()) {
    instance_->set_state(program_.get());
    phase_ = Phase::kCall;
    return instance_->begin_call(export_name_, arguments_);
  }
  if (instance_) {
    instance_->set_state(program_.get());
  } else {
    instance_ = TRY(engine::Instance::create(function_->program(), function_->instance_limits(),
                                             program_.get()));
  }
  instance_->begin_instantiation();
  if (function_->begins_with(export_name_)) phase_ = Phase::kCall;  // That is the whole call.
  return {};
}

// Begins what follows the operation that has just succeeded.
Result<> RunningCall::begin_next() {
  const auto before = function_->exports_before(export_name_);
  if (initializers_called_ < before.size()) {
    phase_ = Phase::kInitialization;
    return instance_->begin_call(before[initializers_called_++], {});
  }
  phase_ = Phase::kCall;
  return instance_->begin_call(export_name_, arguments_);
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
      finish(outcome_of_failure(std::move(results.error())));
      return Next::kNothing;
    }
    if (phase_ == Phase::kCall) {
      finish(encode(*results));
      return Next::kNothing;
    }
    if (auto begun = begin_next(); !begun) {
      finish(fail(std::move(begun.error())));
      return Next::kNothing;
    }
  }
}

Result<Response> RunningCall::encode(std::span<const engine::Value> results) {
  if (function_->description().dialect == abi::Dialect::kCommand) {
    std::string body = output_ ? output_->take() : std::string();
    const char* const type =
        json::is_utf8(body) ? "text/plain; charset=utf-8" : "application/octet-stream";
    return Response{.content_type = type, .body = std::move(body)};
  }
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("results").begin_array();
  for (const engine::Value& value : results)
    abi::typed::write(writer, value);
  writer.end_array().end_object();
  return Response{.content_type = "application/json", .body = std::move(body)};
}

// Ends a guest that is at rest between two slices, where it is: the error says where that was.
void RunningCall::stop(Error error) {
  if (!has_run_) return finish(fail(std::move(error)));
  instance_->interrupt(std::move(error));
  finish(fail(instance_->take().error()));
}

Result<Response> RunningCall::outcome_of_failure(Error error) {
  const auto exit_code = program_ ? program_->exit_code() : std::nullopt;
  if (!exit_code) return fail(std::move(error).with_suffix(likely_cause()));
  // A program that exits with 0 did what it should.
  const bool is_command = function_->description().dialect == abi::Dialect::kCommand;
  if (is_command && *exit_code == 0) return encode({});
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
  // A program that ended by itself, with success, left its instance in the middle of a call.
  const bool is_reusable = response.has_value() && !(program_ && program_->exit_code());
  // What ended within its slice took no longer; the thread may have had to wait for a processor.
  const bool is_exact = is_in_background_ || first_slice_ || has_waited_;
  function_->pace().learn(is_exact ? cpu_
                                   : std::min<std::chrono::nanoseconds>(cpu_, Pace::kSliceMax));
  // Other guests end here, before anybody can see that they did.
  if (!is_reusable) instance_.reset();
  auto instance = std::move(instance_);
  const auto function = function_;
  deliver(result_of(std::move(response)));
  // Nobody waits for what the next call needs.
  if (instance) function->give_back(std::move(instance));
}

CallResult RunningCall::result_of(Result<Response> response) {
  CallResult result{.response = std::move(response),
                    .export_name = std::nullopt,
                    .payload = std::move(payload_),
                    .log = log_ ? log_->take() : std::string(),
                    .duration_us = microseconds(context_.clock.monotonic() - started_),
                    .cpu_us = microseconds(cpu_)};
  if (!export_name_.empty()) result.export_name = std::move(export_name_);
  if (!result.response && output_) {  // What a failing program printed says why it failed.
    const std::string printed = output_->take();
    const std::size_t room =
        context_.limits.kept_log_bytes -
        std::min<std::size_t>(context_.limits.kept_log_bytes, result.log.size());
    result.log.append(printed, 0, room);
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
