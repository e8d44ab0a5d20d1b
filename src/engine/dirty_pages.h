// Which pages of this process were written since they were mapped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/unique_fd.h"

namespace weft::engine {

// Of the machine, and of PAGEMAP_SCAN.
inline constexpr std::size_t kHostPageBytes = 4096;

struct PageRange {
  std::uint8_t* begin = nullptr;
  std::uint8_t* end = nullptr;
};

// ioctl PAGEMAP_SCAN (Linux 6.7; Documentation/admin-guide/mm/pagemap.rst). Immutable, thread-safe.
class DirtyPages {
 public:
  // Nothing where the kernel does not have it.
  static std::optional<DirtyPages> open();

  // Fills `ranges` with ranges of pages in [from, end) that are private copies: written, in memory
  // or swapped out, and neither the zero page nor one of a mapped file. `from` becomes where the
  // next search goes on, `end` after the last. Nothing when the kernel refuses.
  std::optional<std::span<const PageRange>> find(std::uint8_t*& from, std::uint8_t* end,
                                                 std::span<PageRange> ranges) const;

 private:
  explicit DirtyPages(UniqueFd pagemap) : pagemap_(std::move(pagemap)) {}

  UniqueFd pagemap_;
};

}  // namespace weft::engine
