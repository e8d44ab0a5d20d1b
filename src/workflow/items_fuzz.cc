// Objects of S3 come from anybody. Whatever is in one, its items are JSON in UTF-8 and within the
// limits, or there is a reason.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"
#include "workflow/items.h"

namespace json = weft::json;
namespace workflow = weft::workflow;

namespace {

constexpr std::uint64_t kItemsMax = 1000;

// Every object has the same content, and lists one.
class OneObject final : public workflow::Objects {
 public:
  explicit OneObject(std::string_view text) : text_(text) {}

  workflow::Outcome<std::string> fetch(std::string_view, std::string_view, std::uint64_t) override {
    return std::string(text_);
  }
  workflow::Outcome<std::vector<workflow::ListedObject>> list(std::string_view,
                                                              std::string_view) override {
    return std::vector{workflow::ListedObject{.key = "k"}};
  }

 private:
  std::string_view text_;
};

void check(const workflow::Outcome<json::Value>& items) {
  if (!items) {
    WEFT_ASSERT(items.error().error == "States.ItemReaderFailed");
    WEFT_ASSERT(!items.error().cause.empty());
    return;
  }
  WEFT_ASSERT(items->is_array() && items->size() <= kItemsMax);
  const std::string text = json::to_string(*items);
  WEFT_ASSERT(json::is_utf8(text));
  const auto again = json::parse(text, {.depth_max = 200});
  WEFT_ASSERT(again.has_value() && *again == *items);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (
      const std::string_view config :
      {R"({"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"})",
       R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"],"CSVDelimiter":"PIPE"})",
       R"({"InputType":"JSONL"})", R"({"InputType":"JSON","ItemsPointer":"/a/0"})",
       R"({"InputType":"MANIFEST"})", R"({"InputType":"JSON","ManifestType":"ATHENA_DATA"})"}) {
    OneObject objects(text);
    check(workflow::read_items({.resource = "arn:aws:states:::s3:getObject",
                                .config = *json::parse(config),
                                .arguments = json::Value::object({{"Bucket", "b"}, {"Key", "k"}}),
                                .max_items = kItemsMax},
                               objects, {.item_bytes = 1000, .memory_bytes = 1 << 20}));
  }
  return 0;
}
