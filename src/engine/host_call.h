// What a host function sees of the guest that called it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/result.h"

struct wasmtime_caller;
struct wasm_trap_t;
union wasmtime_val_raw;

namespace weft::engine {

struct InstanceParts;

// An address in a guest's memory. A number, never a pointer: GuestMemory checks it.
enum class GuestAddress : std::uint64_t {};

// A guest's linear memory while a host function runs. Borrowed: growing the memory or returning to
// the guest ends it, unless threads share it: then it lasts as long as that memory, without what
// has grown since.
class GuestMemory {
 public:
  GuestMemory(std::uint8_t* data, std::size_t size_bytes) : data_(data), size_bytes_(size_bytes) {}

  std::size_t size_bytes() const { return size_bytes_; }

  // The bytes at [address, address + size_bytes), which may be written. Nothing when any lies
  // outside.
  std::optional<std::span<std::uint8_t>> bytes(GuestAddress address,
                                               std::uint64_t size_bytes) const {
    const auto begin = static_cast<std::uint64_t>(address);
    if (begin > size_bytes_ || size_bytes > size_bytes_ - begin) return std::nullopt;
    return std::span(data_ + begin, size_bytes);
  }

  // A little-endian number. False, with nothing read or written, when any byte lies outside.
  template <class T>
  bool load(GuestAddress address, T& value) const {
    const auto place = bytes(address, sizeof(T));
    if (place) std::memcpy(&value, place->data(), sizeof(T));
    return place.has_value();
  }
  template <class T>
  bool store(GuestAddress address, T value) const {
    const auto place = bytes(address, sizeof(T));
    if (place) std::memcpy(place->data(), &value, sizeof(T));
    return place.has_value();
  }

 private:
  std::uint8_t* data_;
  std::size_t size_bytes_;
};

// What a dialect keeps for each instance.
class HostState {
 public:
  virtual ~HostState() = default;

  // What another dialect keeps for the same instance, whose module speaks both. Borrowed, and
  // outlives the instance; null: there is none.
  HostState* beside() const { return beside_; }
  void set_beside(HostState* state) { beside_ = state; }

 private:
  HostState* beside_ = nullptr;
};

// Confined to one call of a host function.
class HostCall {
 public:
  HostCall(InstanceParts& parts, wasmtime_caller* caller, wasmtime_val_raw* values)
      : caller_(caller), parts_(parts), values_(reinterpret_cast<std::byte*>(values)) {}
  // `memory`: as `memory()` gave it before, where the guest was parked since.
  HostCall(InstanceParts& parts, wasmtime_caller* caller, wasmtime_val_raw* values,
           const std::optional<GuestMemory>& memory)
      : HostCall(parts, caller, values) {
    memory_ = memory;
  }

  // The arguments, by position; their types are those that the function was defined with.
  std::int32_t i32(std::size_t index) const { return value<std::int32_t>(index); }
  std::int64_t i64(std::size_t index) const { return value<std::int64_t>(index); }
  GuestAddress address(std::size_t index) const {
    return static_cast<GuestAddress>(value<std::uint32_t>(index));
  }

  void return_i32(std::int32_t value) { std::memcpy(values_, &value, sizeof(value)); }

  // The memory exported as "memory", or else the one that threads share; empty (every access is
  // refused) when there is none. Looked up once: only a shared one can grow while the host function
  // runs, and what it grows by then, the guest cannot have meant.
  GuestMemory memory() const {
    if (!memory_) memory_ = find_memory();
    return *memory_;
  }

  // The state that the instance was created with. T is what the dialect passed.
  template <class T>
  T& state() const {
    return static_cast<T&>(host_state());
  }
  // What is beside that; null where nothing is. T is what the other dialect passed.
  template <class T>
  T* state_beside() const {
    return static_cast<T*>(host_state().beside());
  }

  // Ends the guest: its call fails with `error` and the guest's backtrace. The host function
  // returns afterwards.
  void stop(Error error);

  // The call cannot go on before something happens: the host function returns afterwards, and is
  // called again with the same arguments when the guest is polled next. Only where can_park().
  void park();
  // Whether the function was defined and linked so that it may.
  bool can_park() const;
  bool is_parked() const { return is_parked_; }

  // Whether the guest's slice is over and the host function may yield(): one that goes on for long
  // asks now and then.
  bool should_yield() const;
  // As park(), but the guest has not to wait: others have their turn.
  void yield();
  bool is_yielding() const { return is_yielding_; }

  wasm_trap_t* take_trap() { return std::exchange(trap_, nullptr); }

 private:
  // Wasmtime's union of little-endian values, which has room for a v128.
  static constexpr std::size_t kValueBytes = 16;

  template <class T>
  T value(std::size_t index) const {
    T value;
    std::memcpy(&value, values_ + index * kValueBytes, sizeof(value));
    return value;
  }
  HostState& host_state() const;
  GuestMemory find_memory() const;

  wasmtime_caller* caller_;
  InstanceParts& parts_;
  std::byte* values_;
  mutable std::optional<GuestMemory> memory_;
  wasm_trap_t* trap_ = nullptr;
  bool is_parked_ = false;
  bool is_yielding_ = false;
};

}  // namespace weft::engine
