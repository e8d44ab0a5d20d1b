#include "json/pointer.h"

#include <charconv>
#include <cstddef>
#include <system_error>

namespace weft::json {
namespace {

// The name or index that a step stands for.
Result<std::string> unescaped(std::string_view step) {
  std::string name;
  for (std::size_t at = 0; at < step.size(); ++at) {
    if (step[at] != '~') {
      name += step[at];
      continue;
    }
    const std::string_view escape = step.substr(at++, 2);
    if (escape != "~0" && escape != "~1") {
      return fail(ErrorCode::kInvalidArgument,
                  "a JSON pointer has ~0 for ~ and ~1 for /, and no other ~");
    }
    name += escape == "~0" ? '~' : '/';
  }
  return name;
}

const Value* item_at(const Value& array, std::string_view digits) {
  // "01" is no index, and "-" is the one behind the last.
  const bool has_form = !digits.empty() && (digits == "0" || digits[0] != '0');
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  const bool is_index = has_form && error == std::errc() && end == digits.data() + digits.size();
  return is_index && index < array.size() ? &array.as_array()[index] : nullptr;
}

}  // namespace

Result<const Value*> value_at(const Value& document, std::string_view pointer) {
  if (!pointer.empty() && pointer[0] != '/')
    return fail(ErrorCode::kInvalidArgument, "a JSON pointer begins with /");
  const Value* value = &document;
  while (!pointer.empty()) {
    const std::size_t end = pointer.find('/', 1);
    // All of it is looked at, so that a wrong pointer is one whatever the document is.
    const std::string step = TRY(unescaped(pointer.substr(1, end - 1)));
    pointer = end == std::string_view::npos ? std::string_view() : pointer.substr(end);
    if (value == nullptr) continue;
    value = value->is_array() ? item_at(*value, step) : value->find(step);
  }
  return value;
}

void append_pointer_step(std::string& pointer, std::string_view step) {
  pointer += '/';
  for (const char character : step) {
    if (character == '~') {
      pointer += "~0";
    } else if (character == '/') {
      pointer += "~1";
    } else {
      pointer += character;
    }
  }
}

}  // namespace weft::json
