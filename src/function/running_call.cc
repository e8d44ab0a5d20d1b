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

// More values than a call can have: a function has at most 1000 parameters.
constexpr json::ParseLimits kRequestLimits{.depth_max = 16, .nodes_max = 2'000};

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

}  // namespace

RunningCall::RunningCall(std::shared_ptr<LoadedFunction> function, const CallContext& context,
                         Executor& executor, MonotonicTime arrived, Done done)
    : function_(std::move(function)),
      context_(context),
      executor_(executor),
      done_(std::move(done)),
      started_(arrived) {}

void RunningCall::start(std::string payload, MonotonicTime now) {
  payload_ = std::move(payload);
  if (is_late(now)) return finish(fail(too_late()));
  if (auto prepared = prepare(); !prepared) {
    finish(fail(std::move(prepared.error())));
    return;
  }
  run_slices();
}

void RunningCall::cancel() {
  if (phase_ == Phase::kEnded) return;
  stop(Error(ErrorCode::kCancelled,
             "the call was cancelled: its client went away, or the server stopped"));
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

// The streams, clock and randomness of a module that imports them.
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
      .calls_wasix = abi::command::calls_wasix(description.info),
      .input = input_.get(),
      .output = is_command ? static_cast<system::OutputStream*>(output_.get()) : log_.get(),
      .errors = log_.get(),
      .clock = &context_.clock,
      .random = &context_.random});
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

// A thread's CPU clock is a system call, and two of them cost more than a short guest: up to its
// first yield, within two slices, the time on the clock counts.
std::chrono::nanoseconds RunningCall::time_spent() const {
  return is_long_ ? thread_cpu_time() : context_.clock.monotonic().time_since_epoch();
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

void RunningCall::run_slices() {
  while (phase_ != Phase::kEnded) {
    const auto before = time_spent();
    const engine::Progress progress = [this] {
      const engine::Ticker::Slice slice(context_.ticker);
      return instance_->poll();
    }();
    cpu_ += time_spent() - before;
    if (progress == engine::Progress::kRunning) {
      is_long_ = true;
      if (is_late(context_.clock.monotonic())) return stop(too_late());
      executor_.post([self = shared_from_this()] { self->run_slices(); });
      return;
    }
    auto results = instance_->take();
    if (!results) {
      finish(outcome_of_failure(std::move(results.error())));
      return;
    }
    if (phase_ == Phase::kCall) {
      finish(encode(*results));
      return;
    }
    if (auto begun = begin_next(); !begun) {
      finish(fail(std::move(begun.error())));
      return;
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
  instance_->interrupt(std::move(error));
  finish(fail(instance_->take().error()));
}

Result<Response> RunningCall::outcome_of_failure(Error error) {
  const auto exit_code = program_ ? program_->exit_code() : std::nullopt;
  if (!exit_code) return fail(std::move(error));
  // A program that exits with 0 did what it should.
  const bool is_command = function_->description().dialect == abi::Dialect::kCommand;
  if (is_command && *exit_code == 0) return encode({});
  // The backtrace of an exit shows only the C library.
  return fail(Error(error.code(), error.message()));
}

void RunningCall::finish(Result<Response> response) {
  phase_ = Phase::kEnded;
  // A program that ended by itself, with success, left its instance in the middle of a call.
  const bool is_reusable = response.has_value() && !(program_ && program_->exit_code());
  const auto duration = context_.clock.monotonic() - started_;
  const auto microseconds = [](std::chrono::nanoseconds time) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(time).count());
  };
  CallResult result{.response = std::move(response),
                    .export_name = std::nullopt,
                    .payload = std::move(payload_),
                    .log = log_ ? log_->take() : std::string(),
                    .duration_us = microseconds(duration),
                    .cpu_us = microseconds(cpu_)};
  if (!export_name_.empty()) result.export_name = std::move(export_name_);
  if (!result.response && output_) {  // What a failing program printed says why it failed.
    const std::string printed = output_->take();
    const std::size_t room =
        context_.limits.kept_log_bytes -
        std::min<std::size_t>(context_.limits.kept_log_bytes, result.log.size());
    result.log.append(printed, 0, room);
  }
  // Other guests end here, before anybody can see that they did.
  if (!is_reusable) instance_.reset();
  done_(std::move(result));
  // Nobody waits for what the next call needs.
  if (instance_) function_->give_back(std::move(instance_));
}

}  // namespace weft::function
