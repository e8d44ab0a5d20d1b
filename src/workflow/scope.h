// What the expressions of a state see.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "json/jsonata/jsonata.h"
#include "json/print.h"
#include "json/value.h"

namespace weft::workflow {

// The variables that Assign has set, of one run of a state machine or of one branch or iteration in
// it, and of all around it. Immutable and cheap to copy: who assigns gets another one.
class Variables {
 public:
  using Map = std::map<std::string, json::Value, std::less<>>;

  // The value that a state sees under this name (without "$"): the innermost. Null when there is
  // none. Valid as long as this object.
  const json::Value* find(std::string_view name) const {
    for (const Level* level = innermost_.get(); level != nullptr; level = level->around.get()) {
      if (const auto found = level->variables.find(name); found != level->variables.end())
        return &found->second;
    }
    return nullptr;
  }
  // Those of the innermost level alone; null when it has none.
  const Map* innermost() const { return innermost_ ? &innermost_->variables : nullptr; }
  // Those of the levels around it.
  Variables around() const { return Variables(innermost_ ? innermost_->around : nullptr); }

  // What all of them take, names and printed values, with those that are hidden.
  std::size_t size_bytes() const { return innermost_ ? innermost_->size_bytes : 0; }

  // The same with these of the innermost level set.
  Variables with(Map assigned) const {
    auto level = std::make_shared<Level>();
    if (innermost_) *level = *innermost_;
    for (auto& [name, value] : assigned) {
      const auto bytes_of = [&](const json::Value& one) {
        return name.size() + json::to_string(one).size();
      };
      if (const auto before = level->variables.find(name); before != level->variables.end())
        level->size_bytes -= bytes_of(before->second);
      level->size_bytes += bytes_of(value);
      level->variables.insert_or_assign(name, std::move(value));
    }
    return Variables(std::move(level));
  }
  // What a branch or an iteration begins with: it sees these, and assigns to a level of its own.
  Variables inside() const {
    return Variables(std::make_shared<Level>(
        Level{.variables = {}, .around = innermost_, .size_bytes = size_bytes()}));
  }

  Variables() = default;

 private:
  struct Level {
    Map variables;
    std::shared_ptr<const Level> around;
    std::size_t size_bytes = 0;  // with those around
  };
  explicit Variables(std::shared_ptr<const Level> innermost) : innermost_(std::move(innermost)) {}

  std::shared_ptr<const Level> innermost_;
};

// All that an expression sees. Borrowed while it is evaluated.
struct Scope {
  // "$" of JSONPath; $states.input. Messages quote it as it was written where it is all of a
  // document that was parsed.
  const json::Value& input;
  const json::Value& context;  // "$$"; $states.context
  const Variables& variables;
  json::jsonata::Inputs& inputs;              // clock and randomness, which events bring
  const json::Value* result = nullptr;        // $states.result
  const json::Value* error_output = nullptr;  // $states.errorOutput
};

}  // namespace weft::workflow
