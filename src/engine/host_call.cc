#include "engine/host_call.h"

#include "base/assert.h"
#include "engine/instance_parts.h"

namespace weft::engine {

std::optional<std::span<std::uint8_t>> GuestMemory::bytes(GuestAddress address,
                                                          std::uint64_t size_bytes) const {
  const auto begin = static_cast<std::uint64_t>(address);
  if (begin > size_bytes_ || size_bytes > size_bytes_ - begin) return std::nullopt;
  return std::span(data_ + begin, size_bytes);
}

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

InstanceParts& HostCall::parts() const {
  return *static_cast<InstanceParts*>(wasmtime_context_get_data(wasmtime_caller_context(caller_)));
}

GuestMemory HostCall::memory() const {
  const InstanceParts& instance = parts();
  std::optional<wasmtime_memory_t> memory = instance.memory;
  if (!memory) {  // The start function still runs, or there is none.
    constexpr std::string_view kName = "memory";
    wasmtime_extern_t item;
    if (!wasmtime_caller_export_get(caller_, kName.data(), kName.size(), &item))
      return {nullptr, 0};
    if (item.kind == WASMTIME_EXTERN_MEMORY) memory = item.of.memory;
    wasmtime_extern_delete(&item);
    if (!memory) return {nullptr, 0};
  }
  return {wasmtime_memory_data(instance.context, &*memory),
          wasmtime_memory_data_size(instance.context, &*memory)};
}

HostState& HostCall::host_state() const {
  HostState* const state = parts().state;
  WEFT_ASSERT(state != nullptr);
  return *state;
}

void HostCall::stop(Error error) {
  WEFT_ASSERT(trap_ == nullptr);
  parts().stopped = std::move(error);
  constexpr std::string_view kMessage = "stopped by the host";
  trap_ = wasmtime_trap_new(kMessage.data(), kMessage.size());
}

wasm_trap_t* HostCall::take_trap() {
  return std::exchange(trap_, nullptr);
}

}  // namespace weft::engine
