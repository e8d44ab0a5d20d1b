#include "engine/slot.h"

#include <array>
#include <cstring>
#include <optional>

#include <doctest/doctest.h>

namespace weft::engine {
namespace {

constexpr std::size_t kPage = kHostPageBytes;

// A slot over an image of two pages, the first of which has content.
struct Begun {
  std::unique_ptr<ImageFile> file = ImageFile::create().value();
  std::optional<DirtyPages> dirty_pages = DirtyPages::open();
  std::unique_ptr<Slot> slot = Slot::reserve(64 * kPage, 16 * kPage);

  Begun() {
    const std::array pieces = {MemoryImage::Piece{.offset = 8, .bytes = "begin"}};
    REQUIRE(slot->begin(MemoryImage::create(*file, 2 * kPage, pieces).value()));
  }
  void live(std::size_t pages_more) const {
    REQUIRE(slot->grow((2 + pages_more) * kPage));
    std::memset(slot->base(), 1, slot->size_bytes());
  }
  void put_back() {
    REQUIRE(slot->reset(dirty_pages ? &*dirty_pages : nullptr));
    CHECK(slot->equals_image());
  }
  // Kernels that do not say which pages were written let nothing be kept.
  bool keeps(std::size_t pages) const {
    return slot->own_bytes() == (dirty_pages ? pages * kPage : 0);
  }
};

TEST_CASE("what a slot grew by comes back as zeros, in the pages that it had") {
  Begun begun;
  for (int life = 0; life < 3; ++life) {
    begun.live(3);
    begun.put_back();
    CHECK(begun.slot->size_bytes() == 2 * kPage);
    CHECK(begun.keeps(5));
    REQUIRE(begun.slot->grow(5 * kPage));
    CHECK(begun.slot->base()[4 * kPage] == 0);
    begun.put_back();
    CHECK(begun.keeps(5));
  }
}

TEST_CASE("what a slot's last life did not grow by is given back") {
  Begun begun;
  begun.live(10);
  begun.put_back();
  begun.live(1);
  begun.put_back();
  CHECK(begun.keeps(3));
  REQUIRE(begun.slot->grow(12 * kPage));
  CHECK(begun.slot->base()[11 * kPage] == 0);
  begun.put_back();
  CHECK(begun.keeps(3));
}

TEST_CASE("a slot that is trimmed or cleared keeps nothing of what it grew by") {
  Begun begun;
  begun.live(4);
  begun.put_back();
  REQUIRE(begun.slot->trim());
  CHECK(begun.slot->own_bytes() == 0);
  CHECK(begun.slot->equals_image());
  begun.live(4);
  REQUIRE(begun.slot->clear());
  REQUIRE(begun.slot->begin(6 * kPage));
  for (std::size_t page = 0; page < 6; ++page)
    CHECK(begun.slot->base()[page * kPage] == 0);
}

TEST_CASE("a reset that is told of no new pages puts back those that it knows") {
  Begun begun;
  const DirtyPages* const dirty_pages = begun.dirty_pages ? &*begun.dirty_pages : nullptr;
  begun.live(3);
  begun.put_back();
  REQUIRE(begun.slot->grow(4 * kPage));
  begun.slot->base()[0] = 7;
  begun.slot->base()[3 * kPage] = 7;
  REQUIRE(begun.slot->reset(dirty_pages, false));
  CHECK(begun.slot->equals_image());
  CHECK(begun.keeps(4));
  // This time it did not grow.
  begun.slot->base()[kPage] = 7;
  REQUIRE(begun.slot->reset(dirty_pages, false));
  CHECK(begun.slot->equals_image());
  CHECK(begun.keeps(2));
}

TEST_CASE("a slot that knows of no pages searches, whatever it is told") {
  Begun begun;
  begun.live(3);
  REQUIRE(begun.slot->reset(begun.dirty_pages ? &*begun.dirty_pages : nullptr, false));
  CHECK(begun.slot->equals_image());
  CHECK(begun.keeps(5));
}

}  // namespace
}  // namespace weft::engine
