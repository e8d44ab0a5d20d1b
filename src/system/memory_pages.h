// The bytes of a file in memory. Private to system.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "system/open_file.h"

namespace weft::system {

inline constexpr std::size_t kPageBytes = 65'536;

// Sparse: what was never written is zeros and takes no memory, but for a word per page before the
// last one that was. A page takes at most twice what was written to it, from its start on. Offsets
// and sizes are in bytes; whoever calls sees to it that they are within limits. Thread-compatible.
class MemoryPages {
 public:
  std::uint64_t size_bytes() const { return size_bytes_; }
  void set_size(std::uint64_t size_bytes);
  // How many bytes there were.
  std::size_t read(std::uint64_t offset, Buffer into) const;
  // Grows the file where that is needed.
  void write(std::uint64_t offset, ConstBuffer from);

 private:
  // Up to its last written byte; at most kPageBytes.
  using Page = std::vector<std::uint8_t>;

  static void write_page(Page& page, std::size_t offset, ConstBuffer from);

  std::vector<Page> pages_;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace weft::system
