#include "json/print.h"

#include <algorithm>
#include <array>
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

constexpr std::size_t kEscapeBytesMax = 6;  // \u001f

bool needs_escape(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

constexpr std::size_t kWordBytes = sizeof(std::uint64_t);
constexpr std::uint64_t kHighs = 0x8080808080808080;

template <class Word>
Word load(const char* bytes) {
  Word word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// The bytes of eight that need an escape, each by its highest bit. Behind the first of them, which
// is right, another may be marked for nothing: a subtraction borrows from it.
std::uint64_t escapes_among(std::uint64_t eight) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t quote = eight ^ (kOnes * '"');
  const std::uint64_t backslash = eight ^ (kOnes * '\\');
  return (((eight - (kOnes * 0x20)) & ~eight) | ((quote - kOnes) & ~quote) |
          ((backslash - kOnes) & ~backslash)) &
         kHighs;
}

// Whether all of it is ASCII that needs no escape. Most strings are short: what is left of a word
// is looked at together with bytes that were, and not one by one.
bool is_plain(std::string_view text) {
  const auto is_plain_word = [](std::uint64_t word) {
    return (escapes_among(word) | (word & kHighs)) == 0;
  };
  const char* const begin = text.data();
  const std::size_t size = text.size();
  if (size >= kWordBytes) {
    for (std::size_t at = 0; at + kWordBytes < size; at += kWordBytes) {
      if (!is_plain_word(load<std::uint64_t>(begin + at))) return false;
    }
    return is_plain_word(load<std::uint64_t>(begin + size - kWordBytes));
  }
  if (size >= kWordBytes / 2) {
    return is_plain_word(load<std::uint32_t>(begin) |
                         (std::uint64_t{load<std::uint32_t>(begin + size - kWordBytes / 2)} << 32));
  }
  return std::ranges::none_of(
      text, [](char c) { return needs_escape(c) || static_cast<unsigned char>(c) >= 0x80; });
}

// How many bytes it has written.
std::size_t write_escape(char* out, char c) {
  constexpr std::string_view kLetters = "btn?fr";  // U+0008 to U+000D
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto code = static_cast<unsigned char>(c);
  out[0] = '\\';
  out[1] = c;
  if (c == '"' || c == '\\') return 2;
  if (code >= 0x08 && code <= 0x0D && code != 0x0B) {
    out[1] = kLetters[code - 0x08];
    return 2;
  }
  const std::array<char, kEscapeBytesMax> escape = {
      '\\', 'u', '0', '0', kDigits[code >> 4], kDigits[code & 15]};
  std::ranges::copy(escape, out);
  return escape.size();
}

// A text in valid UTF-8. Escapes may stand close together (JSON in a string has one every few
// bytes), so that all goes through a buffer: as whole words, each only as far as it is right.
void append_escaped(std::string& out, std::string_view text) {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::size_t kBufferBytes = 512;
  char buffer[kBufferBytes];
  std::size_t used = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (used + kWordBytes + kEscapeBytesMax > sizeof buffer) {
      out.append(buffer, used);
      used = 0;
    }
    char* const place = buffer + used;
    if (text.size() - at < kWordBytes) {
      *place = text[at];
      used += needs_escape(text[at]) ? write_escape(place, text[at]) : 1;
      ++at;
      continue;
    }
    const auto word = load<std::uint64_t>(text.data() + at);
    std::memcpy(place, &word, kWordBytes);
    const std::uint64_t escapes = escapes_among(word);
    const auto plain = static_cast<std::size_t>(std::countr_zero(escapes)) / 8;
    at += plain;
    used += plain;
    if (escapes != 0) used += write_escape(place + plain, text[at++]);
  }
  out.append(buffer, used);
}

// With U+FFFD for what is not UTF-8.
std::string repaired(std::string_view text) {
  std::string valid;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    valid.append(point.valid ? text.substr(at, point.size) : kReplacement);
    at += point.size;
  }
  return valid;
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
  if (is_plain(text)) {
    out.append(text);
  } else if (is_utf8(text)) {
    append_escaped(out, text);
  } else {
    append_escaped(out, repaired(text));
  }
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
