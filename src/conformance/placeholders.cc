#include "conformance/placeholders.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "json/parse.h"
#include "json/print.h"

namespace weft::conformance {
namespace {

using json::Value;

constexpr std::string_view kBlanks = " \t\r\n";

bool is_word(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-';
}

// Whether the word stands somewhere in the text, by itself.
bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end])))
      return true;
  }
  return false;
}

using Mark = std::pair<std::size_t, std::size_t>;  // [begin, end)

// The first "<name>" behind `from`; "<<name>:1>" is one.
std::optional<Mark> next_bracketed(std::string_view text, std::size_t from) {
  for (std::size_t begin = text.find('<', from); begin != text.npos;
       begin = text.find('<', begin + 1)) {
    std::size_t open = 0;
    for (std::size_t end = begin; end < text.size(); ++end) {
      if (kBlanks.find(text[end]) != kBlanks.npos) break;
      open += text[end] == '<' ? 1 : 0;
      if (text[end] == '>' && --open == 0) return Mark(begin, end + 1);
    }
  }
  return std::nullopt;
}

// The first word such as "lambda_function_name" that the material does not have.
std::optional<Mark> next_name(std::string_view text, std::size_t from, std::string_view material) {
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    if (!is_word(text[begin])) continue;
    std::size_t end = begin;
    while (end < text.size() && is_word(text[end]))
      ++end;
    const std::string_view word = text.substr(begin, end - begin);
    const bool is_name = word.find('_') != word.npos && std::ranges::all_of(word, [](char letter) {
                           return (letter >= 'a' && letter <= 'z') || letter == '_';
                         });
    if (is_name && !has_word(material, word)) return Mark(begin, end);
    begin = end;
  }
  return std::nullopt;
}

std::optional<Mark> next_mark(std::string_view text, std::size_t from, std::string_view material) {
  const auto bracketed = next_bracketed(text, from);
  const auto name = next_name(text, from, material);
  if (!bracketed || !name) return bracketed ? bracketed : name;
  return std::min(*bracketed, *name);
}

// Whether `found` is what a text with marks stands for: the pieces between them in their order.
bool stands_for(std::string_view expected, std::string_view found, std::string_view material) {
  std::size_t at = 0;
  std::size_t in_found = 0;
  bool is_after_mark = false;
  for (;;) {
    const auto mark = next_mark(expected, at, material);
    const std::string_view piece = expected.substr(at, mark ? mark->first - at : expected.npos);
    if (!mark) {
      if (!is_after_mark) return found.substr(in_found) == piece;
      return found.size() >= in_found + piece.size() && found.ends_with(piece);
    }
    const std::size_t place =
        is_after_mark ? found.find(piece, in_found)
                      : (found.substr(in_found).starts_with(piece) ? in_found : found.npos);
    if (place == found.npos) return false;
    in_found = place + piece.size();
    at = mark->second;
    is_after_mark = true;
  }
}

// "timestamp", "sqs_queue_url": a name that the test itself has nowhere.
bool is_name_of_something(std::string_view text, std::string_view material) {
  const bool is_name = !text.empty() && std::ranges::all_of(text, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_' ||
           letter == '-';
  });
  return is_name && !has_word(material, text);
}

Value aligned_object(const Value& expected, const Value& found, std::string_view material) {
  json::Object object;
  for (const auto& [name, value] : found.as_object()) {
    const Value* const wanted = expected.find(name);
    object.set(name, wanted == nullptr ? value : aligned(*wanted, value, material));
  }
  return Value(std::move(object));
}

Value aligned_array(const Value& expected, const Value& found, std::string_view material) {
  json::Array array;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Value& item = found.as_array()[i];
    array.push_back(i < expected.size() ? aligned(expected.as_array()[i], item, material) : item);
  }
  return Value(std::move(array));
}

}  // namespace

// Recurses as deep as the recording, which the parser limits.
Value aligned(const Value& expected, const Value& found, std::string_view material) {
  const bool is_document = expected.is_object() || expected.is_array();
  if (is_document && found.is_string()) {
    const auto parsed = json::parse(found.as_string());
    return parsed ? aligned(expected, *parsed, material) : found;
  }
  if (expected.is_string() && !found.is_null()) {
    if (is_name_of_something(expected.as_string(), material)) return expected;
    const std::string text =
        found.is_string() ? std::string(found.as_string()) : json::to_string(found);
    return stands_for(expected.as_string(), text, material) ? expected : found;
  }
  if (expected.is_object() && found.is_object()) return aligned_object(expected, found, material);
  if (expected.is_array() && found.is_array()) return aligned_array(expected, found, material);
  return found;
}

}  // namespace weft::conformance
