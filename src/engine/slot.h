// Addresses for one linear memory, and the way back to the image that it began with. Private to
// engine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

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

  // How many mappings it has, and how many more the next growth may need (see Mappings).
  std::uint32_t mappings() const;
  std::uint32_t mappings_to_grow() const {
    if (image_) return has_grown_ ? 0 : 2;
    return size_bytes_ == 0 ? 1 : 0;
  }

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
  // anew, and each page that is used again costs a fault. `has_new_pages` is false only where
  // whoever wrote since the last reset had no page fault (PageFaults): then nothing is searched.
  bool reset(const DirtyPages* dirty_pages, bool has_new_pages = true);
  // Whether to search takes longer than to count faults, so that the next reset should know.
  bool is_slow_to_search() const;
  // Gives back what the memory has of its own, after a reset. False as for reset.
  bool trim();
  // How much the memory has of its own, after a reset.
  std::uint64_t own_bytes() const { return own_pages_.size() * kHostPageBytes; }
  // Whether the memory is what the image says, and nothing but zeros would come back if it grew.
  // Reads all of it.
  bool equals_image() const;

  // Back to an empty slot. False as for reset.
  bool clear();

 private:
  Slot(std::uint8_t* base, std::size_t reserved_bytes, std::size_t guard_bytes)
      : base_(base), reserved_bytes_(reserved_bytes), guard_bytes_(guard_bytes) {}

  bool map_extents() const;
  bool extend(std::size_t size_bytes);
  bool make_inaccessible(std::size_t from, std::size_t to) const;
  bool put_back_content(const DirtyPages* dirty_pages, bool has_new_pages);
  bool shrink(std::size_t size_bytes);
  bool is_zero_beyond_size() const;
  void forget_own_pages();
  bool find_own_pages(const DirtyPages& dirty_pages);
  void restore_own_pages();
  bool restore(std::uint8_t* page) const;

  std::uint8_t* base_;
  std::size_t reserved_bytes_;
  std::size_t guard_bytes_;
  std::size_t size_bytes_ = 0;
  // What may have pages, at least size_bytes_: zeros beyond that, and inaccessible.
  std::size_t used_bytes_ = 0;
  std::shared_ptr<const MemoryImage> image_;
  bool has_grown_ = false;  // since it began
  bool is_broken_ = false;  // Something beyond the size may be accessible.
  // The private copies of pages that the last reset left, by address; all there were then, unless
  // nothing is known.
  std::vector<std::uint8_t*> own_pages_;
  bool knows_own_pages_ = false;
  // How often in a row most of them were as in the image.
  std::uint32_t wasteful_resets_ = 0;
};

}  // namespace weft::engine
