#include "json/jsonpath/states_path.h"

#include <algorithm>
#include <utility>

#include "json/jsonpath/evaluator.h"
#include "json/jsonpath/parser.h"
#include "json/jsonpath/path.h"
#include "json/unicode.h"

namespace weft::json::jsonpath {
namespace {

// ['a','b'] at the end: the members in one object.
bool is_merged(const Query& query, std::size_t segment) {
  const Segment& last = query.segments[segment];
  return segment + 1 == query.segments.size() && !last.descends && last.selectors.size() > 1 &&
         std::holds_alternative<Name>(last.selectors.front());
}

// Of each object one with those of its members that are named.
std::vector<Value> merge(Evaluator& evaluator, const Segment& segment,
                         const std::vector<Item>& items) {
  std::vector<Value> merged;
  for (const Item& item : items) {
    if (!item.value->is_object()) continue;
    if (!evaluator.spend(segment.selectors.size())) break;
    Object object;
    for (const Selector& selector : segment.selectors) {
      const std::string& name = std::get<Name>(selector).name;
      if (const Value* const member = item.value->find(name)) object.set(name, *member);
    }
    merged.emplace_back(std::move(object));
  }
  return merged;
}

void append_names(std::string& out, const Segment& segment) {
  const Selector& first = segment.selectors.front();
  if (const Index* const index = std::get_if<Index>(&first)) {
    out += "[" + std::to_string(index->index) + "]";
    return;
  }
  for (const Selector& selector : segment.selectors) {
    const std::size_t before = out.size();
    append_step(out, std::get<Name>(selector).name);
    // ['a'] and ['b'] become ['a','b'].
    if (&selector != &first) out.replace(before - 1, 2, ",");
  }
}

// Why a definite path leads nowhere, in Jayway's words, which Step Functions passes on.
std::string why_nothing(const Query& query, std::size_t failing) {
  const bool is_within = failing + 1 < query.segments.size() &&
                         std::holds_alternative<Name>(query.segments[failing].selectors.front());
  std::string out = is_within ? "Missing property in path $" : "No results for path: $";
  const std::size_t end = is_within ? failing + 1 : query.segments.size();
  for (std::size_t i = 0; i < end; ++i)
    append_names(out, query.segments[i]);
  return out;
}

std::string_view article_and_name(const Value& value) {
  switch (value.kind()) {
    case Kind::kNull:
      return "null";
    case Kind::kBoolean:
      return "a boolean";
    case Kind::kNumber:
      return "a number";
    case Kind::kString:
      return "a string";
    case Kind::kArray:
      return "an array";
    case Kind::kObject:
      break;
  }
  return "an object";
}

Result<Query> parse_states(std::string_view text, const StatesParseOptions& options) {
  if (!text.starts_with('$')) {
    return fail(Error(ErrorCode::kInvalidArgument, "a path begins with $")
                    .with_position(position_of(text, 0)));
  }
  return parse_query(text, {.dialect = Dialect::kStates,
                            .root_bytes = std::max<std::size_t>(options.root_bytes, 1),
                            .limits = options.limits});
}

}  // namespace

StatesPath::StatesPath(std::shared_ptr<const Query> query) : query_(std::move(query)) {
  is_definite_ = true;
  for (std::size_t i = 0; i < query_->segments.size(); ++i) {
    is_definite_ = is_definite_ && (query_->segments[i].is_singular() || is_merged(*query_, i));
  }
}

Result<StatesPath> StatesPath::parse(std::string_view text, const StatesParseOptions& options) {
  return StatesPath(std::make_shared<const Query>(TRY(parse_states(text, options))));
}

Result<StatesPath::Selection> StatesPath::select(const Value& root,
                                                 const EvaluationLimits& limits) const {
  Evaluator evaluator(root, {.dialect = Dialect::kStates, .limits = limits});
  std::vector<Item> items = {evaluator.root()};
  std::vector<Value> values;
  for (std::size_t i = 0; i < query_->segments.size(); ++i) {
    const Segment& segment = query_->segments[i];
    if (is_merged(*query_, i)) {
      values = merge(evaluator, segment, items);
      items.clear();
    } else {
      items = evaluator.apply(segment, items);
    }
    TRY(evaluator.result());
    if (!items.empty() || !values.empty()) continue;
    if (is_definite_) return Selection{.why = why_nothing(*query_, i)};
    break;
  }
  values.reserve(items.size());
  for (const Item& item : items)
    values.push_back(*item.value);
  if (is_definite_) return Selection{.value = values.front()};
  return Selection{.value = Value(Array(values))};
}

Result<ReferencePath> ReferencePath::parse(std::string_view text,
                                           const StatesParseOptions& options) {
  const Query query = TRY(parse_states(text, options));
  std::vector<Step> steps;
  for (const Segment& segment : query.segments) {
    const Selector& selector = segment.selectors.front();
    const Index* const index = std::get_if<Index>(&selector);
    if (!segment.is_singular() || (index != nullptr && index->index < 0)) {
      return fail(Error(ErrorCode::kInvalidArgument,
                        "a Reference Path leads to one place: only .name, ['name'] and [0] are "
                        "part of it")
                      .with_position(position_of(text, segment.offset)));
    }
    if (index != nullptr) {
      steps.emplace_back(static_cast<std::size_t>(index->index));
    } else {
      steps.emplace_back(std::get<Name>(selector).name);
    }
  }
  return ReferencePath(std::make_shared<const std::vector<Step>>(std::move(steps)));
}

std::string ReferencePath::normalized() const {
  return normalized(steps_->size());
}

std::string ReferencePath::normalized(std::size_t steps) const {
  std::string out = "$";
  for (std::size_t i = 0; i < steps; ++i) {
    std::visit([&](const auto& step) { append_step(out, step); }, (*steps_)[i]);
  }
  return out;
}

std::optional<Value> ReferencePath::get(const Value& document) const {
  const Value* value = &document;
  for (const Step& step : *steps_) {
    if (const std::string* const name = std::get_if<std::string>(&step)) {
      value = value->find(*name);
    } else {
      const std::size_t index = std::get<std::size_t>(step);
      const bool is_there = value->is_array() && index < value->size();
      value = is_there ? &value->as_array()[index] : nullptr;
    }
    if (value == nullptr) return std::nullopt;
  }
  return *value;
}

Result<Value> ReferencePath::set(const Value& document, Value value) const {
  // What each step leads into; null from the first one that is missing.
  std::vector<const Value*> way;
  const Value* at = &document;
  for (std::size_t i = 0; i < steps_->size(); ++i) {
    way.push_back(at);
    if (const std::string* const name = std::get_if<std::string>(&(*steps_)[i])) {
      if (at != nullptr && !at->is_object()) {
        return fail(ErrorCode::kFailedPrecondition,
                    normalized() + " cannot be set: " + normalized(i) + " is " +
                        std::string(article_and_name(*at)) + ", not an object");
      }
      at = at == nullptr ? nullptr : at->find(*name);
      continue;
    }
    const std::size_t index = std::get<std::size_t>((*steps_)[i]);
    if (at == nullptr || !at->is_array() || index >= at->size()) {
      return fail(ErrorCode::kFailedPrecondition,
                  normalized() + " cannot be set: there is no " + normalized(i + 1));
    }
    at = &at->as_array()[index];
  }
  for (std::size_t i = steps_->size(); i-- > 0;) {
    if (const std::string* const name = std::get_if<std::string>(&(*steps_)[i])) {
      Object object = way[i] == nullptr ? Object() : Object(way[i]->as_object());
      object.set(*name, std::move(value));
      value = Value(std::move(object));
    } else {
      Array array(way[i]->as_array());
      array[std::get<std::size_t>((*steps_)[i])] = std::move(value);
      value = Value(std::move(array));
    }
  }
  return value;
}

}  // namespace weft::json::jsonpath
