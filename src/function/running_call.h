// One call while it runs: slices of a guest, on an event loop or in the background. Private to
// function.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "abi/command/command.h"
#include "base/executor.h"
#include "base/fair_pool.h"
#include "engine/instance.h"
#include "engine/ticker.h"
#include "function/call_handle.h"
#include "function/conversation.h"
#include "function/loaded_function.h"
#include "function/log_stream.h"
#include "system/network.h"
#include "system/outbound_http.h"
#include "system/waiting_room.h"

namespace weft::function {

// What calls use of the world; all of it outlives them.
struct CallContext {
  engine::Ticker& ticker;
  const Clock& clock;
  Random& random;
  const PlatformLimits& limits;
  system::WaitingRoom& waiting_room;
  const system::SocketPlaces& sockets;  // of all guests
  system::OutboundHttp& http;
  FairPool* background = nullptr;  // Without one, calls stay on their event loops.
};

// How a call ended, with what only the record shows.
struct CallResult {
  Result<Response> response;
  std::string invocation;  // its id
  std::optional<std::string> export_name;
  std::string payload;
  std::string log;
  std::uint64_t duration_us = 0;
  std::uint64_t cpu_us = 0;  // of the guest; on an event loop, before it has used up a slice, the
                             // time that passed
};

// Confined to the executor's thread, though its guest may run elsewhere: a call that is expected to
// be short (Pace) runs on the executor, between requests. Others, and those that turn out long, run
// in the background, and only their result comes back. A guest that waits is in the waiting room.
class RunningCall final : public Cancellable, public std::enable_shared_from_this<RunningCall> {
 public:
  using Done = std::move_only_function<void(CallResult)>;

  // `arrived`: when the call's deadline begins.
  RunningCall(std::shared_ptr<LoadedFunction> function, const CallContext& context,
              std::weak_ptr<Executor> executor, MonotonicTime arrived, Done done);
  RunningCall(const RunningCall&) = delete;
  RunningCall& operator=(const RunningCall&) = delete;
  ~RunningCall() override = default;

  // `done` is called once on the executor's thread, perhaps inside this call; never when the
  // executor has ended before. The object keeps itself alive until then. `now` is later than the
  // arrival when the function was loaded first.
  void start(CallToMake call, MonotonicTime now);

  // Between two slices, so that the guest is at rest.
  void cancel() override;

 private:
  // What the guest's present operation is.
  enum class Phase : std::uint8_t { kInstantiation, kInitialization, kCall, kEnded };
  // What follows a slice.
  enum class Next : std::uint8_t { kNothing, kSlice, kWait };

  Result<> prepare();
  Result<> provide_world();
  std::shared_ptr<system::Network> network() const;
  Result<std::optional<Response>> go_on_after(std::span<const engine::Value> results);
  std::chrono::nanoseconds time_spent() const;
  bool is_late(MonotonicTime now) const;
  Error too_late() const;
  void run();
  void run_here();
  void run_in_background();
  bool has_overrun() const;
  Next run_slice();
  void post(void (RunningCall::*step)());
  void come_back_to_wait();
  void wait();
  void go_on();
  void learn();
  void stop(Error error);
  Result<Response> outcome_of_failure(Error error);
  std::string likely_cause() const;
  void finish(Result<Response> response);
  CallResult result_of(Result<Response> response);
  void deliver(CallResult result);

  std::shared_ptr<LoadedFunction> function_;
  CallContext context_;
  std::weak_ptr<Executor> executor_;
  Done done_;
  MonotonicTime started_;
  // Where the guest runs; from here on, all but done_ and is_cancelled_ belongs to the thread that
  // does.
  bool is_in_background_ = false;
  std::atomic<bool> is_cancelled_ = false;
  std::chrono::nanoseconds cpu_{0};
  // What cpu_ was when the guest first used up a slice.
  std::optional<std::chrono::nanoseconds> first_slice_;
  bool has_run_ = false;                             // The guest was polled.
  bool has_waited_ = false;                          // in the waiting room
  std::optional<system::WaitingRoom::Place> place_;  // of a guest that waits

  CallToMake call_;
  // Declared before the instance, which borrows them. Only a module with imports has the last two.
  std::unique_ptr<Conversation> conversation_;
  std::unique_ptr<LogStream> log_;
  std::unique_ptr<abi::command::Program> program_;
  std::unique_ptr<engine::Instance> instance_;
  Phase phase_ = Phase::kInstantiation;
  bool is_fit_ = false;  // The instance, for other calls.
  std::size_t initializers_called_ = 0;
};

}  // namespace weft::function
