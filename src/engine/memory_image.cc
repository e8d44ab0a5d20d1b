#include "engine/memory_image.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "engine/dirty_pages.h"

namespace weft::engine {
namespace {

// Pieces that are no further apart share an extent.
constexpr std::uint64_t kGapBytes = 64ULL * 1024;
using Extent = MemoryImage::Extent;

std::uint64_t page_at(std::uint64_t offset) {
  return offset / kHostPageBytes * kHostPageBytes;
}
std::uint64_t page_behind(std::uint64_t offset) {
  return page_at(offset + kHostPageBytes - 1);
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

std::vector<Extent> extents_of(std::span<const MemoryImage::Piece> pieces) {
  std::vector<Extent> pages;
  for (const auto& piece : pieces) {
    if (piece.bytes.empty()) continue;
    pages.push_back(
        {.begin = page_at(piece.offset), .end = page_behind(piece.offset + piece.bytes.size())});
  }
  std::ranges::sort(pages, {}, &Extent::begin);
  std::vector<Extent> extents = joined(pages, kGapBytes);
  for (std::uint64_t gap = 2 * kGapBytes; extents.size() > MemoryImage::kExtentsMax; gap *= 2)
    extents = joined(extents, gap);
  return extents;
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
  image->extents_ = extents_of(pieces);
  TRY(image->store(pieces));
  return image;
}

Result<> MemoryImage::store(std::span<const Piece> pieces) {
  if (extents_.empty()) return {};
  const std::uint64_t bytes = size_of(extents_);
  file_offset_ = file_.reserve(bytes);
  stored_bytes_ = bytes;
  std::uint64_t next = file_offset_;
  for (Extent& extent : extents_) {
    extent.file_offset = next;
    next += extent.size();
  }
  for (const Piece& piece : pieces) {
    if (piece.bytes.empty()) continue;
    const auto above = std::ranges::upper_bound(extents_, piece.offset, {}, &Extent::begin);
    const Extent& extent = *std::prev(above);
    TRY(file_.write(extent.file_offset + piece.offset - extent.begin, piece.bytes));
  }
  void* const view = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file_.descriptor(),
                            static_cast<off_t>(file_offset_));
  if (view == MAP_FAILED) return fail(no_room());
  view_ = static_cast<std::uint8_t*>(view);
  for (Extent& extent : extents_)
    extent.content = view_ + (extent.file_offset - file_offset_);
  return {};
}

MemoryImage::~MemoryImage() {
  if (view_ != nullptr) ::munmap(view_, stored_bytes_);
  if (stored_bytes_ > 0) file_.forget(file_offset_, stored_bytes_);
}

}  // namespace weft::engine
