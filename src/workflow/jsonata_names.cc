#include "workflow/jsonata_names.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <set>

namespace weft::workflow {
namespace {

bool is_name_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '_' ||
         static_cast<unsigned char>(character) >= 0x80;
}

bool is_space(char character) {
  return std::string_view(" \t\r\n\v").contains(character);
}

// A name at a place, at least ""; `at` is moved behind it.
std::string_view read_name(std::string_view text, std::size_t& at) {
  const std::size_t begin = at;
  while (at < text.size() && is_name_character(text[at]))
    ++at;
  return text.substr(begin, at - begin);
}

// Goes through an expression as its tokenizer does, as far as names are concerned.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<std::string> scan() {
    while (at_ < text_.size())
      step();
    std::vector<std::string> names;
    std::ranges::set_difference(read_, bound_, std::back_inserter(names));
    return names;
  }

 private:
  bool is_next(std::string_view symbol) const { return text_.substr(at_).starts_with(symbol); }

  // Behind the next `end` that no backslash stands before.
  void skip_to(char end) {
    for (++at_; at_ < text_.size() && text_[at_] != end; ++at_) {
      if (text_[at_] == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, text_.size());
  }

  void skip_spaces() {
    while (at_ < text_.size() && is_space(text_[at_]))
      ++at_;
  }

  void step() {
    const char character = text_[at_];
    if (is_space(character)) {
      ++at_;
    } else if (is_next("/*")) {
      const std::size_t end = text_.find("*/", at_ + 2);
      at_ = end == std::string_view::npos ? text_.size() : end + 2;
    } else if (character == '"' || character == '\'' || character == '`') {
      skip_to(character);
      is_operand_ = true;
    } else if (character == '/' && !is_operand_) {
      // Where an operand is expected, a slash begins a regular expression.
      skip_to('/');
      is_operand_ = true;
    } else if (character == '$') {
      variable();
    } else if (is_name_character(character)) {
      word();
    } else {
      symbol();
    }
  }

  void variable() {
    ++at_;
    const std::string name(read_name(text_, at_));
    is_operand_ = true;
    const bool binds = is_parameter_ || is_bound_next_;
    is_bound_next_ = false;
    skip_spaces();
    if (name.empty() || name == "states") return;
    if (binds || is_next(":=")) {
      bound_.insert(name);
    } else if (!is_next("(")) {
      read_.insert(name);
    }
  }

  void word() {
    const std::string_view name = read_name(text_, at_);
    // Behind these an operand is expected, as they are operators themselves.
    is_operand_ = name != "and" && name != "or" && name != "in";
    if (name != "function" && name != "λ") return;
    const std::size_t before = at_;
    skip_spaces();
    if (is_next("(")) {
      ++at_;
      is_parameter_ = true;
      is_operand_ = false;
    } else {
      at_ = before;
    }
  }

  void symbol() {
    const char character = text_[at_++];
    is_operand_ = character == ')' || character == ']' || character == '}' || character == '%' ||
                  character == '*';
    // The parameters of a function end at the first bracket: none has a default value.
    if (character == ')') is_parameter_ = false;
    // step@$variable and step#$variable
    is_bound_next_ = character == '@' || character == '#';
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool is_operand_ = false;     // what stands before `at_` is one
  bool is_parameter_ = false;   // in the parameters of a function
  bool is_bound_next_ = false;  // the next variable is bound to a step
  std::set<std::string> read_;
  std::set<std::string> bound_;
};

}  // namespace

std::vector<std::string> names_mentioned(std::string_view expression) {
  std::set<std::string> names;
  for (std::size_t at = expression.find('$'); at < expression.size();
       at = expression.find('$', at)) {
    ++at;
    const std::string_view name = read_name(expression, at);
    if (!name.empty()) names.emplace(name);
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> names_read(std::string_view expression) {
  return Scanner(expression).scan();
}

}  // namespace weft::workflow
