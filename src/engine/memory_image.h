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

// Immutable, thread-safe. Stored are the extents, page for page; everything else is zeros.
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
  // Each costs the process two mappings per slot, of which Linux allows about 65,000.
  static constexpr std::size_t kExtentsMax = 2;

  // An image of `size_bytes`, a multiple of kHostPageBytes; the pieces are within it, and later
  // ones lie over earlier ones. kResourceExhausted when the system has no room. `file` outlives the
  // image.
  static Result<std::shared_ptr<const MemoryImage>> create(ImageFile& file,
                                                           std::uint64_t size_bytes,
                                                           std::span<const Piece> pieces);
  MemoryImage(const MemoryImage&) = delete;
  MemoryImage& operator=(const MemoryImage&) = delete;
  ~MemoryImage();

  std::uint64_t size_bytes() const { return size_bytes_; }
  // In ascending order, apart from each other.
  std::span<const Extent> extents() const { return extents_; }
  // What it may take of the system's memory: a guest that reads what lies between pieces of one
  // extent makes the system store that too.
  std::uint64_t stored_bytes() const { return stored_bytes_; }
  int descriptor() const { return file_.descriptor(); }

 private:
  MemoryImage(ImageFile& file, std::uint64_t size_bytes) : file_(file), size_bytes_(size_bytes) {}

  Result<> store(std::span<const Piece> pieces);

  ImageFile& file_;
  std::uint64_t size_bytes_;
  std::uint64_t file_offset_ = 0;
  std::uint64_t stored_bytes_ = 0;  // of all extents
  std::uint8_t* view_ = nullptr;    // read-only
  std::vector<Extent> extents_;
};

}  // namespace weft::engine
