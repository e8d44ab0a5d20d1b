#include "engine/visible_stacks.h"

#include "engine/failure.h"

#if __has_feature(thread_sanitizer)
#include <cstddef>
#include <cstdint>
#include <memory>

#include <sys/mman.h>
#endif

namespace weft::engine {

#if __has_feature(thread_sanitizer)

namespace {

constexpr std::size_t kGuardBytes = 4096;

struct Stack {
  std::uint8_t* bottom;
  std::size_t size;  // with the guard
};

std::uint8_t* top_of(void* stack, std::size_t* size) {
  const auto& self = *static_cast<const Stack*>(stack);
  *size = self.size - kGuardBytes;
  return self.bottom + self.size;
}

void unmap(void* stack) {
  const std::unique_ptr<const Stack> self(static_cast<const Stack*>(stack));
  ::munmap(self->bottom, self->size);
}

wasmtime_error_t* map_stack(void*, std::size_t size, bool, wasmtime_stack_memory_t* made) {
  const std::size_t all = size + kGuardBytes;
  void* const bottom = ::mmap(nullptr, all, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (bottom == MAP_FAILED) return wasmtime_error_new("no room for a stack");
  ::mprotect(bottom, kGuardBytes, PROT_NONE);
  auto stack = std::make_unique<Stack>(static_cast<std::uint8_t*>(bottom), all);
  *made = {.env = stack.release(), .get_stack_memory = top_of, .finalizer = unmap};
  return nullptr;
}

}  // namespace

void use_visible_stacks(wasm_config_t* config) {
  wasmtime_stack_creator_t creator{.env = nullptr, .new_stack = map_stack, .finalizer = nullptr};
  wasmtime_config_host_stack_creator_set(config, &creator);
}

#else

void use_visible_stacks(wasm_config_t* /*config*/) {}

#endif

}  // namespace weft::engine
