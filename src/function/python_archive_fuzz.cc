// Archives are uploads of anybody: each is refused, or has a file that is loaded.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "function/python_archive.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using weft::ErrorCode;
  static const weft::FakeClock kClock;  // Outlives all archives.
  const auto archive =
      weft::function::open_python_archive(kClock, {reinterpret_cast<const char*>(data), size});
  if (archive) {
    const auto status = archive->root->status_of(archive->file, true);
    WEFT_ASSERT(archive->file.ends_with(".py"));
    WEFT_ASSERT(status.has_value() && status->size_bytes == archive->source.size());
    return 0;
  }
  const ErrorCode code = archive.error().code();
  WEFT_ASSERT(code == ErrorCode::kInvalidArgument || code == ErrorCode::kTooLarge);
  return 0;
}
