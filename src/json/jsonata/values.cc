#include "json/jsonata/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "json/number.h"
#include "json/print.h"

namespace weft::json::jsonata {

Made<bool> is_numeric(const Var& value) {
  if (!value.is_number()) return false;
  const double number = value.number();
  if (std::isinf(number)) return fault({.code = "D1001", .value = "null"});
  return !std::isnan(number);
}

Made<bool> is_array_of_numbers(Evaluator& run, const Var& value) {
  if (!value.is_array()) return false;
  if (value.array() != nullptr && value.array()->range) return true;
  const std::size_t size = value.size();
  WEFT_MADE(run.spend(size / 8));
  for (std::size_t i = 0; i < size; i++) {
    if (!WEFT_MADE(is_numeric(value.item(i)))) return false;
  }
  return true;
}

bool is_array_of_strings(const Var& value) {
  if (!value.is_array()) return false;
  for (std::size_t i = 0; i < value.size(); i++) {
    if (!value.item(i).is_string()) return false;
  }
  return true;
}

Made<bool> is_true(Evaluator& run, const Var& value) {
  switch (value.type()) {
    case Type::kBoolean:
      return value.boolean();
    case Type::kString:
      return !value.text().empty();
    case Type::kNumber:
      return WEFT_MADE(is_numeric(value)) && value.number() != 0;
    case Type::kObject:
      return value.size() > 0;
    case Type::kArray:
      break;
    default:
      return false;
  }
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  const std::size_t size = value.size();
  for (std::size_t i = 0; i < size; i++) {
    WEFT_MADE(run.spend(1));
    if (WEFT_MADE(is_true(run, value.item(i)))) return true;
  }
  return false;
}

namespace {

Made<bool> are_equal_inside(Evaluator& run, const Var& left, const Var& right) {
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  const std::size_t size = left.size();
  if (size != right.size()) return false;
  for (std::size_t i = 0; i < size; i++) {
    WEFT_MADE(run.spend(1));
    if (left.is_array()) {
      const Var items[] = {left.item(i), right.item(i)};
      // Undefined items are equal to each other.
      if (items[0].same(items[1])) continue;
      if (!WEFT_MADE(are_equal(run, items[0], items[1]))) return false;
      continue;
    }
    const std::string_view key = left.key(i);
    if (!right.has(key) || !WEFT_MADE(are_equal(run, left.item(i), right.member(key)))) {
      return false;
    }
  }
  return true;
}

}  // namespace

Made<bool> are_equal(Evaluator& run, const Var& left, const Var& right) {
  if (!left.defined() || !right.defined()) return false;
  if (left.same(right)) return true;
  if (left.type() != right.type() || (!left.is_array() && !left.is_object())) return false;
  return are_equal_inside(run, left, right);
}

Made<Var> look_up(Evaluator& run, const Var& input, std::string_view key) {
  if (!input.is_array()) return input.member(key);
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  Array* result = run.heap().sequence();
  const std::size_t size = input.size();
  for (std::size_t i = 0; i < size; i++) {
    WEFT_MADE(run.spend(1));
    const Var found = WEFT_MADE(look_up(run, input.item(i), key));
    if (found.is_array()) {
      result->push_all(run.heap(), found);
    } else if (found.defined()) {
      result->push(run.heap(), found);
    }
  }
  return Var(result);
}

Array* array_of(Heap& heap, std::initializer_list<Var> items) {
  Array* array = heap.make<Array>();
  for (const Var& item : items) {
    array->push(heap, item);
  }
  return array;
}

Var appended(Heap& heap, const Var& left, const Var& right) {
  if (!left.defined()) return right;
  if (!right.defined()) return left;
  Array* result = heap.make<Array>();
  for (const Var& value : {left, right}) {
    if (value.is_array()) {
      result->push_all(heap, value);
    } else {
      result->push(heap, value);
    }
  }
  return result;
}

std::string number_text(double number) {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number < 0 ? "-Infinity" : "Infinity";
  std::string out;
  append_number(out, number == 0 ? 0 : number);
  return out;
}

namespace {

// As many digits as a double holds for sure: 0.1 + 0.2 prints as 0.3.
std::string rounded_text(double number) {
  std::string text = number_text(number);
  if (text.size() <= 15 || !std::isfinite(number) || std::trunc(number) == number) return text;
  std::array<char, 32> digits = {};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number,
                                 std::chars_format::scientific, 14);
  const auto rounded = Number::from_lexeme({digits.data(), end.ptr});
  return rounded.has_value() ? number_text(rounded->to_double()) : text;
}

// Prints as JSON.stringify() does.
class Printer {
 public:
  Printer(Evaluator& run, bool pretty) : run_(run), pretty_(pretty) {}

  Made<void> print(const Var& value) {
    WEFT_MADE(run_.spend(1));
    if (!run_.heap().has(out_.size())) return fault("D2015");
    switch (value.type()) {
      case Type::kBoolean:
        out_ += value.boolean() ? "true" : "false";
        return {};
      case Type::kNumber:
        out_ += WEFT_MADE(is_numeric(value)) ? rounded_text(value.number()) : "null";
        return {};
      case Type::kString:
        append_string(out_, value.text());
        return {};
      case Type::kFunction:
        out_ += R"("")";
        return {};
      case Type::kArray:
      case Type::kObject:
        return nested(value);
      default:
        out_ += "null";
        return {};
    }
  }

  std::string& out() { return out_; }

 private:
  void line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(depth_ * 2, ' ');
  }

  Made<void> nested(const Var& value) {
    const Evaluator::Level level(run_);
    WEFT_MADE(level.check());
    const bool object = value.is_object();
    out_ += object ? '{' : '[';
    depth_++;
    bool empty = true;
    const std::size_t size = value.size();
    for (std::size_t i = 0; i < size; i++) {
      const Var item = value.item(i);
      if (object && !item.defined()) continue;
      if (!empty) out_ += ',';
      empty = false;
      line();
      if (object) {
        append_string(out_, value.key(i));
        out_ += pretty_ ? ": " : ":";
      }
      WEFT_MADE(print(item));
    }
    depth_--;
    if (!empty) line();
    out_ += object ? '}' : ']';
    return {};
  }

  Evaluator& run_;
  bool pretty_;
  std::size_t depth_ = 0;
  std::string out_;
};

}  // namespace

Made<std::string> text_of(Evaluator& run, const Var& value, bool pretty) {
  if (value.is_string()) return std::string(value.text());
  if (value.is_function()) return std::string();
  if (value.is_number() && std::isinf(value.number())) {
    return fault({.code = "D3001", .value = "null"});
  }
  Printer printer(run, pretty);
  Var printed = value;
  if (value.array() != nullptr && value.array()->outer_wrapper && value.size() > 0) {
    printed = value.item(0);
  }
  WEFT_MADE(printer.print(printed));
  return std::move(printer.out());
}

std::string shown(Evaluator& run, const Var& value) {
  constexpr std::size_t kBytesMax = 1000;
  if (!value.defined()) return "undefined";
  Printer printer(run, false);
  if (!printer.print(value).has_value()) return "…";
  std::string text = std::move(printer.out());
  if (text.size() > kBytesMax) {
    std::size_t end = kBytesMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
      end--;
    }
    text.resize(end);
    text += "…";
  }
  return text;
}

Made<Var> cloned(Evaluator& run, const Var& value) {
  if (value.is_function()) return Var::string({});
  if (value.is_number()) {
    if (!WEFT_MADE(is_numeric(value))) return Var::null();
    const std::string text = rounded_text(value.number());
    const auto number = Number::from_lexeme(text);
    return number.has_value() ? Var(number->to_double()) : value;
  }
  if (!value.is_array() && !value.is_object()) return value;
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  WEFT_MADE(run.spend(1));
  Heap& heap = run.heap();
  const std::size_t size = value.size();
  if (value.is_array()) {
    Array* array = heap.make<Array>();
    for (std::size_t i = 0; i < size; i++) {
      const Var item = WEFT_MADE(cloned(run, value.item(i)));
      array->push(heap, item.defined() ? item : Var::null());
    }
    return Var(array);
  }
  auto* object = heap.make<Object>();
  for (std::size_t i = 0; i < size; i++) {
    const Var item = WEFT_MADE(cloned(run, value.item(i)));
    if (item.defined()) object->set(heap, value.key(i), item);
  }
  return Var(object);
}

namespace {

// About the bytes that the document's value prints as.
Made<std::size_t> weight_of(Evaluator& run, const Value& value) {
  if (const auto span = value.span(); span.has_value()) return span->end - span->begin;
  WEFT_MADE(run.spend(1));
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  std::size_t weight = value.is_string() ? value.as_string().size() : 8;
  if (value.is_array()) {
    for (const Value& item : value.as_array()) {
      weight += WEFT_MADE(weight_of(run, item));
    }
  } else if (value.is_object()) {
    for (const auto& [key, member] : value.as_object()) {
      weight += key.size() + WEFT_MADE(weight_of(run, member));
    }
  }
  return weight;
}

Made<void> charge(Evaluator& run, std::size_t bytes) {
  if (!run.heap().has(bytes)) return fault("D2015");
  run.heap().charge(bytes);
  return {};
}

Made<Value> to_array(Evaluator& run, const Var& value) {
  json::Array array;
  const std::size_t size = value.size();
  array.reserve(std::min<std::size_t>(size, 1 << 16));
  for (std::size_t i = 0; i < size; i++) {
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDeleteLeaks): it loses sight of std::expected.
    auto item = to_value(run, value.item(i));
    if (!item.has_value()) return item;
    array.push_back(*std::move(item));
  }
  return Value(std::move(array));
}

Made<Value> to_object(Evaluator& run, const Var& value) {
  json::Object object;
  for (std::size_t i = 0; i < value.size(); i++) {
    const Var item = value.item(i);
    if (item.defined()) object.set(value.key(i), WEFT_MADE(to_value(run, item)));
  }
  return Value(std::move(object));
}

}  // namespace

Made<Value> to_value(Evaluator& run, const Var& value) {
  WEFT_MADE(run.spend(1));
  switch (value.type()) {
    case Type::kBoolean:
      return Value(value.boolean());
    case Type::kNumber: {
      const double number = value.number();
      if (number == 0) return Value(0);  // JavaScript's JSON has no -0.
      if (value.foreign() != nullptr) return *value.foreign();
      if (std::isfinite(number)) return Value(number);
      // To workflows they are texts, as AWS was seen to give them. In JavaScript they are values
      // that no document can hold.
      if (run.context().workflow_functions) return Value(number_text(number));
      return fault({.code = "D1001", .value = number_text(number)});
    }
    case Type::kString:
      WEFT_MADE(charge(run, value.text().size()));
      return Value(value.text());
    case Type::kFunction:
      return Value("");
    case Type::kArray:
    case Type::kObject:
      break;
    default:
      return Value();
  }
  if (value.foreign() != nullptr) {
    // Nothing is copied, but whoever prints a value prints it as often as it is in there.
    const std::size_t weight = WEFT_MADE(weight_of(run, *value.foreign()));
    WEFT_MADE(charge(run, weight));
    return *value.foreign();
  }
  const Evaluator::Level level(run);
  WEFT_MADE(level.check());
  WEFT_MADE(charge(run, value.size() * sizeof(Value)));
  return value.is_array() ? to_array(run, value) : to_object(run, value);
}

}  // namespace weft::json::jsonata
