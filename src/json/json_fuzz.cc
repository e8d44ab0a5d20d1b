// Parses arbitrary bytes; what is taken must print and read back as an equal document, verbatim and
// through every printer.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "json/parse.h"
#include "json/print.h"

namespace json = weft::json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto value =
      json::parse(text, {.bytes_max = 1 << 20, .depth_max = 64, .nodes_max = 10'000});
  if (!value.has_value()) {
    if (value.error().code() == weft::ErrorCode::kInvalidArgument) {
      WEFT_ASSERT(value.error().position().has_value());
      WEFT_ASSERT(*value.error().position()->offset <= size);
    }
    return 0;
  }
  const std::string compact = json::to_string(*value);
  const auto again = json::parse(compact);
  WEFT_ASSERT(again.has_value() && *again == *value);
  WEFT_ASSERT(json::to_string(*again) == compact);
  const auto pretty = json::parse(json::to_pretty_string(*value));
  WEFT_ASSERT(pretty.has_value() && *pretty == *value);
  const auto verbatim = json::parse(value->source());
  WEFT_ASSERT(verbatim.has_value() && *verbatim == *value);
  WEFT_ASSERT(value->detached() == *value);

  // As the content of a string, every text makes valid JSON.
  std::string quoted;
  json::append_string(quoted, text);
  WEFT_ASSERT(json::parse(quoted).has_value());
  return 0;
}
