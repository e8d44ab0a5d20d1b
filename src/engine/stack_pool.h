// Stacks for guests that can be interrupted, used again instead of mapped anew for each call.
// Private to engine.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/guarded.h"
#include "engine/mappings.h"
#include "engine/wasmtime/weft_engine.h"

namespace weft::engine {

// Thread-safe. Outlives every stack. What a call leaves on a stack stays there for the next one,
// which cannot read it: compiled code writes each place of its frames before it reads it.
class StackPool {
 public:
  // `mappings` outlives the pool.
  explicit StackPool(Mappings& mappings) : mappings_(mappings) {}
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  ~StackPool();

  // All stacks of that configuration come from here.
  void attach(wasm_config_t& config);

  // How many there are, used or not.
  std::uint32_t size() const { return stacks_.load(std::memory_order_relaxed); }

 private:
  // An inaccessible page, and above it the stack.
  struct Stack {
    explicit Stack(StackPool& owner) : pool(&owner) { pool->stacks_.fetch_add(1); }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    ~Stack();

    StackPool* pool;  // Outlives this object.
    std::uint8_t* mapping = nullptr;
    std::size_t size_bytes = 0;  // without the guard
  };
  std::unique_ptr<Stack> make(std::size_t size_bytes);
  static wasmtime_error_t* new_stack(void* pool, std::size_t size, bool zeroed,
                                     wasmtime_stack_memory_t* result);
  static std::uint8_t* get_stack(void* stack, std::size_t* size);
  static void end_stack(void* stack);

  Mappings& mappings_;
  std::atomic<std::uint32_t> stacks_ = 0;
  Guarded<std::vector<std::unique_ptr<Stack>>> unused_;
};

}  // namespace weft::engine
