#include "engine/dirty_pages.h"

#include <algorithm>
#include <array>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/assert.h"

namespace weft::engine {
namespace {

// As linux/fs.h has them since 6.7; the headers of Debian 12 are older.
struct PageRegion {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t categories;
};

struct ScanArguments {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t walk_end;
  std::uint64_t vec;
  std::uint64_t vec_len;
  std::uint64_t max_pages;
  std::uint64_t category_inverted;
  std::uint64_t category_mask;
  std::uint64_t category_anyof_mask;
  std::uint64_t return_mask;
};

constexpr unsigned long kPagemapScan = _IOWR('f', 16, ScanArguments);
constexpr std::uint64_t kFile = 1U << 2U;
constexpr std::uint64_t kPresent = 1U << 3U;
constexpr std::uint64_t kSwapped = 1U << 4U;
constexpr std::uint64_t kZeroPage = 1U << 5U;

constexpr std::size_t kRangesMax = 32;

std::uint64_t address_of(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}
std::uint8_t* pointer_to(std::uint64_t address) {
  return reinterpret_cast<std::uint8_t*>(address);
}

}  // namespace

std::optional<DirtyPages> DirtyPages::open() {
  if (::sysconf(_SC_PAGESIZE) != static_cast<long>(kHostPageBytes)) return std::nullopt;
  UniqueFd pagemap(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  if (!pagemap) return std::nullopt;
  DirtyPages pages(std::move(pagemap));
  // Any page tells whether the kernel knows the request.
  std::array<PageRange, 1> found;
  std::uint8_t* from = pointer_to(address_of(&found) / kHostPageBytes * kHostPageBytes);
  if (!pages.find(from, from + kHostPageBytes, found)) return std::nullopt;
  return pages;
}

std::optional<std::span<const PageRange>> DirtyPages::find(std::uint8_t*& from, std::uint8_t* end,
                                                           std::span<PageRange> ranges) const {
  std::array<PageRegion, kRangesMax> regions{};
  ScanArguments arguments{.size = sizeof(ScanArguments),
                          .flags = 0,
                          .start = address_of(from),
                          .end = address_of(end),
                          .walk_end = 0,
                          .vec = address_of(regions.data()),
                          .vec_len = std::min(ranges.size(), regions.size()),
                          .max_pages = 0,
                          .category_inverted = kFile | kZeroPage,
                          .category_mask = kFile | kZeroPage,
                          .category_anyof_mask = kPresent | kSwapped,
                          .return_mask = kPresent};
  const int count = ::ioctl(pagemap_.get(), kPagemapScan, &arguments);
  if (count < 0) return std::nullopt;
  WEFT_ASSERT(static_cast<std::size_t>(count) <= ranges.size());
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    ranges[i] = {.begin = pointer_to(regions[i].start), .end = pointer_to(regions[i].end)};
  }
  from = pointer_to(arguments.walk_end);
  return ranges.first(static_cast<std::size_t>(count));
}

}  // namespace weft::engine
