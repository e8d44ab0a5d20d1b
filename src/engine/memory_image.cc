#include "engine/memory_image.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <numeric>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "engine/dirty_pages.h"

namespace weft::engine {
namespace {

using Extent = MemoryImage::Extent;
using Piece = MemoryImage::Piece;

struct Layout {
  std::uint64_t gap_bytes;  // Pieces that are no further apart share an extent.
  std::size_t extents_max;
};
constexpr Layout kAlone{.gap_bytes = 64ULL * 1024, .extents_max = MemoryImage::kExtentsMax};
// Four pages between those that changed: of functions of Python, that halves the extents where it
// stores a tenth more (docs/adr/0015).
constexpr Layout kOver{.gap_bytes = 4 * kHostPageBytes,
                       .extents_max = MemoryImage::kChangedExtentsMax};
// An image over another one is put together so much at a time.
constexpr std::uint64_t kChunkBytes = 64ULL * 1024;

std::uint64_t page_of(std::uint64_t offset) {
  return offset / kHostPageBytes * kHostPageBytes;
}
std::uint64_t page_behind(std::uint64_t offset) {
  return page_of(offset + kHostPageBytes - 1);
}

// Joins neighbours until there are few enough; the largest gaps stay.
std::vector<Extent> joined_to_few(std::span<const Extent> extents, std::size_t most) {
  const std::size_t gaps_max = most - 1;
  std::vector<std::size_t> behind(extents.size() - 1);  // Each gap lies behind one of them.
  std::iota(behind.begin(), behind.end(), 0UZ);
  const auto gap = [extents](std::size_t i) { return extents[i + 1].begin - extents[i].end; };
  std::ranges::nth_element(behind, behind.begin() + static_cast<std::ptrdiff_t>(gaps_max),
                           std::ranges::greater(), gap);
  behind.resize(gaps_max);
  std::ranges::sort(behind);
  behind.push_back(extents.size() - 1);
  std::vector<Extent> result;
  std::size_t first = 0;
  for (const std::size_t last : behind) {
    result.push_back({.begin = extents[first].begin, .end = extents[last].end});
    first = last + 1;
  }
  return result;
}

// Joins neighbours that are at most `gap` apart.
std::vector<Extent> joined(std::span<const Extent> extents, std::uint64_t gap) {
  std::vector<Extent> result;
  for (const Extent& extent : extents) {
    if (result.empty() || extent.begin > result.back().end + gap) {
      result.push_back(extent);
    } else {
      result.back().end = std::max(result.back().end, extent.end);
    }
  }
  return result;
}

std::uint64_t size_of(std::span<const Extent> extents) {
  std::uint64_t sum = 0;
  for (const Extent& extent : extents)
    sum += extent.size();
  return sum;
}

std::vector<Extent> extents_of(std::span<const Piece> pieces, const Layout& layout) {
  std::vector<Extent> pages;
  for (const auto& piece : pieces) {
    if (piece.bytes.empty()) continue;
    const Extent next{.begin = page_of(piece.offset),
                      .end = page_behind(piece.offset + piece.bytes.size())};
    // Of many pieces on one page, most come in order: no more than pages are listed then.
    if (!pages.empty() && pages.back().begin <= next.begin && next.begin <= pages.back().end) {
      pages.back().end = std::max(pages.back().end, next.end);
    } else {
      pages.push_back(next);
    }
  }
  std::ranges::sort(pages, {}, &Extent::begin);
  std::vector<Extent> extents = joined(pages, layout.gap_bytes);
  return extents.size() > layout.extents_max ? joined_to_few(extents, layout.extents_max) : extents;
}

// A part of an extent, in bytes of the memory.
Extent part_of(const Extent& extent, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t skipped = begin - extent.begin;
  return {.begin = begin,
          .end = end,
          .file_offset = extent.file_offset + skipped,
          .content = extent.content + skipped};
}

// Adds to `extents` what is left of `kept` below `size_bytes` where `changed` does not cover it.
void add_rest(std::vector<Extent>& extents, const Extent& kept, std::span<const Extent> changed,
              std::uint64_t size_bytes) {
  const std::uint64_t end = std::min(kept.end, size_bytes);
  std::uint64_t next = kept.begin;
  for (const Extent& extent : changed) {
    if (extent.begin >= end) break;
    if (extent.begin > next) extents.push_back(part_of(kept, next, extent.begin));
    next = std::max(next, extent.end);
  }
  if (next < end) extents.push_back(part_of(kept, next, end));
}

std::uint64_t end_of(const Piece& piece) {
  return piece.offset + piece.bytes.size();
}

// What `from` has of [begin, begin + chunk.size()), laid over the chunk.
void lay_over(std::span<char> chunk, std::uint64_t begin, const Piece& from) {
  const std::uint64_t first = std::max(begin, from.offset);
  const std::uint64_t last = std::min(begin + chunk.size(), from.offset + from.bytes.size());
  if (first >= last) return;
  std::memcpy(chunk.data() + (first - begin), from.bytes.data() + (first - from.offset),
              last - first);
}

bool is_zero(std::string_view bytes) {
  // All are like the first one.
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

Error no_room() {
  return {ErrorCode::kResourceExhausted,
          std::string("the host has no room for the memory that the guest begins with: ") +
              std::generic_category().message(errno)};
}

}  // namespace

Result<std::unique_ptr<ImageFile>> ImageFile::create() {
  UniqueFd file(::memfd_create("weft-images", MFD_CLOEXEC));
  if (!file) return fail(no_room());
  return std::unique_ptr<ImageFile>(new ImageFile(std::move(file)));
}

Result<> ImageFile::write(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return fail(no_room());
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

void ImageFile::forget(std::uint64_t offset, std::uint64_t bytes) {
  ::fallocate(file_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
              static_cast<off_t>(bytes));
}

Result<std::shared_ptr<const MemoryImage>> MemoryImage::create(ImageFile& file,
                                                               std::uint64_t size_bytes,
                                                               std::span<const Piece> pieces) {
  WEFT_ASSERT(size_bytes % kHostPageBytes == 0);
  std::shared_ptr<MemoryImage> image =
      std::unique_ptr<MemoryImage>(new MemoryImage(file, size_bytes));
  TRY(image->store(pieces));
  return image;
}

std::uint64_t MemoryImage::stored_bytes_of(std::span<const Piece> pieces) {
  return size_of(extents_of(pieces, kAlone));
}

Result<std::shared_ptr<const MemoryImage>> MemoryImage::create_over(
    std::shared_ptr<const MemoryImage> base, std::uint64_t size_bytes,
    std::span<const Piece> pieces) {
  WEFT_ASSERT(size_bytes % kHostPageBytes == 0);
  std::shared_ptr<MemoryImage> image =
      std::unique_ptr<MemoryImage>(new MemoryImage(base->file_, size_bytes));
  TRY(image->store_over(*base, pieces));
  image->base_ = std::move(base);
  return image;
}

std::uint64_t MemoryImage::stored_bytes_over(std::span<const Piece> pieces) {
  return size_of(extents_of(pieces, kOver));
}

const std::uint8_t* MemoryImage::page_at(std::uint64_t offset) const {
  const auto above = std::ranges::upper_bound(extents_, offset, {}, &Extent::begin);
  if (above == extents_.begin()) return nullptr;
  const Extent& extent = *std::prev(above);
  return offset < extent.end ? extent.content + (offset - extent.begin) : nullptr;
}

std::uint32_t MemoryImage::mappings() const {
  std::uint64_t mapped = 0;
  std::uint32_t count = 0;
  for (const Extent& extent : extents_) {
    count += extent.begin > mapped ? 2 : 1;
    mapped = extent.end;
  }
  return size_bytes_ > mapped ? count + 1 : count;
}

// Of the file, for what the image itself stores.
void MemoryImage::take_room(std::span<Extent> extents) {
  const std::uint64_t bytes = size_of(extents);
  file_offset_ = file_.reserve(bytes);
  stored_bytes_ = bytes;
  std::uint64_t next = file_offset_;
  for (Extent& extent : extents) {
    extent.file_offset = next;
    next += extent.size();
  }
}

Result<> MemoryImage::map_view(std::span<Extent> extents) {
  void* const view = ::mmap(nullptr, stored_bytes_, PROT_READ, MAP_SHARED, file_.descriptor(),
                            static_cast<off_t>(file_offset_));
  if (view == MAP_FAILED) return fail(no_room());
  view_ = static_cast<std::uint8_t*>(view);
  for (Extent& extent : extents)
    extent.content = view_ + (extent.file_offset - file_offset_);
  return {};
}

Result<> MemoryImage::store(std::span<const Piece> pieces) {
  extents_ = extents_of(pieces, kAlone);
  if (extents_.empty()) return {};
  take_room(extents_);
  for (const Piece& piece : pieces) {
    if (piece.bytes.empty()) continue;
    const auto above = std::ranges::upper_bound(extents_, piece.offset, {}, &Extent::begin);
    const Extent& extent = *std::prev(above);
    TRY(file_.write(extent.file_offset + piece.offset - extent.begin, piece.bytes));
  }
  return map_view(extents_);
}

Result<> MemoryImage::store_over(const MemoryImage& base, std::span<const Piece> pieces) {
  std::vector<Extent> changed = extents_of(pieces, kOver);
  if (!changed.empty()) {
    take_room(changed);
    for (const Extent& extent : changed)
      TRY(write_over(base, extent, pieces));
    TRY(map_view(changed));
  }
  for (const Extent& kept : base.extents_)
    add_rest(extents_, kept, changed, size_bytes_);
  extents_.insert(extents_.end(), changed.begin(), changed.end());
  std::ranges::sort(extents_, {}, &Extent::begin);
  return {};
}

// Writes what an extent has: the base's content, and the pieces over it. Neither many small writes,
// of which each is a call of the system, nor through a mapping, where no room is a signal.
Result<> MemoryImage::write_over(const MemoryImage& base, const Extent& extent,
                                 std::span<const Piece> pieces) {
  std::string chunk;
  auto piece = std::ranges::upper_bound(pieces, extent.begin, {}, end_of);
  for (std::uint64_t begin = extent.begin; begin < extent.end; begin += chunk.size()) {
    chunk.assign(std::min(kChunkBytes, extent.end - begin), '\0');
    for (std::uint64_t at = 0; at < chunk.size(); at += kHostPageBytes) {
      if (const std::uint8_t* const page = base.page_at(begin + at))
        std::memcpy(chunk.data() + at, page, kHostPageBytes);
    }
    const std::uint64_t end = begin + chunk.size();
    for (; piece != pieces.end() && piece->offset < end; ++piece) {
      lay_over(chunk, begin, *piece);
      if (end_of(*piece) > end) break;  // The rest lies over the next chunk.
    }
    // Zeros are what the file has anyway, but nobody may read what lies behind its end.
    if (end == extent.end || !is_zero(chunk))
      TRY(file_.write(extent.file_offset + (begin - extent.begin), chunk));
  }
  return {};
}

MemoryImage::~MemoryImage() {
  if (view_ != nullptr) ::munmap(view_, stored_bytes_);
  if (stored_bytes_ > 0) file_.forget(file_offset_, stored_bytes_);
}

}  // namespace weft::engine
