#include "json/jsonata/references.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "json/jsonata/ast.h"

namespace weft::json::jsonata {
namespace {

struct Found {
  std::size_t position;
  std::string_view name;
};

std::vector<std::string> names_of(std::vector<Found>& found) {
  std::ranges::sort(found, {}, &Found::position);
  std::vector<std::string> names;
  std::unordered_set<std::string_view> seen;
  for (const Found& one : found) {
    if (seen.insert(one.name).second) names.emplace_back(one.name);
  }
  return names;
}

// Follows the nodes whose context is the expression's own. Recurses as deep as the compiler lets
// expressions be.
class DocumentWalk {
 public:
  void visit(const Node* node) {
    if (node == nullptr) return;
    switch (node->type) {
      case NodeType::kName:
        found_.push_back({.position = node->position, .name = node->text});
        return;
      case NodeType::kVariable:
        if (node->text.empty() || node->text == "$")
          found_.push_back({.position = node->position, .name = node->text.empty() ? "$" : "$$"});
        return;
      case NodeType::kPath:
        if (!node->items.empty()) visit(node->items.front());
        return;
      case NodeType::kLambda:
        visit(node->rhs);
        return;
      // Its parts see what it is applied to.
      case NodeType::kTransform:
        return;
      default:
        visit_parts(*node);
    }
  }

  std::vector<Found>& found() { return found_; }

 private:
  void visit_parts(const Node& node) {
    visit(node.lhs);
    visit(node.rhs);
    visit(node.other);
    for (const Node* const item : node.items)
      visit(item);
    for (const auto& [key, value] : node.pairs) {
      visit(key);
      visit(value);
    }
  }

  std::vector<Found> found_;
};

// Paths that begin with the variable, wherever they are.
std::vector<Found> members_of(std::string_view variable, const Program& program) {
  std::vector<Found> found;
  for (const Node& node : program.nodes) {
    if (node.type != NodeType::kPath || node.items.size() < 2) continue;
    const Node& first = *node.items[0];
    const Node& second = *node.items[1];
    if (first.type == NodeType::kVariable && first.text == variable &&
        second.type == NodeType::kName)
      found.push_back({.position = second.position, .name = second.text});
  }
  return found;
}

}  // namespace

Outcome<References> references_of(std::string_view text, std::string_view variable,
                                  const CompileLimits& limits) {
  const auto program = compile_program(text, limits);
  if (!program.has_value()) return std::unexpected(failure_of(*program.error()));
  DocumentWalk walk;
  walk.visit((*program)->root);
  auto members = members_of(variable, **program);
  return References{.document = names_of(walk.found()), .variable = names_of(members)};
}

}  // namespace weft::json::jsonata
