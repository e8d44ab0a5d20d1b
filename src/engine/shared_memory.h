// A linear memory that the instances of several threads use at the same time.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/host_call.h"
#include "engine/module_info.h"

struct wasmtime_sharedmemory;

namespace weft::engine {

// Thread-safe. It may grow at any time, and never moves: what points into it stays valid as long as
// it lives.
class SharedMemory {
 public:
  struct Delete {
    void operator()(wasmtime_sharedmemory* memory) const;
  };

  // `type` is that of the module's import, which is shared and so has a maximum. It grows to that
  // or to `bytes_max`, whichever is less. kGuestLimit (memory_bytes) when it begins larger;
  // kResourceExhausted when the engine's guests or the host have no room for it. Counts with all
  // that it may grow to among what the guests of the engine use. `engine` outlives this object and
  // was made with EngineOptions::threads.
  static Result<std::shared_ptr<SharedMemory>> create(const Engine& engine, const MemoryInfo& type,
                                                      std::uint64_t bytes_max);
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  // With the size that it has now.
  GuestMemory bytes() const;

  // Whether it has grown to `bytes_max`, and its type would let it grow further.
  bool is_at_limit() const;
  std::uint64_t bytes_max() const { return bytes_max_; }

  // Ends all waits in it that are under way (memory.atomic.wait), as if each had been notified.
  // Takes some 5 ms for each MiB.
  void wake_all() const;

  wasmtime_sharedmemory& get() const { return *memory_; }

 private:
  SharedMemory(const Engine& engine, std::uint64_t bytes_max);

  const Engine& engine_;  // Outlives this object.
  std::uint64_t bytes_max_;
  std::uint64_t reserved_bytes_ = 0;  // of what the engine's guests may use
  bool is_cut_ = false;               // Its type would let it grow beyond bytes_max_.
  std::unique_ptr<wasmtime_sharedmemory, Delete> memory_;
};

}  // namespace weft::engine
