// What an instance has that can change, as bytes, and what of it differs from what others begin
// with (docs/formats/snapshot.md). Private to engine.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sha256.h"
#include "engine/memory_image.h"
#include "engine/types.h"

namespace weft::engine {

struct Snapshot {
  std::optional<std::uint64_t> memory_bytes = {};  // multiple of kPageBytes; none without a memory
  std::vector<Value> globals = {};                 // those that change, as the module has them
  // Whatever lies between them is zeros: multiples of kHostPageBytes within the memory, ascending,
  // apart from each other. Borrowed, also by `parse`.
  std::vector<MemoryImage::Piece> pages = {};

  // kDataLoss for anything that `to_bytes` does not write.
  static Result<Snapshot> parse(std::string_view bytes);
  std::string to_bytes() const;
};

// A snapshot as what differs from another one, its base.
struct Changes {
  Sha256 base = {};                                // the hash of the base's bytes
  std::optional<std::uint64_t> memory_bytes = {};  // as Snapshot has it
  std::vector<Value> globals = {};                 // all, not only those that differ
  // Whatever lies between them is as in the base, and zeros behind its memory. Within the memory,
  // ascending, apart from each other. Borrowed, also by `parse`.
  std::vector<MemoryImage::Piece> runs = {};

  // kDataLoss for anything that `to_bytes` does not write.
  static Result<Changes> parse(std::string_view bytes);
  std::string to_bytes() const;
};

// The pages of the memory, a multiple of kHostPageBytes, that are not all zeros, which it reads
// all. kTooLarge (snapshot_bytes) when they, or what an image has to store between them, have more
// than `bytes_max` bytes.
Result<std::vector<MemoryImage::Piece>> pages_in(std::span<const std::uint8_t> memory,
                                                 std::uint64_t bytes_max);

// The runs of bytes by which the memory, a multiple of kHostPageBytes, differs from the image, both
// of which it reads. kTooLarge (snapshot_bytes) when the pages that differ, or what an image over
// that one has to store between them, or the list of runs, have more than `bytes_max` bytes.
Result<std::vector<MemoryImage::Piece>> changes_in(std::span<const std::uint8_t> memory,
                                                   const MemoryImage& base,
                                                   std::uint64_t bytes_max);

}  // namespace weft::engine
