// The tokens of an expression.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "json/jsonata/fault.h"
#include "json/jsonata/regex.h"

namespace weft::json::jsonata {

enum class TokenType : std::uint8_t {
  kEnd,
  kOperator,
  kString,
  kNumber,
  kValue,
  kName,
  kVariable,
  kRegex
};

struct Token {
  TokenType type = TokenType::kEnd;
  std::string text = {};
  double number = 0;
  std::shared_ptr<const Regex> regex = {};
  std::size_t position = 0;  // where it ends
};

class Lexer {
 public:
  // Borrows the text.
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token. Where an operator may stand, a slash is a division.
  Made<Token> next(bool operator_may_stand);

 private:
  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  Made<void> skip_blanks();
  Made<Token> regex();
  Made<Token> string(char quote);
  Made<void> escape(std::string& out);
  Made<bool> number(Token& token);
  Made<Token> quoted_name();
  Token name();
  Token token(TokenType type, std::string_view text) const;

  std::string_view text_;
  std::size_t at_ = 0;
};

// How tightly an operator binds to its left; 0 when it is none that stands between operands.
int binding_power(std::string_view symbol);

}  // namespace weft::json::jsonata
