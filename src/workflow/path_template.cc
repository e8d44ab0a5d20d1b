#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "workflow/expressions.h"
#include "workflow/template_tree.h"

namespace weft::workflow {
namespace {

constexpr std::string_view kSuffix = ".$";

struct PathLeaf {
  std::string field;  // as the template has it: "name.$"
  PathExpression expression;
};
using Tree = TemplateTree<PathLeaf>;

Result<std::optional<Tree::Made>> make_leaf(std::string_view name, const json::Value& value) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  if (!value.is_string()) {
    return fail(ErrorCode::kInvalidArgument,
                "the value of a member whose name ends in .$ is a path or a call of a function, in "
                "a string");
  }
  return Tree::Made{.name = std::string(name.substr(0, name.size() - kSuffix.size())),
                    .leaf = {.field = std::string(name),
                             .expression = TRY(PathExpression::parse(
                                 value.as_string(), PathExpression::Allow::kPathOrIntrinsic))}};
}

}  // namespace

struct PathTemplate::Compiled {
  Tree tree;
};

Result<PathTemplate> PathTemplate::parse(const json::Value& value) {
  PathTemplate made;
  made.compiled_ = std::make_shared<const Compiled>(TRY(Tree::compile(value, make_leaf)));
  return made;
}

Outcome<json::Value> PathTemplate::evaluate(const Scope& scope, std::string_view field) const {
  return compiled_->tree.evaluate(field, [&](const PathLeaf& leaf, std::string_view) {
    return leaf.expression.evaluate(scope, leaf.field);
  });
}

std::vector<std::string> PathTemplate::variables() const {
  std::set<std::string> names;
  compiled_->tree.each_leaf([&](const PathLeaf& leaf) {
    for (std::string& name : leaf.expression.variables())
      names.insert(std::move(name));
  });
  return {names.begin(), names.end()};
}

}  // namespace weft::workflow
