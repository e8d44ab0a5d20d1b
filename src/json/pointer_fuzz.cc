// Follows arbitrary bytes as a JSON pointer: what leads to a value names it also when it is written
// anew from its steps.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/assert.h"
#include "json/pointer.h"

namespace json = weft::json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const json::Value leaf = json::Value::array({1, json::Value::object({{"~/", 2}})});
  const json::Value document = json::Value::object({{"a", leaf}, {"", leaf}, {"m~n", leaf}});
  const auto value = json::value_at(document, text);
  const auto nowhere = json::value_at(json::Value(), text);
  // Whether it is a pointer does not depend on the document.
  WEFT_ASSERT(value.has_value() == nowhere.has_value());
  if (value.has_value() && !text.empty()) WEFT_ASSERT(*nowhere == nullptr);

  std::string step;
  json::append_pointer_step(step, text);
  const json::Value named = json::Value::object({{text, 3}});
  const auto found = json::value_at(named, step);
  WEFT_ASSERT(found.has_value() && *found == named.find(text));
  return 0;
}
