// Threads of programs (github.com/WebAssembly/wasi-threads): each has an instance of its own over
// the memory that all share, and a thread of this process.
//
// A program with threads ends with its first thread, or when any of them exits or traps. Whoever
// waits in a host function then comes back, and no host function does anything any more.
//
// One host function of a program runs at a time. Those that wait (for time, sockets, input) let
// others run meanwhile; a write that nobody reads and the resolution of a name do not.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "abi/command/command.h"
#include "base/result.h"
#include "base/thread_group.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "system/wait.h"

namespace weft::abi::command {

// More nobody may ask for: each takes a thread of this process and some mappings.
inline constexpr std::size_t kThreadsMax = 1024;

struct ThreadLimits {
  std::size_t threads_max = 1;           // at once, beside the first; at most kThreadsMax
  engine::InstanceLimits instance = {};  // of each thread's instance
};

// The threads of one program. Thread-safe, but for its creation and its end.
class Threads final {
 public:
  // A call of an export.
  struct Call {
    std::string name;
    std::vector<engine::Value> arguments = {};
  };
  using Outcome = Result<std::vector<engine::Value>>;

  // `state` is what all instances of `code`, which has a shared memory, are created with; it
  // outlives this object, which it knows from now on. Its World must be one that can wait. Errors
  // of Bell::create.
  static Result<std::unique_ptr<Threads>> create(Program& state,
                                                 std::shared_ptr<const engine::Program> code,
                                                 const ThreadLimits& limits);
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;
  // Ends the program and waits for its threads. They come to their end on an engine with epochs,
  // also those that compute; for those that wait in the guest's memory it takes seconds for each
  // GiB of that. Without epochs, and for one that is stuck in a host function, as in a write to a
  // pipe that nobody reads, it never returns: a process that runs such a program must end without
  // destroying this.
  ~Threads();

  // Instantiates the program on a thread of its own, makes the calls in order, and returns when the
  // program has ended, which other threads may not have noticed yet: the results of the last call;
  // or the error of the thread that failed first. After proc_exit the Program has an exit code, and
  // the error says so. Once.
  Outcome run(std::vector<Call> calls);

  // Calls `look` while no host function of the program runs, so that what belongs to it can be read
  // before its threads have ended. False, without a call, when a host function keeps its turn for
  // longer than a moment, as a write does to a pipe that nobody reads.
  bool between_calls(const std::function<void()>& look);

  // --- for host functions ---

  // A new thread that calls wasi_thread_start with its number, which is returned, and `argument`.
  // EAGAIN when there are too many, as the negative number. Its caller has the turn.
  std::int32_t spawn(std::int32_t argument);

  // Ends the program, unless it has ended: proc_exit.
  void exit(std::uint32_t code);

  // What a host function holds while it runs: only one does at a time.
  void take_turn() { turn_.lock(); }
  void end_turn() { turn_.unlock(); }
  // Lets others have the turn, which the caller has.
  void yield();
  // Waits without the turn, which the caller has. False when the program has ended.
  bool wait(std::vector<system::Wait> waits);
  bool is_over() const { return is_over_.load(std::memory_order_relaxed); }

 private:
  Threads(Program& state, std::shared_ptr<const engine::Program> code, const ThreadLimits& limits,
          system::Bell bell);

  Outcome run_calls(const std::vector<Call>& calls);
  void run_thread(std::int32_t number, std::int32_t argument);
  Outcome finish(engine::Instance& instance);
  Outcome call(engine::Instance& instance, const Call& call);
  void end(Outcome outcome, std::optional<std::uint32_t> exit_code = std::nullopt);
  std::int32_t take_number();

  Program& state_;  // Outlives this object.
  std::shared_ptr<const engine::Program> code_;
  ThreadLimits limits_;
  system::Bell bell_;  // Rings when the program ends.
  std::atomic<bool> is_over_ = false;

  std::timed_mutex turn_;

  std::mutex mutex_;  // for all that follows
  std::condition_variable ended_;
  std::optional<Outcome> outcome_;
  std::set<std::int32_t> numbers_;  // of the threads that run
  std::int32_t last_number_ = 0;

  ThreadGroup group_;  // Its threads use everything here, so it is declared last and dies first.
};

// Adds wasi.thread-spawn.
void define_threads(engine::HostTable& table);

// The names of the proposal: the function that starts a thread, and the export that is one.
inline constexpr std::string_view kThreadsModule = "wasi";
inline constexpr std::string_view kThreadSpawn = "thread-spawn";
inline constexpr std::string_view kThreadStart = "wasi_thread_start";

// Of those two.
engine::FunctionType thread_spawn_type();
engine::FunctionType thread_start_type();

}  // namespace weft::abi::command
