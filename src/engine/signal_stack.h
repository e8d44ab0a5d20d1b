// Where a thread handles the signals that traps of guests are.
#pragma once

#include <array>
#include <cstddef>

#include <signal.h>

namespace weft::engine {

// Made on the stack of a thread of ours before anything of a guest runs on it; confined to that
// thread. A thread without one gets one from Wasmtime, which ends the process when there is no room
// left for it.
class SignalStack {
 public:
  SignalStack();
  SignalStack(const SignalStack&) = delete;
  SignalStack& operator=(const SignalStack&) = delete;
  // Puts back what was there.
  ~SignalStack();

 private:
  // As large as Wasmtime wants it.
  std::array<std::byte, 64ULL * 4096> bytes_;
  stack_t before_{};
};

// What a guest without epochs needs of the stack of its thread, if that is made for it: all that it
// may use itself, what the host may use, and a SignalStack.
constexpr std::size_t thread_stack_bytes(std::size_t wasm_stack_bytes) {
  constexpr std::size_t kHostBytes = 1024ULL * 1024;
  return wasm_stack_bytes + kHostBytes + sizeof(SignalStack);
}

}  // namespace weft::engine
