// Addresses for one linear memory, and the way back to the image that it began with. Private to
// engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/result.h"
#include "engine/dirty_pages.h"
#include "engine/memory_image.h"

namespace weft::engine {

// Reserves its addresses once: what is not part of the memory is inaccessible, because compiled
// code leaves bounds to the processor. Thread-compatible; one memory at a time.
class Slot {
 public:
  // `reserved_bytes` for memories, behind them `guard_bytes` that stay inaccessible; multiples of
  // kHostPageBytes. Null when the system has no room.
  static std::unique_ptr<Slot> reserve(std::size_t reserved_bytes, std::size_t guard_bytes);
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot();

  std::uint8_t* base() const { return base_; }
  std::size_t size_bytes() const { return size_bytes_; }
  std::size_t reserved_bytes() const { return reserved_bytes_; }
  std::size_t guard_bytes() const { return guard_bytes_; }

  // Makes an empty slot's memory: `size_bytes` of zeros, or what the image holds, whose size it
  // then is. The image outlives the memory. False when the system has no room: the slot is then
  // only to be destroyed.
  bool begin(std::size_t size_bytes);
  bool begin(std::shared_ptr<const MemoryImage> image);
  // False when there is no room; nothing has changed then, or the slot is only to be destroyed,
  // which reset() and clear() will say.
  bool grow(std::size_t size_bytes);

  // Back to the image, byte for byte, in content and in size; false when that failed, and the slot
  // is only to be destroyed. Only after begin(image). Without `dirty_pages` everything is mapped
  // anew, and each page that is used again costs a fault.
  bool reset(const DirtyPages* dirty_pages);
  // Gives back what the memory has of its own, after a reset. False as for reset.
  bool trim();
  // How much the memory has of its own, after a reset.
  std::uint64_t own_bytes() const { return own_bytes_; }
  // Whether the memory is what the image says. Reads all of it.
  bool equals_image() const;

  // Back to an empty slot. False as for reset.
  bool clear();

 private:
  Slot(std::uint8_t* base, std::size_t reserved_bytes, std::size_t guard_bytes)
      : base_(base), reserved_bytes_(reserved_bytes), guard_bytes_(guard_bytes) {}

  bool map_extents() const;
  bool make_inaccessible(std::size_t from, std::size_t to) const;
  bool shrink(std::size_t size_bytes);
  std::optional<std::size_t> restore(const DirtyPages& dirty_pages);
  void restore_range(PageRange range, std::size_t& changed, bool forgets_unchanged) const;
  const std::uint8_t* content_of(const std::uint8_t* page) const;

  std::uint8_t* base_;
  std::size_t reserved_bytes_;
  std::size_t guard_bytes_;
  std::size_t size_bytes_ = 0;
  std::shared_ptr<const MemoryImage> image_;
  std::uint64_t own_bytes_ = 0;
  bool is_broken_ = false;  // Something beyond the size may be accessible.
  // How often in a row most pages that the memory had of its own were as in the image.
  std::uint32_t wasteful_resets_ = 0;
};

}  // namespace weft::engine
