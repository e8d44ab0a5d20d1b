#include "workflow/value_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "json/number.h"
#include "json/parse.h"
#include "json/print.h"
#include "workflow/payload.h"

namespace weft::workflow {
namespace {

using json::Value;

// Double.toString of Java: 0.001 and up to 10^7 plainly, everything else with an exponent; always
// with a digit behind the point.
void append_double(std::string& out, double number) {
  if (std::isinf(number)) {
    out += number < 0 ? "-Infinity" : "Infinity";
    return;
  }
  // Enough for each double in its shortest form: "-1.7976931348623157e+308".
  std::array<char, 32> buffer = {};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                 std::chars_format::scientific);
  std::string_view shortest(buffer.data(), end.ptr);
  if (shortest.starts_with('-')) {
    out += '-';
    shortest.remove_prefix(1);
  }
  const std::size_t mark = shortest.find('e');
  std::string digits(shortest.substr(0, mark));
  std::erase(digits, '.');
  int exponent = 0;
  std::from_chars(shortest.data() + mark + (shortest[mark + 1] == '+' ? 2 : 1),
                  shortest.data() + shortest.size(), exponent);
  const double size = std::abs(number);
  const bool is_plain = size == 0 || (size >= 1e-3 && size < 1e7);
  const int point = is_plain ? exponent : 0;
  if (point < 0) {
    out += "0." + std::string(static_cast<std::size_t>(-point) - 1, '0') + digits;
    return;
  }
  const auto whole = static_cast<std::size_t>(point) + 1;
  if (digits.size() < whole + 1) digits.append(whole + 1 - digits.size(), '0');
  out += digits.substr(0, whole) + "." + digits.substr(whole);
  if (!is_plain) out += "E" + std::to_string(exponent);
}

void append_number(std::string& out, json::Number number) {
  const std::string_view lexeme = number.lexeme();
  if (lexeme.find_first_of(".eE") != std::string_view::npos) {
    append_double(out, number.to_double());
  } else {
    out += lexeme == "-0" ? "0" : lexeme;
  }
}

struct Notation {
  std::string_view comma;
  std::string_view colon;
  bool is_quoted = false;  // strings, and members in order
};
constexpr Notation kJava = {.comma = ", ", .colon = "="};
constexpr Notation kCanonical = {.comma = ",", .colon = ":", .is_quoted = true};

// An array or object that is being written.
struct Open {
  const Value* value = nullptr;
  std::vector<const json::Member*> members = {};
  std::size_t next = 0;
};

class Writer {
 public:
  Writer(std::string& out, const Notation& notation) : out_(out), notation_(notation) {}

  void write(const Value& root) {
    begin(root);
    while (!open_.empty()) {
      Open& inside = open_.back();
      if (inside.next == inside.value->size()) {
        out_ += inside.value->is_array() ? ']' : '}';
        open_.pop_back();
        continue;
      }
      if (inside.next > 0) out_ += notation_.comma;
      const std::size_t index = inside.next++;
      if (inside.value->is_array()) {
        begin(inside.value->as_array()[index]);
      } else {
        const json::Member& member = *inside.members[index];
        append_string(member.key());
        out_ += notation_.colon;
        begin(member.value());
      }
    }
  }

 private:
  void begin(const Value& value) {
    switch (value.kind()) {
      case json::Kind::kNull:
        out_ += "null";
        break;
      case json::Kind::kBoolean:
        out_ += value.as_bool() ? "true" : "false";
        break;
      case json::Kind::kNumber:
        append_number(out_, value.as_number());
        break;
      case json::Kind::kString:
        append_string(value.as_string());
        break;
      case json::Kind::kArray:
        out_ += '[';
        open_.push_back({.value = &value});
        break;
      case json::Kind::kObject:
        out_ += '{';
        open_.push_back({.value = &value, .members = members_of(value)});
        break;
    }
  }

  std::vector<const json::Member*> members_of(const Value& object) const {
    std::vector<const json::Member*> members;
    members.reserve(object.size());
    for (const json::Member& member : object.as_object())
      members.push_back(&member);
    if (notation_.is_quoted) std::ranges::sort(members, {}, &json::Member::key);
    return members;
  }

  void append_string(std::string_view text) {
    if (notation_.is_quoted) {
      json::append_string(out_, text);
    } else {
      out_ += text;
    }
  }

  std::string& out_;  // Outlives this object.
  const Notation& notation_;
  std::vector<Open> open_;
};

std::string text_of(const Value& value, const Notation& notation) {
  std::string out;
  Writer(out, notation).write(value);
  return out;
}

}  // namespace

std::string java_text(const Value& value) {
  return text_of(value, kJava);
}

std::string canonical_text(const Value& value) {
  return text_of(value, kCanonical);
}

bool is_larger_than(const Value& value, std::size_t bytes) {
  std::size_t left = bytes;
  const auto spend = [&left](std::size_t size) {
    left = size < left ? left - size : 0;
    return left > 0;
  };
  std::vector<const Value*> ahead = {&value};
  while (!ahead.empty()) {
    const Value& next = *ahead.back();
    ahead.pop_back();
    // Two bytes each: a comma and the least that a value takes; more of them than fit are not
    // even put on the list.
    if (!spend(2 + (2 * next.size()))) return true;
    if (next.is_string() && !spend(next.as_string().size())) return true;
    if (next.is_number() && !spend(next.as_number().lexeme().size())) return true;
    if (next.is_array()) {
      for (const Value& item : next.as_array())
        ahead.push_back(&item);
    } else if (next.is_object()) {
      for (const json::Member& member : next.as_object()) {
        if (!spend(member.key().size())) return true;
        ahead.push_back(&member.value());
      }
    }
  }
  return false;
}

std::optional<Value> as_stored(Value value) {
  std::vector<const Value*> ahead = {&value};
  bool is_text = true;
  while (!ahead.empty() && is_text) {
    const Value& next = *ahead.back();
    ahead.pop_back();
    if (next.span()) continue;
    if (next.is_string()) is_text = json::is_utf8(next.as_string());
    if (next.is_array()) {
      for (const Value& item : next.as_array())
        ahead.push_back(&item);
    } else if (next.is_object()) {
      for (const json::Member& member : next.as_object()) {
        is_text = is_text && json::is_utf8(member.key());
        ahead.push_back(&member.value());
      }
    }
  }
  if (is_text) return value;
  auto read = json::parse(json::to_string(value), Payload::kLimits);
  if (!read) return std::nullopt;
  return read->detached();
}

}  // namespace weft::workflow
