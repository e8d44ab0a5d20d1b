// What a host function sees of the guest that called it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

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
};

// Confined to one call of a host function.
class HostCall {
 public:
  // `memory`: as `memory()` gave it before, where the guest was parked since.
  HostCall(InstanceParts& parts, wasmtime_caller* caller, wasmtime_val_raw* values,
           std::optional<GuestMemory> memory = std::nullopt);

  // The arguments, by position; their types are those that the function was defined with.
  std::int32_t i32(std::size_t index) const;
  std::int64_t i64(std::size_t index) const;
  GuestAddress address(std::size_t index) const;

  void return_i32(std::int32_t value);

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

  // Ends the guest: its call fails with `error` and the guest's backtrace. The host function
  // returns afterwards.
  void stop(Error error);

  // The call cannot go on before something happens: the host function returns afterwards, and is
  // called again with the same arguments when the guest is polled next. Only where can_park().
  void park();
  // Whether the function was defined and linked so that it may.
  bool can_park() const;
  bool is_parked() const { return is_parked_; }

  wasm_trap_t* take_trap();

 private:
  HostState& host_state() const;
  GuestMemory find_memory() const;

  wasmtime_caller* caller_;
  InstanceParts& parts_;
  wasmtime_val_raw* values_;
  mutable std::optional<GuestMemory> memory_;
  wasm_trap_t* trap_ = nullptr;
  bool is_parked_ = false;
};

}  // namespace weft::engine
