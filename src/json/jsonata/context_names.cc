#include "json/jsonata/context_names.h"

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

// Follows the nodes whose context is the expression's own. Recurses as deep as the compiler lets
// expressions be.
class Walk {
 public:
  void visit(const Node* node) {
    if (node == nullptr) return;
    switch (node->type) {
      case NodeType::kName:
        found_.push_back({.position = node->position, .name = node->text});
        return;
      case NodeType::kVariable:
        if (node->text == "$") found_.push_back({.position = node->position, .name = "$$"});
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

  std::vector<std::string> names() {
    std::ranges::sort(found_, {}, &Found::position);
    std::vector<std::string> names;
    std::unordered_set<std::string_view> seen;
    for (const Found& found : found_) {
      if (seen.insert(found.name).second) names.emplace_back(found.name);
    }
    return names;
  }

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

}  // namespace

Outcome<std::vector<std::string>> context_names(std::string_view text,
                                                const CompileLimits& limits) {
  const auto program = compile_program(text, limits);
  if (!program.has_value()) return std::unexpected(failure_of(*program.error()));
  Walk walk;
  walk.visit((*program)->root);
  return walk.names();
}

}  // namespace weft::json::jsonata
