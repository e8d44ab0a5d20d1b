// Evaluation of paths: steps, predicates, tuples of bound variables, sorting and grouping.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "json/jsonata/evaluator.h"
#include "json/jsonata/sort.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata {

namespace {

// The name that a tuple has for its value; the others are of variables.
constexpr std::string_view kFocus = "@";

Object* tuple_of(Heap& heap, const Var& value) {
  auto* tuple = heap.make<Object>();
  tuple->set(heap, kFocus, value);
  return tuple;
}

bool is_tuple_stream(const Var& value) {
  return value.array() != nullptr && value.array()->tuple_stream;
}

}  // namespace

Made<Var> Evaluator::evaluate_path(const Node& node, Var input, Frame* frame) {
  const bool is_absolute = node.items[0]->type == NodeType::kVariable;
  Var current = input.is_array() && !is_absolute ? input : Var(heap_.sequence(input));
  Var result;
  Array* tuples = nullptr;
  bool has_tuples = false;
  for (std::size_t i = 0; i < node.items.size(); i++) {
    const Node& step = *node.items[i];
    has_tuples = has_tuples || step.tuple;
    if (i == 0 && step.cons) {
      result = WEFT_MADE(evaluate(step, current, frame));
    } else if (has_tuples) {
      tuples = WEFT_MADE(evaluate_tuple_step(step, current, tuples, frame));
    } else {
      result = WEFT_MADE(evaluate_step(step, current, frame, i + 1 == node.items.size()));
    }
    if (!has_tuples && (!result.defined() || (result.is_array() && result.size() == 0))) break;
    if (step.focus.empty()) current = result;
  }
  return path_result(node, result, tuples, frame);
}

Made<Var> Evaluator::path_result(const Node& node, Var result, Array* tuples, Frame* frame) {
  if (tuples != nullptr && node.tuple) {
    result = tuples;
  } else if (tuples != nullptr) {
    Array* values = heap_.sequence();
    for (std::size_t i = 0; i < tuples->size; i++) {
      values->push(heap_, tuples->at(i).member(kFocus));
    }
    result = values;
  }
  if (node.keep_singleton) {
    if (result.array() != nullptr && result.array()->cons && !result.array()->sequence) {
      result = heap_.sequence(result);
    }
    if (result.array() != nullptr) result.array()->keep_singleton = true;
  }
  if (!node.group.has_value()) return result;
  return evaluate_group(node.group->pairs, node.group->position,
                        tuples != nullptr ? Var(tuples) : result, frame);
}

// A name in an object needs none of the work of evaluate().
Made<Var> Evaluator::evaluate_item(const Node& step, Var item, Frame* frame) {
  if (step.type == NodeType::kName && item.is_object() && !step.has_predicates &&
      !step.group.has_value()) {
    const Var found = item.member(step.text);
    if (!found.is_sequence()) {
      WEFT_MADE(spend(1));
      return found;
    }
  }
  return evaluate(step, item, frame);
}

Made<Var> Evaluator::evaluate_step(const Node& step, Var input, Frame* frame, bool last) {
  if (step.type == NodeType::kSort) {
    return evaluate_stages(step.stages, WEFT_MADE(evaluate_sort(step, input, frame)), frame);
  }
  Var first;
  std::size_t count = 0;
  Array* sequence = heap_.sequence();
  const auto flatten = [&](const Var& value) {
    const bool whole = !value.is_array() || (value.array() != nullptr && value.array()->cons);
    if (whole) {
      sequence->push(heap_, value);
    } else {
      sequence->push_all(heap_, value);
    }
  };
  const std::size_t size = input.size();
  for (std::size_t i = 0; i < size; i++) {
    Var value = WEFT_MADE(evaluate_item(step, input.item(i), frame));
    for (const Stage& stage : step.stages) {
      value = WEFT_MADE(evaluate_filter(*stage.filter, value, frame));
    }
    if (!value.defined()) continue;
    count++;
    if (count == 1) {
      first = value;
      continue;
    }
    if (count == 2) flatten(first);
    flatten(value);
  }
  if (count == 1) {
    // The one array at a path's end is its value.
    if (last && first.is_array() && !first.is_sequence()) return first;
    flatten(first);
  }
  return Var(sequence);
}

Frame* Evaluator::frame_of_tuple(const Object& tuple, Frame* parent) {
  auto* frame = heap_.make<Frame>();
  frame->parent = parent;
  for (std::size_t i = 0; i < tuple.size; i++) {
    frame->bind(heap_, tuple.entries[i].key, tuple.entries[i].value);
  }
  return frame;
}

Made<Array*> Evaluator::sort_tuples(const Node& step, Var input, Array* tuples, Frame* frame) {
  Array* result = nullptr;
  if (tuples != nullptr) {
    result = WEFT_MADE(evaluate_sort(step, tuples, frame)).array();
  } else {
    const Var sorted = WEFT_MADE(evaluate_sort(step, input, frame));
    result = heap_.sequence();
    for (std::size_t i = 0; i < sorted.size(); i++) {
      Object* tuple = tuple_of(heap_, sorted.item(i));
      if (!step.index.empty()) tuple->set(heap_, step.index, Var(static_cast<double>(i)));
      result->push(heap_, tuple);
    }
  }
  result->tuple_stream = true;
  return WEFT_MADE(evaluate_stages(step.stages, result, frame)).array();
}

Made<void> Evaluator::push_tuples(const Node& step, Var result, const Object& from, Array& to) {
  if (!result.defined()) return {};
  if (!result.is_array()) result = heap_.sequence(result);
  const bool stream = is_tuple_stream(result);
  const Object::Entry* focus = from.find(kFocus);
  for (std::size_t i = 0; i < result.size(); i++) {
    WEFT_MADE(spend(1));
    auto* tuple = heap_.make<Object>();
    for (std::size_t entry = 0; entry < from.size; entry++) {
      tuple->set(heap_, from.entries[entry].key, from.entries[entry].value);
    }
    const Var item = result.item(i);
    if (stream) {
      for (std::size_t entry = 0; entry < item.size(); entry++) {
        tuple->set(heap_, item.key(entry), item.item(entry));
      }
    } else {
      tuple->set(heap_, step.focus.empty() ? kFocus : std::string_view(step.focus), item);
      if (!step.index.empty()) tuple->set(heap_, step.index, Var(static_cast<double>(i)));
      if (step.ancestor != nullptr && focus != nullptr) {
        tuple->set(heap_, step.ancestor->label, focus->value);
      }
    }
    to.push(heap_, tuple);
  }
  return {};
}

Made<Array*> Evaluator::evaluate_tuple_step(const Node& step, Var input, Array* tuples,
                                            Frame* frame) {
  if (step.type == NodeType::kSort) return sort_tuples(step, input, tuples, frame);
  Array* result = heap_.sequence();
  result->tuple_stream = true;
  const std::size_t size = tuples != nullptr ? tuples->size : input.size();
  for (std::size_t i = 0; i < size; i++) {
    const Object* tuple =
        tuples != nullptr ? tuples->at(i).object() : tuple_of(heap_, input.item(i));
    if (tuple == nullptr) continue;
    const Object::Entry* focus = tuple->find(kFocus);
    const Var value = WEFT_MADE(
        evaluate(step, focus == nullptr ? Var() : focus->value, frame_of_tuple(*tuple, frame)));
    WEFT_MADE(push_tuples(step, value, *tuple, *result));
  }
  return WEFT_MADE(evaluate_stages(step.stages, result, frame)).array();
}

Made<Var> Evaluator::evaluate_stages(const std::vector<Stage>& stages, Var input, Frame* frame) {
  for (const Stage& stage : stages) {
    if (stage.filter != nullptr) {
      input = WEFT_MADE(evaluate_filter(*stage.filter, input, frame));
      continue;
    }
    for (std::size_t i = 0; i < input.size(); i++) {
      Object* tuple = input.item(i).object();
      if (tuple != nullptr) tuple->set(heap_, stage.index, Var(static_cast<double>(i)));
    }
  }
  return input;
}

namespace {

// Where that number points in an array of that size, from its end when it is negative.
std::optional<std::size_t> index_of(double number, std::size_t size) {
  double index = std::floor(number);
  if (index < 0) index += static_cast<double>(size);
  if (!(index >= 0) || index >= static_cast<double>(size)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

// Whether the expression has the same value for each item.
bool is_variable(const Node& node) {
  return node.type == NodeType::kVariable && !node.text.empty() && !node.has_predicates &&
         !node.group.has_value();
}

}  // namespace

Made<bool> Evaluator::is_picked(const Var& verdict, std::size_t index, std::size_t size,
                                Array& results, const Var& item) {
  if (WEFT_MADE(is_numeric(verdict))) {
    if (index_of(verdict.number(), size) == index) results.push(heap_, item);
    return true;
  }
  if (!WEFT_MADE(is_array_of_numbers(*this, verdict))) return false;
  WEFT_MADE(spend(verdict.size()));
  for (std::size_t i = 0; i < verdict.size(); i++) {
    if (index_of(verdict.item(i).number(), size) == index) results.push(heap_, item);
  }
  return true;
}

Made<Var> Evaluator::evaluate_filter(const Node& predicate, Var input, Frame* frame) {
  Array* results = heap_.sequence();
  const bool tuples = is_tuple_stream(input);
  results->tuple_stream = tuples;
  if (!input.is_array()) input = heap_.sequence(input);
  const std::size_t size = input.size();
  std::optional<double> number;
  if (predicate.type == NodeType::kNumber) number = predicate.number;
  if (is_variable(predicate) && !tuples && size > 0) {
    const Var value = WEFT_MADE(evaluate(predicate, input.item(0), frame));
    if (WEFT_MADE(is_numeric(value))) number = value.number();
  }
  if (number.has_value()) {
    const auto index = index_of(*number, size);
    const Var item = index.has_value() ? input.item(*index) : Var();
    if (item.is_array() && predicate.type == NodeType::kNumber) return item;
    if (item.defined()) results->push(heap_, item);
    return Var(results);
  }
  for (std::size_t i = 0; i < size; i++) {
    const Var item = input.item(i);
    Var context = item;
    Frame* scope = frame;
    if (tuples && item.object() != nullptr) {
      context = item.member(kFocus);
      scope = frame_of_tuple(*item.object(), frame);
    }
    const Var verdict = WEFT_MADE(evaluate(predicate, context, scope));
    if (WEFT_MADE(is_picked(verdict, i, size, *results, item))) continue;
    if (WEFT_MADE(is_true(*this, verdict))) results->push(heap_, item);
  }
  return Var(results);
}

namespace {

Made<int> sort_order(Evaluator& run, const Node& step, const Var& left, const Var& right) {
  if (!left.defined() || !right.defined()) {
    return static_cast<int>(right.defined()) - static_cast<int>(left.defined());
  }
  const auto sortable = [](const Var& value) { return value.is_string() || value.is_number(); };
  if (!sortable(left) || !sortable(right)) {
    return fault({.code = "T2008",
                  .position = step.position,
                  .value = shown(run, sortable(left) ? right : left)});
  }
  if (left.type() != right.type()) {
    return fault({.code = "T2007",
                  .position = step.position,
                  .value = shown(run, left),
                  .value2 = shown(run, right)});
  }
  if (left.is_string()) return compare_text(left.text(), right.text());
  if (left.number() == right.number()) return 0;
  return left.number() < right.number() ? -1 : 1;
}

}  // namespace

Made<Var> Evaluator::evaluate_sort(const Node& step, Var input, Frame* frame) {
  const bool tuples = is_tuple_stream(input);
  const std::size_t size = input.size();
  const std::size_t terms = step.terms.size();
  if (size <= 1) return input;
  // What the terms are worth for each item, when that is known.
  std::vector<std::optional<Var>> keys;
  if (!heap_.has(size * terms * sizeof(keys[0]))) return fault("D2015");
  keys.resize(size * terms);
  const auto key = [&](std::size_t index, std::size_t term) -> Made<Var> {
    auto& known = keys[(index * terms) + term];
    if (known.has_value()) return *known;
    Var context = input.item(index);
    Frame* scope = frame;
    if (tuples && context.object() != nullptr) {
      scope = frame_of_tuple(*context.object(), frame);
      context = context.member(kFocus);
    }
    known = WEFT_MADE(evaluate(*step.terms[term].expression, context, scope));
    return *known;
  };
  const auto is_behind = [&](std::size_t left, std::size_t right) -> Made<bool> {
    for (std::size_t term = 0; term < terms; term++) {
      const Var left_key = WEFT_MADE(key(left, term));
      const Var right_key = WEFT_MADE(key(right, term));
      const int order = WEFT_MADE(sort_order(*this, step, left_key, right_key));
      if (order == 0) continue;
      const bool turned = step.terms[term].descending && left_key.defined() && right_key.defined();
      return turned ? order < 0 : order > 0;
    }
    return false;
  };
  const auto sorted = WEFT_MADE(sort_indexes(*this, size, is_behind));
  Array* result = heap_.make<Array>();
  result->tuple_stream = tuples;
  for (const std::size_t index : sorted) {
    result->push(heap_, input.item(index));
  }
  return Var(result);
}

struct Grouped {
  std::string_view key;
  Var data;
  std::size_t pair = 0;
  bool several = false;  // `data` is an array that was made here

  // JavaScript's concat, without copying what is there already.
  void add(Heap& heap, const Var& item) {
    if (!several) {
      several = data.defined() && item.defined();
      data = appended(heap, data, item);
    } else if (item.is_array()) {
      data.array()->push_all(heap, item);
    } else if (item.defined()) {
      data.array()->push(heap, item);
    }
  }
};

Made<Var> Evaluator::reduced_tuples(const Var& tuples) {
  if (!tuples.is_array()) return tuples;
  auto* result = heap_.make<Object>();
  std::vector<Grouped> values;  // of the members of `result`
  for (std::size_t i = 0; i < tuples.size(); i++) {
    const Var tuple = tuples.item(i);
    WEFT_MADE(spend(tuple.size()));
    for (std::size_t entry = 0; entry < tuple.size(); entry++) {
      const Object::Entry* found = result->find(tuple.key(entry));
      if (found == nullptr) {
        result->set(heap_, tuple.key(entry), Var());
        values.push_back({.key = tuple.key(entry), .data = tuple.item(entry)});
      } else {
        values[static_cast<std::size_t>(found - result->entries)].add(heap_, tuple.item(entry));
      }
    }
  }
  for (const Grouped& value : values) {
    result->set(heap_, value.key, value.data);
  }
  return Var(result);
}

namespace {

// The items of each key, in the order of the keys.
class Groups {
 public:
  Groups(Evaluator& run, std::size_t position) : run_(run), position_(position) {}

  // What an item's key expression, which is that of `pair`, gave.
  Made<void> add(const Var& key, const Var& item, std::size_t pair) {
    if (!key.defined()) return {};
    if (!key.is_string()) {
      return fault({.code = "T1003", .position = position_, .value = shown(run_, key)});
    }
    const auto [place, is_new] = places_.try_emplace(key.text(), groups_.size());
    if (is_new) {
      groups_.push_back({.key = key.text(), .data = item, .pair = pair});
      return {};
    }
    Grouped& group = groups_[place->second];
    if (group.pair != pair) {
      return fault({.code = "D1009", .position = position_, .value = shown(run_, key)});
    }
    group.add(run_.heap(), item);
    return {};
  }

  std::span<const Grouped> all() const { return groups_; }

 private:
  Evaluator& run_;
  std::size_t position_;
  std::vector<Grouped> groups_;
  std::unordered_map<std::string_view, std::size_t> places_;
};

}  // namespace

Made<Var> Evaluator::evaluate_group(const std::vector<std::pair<Node*, Node*>>& pairs,
                                    std::size_t position, Var input, Frame* frame) {
  const bool reduce = is_tuple_stream(input);
  if (!input.is_array()) input = heap_.sequence(input);
  Groups groups(*this, position);
  // Without items the expressions stand for themselves: the object is a literal.
  const std::size_t size = input.size() == 0 && !reduce ? 1 : input.size();
  for (std::size_t i = 0; i < size; i++) {
    const Var item = i < input.size() ? input.item(i) : Var();
    const bool is_tuple = reduce && item.object() != nullptr;
    Frame* scope = is_tuple ? frame_of_tuple(*item.object(), frame) : frame;
    const Var context = is_tuple ? item.member(kFocus) : item;
    for (std::size_t pair = 0; pair < pairs.size(); pair++) {
      const Var key = WEFT_MADE(evaluate(*pairs[pair].first, context, scope));
      WEFT_MADE(groups.add(key, item, pair));
    }
  }
  return Var(WEFT_MADE(evaluate_groups(pairs, groups.all(), reduce, frame)));
}

Made<Object*> Evaluator::evaluate_groups(const std::vector<std::pair<Node*, Node*>>& pairs,
                                         std::span<const Grouped> groups, bool reduce,
                                         Frame* frame) {
  auto* result = heap_.make<Object>();
  for (const Grouped& group : groups) {
    Var context = group.data;
    Frame* scope = frame;
    if (reduce) {
      const Var tuple = WEFT_MADE(reduced_tuples(group.data));
      context = tuple.member(kFocus);
      if (tuple.object() != nullptr) scope = frame_of_tuple(*tuple.object(), frame);
    }
    const Var value = WEFT_MADE(evaluate(*pairs[group.pair].second, context, scope));
    if (value.defined()) result->set(heap_, group.key, value);
  }
  return result;
}

namespace {

Made<void> flatten(Evaluator& run, const Var& value, Array& to) {
  WEFT_MADE(run.spend(1));
  if (!value.is_array()) {
    to.push(run.heap(), value);
    return {};
  }
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  for (std::size_t i = 0; i < value.size(); i++) {
    WEFT_MADE(flatten(run, value.item(i), to));
  }
  return {};
}

Made<void> descend(Evaluator& run, const Var& value, Array& to) {
  WEFT_MADE(run.spend(1));
  if (!value.is_array()) to.push(run.heap(), value);
  if (!value.is_array() && !value.is_object()) return {};
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  for (std::size_t i = 0; i < value.size(); i++) {
    WEFT_MADE(descend(run, value.item(i), to));
  }
  return {};
}

}  // namespace

Made<Var> Evaluator::evaluate_wildcard(Var input) {
  Array* results = heap_.sequence();
  const Array* array = input.array();
  if (array != nullptr && array->outer_wrapper && array->size > 0) input = array->at(0);
  for (std::size_t i = 0; i < input.size(); i++) {
    const Var value = input.item(i);
    if (value.is_array()) results->sequence = false;  // as appending makes it
    WEFT_MADE(flatten(*this, value, *results));
  }
  return Var(results);
}

Made<Var> Evaluator::evaluate_descendants(Var input) {
  if (!input.defined()) return Var();
  Array* results = heap_.sequence();
  WEFT_MADE(descend(*this, input, *results));
  return results->size == 1 ? results->at(0) : Var(results);
}

}  // namespace weft::json::jsonata
