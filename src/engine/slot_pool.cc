#include "engine/slot_pool.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace weft::engine {
namespace {

// Kept for the next guest: making one takes microseconds and the lock of the process's addresses.
constexpr std::size_t kEmptyMax = 64;
constexpr std::uint32_t kEmptyMappings = 1;

// Of all guests that wait for their next call.
constexpr std::uint64_t kKeptBytesMax = 256ULL * 1024 * 1024;

// In words that failure.cc knows: the host's want of memory, not the guest's fault.
constexpr const char* kNoRoom = "no room for another memory (os error 12)";

// Wasmtime asks for memories without saying for whom.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): see above
thread_local SlotPool::NextMemory* memory_to_make = nullptr;

}  // namespace

SlotPool::Making::Making(NextMemory& next) {
  WEFT_ASSERT(memory_to_make == nullptr);
  if (next.slot == nullptr) memory_to_make = &next;
}

SlotPool::Making::~Making() {
  memory_to_make = nullptr;
}

bool SlotPool::keep_bytes(std::uint64_t bytes) {
  if (kept_bytes_.fetch_add(bytes) + bytes <= kKeptBytesMax) return true;
  kept_bytes_.fetch_sub(bytes);
  return false;
}

SlotPool::SlotPool(std::optional<DirtyPages> dirty_pages, Mappings& mappings)
    : dirty_pages_(std::move(dirty_pages)), mappings_(mappings) {}

SlotPool::~SlotPool() = default;

void SlotPool::attach(wasm_config_t& config) {
  wasmtime_memory_creator_t creator{.env = this, .new_memory = new_memory, .finalizer = nullptr};
  wasmtime_config_host_memory_creator_set(&config, &creator);
  // With a creator of memories, Wasmtime's own images end the process.
  wasmtime_config_memory_init_cow_set(&config, false);
}

std::unique_ptr<Slot> SlotPool::take(std::size_t reserved, std::size_t guard) {
  auto kept = empty_.with([&](auto& empty) -> std::unique_ptr<Slot> {
    const auto found = std::ranges::find_if(empty, [&](const auto& slot) {
      return slot->reserved_bytes() == reserved && slot->guard_bytes() == guard;
    });
    if (found == empty.end()) return nullptr;
    std::iter_swap(found, std::prev(empty.end()));
    auto taken = std::move(empty.back());
    empty.pop_back();
    return taken;
  });
  if (kept) return kept;
  if (!mappings_.take(kEmptyMappings)) return nullptr;
  auto made = Slot::reserve(reserved, guard);
  if (!made) mappings_.give_back(kEmptyMappings);
  return made;
}

bool SlotPool::begin(Slot& slot, const NextMemory* next, std::size_t minimum) {
  const std::uint32_t wanted = next != nullptr ? next->image->mappings() : 1;
  if (!mappings_.take(wanted)) return false;
  const bool has_begun = next != nullptr ? slot.begin(next->image) : slot.begin(minimum);
  mappings_.give_back(kEmptyMappings + wanted - slot.mappings());
  return has_begun;
}

bool SlotPool::grow(Slot& slot, std::size_t size_bytes) {
  const std::uint32_t wanted = slot.mappings() + slot.mappings_to_grow();
  if (!mappings_.take_to_grow(slot.mappings_to_grow())) return false;
  const bool has_grown = slot.grow(size_bytes);
  WEFT_ASSERT(slot.mappings() <= wanted);
  mappings_.give_back(wanted - slot.mappings());
  return has_grown;
}

void SlotPool::end(std::unique_ptr<Slot> slot) {
  const std::uint32_t mappings = slot->mappings();
  slot.reset();
  mappings_.give_back(mappings);
}

void SlotPool::give_back(std::unique_ptr<Slot> slot) {
  const std::uint32_t mappings = slot->mappings();
  if (slot->clear()) {
    const bool is_kept = empty_.with([&](auto& empty) {
      if (empty.size() >= kEmptyMax) return false;
      empty.push_back(std::move(slot));
      return true;
    });
    if (is_kept) {
      mappings_.give_back(mappings - kEmptyMappings);
      return;
    }
  }
  slot.reset();
  mappings_.give_back(mappings);
}

// NOLINTNEXTLINE(readability-function-size): a callback of Wasmtime's
wasmtime_error_t* SlotPool::new_memory(void* pool, const wasm_memorytype_t*, std::size_t minimum,
                                       std::size_t, std::size_t reserved, std::size_t guard,
                                       wasmtime_linear_memory_t* result) {
  const Wanted wanted{.minimum = minimum, .reserved = reserved, .guard = guard};
  return static_cast<SlotPool*>(pool)->make_memory(wanted, *result);
}

wasmtime_error_t* SlotPool::make_memory(const Wanted& wanted, wasmtime_linear_memory_t& result) {
  const auto rounded = [](std::size_t bytes) {
    return (bytes + kHostPageBytes - 1) / kHostPageBytes * kHostPageBytes;
  };
  auto slot = take(rounded(std::max(wanted.minimum, wanted.reserved)), rounded(wanted.guard));
  if (!slot) return wasmtime_error_new(kNoRoom);
  // The collector's heap is made before.
  const bool is_linear = wanted.guard == WEFT_MEMORY_GUARD_BYTES;
  NextMemory* const next = is_linear ? std::exchange(memory_to_make, nullptr) : nullptr;
  if (!begin(*slot, next, wanted.minimum)) {
    end(std::move(slot));
    return wasmtime_error_new(kNoRoom);
  }
  if (next != nullptr) next->slot = slot.get();
  auto memory = std::make_unique<Memory>(this, std::move(slot));
  result = {.env = memory.release(),
            .get_memory = get_memory,
            .grow_memory = grow_memory,
            .finalizer = end_memory};
  return nullptr;
}

std::uint8_t* SlotPool::get_memory(void* memory, std::size_t* size, std::size_t* capacity) {
  const Slot& slot = *static_cast<Memory*>(memory)->slot;
  *size = slot.size_bytes();
  *capacity = slot.reserved_bytes();
  return slot.base();
}

wasmtime_error_t* SlotPool::grow_memory(void* memory, std::size_t size) {
  const auto& grown = *static_cast<Memory*>(memory);
  return grown.pool->grow(*grown.slot, size) ? nullptr : wasmtime_error_new(kNoRoom);
}

void SlotPool::end_memory(void* memory) {
  const std::unique_ptr<Memory> ended(static_cast<Memory*>(memory));
  ended->pool->give_back(std::move(ended->slot));
}

}  // namespace weft::engine
