// Functions of objects, and of values whatever they are.
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "json/jsonata/builtins.h"
#include "json/jsonata/values.h"

namespace weft::json::jsonata::builtins {

namespace {

Made<void> collect_keys(Evaluator& run, const Var& value, Object& keys) {
  WEFT_MADE(run.spend(1));
  if (!value.is_array() && !value.is_object()) return {};
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  for (std::size_t i = 0; i < value.size(); i++) {
    if (value.is_array()) {
      WEFT_MADE(collect_keys(run, value.item(i), keys));
    } else {
      keys.set(run.heap(), value.key(i), Var::boolean(true));
    }
  }
  return {};
}

Made<void> spread_into(Evaluator& run, const Var& value, Array& result) {
  WEFT_MADE(run.spend(1));
  Heap& heap = run.heap();
  if (!value.is_array() && !value.is_object()) {
    if (value.defined()) result.push(heap, value);
    return {};
  }
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  for (std::size_t i = 0; i < value.size(); i++) {
    if (value.is_array()) {
      WEFT_MADE(spread_into(run, value.item(i), result));
      continue;
    }
    auto* object = heap.make<Object>();
    object->set(heap, value.key(i), value.item(i));
    result.push(heap, object);
  }
  return {};
}

}  // namespace

Made<Var> keys(Call& call) {
  Heap& heap = call.run.heap();
  auto* found = heap.make<Object>();
  WEFT_MADE(collect_keys(call.run, call.argument(0), *found));
  Array* result = heap.sequence();
  for (std::size_t i = 0; i < found->size; i++) {
    result->push(heap, Var::string(found->entries[i].key));
  }
  return Var(result);
}

Made<Var> lookup(Call& call) {
  const Var key = call.argument(1);
  return key.defined() ? look_up(call.run, call.argument(0), key.text()) : Var();
}

Made<Var> spread(Call& call) {
  const Var value = call.argument(0);
  if (!value.is_array() && !value.is_object()) return value;
  Array* result = call.run.heap().sequence();
  WEFT_MADE(spread_into(call.run, value, *result));
  // What is made of an array stays one.
  if (value.is_array() && value.size() > 0) result->sequence = false;
  return Var(result);
}

Made<Var> merge(Call& call) {
  const Var objects = call.argument(0);
  if (!objects.defined()) return objects;
  Heap& heap = call.run.heap();
  auto* result = heap.make<Object>();
  for (std::size_t i = 0; i < objects.size(); i++) {
    const Var object = objects.item(i);
    WEFT_MADE(call.run.spend(1 + object.size()));
    for (std::size_t member = 0; object.is_object() && member < object.size(); member++) {
      result->set(heap, object.key(member), object.item(member));
    }
  }
  return Var(result);
}

Made<Var> boolean(Call& call) {
  const Var value = call.argument(0);
  return value.defined() ? Var::boolean(WEFT_MADE(is_true(call.run, value))) : value;
}

Made<Var> logical_not(Call& call) {
  const Var value = call.argument(0);
  return value.defined() ? Var::boolean(!WEFT_MADE(is_true(call.run, value))) : value;
}

Made<Var> exists(Call& call) {
  return Var::boolean(call.argument(0).defined());
}

Made<Var> type(Call& call) {
  switch (call.argument(0).type()) {
    case Type::kUndefined:
      break;
    case Type::kNull:
      return Var::string("null");
    case Type::kBoolean:
      return Var::string("boolean");
    case Type::kNumber:
      return Var::string("number");
    case Type::kString:
      return Var::string("string");
    case Type::kArray:
      return Var::string("array");
    case Type::kObject:
      return Var::string("object");
    case Type::kFunction:
      return Var::string("function");
  }
  return Var();
}

Made<Var> error(Call& call) {
  const Var message = call.argument(0);
  const bool has_message = message.is_string() && !message.text().empty();
  return fault(
      {.code = "D3137",
       .message = has_message ? std::string(message.text()) : "$error() function evaluated"});
}

Made<Var> assert_true(Call& call) {
  const Var condition = call.argument(0);
  if (condition.defined() && condition.boolean()) return Var();
  const Var message = call.argument(1);
  const bool has_message = message.is_string() && !message.text().empty();
  return fault(
      {.code = "D3141",
       .message = has_message ? std::string(message.text()) : "$assert() statement failed"});
}

Made<Var> eval(Call& call) {
  const Var text = call.argument(0);
  if (!text.defined()) return text;
  Evaluator& run = call.run;
  Var input = call.input;
  if (call.argument(1).defined()) {
    input = call.argument(1);
    if (input.is_array() && !input.is_sequence()) {
      Array* wrapped = run.heap().sequence(input);
      wrapped->outer_wrapper = true;
      input = wrapped;
    }
  }
  WEFT_MADE(run.spend(1 + text.text().size()));
  auto program = compile_program(text.text(), {});
  const auto failed_inside = [&](std::string_view code, const Fault& inner) {
    // As the reference implementation quotes the message.
    return fault(
        {.code = std::string(code), .value = shown(run, Var::string(failure_of(inner).message))});
  };
  if (!program.has_value()) return failed_inside("D3120", *program.error());
  auto result = run.evaluate(*run.keep(*std::move(program)).root, input, call.frame);
  if (result.has_value()) return result;
  // The limits are those of the whole evaluation.
  const std::string& code = result.error()->code;
  if (code == "D1012" || code == "D2015" || code == "U1001") {
    result.error()->position = 0;  // The place is one of the inner text.
    return result;
  }
  return failed_inside("D3121", *result.error());
}

Made<Var> clone(Call& call) {
  const Var value = call.argument(0);
  return value.defined() ? cloned(call.run, value) : value;
}

}  // namespace weft::json::jsonata::builtins
