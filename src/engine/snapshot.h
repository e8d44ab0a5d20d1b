// What an instance has that can change, as bytes (docs/formats/snapshot.md). Private to engine.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
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

// The pages of the memory, a multiple of kHostPageBytes, that are not all zeros, which it reads
// all. kTooLarge (snapshot_bytes) when they have more than `bytes_max` bytes.
Result<std::vector<MemoryImage::Piece>> pages_in(std::span<const std::uint8_t> memory,
                                                 std::uint64_t bytes_max);

}  // namespace weft::engine
