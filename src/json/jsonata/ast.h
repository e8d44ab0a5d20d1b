// Compiled expressions: the tree that parsing makes and evaluation walks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/jsonata/fault.h"
#include "json/jsonata/jsonata.h"
#include "json/jsonata/regex.h"
#include "json/jsonata/signature.h"

namespace weft::json::jsonata {

enum class NodeType : std::uint8_t {
  kEnd,
  kName,
  kVariable,
  kString,
  kNumber,
  kValue,  // true, false or null
  kRegex,
  kOperator,  // and, or, in as names; ? as a placeholder
  kWildcard,
  kDescendant,
  kParent,
  kBinary,
  kUnary,
  kFunction,
  kPartial,
  kLambda,
  kBlock,
  kCondition,
  kTransform,
  // Only after processing:
  kPath,
  kSort,
  kBind,
  kApply,
};

// Which binding carries an ancestor through a path's tuples: the value of one %.
struct AncestorSlot {
  std::string label;
  int level = 1;
};

struct Node;

struct Stage {
  Node* filter = nullptr;  // null: the position is bound to `index`
  std::string index;
};

struct SortTerm {
  Node* expression = nullptr;
  bool descending = false;
};

struct Group {
  std::vector<std::pair<Node*, Node*>> pairs;
  std::size_t position = 0;
};

// One node. Parsing fills it, processing (process.h) makes it or another its final form; then it
// never changes.
struct Node {
  NodeType type = NodeType::kEnd;
  std::size_t position = 0;  // where its token ends
  std::size_t height = 1;    // levels below and with this one

  std::string text = {};  // a name, a string, an operator
  double number = 0;
  bool boolean = false;  // of a kValue…
  bool is_null = false;  // …which may be null instead
  std::shared_ptr<const Regex> regex = {};

  Node* lhs = nullptr;            // also: condition, pattern, procedure, the operand of a minus
  Node* rhs = nullptr;            // also: then, update, a lambda's body
  Node* other = nullptr;          // else, delete
  std::vector<Node*> items = {};  // expressions, arguments, parameters, steps
  std::vector<std::pair<Node*, Node*>> pairs = {};
  std::vector<SortTerm> terms = {};
  std::shared_ptr<const Signature> signature = {};

  bool keep_array = false;
  bool keep_singleton = false;
  bool cons = false;
  bool tuple = false;
  bool thunk = false;
  std::string focus = {};
  std::string index = {};
  std::vector<Stage> predicates = {};
  bool has_predicates = false;
  std::vector<Stage> stages = {};
  bool has_stages = false;
  std::optional<Group> group = {};
  AncestorSlot* ancestor = nullptr;
  AncestorSlot* slot = nullptr;
  std::vector<AncestorSlot*> seeking = {};  // ancestors that nodes further out must bind
};

// Owns the nodes of one expression.
struct Program {
  std::deque<Node> nodes;
  std::deque<AncestorSlot> slots;
  std::string text;
  Node* root = nullptr;

  Node* add(NodeType type, std::size_t position) {
    nodes.push_back({.type = type, .position = position});
    return &nodes.back();
  }
};

// The text as a tree, before processing.
Made<Node*> parse_tree(Program& program, const CompileLimits& limits);
// Makes the parsed tree what the evaluator walks: paths, ancestors, tail calls.
Made<Node*> process_tree(Program& program, Node* tree);

Made<std::shared_ptr<const Program>> compile_program(std::string_view text,
                                                     const CompileLimits& limits);

}  // namespace weft::json::jsonata
