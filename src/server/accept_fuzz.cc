// Weights stay in their range whatever the header says.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "server/accept.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft::server;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view coding : {"br", "gzip", "identity"}) {
    const int weight = coding_weight(text, coding);
    WEFT_ASSERT(weight >= 0 && weight <= 1000);
  }
  for (const std::string_view type : {"text/html", "application/json", "text"}) {
    const int weight = media_weight(text, type);
    WEFT_ASSERT(weight >= 0 && weight <= 1000);
  }
  static_cast<void>(names_etag(text, "\"0123-br\""));
  return 0;
}
