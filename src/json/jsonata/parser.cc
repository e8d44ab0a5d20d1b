// A Pratt parser: every token knows what it means before an operand (prefix) and after one (infix).
#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/jsonata/ast.h"
#include "json/jsonata/fault.h"
#include "json/jsonata/lexer.h"
#include "json/jsonata/signature.h"

namespace weft::json::jsonata {

namespace {

class Parser {
 public:
  Parser(Program& program, const CompileLimits& limits)
      : program_(program), limits_(limits), lexer_(program.text) {}

  Made<Node*> parse() {
    WEFT_MADE(advance());
    Node* tree = WEFT_MADE(expression(0));
    if (token_.type != TokenType::kEnd) {
      return fault({.code = "S0201", .position = token_.position, .token = token_.text});
    }
    return tree;
  }

 private:
  bool is_symbol(std::string_view symbol) const {
    return token_.type == TokenType::kOperator && token_.text == symbol;
  }
  Made<void> advance(bool operator_may_stand = false) {
    token_ = WEFT_MADE(lexer_.next(operator_may_stand));
    if (token_.type == TokenType::kEnd) token_.position = program_.text.size();
    if (is_symbol("!") || is_symbol("~")) {
      return fault({.code = "S0204", .position = token_.position, .token = token_.text});
    }
    return {};
  }
  Made<void> expect(std::string_view symbol, bool operator_may_stand = false) {
    if (!is_symbol(symbol)) {
      return fault({.code = token_.type == TokenType::kEnd ? "S0203" : "S0202",
                    .position = token_.position,
                    .token = token_.text,
                    .value = '"' + std::string(symbol) + '"'});
    }
    return advance(operator_may_stand);
  }
  Made<Node*> add(NodeType type, std::size_t position) {
    if (program_.nodes.size() >= limits_.nodes_max) return fault("S0500", position);
    return program_.add(type, position);
  }

  Made<Node*> expression(int power);
  Made<void> measured(Node* node) const;
  Made<Node*> prefix(const Token& token);
  Made<Node*> prefix_symbol(const Token& token);
  Made<Node*> infix(const Token& token, Node* left);
  Made<Node*> infix_other(const Token& token, Node* left);
  Made<Node*> block(const Token& token);
  Made<Node*> array(const Token& token);
  Made<Node*> object(const Token& token, Node* left);
  Made<Node*> transform(const Token& token);
  Made<Node*> call(const Token& token, Node* left);
  Made<Node*> argument(Node* call);
  Made<Node*> lambda(Node* node);
  Made<void> signature(Node* node);
  Made<Node*> predicate(const Token& token, Node* left);
  Made<Node*> sort(const Token& token, Node* left);
  Made<Node*> binding(const Token& token, Node* left);
  Made<Node*> copy(const Node* node);

  Program& program_;
  const CompileLimits& limits_;
  Lexer lexer_;
  Token token_;
  std::size_t depth_ = 0;
};

NodeType terminal_type(TokenType type) {
  switch (type) {
    case TokenType::kString:
      return NodeType::kString;
    case TokenType::kNumber:
      return NodeType::kNumber;
    case TokenType::kValue:
      return NodeType::kValue;
    case TokenType::kName:
      return NodeType::kName;
    case TokenType::kVariable:
      return NodeType::kVariable;
    case TokenType::kRegex:
      return NodeType::kRegex;
    case TokenType::kOperator:
      return NodeType::kOperator;
    case TokenType::kEnd:
      break;
  }
  return NodeType::kEnd;
}

template <class Visit>
void each_child(const Node& node, Visit visit) {
  visit(node.lhs);
  visit(node.rhs);
  visit(node.other);
  for (const Node* item : node.items) {
    visit(item);
  }
  for (const auto& [key, value] : node.pairs) {
    visit(key);
    visit(value);
  }
  for (const SortTerm& term : node.terms) {
    visit(term.expression);
  }
}

// Evaluation and processing recurse over the tree: it must not be too high.
Made<void> Parser::measured(Node* node) const {
  std::size_t highest = 0;
  each_child(*node, [&](const Node* child) {
    if (child != nullptr) highest = std::max(highest, child->height);
  });
  node->height = highest + 1;
  if (node->height > limits_.depth_max) return fault("S0500", node->position);
  return {};
}

Made<Node*> Parser::expression(int power) {
  if (++depth_ > limits_.depth_max) return fault("S0500", token_.position);
  Token token = std::move(token_);
  WEFT_MADE(advance(true));
  Node* left = WEFT_MADE(prefix(token));
  WEFT_MADE(measured(left));
  while (token_.type == TokenType::kOperator && power < binding_power(token_.text)) {
    token = std::move(token_);
    WEFT_MADE(advance());
    left = WEFT_MADE(infix(token, left));
    WEFT_MADE(measured(left));
  }
  depth_--;
  return left;
}

Made<Node*> Parser::prefix(const Token& token) {
  const bool name = token.text == "and" || token.text == "or" || token.text == "in";
  if (token.type == TokenType::kOperator && !name) return prefix_symbol(token);
  Node* node = WEFT_MADE(add(terminal_type(token.type), token.position));
  node->text = token.text;
  node->number = token.number;
  node->regex = token.regex;
  node->boolean = token.text == "true";
  node->is_null = token.text == "null";
  return node;
}

Made<Node*> Parser::prefix_symbol(const Token& token) {
  const std::string& symbol = token.text;
  if (symbol == "(") return block(token);
  if (symbol == "[") return array(token);
  if (symbol == "{") return object(token, nullptr);
  if (symbol == "|") return transform(token);
  if (symbol == "*") return add(NodeType::kWildcard, token.position);
  if (symbol == "**") return add(NodeType::kDescendant, token.position);
  if (symbol == "%") return add(NodeType::kParent, token.position);
  if (symbol != "-") {
    return fault({.code = "S0211", .position = token.position, .token = symbol});
  }
  Node* node = WEFT_MADE(add(NodeType::kUnary, token.position));
  node->text = symbol;
  node->lhs = WEFT_MADE(expression(70));
  return node;
}

Made<Node*> Parser::block(const Token& token) {
  Node* node = WEFT_MADE(add(NodeType::kBlock, token.position));
  while (!is_symbol(")")) {
    node->items.push_back(WEFT_MADE(expression(0)));
    if (!is_symbol(";")) break;
    WEFT_MADE(advance());
  }
  WEFT_MADE(expect(")", true));
  return node;
}

Made<Node*> Parser::array(const Token& token) {
  Node* node = WEFT_MADE(add(NodeType::kUnary, token.position));
  node->text = "[";
  while (!is_symbol("]")) {
    Node* item = WEFT_MADE(expression(0));
    if (is_symbol("..")) {
      Node* range = WEFT_MADE(add(NodeType::kBinary, token_.position));
      WEFT_MADE(advance());
      range->text = "..";
      range->lhs = item;
      range->rhs = WEFT_MADE(expression(0));
      WEFT_MADE(measured(range));
      item = range;
    }
    node->items.push_back(item);
    if (!is_symbol(",")) break;
    WEFT_MADE(advance());
    // After a comma an item must follow.
    if (is_symbol("]")) return fault({.code = "S0211", .position = token_.position, .token = "]"});
  }
  WEFT_MADE(expect("]", true));
  return node;
}

Made<Node*> Parser::object(const Token& token, Node* left) {
  Node* node =
      WEFT_MADE(add(left == nullptr ? NodeType::kUnary : NodeType::kBinary, token.position));
  node->text = "{";
  node->lhs = left;
  if (!is_symbol("}")) {
    while (true) {
      Node* key = WEFT_MADE(expression(0));
      WEFT_MADE(expect(":"));
      node->pairs.emplace_back(key, WEFT_MADE(expression(0)));
      if (!is_symbol(",")) break;
      WEFT_MADE(advance());
    }
  }
  WEFT_MADE(expect("}", true));
  return node;
}

Made<Node*> Parser::transform(const Token& token) {
  Node* node = WEFT_MADE(add(NodeType::kTransform, token.position));
  node->lhs = WEFT_MADE(expression(0));
  WEFT_MADE(expect("|"));
  node->rhs = WEFT_MADE(expression(0));
  if (is_symbol(",")) {
    WEFT_MADE(advance());
    node->other = WEFT_MADE(expression(0));
  }
  WEFT_MADE(expect("|"));
  return node;
}

Made<Node*> Parser::infix(const Token& token, Node* left) {
  const std::string& symbol = token.text;
  if (symbol == "(") return call(token, left);
  if (symbol == "[") return predicate(token, left);
  if (symbol == "{") return object(token, left);
  if (symbol == "^") return sort(token, left);
  if (symbol == "@" || symbol == "#" || symbol == ":=") return binding(token, left);
  if (symbol == "?" || symbol == "?:" || symbol == "??") return infix_other(token, left);
  Node* node = WEFT_MADE(add(NodeType::kBinary, token.position));
  node->text = symbol;
  node->lhs = left;
  node->rhs = WEFT_MADE(expression(binding_power(symbol)));
  return node;
}

Made<Node*> Parser::infix_other(const Token& token, Node* left) {
  Node* node = WEFT_MADE(add(NodeType::kCondition, token.position));
  if (token.text == "?") {
    node->lhs = left;
    node->rhs = WEFT_MADE(expression(0));
    if (is_symbol(":")) {
      WEFT_MADE(advance());
      node->other = WEFT_MADE(expression(0));
    }
    return node;
  }
  // a ?: b is a ? a : b, and a ?? b is $exists(a) ? a : b. The condition is a copy, as processing
  // makes something else of what stands for the value.
  node->lhs = WEFT_MADE(copy(left));
  if (token.text == "??") {
    Node* exists = WEFT_MADE(add(NodeType::kFunction, token.position));
    exists->text = "(";
    exists->items.push_back(node->lhs);
    exists->lhs = WEFT_MADE(add(NodeType::kVariable, token.position));
    exists->lhs->text = "exists";
    WEFT_MADE(measured(exists));
    node->lhs = exists;
  }
  node->rhs = left;
  node->other = WEFT_MADE(expression(0));
  return node;
}

Made<Node*> Parser::copy(const Node* node) {
  if (node == nullptr) return nullptr;
  Node* made = WEFT_MADE(add(node->type, node->position));
  *made = *node;
  made->lhs = WEFT_MADE(copy(node->lhs));
  made->rhs = WEFT_MADE(copy(node->rhs));
  made->other = WEFT_MADE(copy(node->other));
  for (Node*& item : made->items) {
    item = WEFT_MADE(copy(item));
  }
  for (auto& [key, value] : made->pairs) {
    key = WEFT_MADE(copy(key));
    value = WEFT_MADE(copy(value));
  }
  for (SortTerm& term : made->terms) {
    term.expression = WEFT_MADE(copy(term.expression));
  }
  return made;
}

Made<Node*> Parser::argument(Node* call) {
  if (!is_symbol("?")) return expression(0);
  call->type = NodeType::kPartial;
  Node* placeholder = WEFT_MADE(add(NodeType::kOperator, token_.position));
  placeholder->text = "?";
  WEFT_MADE(advance());
  return placeholder;
}

Made<Node*> Parser::call(const Token& token, Node* left) {
  Node* node = WEFT_MADE(add(NodeType::kFunction, token.position));
  node->text = token.text;
  node->lhs = left;
  while (!is_symbol(")") || !node->items.empty()) {
    node->items.push_back(WEFT_MADE(argument(node)));
    if (!is_symbol(",")) break;
    WEFT_MADE(advance());
  }
  WEFT_MADE(expect(")", true));
  const bool is_lambda =
      left->type == NodeType::kName && (left->text == "function" || left->text == "\u03BB");
  return is_lambda ? lambda(node) : Made<Node*>(node);
}

Made<Node*> Parser::lambda(Node* node) {
  for (std::size_t i = 0; i < node->items.size(); i++) {
    const Node& parameter = *node->items[i];
    if (parameter.type != NodeType::kVariable) {
      return fault({.code = "S0208",
                    .position = parameter.position,
                    .token = parameter.text,
                    .index = i + 1});
    }
  }
  node->type = NodeType::kLambda;
  node->lhs = nullptr;
  if (is_symbol("<")) WEFT_MADE(signature(node));
  WEFT_MADE(expect("{"));
  node->rhs = WEFT_MADE(expression(0));
  WEFT_MADE(expect("}"));
  return node;
}

Made<void> Parser::signature(Node* node) {
  const std::size_t position = token_.position;
  std::string text = "<";
  for (int depth = 1; depth > 0 && !is_symbol("{") && token_.type != TokenType::kEnd;) {
    WEFT_MADE(advance());
    if (is_symbol(">")) depth--;
    if (is_symbol("<")) depth++;
    text += token_.text;
  }
  WEFT_MADE(expect(">"));
  auto parsed = Signature::parse(text);
  if (!parsed.has_value()) {
    parsed.error()->position += position;
    return std::unexpected(std::move(parsed).error());
  }
  node->signature = std::make_shared<const Signature>(*std::move(parsed));
  return {};
}

Made<Node*> Parser::predicate(const Token& token, Node* left) {
  if (is_symbol("]")) {
    Node* step = left;
    while (step->type == NodeType::kBinary && step->text == "[") {
      step = step->lhs;
    }
    step->keep_array = true;
    WEFT_MADE(advance());
    return left;
  }
  Node* node = WEFT_MADE(add(NodeType::kBinary, token.position));
  node->text = token.text;
  node->lhs = left;
  node->rhs = WEFT_MADE(expression(0));
  WEFT_MADE(expect("]", true));
  return node;
}

Made<Node*> Parser::sort(const Token& token, Node* left) {
  Node* node = WEFT_MADE(add(NodeType::kBinary, token.position));
  node->text = token.text;
  node->lhs = left;
  WEFT_MADE(expect("("));
  while (true) {
    SortTerm term;
    if (is_symbol("<") || is_symbol(">")) {
      term.descending = is_symbol(">");
      WEFT_MADE(advance());
    }
    term.expression = WEFT_MADE(expression(0));
    node->terms.push_back(term);
    if (!is_symbol(",")) break;
    WEFT_MADE(advance());
  }
  WEFT_MADE(expect(")"));
  return node;
}

Made<Node*> Parser::binding(const Token& token, Node* left) {
  Node* node = WEFT_MADE(add(NodeType::kBinary, token.position));
  node->text = token.text;
  node->lhs = left;
  if (token.text == ":=") {
    if (left->type != NodeType::kVariable) {
      return fault({.code = "S0212", .position = left->position, .token = left->text});
    }
    node->rhs = WEFT_MADE(expression(binding_power(token.text) - 1));
    return node;
  }
  node->rhs = WEFT_MADE(expression(binding_power(token.text)));
  if (node->rhs->type != NodeType::kVariable) {
    return fault({.code = "S0214", .position = node->rhs->position, .token = token.text});
  }
  return node;
}

}  // namespace

Made<Node*> parse_tree(Program& program, const CompileLimits& limits) {
  return Parser(program, limits).parse();
}

Made<std::shared_ptr<const Program>> compile_program(std::string_view text,
                                                     const CompileLimits& limits) {
  if (text.size() > limits.bytes_max) return fault("S0500");
  auto program = std::make_shared<Program>();
  program->text = text;
  Node* tree = WEFT_MADE(parse_tree(*program, limits));
  program->root = WEFT_MADE(process_tree(*program, tree));
  return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace weft::json::jsonata
