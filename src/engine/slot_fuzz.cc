// Any sequence of writes, growths and resets of a slot: after each reset the memory is the image,
// which has what it was made of, after each clear it is empty, and what was written before is
// nowhere.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/fuzz_bytes.h"
#include "engine/slot.h"

namespace {

using namespace weft::engine;
using weft::FuzzBytes;

constexpr std::size_t kReserved = 512 * kHostPageBytes;
constexpr std::size_t kGuard = 16 * kHostPageBytes;
constexpr std::size_t kStepsMax = 300;

// Up to 65,535.
std::size_t number(FuzzBytes& bytes) {
  return std::size_t{bytes.next()} << 8U | bytes.next();
}

struct Expected {
  std::shared_ptr<const MemoryImage> image;
  std::string memory;
};

Expected image_from(FuzzBytes& bytes, std::size_t size, ImageFile& file) {
  constexpr std::size_t kPieces = 4;
  Expected base{.image = nullptr, .memory = std::string(size, '\0')};
  std::array<std::string, kPieces> texts;
  std::vector<MemoryImage::Piece> pieces;
  for (std::string& text : texts) {
    const std::size_t offset = number(bytes) * 16;
    text.assign(number(bytes) % 10'000, static_cast<char>(bytes.next()));
    if (offset > base.memory.size() || text.size() > base.memory.size() - offset) continue;
    base.memory.replace(offset, text.size(), text);
    pieces.push_back({.offset = offset, .bytes = text});
  }
  base.image = MemoryImage::create(file, base.memory.size(), pieces).value();
  return base;
}

// Another size, and pieces in order and apart from each other.
Expected over(Expected base, FuzzBytes& bytes) {
  const std::size_t count = bytes.next();
  base.memory.resize(number(bytes) % 256 * kHostPageBytes, '\0');
  std::vector<MemoryImage::Piece> pieces;
  std::size_t end = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t offset = end + 1 + number(bytes);
    const std::size_t size = number(bytes) % 10'000;
    if (offset > base.memory.size() || size > base.memory.size() - offset) break;
    base.memory.replace(offset, size, size, static_cast<char>(bytes.next()));
    end = offset + size;
    pieces.push_back(
        {.offset = offset, .bytes = std::string_view(base.memory).substr(offset, size)});
  }
  base.image = MemoryImage::create_over(std::move(base.image), base.memory.size(), pieces).value();
  return base;
}

void begin(Slot& slot, FuzzBytes& bytes, ImageFile& file) {
  constexpr std::size_t kIsOver = 1U << 15U;
  const std::size_t choice = number(bytes);
  Expected expected = image_from(bytes, choice % 256 * kHostPageBytes, file);
  if ((choice & kIsOver) != 0) expected = over(std::move(expected), bytes);
  WEFT_ASSERT(slot.begin(expected.image));
  WEFT_ASSERT(slot.equals_image());
  WEFT_ASSERT(slot.size_bytes() == expected.memory.size());
  WEFT_ASSERT(std::memcmp(slot.base(), expected.memory.data(), expected.memory.size()) == 0);
}

void write(Slot& slot, FuzzBytes& bytes) {
  const std::size_t offset = number(bytes) * 32;
  const std::size_t size = number(bytes);
  if (offset >= slot.size_bytes()) return;
  std::fill_n(slot.base() + offset, std::min(size, slot.size_bytes() - offset), bytes.next());
}

void grow(Slot& slot, FuzzBytes& bytes) {
  const std::size_t before = slot.size_bytes();
  const std::size_t wanted = before + bytes.next() % 64 * kHostPageBytes;
  const bool has_grown = slot.grow(wanted);
  WEFT_ASSERT(has_grown == (wanted <= slot.reserved_bytes()));
  if (!has_grown) return;
  WEFT_ASSERT(std::all_of(slot.base() + before, slot.base() + wanted,
                          [](std::uint8_t byte) { return byte == 0; }));
}

}  // namespace

// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzBytes bytes({data, size});
  const auto file = ImageFile::create().value();
  const auto dirty_pages = DirtyPages::open();
  const auto slot = Slot::reserve(kReserved, kGuard);
  WEFT_ASSERT(slot != nullptr);
  begin(*slot, bytes, *file);
  for (std::size_t step = 0; step < kStepsMax && !bytes.is_empty(); ++step) {
    switch (bytes.next() % 8) {
      case 0:
        WEFT_ASSERT(slot->reset(nullptr));
        WEFT_ASSERT(slot->equals_image());
        break;
      case 1:
      case 2:
        WEFT_ASSERT(slot->reset(dirty_pages ? &*dirty_pages : nullptr));
        WEFT_ASSERT(slot->equals_image());
        break;
      case 3:
        WEFT_ASSERT(slot->clear());
        begin(*slot, bytes, *file);
        break;
      case 4:
        grow(*slot, bytes);
        break;
      default:
        write(*slot, bytes);
    }
  }
  return 0;
}
