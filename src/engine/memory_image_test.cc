// Images over another one; those alone are in instance_bytes_test.cc.
#include "engine/memory_image.h"

#include <algorithm>
#include <cinttypes>
#include <csignal>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "engine/dirty_pages.h"
#include "engine/slot.h"

namespace weft::engine {
namespace {

constexpr std::uint64_t kPage = kHostPageBytes;
using Piece = MemoryImage::Piece;

// "100-120*" for each extent, in pages; with a star when the base stores it.
std::string layout_of(const MemoryImage& image, const MemoryImage& base) {
  std::string text;
  for (const auto& extent : image.extents()) {
    const bool is_shared =
        std::ranges::any_of(base.extents(), [&extent](const MemoryImage::Extent& shared) {
          return extent.file_offset >= shared.file_offset &&
                 extent.file_offset < shared.file_offset + shared.size();
        });
    text += (text.empty() ? "" : " ") + std::to_string(extent.begin / kPage) + "-" +
            std::to_string(extent.end / kPage) + (is_shared ? "*" : "");
  }
  return text;
}

// Of 1,000 pages, of which 100 from the 100th and 50 from the 500th on have content.
struct BaseImage {
  std::unique_ptr<ImageFile> file = ImageFile::create().value();
  std::string first = std::string(100 * kPage, 'a');
  std::string second = std::string(50 * kPage, 'b');
  std::shared_ptr<const MemoryImage> image;

  BaseImage() {
    const std::vector<Piece> pieces = {{.offset = 100 * kPage, .bytes = first},
                                       {.offset = 500 * kPage, .bytes = second}};
    image = MemoryImage::create(*file, 1000 * kPage, pieces).value();
  }
  std::shared_ptr<const MemoryImage> over(std::span<const Piece> pieces,
                                          std::uint64_t pages = 1000) const {
    return MemoryImage::create_over(image, pages * kPage, pieces).value();
  }
};

// One byte in each of those pages.
std::vector<Piece> pieces_in(std::span<const std::uint64_t> pages) {
  std::vector<Piece> pieces;
  for (const std::uint64_t page : pages)
    pieces.push_back({.offset = page * kPage + 7, .bytes = "c"});
  return pieces;
}

TEST_CASE("an image over another one stores what changes, and shares the rest") {
  const BaseImage base;
  const auto layout = [&base](const std::vector<std::uint64_t>& pages, std::uint64_t size = 1000) {
    return layout_of(*base.over(pieces_in(pages), size), *base.image);
  };
  CHECK(layout({}) == "100-200* 500-550*");
  CHECK(layout({150}) == "100-150* 150-151 151-200* 500-550*");
  CHECK(layout({100, 199}) == "100-101 101-199* 199-200 500-550*");
  CHECK(layout({99, 200}) == "99-100 100-200* 200-201 500-550*");
  CHECK(layout({300}) == "100-200* 300-301 500-550*");
  // Up to four pages between two are stored with them.
  CHECK(layout({150, 155, 161}) == "100-150* 150-156 156-161* 161-162 162-200* 500-550*");
  CHECK(layout({198, 202, 499}) == "100-198* 198-203 499-500 500-550*");
  // Another size.
  CHECK(layout({}, 1200) == "100-200* 500-550*");
  CHECK(layout({1199}, 1200) == "100-200* 500-550* 1199-1200");
  CHECK(layout({120}, 150) == "100-120* 120-121 121-150*");
  CHECK(layout({}, 100).empty());
}

TEST_CASE("an image over another one has the base's content but for its pieces") {
  const BaseImage base;
  const std::string zeros(30 * kPage, '\0');
  const std::string changed(5, 'c');
  // Within a page, over the end of an extent, and from zeros into the next extent.
  const std::vector<Piece> pieces = {{.offset = 110 * kPage + 100, .bytes = changed},
                                     {.offset = 113 * kPage, .bytes = changed},
                                     {.offset = 180 * kPage + 1, .bytes = zeros},
                                     {.offset = 500 * kPage - 3, .bytes = changed},
                                     {.offset = 1200 * kPage - 5, .bytes = changed}};
  std::string expected(1200 * kPage, '\0');
  expected.replace(100 * kPage, base.first.size(), base.first);
  expected.replace(500 * kPage, base.second.size(), base.second);
  for (const Piece& piece : pieces)
    expected.replace(piece.offset, piece.bytes.size(), piece.bytes);
  const auto image = base.over(pieces, 1200);
  const auto slot = Slot::reserve(2000 * kPage, 16 * kPage);
  REQUIRE(slot->begin(image));
  CHECK(slot->equals_image());
  CHECK(std::string_view(reinterpret_cast<const char*>(slot->base()), slot->size_bytes()) ==
        expected);
  CHECK(image->stored_bytes() == MemoryImage::stored_bytes_over(pieces));
}

TEST_CASE("an image over another one keeps that, and gives back only its own part of the file") {
  BaseImage base;
  const std::weak_ptr<const MemoryImage> weak = base.image;
  const std::vector<std::uint64_t> pages = {150};
  auto one = base.over(pieces_in(pages));
  auto other = base.over(pieces_in(pages));
  base.image.reset();
  CHECK_FALSE(weak.expired());
  one.reset();
  CHECK(other->page_at(150 * kPage)[7] == 'c');
  CHECK(other->page_at(150 * kPage)[8] == 'a');
  CHECK(other->page_at(500 * kPage)[0] == 'b');
  CHECK(other->page_at(400 * kPage) == nullptr);
  other.reset();
  CHECK(weak.expired());
}

// How many mappings of the process lie in the slot's addresses.
std::uint32_t mappings_in(const Slot& slot) {
  const auto begin = reinterpret_cast<std::uintptr_t>(slot.base());
  const std::uintptr_t end = begin + slot.reserved_bytes() + slot.guard_bytes();
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/maps", "re"),
                                                             &std::fclose);
  REQUIRE(file != nullptr);
  std::uint32_t count = 0;
  std::string line(1000, '\0');
  while (std::fgets(line.data(), static_cast<int>(line.size()), file.get()) != nullptr) {
    std::uintptr_t first = 0;
    if (std::sscanf(line.data(), "%" SCNxPTR, &first) == 1 && first >= begin && first < end)
      ++count;
  }
  return count;
}

TEST_CASE("an image over another one has few pieces, and a slot no more mappings than it says") {
  const BaseImage base;
  std::vector<std::uint64_t> pages(100);
  for (std::uint64_t i = 0; i < pages.size(); ++i)
    pages[i] = 10 * i;
  const auto pieces = pieces_in(pages);
  const auto image = base.over(pieces);
  CHECK(image->extents().size() <= 2 * MemoryImage::kChangedExtentsMax + 2);
  CHECK(MemoryImage::stored_bytes_over(pieces) == image->stored_bytes());
  const auto slot = Slot::reserve(2000 * kPage, 16 * kPage);
  const auto dirty_pages = DirtyPages::open();
  REQUIRE(slot->begin(image));
  for (int life = 0; life < 2; ++life) {
    CHECK(mappings_in(*slot) <= slot->mappings());
    REQUIRE(slot->grow(1500 * kPage));
    std::ranges::fill(std::span(slot->base(), slot->size_bytes()), std::uint8_t{1});
    CHECK(mappings_in(*slot) <= slot->mappings());
    REQUIRE(slot->reset(dirty_pages ? &*dirty_pages : nullptr));
    CHECK(slot->equals_image());
  }
  // It is the most that any changes can cost.
  CHECK(slot->mappings() <=
        2 * (MemoryImage::kChangedExtentsMax + MemoryImage::kExtentsMax) + 1 + 1 + 2);
}

TEST_CASE("an image for which there is no room is an error that says so") {
  const BaseImage base;
  const std::vector<std::uint64_t> pages = {150, 700};
  // NOLINTNEXTLINE(cert-err33-c): restored below
  auto* const before = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &limit) == 0);
  const rlimit none{.rlim_cur = 100 * kPage, .rlim_max = limit.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &none) == 0);
  const auto refused = MemoryImage::create_over(base.image, 1000 * kPage, pieces_in(pages));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  const bool is_restored = std::signal(SIGXFSZ, before) != SIG_ERR;
  CHECK(is_restored);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code() == ErrorCode::kResourceExhausted);
  CHECK(base.over(pieces_in(pages))->page_at(700 * kPage)[7] == 'c');
}

}  // namespace
}  // namespace weft::engine
