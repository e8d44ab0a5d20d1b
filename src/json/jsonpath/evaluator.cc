#include "json/jsonpath/evaluator.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "json/jsonpath/path.h"

namespace weft::json::jsonpath {
namespace {

// Strings cost a step for each of so many bytes.
constexpr std::size_t kBytesPerStep = 64;

std::optional<std::size_t> index_in(std::size_t size, std::int64_t index) {
  const auto count = static_cast<std::int64_t>(size);
  const std::int64_t at = index < 0 ? index + count : index;
  if (at < 0 || at >= count) return std::nullopt;
  return static_cast<std::size_t>(at);
}

// Bytes that begin one: much faster than reading them, and each lone surrogate is one, too.
std::size_t characters_in(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  return static_cast<std::size_t>(std::ranges::count_if(text, begins));
}

// What a scalar is to be compared by.
std::string_view text_of(const Value& value) {
  if (value.is_string()) return value.as_string();
  if (value.is_number()) return value.as_number().lexeme();
  return {};
}

template <class T>
const T* as(const Selector& selector) {
  return std::get_if<T>(&selector);
}

}  // namespace

Evaluator::Evaluator(const Value& root, const Options& options)
    : root_(root),
      options_(options),
      steps_left_(options.limits.steps_max),
      path_bytes_left_(options.limits.path_bytes_max) {}

Result<> Evaluator::result() const {
  if (failure_) return fail(*failure_);
  return {};
}

void Evaluator::reach(std::string_view limit, std::uint64_t value) {
  if (failure_) return;
  failure_ =
      Error(ErrorCode::kTooLarge, fmt::format("evaluating a JSONPath reaches the limit {} of "
                                              "{}",
                                              limit, value))
          .with_limit(std::string(limit), value);
}

bool Evaluator::spend(std::uint64_t steps) {
  if (failure_) return false;
  if (steps > steps_left_) {
    reach("jsonpath_steps", options_.limits.steps_max);
    return false;
  }
  steps_left_ -= steps;
  return true;
}

void Evaluator::give(std::vector<Item>& out, const Item& parent, const Value& value, Step step) {
  if (!spend()) return;
  const bool with_place = options_.with_places && !in_filter_;
  if ((with_place ? steps_.size() : out.size()) >= options_.limits.nodes_max) {
    reach("jsonpath_nodes", options_.limits.nodes_max);
    return;
  }
  std::uint32_t place = 0;
  if (with_place) {
    step.parent = parent.place;
    steps_.push_back(step);
    place = static_cast<std::uint32_t>(steps_.size());
  }
  out.push_back({.value = &value, .place = place});
}

// What has no step of its own, as no normalized path is asked for.
void Evaluator::give_itself(std::vector<Item>& out, const Item& item) {
  if (!spend()) return;
  if (out.size() >= options_.limits.nodes_max) {
    reach("jsonpath_nodes", options_.limits.nodes_max);
    return;
  }
  out.push_back(item);
}

std::string Evaluator::path_of(Item item) {
  std::vector<const Step*> way;
  for (std::uint32_t place = item.place; place != 0; place = way.back()->parent) {
    way.push_back(&steps_[place - 1]);
  }
  std::string out = "$";
  for (auto step = way.rbegin(); step != way.rend() && !failure_; ++step) {
    if ((*step)->is_item) {
      append_step(out, (*step)->index);
    } else {
      append_step(out, (*step)->name);
    }
    if (out.size() > path_bytes_left_) reach("jsonpath_path_bytes", options_.limits.path_bytes_max);
  }
  path_bytes_left_ -= std::min(path_bytes_left_, out.size());
  return out;
}

// As deep as paths stand in filters, which the parser limits.
// NOLINTBEGIN(misc-no-recursion): see above

std::vector<Item> Evaluator::evaluate(const Query& query, Item from) {
  std::vector<Item> items = {from};
  for (const Segment& segment : query.segments) {
    if (items.empty() || failure_) break;
    items = apply(segment, items);
  }
  return items;
}

std::vector<Item> Evaluator::apply(const Segment& segment, const std::vector<Item>& items) {
  std::vector<Item> out;
  for (const Item& item : items) {
    if (failure_) break;
    if (segment.descends) {
      descend(segment, item, out);
      continue;
    }
    for (const Selector& selector : segment.selectors)
      select(selector, item, out);
  }
  return out;
}

// The value and all that is in it, each before what is in it.
void Evaluator::descend(const Segment& segment, const Item& item, std::vector<Item>& out) {
  const Filter* const filter = as<Filter>(segment.selectors.front());
  // In Step Functions' paths, each object is tested once: not by its array, but for itself.
  const bool tests_itself = is_states() && filter != nullptr;
  std::vector<Item> waiting = {item};
  while (!waiting.empty() && spend()) {
    const Item visited = waiting.back();
    waiting.pop_back();
    if (!tests_itself) {
      for (const Selector& selector : segment.selectors)
        select(selector, visited, out);
    } else if (visited.value->is_object()) {
      select(segment.selectors.front(), visited, out);
    }
    push_containers(visited, waiting);
  }
}

// Those in it that something may be selected from, the last one first. (Of an empty object, itself:
// see select().)
void Evaluator::push_containers(const Item& item, std::vector<Item>& out) {
  const auto before = std::ssize(out);
  if (item.value->is_object()) {
    for (const auto& [key, child] : item.value->as_object()) {
      if (!spend()) return;
      if (child.size() > 0 || child.is_object()) give(out, item, child, {.name = key});
    }
  } else if (item.value->is_array()) {
    const auto items = item.value->as_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!spend()) return;
      if (items[i].size() > 0 || items[i].is_object()) {
        give(out, item, items[i], {.is_item = true, .index = i});
      }
    }
  }
  std::reverse(out.begin() + before, out.end());
}

void Evaluator::select(const Selector& selector, const Item& item, std::vector<Item>& out) {
  const Value& value = *item.value;
  if (!spend()) return;
  if (const Name* const name = as<Name>(selector)) {
    if (!spend(name->name.size() / kBytesPerStep)) return;
    const Value* const member = value.find(name->name);
    if (member != nullptr) give(out, item, *member, {.name = name->name});
  } else if (const Index* const index = as<Index>(selector)) {
    if (!value.is_array()) return;
    const auto at = index_in(value.size(), index->index);
    if (at) give(out, item, value.as_array()[*at], {.is_item = true, .index = *at});
  } else if (as<Wildcard>(selector) != nullptr) {
    select_children(item, nullptr, out);
  } else if (const Slice* const slice = as<Slice>(selector)) {
    select_slice(*slice, item, out);
  } else if (const Filter* const filter = as<Filter>(selector)) {
    if (is_states() && value.is_object()) {
      if (holds(*filter->condition, value)) give_itself(out, item);
    } else {
      select_children(item, filter, out);
    }
  }
}

void Evaluator::select_children(const Item& item, const Filter* filter, std::vector<Item>& out) {
  const auto is_wanted = [&](const Value& child) {
    if (filter == nullptr) return true;
    // What AWS documents: "@ ... does not match scalar values".
    const bool is_scalar = !child.is_array() && !child.is_object();
    if (is_states() && is_scalar) return false;
    return holds(*filter->condition, child);
  };
  if (item.value->is_object()) {
    for (const auto& [key, child] : item.value->as_object()) {
      if (!spend()) return;
      if (is_wanted(child)) give(out, item, child, {.name = key});
    }
  } else if (item.value->is_array()) {
    const auto items = item.value->as_array();
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!spend()) return;
      if (is_wanted(items[i])) give(out, item, items[i], {.is_item = true, .index = i});
    }
  }
}

// RFC 9535 section 2.3.4.2.2. Bounds are far below overflow: the parser takes 53 bits.
void Evaluator::select_slice(const Slice& slice, const Item& item, std::vector<Item>& out) {
  if (!item.value->is_array() || slice.step == 0) return;
  const auto items = item.value->as_array();
  const auto size = static_cast<std::int64_t>(items.size());
  const auto normalized = [&](std::int64_t i) { return i >= 0 ? i : size + i; };
  const bool goes_up = slice.step > 0;
  const std::int64_t start = normalized(slice.start.value_or(goes_up ? 0 : size - 1));
  const std::int64_t end = slice.end ? normalized(*slice.end) : (goes_up ? size : -1);
  if (goes_up) {
    const std::int64_t upper = std::clamp<std::int64_t>(end, 0, size);
    for (std::int64_t i = std::clamp<std::int64_t>(start, 0, size); i < upper && !failure_;
         i += slice.step) {
      const auto at = static_cast<std::size_t>(i);
      give(out, item, items[at], {.is_item = true, .index = at});
    }
    return;
  }
  const std::int64_t lower = std::clamp<std::int64_t>(end, -1, size - 1);
  for (std::int64_t i = std::clamp<std::int64_t>(start, -1, size - 1); i > lower && !failure_;
       i += slice.step) {
    const auto at = static_cast<std::size_t>(i);
    give(out, item, items[at], {.is_item = true, .index = at});
  }
}

bool Evaluator::holds(const Expression& expression, const Value& current) {
  if (!spend()) return false;
  return std::visit([&](const auto& is) { return holds(is, current); }, expression.is);
}

bool Evaluator::holds(const Group& group, const Value& current) {
  const auto part_holds = [&](const Expression& part) { return holds(part, current); };
  switch (group.kind) {
    case Group::Kind::kAnd:
      return std::ranges::all_of(group.parts, part_holds);
    case Group::Kind::kOr:
      return std::ranges::any_of(group.parts, part_holds);
    case Group::Kind::kNot:
      break;
  }
  return !part_holds(group.parts.front());
}

bool Evaluator::holds(const Test& test, const Value& current) {
  if (const Query* const query = std::get_if<Query>(&test.what)) {
    if (query->is_singular) return singular(*query, current) != nullptr;
    return !nodes_of(*query, current).empty();
  }
  return matches(*std::get<std::shared_ptr<const Call>>(test.what), current);
}

bool Evaluator::holds(const Comparison& comparison, const Value& current) {
  using Operator = Comparison::Operator;
  Value made_left;
  Value made_right;
  const Value* left = value_of(comparison.left, current, made_left);
  const Value* right = value_of(comparison.right, current, made_right);
  if (comparison.is == Operator::kGreater || comparison.is == Operator::kGreaterOrEqual) {
    std::swap(left, right);
  }
  switch (comparison.is) {
    case Operator::kEqual:
      return are_equal(left, right);
    case Operator::kNotEqual:
      return !are_equal(left, right);
    case Operator::kLess:
    case Operator::kGreater:
      return is_less(left, right);
    case Operator::kLessOrEqual:
    case Operator::kGreaterOrEqual:
      break;
  }
  return is_less(left, right) || (takes_equals(left, right) && are_equal(left, right));
}

const Value* Evaluator::value_of(const Operand& operand, const Value& current, Value& made) {
  if (const Value* const literal = std::get_if<Value>(&operand)) return literal;
  if (const Query* const query = std::get_if<Query>(&operand)) return singular(*query, current);
  return call_value(*std::get<std::shared_ptr<const Call>>(operand), current, made);
}

const Value* Evaluator::singular(const Query& query, const Value& current) {
  const Value* value = query.is_from_root ? &root_ : &current;
  for (const Segment& segment : query.segments) {
    if (!spend()) return nullptr;
    if (const Name* const name = as<Name>(segment.selectors.front())) {
      if (!spend(name->name.size() / kBytesPerStep)) return nullptr;
      value = value->find(name->name);
    } else {
      const std::int64_t index = std::get<Index>(segment.selectors.front()).index;
      const auto at = value->is_array() ? index_in(value->size(), index) : std::nullopt;
      value = at ? &value->as_array()[*at] : nullptr;
    }
    if (value == nullptr) return nullptr;
  }
  return value;
}

std::vector<Item> Evaluator::nodes_of(const Query& query, const Value& current) {
  const bool was_in_filter = std::exchange(in_filter_, true);
  std::vector<Item> items =
      evaluate(query, {.value = query.is_from_root ? &root_ : &current, .place = 0});
  in_filter_ = was_in_filter;
  return items;
}

const Value* Evaluator::call_value(const Call& call, const Value& current, Value& made) {
  const Operand& argument = call.arguments.front();
  if (call.function == Function::kLength) {
    Value storage;
    const Value* const value = value_of(argument, current, storage);
    if (value == nullptr) return nullptr;
    if (value->is_string()) {
      if (!spend(value->as_string().size() / kBytesPerStep)) return nullptr;
      made = characters_in(value->as_string());
      return &made;
    }
    if (!value->is_array() && !value->is_object()) return nullptr;
    made = value->size();
    return &made;
  }
  const std::vector<Item> nodes = nodes_of(std::get<Query>(argument), current);
  if (call.function == Function::kCount) {
    made = nodes.size();
    return &made;
  }
  return nodes.size() == 1 ? nodes.front().value : nullptr;
}

bool Evaluator::matches(const Call& call, const Value& current) {
  Value made_text;
  Value made_pattern;
  const Value* const text = value_of(call.arguments[0], current, made_text);
  if (text == nullptr || !text->is_string()) return false;
  std::shared_ptr<const IRegexp> regexp = call.pattern;
  if (!call.is_pattern_known) {
    const Value* const pattern = value_of(call.arguments[1], current, made_pattern);
    if (pattern == nullptr || !pattern->is_string()) return false;
    regexp = compiled(pattern->as_string());
  }
  if (!regexp || failure_) return false;
  const auto extent =
      call.function == Function::kMatch ? IRegexp::Extent::kWhole : IRegexp::Extent::kAnywhere;
  const std::optional<bool> result = regexp->matches(text->as_string(), extent, steps_left_);
  if (!result) reach("jsonpath_steps", options_.limits.steps_max);
  return result.value_or(false);
}
// NOLINTEND(misc-no-recursion)

// An expression from a document; null when it is none, or is too large.
std::shared_ptr<const IRegexp> Evaluator::compiled(std::string_view pattern) {
  if (!spend(pattern.size() / kBytesPerStep)) return nullptr;
  if (last_regexp_ && last_pattern_ == pattern) return last_regexp_;
  Result<IRegexp> parsed = IRegexp::parse(pattern);
  if (!parsed) {
    spend(pattern.size());
    if (parsed.error().code() == ErrorCode::kTooLarge && !failure_) {
      failure_ = std::move(parsed).error();
    }
    return nullptr;
  }
  if (!spend(pattern.size() + parsed->instructions())) return nullptr;
  last_pattern_ = pattern;
  last_regexp_ = std::make_shared<const IRegexp>(*std::move(parsed));
  return last_regexp_;
}

// As operator== of values, but what it takes is counted: a filter may compare one big value with
// itself again and again. Null is nothing.
bool Evaluator::are_equal(const Value* left, const Value* right) {
  if (left == nullptr || right == nullptr) return left == right && !is_states();
  if (is_states() && left->kind() != right->kind()) return are_same_number(*left, *right);
  std::vector<Pair> waiting = {{left, right}};
  while (!waiting.empty()) {
    const auto [a, b] = waiting.back();
    waiting.pop_back();
    if (!spend(1 + a->size() + (text_of(*a).size() + text_of(*b).size()) / kBytesPerStep)) {
      return false;
    }
    if (a->kind() != b->kind() || a->size() != b->size()) return false;
    const bool is_alike = a->is_array() || a->is_object() ? push_inner({a, b}, waiting) : *a == *b;
    if (!is_alike) return false;
  }
  return true;
}

// What is in two arrays or objects of one size; false when they have not the same members.
bool Evaluator::push_inner(const Pair& pair, std::vector<Pair>& out) {
  const auto& [left, right] = pair;
  if (left->is_array()) {
    const auto others = right->as_array();
    for (std::size_t i = 0; i < others.size(); ++i)
      out.emplace_back(&left->as_array()[i], &others[i]);
    return true;
  }
  for (const Member& member : left->as_object()) {
    const Value* const other = right->find(member.key());
    if (!spend(member.key().size() / kBytesPerStep) || other == nullptr) return false;
    out.emplace_back(&member.value(), other);
  }
  return true;
}

// Jayway takes a number and a string that says it for equal.
bool Evaluator::are_same_number(const Value& left, const Value& right) {
  const Value& number = left.is_number() ? left : right;
  const Value& string = left.is_number() ? right : left;
  if (!number.is_number() || !string.is_string()) return false;
  if (!spend((text_of(left).size() + text_of(right).size()) / kBytesPerStep)) return false;
  const auto said = Number::from_lexeme(string.as_string());
  return said && *said == number.as_number();
}

// Whether <= and >= are also true of what is equal: Jayway orders numbers and strings only.
bool Evaluator::takes_equals(const Value* left, const Value* right) const {
  if (!is_states()) return true;
  return left != nullptr && right != nullptr && left->kind() == right->kind() &&
         (left->is_number() || left->is_string());
}

bool Evaluator::is_less(const Value* smaller, const Value* greater) {
  if (smaller == nullptr || greater == nullptr) return false;
  const Value& left = *smaller;
  const Value& right = *greater;
  if (!spend((text_of(left).size() + text_of(right).size()) / kBytesPerStep)) return false;
  // Bytes of UTF-8 sort as code points do.
  if (left.is_string() && right.is_string()) return left.as_string() < right.as_string();
  if (!left.is_number() || !right.is_number()) return false;
  const auto a = left.as_number().to_int64();
  const auto b = right.as_number().to_int64();
  if (a && b) return *a < *b;
  return left.as_number().to_double() < right.as_number().to_double();
}

}  // namespace weft::json::jsonpath
