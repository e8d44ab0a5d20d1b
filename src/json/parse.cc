#include "json/parse.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "json/block.h"
#include "json/tokens.h"

namespace weft::json {

using detail::Fields;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_white_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

Error too_large(std::string_view what, std::string limit, std::size_t value) {
  return Error(ErrorCode::kTooLarge,
               fmt::format("the JSON text {} (limit {} = {})", what, limit, value))
      .with_limit(std::move(limit), value);
}

// At most the first bytes of `text`, for messages.
std::string shorten(std::string_view text) {
  constexpr std::size_t kShownBytesMax = 60;
  std::size_t end = 0;
  while (end < text.size() && end < kShownBytesMax)
    end += decode_utf8(text, end).size;
  return fmt::format("{}{}", text.substr(0, end), end < text.size() ? "…" : "");
}

// A backslash escape, or the two of a surrogate pair.
struct Escape {
  char32_t value = 0;
  std::size_t size = 0;         // Bytes it takes in the source.
  const char* wrong = nullptr;  // What is wrong with it.
};

std::optional<char32_t> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  char32_t value = 0;
  for (const char c : text.substr(0, 4)) {
    value <<= 4;
    if (c >= '0' && c <= '9') {
      value |= static_cast<char32_t>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      value |= static_cast<char32_t>((c | 0x20) - 'a' + 10);
    } else {
      return std::nullopt;
    }
  }
  return value;
}

bool is_high_surrogate(char32_t value) {
  return value >= 0xD800 && value <= 0xDBFF;
}
bool is_low_surrogate(char32_t value) {
  return value >= 0xDC00 && value <= 0xDFFF;
}

Escape unicode_escape(std::string_view text, bool lone_surrogates) {
  const auto unit = hex4(text.substr(2));
  if (!unit) return {.wrong = "\\u needs four hexadecimal digits"};
  if (is_high_surrogate(*unit) && text.substr(6).starts_with("\\u")) {
    const auto low = hex4(text.substr(8));
    if (low && is_low_surrogate(*low)) {
      return {.value = 0x10000 + ((*unit - 0xD800) << 10) + (*low - 0xDC00), .size = 12};
    }
  }
  if (!lone_surrogates && (is_high_surrogate(*unit) || is_low_surrogate(*unit))) {
    return {
        .wrong =
            "half of a surrogate pair: \\ud800 to \\udbff must be followed by \\udc00 to \\udfff"};
  }
  return {.value = *unit, .size = 6};
}

// The escape that `text` begins with.
Escape escape_at(std::string_view text, bool lone_surrogates) {
  constexpr std::string_view kLetters = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  if (text.size() < 2) return {.wrong = "a backslash with nothing behind it"};
  if (text[1] == 'u') return unicode_escape(text, lone_surrogates);
  const std::size_t letter = kLetters.find(text[1]);
  if (letter == std::string_view::npos) {
    return {.wrong = "unknown escape: JSON has \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX"};
  }
  return {.value = static_cast<char32_t>(kMeanings[letter]), .size = 2};
}

}  // namespace

// Makes a document from the tokens of one text: one pass, with its own stack. Finished values wait
// in `pending_` until their container closes; then they move together to their final place.
class DocumentBuilder {
 public:
  DocumentBuilder(std::unique_ptr<detail::DocumentBlock> block,
                  std::span<const std::uint32_t> tokens, const ParseLimits& limits)
      : block_(std::move(block)), text_(block_->source()), tokens_(tokens), limits_(limits) {
    next_backslash_ = std::min(text_.find('\\'), text_.size());
  }

  Result<Value> build() {
    // A container of n items or n members has at least 2n or 4n tokens, its own bracket not
    // counted.
    constexpr std::size_t kBytesPerToken = std::max(sizeof(Value) / 2, (sizeof(Member) + 3) / 4);
    if (tokens_.size() / 4 > limits_.nodes_max) {
      return fail(too_large("has too many values", "json_values", limits_.nodes_max));
    }
    values_size_ = tokens_.size() * kBytesPerToken;
    block_->values = std::make_unique_for_overwrite<std::byte[]>(values_size_);
    if (!document()) {
      WEFT_ASSERT(error_.has_value());
      return fail(std::move(*error_));
    }
    Value root(pending_.front());
    // The reference that the block was born with is the root's.
    [[maybe_unused]] const auto* const kept = block_.release();
    return root;
  }

 private:
  struct Open {
    std::size_t pending;  // Where its items (or keys and values, in turn) begin in pending_.
    std::uint32_t begin;
    bool is_object;
  };

  bool document();
  bool value();
  bool key();
  bool comma_or_end();
  bool open(std::uint32_t at);
  bool close();
  bool string(std::uint32_t at);
  bool number(std::uint32_t at);
  bool literal(std::uint32_t at, std::string_view word, Kind kind);
  std::optional<std::string_view> unescape(std::uint32_t begin, std::uint32_t end);
  bool add(Kind kind, const void* data, std::size_t size, Span span);

  // The byte that the next token begins with; 0 at the end of the text.
  char peek() const { return next_ < tokens_.size() ? text_[tokens_[next_]] : '\0'; }
  std::uint32_t take() { return tokens_[next_++]; }
  bool at_end() const { return next_ == tokens_.size(); }
  std::uint32_t end_of(std::uint32_t at) const;
  std::size_t here() const { return at_end() ? text_.size() : tokens_[next_]; }

  template <class T>
  T* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(T);
    WEFT_ASSERT(size <= values_size_ - values_used_);
    void* const place = block_->values.get() + values_used_;
    values_used_ += size;
    return static_cast<T*>(place);
  }

  bool refuse(std::size_t offset, std::string_view message) {
    error_ = syntax_error(text_, offset, message);
    return false;
  }
  // "expected …, found …" at the next token.
  bool refuse_next(std::string_view expected);
  std::string describe_next() const;

  std::unique_ptr<detail::DocumentBlock> block_;
  std::string_view text_;
  std::span<const std::uint32_t> tokens_;
  const ParseLimits& limits_;

  std::size_t next_ = 0;
  std::vector<Fields> pending_;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
  std::size_t values_size_ = 0;
  std::size_t values_used_ = 0;
  std::size_t unescaped_used_ = 0;
  std::size_t next_backslash_ = 0;  // The first one not before the strings that are done.
  std::optional<Error> error_;
};

bool DocumentBuilder::document() {
  if (!value()) return false;
  while (!open_.empty()) {
    if (!comma_or_end()) return false;
  }
  return at_end() || refuse_next("the end of the text after the value");
}

// A value and, when it is a container, everything up to its first scalar or empty container.
bool DocumentBuilder::value() {
  for (;;) {
    switch (peek()) {
      case '{':
        if (!open(take())) return false;
        if (peek() == '}') return close();
        if (!key()) return false;
        break;
      case '[':
        if (!open(take())) return false;
        if (peek() == ']') return close();
        break;
      case '"':
        return ++nodes_, string(take());
      case 't':
        return literal(take(), "true", Kind::kBoolean);
      case 'f':
        return literal(take(), "false", Kind::kBoolean);
      case 'n':
        return literal(take(), "null", Kind::kNull);
      case '-':
      case '0' ... '9':
        return number(take());
      default:
        return refuse_next("a value");
    }
  }
}

bool DocumentBuilder::key() {
  if (peek() != '"') return refuse_next("a key in double quotes");
  if (!string(take())) return false;
  if (peek() != ':') return refuse_next("':' after the key");
  ++next_;
  return true;
}

bool DocumentBuilder::comma_or_end() {
  const bool is_object = open_.back().is_object;
  const char next = peek();
  if (next == (is_object ? '}' : ']')) return close();
  if (next != ',')
    return refuse_next(is_object ? "',' or '}' after a member" : "',' or ']' after an item");
  const std::uint32_t comma = take();
  if (peek() == '}' || peek() == ']')
    return refuse(comma, "a comma with nothing behind it: take it out");
  if (is_object && !key()) return false;
  return value();
}

bool DocumentBuilder::open(std::uint32_t at) {
  if (open_.size() >= limits_.depth_max) {
    error_ = too_large("nests too deep", "json_depth", limits_.depth_max)
                 .with_position(position_of(text_, at));
    return false;
  }
  open_.push_back({.pending = pending_.size(), .begin = at, .is_object = text_[at] == '{'});
  return true;
}

bool DocumentBuilder::close() {
  const std::uint32_t end = take() + 1;
  const Open container = open_.back();
  open_.pop_back();
  const auto content = std::span(pending_).subspan(container.pending);
  const void* placed = nullptr;
  std::size_t size = content.size();
  if (container.is_object) {
    size /= 2;
    Member* const members = allocate<Member>(size);
    for (std::size_t index = 0; index < size; ++index) {
      new (members + index) Member(content[2 * index], content[2 * index + 1]);
    }
    if (const auto duplicate = Members::sort({members, size})) {
      const Value& key = members[*duplicate].key_value();
      return refuse(key.fields_.begin,
                    fmt::format("the key {} comes twice in this object", shorten(key.source())));
    }
    placed = members;
  } else {
    Value* const items = allocate<Value>(size);
    for (std::size_t index = 0; index < size; ++index)
      new (items + index) Value(content[index]);
    placed = items;
  }
  pending_.resize(container.pending);
  ++nodes_;
  return add(container.is_object ? Kind::kObject : Kind::kArray, placed, size,
             {container.begin, end});
}

// Behind the last byte of the token that was taken last, which begins at `at`.
std::uint32_t DocumentBuilder::end_of(std::uint32_t at) const {
  auto end = static_cast<std::uint32_t>(here());
  while (end > at + 1 && is_white_space(text_[end - 1]))
    --end;
  return end;
}

bool DocumentBuilder::string(std::uint32_t at) {
  const std::uint32_t end = end_of(at);
  if (end < at + 2 || text_[end - 1] != '"') return refuse(at, "this string has no closing quote");
  std::string_view content = text_.substr(at + 1, end - at - 2);
  if (next_backslash_ < end) {
    const auto unescaped = unescape(at + 1, end - 1);
    if (!unescaped) return false;
    content = *unescaped;
  }
  return add(Kind::kString, content.data(), content.size(), {at, end});
}

std::optional<std::string_view> DocumentBuilder::unescape(std::uint32_t begin, std::uint32_t end) {
  // What a string says is never longer than how it is written.
  if (!block_->unescaped) block_->unescaped = std::make_unique_for_overwrite<char[]>(text_.size());
  char* const place = block_->unescaped.get() + unescaped_used_;
  char* out = place;
  std::size_t at = begin;
  std::string encoded;
  while (next_backslash_ < end) {
    out = std::copy(text_.data() + at, text_.data() + next_backslash_, out);
    const Escape escape =
        escape_at(text_.substr(next_backslash_, end - next_backslash_), limits_.lone_surrogates);
    if (escape.wrong != nullptr) {
      refuse(next_backslash_, escape.wrong);
      return std::nullopt;
    }
    encoded.clear();
    append_utf8(encoded, escape.value);
    out = std::copy(encoded.begin(), encoded.end(), out);
    at = next_backslash_ + escape.size;
    next_backslash_ = std::min(text_.find('\\', at), text_.size());
  }
  out = std::copy(text_.data() + at, text_.data() + end, out);
  const std::string_view unescaped(place, static_cast<std::size_t>(out - place));
  unescaped_used_ += unescaped.size();
  return unescaped;
}

bool DocumentBuilder::number(std::uint32_t at) {
  const std::uint32_t end = end_of(at);
  const std::string_view lexeme = text_.substr(at, end - at);
  if (!Number::from_lexeme(lexeme)) {
    --next_;
    return refuse_next(
        "a number like -12.5e3 (no leading zeros, digits on both sides of the point)");
  }
  ++nodes_;
  return add(Kind::kNumber, lexeme.data(), lexeme.size(), {at, end});
}

bool DocumentBuilder::literal(std::uint32_t at, std::string_view word, Kind kind) {
  const std::uint32_t end = end_of(at);
  if (text_.substr(at, end - at) != word) {
    --next_;
    return refuse_next("a value");
  }
  ++nodes_;
  return add(kind, nullptr, word == "true" ? 1 : 0, {at, end});
}

bool DocumentBuilder::add(Kind kind, const void* data, std::size_t size, Span span) {
  if (nodes_ > limits_.nodes_max) [[unlikely]] {
    error_ = too_large("has too many values", "json_values", limits_.nodes_max);
    return false;
  }
  // Written in place: copying a value right after its single fields were stored stalls the
  // processor.
  Fields& fields = pending_.emplace_back();
  fields.kind = kind;
  fields.size = static_cast<std::uint32_t>(size);
  fields.begin = span.begin;
  fields.end = span.end;
  fields.shared = {.data = data, .owner = block_.get()};
  return true;
}

bool DocumentBuilder::refuse_next(std::string_view expected) {
  return refuse(here(), fmt::format("expected {}, found {}", expected, describe_next()));
}

// The next token for people: short, and with a hint where people err often.
std::string DocumentBuilder::describe_next() const {
  if (at_end()) return "the end of the text";
  const std::size_t begin = tokens_[next_];
  const CodePoint first = decode_utf8(text_, begin);
  if (first.value < 0x20 || first.value == 0x7F) {
    return fmt::format("the control character U+{:04X}", static_cast<std::uint32_t>(first.value));
  }
  // Up to white space or punctuation, but the first character in any case.
  const std::size_t end = text_.find_first_of(" \t\r\n,:[]{}\"", begin + first.size);
  const std::string shown = shorten(text_.substr(begin, std::min(end, text_.size()) - begin));
  if (first.value == '"') return "a string";
  if (first.value == '\'') return fmt::format("{}: strings take double quotes", shown);
  if (first.value == '/' || first.value == '#')
    return fmt::format("'{}': JSON has no comments", shown);
  if (shown.starts_with("NaN") || shown.starts_with("Inf") || shown.starts_with("-Inf")) {
    return fmt::format("'{}': JSON has no such number", shown);
  }
  return fmt::format("'{}'", shown);
}

Result<Value> parse(std::string_view text, const ParseLimits& limits) {
  const std::size_t bytes_max =
      std::min<std::size_t>(limits.bytes_max, std::numeric_limits<std::uint32_t>::max() - 1);
  if (text.size() > bytes_max) return fail(too_large("is too long", "json_bytes", bytes_max));
  if (text.starts_with(kByteOrderMark)) {
    return fail(syntax_error(text, 0, "a byte order mark: save the text as UTF-8 without it"));
  }
  auto block = std::make_unique<detail::DocumentBlock>();
  block->text = std::make_unique_for_overwrite<char[]>(text.size() + Tokens::kPaddingBytes);
  block->text_size = text.size();
  std::ranges::copy(text, block->text.get());
  std::memset(block->text.get() + text.size(), ' ', Tokens::kPaddingBytes);
  const auto tokens = TRY(Tokens::create(block->source()));
  return DocumentBuilder(std::move(block), tokens.offsets(), limits).build();
}

}  // namespace weft::json
