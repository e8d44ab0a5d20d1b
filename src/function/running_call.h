// One call while it runs: slices of a guest on an event loop. Private to function.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "abi/command/command.h"
#include "base/executor.h"
#include "engine/instance.h"
#include "engine/ticker.h"
#include "function/call_handle.h"
#include "function/loaded_function.h"
#include "function/log_stream.h"

namespace weft::function {

// What calls use of the world; all of it outlives them.
struct CallContext {
  engine::Ticker& ticker;
  const Clock& clock;
  Random& random;
  const PlatformLimits& limits;
};

// How a call ended, with what only the record shows.
struct CallResult {
  Result<Response> response;
  std::optional<std::string> export_name;
  std::string payload;
  std::string log;
  std::uint64_t duration_us = 0;
  std::uint64_t cpu_us = 0;  // of the guest; within its first slice, the time that passed
};

// Confined to the executor's thread.
class RunningCall final : public Cancellable, public std::enable_shared_from_this<RunningCall> {
 public:
  using Done = std::move_only_function<void(CallResult)>;

  // `arrived`: when the call's deadline begins.
  RunningCall(std::shared_ptr<LoadedFunction> function, const CallContext& context,
              Executor& executor, MonotonicTime arrived, Done done);
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  ~RunningCall() override = default;

  // Runs the first slice; `done` is called once, perhaps inside this call. The object keeps itself
  // alive until then. `now` is later than the arrival when the function was loaded first.
  void start(std::string payload, MonotonicTime now);

  // Between two slices, so that the guest is at rest.
  void cancel() override;

 private:
  // What the guest's present operation is.
  enum class Phase : std::uint8_t { kInstantiation, kInitialization, kCall, kEnded };

  Result<> decode();
  Result<> prepare();
  void provide_world();
  Result<> begin_next();
  std::chrono::nanoseconds time_spent() const;
  bool is_late(MonotonicTime now) const;
  Error too_late() const;
  void run_slices();
  void stop(Error error);
  Result<Response> encode(std::span<const engine::Value> results);
  Result<Response> outcome_of_failure(Error error);
  void finish(Result<Response> response);

  std::shared_ptr<LoadedFunction> function_;
  CallContext context_;
  Executor& executor_;
  Done done_;
  MonotonicTime started_;
  std::chrono::nanoseconds cpu_{0};
  bool is_long_ = false;  // has used up a slice

  std::string payload_;
  std::string export_name_;
  std::vector<engine::Value> arguments_;
  // Declared before the instance, which borrows them. Only a module with imports has them.
  std::unique_ptr<system::BytesInput> input_;
  std::unique_ptr<system::CaptureStream> output_;
  std::unique_ptr<LogStream> log_;
  std::unique_ptr<abi::command::Program> program_;
  std::unique_ptr<engine::Instance> instance_;
  Phase phase_ = Phase::kInstantiation;
  std::size_t initializers_called_ = 0;
};

}  // namespace weft::function
