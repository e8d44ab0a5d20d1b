#include "json/jsonata/lexer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/ascii.h"
#include "json/jsonata/fault.h"
#include "json/jsonata/regex.h"
#include "json/jsonata/runtime.h"
#include "json/number.h"

namespace weft::json::jsonata {

namespace {

constexpr std::string_view kBlanks = " \t\n\r\v";
constexpr std::string_view kOperatorBytes = ".[]{}(),@#;:?+-*/%|=<>^&!~";
constexpr auto kLongOperators =
    std::to_array<std::string_view>({"..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"});

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

std::size_t digits(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && is_digit(text[at + count])) {
    count++;
  }
  return count;
}

// Bytes of the number that the text starts with.
std::size_t number_size(std::string_view text) {
  if (text.empty() || !is_digit(text[0])) return 0;
  std::size_t size = text[0] == '0' ? 1 : digits(text, 0);
  if (size < text.size() && text[size] == '.') {
    const std::size_t fraction = digits(text, size + 1);
    if (fraction > 0) size += fraction + 1;
  }
  if (size < text.size() && (text[size] == 'e' || text[size] == 'E')) {
    const std::size_t sign =
        size + 1 < text.size() && (text[size + 1] == '+' || text[size + 1] == '-') ? 1 : 0;
    const std::size_t exponent = digits(text, size + 1 + sign);
    if (exponent > 0) size += 1 + sign + exponent;
  }
  return size;
}

std::optional<char32_t> hex4(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  char32_t value = 0;
  if (text.size() < 4) return std::nullopt;
  for (const char byte : text.substr(0, 4)) {
    const std::size_t digit = kHexDigits.find(to_lower(byte));
    if (digit == std::string_view::npos) return std::nullopt;
    value = (value << 4) | static_cast<char32_t>(digit);
  }
  return value;
}

}  // namespace

int binding_power(std::string_view symbol) {
  struct Power {
    std::string_view symbol;
    int power;
  };
  static constexpr auto kPowers = std::to_array<Power>(
      {{".", 75},  {"[", 80},  {"{", 70},   {"(", 80},  {"@", 80},  {"#", 80},  {"?", 20},
       {"+", 50},  {"-", 50},  {"*", 60},   {"/", 60},  {"%", 60},  {"=", 40},  {"<", 40},
       {">", 40},  {"^", 40},  {":=", 10},  {"!=", 40}, {"<=", 40}, {">=", 40}, {"~>", 40},
       {"?:", 40}, {"??", 40}, {"and", 30}, {"or", 25}, {"in", 40}, {"&", 50}});
  const auto* found = std::ranges::find(kPowers, symbol, &Power::symbol);
  return found == kPowers.end() ? 0 : found->power;
}

Token Lexer::token(TokenType type, std::string_view text) const {
  return {.type = type, .text = std::string(text), .position = at_};
}

Made<void> Lexer::skip_blanks() {
  while (at_ < text_.size()) {
    if (kBlanks.contains(text_[at_])) {
      at_++;
    } else if (text_.substr(at_).starts_with("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return fault("S0106", at_);
      at_ = end + 2;
    } else {
      break;
    }
  }
  return {};
}

Made<Token> Lexer::next(bool operator_may_stand) {
  WEFT_MADE(skip_blanks());
  if (at_ >= text_.size()) return token(TokenType::kEnd, "(end)");
  const char byte = text_[at_];
  if (byte == '/' && !operator_may_stand) {
    at_++;
    return regex();
  }
  for (const std::string_view symbol : kLongOperators) {
    if (text_.substr(at_).starts_with(symbol)) {
      at_ += symbol.size();
      return token(TokenType::kOperator, symbol);
    }
  }
  if (kOperatorBytes.contains(byte)) {
    at_++;
    return token(TokenType::kOperator, {&byte, 1});
  }
  if (byte == '"' || byte == '\'') return string(byte);
  Token number_token;
  if (WEFT_MADE(number(number_token))) return number_token;
  if (byte == '`') return quoted_name();
  return name();
}

Made<Token> Lexer::regex() {
  const std::size_t start = at_;
  int depth = 0;
  for (; at_ < text_.size(); at_++) {
    const char byte = text_[at_];
    std::size_t backslashes = 0;
    while (backslashes < at_ && text_[at_ - backslashes - 1] == '\\') {
      backslashes++;
    }
    if (byte == '/' && depth == 0 && backslashes % 2 == 0) break;
    if (at(at_ - 1) == '\\') continue;
    if (byte == '(' || byte == '[' || byte == '{') depth++;
    if (byte == ')' || byte == ']' || byte == '}') depth--;
  }
  if (at_ >= text_.size()) return fault("S0302", at_);
  const std::string_view pattern = text_.substr(start, at_ - start);
  if (pattern.empty()) return fault("S0301", at_);
  RegexOptions options;
  for (at_++; at(at_) == 'i' || at(at_) == 'm'; at_++) {
    (text_[at_] == 'i' ? options.ignore_case : options.multiline) = true;
  }
  auto compiled = Regex::compile(pattern, options);
  if (!compiled.has_value()) {
    return fault({.code = "S0303", .position = at_, .message = compiled.error()});
  }
  Token made = token(TokenType::kRegex, pattern);
  made.regex = std::make_shared<const Regex>(*std::move(compiled));
  return made;
}

Made<void> Lexer::escape(std::string& out) {
  constexpr std::string_view kFrom = "\"\\/bfnrt";
  constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
  const char byte = at(at_);
  const std::size_t known = kFrom.find(byte);
  if (at_ < text_.size() && known != std::string_view::npos) {
    out += kTo[known];
    return {};
  }
  if (byte != 'u') {
    return fault({.code = "S0103", .position = at_, .token = std::string(1, byte)});
  }
  const auto unit = hex4(text_.substr(std::min(at_ + 1, text_.size())));
  if (!unit.has_value()) return fault("S0104", at_);
  at_ += 4;
  char32_t code_point = *unit;
  if (code_point >= 0xD800 && code_point < 0xDC00 && at(at_ + 1) == '\\' && at(at_ + 2) == 'u') {
    const auto low = hex4(text_.substr(at_ + 3));
    if (low.has_value() && *low >= 0xDC00 && *low < 0xE000) {
      code_point = 0x10000 + ((code_point - 0xD800) << 10) + (*low - 0xDC00);
      at_ += 6;
    }
  }
  append_code_point(out, code_point);
  return {};
}

Made<Token> Lexer::string(char quote) {
  std::string content;
  for (at_++; at_ < text_.size(); at_++) {
    const char byte = text_[at_];
    if (byte == quote) {
      at_++;
      return token(TokenType::kString, content);
    }
    if (byte != '\\') {
      content += byte;
      continue;
    }
    at_++;
    WEFT_MADE(escape(content));
  }
  return fault("S0101", text_.size());
}

Made<bool> Lexer::number(Token& made) {
  const std::size_t size = number_size(text_.substr(at_));
  if (size == 0) return false;
  const std::string digits_text(text_.substr(at_, size));
  const auto number = Number::from_lexeme(digits_text);
  const double value = number.has_value() ? number->to_double() : 0;
  if (std::isinf(value)) {
    return fault({.code = "S0102", .position = at_, .token = digits_text});
  }
  at_ += size;
  made = token(TokenType::kNumber, digits_text);
  made.number = value;
  return true;
}

Made<Token> Lexer::quoted_name() {
  const std::size_t end = text_.find('`', at_ + 1);
  if (end == std::string_view::npos) return fault("S0105", text_.size());
  const std::string_view content = text_.substr(at_ + 1, end - at_ - 1);
  at_ = end + 1;
  return token(TokenType::kName, content);
}

Token Lexer::name() {
  const std::size_t start = at_;
  while (at_ < text_.size() && !kBlanks.contains(text_[at_]) &&
         !kOperatorBytes.contains(text_[at_])) {
    at_++;
  }
  const std::string_view content = text_.substr(start, at_ - start);
  if (content.starts_with('$')) return token(TokenType::kVariable, content.substr(1));
  if (content == "or" || content == "in" || content == "and") {
    return token(TokenType::kOperator, content);
  }
  if (content == "true" || content == "false" || content == "null") {
    return token(TokenType::kValue, content);
  }
  return token(TokenType::kName, content);
}

}  // namespace weft::json::jsonata
