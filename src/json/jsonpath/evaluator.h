// Walking a document along a parsed JSONPath.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "json/jsonpath/limits.h"
#include "json/jsonpath/syntax.h"
#include "json/value.h"

namespace weft::json::jsonpath {

// One step from a value to one in it.
struct Step {
  std::uint32_t parent = 0;  // place of the value that it is in
  bool is_item = false;      // of an array; a member of an object otherwise
  std::string_view name = {};
  std::size_t index = 0;
};

// A value on the way. Points into the document.
struct Item {
  const Value* value = nullptr;
  std::uint32_t place = 0;  // see Evaluator::path_of
};

// For one evaluation, by one thread. When a limit is reached, all that follows gives nothing and
// result() says so: look at it before believing anything else.
class Evaluator {
 public:
  struct Options {
    Dialect dialect = Dialect::kRfc9535;
    bool with_places = false;  // for path_of()
    EvaluationLimits limits = {};
  };

  // The root and all queries outlive this.
  Evaluator(const Value& root, const Options& options);

  std::vector<Item> evaluate(const Query& query, Item from);
  // What one segment gives of these, in the order of RFC 9535.
  std::vector<Item> apply(const Segment& segment, const std::vector<Item>& items);

  Item root() const { return {.value = &root_, .place = 0}; }
  // False when there are not so many steps left.
  bool spend(std::uint64_t steps = 1);
  // The limit that was reached, if one was.
  Result<> result() const;

  // The normalized path of one of the results; counts its bytes.
  std::string path_of(Item item);

 private:
  void reach(std::string_view limit, std::uint64_t value);
  void give(std::vector<Item>& out, const Item& parent, const Value& value, Step step);
  void give_itself(std::vector<Item>& out, const Item& item);

  void select(const Selector& selector, const Item& item, std::vector<Item>& out);
  void select_children(const Item& item, const Filter* filter, std::vector<Item>& out);
  void select_slice(const Slice& slice, const Item& item, std::vector<Item>& out);
  void descend(const Segment& segment, const Item& item, std::vector<Item>& out);

  void push_containers(const Item& item, std::vector<Item>& out);

  // Of a filter; `current` is "@".
  bool holds(const Expression& expression, const Value& current);
  bool holds(const Comparison& comparison, const Value& current);
  bool holds(const Group& group, const Value& current);
  bool holds(const Test& test, const Value& current);
  // Null for nothing; else in the document, in the path or in `made`.
  const Value* value_of(const Operand& operand, const Value& current, Value& made);
  const Value* singular(const Query& query, const Value& current);
  const Value* call_value(const Call& call, const Value& current, Value& made);
  bool matches(const Call& call, const Value& current);
  std::shared_ptr<const IRegexp> compiled(std::string_view pattern);
  std::vector<Item> nodes_of(const Query& query, const Value& current);
  using Pair = std::pair<const Value*, const Value*>;
  bool are_equal(const Value* left, const Value* right);
  bool push_inner(const Pair& pair, std::vector<Pair>& out);
  bool are_same_number(const Value& left, const Value& right);
  bool takes_equals(const Value* left, const Value* right) const;
  bool is_less(const Value* smaller, const Value* greater);

  bool is_states() const { return options_.dialect == Dialect::kStates; }

  const Value& root_;
  Options options_;
  std::uint64_t steps_left_;
  std::size_t path_bytes_left_;
  std::optional<Error> failure_;
  std::vector<Step> steps_;  // that place is behind the one of this number minus 1; 0 is the root
  bool in_filter_ = false;
  // The expression that match() or search() last took from a document; most do so again and again.
  std::string last_pattern_;
  std::shared_ptr<const IRegexp> last_regexp_;
};

}  // namespace weft::json::jsonpath
