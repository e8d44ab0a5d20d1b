#include "workflow/choice.h"

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/format.h>

#include "base/utf8.h"
#include "workflow/timestamp.h"

namespace weft::workflow {
namespace {

// What an operator compares.
enum class Subject : std::uint8_t {
  kString,
  kNumeric,
  kBoolean,
  kTimestamp,
  kPattern,
  kIsNull,
  kIsPresent,
  kIsNumeric,
  kIsString,
  kIsBoolean,
  kIsTimestamp,
};

enum class Relation : std::uint8_t { kEquals, kLess, kGreater, kLessOrEqual, kGreaterOrEqual };

struct Operator {
  std::string_view name;
  Subject subject;
  Relation relation = Relation::kEquals;
};

// States Language, "Choice State", "Data-test expression". Each but StringMatches and the Is… can
// have Path behind it.
constexpr std::array kOperators = {
    Operator{"StringEquals", Subject::kString},
    Operator{"StringLessThan", Subject::kString, Relation::kLess},
    Operator{"StringGreaterThan", Subject::kString, Relation::kGreater},
    Operator{"StringLessThanEquals", Subject::kString, Relation::kLessOrEqual},
    Operator{"StringGreaterThanEquals", Subject::kString, Relation::kGreaterOrEqual},
    Operator{"StringMatches", Subject::kPattern},
    Operator{"NumericEquals", Subject::kNumeric},
    Operator{"NumericLessThan", Subject::kNumeric, Relation::kLess},
    Operator{"NumericGreaterThan", Subject::kNumeric, Relation::kGreater},
    Operator{"NumericLessThanEquals", Subject::kNumeric, Relation::kLessOrEqual},
    Operator{"NumericGreaterThanEquals", Subject::kNumeric, Relation::kGreaterOrEqual},
    Operator{"BooleanEquals", Subject::kBoolean},
    Operator{"TimestampEquals", Subject::kTimestamp},
    Operator{"TimestampLessThan", Subject::kTimestamp, Relation::kLess},
    Operator{"TimestampGreaterThan", Subject::kTimestamp, Relation::kGreater},
    Operator{"TimestampLessThanEquals", Subject::kTimestamp, Relation::kLessOrEqual},
    Operator{"TimestampGreaterThanEquals", Subject::kTimestamp, Relation::kGreaterOrEqual},
    Operator{"IsNull", Subject::kIsNull},
    Operator{"IsPresent", Subject::kIsPresent},
    Operator{"IsNumeric", Subject::kIsNumeric},
    Operator{"IsString", Subject::kIsString},
    Operator{"IsBoolean", Subject::kIsBoolean},
    Operator{"IsTimestamp", Subject::kIsTimestamp},
};

constexpr std::string_view kPathSuffix = "Path";

bool has_path_form(const Operator& found) {
  return found.subject <= Subject::kTimestamp;
}

const Operator* operator_of(std::string_view name) {
  const std::span operators(kOperators);
  const auto found = std::ranges::find(operators, name, &Operator::name);
  return found == operators.end() ? nullptr : &*found;
}

// The same for a name that ends in Path, too.
const Operator* operator_or_path_form(std::string_view name) {
  if (const Operator* const found = operator_of(name)) return found;
  if (!name.ends_with(kPathSuffix)) return nullptr;
  name.remove_suffix(kPathSuffix.size());
  const Operator* const found = operator_of(name);
  return found != nullptr && has_path_form(*found) ? found : nullptr;
}

// Where UTF-16 has a code point among others: AWS compares the texts of Java.
std::uint32_t order_of(char32_t code_point) {
  constexpr char32_t kBehindSurrogates = 0xE000;
  constexpr char32_t kSupplementary = 0x10000;
  constexpr std::uint32_t kBehindAll = 0x110000;
  return code_point >= kBehindSurrogates && code_point < kSupplementary ? code_point + kBehindAll
                                                                        : code_point;
}

std::partial_ordering compare_texts(std::string_view left, std::string_view right) {
  std::size_t at_left = 0;
  std::size_t at_right = 0;
  while (at_left < left.size() && at_right < right.size()) {
    const CodePoint one = decode_utf8(left, at_left);
    const CodePoint two = decode_utf8(right, at_right);
    if (one.value != two.value) return order_of(one.value) <=> order_of(two.value);
    at_left += one.size;
    at_right += two.size;
  }
  return left.size() - at_left <=> right.size() - at_right;
}

// Incomparable: at least one is of another type.
std::partial_ordering compare(Subject subject, const json::Value& left, const json::Value& right) {
  switch (subject) {
    case Subject::kNumeric:
      if (!left.is_number() || !right.is_number()) break;
      if (left.as_number() == right.as_number()) return std::partial_ordering::equivalent;
      return left.as_number().to_double() <=> right.as_number().to_double();
    case Subject::kBoolean:
      if (!left.is_bool() || !right.is_bool()) break;
      return left.as_bool() <=> right.as_bool();
    case Subject::kTimestamp: {
      if (!left.is_string() || !right.is_string()) break;
      const auto one = parse_timestamp(left.as_string());
      const auto two = parse_timestamp(right.as_string());
      if (!one || !two) break;
      return *one <=> *two;
    }
    default:
      if (!left.is_string() || !right.is_string()) break;
      return compare_texts(left.as_string(), right.as_string());
  }
  return std::partial_ordering::unordered;
}

bool holds(Relation relation, std::partial_ordering order) {
  switch (relation) {
    case Relation::kEquals:
      return order == std::partial_ordering::equivalent;
    case Relation::kLess:
      return order == std::partial_ordering::less;
    case Relation::kGreater:
      return order == std::partial_ordering::greater;
    case Relation::kLessOrEqual:
      return order == std::partial_ordering::less || order == std::partial_ordering::equivalent;
    case Relation::kGreaterOrEqual:
      return order == std::partial_ordering::greater || order == std::partial_ordering::equivalent;
  }
  return false;
}

// One byte of a pattern of StringMatches, or any bytes.
struct PatternPart {
  char byte = '\0';
  bool is_any = false;
};

// "*" stands for any text; behind a backslash it is itself, as is the backslash.
std::vector<PatternPart> pattern_of(std::string_view text) {
  std::vector<PatternPart> parts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '\\');
    if (is_escape) {
      parts.push_back({.byte = text[++i]});
    } else if (text[i] == '*') {
      if (parts.empty() || !parts.back().is_any) parts.push_back({.is_any = true});
    } else {
      parts.push_back({.byte = text[i]});
    }
  }
  return parts;
}

// Goes back to the last "*" alone, so that it takes the product of both lengths at most.
bool matches_pattern(const std::vector<PatternPart>& pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t part = 0;
  std::optional<std::size_t> any;
  std::size_t any_until = 0;
  while (at < text.size()) {
    if (part < pattern.size() && pattern[part].is_any) {
      any = part++;
      any_until = at;
    } else if (part < pattern.size() && pattern[part].byte == text[at]) {
      ++part;
      ++at;
    } else if (any) {
      part = *any + 1;
      at = ++any_until;
    } else {
      return false;
    }
  }
  while (part < pattern.size() && pattern[part].is_any)
    ++part;
  return part == pattern.size();
}

bool is_of_type(Subject subject, const json::Value& value) {
  switch (subject) {
    case Subject::kIsNull:
      return value.is_null();
    case Subject::kIsNumeric:
      return value.is_number();
    case Subject::kIsString:
      return value.is_string();
    case Subject::kIsBoolean:
      return value.is_bool();
    case Subject::kIsTimestamp:
      return value.is_string() && parse_timestamp(value.as_string()).has_value();
    default:
      return false;
  }
}

std::unexpected<Error> wrong(std::string what) {
  return fail(ErrorCode::kInvalidArgument, std::move(what));
}

}  // namespace

struct ChoiceRule::Node {
  struct Comparison {
    PathExpression variable;
    const Operator* found = nullptr;
    json::Value constant;
    std::optional<PathExpression> path;
    std::vector<PatternPart> pattern;
  };
  struct Composite {
    bool is_and = false;
    std::vector<std::shared_ptr<const Node>> rules;
  };
  struct Not {
    std::shared_ptr<const Node> rule;
  };
  struct Condition {
    JsonataTemplate expression;
  };
  std::variant<Comparison, Composite, Not, Condition> what;

  static Outcome<bool> compare_with(const Comparison& comparison, const Scope& scope);
  Outcome<bool> matches(const Scope& scope, const std::string& field) const;
};

class ChoiceParser {
 public:
  using Node = ChoiceRule::Node;
  using Parsed = Result<std::shared_ptr<const Node>>;

  static Result<ChoiceRule> parse(const json::Value& rule) {
    return ChoiceRule(TRY(parse_rule(rule, ChoiceRule::kDepthMax)));
  }

 private:
  static Parsed parse_rule(const json::Value& rule, std::size_t depth_left);
  static Parsed parse_composite(const json::Value& rules, bool is_and, std::size_t depth_left);
  static Parsed parse_comparison(const json::Value& rule, const json::Value& variable);
  static Result<> set_operand(Node::Comparison& comparison, std::string_view name,
                              const json::Value& value);
};

ChoiceParser::Parsed ChoiceParser::parse_composite(const json::Value& rules, bool is_and,
                                                   std::size_t depth_left) {
  if (!rules.is_array() || rules.size() == 0)
    return wrong("And and Or have an array of rules that is not empty");
  Node::Composite composite{.is_and = is_and, .rules = {}};
  for (const json::Value& rule : rules.as_array())
    composite.rules.push_back(TRY(parse_rule(rule, depth_left - 1)));
  return std::make_shared<const Node>(Node{std::move(composite)});
}

// What the operator of that name compares with.
Result<> ChoiceParser::set_operand(Node::Comparison& comparison, std::string_view name,
                                   const json::Value& value) {
  if (name != comparison.found->name) {
    if (!value.is_string()) return wrong(fmt::format("{} is a path", name));
    comparison.path = TRY(PathExpression::parse(value.as_string(), PathExpression::Allow::kPath));
    return {};
  }
  const bool is_test = comparison.found->subject >= Subject::kIsNull;
  if (is_test && !value.is_bool()) return wrong(fmt::format("{} is true or false", name));
  if (comparison.found->subject == Subject::kPattern) {
    if (!value.is_string()) return wrong("StringMatches is a text");
    comparison.pattern = pattern_of(value.as_string());
  }
  comparison.constant = value;
  return {};
}

ChoiceParser::Parsed ChoiceParser::parse_comparison(const json::Value& rule,
                                                    const json::Value& variable) {
  if (!variable.is_string()) return wrong("Variable is a path");
  Node::Comparison comparison{
      .variable = TRY(PathExpression::parse(variable.as_string(), PathExpression::Allow::kPath)),
      .found = nullptr,
      .constant = {},
      .path = std::nullopt,
      .pattern = {}};
  for (const auto& [name, value] : rule.as_object()) {
    const Operator* const found = operator_or_path_form(name);
    if (found == nullptr) continue;
    if (comparison.found != nullptr) return wrong("a rule has one operator");
    comparison.found = found;
    TRY(set_operand(comparison, name, value));
  }
  if (comparison.found == nullptr) return wrong("a rule has an operator");
  return std::make_shared<const Node>(Node{std::move(comparison)});
}

ChoiceParser::Parsed ChoiceParser::parse_rule(const json::Value& rule, std::size_t depth_left) {
  if (depth_left == 0) return wrong("there are too many rules inside each other");
  if (!rule.is_object()) return wrong("a rule is an object");
  if (const json::Value* const condition = rule.find("Condition")) {
    return std::make_shared<const Node>(
        Node{Node::Condition{.expression = TRY(JsonataTemplate::parse(*condition))}});
  }
  if (const json::Value* const rules = rule.find("And"))
    return parse_composite(*rules, true, depth_left);
  if (const json::Value* const rules = rule.find("Or"))
    return parse_composite(*rules, false, depth_left);
  if (const json::Value* const inner = rule.find("Not")) {
    return std::make_shared<const Node>(
        Node{Node::Not{.rule = TRY(parse_rule(*inner, depth_left - 1))}});
  }
  const json::Value* const variable = rule.find("Variable");
  if (variable == nullptr) return wrong("a rule has a Variable");
  return parse_comparison(rule, *variable);
}

Outcome<bool> ChoiceRule::Node::compare_with(const Comparison& comparison, const Scope& scope) {
  const Operator& found = *comparison.found;
  if (found.subject == Subject::kIsPresent) {
    auto value = comparison.variable.find(scope, "Variable");
    if (!value) return std::unexpected(std::move(value.error()));
    return value->has_value() == comparison.constant.as_bool();
  }
  auto value = comparison.variable.evaluate(scope, "Variable");
  if (!value) return std::unexpected(std::move(value.error()));
  if (found.subject > Subject::kIsPresent || found.subject == Subject::kIsNull)
    return is_of_type(found.subject, *value) == comparison.constant.as_bool();
  if (found.subject == Subject::kPattern)
    return value->is_string() && matches_pattern(comparison.pattern, value->as_string());
  if (!comparison.path)
    return holds(found.relation, compare(found.subject, *value, comparison.constant));
  auto other = comparison.path->evaluate(scope, std::string(found.name) + "Path");
  if (!other) return std::unexpected(std::move(other.error()));
  return holds(found.relation, compare(found.subject, *value, *other));
}

// Recurses as deep as rules are inside each other, which parse() limits.
Outcome<bool> ChoiceRule::Node::matches(const Scope& scope, const std::string& field) const {
  if (const auto* const comparison = std::get_if<Comparison>(&what))
    return compare_with(*comparison, scope);
  if (const auto* const inner = std::get_if<Not>(&what)) {
    auto matched = inner->rule->matches(scope, field);
    return matched ? Outcome<bool>(!*matched) : matched;
  }
  if (const auto* const composite = std::get_if<Composite>(&what)) {
    for (const auto& rule : composite->rules) {
      auto matched = rule->matches(scope, field);
      if (!matched || *matched != composite->is_and) return matched;
    }
    return composite->is_and;
  }
  const std::string place = field + "/Condition";
  auto value = std::get<Condition>(what).expression.evaluate(scope, place);
  if (!value) return std::unexpected(std::move(value.error()));
  if (!value->is_bool()) {
    return std::unexpected(
        unexpected_type(std::get<Condition>(what).expression, place, *value, "boolean"));
  }
  return value->as_bool();
}

Result<ChoiceRule> ChoiceRule::parse(const json::Value& rule) {
  return ChoiceParser::parse(rule);
}

Outcome<bool> ChoiceRule::matches(const Scope& scope, const std::string& field) const {
  return root_->matches(scope, field);
}

}  // namespace weft::workflow
