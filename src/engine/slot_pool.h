// The slots of an engine: where Wasmtime gets linear memories from. Private to engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/guarded.h"
#include "engine/dirty_pages.h"
#include "engine/mappings.h"
#include "engine/slot.h"
#include "engine/wasmtime/weft_engine.h"

namespace weft::engine {

// Thread-safe. Outlives every memory.
class SlotPool {
 public:
  // `dirty_pages` may be absent, see Slot::reset. `mappings` outlives the pool.
  SlotPool(std::optional<DirtyPages> dirty_pages, Mappings& mappings);
  SlotPool(const SlotPool&) = delete;
  SlotPool& operator=(const SlotPool&) = delete;
  ~SlotPool();

  // All memories of that configuration come from here.
  void attach(wasm_config_t& config);

  // A linear memory that an instance is about to get.
  struct NextMemory {
    std::shared_ptr<const MemoryImage> image;
    Slot* slot = nullptr;  // once it was made; valid as long as the memory
  };
  // While it lives, the next linear memory that this thread makes is `next`, unless that was made
  // already. Instantiation may be interrupted and go on later.
  class Making {
   public:
    explicit Making(NextMemory& next);
    Making(const Making&) = delete;
    Making& operator=(const Making&) = delete;
    ~Making();
  };

  const DirtyPages* dirty_pages() const { return dirty_pages_ ? &*dirty_pages_ : nullptr; }

  // Counts what a slot that is not in use keeps for its next use; false, and nothing changes, when
  // all of them would keep too much.
  bool keep_bytes(std::uint64_t bytes);
  void give_back_bytes(std::uint64_t bytes) { kept_bytes_.fetch_sub(bytes); }

 private:
  // What Wasmtime knows of a memory.
  struct Memory {
    SlotPool* pool;  // Outlives this object.
    std::unique_ptr<Slot> slot;
  };
  // What Wasmtime asks for, in bytes.
  struct Wanted {
    std::size_t minimum;
    std::size_t reserved;
    std::size_t guard;
  };
  static wasmtime_error_t* new_memory(void* pool, const wasm_memorytype_t* type,
                                      std::size_t minimum, std::size_t maximum,
                                      std::size_t reserved, std::size_t guard,
                                      wasmtime_linear_memory_t* result);
  wasmtime_error_t* make_memory(const Wanted& wanted, wasmtime_linear_memory_t& result);
  static std::uint8_t* get_memory(void* memory, std::size_t* size, std::size_t* capacity);
  static wasmtime_error_t* grow_memory(void* memory, std::size_t size);
  static void end_memory(void* memory);

  std::unique_ptr<Slot> take(std::size_t reserved, std::size_t guard);
  bool begin(Slot& slot, const NextMemory* next, std::size_t minimum);
  bool grow(Slot& slot, std::size_t size_bytes);
  void give_back(std::unique_ptr<Slot> slot);
  void end(std::unique_ptr<Slot> slot);

  std::optional<DirtyPages> dirty_pages_;
  Mappings& mappings_;
  std::atomic<std::uint64_t> kept_bytes_ = 0;
  Guarded<std::vector<std::unique_ptr<Slot>>> empty_;
};

}  // namespace weft::engine
