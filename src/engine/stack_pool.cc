#include "engine/stack_pool.h"

#include <sys/mman.h>

#include "engine/dirty_pages.h"

namespace weft::engine {
namespace {

// Each keeps what its deepest call has touched.
constexpr std::size_t kUnusedMax = 64;

// The stack and its guard.
constexpr std::uint32_t kMappings = 2;

constexpr const char* kNoRoom = "no room for another stack (os error 12)";

}  // namespace

StackPool::~StackPool() = default;

StackPool::Stack::~Stack() {
  if (mapping != nullptr) {
    ::munmap(mapping, kHostPageBytes + size_bytes);
    pool->mappings_.give_back(kMappings);
  }
  pool->stacks_.fetch_sub(1);
}

// Null when there is no room.
std::unique_ptr<StackPool::Stack> StackPool::make(std::size_t size_bytes) {
  auto stack = std::make_unique<Stack>(*this);
  if (!mappings_.take(kMappings)) return nullptr;
  void* const mapping = ::mmap(nullptr, kHostPageBytes + size_bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    mappings_.give_back(kMappings);
    return nullptr;
  }
  stack->mapping = static_cast<std::uint8_t*>(mapping);
  stack->size_bytes = size_bytes;
  if (::mprotect(mapping, kHostPageBytes, PROT_NONE) != 0) return nullptr;
  return stack;
}

void StackPool::attach(wasm_config_t& config) {
  wasmtime_stack_creator_t creator{.env = this, .new_stack = new_stack, .finalizer = nullptr};
  wasmtime_config_host_stack_creator_set(&config, &creator);
}

wasmtime_error_t* StackPool::new_stack(void* pool, std::size_t size, bool,
                                       wasmtime_stack_memory_t* result) {
  auto& self = *static_cast<StackPool*>(pool);
  auto stack = self.unused_.with([](auto& unused) -> std::unique_ptr<Stack> {
    if (unused.empty()) return nullptr;
    auto taken = std::move(unused.back());
    unused.pop_back();
    return taken;
  });
  if (!stack || stack->size_bytes != size) stack = self.make(size);
  if (!stack) return wasmtime_error_new(kNoRoom);
  *result = {.env = stack.release(), .get_stack_memory = get_stack, .finalizer = end_stack};
  return nullptr;
}

std::uint8_t* StackPool::get_stack(void* stack, std::size_t* size) {
  const auto& self = *static_cast<Stack*>(stack);
  *size = self.size_bytes;
  return self.mapping + kHostPageBytes + self.size_bytes;
}

void StackPool::end_stack(void* stack) {
  std::unique_ptr<Stack> ended(static_cast<Stack*>(stack));
  ended->pool->unused_.with([&](auto& unused) {
    if (unused.size() < kUnusedMax) unused.push_back(std::move(ended));
  });
}

}  // namespace weft::engine
