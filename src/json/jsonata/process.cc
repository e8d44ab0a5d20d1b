// From the tree that the grammar gives to the tree that evaluation walks: chains of "." become
// paths of steps, predicates become stages of a step, every % finds the step whose context it
// stands for, and calls at the end of functions become thunks.
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/jsonata/ast.h"
#include "json/jsonata/fault.h"

namespace weft::json::jsonata {

namespace {

std::string_view type_name(NodeType type) {
  switch (type) {
    case NodeType::kFunction:
      return "function";
    case NodeType::kVariable:
      return "variable";
    case NodeType::kParent:
      return "parent";
    case NodeType::kPath:
      return "path";
    case NodeType::kBlock:
      return "block";
    case NodeType::kCondition:
      return "condition";
    default:
      return "expression";
  }
}

class Processor {
 public:
  explicit Processor(Program& program) : program_(program) {}

  Made<Node*> process(Node* node);

 private:
  Made<Node*> process_shape(Node* node);
  Made<Node*> binary(Node* node);
  Made<Node*> plain_binary(Node* node);
  Made<Node*> map(Node* node);
  Made<Node*> filter(Node* node);
  Made<Node*> group(Node* node);
  Made<Node*> sort(Node* node);
  Made<Node*> focus(Node* node);
  Made<Node*> index(Node* node);
  Made<Node*> unary(Node* node);
  Made<Node*> call(Node* node);
  Made<Node*> condition(Node* node);
  Made<Node*> block(Node* node);
  Made<Node*> operator_name(Node* node);
  Made<void> each(std::vector<Node*>& nodes, Node* result);

  Made<void> seek(Node* node, AncestorSlot* slot);
  Made<void> seek_in_path(Node* path, AncestorSlot* slot);
  Made<void> resolve(Node* path);
  static void push_ancestry(Node* result, const Node* value);
  Node* tail_call(Node* node);

  Node* path_of(Node* step) {
    Node* path = program_.add(NodeType::kPath, step->position);
    path->items.push_back(step);
    return path;
  }

  Program& program_;
};

void add_stage(Node* step, bool predicate, Stage stage) {
  (predicate ? step->has_predicates : step->has_stages) = true;
  (predicate ? step->predicates : step->stages).push_back(std::move(stage));
}

void predicates_to_stages(Node* step) {
  if (!step->has_predicates) return;
  step->stages = std::exchange(step->predicates, {});
  step->has_stages = std::exchange(step->has_predicates, false);
}

Made<void> Processor::seek_in_path(Node* path, AncestorSlot* slot) {
  path->tuple = true;
  std::size_t step = path->items.size();
  do {
    WEFT_MADE(seek(path->items[--step], slot));
  } while (slot->level > 0 && step > 0);
  return {};
}

Made<void> Processor::seek(Node* node, AncestorSlot* slot) {
  switch (node->type) {
    case NodeType::kName:
    case NodeType::kWildcard:
      if (--slot->level == 0) {
        // Two that mean the same step share its label.
        if (node->ancestor != nullptr) slot->label = node->ancestor->label;
        node->ancestor = slot;
        node->tuple = true;
      }
      return {};
    case NodeType::kParent:
      slot->level++;
      return {};
    case NodeType::kBlock:
      if (node->items.empty()) return {};
      node->tuple = true;
      return seek(node->items.back(), slot);
    case NodeType::kPath:
      return seek_in_path(node, slot);
    default:
      return fault({.code = "S0217",
                    .position = node->position,
                    .token = std::string(type_name(node->type))});
  }
}

void Processor::push_ancestry(Node* result, const Node* value) {
  std::ranges::copy(value->seeking, std::back_inserter(result->seeking));
  if (value->type == NodeType::kParent) result->seeking.push_back(value->slot);
}

Made<void> Processor::resolve(Node* path) {
  const Node* last = path->items.back();
  std::vector<AncestorSlot*> slots = last->seeking;
  if (last->type == NodeType::kParent) slots.push_back(last->slot);
  for (AncestorSlot* slot : slots) {
    std::size_t next = path->items.size() - 1;  // the step before it is looked at next
    while (slot->level > 0) {
      if (next == 0) {
        path->seeking.push_back(slot);
        break;
      }
      Node* step = path->items[--next];
      // Steps that bind a variable to the context do not move it.
      while (next > 0 && !step->focus.empty() && !path->items[next - 1]->focus.empty()) {
        step = path->items[--next];
      }
      WEFT_MADE(seek(step, slot));
    }
  }
  return {};
}

Node* Processor::tail_call(Node* node) {
  if (node->type == NodeType::kFunction && !node->has_predicates) {
    Node* thunk = program_.add(NodeType::kLambda, node->position);
    thunk->thunk = true;
    thunk->rhs = node;
    return thunk;
  }
  if (node->type == NodeType::kCondition) {
    node->rhs = tail_call(node->rhs);
    if (node->other != nullptr) node->other = tail_call(node->other);
  } else if (node->type == NodeType::kBlock && !node->items.empty()) {
    node->items.back() = tail_call(node->items.back());
  }
  return node;
}

Made<Node*> Processor::process(Node* node) {
  const bool keep_array = node->keep_array;
  Node* result = WEFT_MADE(process_shape(node));
  if (keep_array) result->keep_array = true;
  return result;
}

Made<Node*> Processor::process_shape(Node* node) {
  switch (node->type) {
    case NodeType::kBinary:
      return binary(node);
    case NodeType::kUnary:
      return unary(node);
    case NodeType::kFunction:
    case NodeType::kPartial:
      return call(node);
    case NodeType::kLambda:
      node->rhs = tail_call(WEFT_MADE(process(node->rhs)));
      return node;
    case NodeType::kCondition:
      return condition(node);
    case NodeType::kTransform:
      node->lhs = WEFT_MADE(process(node->lhs));
      node->rhs = WEFT_MADE(process(node->rhs));
      if (node->other != nullptr) node->other = WEFT_MADE(process(node->other));
      return node;
    case NodeType::kBlock:
      return block(node);
    case NodeType::kName: {
      Node* path = path_of(node);
      path->keep_singleton = node->keep_array;
      return path;
    }
    case NodeType::kParent:
      program_.slots.push_back({.label = "!" + std::to_string(program_.slots.size())});
      node->slot = &program_.slots.back();
      return node;
    case NodeType::kOperator:
      return operator_name(node);
    case NodeType::kEnd:
      return fault({.code = "S0207", .position = node->position, .token = node->text});
    default:
      return node;
  }
}

Made<Node*> Processor::operator_name(Node* node) {
  if (node->text == "?") return node;
  node->type = NodeType::kName;
  return process_shape(node);
}

Made<void> Processor::each(std::vector<Node*>& nodes, Node* result) {
  for (Node*& node : nodes) {
    node = WEFT_MADE(process(node));
    push_ancestry(result, node);
  }
  return {};
}

Made<Node*> Processor::binary(Node* node) {
  const std::string& symbol = node->text;
  if (symbol == ".") return map(node);
  if (symbol == "[") return filter(node);
  if (symbol == "{") return group(node);
  if (symbol == "^") return sort(node);
  if (symbol == "@") return focus(node);
  if (symbol == "#") return index(node);
  return plain_binary(node);
}

Made<Node*> Processor::plain_binary(Node* node) {
  if (node->text == ":=") {
    node->type = NodeType::kBind;
    node->rhs = WEFT_MADE(process(node->rhs));
    push_ancestry(node, node->rhs);
    return node;
  }
  node->lhs = WEFT_MADE(process(node->lhs));
  node->rhs = WEFT_MADE(process(node->rhs));
  if (node->text == "~>") {
    node->type = NodeType::kApply;
    node->keep_array = node->lhs->keep_array || node->rhs->keep_array;
    return node;
  }
  push_ancestry(node, node->lhs);
  push_ancestry(node, node->rhs);
  return node;
}

bool is_array_constructor(const Node* node) {
  return node->type == NodeType::kUnary && node->text == "[";
}

Made<Node*> Processor::map(Node* node) {
  Node* left = WEFT_MADE(process(node->lhs));
  Node* path = left->type == NodeType::kPath ? left : path_of(left);
  if (left->type == NodeType::kParent) path->seeking = {left->slot};
  Node* rest = WEFT_MADE(process(node->rhs));
  if (rest->type == NodeType::kPath) {
    std::ranges::copy(rest->items, std::back_inserter(path->items));
  } else {
    predicates_to_stages(rest);
    path->items.push_back(rest);
  }
  for (Node* step : path->items) {
    if (step->type == NodeType::kNumber || step->type == NodeType::kValue) {
      return fault({.code = "S0213", .position = step->position, .value = step->text});
    }
    if (step->type == NodeType::kString) step->type = NodeType::kName;
    if (step->keep_array) path->keep_singleton = true;
  }
  if (is_array_constructor(path->items.front())) path->items.front()->cons = true;
  if (is_array_constructor(path->items.back())) path->items.back()->cons = true;
  WEFT_MADE(resolve(path));
  return path;
}

Made<Node*> Processor::filter(Node* node) {
  Node* result = WEFT_MADE(process(node->lhs));
  const bool is_path = result->type == NodeType::kPath;
  Node* step = is_path ? result->items.back() : result;
  if (step->group.has_value()) return fault("S0209", node->position);
  (is_path ? step->has_stages : step->has_predicates) = true;
  Node* predicate = WEFT_MADE(process(node->rhs));
  for (AncestorSlot* slot : predicate->seeking) {
    if (slot->level == 1) {
      WEFT_MADE(seek(step, slot));
    } else {
      slot->level--;
    }
  }
  if (!predicate->seeking.empty()) push_ancestry(step, predicate);
  add_stage(step, !is_path, {.filter = predicate, .index = {}});
  return result;
}

Made<Node*> Processor::group(Node* node) {
  Node* result = WEFT_MADE(process(node->lhs));
  if (result->group.has_value()) return fault("S0210", node->position);
  Group group{.pairs = {}, .position = node->position};
  for (const auto& [key, value] : node->pairs) {
    Node* key_node = WEFT_MADE(process(key));
    group.pairs.emplace_back(key_node, WEFT_MADE(process(value)));
  }
  result->group = std::move(group);
  return result;
}

Made<Node*> Processor::sort(Node* node) {
  Node* result = WEFT_MADE(process(node->lhs));
  if (result->type != NodeType::kPath) result = path_of(result);
  Node* step = program_.add(NodeType::kSort, node->position);
  for (const SortTerm& term : node->terms) {
    Node* expression = WEFT_MADE(process(term.expression));
    push_ancestry(step, expression);
    step->terms.push_back({.expression = expression, .descending = term.descending});
  }
  result->items.push_back(step);
  WEFT_MADE(resolve(result));
  return result;
}

Made<Node*> Processor::focus(Node* node) {
  Node* result = WEFT_MADE(process(node->lhs));
  Node* step = result->type == NodeType::kPath ? result->items.back() : result;
  if (step->has_stages || step->has_predicates) return fault("S0215", node->position);
  if (step->type == NodeType::kSort) return fault("S0216", node->position);
  if (node->keep_array) step->keep_array = true;
  step->focus = node->rhs->text;
  step->tuple = true;
  return result;
}

Made<Node*> Processor::index(Node* node) {
  Node* result = WEFT_MADE(process(node->lhs));
  Node* step = result;
  if (result->type == NodeType::kPath) {
    step = result->items.back();
  } else {
    result = path_of(step);
    predicates_to_stages(step);
  }
  if (step->has_stages) {
    add_stage(step, false, {.filter = nullptr, .index = node->rhs->text});
  } else {
    step->index = node->rhs->text;
  }
  step->tuple = true;
  return result;
}

Made<Node*> Processor::unary(Node* node) {
  if (node->text == "[") {
    WEFT_MADE(each(node->items, node));
    return node;
  }
  if (node->text == "{") {
    for (auto& [key, value] : node->pairs) {
      key = WEFT_MADE(process(key));
      push_ancestry(node, key);
      value = WEFT_MADE(process(value));
      push_ancestry(node, value);
    }
    return node;
  }
  node->lhs = WEFT_MADE(process(node->lhs));
  if (node->lhs->type == NodeType::kNumber) {
    node->lhs->number = -node->lhs->number;
    return node->lhs;
  }
  push_ancestry(node, node->lhs);
  return node;
}

Made<Node*> Processor::call(Node* node) {
  WEFT_MADE(each(node->items, node));
  node->lhs = WEFT_MADE(process(node->lhs));
  return node;
}

Made<Node*> Processor::condition(Node* node) {
  node->lhs = WEFT_MADE(process(node->lhs));
  push_ancestry(node, node->lhs);
  node->rhs = WEFT_MADE(process(node->rhs));
  push_ancestry(node, node->rhs);
  if (node->other != nullptr) {
    node->other = WEFT_MADE(process(node->other));
    push_ancestry(node, node->other);
  }
  return node;
}

Made<Node*> Processor::block(Node* node) {
  WEFT_MADE(each(node->items, node));
  for (const Node* part : node->items) {
    const bool cons = part->type == NodeType::kPath ? part->items.front()->cons : part->cons;
    if (cons || part->cons) node->cons = true;
  }
  return node;
}

}  // namespace

Made<Node*> process_tree(Program& program, Node* tree) {
  Node* root = WEFT_MADE(Processor(program).process(tree));
  if (root->type == NodeType::kParent || !root->seeking.empty()) {
    return fault(
        {.code = "S0217", .position = root->position, .token = std::string(type_name(root->type))});
  }
  return root;
}

}  // namespace weft::json::jsonata
