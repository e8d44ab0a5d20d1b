// The first line is a path and the rest a document. What a path selects, each of its normalized
// paths leads to again; what a Reference Path sets is there.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "json/jsonpath/path.h"
#include "json/jsonpath/states_path.h"
#include "json/parse.h"

namespace json = weft::json;
namespace jsonpath = weft::json::jsonpath;

namespace {

constexpr jsonpath::EvaluationLimits kLimits{
    .nodes_max = 1000, .path_bytes_max = 100'000, .steps_max = 100'000};

template <class T>
void check_refused(const weft::Result<T>& parsed, std::size_t size) {
  const weft::ErrorCode code = parsed.error().code();
  if (code == weft::ErrorCode::kTooLarge) {
    WEFT_ASSERT(parsed.error().limit().has_value());
    return;
  }
  WEFT_ASSERT(code == weft::ErrorCode::kInvalidArgument);
  WEFT_ASSERT(parsed.error().position().has_value());
  WEFT_ASSERT(*parsed.error().position()->offset <= size);
}

void use_path(std::string_view text, const json::Value& root) {
  const auto path = jsonpath::Path::parse(text);
  if (!path) return check_refused(path, text.size());
  const auto nodes = path->nodes(root, kLimits);
  if (!nodes) return WEFT_ASSERT(nodes.error().code() == weft::ErrorCode::kTooLarge);
  const auto values = path->values(root, kLimits);
  WEFT_ASSERT(values.has_value() && values->size() == nodes->size());
  for (std::size_t i = 0; i < std::min<std::size_t>(nodes->size(), 20); ++i) {
    const jsonpath::Node& node = (*nodes)[i];
    WEFT_ASSERT((*values)[i] == node.value);
    const auto again = jsonpath::Path::parse(node.path);
    WEFT_ASSERT(again.has_value());
    const auto same = again->nodes(root);
    WEFT_ASSERT(same.has_value() && same->size() == 1);
    WEFT_ASSERT(same->front().path == node.path && same->front().value == node.value);
  }
}

void use_states_path(std::string_view text, const json::Value& root) {
  const auto path = jsonpath::StatesPath::parse(text);
  if (!path) return check_refused(path, text.size());
  const auto selection = path->select(root, kLimits);
  if (!selection) return WEFT_ASSERT(selection.error().code() == weft::ErrorCode::kTooLarge);
  WEFT_ASSERT(selection->value.has_value() || path->is_definite());
  WEFT_ASSERT(selection->value.has_value() == selection->why.empty());
  WEFT_ASSERT(path->is_definite() || selection->value->is_array());
}

void use_reference_path(std::string_view text, const json::Value& root) {
  const auto path = jsonpath::ReferencePath::parse(text);
  if (!path) return check_refused(path, text.size());
  const auto changed = path->set(root, "set");
  if (!changed) {
    WEFT_ASSERT(changed.error().code() == weft::ErrorCode::kFailedPrecondition);
    WEFT_ASSERT(!path->get(root).has_value());
    return;
  }
  WEFT_ASSERT(path->get(*changed) == json::Value("set"));
  const auto again = jsonpath::ReferencePath::parse(path->normalized());
  WEFT_ASSERT(again.has_value() && again->steps() == path->steps());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  const std::string_view path = text.substr(0, end);
  const auto parsed = json::parse(text.substr(std::min(end + 1, size)), {.nodes_max = 10'000});
  const json::Value root = parsed.value_or(json::Value::array({1, "a", json::Value::object({})}));
  use_path(path, root);
  use_states_path(path, root);
  use_reference_path(path, root);
  return 0;
}
