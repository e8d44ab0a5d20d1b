#include "cli/definition_file.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/input_file.h"
#include "cli/report.h"
#include "json/unicode.h"

namespace weft::cli {
namespace {

using workflow::Diagnostic;

std::string without_value(const Placeholder& placeholder) {
  return fmt::format("the placeholder ${{{0}}} has no value: give `--substitute {0}=VALUE`",
                     placeholder.name);
}

// What JSON expects is not what helps where a placeholder stands without quotation marks; and its
// message has a line and a column, which those of the file replace.
void explain_json(Diagnostic& diagnostic, const DefinitionFile& definition,
                  std::size_t filled_offset) {
  for (const Placeholder& placeholder : placeholders_in(definition.text.text())) {
    if (placeholder.offset == filled_offset) {
      diagnostic.message = without_value(placeholder);
      return;
    }
  }
  diagnostic.message = without_place(diagnostic.message);
  if (definition.name.ends_with(".yaml") || definition.name.ends_with(".yml"))
    diagnostic.message += "; a definition is JSON here, and YAML is to be converted";
}

// Whether the field is compiled before anything runs: a path or a comparison's variable.
bool is_path(std::string_view field) {
  return field.ends_with(".$") || field.ends_with("Path") || field == "Variable";
}

// Where texts that have to be paths are, by their beginnings.
using Spans = std::map<std::uint32_t, std::uint32_t>;

// Recurses as deep as the document is.
void collect_paths(const json::Value& value, std::string_view field, Spans& found) {
  const auto span = value.span();
  if (value.is_string() && span && is_path(field)) found.emplace(span->begin, span->end);
  if (value.is_array()) {
    for (const json::Value& one : value.as_array())
      collect_paths(one, field, found);
  }
  if (!value.is_object()) return;
  for (const json::Member& member : value.as_object())
    collect_paths(member.value(), member.key(), found);
}

}  // namespace

Result<DefinitionFile> read_definition(const Arguments& arguments, Console& console) {
  const std::string_view file = arguments.operand(1);
  const Substitutions substitutions = TRY(Substitutions::create(arguments.values("substitute")));
  std::string text = TRY(read_input(file, console, "a definition"));
  return DefinitionFile{.name = std::string(file),
                        .text = TRY(substitutions.fill(std::move(text)))};
}

workflow::Validation validate(const DefinitionFile& definition,
                              const workflow::ValidationOptions& options) {
  workflow::Validation validation = workflow::validate(definition.text.text(), options);
  for (Diagnostic& diagnostic : validation.diagnostics) {
    const auto offset = diagnostic.position.offset;
    diagnostic.position = definition.text.in_original(diagnostic.position);
    if (diagnostic.code == "INVALID_JSON_DESCRIPTION" && offset)
      explain_json(diagnostic, definition, static_cast<std::size_t>(*offset));
  }
  return validation;
}

workflow::Validation unfilled(const DefinitionFile& definition, const json::Value& document) {
  const std::string& text = definition.text.text();
  Spans paths;
  collect_paths(document, "", paths);
  workflow::Validation validation;
  for (const Placeholder& placeholder : placeholders_in(text)) {
    // The text that it stands in is the last one that begins before it.
    const auto behind = paths.upper_bound(static_cast<std::uint32_t>(placeholder.offset));
    if (behind == paths.begin() || placeholder.offset >= std::prev(behind)->second) continue;
    validation.is_valid = false;
    if (validation.diagnostics.size() == workflow::ValidationOptions().results_max) {
      validation.is_truncated = true;
      break;
    }
    validation.diagnostics.push_back(
        {.code = "PLACEHOLDER_WITHOUT_VALUE",
         .message = without_value(placeholder),
         .location = std::nullopt,
         .span = std::nullopt,
         .position = definition.text.in_original(json::position_of(text, placeholder.offset))});
  }
  return validation;
}

}  // namespace weft::cli
