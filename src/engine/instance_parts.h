// The inside of an Instance, which host calls reach through the store. Private to engine.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/handle.h"
#include "engine/failure.h"
#include "engine/instance.h"
#include "engine/page_faults.h"
#include "engine/slot_pool.h"
#include "engine/split.h"

namespace weft::engine {

// An export that was called before, so that a second call need not look for it.
struct Callee {
  wasmtime_func_t function{};
  FunctionType type;
};

// What an instance of a split module is put back with.
struct ResetParts {
  Slot* slot = nullptr;  // Null without a memory; lives as long as the store.
  wasmtime_memory_t memory{};
  PageFaults faults;             // since the first operation behind a reset
  std::uint64_t kept_bytes = 0;  // counted by the pool, between a reset and the next operation
  std::vector<wasmtime_global_t> globals;  // those that change
  std::vector<wasmtime_val_t> values;      // that they begin with
  std::unique_ptr<const Callee> start;     // if the module has a start function
};

// A call of a host function that may park. At most one at a time: the guest goes on only behind it.
struct HostAttempt {
  HostFunction function = nullptr;         // Null: none is under way.
  std::vector<wasmtime_val_raw_t> values;  // the arguments, then the result; at least one
  wasmtime_val_t* result = nullptr;        // Null: it has none. Lives until the call is done.
  wasm_trap_t** trap = nullptr;            // as long
  std::optional<GuestMemory> memory;       // Only a guest that runs could change it.
  bool is_first = true;                    // No other attempt was asked for yet.
};

struct InstanceParts {
  // Compilers unroll loops, but not so far. The first tick may come between the beginning of a
  // slice and the moment from which compiled code counts it.
  static constexpr std::uint32_t kCallsBeyondSliceMax = 1'000;
  static constexpr std::uint64_t kTicksBeyondSliceMax = 2;

  enum class Operation : std::uint8_t { kNone, kInstantiation, kCall };

  std::shared_ptr<const Program> program;
  HostState* state = nullptr;  // Outlives this object.
  weft_limiter_t limiter{};
  std::uint64_t fuel = 0;
  Handle<wasmtime_store_t, wasmtime_store_delete> store;
  wasmtime_context_t* context = nullptr;  // The store's.
  wasmtime_instance_t instance{};
  std::optional<wasmtime_memory_t> memory;
  std::map<std::string, Callee, std::less<>> callees;
  SlotPool::NextMemory next_memory;       // of a split module with a memory
  std::unique_ptr<ResetParts> beginning;  // of a split module, once instantiated

  // The operation under way. The future borrows everything here, so it is declared last and dies
  // first.
  Operation operation = Operation::kNone;
  const Callee* callee = nullptr;
  std::vector<wasmtime_val_t> arguments;
  std::vector<wasmtime_val_t> results;
  std::vector<Value> values;
  wasm_trap_t* trap = nullptr;
  wasmtime_error_t* failure = nullptr;
  std::optional<Error> refused;  // The operation did not begin.
  std::optional<Error> stopped;
  std::optional<Error> interrupted;  // The guest ends at its next check.
  bool has_yielded = false;          // at the check where the guest is
  std::uint64_t slice_tick = 0;      // of the engine, when its slice began
  std::uint32_t calls_beyond_slice = 0;
  HostAttempt attempted;
  bool is_parked = false;  // in `attempted`
  Handle<wasmtime_call_future_t, wasmtime_call_future_delete> future;

  InstanceParts() = default;
  InstanceParts(const InstanceParts&) = delete;
  InstanceParts& operator=(const InstanceParts&) = delete;
  ~InstanceParts();
  bool is_async() const { return program->engine().interruption() == Interruption::kEpoch; }
  const Beginning* plan() const { return program->code().beginning(); }
  std::uint64_t beginning_bytes() const;
  std::uint64_t module_bytes() const;
  void begin(Operation next);
  void begin_call_of(const Callee& called);
  bool poll_future();
  void take_from_instance();
  void take_globals();
  std::optional<wasmtime_extern_t> exported(std::string_view name) const;
  wasmtime_extern_t own_export(std::string_view name) const;
  FailureContext failure_context() const;
  Error too_many_guests(std::string_view why) const;
  Error too_much_memory(std::string_view why) const;
  std::uint64_t bytes_beside_memory() const;
  bool has_succeeded() const;
  bool put_back();
  // Who comes here may write to the memory.
  void touch_memory() {
    if (beginning) beginning->faults.touch();
  }
  bool keep();
  void use_again();
  static wasmtime_error_t* at_epoch(wasmtime_context_t* context, void* parts, std::uint64_t* ticks,
                                    wasmtime_update_deadline_kind_t* kind);
  // Where the guest's next slice begins.
  void begin_slice() {
    slice_tick = program->engine().ticks();
    calls_beyond_slice = 0;
  }
  bool is_slice_over() const { return program->engine().ticks() != slice_tick; }
  // Compiled code looks whether its slice is over in loops and where functions begin. A guest that
  // calls the host in between again and again would never be interrupted.
  bool evades_interruption() {
    return program->engine().ticks() - slice_tick > kTicksBeyondSliceMax &&
           ++calls_beyond_slice > kCallsBeyondSliceMax;
  }
  static Error uninterruptible();
  // Calls the host function that `attempted` is about. Whether it is done. `caller` is null after
  // the first time.
  bool attempt(wasmtime_caller_t* caller);
  void run_to_the_end();
  Error failed_with();
  bool is_consequence_of_refusal(const Error& error) const;
};

}  // namespace weft::engine
