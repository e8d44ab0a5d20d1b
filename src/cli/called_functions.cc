#include "cli/called_functions.h"

#include <algorithm>
#include <utility>

#include "cli/definition_states.h"

namespace weft::cli {
namespace {

// What stands behind "arn:PARTITION"; empty where that is not in front. Partitions: "aws",
// "aws-cn", "aws-us-gov" and others.
std::string_view behind_partition(std::string_view resource) {
  constexpr std::string_view kArn = "arn:aws";
  if (!resource.starts_with(kArn)) return {};
  return resource.substr(std::min(resource.find(':', kArn.size()), resource.size()));
}

bool is_function(std::string_view resource) {
  return behind_partition(resource).starts_with(":lambda:") || resource.starts_with("${");
}

// Nothing where it is found only when the Task runs.
std::optional<std::string> function_invoked_by(const json::Value& task) {
  for (const std::string_view field : {"Parameters", "Arguments"}) {
    const json::Value* const input = task.find(field);
    if (input == nullptr) continue;
    const std::string_view name = input->find_string("FunctionName").value_or("");
    if (!name.empty() && !name.starts_with("{%")) return function_name(name);
  }
  return std::nullopt;
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

bool is_invoke(std::string_view resource) {
  return behind_partition(resource).starts_with(":states:::lambda:invoke");
}

std::optional<std::string> function_called_by(const workflow::StartTask& task) {
  if (is_function(task.resource)) return function_name(task.resource);
  if (!is_invoke(task.resource)) return std::nullopt;
  const std::string_view name = task.input.find_string("FunctionName").value_or("");
  return name.empty() ? std::nullopt : std::optional(function_name(name));
}

std::optional<std::vector<std::string>> functions_called_in(const json::Value& definition) {
  std::vector<std::string> names;
  const bool are_known = for_each_state(definition, [&](const json::Member& state) {
    const json::Value& task = state.value();
    if (task.find_string("Type") != "Task") return true;
    const std::string_view resource = task.find_string("Resource").value_or("");
    const bool invokes = is_invoke(resource);
    auto name = invokes                 ? function_invoked_by(task)
                : is_function(resource) ? std::optional(function_name(resource))
                                        : std::nullopt;
    const bool is_known = name || !invokes;
    if (name && std::ranges::find(names, *name) == names.end()) names.push_back(*std::move(name));
    return is_known;
  });
  return are_known ? std::optional(std::move(names)) : std::nullopt;
}

}  // namespace weft::cli
