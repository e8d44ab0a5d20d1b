#include "cli/called_functions.h"

#include <algorithm>
#include <utility>

namespace weft::cli {
namespace {

constexpr std::string_view kInvoke = "arn:aws:states:::lambda:invoke";

std::string_view text_of(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : std::string_view();
}

bool is_function(std::string_view resource) {
  return resource.starts_with("arn:aws:lambda:") || resource.starts_with("${");
}

// Nothing where it is found only when the Task runs.
std::optional<std::string> function_invoked_by(const json::Value& task) {
  for (const std::string_view field : {"Parameters", "Arguments"}) {
    const json::Value* const input = task.find(field);
    if (input == nullptr || !input->is_object()) continue;
    const std::string_view name = text_of(*input, "FunctionName");
    if (!name.empty() && !name.starts_with("{%")) return function_name(name);
  }
  return std::nullopt;
}

// False when a name is not known. Recurses as deep as the document is.
bool collect(const json::Value& value, std::vector<std::string>& names) {
  if (value.is_array()) {
    return std::ranges::all_of(value.as_array(),
                               [&](const json::Value& item) { return collect(item, names); });
  }
  if (!value.is_object()) return true;
  if (const std::string_view resource = text_of(value, "Resource");
      text_of(value, "Type") == "Task" && !resource.empty()) {
    const bool invokes = resource.starts_with(kInvoke);
    auto name = invokes                 ? function_invoked_by(value)
                : is_function(resource) ? std::optional(function_name(resource))
                                        : std::nullopt;
    if (invokes && !name) return false;
    if (name && std::ranges::find(names, *name) == names.end()) names.push_back(*std::move(name));
  }
  return std::ranges::all_of(value.as_object(), [&](const json::Member& member) {
    return collect(member.value(), names);
  });
}

}  // namespace

std::string function_name(std::string_view text) {
  constexpr std::string_view kKind = "function:";
  constexpr std::string_view kPlaceholder = "${";
  if (const std::size_t kind = text.find(kKind); kind != std::string_view::npos)
    text.remove_prefix(kind + kKind.size());
  const bool is_placeholder = text.starts_with(kPlaceholder) && text.contains('}');
  if (!is_placeholder) return std::string(text.substr(0, text.find(':')));
  text.remove_prefix(kPlaceholder.size());
  return std::string(text.substr(0, text.find('}')));
}

std::optional<std::string> function_called_by(const workflow::StartTask& task) {
  if (is_function(task.resource)) return function_name(task.resource);
  if (!task.resource.starts_with(kInvoke)) return std::nullopt;
  const std::string_view name = text_of(task.input, "FunctionName");
  return name.empty() ? std::nullopt : std::optional(function_name(name));
}

std::optional<std::vector<std::string>> functions_called_in(const json::Value& definition) {
  std::vector<std::string> names;
  if (!collect(definition, names)) return std::nullopt;
  return names;
}

}  // namespace weft::cli
