#include "workflow/intrinsic_functions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/log.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "json/jsonata/digest.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"
#include "workflow/java_random.h"
#include "workflow/value_text.h"

namespace weft::workflow {
namespace {

using json::Value;
using json::jsonata::Inputs;
using Arguments = std::span<const IntrinsicArgument>;
using Result = IntrinsicFunction::Value;

constexpr std::size_t kRangeItemsMax = 1000;
// Of Base64Encode, Base64Decode and Hash.
constexpr std::size_t kCharactersMax = 10'000;
constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

std::unexpected<IntrinsicRefusal> refuse(std::string reason) {
  return std::unexpected(IntrinsicRefusal{.reason = std::move(reason)});
}

// How much of a text or number stands in a message.
constexpr std::size_t kShownBytesMax = 40;
constexpr std::string_view kInt32 = "a number from -2147483648 to 2147483647";
constexpr std::string_view kEncodable = "a text of 10000 characters at most";

// "the text 'abc'"
std::string described(const Value& value) {
  switch (value.kind()) {
    case json::Kind::kNull:
      return "null";
    case json::Kind::kBoolean:
      return value.as_bool() ? "true" : "false";
    case json::Kind::kNumber:
      return fmt::format("the number {}", shown(json::to_string(value), kShownBytesMax));
    case json::Kind::kString:
      return fmt::format("the text '{}'", shown(value.as_string(), kShownBytesMax));
    case json::Kind::kArray:
      return fmt::format("an array of {}", value.size());
    case json::Kind::kObject:
      break;
  }
  return "an object";
}

// The argument at `index` is not what it has to be.
std::unexpected<IntrinsicRefusal> refuse_argument(Arguments arguments, std::size_t index,
                                                  std::string_view expected) {
  return refuse(fmt::format("argument {} must be {}, and is {}", index + 1, expected,
                            described(arguments[index].value)));
}

constexpr std::string_view kTooLarge = "what it works with is larger than 16 MiB";

std::optional<std::int32_t> to_int32(double number) {
  if (!(number >= std::numeric_limits<std::int32_t>::min() &&
        number <= std::numeric_limits<std::int32_t>::max())) {
    return std::nullopt;
  }
  return static_cast<std::int32_t>(number);
}

// AWS's documentation says that fractions are rounded; all functions but MathAdd cut them off.
std::optional<std::int32_t> truncated(const Value& value) {
  if (!value.is_number()) return std::nullopt;
  return to_int32(std::trunc(value.as_number().to_double()));
}

// Math.round of Java: halves go up, also those of negative numbers.
std::optional<std::int32_t> rounded(const Value& value) {
  if (!value.is_number()) return std::nullopt;
  const double number = value.as_number().to_double();
  const double floor = std::floor(number);
  return to_int32(number - floor < 0.5 ? floor : floor + 1);
}

// As Java counts: code units of UTF-16.
bool is_longer_than(std::string_view text, std::size_t characters) {
  std::size_t count = 0;
  for (const char byte : text) {
    const auto bits = static_cast<unsigned char>(byte);
    if ((bits & 0xC0U) != 0x80) ++count;
    if (bits >= 0xF0) ++count;
  }
  return count > characters;
}

Result array(Arguments arguments, Inputs&) {
  json::Array items;
  for (const IntrinsicArgument& argument : arguments)
    items.push_back(argument.value);
  return Value(std::move(items));
}

Result array_partition(Arguments arguments, Inputs&) {
  const Value& array = arguments[0].value;
  if (!array.is_array()) return refuse_argument(arguments, 0, "an array");
  const auto size = truncated(arguments[1].value);
  if (!size.has_value() || *size < 1)
    return refuse_argument(arguments, 1, "a number from 1 to 2147483647");
  json::Array parts;
  std::span<const Value> rest = array.as_array();
  while (!rest.empty()) {
    const auto part = rest.first(std::min(rest.size(), static_cast<std::size_t>(*size)));
    parts.push_back(Value(json::Array(part)));
    rest = rest.subspan(part.size());
  }
  return Value(std::move(parts));
}

Result array_contains(Arguments arguments, Inputs&) {
  const auto& [array, wanted] = std::tie(arguments[0].value, arguments[1].value);
  if (!array.is_array()) return refuse_argument(arguments, 0, "an array");
  if (is_larger_than(array, kIntrinsicBytesMax) || is_larger_than(wanted, kIntrinsicBytesMax))
    return refuse(std::string(kTooLarge));
  // An observation: to AWS, 1 and "1" are the same here, and members in another order are not.
  const std::string text = java_text(wanted);
  return Value(std::ranges::any_of(array.as_array(),
                                   [&](const Value& item) { return java_text(item) == text; }));
}

Result array_range(Arguments arguments, Inputs&) {
  const auto first = truncated(arguments[0].value);
  const auto last = truncated(arguments[1].value);
  const auto step = truncated(arguments[2].value);
  if (!first.has_value()) return refuse_argument(arguments, 0, kInt32);
  if (!last.has_value()) return refuse_argument(arguments, 1, kInt32);
  if (!step.has_value()) return refuse_argument(arguments, 2, kInt32);
  if (*step == 0) return refuse_argument(arguments, 2, "a whole number other than 0");
  const std::int64_t distance = std::int64_t{*last} - *first;
  const bool is_empty = distance != 0 && (distance > 0) != (*step > 0);
  const std::int64_t count = is_empty ? 0 : (distance / *step) + 1;
  if (count > std::int64_t{kRangeItemsMax}) {
    return refuse(
        fmt::format("a range has {} items at most, and this one has {}", kRangeItemsMax, count));
  }
  json::Array items;
  for (std::int64_t i = 0; i < count; ++i)
    items.push_back(Value(*first + (i * *step)));
  return Value(std::move(items));
}

Result array_get_item(Arguments arguments, Inputs&) {
  const Value& array = arguments[0].value;
  const auto index = truncated(arguments[1].value);
  if (!array.is_array()) return refuse_argument(arguments, 0, "an array");
  if (!index.has_value()) return refuse_argument(arguments, 1, kInt32);
  // An observation: of an empty array, and of no other one, AWS gives null.
  if (array.size() == 0) return Value();
  if (*index < 0 || static_cast<std::size_t>(*index) >= array.size())
    return refuse(fmt::format("there is no item {} in an array of {}", *index, array.size()));
  return array.as_array()[static_cast<std::size_t>(*index)];
}

Result array_length(Arguments arguments, Inputs&) {
  const Value& array = arguments[0].value;
  if (!array.is_array()) return refuse_argument(arguments, 0, "an array");
  return Value(array.size());
}

Result array_unique(Arguments arguments, Inputs&) {
  const Value& array = arguments[0].value;
  if (!array.is_array()) return refuse_argument(arguments, 0, "an array");
  if (is_larger_than(array, kIntrinsicBytesMax)) return refuse(std::string(kTooLarge));
  std::unordered_set<std::string> seen;
  json::Array items;
  for (const Value& item : array.as_array()) {
    if (seen.insert(canonical_text(item)).second) items.push_back(item);
  }
  return Value(std::move(items));
}

Result base64_encoded(Arguments arguments, Inputs&) {
  const Value& text = arguments[0].value;
  if (!text.is_string() || is_longer_than(text.as_string(), kCharactersMax))
    return refuse_argument(arguments, 0, kEncodable);
  return Value(base64_encode(text.as_string()));
}

// Strings are UTF-8: what is not becomes U+FFFD.
std::string to_utf8(std::string_view bytes) {
  if (json::is_utf8(bytes)) return std::string(bytes);
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint point = decode_utf8(bytes, at);
    json::append_utf8(text, point.value);
    at += point.size;
  }
  return text;
}

Result base64_decoded(Arguments arguments, Inputs&) {
  const Value& text = arguments[0].value;
  if (!text.is_string() || is_longer_than(text.as_string(), kCharactersMax))
    return refuse_argument(arguments, 0, kEncodable);
  return Value(to_utf8(base64_decode_leniently(text.as_string())));
}

// The name of an algorithm is one of those exactly, and what is no text is hashed as the one that
// Java makes of it.
Result hash(Arguments arguments, Inputs&) {
  const auto& [data, algorithm] = std::tie(arguments[0].value, arguments[1].value);
  if (is_larger_than(data, kIntrinsicBytesMax)) return refuse(std::string(kTooLarge));
  const std::string text = java_text(data);
  if (is_longer_than(text, kCharactersMax))
    return refuse("argument 1 is longer than 10000 characters");
  std::optional<std::string> digest;
  if (algorithm.is_string()) digest = json::jsonata::digest_of(text, algorithm.as_string());
  if (!digest.has_value())
    return refuse_argument(arguments, 1, "'MD5', 'SHA-1', 'SHA-256', 'SHA-384' or 'SHA-512'");
  return Value(*digest);
}

Result json_merge(Arguments arguments, Inputs&) {
  const auto& [left, right] = std::tie(arguments[0].value, arguments[1].value);
  const Value& is_deep = arguments[2].value;
  if (!left.is_object()) return refuse_argument(arguments, 0, "an object");
  if (!right.is_object()) return refuse_argument(arguments, 1, "an object");
  // AWS has shallow merges only, and takes whatever is not true for "shallow".
  if (is_deep.is_bool() && is_deep.as_bool()) return refuse_argument(arguments, 2, "false");
  json::Object merged(left.as_object());
  for (const auto& [name, value] : right.as_object())
    merged.set(name, value);
  return Value(std::move(merged));
}

Result string_to_json(Arguments arguments, Inputs&) {
  const Value& text = arguments[0].value;
  if (!text.is_string()) return refuse_argument(arguments, 0, "a text");
  if (text.as_string().find_first_not_of(" \t\r\n") == std::string_view::npos) return Value();
  auto value = json::parse(text.as_string(), {.bytes_max = kIntrinsicBytesMax});
  if (!value.has_value()) {
    return refuse(fmt::format("{} is no JSON: {}", described(text), value.error().message()));
  }
  return *std::move(value);
}

Result json_to_string(Arguments arguments, Inputs&) {
  const Value& value = arguments[0].value;
  if (is_larger_than(value, kIntrinsicBytesMax)) return refuse(std::string(kTooLarge));
  return Value(json::to_string(value));
}

Result math_add(Arguments arguments, Inputs&) {
  const auto left = rounded(arguments[0].value);
  const auto right = rounded(arguments[1].value);
  if (!left.has_value()) return refuse_argument(arguments, 0, kInt32);
  if (!right.has_value()) return refuse_argument(arguments, 1, kInt32);
  const std::int64_t sum = std::int64_t{*left} + *right;
  if (!to_int32(static_cast<double>(sum)).has_value())
    return refuse(fmt::format("the sum must be {}, and is {}", kInt32, sum));
  return Value(sum);
}

Result math_random(Arguments arguments, Inputs& inputs) {
  const auto start = truncated(arguments[0].value);
  const auto end = truncated(arguments[1].value);
  if (!start.has_value()) return refuse_argument(arguments, 0, kInt32);
  if (!end.has_value()) return refuse_argument(arguments, 1, kInt32);
  if (*start >= *end)
    return refuse_argument(arguments, 1, fmt::format("a whole number greater than {}", *start));
  if (arguments.size() == 2) {
    const double width = static_cast<double>(*end) - *start;
    return Value(*start + static_cast<std::int64_t>(inputs.random() * width));
  }
  const auto seed = truncated(arguments[2].value);
  if (!seed.has_value()) return refuse_argument(arguments, 2, kInt32);
  return Value(JavaRandom(*seed).between(*start, *end));
}

Result string_split(Arguments arguments, Inputs&) {
  const auto& [text, delimiters] = std::tie(arguments[0].value, arguments[1].value);
  if (!text.is_string()) return refuse_argument(arguments, 0, "a text");
  if (!delimiters.is_string()) return refuse_argument(arguments, 1, "a text");
  // Each character is a delimiter, and nothing between two of them is no part.
  std::unordered_set<std::string_view> ends;
  const std::string_view all = delimiters.as_string();
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t size = decode_utf8(all, at).size;
    ends.insert(all.substr(at, size));
    at += size;
  }
  json::Array parts;
  const std::string_view whole = text.as_string();
  std::size_t begin = 0;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t size = decode_utf8(whole, at).size;
    if (ends.contains(whole.substr(at, size))) {
      if (at > begin) parts.push_back(Value(whole.substr(begin, at - begin)));
      begin = at + size;
    }
    at += size;
  }
  if (begin < whole.size()) parts.push_back(Value(whole.substr(begin)));
  return Value(std::move(parts));
}

// Version 4 of RFC 9562.
Result uuid(Arguments, Inputs& inputs) {
  std::string text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    auto byte = static_cast<unsigned>(inputs.random() * 256) & 0xFFU;
    if (i == 6) byte = (byte & 0x0FU) | 0x40U;
    if (i == 8) byte = (byte & 0x3FU) | 0x80U;
    text += "0123456789abcdef"[byte >> 4U];
    text += "0123456789abcdef"[byte & 15U];
  }
  return Value(text);
}

std::unexpected<IntrinsicRefusal> refuse_template(std::string_view reason) {
  return std::unexpected(IntrinsicRefusal{.reason = std::string(reason), .subject = "template"});
}

// The format's text is read with its escapes, wherever it comes from: "\{" is a brace, "{}" a
// place.
Result format(Arguments arguments, Inputs&) {
  const IntrinsicArgument& pattern = arguments[0];
  if (!pattern.value.is_string()) return refuse_argument(arguments, 0, "a text");
  const std::string_view text =
      pattern.quoted != nullptr ? *pattern.quoted : pattern.value.as_string();
  std::string out;
  std::size_t used = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (text[at] == '\\' && next != '\0' && std::string_view("'{}\\").contains(next)) {
      out += next;
      ++at;
    } else if (text[at] == '{') {
      if (next != '}') return refuse_template("matching '}' not found for '{'.");
      ++at;
      if (++used >= arguments.size()) continue;
      const Value& value = arguments[used].value;
      const std::size_t left = kIntrinsicBytesMax - std::min(kIntrinsicBytesMax, out.size());
      if (is_larger_than(value, left)) return refuse(std::string(kTooLarge));
      out += java_text(value);
    } else if (text[at] == '}') {
      return refuse_template("matching '{' not found for '}'.");
    } else {
      out += text[at];
    }
  }
  if (used + 1 != arguments.size())
    return refuse("number of arguments do not match the occurrences of {}.");
  return Value(out);
}

constexpr std::array kFunctions = {
    IntrinsicFunction{"States.Array", 0, kAnyNumber, array},
    IntrinsicFunction{"States.ArrayContains", 2, 2, array_contains},
    IntrinsicFunction{"States.ArrayGetItem", 2, 2, array_get_item},
    IntrinsicFunction{"States.ArrayLength", 1, 1, array_length},
    IntrinsicFunction{"States.ArrayPartition", 2, 2, array_partition},
    IntrinsicFunction{"States.ArrayRange", 3, 3, array_range},
    IntrinsicFunction{"States.ArrayUnique", 1, 1, array_unique},
    IntrinsicFunction{"States.Base64Decode", 1, 1, base64_decoded},
    IntrinsicFunction{"States.Base64Encode", 1, 1, base64_encoded},
    IntrinsicFunction{"States.Format", 1, kAnyNumber, format},
    IntrinsicFunction{"States.Hash", 2, 2, hash},
    IntrinsicFunction{"States.JsonMerge", 3, 3, json_merge},
    IntrinsicFunction{"States.JsonToString", 1, 1, json_to_string},
    IntrinsicFunction{"States.MathAdd", 2, 2, math_add},
    IntrinsicFunction{"States.MathRandom", 2, 3, math_random},
    IntrinsicFunction{"States.StringSplit", 2, 2, string_split},
    IntrinsicFunction{"States.StringToJson", 1, 1, string_to_json},
    IntrinsicFunction{"States.UUID", 0, 0, uuid},
};

}  // namespace

const IntrinsicFunction* find_intrinsic_function(std::string_view name) {
  const std::span functions(kFunctions);
  const auto found = std::ranges::find(functions, name, &IntrinsicFunction::name);
  return found == functions.end() ? nullptr : &*found;
}

std::optional<std::string_view> nearest_intrinsic_function(std::string_view name) {
  std::array<std::string_view, kFunctions.size()> names;
  std::ranges::transform(kFunctions, names.begin(), &IntrinsicFunction::name);
  return nearest(name, names);
}

}  // namespace weft::workflow
