#include "engine/shared_memory.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.h"
#include "engine/failure.h"

namespace weft::engine {
namespace {

constexpr std::uint8_t kPageBytesLog2 = 16;
static_assert(kPageBytes == 1ULL << kPageBytesLog2);

// False when the engine's guests would use too much together.
bool reserve(const Engine& engine, std::uint64_t bytes) {
  const std::uint64_t max = engine.options().guest_memory_bytes_max;
  std::atomic<std::uint64_t>& total = engine.guest_memory_bytes();
  std::uint64_t used = total.load(std::memory_order_relaxed);
  do {
    if (used > max || bytes > max - used) return false;
  } while (!total.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

}  // namespace

void SharedMemory::Delete::operator()(wasmtime_sharedmemory* memory) const {
  wasmtime_sharedmemory_delete(memory);
}

SharedMemory::SharedMemory(const Engine& engine, std::uint64_t bytes_max)
    : engine_(engine), bytes_max_(bytes_max) {}

SharedMemory::~SharedMemory() {
  memory_.reset();
  engine_.guest_memory_bytes().fetch_sub(reserved_bytes_, std::memory_order_relaxed);
}

// Wasmtime asks no limiter when such a memory grows, but ends it at its own maximum; an import
// takes a memory whose maximum is less than what it names.
Result<std::shared_ptr<SharedMemory>> SharedMemory::create(const Engine& engine,
                                                           const MemoryInfo& type,
                                                           std::uint64_t bytes_max) {
  WEFT_ASSERT(type.shared && type.max_pages);
  WEFT_ASSERT(engine.options().threads);
  const std::uint64_t pages_max = bytes_max >> kPageBytesLog2;
  if (type.min_pages > pages_max) {
    return fail(Error(ErrorCode::kGuestLimit,
                      fmt::format("the guest needs more than {} bytes of memory (it begins with {} "
                                  "pages of {})",
                                  bytes_max, type.min_pages, kPageBytes))
                    .with_limit("memory_bytes", bytes_max));
  }
  const std::uint64_t pages = std::min(*type.max_pages, pages_max);
  auto memory = std::unique_ptr<SharedMemory>(new SharedMemory(engine, bytes_max));
  memory->is_cut_ = pages < *type.max_pages;
  if (!reserve(engine, pages * kPageBytes)) {
    return fail(Error(ErrorCode::kResourceExhausted,
                      "the guests that run now use all the memory that guests may have; try again")
                    .with_limit("guest_memory_bytes", engine.options().guest_memory_bytes_max));
  }
  memory->reserved_bytes_ = pages * kPageBytes;
  wasm_memorytype_t* raw_type = nullptr;
  const FailureHandle wrong(wasmtime_memorytype_new(type.min_pages, true, pages, type.memory64,
                                                    true, kPageBytesLog2, &raw_type));
  if (wrong) return fail(ErrorCode::kUnsupported, text_of(*wrong));
  const Handle<wasm_memorytype_t, wasm_memorytype_delete> owned_type(raw_type);
  wasmtime_sharedmemory_t* raw = nullptr;
  const FailureHandle failure(wasmtime_sharedmemory_new(&engine.get(), raw_type, &raw));
  if (failure) return fail(error_of(*failure));
  memory->memory_.reset(raw);
  return std::shared_ptr<SharedMemory>(std::move(memory));
}

GuestMemory SharedMemory::bytes() const {
  return {wasmtime_sharedmemory_data(memory_.get()),
          wasmtime_sharedmemory_data_size(memory_.get())};
}

bool SharedMemory::is_at_limit() const {
  return is_cut_ && bytes().size_bytes() == reserved_bytes_;
}

void SharedMemory::wake_all() const {
  weft_shared_memory_wake(memory_.get());
}

}  // namespace weft::engine
