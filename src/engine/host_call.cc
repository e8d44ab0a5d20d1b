#include "engine/host_call.h"

#include "base/assert.h"
#include "engine/instance_parts.h"
#include "engine/shared_memory.h"

namespace weft::engine {
namespace {

GuestMemory bytes_of(wasmtime_context_t* context, const wasmtime_memory_t& memory) {
  return {wasmtime_memory_data(context, &memory), wasmtime_memory_data_size(context, &memory)};
}

}  // namespace

GuestMemory HostCall::find_memory() const {
  static_assert(sizeof(wasmtime_val_raw_t) == kValueBytes);
  if (parts_.memory) return bytes_of(parts_.context, *parts_.memory);
  // It is shared, the start function still runs, or there is none.
  const SharedMemory* const shared = parts_.program->memory();
  if (shared != nullptr) return shared->bytes();
  constexpr std::string_view kName = "memory";
  wasmtime_extern_t item;
  if (!wasmtime_caller_export_get(caller_, kName.data(), kName.size(), &item)) return {nullptr, 0};
  GuestMemory found{nullptr, 0};
  if (item.kind == WASMTIME_EXTERN_MEMORY) found = bytes_of(parts_.context, item.of.memory);
  wasmtime_extern_delete(&item);
  return found;
}

HostState& HostCall::host_state() const {
  HostState* const state = parts_.state;
  WEFT_ASSERT(state != nullptr);
  return *state;
}

void HostCall::stop(Error error) {
  WEFT_ASSERT(trap_ == nullptr);
  parts_.stopped = std::move(error);
  constexpr std::string_view kMessage = "stopped by the host";
  trap_ = wasmtime_trap_new(kMessage.data(), kMessage.size());
}

bool HostCall::can_park() const {
  return parts_.attempted.function != nullptr;
}

void HostCall::park() {
  WEFT_ASSERT(can_park());
  is_parked_ = true;
}

bool HostCall::should_yield() const {
  return can_park() && parts_.is_slice_over();
}

void HostCall::yield() {
  WEFT_ASSERT(can_park());
  is_yielding_ = true;
}

}  // namespace weft::engine
