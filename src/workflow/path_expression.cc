#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "workflow/expressions.h"
#include "workflow/intrinsic.h"
#include "workflow/rooted_path.h"

namespace weft::workflow {
namespace {

// AWS says of members of templates, ErrorPath and CausePath which field it is whose path leads
// nowhere, and of all other fields why it does.
bool is_told(std::string_view field) {
  return field.ends_with(".$") || field == "ErrorPath" || field == "CausePath";
}

}  // namespace

struct PathExpression::Compiled {
  std::string text;
  std::variant<RootedPath, Intrinsic> is;
};

Result<PathExpression> PathExpression::parse(std::string_view text, Allow allow) {
  const auto compiled = [&](auto is) {
    PathExpression expression;
    expression.compiled_ =
        std::make_shared<const Compiled>(Compiled{.text = std::string(text), .is = std::move(is)});
    return expression;
  };
  if (text.starts_with('$')) return compiled(TRY(RootedPath::parse(text)));
  if (allow == Allow::kPath)
    return fail(ErrorCode::kInvalidArgument, "a path is expected, which begins with $");
  return compiled(TRY(Intrinsic::parse(text)));
}

const std::string& PathExpression::text() const {
  return compiled_->text;
}

bool PathExpression::is_intrinsic() const {
  return std::holds_alternative<Intrinsic>(compiled_->is);
}

Outcome<json::Value> PathExpression::evaluate(const Scope& scope, std::string_view field) const {
  const Intrinsic* const intrinsic = std::get_if<Intrinsic>(&compiled_->is);
  if (intrinsic != nullptr) return intrinsic->evaluate(scope);
  const RootedPath& path = std::get<RootedPath>(compiled_->is);
  auto found = path.select(scope);
  if (!found.has_value()) return ends_with("States.Runtime", found.error().message());
  std::optional<json::Value>& value = found->value;
  if (value.has_value()) return *std::move(value);
  if (!is_told(field)) {
    return ends_with("States.Runtime", "Invalid path '" + compiled_->text + "' : " + found->why);
  }
  // An observation: AWS takes null for the item behind an array's end here, and nowhere else.
  if (path.ends_behind_array(scope)) return json::Value();
  // What the state's input has is of no interest here.
  if (path.root() == RootedPath::Root::kVariable) {
    return ends_with(
        "States.Runtime",
        fmt::format("The JSONPath '{}' specified for the field '{}' could not be found{}",
                    compiled_->text, field, path.why_not_in_variable(scope, found->why)));
  }
  const bool is_context = path.root() == RootedPath::Root::kContext;
  return ends_with("States.Runtime",
                   "The JSONPath '" + compiled_->text + "' specified for the field '" +
                       std::string(field) + "' could not be found in the input '" +
                       quoted_text(is_context ? scope.context : scope.input) + "'");
}

Outcome<std::optional<json::Value>> PathExpression::find(const Scope& scope,
                                                         std::string_view field) const {
  if (is_intrinsic()) {
    auto value = evaluate(scope, field);
    if (!value.has_value()) return std::unexpected(std::move(value).error());
    return *std::move(value);
  }
  auto found = std::get<RootedPath>(compiled_->is).select(scope);
  if (!found.has_value()) return ends_with("States.Runtime", found.error().message());
  return std::move(found->value);
}

std::vector<std::string> PathExpression::variables() const {
  std::vector<std::string> names;
  if (const Intrinsic* const intrinsic = std::get_if<Intrinsic>(&compiled_->is)) {
    names = intrinsic->variables();
  } else if (const RootedPath& path = std::get<RootedPath>(compiled_->is);
             !path.variable().empty()) {
    names = {path.variable()};
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

}  // namespace weft::workflow
