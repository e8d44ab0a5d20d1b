// Any sequence of writes, growths and resets of a slot: after each reset the memory is the image,
// after each clear it is empty, and what was written before is nowhere.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
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

std::shared_ptr<const MemoryImage> image_from(FuzzBytes& bytes, ImageFile& file) {
  const std::size_t size = number(bytes) % 256 * kHostPageBytes;
  std::array<std::string, 4> texts;
  std::vector<MemoryImage::Piece> pieces;
  for (std::string& text : texts) {
    const std::size_t offset = number(bytes) * 16;
    text.assign(number(bytes) % 10'000, static_cast<char>(bytes.next()));
    if (offset + text.size() <= size) pieces.push_back({.offset = offset, .bytes = text});
  }
  return MemoryImage::create(file, size, pieces).value();
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
  WEFT_ASSERT(slot->begin(image_from(bytes, *file)));
  WEFT_ASSERT(slot->equals_image());
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
        WEFT_ASSERT(slot->begin(image_from(bytes, *file)));
        WEFT_ASSERT(slot->equals_image());
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
