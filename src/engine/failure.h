// Wasmtime's traps and errors as weft's errors. Private to engine.
#pragma once

#include <string_view>

#include "base/handle.h"
#include "base/result.h"
#include "engine/wasmtime/weft_engine.h"

namespace weft::engine {

using TrapHandle = Handle<wasm_trap_t, wasm_trap_delete>;
using FailureHandle = Handle<wasmtime_error_t, wasmtime_error_delete>;

// The sink (weft_sink_t) that appends to the std::string which is its `env`.
void append_to_string(void* env, const std::uint8_t* data, std::size_t size);

// For a call. Never null, also when it is empty: the Rust side makes slices of it.
weft_text_t borrow(std::string_view text);

// The innermost cause in words.
std::string text_of(const wasmtime_error_t& failure);

// Whether the guest executed `unreachable`: how programs give up.
bool gave_up(const wasm_trap_t& trap);

// What a module as it was compiled does not tell about a failure of its guest.
struct FailureContext {
  std::uint64_t fuel = 0;  // which the guest was given
  // From an offset in the compiled module's code to one in the module that was uploaded.
  std::int64_t shift = 0;
};

// kGuestTrap, kGuestError (an exception), kGuestLimit (fuel) or kDeadlineExceeded, with the
// backtrace.
Error error_of(const wasm_trap_t& trap, const FailureContext& context);

// The same of a failure: kGuestTrap (also an object for which there is no room) or kGuestError (an
// exception); kResourceExhausted when the host has no memory.
Error error_of(const wasmtime_error_t& failure, const FailureContext& context = {});

}  // namespace weft::engine
