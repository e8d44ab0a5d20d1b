// Initialises a module once, so that instances can begin with what that leaves. Private to
// function.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/id.h"
#include "base/result.h"
#include "engine/instance.h"
#include "engine/ticker.h"
#include "function/loaded_function.h"

namespace weft::function {

// However long a call may take: a thread that answers questions waits for it.
inline constexpr std::chrono::milliseconds kInitializationMax{60'000};

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

  // Runs Description::initialization in a new instance of the program, with what a call would have:
  // the limits, environment, clock and randomness, and no input. What an instance has then, for
  // engine::Program::with_snapshot. Errors of the guest say which step failed and end with the last
  // that it printed; kTooLarge (snapshot_bytes); kUnavailable after stop(). Blocks, as long as the
  // function's deadline or kInitializationMax.
  Result<std::string> run(const LoadedFunction::Description& description,
                          const std::shared_ptr<const engine::Program>& program) const;

  // Ends what runs now, and what will: the server stops.
  void stop() { is_stopped_ = true; }

 private:
  Result<> finish(engine::Instance& instance, MonotonicTime begun,
                  const FunctionLimits& limits) const;

  World world_;
  std::atomic<bool> is_stopped_ = false;
};

}  // namespace weft::function
