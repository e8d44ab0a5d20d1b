// The clock that ends a guest's slice: an engine's epoch, advanced while guests run.
#pragma once

#include <atomic>
#include <chrono>

#include "base/pacemaker.h"
#include "engine/engine.h"

namespace weft::engine {

// Thread-safe. Costs nothing while no guest runs.
class Ticker {
 public:
  // `engine` outlives this object.
  Ticker(const Engine& engine, std::chrono::microseconds interval);

  // Held while a guest is polled. The guest is interrupted at the next tick, which comes after at
  // most one interval: at any time within it while the ticker is awake, at its end when this wakes
  // it. (Later when the machine is busy: the ticker is a thread.)
  class Slice {
   public:
    explicit Slice(Ticker& ticker) : ticker_(ticker) { ticker_.begin(); }
    Slice(const Slice&) = delete;
    Slice& operator=(const Slice&) = delete;
    ~Slice() { ticker_.end(); }

   private:
    Ticker& ticker_;
  };

 private:
  void begin();
  void end();
  bool beat();

  const Engine& engine_;
  std::atomic<std::uint32_t> running_ = 0;
  std::atomic<bool> was_active_ = false;
  int idle_beats_ = 0;  // Only the pacemaker's thread uses it.
  Pacemaker pacemaker_;
};

}  // namespace weft::engine
