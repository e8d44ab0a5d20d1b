#include "workflow/intrinsic.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "json/number.h"
#include "json/unicode.h"

namespace weft::workflow {
namespace {

// "2 or 3 arguments"
std::string count_taken(const IntrinsicFunction& function) {
  const std::size_t min = function.arguments_min;
  const std::size_t max = function.arguments_max;
  if (max == 0) return "no arguments";
  if (max < min + 2 && max > min) return fmt::format("{} or {} arguments", min, max);
  return fmt::format("{}{} argument{}", min, max > min ? " or more" : "",
                     min == 1 && max == min ? "" : "s");
}

constexpr std::size_t kShownNameBytes = 64;

std::string no_function(std::string_view name) {
  const auto meant = nearest_intrinsic_function(name);
  return fmt::format("there is no function {}{}", shown(name, kShownNameBytes),
                     meant ? fmt::format("; did you mean {}?", *meant) : "");
}

}  // namespace

// Reads "States.Name(argument, …)" from left to right.
class IntrinsicParser {
 public:
  explicit IntrinsicParser(std::string_view text) : text_(text) {}

  Result<Intrinsic> parse() {
    skip_spaces();
    auto call = TRY(read_call(1));
    skip_spaces();
    if (at_ < text_.size()) return refuse("the text goes on behind the call's end");
    return Intrinsic(text_, std::move(call));
  }

 private:
  using Call = Intrinsic::Call;
  using Argument = Intrinsic::Argument;
  using Literal = Intrinsic::Literal;

  std::unexpected<Error> refuse(std::string message) const {
    return fail(Error(ErrorCode::kInvalidArgument, std::move(message))
                    .with_position(json::position_of(text_, at_)));
  }

  void skip_spaces() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").contains(text_[at_]))
      ++at_;
  }
  bool take(char character) {
    if (at_ >= text_.size() || text_[at_] != character) return false;
    ++at_;
    return true;
  }

  Result<std::shared_ptr<const Call>> read_call(std::size_t depth) {
    if (depth > kIntrinsicDepthMax) {
      return fail(Error(ErrorCode::kTooLarge, "calls of functions may be nested " +
                                                  std::to_string(kIntrinsicDepthMax) + " deep")
                      .with_position(json::position_of(text_, at_))
                      .with_limit("intrinsic_depth", kIntrinsicDepthMax));
    }
    const std::size_t open = text_.find('(', at_);
    if (open == std::string_view::npos)
      return refuse("a call of a function is expected: States.Name(…)");
    Call call;
    const std::string_view name = text_.substr(at_, open - at_);
    call.function = find_intrinsic_function(name);
    if (call.function == nullptr) return refuse(no_function(name));
    at_ = open + 1;
    call.arguments = TRY(read_arguments(depth));
    return std::make_shared<const Call>(std::move(call));
  }

  Result<std::vector<Argument>> read_arguments(std::size_t depth) {
    std::vector<Argument> arguments;
    skip_spaces();
    if (take(')')) return arguments;
    do {
      skip_spaces();
      arguments.push_back(TRY(read_argument(depth)));
      skip_spaces();
    } while (take(','));
    if (!take(')')) return refuse("',' or ')' is expected behind an argument");
    return arguments;
  }

  Result<Argument> read_argument(std::size_t depth) {
    if (at_ >= text_.size()) return refuse("the call has no end");
    if (text_[at_] == '\'') return read_text();
    if (text_[at_] == '$') return read_path();
    if (text_.substr(at_).starts_with("States.")) return TRY(read_call(depth + 1));
    return read_constant();
  }

  // 'it\'s'. A backslash stands before ', {, } and \ only.
  Result<Argument> read_text() {
    const std::size_t begin = ++at_;
    std::string value;
    while (at_ < text_.size() && text_[at_] != '\'') {
      if (text_[at_] == '\\') {
        ++at_;
        if (at_ >= text_.size() || !std::string_view("'{}\\").contains(text_[at_]))
          return refuse("behind a backslash, one of ' { } \\ is expected");
      }
      value += text_[at_++];
    }
    const std::size_t end = at_;
    if (!take('\'')) return refuse("the text in quotes has no end");
    return Literal{.value = json::Value(value),
                   .quoted = std::string(text_.substr(begin, end - begin)),
                   .is_text = true};
  }

  // A path ends at a comma or bracket of the call around it: neither in brackets nor in quotes.
  Result<Argument> read_path() {
    const std::size_t begin = at_;
    std::size_t open = 0;
    char quote = 0;
    for (; at_ < text_.size(); ++at_) {
      const char character = text_[at_];
      if (quote != 0) {
        if (character == '\\') ++at_;
        if (character == quote) quote = 0;
      } else if (character == '[' || character == '(') {
        ++open;
      } else if (open > 0) {
        if (character == ']' || character == ')') --open;
        if (character == '\'' || character == '"') quote = character;
      } else if (std::string_view(",) \t\r\n").contains(character)) {
        break;
      }
    }
    at_ = std::min(at_, text_.size());
    const std::size_t end = at_;
    at_ = begin;
    auto path = RootedPath::parse(text_.substr(begin, end - begin));
    if (!path.has_value()) {
      return fail(std::move(path).error().with_position(json::position_of(text_, begin)));
    }
    at_ = end;
    return *std::move(path);
  }

  // null, true, false or a number.
  Result<Argument> read_constant() {
    const std::size_t size = std::min(text_.find_first_of(",() \t\r\n'$", at_), text_.size()) - at_;
    const std::string_view word = text_.substr(at_, size);
    std::optional<json::Value> value;
    if (word == "null") value = json::Value();
    if (word == "true" || word == "false") value = json::Value(word == "true");
    if (const auto number = json::Number::from_lexeme(word)) value = json::Value(*number);
    if (!value.has_value()) {
      return refuse(
          "an argument is expected: a path, a text in single quotes, a number, true, false, null "
          "or "
          "a call");
    }
    at_ += size;
    return Literal{.value = *std::move(value)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Intrinsic> Intrinsic::parse(std::string_view text) {
  if (text.size() > kIntrinsicBytesOfTextMax) {
    return fail(Error(ErrorCode::kTooLarge, "a call of a function may have " +
                                                std::to_string(kIntrinsicBytesOfTextMax) + " bytes")
                    .with_limit("intrinsic_bytes", kIntrinsicBytesOfTextMax));
  }
  return IntrinsicParser(text).parse();
}

std::expected<IntrinsicArgument, std::string> Intrinsic::value_of(const Argument& argument,
                                                                  const Scope& scope) {
  if (const Literal* const literal = std::get_if<Literal>(&argument)) {
    return IntrinsicArgument{.value = literal->value,
                             .quoted = literal->is_text ? &literal->quoted : nullptr};
  }
  if (const auto* const call = std::get_if<std::shared_ptr<const Call>>(&argument)) {
    auto value = value_of(**call, scope);
    if (!value.has_value()) return std::unexpected(std::move(value).error());
    return IntrinsicArgument{.value = *std::move(value)};
  }
  const RootedPath& path = std::get<RootedPath>(argument);
  auto found = path.select(scope);
  if (!found.has_value()) return std::unexpected(found.error().message());
  std::optional<json::Value>& value = found->value;
  if (value.has_value()) return IntrinsicArgument{.value = *std::move(value)};
  if (path.root() == RootedPath::Root::kVariable) {
    return std::unexpected(fmt::format("The JsonPath argument '{}' could not be found{}",
                                       path.text(), path.why_not_in_variable(scope, found->why)));
  }
  // AWS drops the "$" that makes "$$" the context object, and quotes the state's input all the
  // same.
  const bool is_context = path.root() == RootedPath::Root::kContext;
  return std::unexpected("The JsonPath argument for the field '" +
                         path.text().substr(is_context ? 1 : 0) +
                         "' could not be found in the input '" + quoted_text(scope.input) + "'");
}

// Recurses as deep as calls are nested: kIntrinsicDepthMax.
std::expected<json::Value, std::string> Intrinsic::value_of(const Call& call, const Scope& scope) {
  const auto refused = [&call](const IntrinsicRefusal& refusal) {
    return std::unexpected("Invalid " + std::string(refusal.subject) + " in " +
                           std::string(call.function->name) + ": " + refusal.reason);
  };
  std::vector<IntrinsicArgument> values;
  for (const Argument& argument : call.arguments) {
    auto value = value_of(argument, scope);
    if (!value.has_value()) return std::unexpected(std::move(value).error());
    values.push_back(*std::move(value));
  }
  if (values.size() < call.function->arguments_min ||
      values.size() > call.function->arguments_max) {
    return refused({.reason = fmt::format("it takes {}, and got {}", count_taken(*call.function),
                                          values.size())});
  }
  auto result = call.function->call(values, scope.inputs);
  if (!result.has_value()) return refused(result.error());
  return *std::move(result);
}

Outcome<json::Value> Intrinsic::evaluate(const Scope& scope) const {
  auto value = value_of(*call_, scope);
  if (value.has_value()) return *std::move(value);
  return ends_with("States.Runtime",
                   "The function '" + *text_ + "' had the following error: " + value.error());
}

void Intrinsic::collect(const Call& call, std::vector<std::string>& variables) {
  for (const Argument& argument : call.arguments) {
    if (const RootedPath* const path = std::get_if<RootedPath>(&argument)) {
      if (!path->variable().empty()) variables.push_back(path->variable());
    } else if (const auto* const inner = std::get_if<std::shared_ptr<const Call>>(&argument)) {
      collect(**inner, variables);
    }
  }
}

std::vector<std::string> Intrinsic::variables() const {
  std::vector<std::string> variables;
  collect(*call_, variables);
  return variables;
}

}  // namespace weft::workflow
