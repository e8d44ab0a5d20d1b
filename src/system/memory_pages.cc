#include "system/memory_pages.h"

#include <algorithm>

namespace weft::system {

void MemoryPages::set_size(std::uint64_t size_bytes) {
  if (size_bytes < size_bytes_) {
    const std::uint64_t page = size_bytes / kPageBytes;
    const std::size_t kept = size_bytes % kPageBytes;
    const std::uint64_t pages = page + (kept == 0 ? 0 : 1);
    if (pages < pages_.size()) pages_.resize(pages);
    if (page < pages_.size() && pages_[page].size() > kept) {
      pages_[page].resize(kept);
      // Otherwise many small files could hold on to whole pages.
      pages_[page].shrink_to_fit();
    }
    if (pages_.capacity() > 2 * pages_.size()) pages_.shrink_to_fit();
  }
  size_bytes_ = size_bytes;
}

std::size_t MemoryPages::read(std::uint64_t offset, Buffer into) const {
  if (offset >= size_bytes_) return 0;
  into = into.first(std::min<std::uint64_t>(into.size(), size_bytes_ - offset));
  const std::size_t total = into.size();
  while (!into.empty()) {
    const std::uint64_t page = offset / kPageBytes;
    const std::size_t within = offset % kPageBytes;
    const std::size_t count = std::min(into.size(), kPageBytes - within);
    std::size_t stored = 0;
    if (page < pages_.size() && within < pages_[page].size()) {
      stored = std::min(count, pages_[page].size() - within);
      std::copy_n(pages_[page].data() + within, stored, into.data());
    }
    std::fill_n(into.data() + stored, count - stored, std::uint8_t{0});
    into = into.subspan(count);
    offset += count;
  }
  return total;
}

void MemoryPages::write_page(Page& page, std::size_t offset, ConstBuffer from) {
  const std::size_t end = offset + from.size();
  if (end > page.capacity()) page.reserve(std::min(kPageBytes, std::max(end, 2 * page.capacity())));
  if (offset > page.size()) page.resize(offset);
  const std::size_t over = std::min(from.size(), page.size() - offset);
  std::copy_n(from.data(), over, page.data() + offset);
  page.insert(page.end(), from.begin() + static_cast<std::ptrdiff_t>(over), from.end());
}

void MemoryPages::write(std::uint64_t offset, ConstBuffer from) {
  while (!from.empty()) {
    const std::uint64_t page = offset / kPageBytes;
    const std::size_t within = offset % kPageBytes;
    const std::size_t count = std::min(from.size(), kPageBytes - within);
    if (page >= pages_.size()) pages_.resize(page + 1);
    write_page(pages_[page], within, from.first(count));
    from = from.subspan(count);
    offset += count;
    size_bytes_ = std::max(size_bytes_, offset);
  }
}

}  // namespace weft::system
