#include "workflow/rooted_path.h"

#include <cstddef>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "json/print.h"

namespace weft::workflow {
namespace {

using json::jsonpath::ReferencePath;
using json::jsonpath::StatesPath;

// Letters beyond ASCII are letters; which of them may be in a name is for who assigns it.
bool is_name_character(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '_' ||
         static_cast<unsigned char>(character) >= 0x80;
}

std::size_t name_bytes(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && is_name_character(text[size]))
    ++size;
  return size;
}

}  // namespace

Result<RootedPath> RootedPath::parse(std::string_view text) {
  const bool is_context = text.starts_with("$$");
  const std::size_t name = is_context || text.empty() ? 0 : name_bytes(text.substr(1));
  const std::size_t root_bytes = is_context ? 2 : 1 + name;
  const json::jsonpath::StatesParseOptions options = {.root_bytes = root_bytes};
  RootedPath path(text, TRY(StatesPath::parse(text, options)));
  if (is_context) {
    path.root_ = Root::kContext;
  } else if (name > 0) {
    path.root_ = Root::kVariable;
    path.variable_ = text.substr(1, name);
  }
  if (auto reference = ReferencePath::parse(text, options); reference.has_value())
    path.reference_ = *std::move(reference);
  return path;
}

const json::Value* RootedPath::start(const Scope& scope) const {
  switch (root_) {
    case Root::kInput:
      return &scope.input;
    case Root::kContext:
      return &scope.context;
    case Root::kVariable:
      break;
  }
  return scope.variables.find(variable_);
}

Result<StatesPath::Selection> RootedPath::select(const Scope& scope) const {
  const json::Value* const from = start(scope);
  if (from == nullptr) return StatesPath::Selection{.why = "there is no variable $" + variable_};
  return path_.select(*from);
}

std::string RootedPath::why_not_in_variable(const Scope& scope, std::string_view why) const {
  const bool is_there = scope.variables.find(variable_) != nullptr;
  return fmt::format("{}: {}", is_there ? " in the variable $" + variable_ : "", why);
}

bool RootedPath::ends_behind_array(const Scope& scope) const {
  const json::Value* at = start(scope);
  if (!reference_.has_value() || at == nullptr) return false;
  for (const ReferencePath::Step& step : reference_->steps()) {
    if (const std::string* const name = std::get_if<std::string>(&step)) {
      at = at->find(*name);
    } else if (!at->is_array()) {
      return false;
    } else if (std::get<std::size_t>(step) >= at->size()) {
      return true;
    } else {
      at = &at->as_array()[std::get<std::size_t>(step)];
    }
    if (at == nullptr) return false;
  }
  return false;
}

std::string quoted_text(const json::Value& value) {
  // A part of a document does not begin where the document does, and AWS prints it anew.
  const auto span = value.span();
  return span.has_value() && span->begin == 0 ? std::string(value.source())
                                              : json::to_string(value);
}

}  // namespace weft::workflow
