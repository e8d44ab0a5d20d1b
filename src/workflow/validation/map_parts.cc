// What only Map states have.
#include <algorithm>

#include <fmt/format.h>

#include "workflow/validation/checker.h"

namespace weft::workflow::validation {
namespace {

using json::Kind;
using json::Value;

constexpr std::size_t kLabelCharactersMax = 40;

bool is_text(const Value* value, std::string_view text) {
  return value != nullptr && value->is_string() && value->as_string() == text;
}

// The characters that no name of AWS Step Functions has.
bool is_name(std::string_view text) {
  constexpr std::string_view kForbidden = "<>{}[]?*\"#%\\^|~`$&,;:/ \x7F";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || kForbidden.contains(text[i])) return false;
    // U+0080 to U+009F
    if (byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0)
      return false;
  }
  return true;
}

bool is_distributed(const Value* config) {
  return config != nullptr && is_text(config->find("Mode"), "DISTRIBUTED");
}

}  // namespace

void Checker::check_processor(const Value& processor, const Place& place, const Scope& scope) {
  Scope inside = scope;
  const Value* const config = processor.find("ProcessorConfig");
  // The runs of a distributed Map state are executions of a type of their own.
  if (is_distributed(config)) {
    inside.type = is_text(config->find("ExecutionType"), "EXPRESS") ? MachineType::kExpress
                                                                    : MachineType::kStandard;
    if (scope.type == MachineType::kExpress) {
      findings_.schema_error(
          "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state "
          "machines",
          place.member("ProcessorConfig").member("Mode"), *config->find("Mode"));
    }
  }
  check_object(processor, place, kProcessorSchema, inside);
}

void Checker::check_processor_config(const Value& config, const Place& place, const Scope& scope) {
  check_object(config, place,
               is_distributed(&config) ? kDistributedConfigSchema : kInlineConfigSchema, scope);
}

void Checker::check_item_reader(const Value& reader, const Place& place, const Scope& scope) {
  check_object(reader, place, kItemReaderSchema, scope);
}

void Checker::check_reader_config(const Value& config, const Place& place, const Scope& scope) {
  const Value* const type = config.find("InputType");
  // What a manifest lists may be CSV, too.
  const bool is_csv = is_text(type, "CSV");
  const bool may_be_csv = is_csv || is_text(type, "MANIFEST");
  if (!check_object(config, place, may_be_csv ? kCsvReaderConfigSchema : kReaderConfigSchema,
                    scope))
    return;
  const Value* const header = config.find("CSVHeaderLocation");
  if (is_csv && header == nullptr)
    findings_.schema_error("The field 'CSVHeaderLocation' is required", place, config);
  if (is_text(header, "GIVEN") && config.find("CSVHeaders") == nullptr)
    findings_.schema_error("These fields are required: [CSVHeaders]", place, config);
}

void Checker::check_item_batcher(const Value& batcher, const Place& place, const Scope& scope) {
  if (!check_object(batcher, place, kItemBatcherSchema, scope)) return;
  const bool has_size = std::ranges::any_of(batcher.as_object(), [](const json::Member& member) {
    return member.key().starts_with("Max");
  });
  if (!has_size) {
    findings_.schema_error(
        "This object should have at least one of the following fields: [MaxItemsPerBatch, "
        "MaxItemsPerBatchPath, MaxInputBytesPerBatch, MaxInputBytesPerBatchPath]",
        place, batcher);
  }
}

void Checker::check_result_writer(const Value& writer, const Place& place, const Scope& scope) {
  if (!expect_nonempty(writer, place, Kind::kObject)) return;
  check_object(writer, place, kResultWriterSchema, scope);
  const std::string_view arguments =
      scope.language == Language::kJsonata ? "Arguments" : "Parameters";
  const bool has_resource = writer.find("Resource") != nullptr;
  const bool has_arguments = writer.find(arguments) != nullptr;
  if (has_resource == has_arguments) return;
  findings_.schema_error(
      fmt::format("These fields are required: [{}]", has_resource ? arguments : "Resource"), place,
      writer);
}

void Checker::check_storage_resource(const Value& resource, const Place& place, Names actions) {
  if (!expect(resource, place, {Kind::kString})) return;
  const std::string_view text = resource.as_string();
  const bool is_one = std::ranges::any_of(actions, [text](std::string_view action) {
    return text.starts_with("arn:") && text.ends_with(action) &&
           text.substr(0, text.size() - action.size()).ends_with(":states:::");
  });
  if (is_one || has_substitution(text)) return;
  findings_.schema_error("The field 'Resource' does not match any of the allowed values", place,
                         resource);
}

void Checker::check_label(const Value& label, const Place& place) {
  if (!expect(label, place, {Kind::kString})) return;
  const std::string_view text = label.as_string();
  if (has_substitution(text)) return;
  if (text.empty()) {
    findings_.error("INVALID_LABEL_NAME", "The label cannot be empty", place, label);
  } else if (count_characters(text) > kLabelCharactersMax) {
    findings_.error("INVALID_LABEL_NAME",
                    fmt::format("The label '{}' exceeds the {}-character limit allowed by the "
                                "service",
                                quoted(text), kLabelCharactersMax),
                    place, label);
  } else if (!is_name(text)) {
    findings_.error("INVALID_LABEL_NAME",
                    fmt::format("The label '{}' contains invalid characters", quoted(text)), place,
                    label);
  }
}

}  // namespace weft::workflow::validation
