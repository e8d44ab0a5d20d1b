#include "json/print.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <vector>

#include "base/assert.h"
#include "base/utf8.h"
#include "json/unicode.h"

namespace weft::json {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_plain(char c) {
  return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x80 &&
         c != '"' && c != '\\';
}

// How many bytes at the start of `text` are ASCII that needs no escape; looks at eight at a time.
std::size_t plain_prefix(std::string_view text) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x8080808080808080;
  std::size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, sizeof eight);
    const std::uint64_t quote = eight ^ (kOnes * '"');
    const std::uint64_t backslash = eight ^ (kOnes * '\\');
    // A subtraction borrows into the high bit of a byte that was too small; wrong at most behind a
    // byte that is special anyway.
    const std::uint64_t special =
        (eight | (eight - kOnes * 0x20) | (quote - kOnes) | (backslash - kOnes)) & kHighs;
    if (special != 0) break;
  }
  while (at < text.size() && is_plain(text[at]))
    ++at;
  return at;
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view kLetters = "btn?fr";  // U+0008 to U+000D
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out.append({'\\', c});
  } else if (code >= 0x08 && code <= 0x0D && code != 0x0B) {
    out.append({'\\', kLetters[code - 0x08]});
  } else {
    out.append({'\\', 'u', '0', '0', kDigits[code >> 4], kDigits[code & 15]});
  }
}

// Prints one document. A loop with its own stack: nesting may be deeper than the machine's.
class Printer {
 public:
  Printer(std::string& out, bool pretty) : out_(out), pretty_(pretty) {}

  void print(const Value& root) {
    begin(root);
    while (!open_.empty()) {
      Open& top = open_.back();
      const bool is_array = top.container->is_array();
      if (top.next == top.container->size()) {
        open_.pop_back();
        line();
        out_.push_back(is_array ? ']' : '}');
        continue;
      }
      if (top.next != 0) out_.push_back(',');
      line();
      const std::size_t index = top.next++;
      if (is_array) {
        begin(top.container->as_array()[index]);
        continue;
      }
      const Member& member = top.container->as_object()[index];
      append_string(out_, member.key());
      out_.append(pretty_ ? ": " : ":");
      begin(member.value());
    }
  }

 private:
  struct Open {
    const Value* container;
    std::size_t next;
  };

  // All of a scalar; the first bracket of a container, or both when nothing is between them.
  void begin(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out_.append("null");
        return;
      case Kind::kBoolean:
        out_.append(value.as_bool() ? "true" : "false");
        return;
      case Kind::kNumber:
        out_.append(value.as_number().lexeme());
        return;
      case Kind::kString:
        append_string(out_, value.as_string());
        return;
      case Kind::kArray:
      case Kind::kObject:
        if (value.size() == 0) {
          out_.append(value.is_array() ? "[]" : "{}");
          return;
        }
        out_.push_back(value.is_array() ? '[' : '{');
        open_.push_back({.container = &value, .next = 0});
    }
  }

  void line() {
    constexpr std::size_t kIndent = 2;
    if (pretty_) out_.append("\n").append(kIndent * open_.size(), ' ');
  }

  std::string& out_;  // Outlives this object.
  bool pretty_;
  std::vector<Open> open_;
};

}  // namespace

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t done = 0;  // Bytes of the text that are in `out`.
  std::size_t at = plain_prefix(text);
  while (at < text.size()) {
    const CodePoint point = decode_utf8(text, at);
    if (point.valid && point.value >= 0x80) {
      at += point.size;
    } else {
      out.append(text, done, at - done);
      if (point.valid) {
        append_escape(out, text[at]);
      } else {
        out.append(kReplacement);
      }
      at += point.size;
      done = at;
    }
    at += plain_prefix(text.substr(at));
  }
  out.append(text, done);
  out.push_back('"');
}

std::string to_string(const Value& value) {
  std::string out;
  append(out, value);
  return out;
}

void append(std::string& out, const Value& value) {
  Printer(out, false).print(value);
}

std::string to_pretty_string(const Value& value) {
  std::string out;
  Printer(out, true).print(value);
  return out;
}

void Writer::before_value() {
  if (open_.ends_with('{')) WEFT_ASSERT(has_key_);
  if (open_.empty()) WEFT_ASSERT(!has_value_);
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
  has_key_ = false;
  has_value_ = true;
}

void Writer::begin(char bracket) {
  before_value();
  out_.push_back(bracket);
  open_.push_back(bracket);
  needs_comma_ = false;
}

void Writer::end(char bracket) {
  WEFT_ASSERT(open_.ends_with(bracket) && !has_key_);
  open_.pop_back();
  out_.push_back(bracket == '{' ? '}' : ']');
  needs_comma_ = true;
}

Writer& Writer::begin_object() {
  begin('{');
  return *this;
}

Writer& Writer::end_object() {
  end('{');
  return *this;
}

Writer& Writer::begin_array() {
  begin('[');
  return *this;
}

Writer& Writer::end_array() {
  end('[');
  return *this;
}

Writer& Writer::key(std::string_view key) {
  WEFT_ASSERT(open_.ends_with('{') && !has_key_);
  if (needs_comma_) out_.push_back(',');
  append_string(out_, key);
  out_.push_back(':');
  needs_comma_ = false;
  has_key_ = true;
  return *this;
}

Writer& Writer::value(std::string_view string) {
  before_value();
  append_string(out_, string);
  return *this;
}

Writer& Writer::value(std::nullptr_t) {
  return raw("null");
}

Writer& Writer::value(double number) {
  if (!std::isfinite(number)) return raw("null");
  before_value();
  append_number(out_, number);
  return *this;
}

Writer& Writer::value(const Value& value) {
  before_value();
  append(out_, value);
  return *this;
}

Writer& Writer::raw(std::string_view json_text) {
  before_value();
  out_.append(json_text);
  return *this;
}

Writer& Writer::signed_value(std::int64_t integer) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, integer);
  return raw({buffer, static_cast<std::size_t>(result.ptr - buffer)});
}

Writer& Writer::unsigned_value(std::uint64_t integer) {
  char buffer[24];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, integer);
  return raw({buffer, static_cast<std::size_t>(result.ptr - buffer)});
}

}  // namespace weft::json
