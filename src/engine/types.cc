#include "engine/types.h"

namespace weft::engine {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"i32",  "i64",     "f32",       "f64",
                                                    "v128", "funcref", "externref", "ref"};

std::string list_of(const std::vector<ValueType>& types) {
  std::string text = "(";
  for (const ValueType type : types) {
    if (text.size() > 1) text += ", ";
    text += name_of(type);
  }
  return text + ")";
}

}  // namespace

std::string_view name_of(ValueType type) {
  return kNames.at(static_cast<std::size_t>(type));
}

std::string to_string(const FunctionType& type) {
  const std::string results =
      type.results.size() == 1 ? std::string(name_of(type.results.front())) : list_of(type.results);
  return list_of(type.params) + " -> " + results;
}

}  // namespace weft::engine
