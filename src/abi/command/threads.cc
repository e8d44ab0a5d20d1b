#include "abi/command/threads.h"

#include <chrono>

#include <sched.h>

#include "abi/command/calls.h"
#include "base/assert.h"
#include "engine/shared_memory.h"
#include "engine/signal_stack.h"

namespace weft::abi::command {
namespace {

// The proposal leaves three bits to the guest's libraries.
constexpr std::int32_t kNumberMax = (1 << 29) - 1;

// How long a program at its limit waits for a thread to end: guests learn from one another that
// they end, a moment before their threads do.
constexpr std::chrono::milliseconds kEndingThread{100};

// How long a host function that is not stuck has its turn at most.
constexpr std::chrono::milliseconds kTurn{200};

// How often threads that must end are told so.
constexpr std::chrono::milliseconds kReminder{1};
// Most come to their end by ticks alone, and to wake those that wait in memory takes long.
constexpr int kTicksBeforeWaking = 10;

void thread_spawn(engine::HostCall& call) {
  auto& program = call.state<Program>();
  const Turn turn(program);
  if (turn.is_over()) return call.stop(Turn::over());
  Threads* const threads = program.threads();
  call.return_i32(threads == nullptr ? -static_cast<std::int32_t>(Errno::kNotsup)
                                     : threads->spawn(call.i32(0)));
}

}  // namespace

Result<std::unique_ptr<Threads>> Threads::create(Program& state,
                                                 std::shared_ptr<const engine::Program> code,
                                                 const ThreadLimits& limits) {
  WEFT_ASSERT(code->memory() != nullptr);
  WEFT_ASSERT(static_cast<bool>(state.world().wait));
  auto threads = std::unique_ptr<Threads>(
      new Threads(state, std::move(code), limits, TRY(system::Bell::create())));
  state.set_threads(threads.get());
  return threads;
}

Threads::Threads(Program& state, std::shared_ptr<const engine::Program> code,
                 const ThreadLimits& limits, system::Bell bell)
    : state_(state),
      code_(std::move(code)),
      limits_(limits),
      bell_(std::move(bell)),
      group_("weft-guest", limits.threads_max + 1,
             engine::thread_stack_bytes(code_->engine().options().wasm_stack_bytes)) {
  WEFT_ASSERT(limits.threads_max >= 1 && limits.threads_max <= kThreadsMax);
}

// A tick that comes before a thread's slice has begun is lost on it, and so is a notification for
// one that is about to wait.
Threads::~Threads() {
  end(fail(Turn::over()));
  for (int round = 1; !group_.wait_for_running(0, kReminder); ++round) {
    code_->engine().tick();
    if (round >= kTicksBeforeWaking) code_->memory()->wake_all();
  }
  state_.set_threads(nullptr);
}

Threads::Outcome Threads::run(std::vector<Call> calls) {
  TRY(group_.start([this, calls = std::move(calls)] { end(run_calls(calls)); }));
  std::unique_lock lock(mutex_);
  while (!outcome_)
    ended_.wait(lock);
  return *outcome_;
}

Threads::Outcome Threads::run_calls(const std::vector<Call>& calls) {
  const engine::SignalStack signals;
  const auto instance = TRY(engine::Instance::create(code_, limits_.instance, &state_));
  instance->begin_instantiation();
  std::vector<engine::Value> values = TRY(finish(*instance));
  for (const Call& one : calls)
    values = TRY(call(*instance, one));
  return values;
}

void Threads::run_thread(std::int32_t number, std::int32_t argument) {
  const engine::SignalStack signals;
  auto outcome = [&]() -> Outcome {
    if (is_over()) return fail(Turn::over());
    const auto instance = TRY(engine::Instance::create(code_, limits_.instance, &state_));
    instance->begin_instantiation();
    TRY(finish(*instance));
    return call(*instance, {.name = std::string(kThreadStart), .arguments = {number, argument}});
  }();
  if (!outcome) end(std::move(outcome));
  const std::scoped_lock lock(mutex_);
  numbers_.erase(number);
}

Threads::Outcome Threads::call(engine::Instance& instance, const Call& call) {
  if (is_over()) return fail(Turn::over());
  TRY(instance.begin_call(call.name, call.arguments));
  return finish(instance);
}

Threads::Outcome Threads::finish(engine::Instance& instance) {
  while (instance.poll() == engine::Progress::kRunning) {
    if (!is_over()) continue;
    instance.interrupt(Turn::over());
    break;
  }
  const auto values = TRY(instance.take());
  return std::vector<engine::Value>(values.begin(), values.end());
}

void Threads::end(Outcome outcome, std::optional<std::uint32_t> exit_code) {
  {
    const std::scoped_lock lock(mutex_);
    if (outcome_) return;
    outcome_ = std::move(outcome);
    if (exit_code) state_.set_exit_code(*exit_code);
    is_over_ = true;
    ended_.notify_all();
  }
  bell_.ring();
}

void Threads::exit(std::uint32_t code) {
  end(fail(exit_error(code)), code);
}

bool Threads::between_calls(const std::function<void()>& look) {
  const std::unique_lock lock(turn_, kTurn);
  if (!lock) return false;
  look();
  return true;
}

std::int32_t Threads::take_number() {
  const std::scoped_lock lock(mutex_);
  do {
    last_number_ = last_number_ == kNumberMax ? 1 : last_number_ + 1;
  } while (!numbers_.insert(last_number_).second);
  return last_number_;
}

std::int32_t Threads::spawn(std::int32_t argument) {
  end_turn();
  group_.wait_for_running(limits_.threads_max, kEndingThread);
  take_turn();
  if (is_over()) return -static_cast<std::int32_t>(Errno::kAgain);
  const std::int32_t number = take_number();
  const auto started = group_.start([this, number, argument] { run_thread(number, argument); });
  if (started) return number;
  const std::scoped_lock lock(mutex_);
  numbers_.erase(number);
  return -static_cast<std::int32_t>(Errno::kAgain);
}

void Threads::yield() {
  end_turn();
  ::sched_yield();
  take_turn();
}

bool Threads::wait(std::vector<system::Wait> waits) {
  waits.push_back(bell_.wait());
  end_turn();
  state_.world().wait(waits);
  take_turn();
  return !is_over();
}

void define_threads(engine::HostTable& table) {
  table.define(kThreadsModule, kThreadSpawn, thread_spawn_type(), thread_spawn);
}

engine::FunctionType thread_spawn_type() {
  return {.params = {engine::ValueType::kI32}, .results = {engine::ValueType::kI32}};
}

engine::FunctionType thread_start_type() {
  return {.params = {engine::ValueType::kI32, engine::ValueType::kI32}, .results = {}};
}

}  // namespace weft::abi::command
