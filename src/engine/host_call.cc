#include "engine/host_call.h"

#include "base/assert.h"
#include "engine/instance_parts.h"
#include "engine/shared_memory.h"

namespace weft::engine {

HostCall::HostCall(InstanceParts& parts, wasmtime_caller* caller, wasmtime_val_raw* values,
                   std::optional<GuestMemory> memory)
    : caller_(caller), parts_(parts), values_(values), memory_(memory) {}

std::int32_t HostCall::i32(std::size_t index) const {
  return values_[index].i32;
}
std::int64_t HostCall::i64(std::size_t index) const {
  return values_[index].i64;
}
GuestAddress HostCall::address(std::size_t index) const {
  return static_cast<GuestAddress>(static_cast<std::uint32_t>(values_[index].i32));
}

void HostCall::return_i32(std::int32_t value) {
  values_[0].i32 = value;
}

GuestMemory HostCall::find_memory() const {
  std::optional<wasmtime_memory_t> memory = parts_.memory;
  if (!memory) {  // It is shared, the start function still runs, or there is none.
    const SharedMemory* const shared = parts_.program->memory();
    if (shared != nullptr) return shared->bytes();
    constexpr std::string_view kName = "memory";
    wasmtime_extern_t item;
    if (!wasmtime_caller_export_get(caller_, kName.data(), kName.size(), &item))
      return {nullptr, 0};
    if (item.kind == WASMTIME_EXTERN_MEMORY) memory = item.of.memory;
    wasmtime_extern_delete(&item);
    if (!memory) return {nullptr, 0};
  }
  return {wasmtime_memory_data(parts_.context, &*memory),
          wasmtime_memory_data_size(parts_.context, &*memory)};
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

wasm_trap_t* HostCall::take_trap() {
  return std::exchange(trap_, nullptr);
}

}  // namespace weft::engine
