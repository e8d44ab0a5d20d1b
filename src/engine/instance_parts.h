// The inside of an Instance, which host calls reach through the store. Private to engine.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/handle.h"
#include "engine/failure.h"
#include "engine/instance.h"

namespace weft::engine {

struct InstanceParts {
  // An export that was called before, so that a second call need not look for it.
  struct Callee {
    wasmtime_func_t function{};
    FunctionType type;
  };
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

  // The operation under way. The future borrows everything here, so it is declared last and dies
  // first.
  Operation operation = Operation::kNone;
  const Callee* callee = nullptr;
  std::vector<wasmtime_val_t> arguments;
  std::vector<wasmtime_val_t> results;
  std::vector<Value> values;
  wasm_trap_t* trap = nullptr;
  wasmtime_error_t* failure = nullptr;
  std::optional<Error> stopped;
  std::optional<Error> interrupted;  // The guest ends at its next check.
  bool has_yielded = false;          // at the check where the guest is
  Handle<wasmtime_call_future_t, wasmtime_call_future_delete> future;

  InstanceParts() = default;
  InstanceParts(const InstanceParts&) = delete;
  InstanceParts& operator=(const InstanceParts&) = delete;
  ~InstanceParts();
  bool is_async() const { return program->engine().interruption() == Interruption::kEpoch; }
  void begin(Operation next);
  static wasmtime_error_t* at_epoch(wasmtime_context_t* context, void* parts, std::uint64_t* ticks,
                                    wasmtime_update_deadline_kind_t* kind);
  void run_to_the_end();
  void finish_instantiation();
  Error failed_with();
  bool is_consequence_of_refusal(const Error& error) const;
};

}  // namespace weft::engine
