#include "engine/slot.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <sys/mman.h>

#include "base/assert.h"

namespace weft::engine {
namespace {

constexpr int kReservation = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

// A memory that has more pages of its own gives them back at once: a copy of each would take longer
// than the faults that bring back those that are needed.
constexpr std::size_t kCopiedPagesMax = 1024;

// Pages stay with a slot once they were written, and each reset copies them. Beyond this number it
// looks whether they have changed again.
constexpr std::size_t kUnwatchedPages = 16;
// Most of them did not, this often in a row: those are given back.
constexpr std::uint32_t kWastefulResetsMax = 8;
constexpr std::size_t kWastefulShare = 4;

constexpr std::size_t kRangesAtOnce = 32;

// A guest that writes one byte shall not have two megabytes. Kernels without huge pages refuse.
void forbid_huge_pages(void* begin, std::size_t bytes) {
  ::madvise(begin, bytes, MADV_NOHUGEPAGE);
}

bool is_zero(const std::uint8_t* page) {
  // A page equals itself one byte on: all its bytes are like the first one.
  return page[0] == 0 && std::memcmp(page, page + 1, kHostPageBytes - 1) == 0;
}

}  // namespace

std::unique_ptr<Slot> Slot::reserve(std::size_t reserved_bytes, std::size_t guard_bytes) {
  void* const base = ::mmap(nullptr, reserved_bytes + guard_bytes, PROT_NONE, kReservation, -1, 0);
  if (base == MAP_FAILED) return nullptr;
  forbid_huge_pages(base, reserved_bytes);
  return std::unique_ptr<Slot>(
      new Slot(static_cast<std::uint8_t*>(base), reserved_bytes, guard_bytes));
}

Slot::~Slot() {
  ::munmap(base_, reserved_bytes_ + guard_bytes_);
}

bool Slot::begin(std::size_t size_bytes) {
  WEFT_ASSERT(size_bytes_ == 0);
  WEFT_ASSERT(size_bytes <= reserved_bytes_);
  return grow(size_bytes);
}

bool Slot::begin(std::shared_ptr<const MemoryImage> image) {
  image_ = std::move(image);
  wasteful_resets_ = 0;
  return begin(static_cast<std::size_t>(image_->size_bytes())) && map_extents();
}

bool Slot::map_extents() const {
  return std::ranges::all_of(image_->extents(), [this](const MemoryImage::Extent& extent) {
    return ::mmap(base_ + extent.begin, extent.size(), PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, image_->descriptor(),
                  static_cast<off_t>(extent.file_offset)) != MAP_FAILED;
  });
}

bool Slot::grow(std::size_t size_bytes) {
  if (size_bytes > reserved_bytes_ || size_bytes < size_bytes_) return false;
  if (size_bytes == size_bytes_) return true;
  if (::mprotect(base_ + size_bytes_, size_bytes - size_bytes_, PROT_READ | PROT_WRITE) != 0) {
    // Some of it may be accessible now.
    is_broken_ = !make_inaccessible(size_bytes_, size_bytes);
    return false;
  }
  size_bytes_ = size_bytes;
  return true;
}

// Mapped away, not only made inaccessible: the next growth would find the old bytes.
bool Slot::shrink(std::size_t size_bytes) {
  if (is_broken_ || !make_inaccessible(size_bytes, size_bytes_)) return false;
  size_bytes_ = std::min(size_bytes_, size_bytes);
  return true;
}

bool Slot::make_inaccessible(std::size_t from, std::size_t to) const {
  if (from >= to) return true;
  const void* const mapped =
      ::mmap(base_ + from, to - from, PROT_NONE, kReservation | MAP_FIXED, -1, 0);
  if (mapped == MAP_FAILED) return false;
  forbid_huge_pages(base_ + from, to - from);
  return true;
}

bool Slot::clear() {
  image_.reset();
  own_bytes_ = 0;
  return shrink(0);
}

bool Slot::reset(const DirtyPages* dirty_pages) {
  WEFT_ASSERT(image_ != nullptr);
  if (!shrink(static_cast<std::size_t>(image_->size_bytes()))) return false;
  if (dirty_pages == nullptr) return trim();
  const auto copied = restore(*dirty_pages);
  if (!copied) return false;
  own_bytes_ = *copied * kHostPageBytes;
  return *copied <= kCopiedPagesMax || trim();
}

// What was written is gone; the next access brings a page of the image, or of zeros.
bool Slot::trim() {
  own_bytes_ = 0;
  return size_bytes_ == 0 || ::madvise(base_, size_bytes_, MADV_DONTNEED) == 0;
}

// How many pages the memory has of its own; stops above kCopiedPagesMax.
std::optional<std::size_t> Slot::restore(const DirtyPages& dirty_pages) {
  const bool forgets_unchanged = wasteful_resets_ >= kWastefulResetsMax;
  std::array<PageRange, kRangesAtOnce> room;
  std::uint8_t* from = base_;
  std::uint8_t* const end = base_ + size_bytes_;
  std::size_t pages = 0;
  std::size_t changed = 0;
  while (from < end && pages <= kCopiedPagesMax) {
    const auto ranges = dirty_pages.find(from, end, room);
    if (!ranges) return std::nullopt;
    for (const PageRange& range : *ranges) {
      pages += static_cast<std::size_t>(range.end - range.begin) / kHostPageBytes;
      if (pages > kCopiedPagesMax) break;
      restore_range(range, changed, forgets_unchanged);
    }
  }
  const bool is_wasteful = pages > kUnwatchedPages && changed * kWastefulShare < pages;
  wasteful_resets_ = is_wasteful && !forgets_unchanged ? wasteful_resets_ + 1 : 0;
  return pages;
}

void Slot::restore_range(PageRange range, std::size_t& changed, bool forgets_unchanged) const {
  for (std::uint8_t* page = range.begin; page < range.end; page += kHostPageBytes) {
    const std::uint8_t* const content = content_of(page);
    const bool is_unchanged =
        content == nullptr ? is_zero(page) : std::memcmp(page, content, kHostPageBytes) == 0;
    if (is_unchanged) {
      if (forgets_unchanged) ::madvise(page, kHostPageBytes, MADV_DONTNEED);
      continue;
    }
    ++changed;
    if (content == nullptr) {
      std::memset(page, 0, kHostPageBytes);
    } else {
      std::memcpy(page, content, kHostPageBytes);
    }
  }
}

// Null for a page of zeros.
const std::uint8_t* Slot::content_of(const std::uint8_t* page) const {
  const auto offset = static_cast<std::uint64_t>(page - base_);
  for (const MemoryImage::Extent& extent : image_->extents()) {
    if (offset < extent.begin) break;
    if (offset < extent.end) return extent.content + (offset - extent.begin);
  }
  return nullptr;
}

bool Slot::equals_image() const {
  if (size_bytes_ != image_->size_bytes()) return false;
  for (std::size_t offset = 0; offset < size_bytes_; offset += kHostPageBytes) {
    const std::uint8_t* const page = base_ + offset;
    const std::uint8_t* const content = content_of(page);
    if (content == nullptr ? !is_zero(page) : std::memcmp(page, content, kHostPageBytes) != 0)
      return false;
  }
  return true;
}

}  // namespace weft::engine
