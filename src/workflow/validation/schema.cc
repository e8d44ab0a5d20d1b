#include "workflow/validation/schema.h"

#include <algorithm>
#include <array>
#include <span>
#include <vector>

#include <fmt/format.h>

#include "base/nearest.h"
#include "workflow/validation/findings.h"

namespace weft::workflow::validation {
namespace {

using enum Form;
constexpr Language kPathOnly = Language::kJsonPath;
constexpr Language kJsonataOnly = Language::kJsonata;
constexpr Language kBoth = Language::kBoth;

// Seconds that AWS takes: about three years.
constexpr double kSecondsMax = 99'999'999;
constexpr Range kTimeout{.min = 1, .max = kSecondsMax};
constexpr Range kNotNegative{.min = 0};
constexpr Range kPercentage{.min = 0, .max = 100};

// Names that several tables have.
constexpr Field kComment{"Comment", kString};
constexpr Field kType{"Type", kString};
constexpr Field kLanguage{"QueryLanguage", kQueryLanguage};
constexpr Field kInputPath{"InputPath", kPath, kPathOnly};
constexpr Field kOutputPath{"OutputPath", kPath, kPathOnly};
constexpr Field kResultPathMember{"ResultPath", kResultPath, kPathOnly};
constexpr Field kParameters{"Parameters", kTemplate, kPathOnly};
constexpr Field kArguments{"Arguments", kTemplate, kJsonataOnly};
constexpr Field kResultSelector{"ResultSelector", kTemplate, kPathOnly};
constexpr Field kOutput{"Output", kTemplate, kJsonataOnly};
constexpr Field kAssignField{"Assign", kAssign};
constexpr Field kRetryField{"Retry", kRetry};
constexpr Field kCatchField{"Catch", kCatch};
constexpr Field kNext{"Next", kString};
constexpr Field kEnd{"End", kBoolean};
constexpr Field kStartAt{"StartAt", kString};
constexpr Field kStatesField{"States", kStates};

template <class... T>
constexpr std::array<std::string_view, sizeof...(T)> names(T... values) {
  return {std::string_view(values)...};
}

constexpr auto kNextOrEnd = names("Next", "End");
constexpr auto kVersions = names("1.0");
constexpr auto kStandardOrExpress = names("STANDARD", "EXPRESS");
constexpr auto kModes = names("INLINE", "DISTRIBUTED");
constexpr auto kJitters = names("NONE", "FULL");

constexpr auto kMachineRequired = names("States", "StartAt");
constexpr auto kResourceRequired = names("Resource");
constexpr auto kErrorEqualsRequired = names("ErrorEquals");
constexpr auto kNextRequired = names("Next");

constexpr std::array kLeaves{Alternatives{kNextOrEnd, true}};

// The machine and what is in Map and Parallel states.

constexpr std::array kMachineFields{
    kComment,
    kLanguage,
    Field{"Version", kOneOf, kBoth, {}, kVersions},
    Field{"TimeoutSeconds", kPlainInteger, kBoth, kTimeout},
    kStartAt,
    kStatesField,
};
constexpr std::array kBranchFields{kComment, kStartAt, kStatesField};
constexpr std::array kProcessorFields{kComment, kStartAt, kStatesField,
                                      Field{"ProcessorConfig", kProcessorConfig}};
constexpr std::array kInlineConfigFields{Field{"Mode", kOneOf, kBoth, {}, kModes}};
constexpr std::array kDistributedConfigFields{
    Field{"Mode", kOneOf, kBoth, {}, kModes},
    Field{"ExecutionType", kOneOf, kBoth, {}, kStandardOrExpress},
};
constexpr auto kExecutionTypeRequired = names("ExecutionType");

// Retry and Catch.

constexpr std::array kRetrierFields{
    kComment,
    Field{"ErrorEquals", kErrorNames},
    Field{"IntervalSeconds", kPlainInteger, kBoth, {.min = 1, .max = kSecondsMax}},
    Field{"MaxAttempts", kPlainInteger, kBoth, {.min = 0, .max = kSecondsMax}},
    Field{"BackoffRate", kPlainNumber, kBoth, {.min = 1}},
    Field{"MaxDelaySeconds", kPlainInteger, kBoth, {.min = 1, .max = 31'622'400}},
    Field{"JitterStrategy", kOneOf, kBoth, {}, kJitters},
};
constexpr std::array kCatcherFields{
    kComment, Field{"ErrorEquals", kErrorNames}, kNext, kResultPathMember, kOutput, kAssignField,
};
constexpr auto kCatcherRequired = names("ErrorEquals", "Next");

// Choice rules.

constexpr auto kComparisonNames = names(
    "StringEquals", "StringEqualsPath", "StringLessThan", "StringLessThanPath", "StringGreaterThan",
    "StringGreaterThanPath", "StringLessThanEquals", "StringLessThanEqualsPath",
    "StringGreaterThanEquals", "StringGreaterThanEqualsPath", "StringMatches", "NumericEquals",
    "NumericEqualsPath", "NumericLessThan", "NumericLessThanPath", "NumericGreaterThan",
    "NumericGreaterThanPath", "NumericLessThanEquals", "NumericLessThanEqualsPath",
    "NumericGreaterThanEquals", "NumericGreaterThanEqualsPath", "BooleanEquals",
    "BooleanEqualsPath", "TimestampEquals", "TimestampEqualsPath", "TimestampLessThan",
    "TimestampLessThanPath", "TimestampGreaterThan", "TimestampGreaterThanPath",
    "TimestampLessThanEquals", "TimestampLessThanEqualsPath", "TimestampGreaterThanEquals",
    "TimestampGreaterThanEqualsPath", "IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean",
    "IsTimestamp");

constexpr Form form_of_comparison(std::string_view name) {
  if (name.ends_with("Path")) return kContextPath;
  if (name.starts_with("String")) return kString;
  if (name.starts_with("Numeric")) return kPlainNumber;
  if (name.starts_with("Timestamp")) return kComparedTime;
  return kBoolean;
}

constexpr std::array kConditionFields{
    kComment,
    Field{"Variable", kContextPath, kPathOnly},
    Field{"And", kRules, kPathOnly},
    Field{"Or", kRules, kPathOnly},
    Field{"Not", kRule, kPathOnly},
    Field{"Condition", kCondition, kJsonataOnly},
};
constexpr std::array kTopRuleFields{kNext, kAssignField, kOutput};
constexpr auto kParts = names("And", "Or", "Not", "Variable", "Condition");

// The fields of a rule inside another, and with `more` those of one at the top.
template <std::size_t kMore>
constexpr auto rule_fields(const std::array<Field, kMore>& more) {
  std::array<Field, kConditionFields.size() + kComparisonNames.size() + kMore> fields;
  auto* next = std::ranges::copy(kConditionFields, fields.data()).out;
  for (const std::string_view name : kComparisonNames)
    *next++ = Field{name, form_of_comparison(name), kPathOnly};
  std::ranges::copy(more, next);
  return fields;
}
constexpr auto kRuleFields = rule_fields(kTopRuleFields);
constexpr auto kNestedRuleFields = rule_fields(std::array<Field, 0>{});

// Where a distributed Map state reads and writes.

constexpr auto kInputTypes = names("CSV", "JSON", "JSONL", "PARQUET", "MANIFEST");
constexpr auto kHeaderLocations = names("FIRST_ROW", "GIVEN");
constexpr auto kDelimiters = names("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB");
constexpr auto kManifestTypes = names("ATHENA_DATA", "S3_INVENTORY");
constexpr auto kReadTransformations = names("NONE", "LOAD_AND_FLATTEN");
constexpr auto kWriteTransformations = names("NONE", "COMPACT", "FLATTEN");
constexpr auto kOutputTypes = names("JSON", "JSONL");

constexpr std::array kItemReaderFields{
    Field{"Resource", kReaderResource},
    kParameters,
    kArguments,
    Field{"ReaderConfig", kReaderConfig},
};

constexpr Field kInputType{"InputType", kOneOf, kBoth, {}, kInputTypes};
constexpr Field kTransformation{"Transformation", kOneOf, kBoth, {}, kReadTransformations};
constexpr Field kManifestType{"ManifestType", kOneOf, kBoth, {}, kManifestTypes};
constexpr Field kItemsPointer{"ItemsPointer", kText};
constexpr Field kMaxItems{"MaxItems", kInteger, kBoth, {.min = 0, .max = 100'000'000}};
constexpr Field kMaxItemsPath{"MaxItemsPath", kReferencePath, kPathOnly};
constexpr std::array kReaderConfigFields{kInputType,    kTransformation, kManifestType,
                                         kItemsPointer, kMaxItems,       kMaxItemsPath};
constexpr std::array kCsvReaderConfigFields{
    kInputType,
    kTransformation,
    kManifestType,
    kItemsPointer,
    kMaxItems,
    kMaxItemsPath,
    Field{"CSVHeaderLocation", kOneOf, kBoth, {}, kHeaderLocations},
    Field{"CSVHeaders", kStrings},
    Field{"CSVDelimiter", kOneOf, kBoth, {}, kDelimiters},
};
constexpr auto kMaxItemsPair = names("MaxItems", "MaxItemsPath");
constexpr std::array kReaderAlternatives{Alternatives{kMaxItemsPair}};

// A batch is at most what an execution's input may be.
constexpr Range kBatchBytes{.min = 0, .max = 262'144};
constexpr std::array kItemBatcherFields{
    Field{"BatchInput", kTemplate},
    Field{"MaxItemsPerBatch", kInteger, kBoth, kNotNegative},
    Field{"MaxItemsPerBatchPath", kReferencePath, kPathOnly},
    Field{"MaxInputBytesPerBatch", kInteger, kBoth, kBatchBytes},
    Field{"MaxInputBytesPerBatchPath", kReferencePath, kPathOnly},
};
constexpr auto kBatchItems = names("MaxItemsPerBatch", "MaxItemsPerBatchPath");
constexpr auto kBatchSize = names("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath");
constexpr std::array kBatcherAlternatives{Alternatives{kBatchItems}, Alternatives{kBatchSize}};

constexpr std::array kResultWriterFields{
    Field{"Resource", kWriterResource},
    kParameters,
    kArguments,
    Field{"WriterConfig", kWriterConfig},
};
constexpr std::array kWriterConfigFields{
    Field{"Transformation", kOneOf, kBoth, {}, kWriteTransformations},
    Field{"OutputType", kOneOf, kBoth, {}, kOutputTypes},
};
constexpr auto kWriterConfigRequired = names("Transformation", "OutputType");

// States.

constexpr std::array kPassFields{
    kType,
    kComment,
    kLanguage,
    kInputPath,
    kOutputPath,
    Field{"Result", kStaticResult, kPathOnly},
    kResultPathMember,
    kParameters,
    kOutput,
    kAssignField,
    kNext,
    kEnd,
};

constexpr std::array kTaskFields{
    kType,
    kComment,
    kLanguage,
    kInputPath,
    kOutputPath,
    kResultPathMember,
    kParameters,
    kArguments,
    kOutput,
    kAssignField,
    Field{"Resource", kResource},
    Field{"Credentials", kCredentials},
    kResultSelector,
    kRetryField,
    kCatchField,
    Field{"TimeoutSeconds", kInteger, kBoth, kTimeout},
    Field{"TimeoutSecondsPath", kReferencePath, kPathOnly},
    Field{"HeartbeatSeconds", kInteger, kBoth, kTimeout},
    Field{"HeartbeatSecondsPath", kReferencePath, kPathOnly},
    kNext,
    kEnd,
};
constexpr auto kTaskRequired = names("Resource");
constexpr auto kTimeoutPair = names("TimeoutSeconds", "TimeoutSecondsPath");
constexpr auto kHeartbeatPair = names("HeartbeatSeconds", "HeartbeatSecondsPath");
constexpr std::array kTaskAlternatives{Alternatives{kNextOrEnd, true}, Alternatives{kTimeoutPair},
                                       Alternatives{kHeartbeatPair}};

constexpr std::array kWaitFields{
    kType,
    kComment,
    kLanguage,
    kInputPath,
    kOutputPath,
    kOutput,
    kAssignField,
    Field{"Seconds", kInteger, kBoth, {.min = 0, .max = kSecondsMax}},
    Field{"Timestamp", kTimestamp},
    Field{"SecondsPath", kReferencePath, kPathOnly},
    Field{"TimestampPath", kReferencePath, kPathOnly},
    kNext,
    kEnd,
};
constexpr auto kWaitTimes = names("SecondsPath", "Seconds", "TimestampPath", "Timestamp");
constexpr std::array kWaitAlternatives{Alternatives{kNextOrEnd, true},
                                       Alternatives{kWaitTimes, true}};

constexpr std::array kParallelFields{
    kType,           kComment,
    kLanguage,       kInputPath,
    kOutputPath,     kResultPathMember,
    kParameters,     kArguments,
    kOutput,         kAssignField,
    kResultSelector, kRetryField,
    kCatchField,     Field{"Branches", kBranches},
    kNext,           kEnd,
};
constexpr auto kParallelRequired = names("Branches");

constexpr std::array kMapFields{
    kType,
    kComment,
    kLanguage,
    kInputPath,
    kOutputPath,
    kResultPathMember,
    kParameters,
    kOutput,
    kAssignField,
    kResultSelector,
    kRetryField,
    kCatchField,
    Field{"ItemProcessor", kProcessor},
    Field{"Iterator", kProcessor},
    Field{"ItemsPath", kContextPath, kPathOnly},
    Field{"Items", kItems, kJsonataOnly},
    Field{"ItemSelector", kTemplate},
    Field{"ItemReader", kItemReader},
    Field{"ItemBatcher", kItemBatcher},
    Field{"ResultWriter", kResultWriter},
    Field{"MaxConcurrency", kInteger, kBoth, kNotNegative},
    Field{"MaxConcurrencyPath", kReferencePath, kPathOnly},
    Field{"ToleratedFailurePercentage", kNumber, kBoth, kPercentage},
    Field{"ToleratedFailurePercentagePath", kReferencePath, kPathOnly},
    Field{"ToleratedFailureCount", kInteger, kBoth, kNotNegative},
    Field{"ToleratedFailureCountPath", kReferencePath, kPathOnly},
    Field{"Label", kLabel},
    kNext,
    kEnd,
};
constexpr auto kProcessors = names("ItemProcessor", "Iterator");
constexpr auto kSelectors = names("ItemSelector", "Parameters");
constexpr auto kConcurrencyPair = names("MaxConcurrency", "MaxConcurrencyPath");
constexpr auto kPercentagePair =
    names("ToleratedFailurePercentage", "ToleratedFailurePercentagePath");
constexpr auto kCountPair = names("ToleratedFailureCount", "ToleratedFailureCountPath");
constexpr std::array kMapAlternatives{
    Alternatives{kNextOrEnd, true}, Alternatives{kProcessors, true}, Alternatives{kSelectors},
    Alternatives{kConcurrencyPair}, Alternatives{kPercentagePair},   Alternatives{kCountPair},
};

constexpr std::array kChoiceFields{
    kType,
    kComment,
    kLanguage,
    kInputPath,
    kOutputPath,
    kOutput,
    kAssignField,
    Field{"Choices", kChoices},
    Field{"Default", kString},
};
constexpr auto kChoiceRequired = names("Choices");

constexpr std::array kSucceedFields{kType, kComment, kLanguage, kInputPath, kOutputPath, kOutput};

constexpr std::array kFailFields{
    kType,
    kComment,
    kLanguage,
    Field{"Error", kText},
    Field{"Cause", kText},
    Field{"ErrorPath", kPathOrIntrinsic, kPathOnly},
    Field{"CausePath", kPathOrIntrinsic, kPathOnly},
};
constexpr auto kErrorPair = names("Error", "ErrorPath");
constexpr auto kCausePair = names("Cause", "CausePath");
constexpr std::array kFailAlternatives{Alternatives{kErrorPair}, Alternatives{kCausePair}};

struct StateSchema {
  std::string_view type;
  Schema schema;
};

constexpr std::array kStateSchemas{
    StateSchema{"Task", {kTaskFields, kTaskRequired, kTaskAlternatives}},
    StateSchema{"Wait", {kWaitFields, {}, kWaitAlternatives}},
    StateSchema{"Pass", {kPassFields, {}, kLeaves}},
    StateSchema{"Succeed", {kSucceedFields}},
    StateSchema{"Fail", {kFailFields, {}, kFailAlternatives}},
    StateSchema{"Choice", {kChoiceFields, kChoiceRequired}},
    StateSchema{"Parallel", {kParallelFields, kParallelRequired, kLeaves}},
    StateSchema{"Map", {kMapFields, {}, kMapAlternatives}},
};

constexpr auto kTypes =
    names("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map");

}  // namespace

constinit const Schema kMachineSchema{kMachineFields, kMachineRequired};
constinit const Schema kBranchSchema{kBranchFields, kMachineRequired};
constinit const Schema kProcessorSchema{kProcessorFields, kMachineRequired};
constinit const Schema kInlineConfigSchema{kInlineConfigFields};
constinit const Schema kDistributedConfigSchema{kDistributedConfigFields, kExecutionTypeRequired};
constinit const Schema kRetrierSchema{kRetrierFields, kErrorEqualsRequired};
constinit const Schema kCatcherSchema{kCatcherFields, kCatcherRequired};
constinit const Schema kRuleSchema{kRuleFields, kNextRequired};
constinit const Schema kNestedRuleSchema{kNestedRuleFields};
constinit const Schema kItemReaderSchema{kItemReaderFields, kResourceRequired};
constinit const Schema kReaderConfigSchema{kReaderConfigFields, {}, kReaderAlternatives};
constinit const Schema kCsvReaderConfigSchema{kCsvReaderConfigFields, {}, kReaderAlternatives};
constinit const Schema kItemBatcherSchema{kItemBatcherFields, {}, kBatcherAlternatives};
constinit const Schema kResultWriterSchema{kResultWriterFields};
constinit const Schema kWriterConfigSchema{kWriterConfigFields, kWriterConfigRequired};

constinit const Names kStateTypes{kTypes};
constinit const Names kRuleParts{kParts};
constinit const Names kComparisons{kComparisonNames};

const Schema* schema_of_state(std::string_view type) {
  const std::span schemas(kStateSchemas);
  const auto found = std::ranges::find(schemas, type, &StateSchema::type);
  return found == schemas.end() ? nullptr : &found->schema;
}

const Field* find_field(const Schema& schema, std::string_view name) {
  const auto found = std::ranges::find(schema.fields, name, &Field::name);
  return found == schema.fields.end() ? nullptr : &*found;
}

std::optional<std::string> hint_of(std::string_view word, Names names) {
  const auto meant = nearest(word, names);
  if (!meant) return std::nullopt;
  return fmt::format("did you mean {}?", quoted(*meant));
}

std::optional<std::string> hint_of(std::string_view word, const Schema& schema) {
  std::vector<std::string_view> names;
  for (const Field& field : schema.fields)
    names.push_back(field.name);
  return hint_of(word, names);
}

}  // namespace weft::workflow::validation
