#include "json/jsonata/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <pcre2.h>

#include "base/ascii.h"
#include "json/unicode.h"

namespace weft::json::jsonata {

namespace {

template <auto kFree>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};
template <class T, auto kFree>
using Owned = std::unique_ptr<T, Freed<kFree>>;
using OwnedCode = Owned<pcre2_code, pcre2_code_free>;
using OwnedData = Owned<pcre2_match_data, pcre2_match_data_free>;
using OwnedMatchContext = Owned<pcre2_match_context, pcre2_match_context_free>;
using OwnedCompileContext = Owned<pcre2_compile_context, pcre2_compile_context_free>;

PCRE2_SPTR bytes(std::string_view text) {
  static constexpr unsigned char kNothing = 0;
  return text.empty() ? &kNothing : reinterpret_cast<PCRE2_SPTR>(text.data());
}

// Spaces of JavaScript that \s of PCRE2 does not know.
constexpr std::string_view kMoreSpaces =
    R"(\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff)";
constexpr std::string_view kNoLineEnd = R"([^\n\r\u2028\u2029])";

constexpr std::string_view kHexDigits = "0123456789abcdef";

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}
bool is_letter(char byte) {
  return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

std::optional<char32_t> hex4(std::string_view text) {
  char32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  for (const char byte : text.substr(0, 4)) {
    const std::size_t digit = kHexDigits.find(to_lower(byte));
    if (digit == std::string_view::npos) return std::nullopt;
    value = (value << 4) | static_cast<char32_t>(digit);
  }
  return value;
}

// Writes a pattern of JavaScript in PCRE2's words.
class Translator {
 public:
  Translator(std::string_view pattern, RegexOptions options)
      : pattern_(pattern), options_(options) {}

  // Or why the pattern is wrong.
  std::expected<std::string, std::string> translate() {
    while (at_ < pattern_.size()) {
      const char* trouble = in_class_ ? next_in_class() : next();
      if (trouble != nullptr) return std::unexpected(trouble);
    }
    return std::move(out_);
  }

 private:
  std::string_view rest() const { return pattern_.substr(at_); }
  void copy(std::size_t size) {
    out_ += pattern_.substr(at_, size);
    at_ += size;
  }

  const char* next() {
    const char byte = pattern_[at_];
    const bool was_quantified = std::exchange(quantified_, false);
    if (const std::size_t size = quantifier_size(); size > 0) {
      // A second + is possessive to PCRE2 and an error in JavaScript; a ? is lazy in both.
      if (was_quantified && byte != '?') return "there is nothing to repeat";
      quantified_ = !was_quantified;
      copy(size);
      return nullptr;
    }
    switch (byte) {
      case '\\':
        escape();
        return nullptr;
      case '.':
        replace(kNoLineEnd);
        return nullptr;
      case '^':
        replace(options_.multiline ? "(?<!" + std::string(kNoLineEnd) + ")" : "^");
        break;
      case '$':
        replace(options_.multiline ? "(?!" + std::string(kNoLineEnd) + ")" : R"(\z)");
        break;
      case '[':
        in_class_ = true;
        copy(rest().starts_with("[^") ? 2 : 1);
        break;
      case '(':
        return group();
      default:
        copy(1);
        break;
    }
    return nullptr;
  }

  const char* next_in_class() {
    switch (pattern_[at_]) {
      case '\\':
        escape();
        break;
      // [: and its like name classes to PCRE2.
      case '[':
        replace(R"(\[)");
        break;
      case ']':
        in_class_ = false;
        copy(1);
        break;
      default:
        copy(1);
        break;
    }
    return nullptr;
  }

  void replace(std::string_view by) {
    out_ += by;
    at_++;
  }

  // Bytes of *, +, ? or {1,2}; 0 where there is none.
  std::size_t quantifier_size() const {
    const char byte = pattern_[at_];
    if (byte == '*' || byte == '+' || byte == '?') return 1;
    if (byte != '{') return 0;
    std::size_t size = 1;
    const auto skip_digits = [&] {
      while (size < rest().size() && is_digit(rest()[size])) {
        size++;
      }
    };
    skip_digits();
    if (size == 1) return 0;
    if (rest().substr(size).starts_with(',')) {
      size++;
      skip_digits();
    }
    return rest().substr(size).starts_with('}') ? size + 1 : 0;
  }

  // Groups of JavaScript and no others: PCRE2 has recursion, conditions and more.
  const char* group() {
    if (rest().starts_with("(*")) return "there is nothing to repeat";
    if (rest().starts_with("(?")) {
      const std::string_view kind = rest().substr(2);
      const bool is_known = kind.starts_with(':') || kind.starts_with('=') ||
                            kind.starts_with('!') || kind.starts_with('<');
      if (!is_known) return "the group is invalid";
      copy(3);
      return nullptr;
    }
    copy(1);
    return nullptr;
  }

  void escape() {
    if (at_ + 1 == pattern_.size()) return copy(1);
    const char letter = pattern_[at_ + 1];
    if (letter == 'u' && surrogates()) return;
    at_ += 2;
    switch (letter) {
      case 's':
        out_ += in_class_ ? R"(\s)" : R"([\s)";
        out_ += kMoreSpaces;
        if (!in_class_) out_ += ']';
        return;
      case 'S':
        if (in_class_) {
          out_ += R"(\S)";
        } else {
          out_ += R"([^\s)" + std::string(kMoreSpaces) + "]";
        }
        return;
      case 'v':
        out_ += R"(\x0b)";
        return;
      default:
        break;
    }
    // Letters that mean something to PCRE2 mean only themselves to JavaScript.
    constexpr std::string_view kKnown = "dDwWbBnrtfcxuk";
    if (!is_letter(letter) || kKnown.contains(letter)) out_ += '\\';
    out_ += letter;
  }

  // The two units of one character, which PCRE2 wants as one.
  bool surrogates() {
    if (rest().size() < 12 || rest().substr(6, 2) != R"(\u)") return false;
    const auto high = hex4(rest().substr(2));
    const auto low = hex4(rest().substr(8));
    if (!high.has_value() || !low.has_value()) return false;
    if (*high < 0xD800 || *high > 0xDBFF || *low < 0xDC00 || *low > 0xDFFF) return false;
    append_utf8(out_, 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00));
    at_ += 12;
    return true;
  }

  std::string_view pattern_;
  RegexOptions options_;
  std::size_t at_ = 0;
  bool in_class_ = false;
  bool quantified_ = false;
  std::string out_;
};

}  // namespace

struct Regex::Code {
  OwnedCode code;
};

std::expected<Regex, std::string> Regex::compile(std::string_view pattern, RegexOptions options) {
  if (pattern.size() > kPatternBytesMax) {
    return std::unexpected("Invalid regular expression: it is longer than 32768 bytes");
  }
  std::uint32_t flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_ALT_BSUX |
                        PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS |
                        PCRE2_NEVER_BACKSLASH_C;
  if (options.ignore_case) flags |= PCRE2_CASELESS;
  const OwnedCompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_parens_nest_limit(context.get(), 100);
  const auto translated = Translator(pattern, options).translate();
  if (!translated.has_value()) {
    return std::unexpected("Invalid regular expression: " + translated.error());
  }
  const std::string& text = *translated;
  int error = 0;
  PCRE2_SIZE offset = 0;
  OwnedCode code(pcre2_compile(bytes(text), text.size(), flags, &error, &offset, context.get()));
  if (code == nullptr) {
    std::array<unsigned char, 160> message = {};
    pcre2_get_error_message(error, message.data(), message.size());
    return std::unexpected("Invalid regular expression: " +
                           std::string(reinterpret_cast<const char*>(message.data())));
  }
  return Regex(std::make_shared<const Code>(Code{.code = std::move(code)}));
}

std::expected<std::optional<RegexMatch>, RegexTrouble> Regex::match(
    std::string_view subject, std::size_t from, const RegexLimits& limits) const {
  const OwnedData data(pcre2_match_data_create_from_pattern(code_->code.get(), nullptr));
  const OwnedMatchContext context(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(context.get(), limits.steps_max);
  pcre2_set_heap_limit(context.get(), limits.heap_kib_max);
  const int count = pcre2_match(code_->code.get(), bytes(subject), subject.size(), from, 0,
                                data.get(), context.get());
  if (count == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (count <= 0) return std::unexpected(RegexTrouble::kTooManySteps);
  const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
  RegexMatch match{.whole = {.begin = ends[0], .end = ends[1]}, .groups = {}};
  const std::size_t pairs = pcre2_get_ovector_count(data.get());
  for (std::size_t i = 1; i < pairs; i++) {
    auto& group = match.groups.emplace_back();
    if (ends[2 * i] != PCRE2_UNSET) {
      group = RegexSpan{.begin = ends[2 * i], .end = ends[(2 * i) + 1]};
    }
  }
  return match;
}

namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char byte) { return (byte & 0x80) == 0; });
}

// Letters from `first` to `last` in the other case.
std::string mapped_ascii(std::string_view text, char first, char last) {
  std::string out(text);
  for (char& byte : out) {
    if (byte >= first && byte <= last) byte = static_cast<char>(byte ^ 0x20);
  }
  return out;
}

// Every character replaced by PCRE2's own tables of letters.
std::string mapped(std::string_view text, std::string_view replacement) {
  int error = 0;
  PCRE2_SIZE offset = 0;
  const OwnedCode code(pcre2_compile(bytes("(?s).+"), 6, PCRE2_UTF | PCRE2_MATCH_INVALID_UTF,
                                     &error, &offset, nullptr));
  if (code == nullptr) return std::string(text);
  std::string out(text.size() * 2 + 16, '\0');
  PCRE2_SIZE size = out.size();
  const int count = pcre2_substitute(code.get(), bytes(text), text.size(), 0,
                                     PCRE2_SUBSTITUTE_GLOBAL | PCRE2_SUBSTITUTE_EXTENDED, nullptr,
                                     nullptr, bytes(replacement), replacement.size(),
                                     reinterpret_cast<PCRE2_UCHAR*>(out.data()), &size);
  if (count < 0) return std::string(text);
  out.resize(size);
  return out;
}

}  // namespace

std::string upper_case(std::string_view text) {
  if (is_ascii(text)) return mapped_ascii(text, 'a', 'z');
  // The one letter of many languages whose capital form is two.
  constexpr std::string_view kSharpS = "\u00DF";
  std::string spelled(text);
  std::size_t at = 0;
  while ((at = spelled.find(kSharpS, at)) != std::string::npos) {
    spelled.replace(at, kSharpS.size(), "SS");
  }
  return mapped(spelled, R"(\U$0)");
}

std::string lower_case(std::string_view text) {
  return is_ascii(text) ? mapped_ascii(text, 'A', 'Z') : mapped(text, R"(\L$0)");
}

}  // namespace weft::json::jsonata
