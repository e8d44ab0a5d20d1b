// Initialises a module once, so that instances can begin with what that leaves. Private to
// function.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/command/command.h"
#include "abi/se2/plugin.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "engine/instance.h"
#include "engine/ticker.h"
#include "function/loaded_function.h"
#include "function/log_stream.h"

namespace weft::function {

// However long a call may take: a thread that answers questions waits for it.
inline constexpr std::chrono::milliseconds kInitializationMax{60'000};

class Preparation;

// Thread-safe.
class Initializer {
 public:
  // All of it outlives this object.
  struct World {
    engine::Ticker& ticker;
    const Clock& clock;
    Random& random;
    const PlatformLimits& limits;
  };
  explicit Initializer(const World& world) : world_(world) {}

  // Runs Description::initialization in a new instance of the program: what an instance has then,
  // for engine::Program::with_snapshot. Errors of Preparation. Blocks, as long as the function's
  // deadline or kInitializationMax.
  Result<std::string> run(const LoadedFunction::Description& description,
                          const std::shared_ptr<const engine::Program>& program) const;

  // Ends what runs now, and what will: the server stops.
  void stop() { is_stopped_ = true; }

 private:
  friend class Preparation;

  World world_;
  std::atomic<bool> is_stopped_ = false;
};

// What a guest that is being prepared sees of the world beside what all have.
struct Surroundings {
  std::vector<abi::command::GivenDirectory> directories = {};
  // Of this guest, instead of the initializer's; they outlive the preparation. Deadlines are the
  // initializer's.
  const Clock* clock = nullptr;
  Random* random = nullptr;
};

// A guest while it is being prepared, with what a call would have: the limits, environment, clock
// and randomness, and no input. Its deadline begins with it. Confined to one thread, which it
// blocks, also while the guest waits.
//
// Errors of the guest say which step failed and end with the last that it printed; kUnavailable
// after Initializer::stop(). After one, only destruction is allowed.
class Preparation {
 public:
  // All outlive it.
  static Result<std::unique_ptr<Preparation>> begin(
      const Initializer& initializer, const LoadedFunction::Description& description,
      const std::shared_ptr<const engine::Program>& program, Surroundings surroundings = {});
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;
  ~Preparation() = default;

  // From now on it may take so long, at most kInitializationMax.
  void allow(std::chrono::milliseconds time);
  // Since it began, or since allow().
  std::chrono::milliseconds elapsed() const;
  // The start function.
  Result<> instantiate();
  // `step` is what errors begin with: "initialisation failed in build_table". The results are valid
  // until the next call.
  Result<std::span<const engine::Value>> call(std::string_view name,
                                              std::span<const engine::Value> arguments,
                                              std::string_view step);
  engine::Instance& instance() { return *instance_; }
  const FunctionLimits& limits() const { return limits_; }
  // What the instance has now; also kTooLarge (snapshot_bytes).
  Result<std::string> capture();
  // What differs from the beginning of that program.
  Result<std::string> capture_changes(const engine::Program& base);

  // An error with the step before it, and behind it the last that the guest printed.
  Error failed(const Error& error, std::string_view step);

 private:
  Preparation(const Initializer& initializer, const LoadedFunction::Description& description,
              bool can_wait, Surroundings surroundings);
  Result<std::span<const engine::Value>> finish(std::string_view step);
  void wait();

  const Initializer& initializer_;
  const FunctionLimits limits_;
  MonotonicTime begun_;
  std::chrono::milliseconds time_;
  // Declared before the instance, which borrows them.
  LogStream log_;
  system::BytesInput input_{std::string_view()};
  abi::command::Program program_;
  abi::se2::Plugin plugin_;  // whom nobody calls yet
  std::unique_ptr<engine::Instance> instance_;
};

}  // namespace weft::function
