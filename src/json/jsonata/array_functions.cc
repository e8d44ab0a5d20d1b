// Functions of arrays that take no functions (but $sort, which may).
#include <cmath>
#include <cstddef>
#include <set>
#include <vector>

#include "json/jsonata/builtins.h"
#include "json/jsonata/sort.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata::builtins {

namespace {

// What JavaScript takes for true in the result of a comparison.
bool is_truthy(const Var& value) {
  switch (value.type()) {
    case Type::kUndefined:
    case Type::kNull:
      return false;
    case Type::kBoolean:
      return value.boolean();
    case Type::kNumber:
      return value.number() != 0 && !std::isnan(value.number());
    case Type::kString:
      return !value.text().empty();
    default:
      return true;
  }
}

}  // namespace

Made<Var> count(Call& call) {
  return Var(static_cast<double>(call.argument(0).size()));
}

Made<Var> append(Call& call) {
  WEFT_MADE(call.run.spend((call.argument(0).size() + call.argument(1).size()) / 16));
  return appended(call.run.heap(), call.argument(0), call.argument(1));
}

Made<Var> reverse(Call& call) {
  const Var array = call.argument(0);
  if (array.size() <= 1) return array;
  WEFT_MADE(call.run.spend(array.size() / 16));
  Array* result = call.run.heap().make<Array>();
  for (std::size_t i = array.size(); i > 0; i--) {
    result->push(call.run.heap(), array.item(i - 1));
  }
  return Var(result);
}

Made<Var> shuffle(Call& call) {
  const Var array = call.argument(0);
  if (array.size() <= 1) return array;
  WEFT_MADE(call.run.spend(array.size()));
  Heap& heap = call.run.heap();
  Array* result = heap.make<Array>();
  if (!result->reserve(heap, array.size())) return fault("D2015");
  for (std::size_t i = 0; i < array.size(); i++) {
    const double random = call.run.context().inputs.random();
    const auto other = std::min(i, static_cast<std::size_t>(random * static_cast<double>(i + 1)));
    result->push(heap, array.item(i));
    result->items[i] = result->items[other];
    result->items[other] = array.item(i);
  }
  return Var(result);
}

namespace {

// What was seen before. Strings and numbers are looked up; everything else is compared with all
// before it.
class Seen {
 public:
  explicit Seen(Evaluator& run) : run_(run) {}

  // Whether the item is new; from now on it is not.
  Made<bool> add(const Var& item) {
    WEFT_MADE(run_.spend(1));
    if (item.is_string()) return texts_.insert(item.text()).second;
    if (item.is_number()) {
      // NaN has no place among numbers, and equals none.
      return std::isnan(item.number()) || numbers_.insert(item.number()).second;
    }
    for (const Var& other : others_) {
      WEFT_MADE(run_.spend(1));
      // Undefined items are equal to each other.
      if (item.same(other)) return false;
      if (WEFT_MADE(are_equal(run_, item, other))) return false;
    }
    others_.push_back(item);
    return true;
  }

 private:
  Evaluator& run_;
  std::set<std::string_view> texts_;
  std::set<double> numbers_;
  std::vector<Var> others_;
};

}  // namespace

Made<Var> distinct(Call& call) {
  const Var array = call.argument(0);
  if (array.size() <= 1 || !array.is_array()) return array;
  Heap& heap = call.run.heap();
  Array* result = heap.make<Array>();
  result->sequence = array.is_sequence();
  Seen seen(call.run);
  for (std::size_t i = 0; i < array.size(); i++) {
    const Var item = array.item(i);
    if (WEFT_MADE(seen.add(item))) result->push(heap, item);
  }
  return Var(result);
}

Made<Var> sort(Call& call) {
  const Var array = call.argument(0);
  const Var comparator = call.argument(1);
  const std::size_t size = array.size();
  if (size <= 1) return array;
  Heap& heap = call.run.heap();
  const bool texts = is_array_of_strings(array);
  if (!comparator.defined() && !texts && !WEFT_MADE(is_array_of_numbers(call.run, array))) {
    return fault({.code = "D3070", .index = 1});
  }
  const auto is_behind = [&](std::size_t left, std::size_t right) -> Made<bool> {
    const Var pair[] = {array.item(left), array.item(right)};
    if (comparator.defined()) {
      return is_truthy(WEFT_MADE(call.run.apply(comparator, pair, call.frame)));
    }
    WEFT_MADE(call.run.spend(1));
    if (texts) return compare_text(pair[0].text(), pair[1].text()) > 0;
    return pair[0].number() > pair[1].number();
  };
  const auto order = WEFT_MADE(sort_indexes(call.run, size, is_behind));
  Array* result = heap.make<Array>();
  for (const std::size_t index : order) {
    result->push(heap, array.item(index));
  }
  return Var(result);
}

Made<Var> zip(Call& call) {
  Heap& heap = call.run.heap();
  std::size_t size = call.arguments.empty() ? 0 : SIZE_MAX;
  for (const Var& array : call.arguments) {
    size = std::min(size, array.size());
  }
  Array* result = heap.make<Array>();
  for (std::size_t i = 0; i < size; i++) {
    WEFT_MADE(call.run.spend(1));
    Array* tuple = heap.make<Array>();
    for (const Var& array : call.arguments) {
      tuple->push(heap, array.item(i));
    }
    result->push(heap, tuple);
  }
  return Var(result);
}

}  // namespace weft::json::jsonata::builtins
