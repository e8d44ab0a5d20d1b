#include "json/jsonpath/parser.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "json/unicode.h"

namespace weft::json::jsonpath {
namespace {

constexpr std::int64_t kIntegerMax = (std::int64_t{1} << 53) - 1;  // RFC 9535 section 2.1

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
// Of RFC 9535's names without quotes; every byte of what is not ASCII.
bool is_name_first(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool is_name_next(char c) {
  return is_name_first(c) || is_digit(c);
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20;
}

// What ends a name without quotes in paths of Step Functions, beside blanks and controls.
bool ends_states_name(char c, bool in_filter) {
  return is_control(c) || c == ' ' ||
         std::string_view(in_filter ? ".[]()'\",?=!<>&|" : ".[]()'\",?").contains(c);
}

enum class Type : std::uint8_t { kValue, kNodes, kLogical };

struct Signature {
  std::string_view name;
  Function function;
  Type result;
  std::size_t count;
  Type parameter;  // of all of them
};

constexpr std::array<Signature, 5> kSignatures = {{
    {"length", Function::kLength, Type::kValue, 1, Type::kValue},
    {"count", Function::kCount, Type::kValue, 1, Type::kNodes},
    {"match", Function::kMatch, Type::kLogical, 2, Type::kValue},
    {"search", Function::kSearch, Type::kLogical, 2, Type::kValue},
    {"value", Function::kValue, Type::kValue, 1, Type::kNodes},
}};

const Signature& signature_of(Function function) {
  return *std::ranges::find(kSignatures, function, &Signature::function);
}

class Parser {
 public:
  Parser(std::string_view text, const ParseOptions& options) : text_(text), options_(options) {}

  Result<Query> whole() {
    if (text_.size() > options_.limits.bytes_max) {
      return fail(Error(ErrorCode::kTooLarge, "this JSONPath is too long")
                      .with_limit("jsonpath_bytes", options_.limits.bytes_max));
    }
    for (std::size_t i = 0; i < text_.size();) {
      const CodePoint point = decode_utf8(text_, i);
      if (!point.valid) return wrong(i, "this is not UTF-8");
      i += point.size;
    }
    at_ = std::min(options_.root_bytes, text_.size());
    if (options_.root_bytes == 0 && !take("$")) return wrong(0, "a path begins with $");
    Query query = TRY(segments({.is_from_root = true}));
    if (!at_end()) return wrong(at_, unexpected());
    return query;
  }

 private:
  bool is_states() const { return options_.dialect == Dialect::kStates; }
  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool take(std::string_view expected) {
    if (!text_.substr(std::min(at_, text_.size())).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  void skip_blanks() {
    while (is_blank(peek()))
      ++at_;
  }

  std::unexpected<Error> wrong(std::size_t offset, std::string_view what) const {
    const Position position = position_of(text_, offset);
    return fail(Error(ErrorCode::kInvalidArgument,
                      "invalid JSONPath at line " + std::to_string(position.line.value_or(1)) +
                          ", column " + std::to_string(position.column.value_or(1)) + ": " +
                          std::string(what))
                    .with_position(position));
  }

  // For what stands where the path could end.
  std::string unexpected() const {
    if (is_blank(peek())) return "there are blanks around the path";
    if (is_states() && peek() == '(') return std::string(kNoFunctions);
    return "a segment begins with . or [";
  }

  Result<> enter() {
    if (++depth_ <= options_.limits.depth_max) return {};
    return fail(Error(ErrorCode::kTooLarge, "this JSONPath nests too deeply")
                    .with_limit("jsonpath_depth", options_.limits.depth_max)
                    .with_position(position_of(text_, at_)));
  }
  void leave() { --depth_; }

  // NOLINTBEGIN(misc-no-recursion): as deep as enter() allows.
  Result<Query> segments(Query query) {
    for (;;) {
      const std::size_t before = at_;
      if (!is_states()) skip_blanks();
      if (peek() != '.' && peek() != '[') {
        at_ = before;
        return query;
      }
      query.segments.push_back(TRY(segment()));
      query.is_singular = query.is_singular && query.segments.back().is_singular();
    }
  }

  Result<Segment> segment() {
    Segment segment{.offset = at_};
    segment.descends = take("..");
    const bool has_one_dot = !segment.descends && take(".");
    // Only in Step Functions' paths, one dot may stand before brackets: $.a.[0]
    const bool is_bracketed = peek() == '[' && (!has_one_dot || is_states());
    segment.selectors = TRY(is_bracketed ? bracketed() : shorthand());
    return segment;
  }

  // Behind the dots: one name, or all.
  Result<std::vector<Selector>> shorthand() {
    const Selector selector = TRY(is_states() ? states_shorthand() : rfc_shorthand());
    return std::vector{selector};
  }

  Result<Selector> rfc_shorthand() {
    if (take("*")) return Wildcard{};
    const std::size_t begin = at_;
    if (!is_name_first(peek())) {
      return wrong(at_,
                   "a name or * belongs behind the dot; others than letters, digits and _ "
                   "stand in quotes: ['a-b']");
    }
    while (is_name_next(peek()))
      ++at_;
    return Name{std::string(text_.substr(begin, at_ - begin))};
  }

  Result<Selector> states_shorthand() {
    if (peek() == '*' && (at_ + 1 == text_.size() || ends_states_name(peek(1), true))) {
      ++at_;
      return Wildcard{};
    }
    std::string name;
    while (!at_end() && !ends_states_name(peek(), depth_ > 0))
      TRY(states_character(name));
    if (peek() == '(') return wrong(at_, kNoFunctions);
    if (!name.empty()) return Name{std::move(name)};
    return wrong(at_,
                 "a name or * belongs behind the dot; blanks and the characters . [ ] ( ) ' \" , ? "
                 "stand in quotes: ['a b']");
  }

  Result<> states_character(std::string& out) {
    if (peek() == '\\') return states_escape(out);
    out += text_[at_++];
    return {};
  }

  // In names, a backslash takes the meaning from what follows (States Language, "Reference Paths").
  Result<> states_escape(std::string& out) {
    const std::size_t begin = at_++;
    if (at_end()) return wrong(begin, "nothing follows this backslash");
    if (peek() == 'u') {
      ++at_;
      return unicode_escape(begin, out);
    }
    const CodePoint point = decode_utf8(text_, at_);
    out += text_.substr(at_, point.size);
    at_ += point.size;
    return {};
  }

  Result<std::vector<Selector>> bracketed() {
    const std::size_t begin = at_++;
    std::vector<Selector> selectors;
    do {
      skip_blanks();
      selectors.push_back(TRY(selector()));
      skip_blanks();
    } while (take(","));
    if (at_end()) return wrong(begin, "this [ is not closed");
    if (!take("]")) return wrong(at_, "a comma or ] belongs here");
    if (is_states() && selectors.size() > 1) {
      const std::size_t kind = selectors.front().index();
      const bool are_alike =
          std::ranges::all_of(selectors, [&](const Selector& s) { return s.index() == kind; });
      const bool may_be_many = std::holds_alternative<Name>(selectors.front()) ||
                               std::holds_alternative<Index>(selectors.front());
      if (!are_alike || !may_be_many) {
        return wrong(begin, "brackets hold names, or indexes, or one of anything else");
      }
    }
    return selectors;
  }

  Result<Selector> selector() {
    const char first = peek();
    if (first == '\'' || first == '"') return Name{TRY(string())};
    if (take("*")) return Wildcard{};
    if (first == '?') return filter();
    if (first == ':' || first == '-' || is_digit(first)) return index_or_slice();
    if (is_states() && first == '(') {
      return wrong(at_, "scripts in parentheses are not part of Step Functions' paths");
    }
    return wrong(at_, "brackets hold a name in quotes, *, an index, a slice or a filter behind ?");
  }

  Result<Selector> index_or_slice() {
    Slice slice;
    if (peek() != ':') {
      slice.start = TRY(integer());
      const std::size_t before = at_;
      skip_blanks();
      if (peek() != ':') {
        at_ = before;
        return Index{*slice.start};
      }
    }
    ++at_;
    skip_blanks();
    if (peek() == '-' || is_digit(peek())) {
      slice.end = TRY(integer());
      skip_blanks();
    }
    if (peek() != ':') return slice;
    if (is_states()) return wrong(at_, "slices in Step Functions' paths have no step");
    ++at_;
    skip_blanks();
    if (peek() == '-' || is_digit(peek())) slice.step = TRY(integer());
    return slice;
  }

  Result<std::int64_t> integer() {
    const std::size_t begin = at_;
    if (peek() == '-') ++at_;
    const std::size_t digits = at_;
    while (is_digit(peek()))
      ++at_;
    if (digits == at_) return wrong(begin, "digits belong behind the minus");
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (text_[digits] == '0' && text.size() > 1) {
      return wrong(begin, "an index is written without leading zeros, and 0 without a minus");
    }
    std::int64_t value = 0;
    const bool fits =
        std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc();
    if (!fits || value > kIntegerMax || value < -kIntegerMax) {
      return wrong(begin, "indexes are at most 9007199254740991, positive or negative");
    }
    return value;
  }

  Result<std::string> string() {
    const std::size_t begin = at_;
    const char quote = text_[at_++];
    std::string out;
    while (!at_end() && peek() != quote)
      TRY(character(quote, out));
    if (at_end()) return wrong(begin, "this string is not closed");
    ++at_;
    return out;
  }

  Result<> character(char quote, std::string& out) {
    if (peek() == '\\') return escape(quote, out);
    if (is_control(peek())) {
      return wrong(at_, "control characters are escaped in strings: \\u0009");
    }
    out += text_[at_++];
    return {};
  }

  Result<> escape(char quote, std::string& out) {
    const std::size_t begin = at_++;
    const char c = peek();
    if (c == 'u') {
      ++at_;
      return unicode_escape(begin, out);
    }
    constexpr std::string_view kEscapes = "bfnrt/\\";
    constexpr std::string_view kMeanings = "\b\f\n\r\t/\\";
    const std::size_t which = kEscapes.find(c);
    if (c == quote) {
      out += c;
    } else if (!at_end() && which != std::string_view::npos) {
      out += kMeanings[which];
    } else {
      return wrong(begin,
                   "strings know the escapes \\b \\f \\n \\r \\t \\/ \\\\ \\u1234 and \\ "
                   "before their own quote");
    }
    ++at_;
    return {};
  }

  // Behind the u, and behind that of the second one of a pair.
  Result<> unicode_escape(std::size_t begin, std::string& out) {
    char32_t value = TRY(four_digits(begin));
    if (value >= 0xDC00 && value <= 0xDFFF) return wrong(begin, kHalfPair);
    if (value >= 0xD800 && value <= 0xDBFF) {
      if (!take("\\u")) return wrong(begin, kHalfPair);
      const char32_t low = TRY(four_digits(begin));
      if (low < 0xDC00 || low > 0xDFFF) return wrong(begin, kHalfPair);
      value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
    }
    append_utf8(out, value);
    return {};
  }

  Result<char32_t> four_digits(std::size_t begin) {
    const std::string_view digits = text_.substr(at_, 4);
    std::uint32_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.size() < 4 || error != std::errc() || end != digits.data() + digits.size()) {
      return wrong(begin, "four hexadecimal digits belong behind \\u");
    }
    at_ += 4;
    return static_cast<char32_t>(value);
  }

  Result<Selector> filter() {
    ++at_;
    skip_blanks();
    if (is_states() && peek() != '(') {
      return wrong(at_, "a filter stands in parentheses: [?(@.a == 1)]");
    }
    TRY(enter());
    Expression condition = TRY(alternatives());
    leave();
    return Filter{std::make_shared<const Expression>(std::move(condition))};
  }

  Result<Expression> alternatives() { return chain("||", Group::Kind::kOr); }

  // Of ||, and inside it of &&.
  Result<Expression> chain(std::string_view link, Group::Kind kind) {
    Group group;
    group.kind = kind;
    for (;;) {
      group.parts.push_back(kind == Group::Kind::kOr ? TRY(chain("&&", Group::Kind::kAnd))
                                                     : TRY(condition()));
      const std::size_t before = at_;
      skip_blanks();
      if (take(link)) {
        skip_blanks();
        continue;
      }
      at_ = before;
      if (group.parts.size() == 1) return std::move(group.parts.front());
      return Expression{std::move(group)};
    }
  }

  Result<Expression> condition() {
    const bool is_negated = take("!");
    if (is_negated) skip_blanks();
    Expression result;
    if (peek() == '(') {
      result = TRY(parenthesis());
    } else {
      result = TRY(comparison(is_negated));
    }
    if (!is_negated) return result;
    Group group;
    group.kind = Group::Kind::kNot;
    group.parts.push_back(std::move(result));
    return Expression{std::move(group)};
  }

  Result<Expression> parenthesis() {
    const std::size_t begin = at_++;
    TRY(enter());
    skip_blanks();
    Expression inner = TRY(alternatives());
    skip_blanks();
    if (at_end()) return wrong(begin, "this ( is not closed");
    if (!take(")")) return wrong(at_, "an operator or ) belongs here");
    leave();
    return inner;
  }

  Result<Expression> comparison(bool is_negated) {
    const std::size_t begin = at_;
    Operand left = TRY(operand());
    const std::size_t before = at_;
    skip_blanks();
    const std::size_t at_operator = at_;
    const std::optional<Comparison::Operator> comparing = TRY(comparison_operator());
    if (!comparing) {
      at_ = before;
      TRY(check_test(left, begin));
      return Expression{Test{std::move(left)}};
    }
    if (is_negated) return wrong(at_operator, "write !(a == b) or a != b");
    TRY(check_comparable(left, begin));
    skip_blanks();
    const std::size_t at_right = at_;
    Operand right = TRY(operand());
    TRY(check_comparable(right, at_right));
    return Expression{
        Comparison{.is = *comparing, .left = std::move(left), .right = std::move(right)}};
  }

  Result<std::optional<Comparison::Operator>> comparison_operator() {
    using Operator = Comparison::Operator;
    constexpr std::array<std::pair<std::string_view, Operator>, 6> kOperators = {{
        {"==", Operator::kEqual},
        {"!=", Operator::kNotEqual},
        {"<=", Operator::kLessOrEqual},
        {">=", Operator::kGreaterOrEqual},
        {"<", Operator::kLess},
        {">", Operator::kGreater},
    }};
    for (const auto& [text, comparing] : kOperators) {
      if (take(text)) return comparing;
    }
    if (peek() == '=' || peek() == '!' || (is_states() && is_lower(peek()))) {
      return wrong(at_, "the operators are == != < <= > >= && || and !");
    }
    return std::nullopt;
  }

  Result<> check_test(const Operand& operand, std::size_t begin) const {
    if (std::holds_alternative<Value>(operand)) {
      return wrong(begin, "a value alone is no condition: compare it");
    }
    const auto* const call = std::get_if<std::shared_ptr<const Call>>(&operand);
    if (call != nullptr && signature_of((*call)->function).result != Type::kLogical) {
      return wrong(begin, "what this function gives is no condition: compare it");
    }
    return {};
  }

  Result<> check_comparable(const Operand& operand, std::size_t begin) const {
    if (const Query* const query = std::get_if<Query>(&operand)) {
      if (query->is_singular) return {};
      return wrong(begin,
                   "only a path that gives at most one value is compared: no .., *, slice, "
                   "filter or several selectors");
    }
    const auto* const call = std::get_if<std::shared_ptr<const Call>>(&operand);
    if (call != nullptr && signature_of((*call)->function).result == Type::kLogical) {
      return wrong(begin, "match() and search() are conditions of their own and not compared");
    }
    return {};
  }

  Result<Operand> operand() {
    const char first = peek();
    if (first == '\'' || first == '"') return Operand(Value(TRY(string())));
    if (first == '@' || first == '$') {
      ++at_;
      TRY(enter());
      Query query = TRY(segments({.is_from_root = first == '$'}));
      leave();
      return Operand(std::move(query));
    }
    if (is_states()) return states_word();
    if (first == '-' || is_digit(first)) return number();
    const std::size_t begin = at_;
    while (is_name_next(peek()))
      ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (peek() == '(') return call(begin, word);
    if (word == "true") return Operand(Value(true));
    if (word == "false") return Operand(Value(false));
    if (word == "null") return Operand(Value(nullptr));
    return wrong(begin,
                 "a path with @ or $, a string in quotes, a number, true, false, null or a "
                 "function belongs here");
  }

  Result<Operand> number() {
    const std::size_t begin = at_;
    while (is_digit(peek()) || (peek() != '\0' && std::string_view("+-.eE").contains(peek())))
      ++at_;
    const auto number = Number::from_lexeme(text_.substr(begin, at_ - begin));
    if (!number) return wrong(begin, "this is not a number as JSON writes it");
    return Operand(Value(*number));
  }

  // A number, true, false or null; any other word is a string without its quotes.
  Result<Operand> states_word() {
    const std::size_t begin = at_;
    while (!at_end() && !is_blank(peek()) && !is_control(peek()) &&
           !std::string_view("()[]'\",?=!<>&|").contains(peek())) {
      ++at_;
    }
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (peek() == '(') return wrong(at_, kNoFunctions);
    if (word.empty()) {
      return wrong(begin,
                   "a path with @ or $, a string, a number, true, false or null belongs "
                   "here");
    }
    if (word == "true") return Operand(Value(true));
    if (word == "false") return Operand(Value(false));
    if (word == "null") return Operand(Value(nullptr));
    if (const auto number = Number::from_lexeme(word)) return Operand(Value(*number));
    return Operand(Value(word));
  }

  // At the parenthesis.
  Result<Operand> call(std::size_t begin, std::string_view name) {
    const std::span signatures(kSignatures);
    const auto signature = std::ranges::find(signatures, name, &Signature::name);
    if (signature == signatures.end()) {
      return wrong(begin, "the functions are length, count, match, search and value");
    }
    ++at_;
    TRY(enter());
    Call result{.function = signature->function};
    skip_blanks();
    while (peek() != ')') {
      const std::size_t at_argument = at_;
      Operand argument = TRY(operand());
      TRY(check_argument(*signature, argument, at_argument));
      result.arguments.push_back(std::move(argument));
      skip_blanks();
      if (!take(",")) break;
      skip_blanks();
      if (peek() == ')') return wrong(at_, "an argument belongs behind the comma");
    }
    if (!take(")")) return wrong(at_, "a comma or ) belongs here");
    leave();
    if (result.arguments.size() != signature->count) {
      return wrong(begin, std::string(name) + "() takes " +
                              (signature->count == 1 ? "one argument" : "two arguments"));
    }
    TRY(compile_pattern(result));
    return Operand(std::make_shared<const Call>(std::move(result)));
  }

  Result<> check_argument(const Signature& signature, const Operand& argument,
                          std::size_t begin) const {
    if (signature.parameter == Type::kValue) return check_comparable(argument, begin);
    if (std::holds_alternative<Query>(argument)) return {};
    return wrong(begin, std::string(signature.name) + "() takes a path with @ or $");
  }

  static Result<> compile_pattern(Call& call) {
    if (call.function != Function::kMatch && call.function != Function::kSearch) return {};
    const Value* const pattern = std::get_if<Value>(&call.arguments[1]);
    if (pattern == nullptr) return {};
    call.is_pattern_known = true;
    if (!pattern->is_string()) return {};
    Result<IRegexp> regexp = IRegexp::parse(pattern->as_string());
    if (regexp) {
      call.pattern = std::make_shared<const IRegexp>(*std::move(regexp));
    } else if (regexp.error().code() == ErrorCode::kTooLarge) {
      return fail(std::move(regexp).error());
    }
    return {};
  }
  // NOLINTEND(misc-no-recursion)

  static constexpr std::string_view kNoFunctions =
      "functions such as length() are not part of Step Functions' paths: use an intrinsic function "
      "such as States.ArrayLength";
  static constexpr std::string_view kHalfPair =
      "\\ud800 to \\udfff only stand in pairs, the first one below \\udc00";

  std::string_view text_;
  const ParseOptions& options_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
};

}  // namespace

Result<Query> parse_query(std::string_view text, const ParseOptions& options) {
  return Parser(text, options).whole();
}

}  // namespace weft::json::jsonpath
