// JSON in which some values are expressions: what templates of both query languages have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/pointer.h"
#include "json/value.h"
#include "workflow/state_error.h"

namespace weft::workflow {

// Arrays and objects of a template inside each other; as deep as documents may be.
inline constexpr std::size_t kTemplateDepthMax = 128;

// Immutable once compiled. `Leaf` is an expression.
template <class Leaf>
class TemplateTree {
 public:
  // What `make` says of a value: the expression that it is, and the name of the member that it
  // becomes.
  struct Made {
    std::string name;
    Leaf leaf;
  };

  // `make(name, value)` gives Result<std::optional<Made>>, nothing for what is no expression;
  // `name` is empty of what is no member. Errors: its own, with the JSON pointer in front, and
  // kInvalidArgument.
  template <class Make>
  static Result<TemplateTree> compile(const json::Value& value, const Make& make) {
    return Compiler<Make>(make).compile_root(value);
  }

  // `evaluate(leaf, place)` gives Outcome<json::Value>; `place` is `field` and the names and
  // indexes below it, "Output/a[0]".
  template <class Evaluate>
  Outcome<json::Value> evaluate(std::string_view field, const Evaluate& evaluate) const {
    std::string place(field);
    return value_at(place, evaluate);
  }

  // The expression that it is; null where there is a template around it.
  const Leaf* leaf() const { return std::get_if<Leaf>(&is_); }

  template <class Visit>
  void each_leaf(const Visit& visit) const {
    if (const Leaf* const leaf = std::get_if<Leaf>(&is_)) visit(*leaf);
    if (const Items* const items = std::get_if<Items>(&is_)) {
      for (const TemplateTree& item : *items)
        item.each_leaf(visit);
    }
    if (const Fields* const fields = std::get_if<Fields>(&is_)) {
      for (const Field& field : *fields)
        field.second.each_leaf(visit);
    }
  }

 private:
  using Field = std::pair<std::string, TemplateTree>;
  using Items = std::vector<TemplateTree>;
  using Fields = std::vector<Field>;

  bool is_constant() const { return std::holds_alternative<json::Value>(is_); }

  template <class Make>
  class Compiler {
   public:
    explicit Compiler(const Make& make) : make_(make) {}

    Result<TemplateTree> compile_root(const json::Value& value) {
      return TRY(compile_member({}, value, 0)).second;
    }

   private:
    // Recurses as deep as kTemplateDepthMax.
    Result<Field> compile_member(std::string_view name, const json::Value& value,
                                 std::size_t depth) {
      auto result = make_(name, value);
      if (!result.has_value()) {
        Error error = std::move(result).error();
        return fail(pointer_.empty() ? std::move(error) : std::move(error).with_context(pointer_));
      }
      Field field;
      std::optional<Made>& made = *result;
      if (made.has_value()) {
        field.first = std::move(made->name);
        field.second.is_ = std::move(made->leaf);
      } else {
        field.first = name;
        field.second = TRY(compile_inside(value, depth));
      }
      return field;
    }

    Result<TemplateTree> compile_inside(const json::Value& value, std::size_t depth) {
      TemplateTree tree;
      // What has no expression in it stays the value that it is.
      tree.is_ = value;
      if (!value.is_array() && !value.is_object()) return tree;
      if (depth == kTemplateDepthMax) {
        return fail(ErrorCode::kInvalidArgument, pointer_ + ": a template may be nested " +
                                                     std::to_string(kTemplateDepthMax) + " deep");
      }
      Fields fields = TRY(value.is_object() ? compile_object(value, depth + 1)
                                            : compile_array(value, depth + 1));
      const bool is_constant = std::ranges::all_of(
          fields, [](const Field& field) { return field.second.is_constant(); });
      if (is_constant) return tree;
      if (value.is_object()) {
        tree.is_ = std::move(fields);
      } else {
        Items items;
        for (Field& field : fields)
          items.push_back(std::move(field.second));
        tree.is_ = std::move(items);
      }
      return tree;
    }

    Result<Fields> compile_object(const json::Value& object, std::size_t depth) {
      Fields fields;
      const std::size_t before = pointer_.size();
      for (const auto& [name, value] : object.as_object()) {
        json::append_pointer_step(pointer_, name);
        fields.push_back(TRY(compile_member(name, value, depth)));
        pointer_.resize(before);
      }
      return fields;
    }

    Result<Fields> compile_array(const json::Value& array, std::size_t depth) {
      Fields fields;
      const std::size_t before = pointer_.size();
      for (const json::Value& value : array.as_array()) {
        json::append_pointer_step(pointer_, std::to_string(fields.size()));
        fields.push_back(TRY(compile_member({}, value, depth)));
        pointer_.resize(before);
      }
      return fields;
    }

    const Make& make_;
    std::string pointer_;  // to what is being compiled
  };

  template <class Evaluate>
  Outcome<json::Value> value_at(std::string& place, const Evaluate& evaluate) const {
    if (const json::Value* const constant = std::get_if<json::Value>(&is_)) return *constant;
    if (const Leaf* const leaf = std::get_if<Leaf>(&is_)) return evaluate(*leaf, place);
    const std::size_t before = place.size();
    if (const Items* const items = std::get_if<Items>(&is_)) {
      json::Array array;
      array.reserve(items->size());
      for (const TemplateTree& item : *items) {
        place += "[" + std::to_string(array.size()) + "]";
        auto value = item.value_at(place, evaluate);
        if (!value.has_value()) return value;
        array.push_back(*std::move(value));
        place.resize(before);
      }
      return json::Value(std::move(array));
    }
    json::Object object;
    for (const auto& [name, inner] : std::get<Fields>(is_)) {
      place += "/" + name;
      auto value = inner.value_at(place, evaluate);
      if (!value.has_value()) return value;
      object.set(name, *std::move(value));
      place.resize(before);
    }
    return json::Value(std::move(object));
  }

  std::variant<json::Value, Leaf, Items, Fields> is_;
};

}  // namespace weft::workflow
