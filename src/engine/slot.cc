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

// Pages stay with a slot once they were written, and each reset compares them: those that a guest
// writes in each life often end as they began. Beyond this number it looks how many did.
constexpr std::size_t kUnwatchedPages = 16;
// Most of them did, this often in a row: those are given back.
constexpr std::uint32_t kWastefulResetsMax = 8;
constexpr std::size_t kWastefulShare = 4;

// The kernel looks at each page of a memory, some nanoseconds long; to count faults takes as long
// as so many pages.
constexpr std::size_t kQuicklySearchedBytes = 1 << 20;

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
  // Of the guard too, which would else need a mapping of its own.
  forbid_huge_pages(base, reserved_bytes + guard_bytes);
  return std::unique_ptr<Slot>(
      new Slot(static_cast<std::uint8_t*>(base), reserved_bytes, guard_bytes));
}

Slot::~Slot() {
  ::munmap(base_, reserved_bytes_ + guard_bytes_);
}

std::uint32_t Slot::mappings() const {
  const std::uint32_t inaccessible = 1;
  // What grew may lie between others, and so may what it was before.
  if (image_) return inaccessible + image_->mappings() + (has_grown_ ? 2 : 0);
  return inaccessible + (size_bytes_ > 0 ? 1 : 0);
}

bool Slot::begin(std::size_t size_bytes) {
  WEFT_ASSERT(size_bytes_ == 0);
  WEFT_ASSERT(size_bytes <= reserved_bytes_);
  return extend(size_bytes);
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
  has_grown_ = true;
  return extend(size_bytes);
}

bool Slot::extend(std::size_t size_bytes) {
  if (size_bytes == size_bytes_) return true;
  if (::mprotect(base_ + size_bytes_, size_bytes - size_bytes_, PROT_READ | PROT_WRITE) != 0) {
    // Some of it may be accessible now.
    is_broken_ = !make_inaccessible(size_bytes_, size_bytes);
    return false;
  }
  size_bytes_ = size_bytes;
  used_bytes_ = std::max(used_bytes_, size_bytes);
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
  has_grown_ = false;
  forget_own_pages();
  // Mapped away, not only made inaccessible: the next memory would find the old bytes.
  if (is_broken_ || !make_inaccessible(0, used_bytes_)) return false;
  size_bytes_ = 0;
  used_bytes_ = 0;
  return true;
}

bool Slot::reset(const DirtyPages* dirty_pages, bool has_new_pages) {
  WEFT_ASSERT(image_ != nullptr);
  if (is_broken_) return false;
  if (!put_back_content(dirty_pages, has_new_pages)) return false;
  return shrink(static_cast<std::size_t>(image_->size_bytes()));
}

bool Slot::is_slow_to_search() const {
  return size_bytes_ >= kQuicklySearchedBytes;
}

bool Slot::put_back_content(const DirtyPages* dirty_pages, bool has_new_pages) {
  if (dirty_pages == nullptr) return trim();
  // What this life did not grow by, see shrink().
  while (!own_pages_.empty() && own_pages_.back() >= base_ + size_bytes_)
    own_pages_.pop_back();
  if ((has_new_pages || !knows_own_pages_) && !find_own_pages(*dirty_pages)) return false;
  if (own_pages_.size() > kCopiedPagesMax) return trim();
  restore_own_pages();
  return true;
}

// What the memory grew by has become zeros and keeps its pages: guests that grow do so in each
// life, and would fault in each page again. What an earlier life grew by beyond that is given back.
bool Slot::shrink(std::size_t size_bytes) {
  if (used_bytes_ > size_bytes_ &&
      ::madvise(base_ + size_bytes_, used_bytes_ - size_bytes_, MADV_DONTNEED) != 0)
    return false;
  used_bytes_ = size_bytes_;
  if (size_bytes_ > size_bytes &&
      ::mprotect(base_ + size_bytes, size_bytes_ - size_bytes, PROT_NONE) != 0)
    return false;
  size_bytes_ = size_bytes;
  return true;
}

// What was written is gone; the next access brings a page of the image, or of zeros.
bool Slot::trim() {
  forget_own_pages();
  return used_bytes_ == 0 || ::madvise(base_, used_bytes_, MADV_DONTNEED) == 0;
}

void Slot::forget_own_pages() {
  own_pages_.clear();
  knows_own_pages_ = false;
}

// Stops above kCopiedPagesMax.
bool Slot::find_own_pages(const DirtyPages& dirty_pages) {
  own_pages_.clear();
  std::array<PageRange, kRangesAtOnce> room;
  std::uint8_t* from = base_;
  std::uint8_t* const end = base_ + size_bytes_;
  while (from < end && own_pages_.size() <= kCopiedPagesMax) {
    const auto ranges = dirty_pages.find(from, end, room);
    if (!ranges) return false;
    for (const PageRange& range : *ranges) {
      for (std::uint8_t* page = range.begin;
           page < range.end && own_pages_.size() <= kCopiedPagesMax; page += kHostPageBytes)
        own_pages_.push_back(page);
    }
  }
  knows_own_pages_ = true;
  return true;
}

void Slot::restore_own_pages() {
  const bool forgets_unchanged = wasteful_resets_ >= kWastefulResetsMax;
  const std::size_t pages = own_pages_.size();
  std::size_t changed = 0;
  std::erase_if(own_pages_, [&](std::uint8_t* page) {
    if (restore(page)) {
      ++changed;
      return false;
    }
    return forgets_unchanged && ::madvise(page, kHostPageBytes, MADV_DONTNEED) == 0;
  });
  const bool is_wasteful = pages > kUnwatchedPages && changed * kWastefulShare < pages;
  wasteful_resets_ = is_wasteful && !forgets_unchanged ? wasteful_resets_ + 1 : 0;
}

// Whether it had changed.
bool Slot::restore(std::uint8_t* page) const {
  const std::uint8_t* const content = image_->page_at(static_cast<std::uint64_t>(page - base_));
  if (content == nullptr) {
    if (is_zero(page)) return false;
    std::memset(page, 0, kHostPageBytes);
  } else {
    if (std::memcmp(page, content, kHostPageBytes) == 0) return false;
    std::memcpy(page, content, kHostPageBytes);
  }
  return true;
}

bool Slot::equals_image() const {
  if (size_bytes_ != image_->size_bytes()) return false;
  for (std::size_t offset = 0; offset < size_bytes_; offset += kHostPageBytes) {
    const std::uint8_t* const page = base_ + offset;
    const std::uint8_t* const content = image_->page_at(offset);
    if (content == nullptr ? !is_zero(page) : std::memcmp(page, content, kHostPageBytes) != 0)
      return false;
  }
  return is_zero_beyond_size();
}

// Readable for the time of the look.
bool Slot::is_zero_beyond_size() const {
  if (used_bytes_ <= size_bytes_) return true;
  std::uint8_t* const begin = base_ + size_bytes_;
  const std::size_t bytes = used_bytes_ - size_bytes_;
  if (::mprotect(begin, bytes, PROT_READ) != 0) return false;
  bool is_zeros = true;
  for (std::size_t offset = 0; is_zeros && offset < bytes; offset += kHostPageBytes)
    is_zeros = is_zero(begin + offset);
  return ::mprotect(begin, bytes, PROT_NONE) == 0 && is_zeros;
}

}  // namespace weft::engine
