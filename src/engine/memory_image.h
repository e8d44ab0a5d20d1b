// The memory that instances begin with. Private to engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace weft::engine {

// The images of one engine in one unnamed file of the system's memory: one descriptor, however many
// images there are. Thread-safe; outlives its images.
class ImageFile {
 public:
  static Result<std::unique_ptr<ImageFile>> create();

  // Room that no other image has; zeros. `bytes` is a multiple of kHostPageBytes.
  std::uint64_t reserve(std::uint64_t bytes) { return end_.fetch_add(bytes); }
  Result<> write(std::uint64_t offset, std::string_view bytes);
  // Gives room back to the system.
  void forget(std::uint64_t offset, std::uint64_t bytes);

  int descriptor() const { return file_.get(); }

 private:
  explicit ImageFile(UniqueFd file) : file_(std::move(file)) {}

  UniqueFd file_;
  std::atomic<std::uint64_t> end_ = 0;  // The file is sparse and has addresses for all time.
};

// Immutable, thread-safe. Stored are the extents, page for page; everything else is zeros. An image
// over another one stores what differs from that, shares the rest with it and keeps it alive.
class MemoryImage {
 public:
  // In bytes of the memory, multiples of kHostPageBytes.
  struct Extent {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t file_offset = 0;
    const std::uint8_t* content = nullptr;  // read-only, lives as long as the image

    std::uint64_t size() const { return end - begin; }
  };
  struct Piece {
    std::uint64_t offset = 0;  // in the memory
    std::string_view bytes;
  };
  // Each costs the process up to two mappings per slot, see Mappings. Where there are more pieces,
  // those with the smallest gaps between them share one: the splitter, and `stored_bytes_of`, see
  // to it that those gaps are small.
  static constexpr std::size_t kExtentsMax = 8;
  // The same of what an image over another one stores. Each also costs 0.4 us in each reset, and 6
  // us when a slot begins and ends; with fewer, more of what has not changed is stored again.
  static constexpr std::size_t kChangedExtentsMax = 32;

  // An image of `size_bytes`, a multiple of kHostPageBytes; the pieces are within it, and later
  // ones lie over earlier ones. kResourceExhausted when the system has no room. `file` outlives the
  // image.
  static Result<std::shared_ptr<const MemoryImage>> create(ImageFile& file,
                                                           std::uint64_t size_bytes,
                                                           std::span<const Piece> pieces);
  // What an image of those pieces may take of the system's memory.
  static std::uint64_t stored_bytes_of(std::span<const Piece> pieces);
  // As `create`, where what no piece covers is as in `base`, and zeros beyond its size. The pieces
  // are in ascending order and apart from each other.
  static Result<std::shared_ptr<const MemoryImage>> create_over(
      std::shared_ptr<const MemoryImage> base, std::uint64_t size_bytes,
      std::span<const Piece> pieces);
  // What such an image may take beside its base.
  static std::uint64_t stored_bytes_over(std::span<const Piece> pieces);
  MemoryImage(const MemoryImage&) = delete;
  MemoryImage& operator=(const MemoryImage&) = delete;
  ~MemoryImage();

  std::uint64_t size_bytes() const { return size_bytes_; }
  // In ascending order; those that touch are apart in the file.
  std::span<const Extent> extents() const { return extents_; }
  // The content of the page at `offset`, a multiple of kHostPageBytes; null for one of zeros.
  const std::uint8_t* page_at(std::uint64_t offset) const;
  // What it may take of the system's memory, beside its base: a guest that reads what lies between
  // pieces of one extent makes the system store that too.
  std::uint64_t stored_bytes() const { return stored_bytes_; }
  int descriptor() const { return file_.descriptor(); }
  // How many mappings a slot has over it: the extents, and what lies before, between and behind.
  std::uint32_t mappings() const;

 private:
  MemoryImage(ImageFile& file, std::uint64_t size_bytes) : file_(file), size_bytes_(size_bytes) {}

  Result<> store(std::span<const Piece> pieces);
  Result<> store_over(const MemoryImage& base, std::span<const Piece> pieces);
  Result<> write_over(const MemoryImage& base, const Extent& extent, std::span<const Piece> pieces);
  void take_room(std::span<Extent> extents);
  Result<> map_view(std::span<Extent> extents);

  ImageFile& file_;
  std::uint64_t size_bytes_;
  std::uint64_t file_offset_ = 0;
  std::uint64_t stored_bytes_ = 0;  // of its own extents
  std::uint8_t* view_ = nullptr;    // of those, read-only
  std::vector<Extent> extents_;
  std::shared_ptr<const MemoryImage> base_;  // whose extents it has, too; or null
};

}  // namespace weft::engine
