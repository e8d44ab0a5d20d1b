#include "json/jsonpath/path.h"

#include <iterator>

#include <fmt/format.h>

#include "json/jsonpath/evaluator.h"
#include "json/jsonpath/parser.h"

namespace weft::json::jsonpath {

void append_step(std::string& out, std::string_view name) {
  out += "['";
  for (const char c : name) {
    constexpr std::string_view kEscaped = "\b\t\n\f\r'\\";
    constexpr std::string_view kEscapes = "btnfr'\\";
    const std::size_t which = kEscaped.find(c);
    if (which != std::string_view::npos) {
      out += '\\';
      out += kEscapes[which];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += "']";
}

void append_step(std::string& out, std::size_t index) {
  fmt::format_to(std::back_inserter(out), "[{}]", index);
}

Result<Path> Path::parse(std::string_view text, const ParseLimits& limits) {
  return Path(std::make_shared<const Query>(TRY(parse_query(text, {.limits = limits}))));
}

Result<std::vector<Value>> Path::values(const Value& root, const EvaluationLimits& limits) const {
  Evaluator evaluator(root, {.limits = limits});
  const std::vector<Item> items = evaluator.evaluate(*query_, evaluator.root());
  TRY(evaluator.result());
  std::vector<Value> values;
  values.reserve(items.size());
  for (const Item& item : items)
    values.push_back(*item.value);
  return values;
}

Result<std::vector<Node>> Path::nodes(const Value& root, const EvaluationLimits& limits) const {
  Evaluator evaluator(root, {.with_places = true, .limits = limits});
  const std::vector<Item> items = evaluator.evaluate(*query_, evaluator.root());
  TRY(evaluator.result());
  std::vector<Node> nodes;
  nodes.reserve(items.size());
  for (const Item& item : items) {
    nodes.push_back({.value = *item.value, .path = evaluator.path_of(item)});
    TRY(evaluator.result());
  }
  return nodes;
}

}  // namespace weft::json::jsonpath
