// Functions that call a function for each item or member.
#include <algorithm>
#include <cstddef>
#include <span>

#include "json/jsonata/builtins.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata::builtins {

namespace {

// The function's value for an item, its index or key, and the whole: as many as it takes.
Made<Var> applied(Call& call, Var function, const Var& item, const Var& place) {
  const Var all[] = {item, place, call.argument(0)};
  const std::size_t arity = function.is_function() ? function.function()->arity : 1;
  return call.run.apply(function, std::span(all, std::clamp<std::size_t>(arity, 1, 3)), call.frame);
}

Var index_of(std::size_t index) {
  return {static_cast<double>(index)};
}

}  // namespace

Made<Var> map(Call& call) {
  const Var array = call.argument(0);
  if (!array.defined()) return array;
  Heap& heap = call.run.heap();
  Array* result = heap.sequence();
  if (!result->reserve(heap, array.size())) return fault("D2015");
  for (std::size_t i = 0; i < array.size(); i++) {
    WEFT_MADE(call.run.spend(1));
    const Var value = WEFT_MADE(applied(call, call.argument(1), array.item(i), index_of(i)));
    if (value.defined()) result->push(heap, value);
  }
  return Var(result);
}

Made<Var> filter(Call& call) {
  const Var array = call.argument(0);
  if (!array.defined()) return array;
  Heap& heap = call.run.heap();
  Array* result = heap.sequence();
  if (!result->reserve(heap, array.size())) return fault("D2015");
  for (std::size_t i = 0; i < array.size(); i++) {
    WEFT_MADE(call.run.spend(1));
    const Var item = array.item(i);
    const Var verdict = WEFT_MADE(applied(call, call.argument(1), item, index_of(i)));
    if (WEFT_MADE(is_true(call.run, verdict))) result->push(heap, item);
  }
  return Var(result);
}

Made<Var> single(Call& call) {
  const Var array = call.argument(0);
  const Var function = call.argument(1);
  if (!array.defined()) return array;
  Var result;
  bool found = false;
  for (std::size_t i = 0; i < array.size(); i++) {
    WEFT_MADE(call.run.spend(1));
    const Var item = array.item(i);
    bool matches = true;
    if (function.defined()) {
      const Var verdict = WEFT_MADE(applied(call, function, item, index_of(i)));
      matches = WEFT_MADE(is_true(call.run, verdict));
    }
    if (!matches) continue;
    if (found) return fault({.code = "D3138", .index = i});
    result = item;
    found = true;
  }
  if (!found) return fault("D3139");
  return result;
}

Made<Var> reduce(Call& call) {
  const Var array = call.argument(0);
  const Var function = call.argument(1);
  if (!array.defined()) return array;
  const std::size_t arity = function.is_function() ? function.function()->arity : 0;
  if (arity < 2) return fault({.code = "D3050", .index = 1});
  Var result = call.argument(2);
  std::size_t index = 0;
  if (!result.defined() && array.size() > 0) {
    result = array.item(0);
    index = 1;
  }
  for (; index < array.size(); index++) {
    WEFT_MADE(call.run.spend(1));
    const Var all[] = {result, array.item(index), index_of(index), array};
    result = WEFT_MADE(
        call.run.apply(function, std::span(all, std::clamp<std::size_t>(arity, 2, 4)), call.frame));
  }
  return result;
}

Made<Var> sift(Call& call) {
  const Var object = call.argument(0);
  Heap& heap = call.run.heap();
  auto* result = heap.make<Object>();
  for (std::size_t i = 0; i < object.size(); i++) {
    WEFT_MADE(call.run.spend(1));
    const Var value = object.item(i);
    const Var verdict =
        WEFT_MADE(applied(call, call.argument(1), value, Var::string(object.key(i))));
    if (WEFT_MADE(is_true(call.run, verdict))) result->set(heap, object.key(i), value);
  }
  return result->size == 0 ? Var() : Var(result);
}

Made<Var> each(Call& call) {
  const Var object = call.argument(0);
  Heap& heap = call.run.heap();
  Array* result = heap.sequence();
  for (std::size_t i = 0; i < object.size(); i++) {
    WEFT_MADE(call.run.spend(1));
    const Var value =
        WEFT_MADE(applied(call, call.argument(1), object.item(i), Var::string(object.key(i))));
    if (value.defined()) result->push(heap, value);
  }
  return Var(result);
}

}  // namespace weft::json::jsonata::builtins
