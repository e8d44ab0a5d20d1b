// A path and what it starts at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "json/jsonpath/states_path.h"
#include "json/value.h"
#include "workflow/scope.h"

namespace weft::workflow {

// "$.a" of the state's input, "$$.a" of the context object, "$name.a" of a variable. Immutable,
// cheap to copy, thread-safe.
class RootedPath {
 public:
  enum class Root : std::uint8_t { kInput, kContext, kVariable };

  // Errors: those of jsonpath::StatesPath::parse.
  static Result<RootedPath> parse(std::string_view text);

  const std::string& text() const { return text_; }
  Root root() const { return root_; }
  // Without "$"; empty for the other roots.
  const std::string& variable() const { return variable_; }

  // What it leads to, or why it leads nowhere. Errors: kTooLarge, of jsonpath::EvaluationLimits.
  Result<json::jsonpath::StatesPath::Selection> select(const Scope& scope) const;

  // Of one that begins at a variable and leads nowhere, for `why`: ": there is no variable $a" or
  // " in the variable $a: No results for path: $['b']".
  std::string why_not_in_variable(const Scope& scope, std::string_view why) const;

  // Whether it leads nowhere because it asks an array for an item behind its end.
  bool ends_behind_array(const Scope& scope) const;

 private:
  RootedPath(std::string_view text, json::jsonpath::StatesPath path)
      : text_(text), path_(std::move(path)) {}

  const json::Value* start(const Scope& scope) const;

  std::string text_;
  Root root_ = Root::kInput;
  std::string variable_;
  json::jsonpath::StatesPath path_;
  // The same path where it has names and indexes only.
  std::optional<json::jsonpath::ReferencePath> reference_;
};

// The text of a state's input or of the context object in messages: as it was written where it is
// a document that was parsed, else without white space.
std::string quoted_text(const json::Value& value);

}  // namespace weft::workflow
