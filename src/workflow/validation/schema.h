// What the objects of a definition may have: one table for each, read by Checker.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace weft::workflow::validation {

// Which query language has a field.
enum class Language : std::uint8_t { kBoth, kJsonPath, kJsonata };

// What a field's value is. Those that say "or an expression" are also "{% … %}" in JSONata states.
enum class Form : std::uint8_t {
  kAny,
  kString,           // taken as it is
  kText,             // or an expression
  kBoolean,          //
  kInteger,          // or an expression
  kNumber,           // or an expression
  kPlainInteger,     // no expression
  kPlainNumber,      // no expression
  kOneOf,            // of Field::values
  kTimestamp,        // or an expression
  kComparedTime,     // a timestamp, no expression
  kStrings,          // an array of them
  kQueryLanguage,    //
  kPath,             // a JSONPath or null
  kResultPath,       // a Reference Path of the state's own input, or null
  kReferencePath,    // not of the context object
  kContextPath,      // a Reference Path, of the context object, too
  kPathOrIntrinsic,  //
  kTemplate,         // values in it may be expressions
  kStaticResult,     // a Pass state's: no expressions, although they may look so
  kAssign,           //
  kCondition,        // an expression or a boolean
  kItems,            // an array, an object or an expression
  kResource,         //
  kReaderResource,   //
  kWriterResource,   //
  kLabel,            //
  kCredentials,      //
  kErrorNames,       //
  kStates,           //
  kBranches,         //
  kProcessor,        //
  kProcessorConfig,  //
  kRetry,            //
  kCatch,            //
  kChoices,          //
  kRules,            // of And and Or
  kRule,             // of Not
  kItemReader,       //
  kReaderConfig,     //
  kItemBatcher,      //
  kResultWriter,     //
  kWriterConfig,     //
};

struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

using Names = std::span<const std::string_view>;

struct Field {
  std::string_view name;
  Form form = Form::kAny;
  Language language = Language::kBoth;
  Range range = {};
  Names values = {};
};

// Fields of which there must not be more than one, and where `must` not less.
struct Alternatives {
  Names names;
  bool must = false;
};

struct Schema {
  std::span<const Field> fields;
  Names required = {};
  std::span<const Alternatives> alternatives = {};
};

extern const Schema kMachineSchema;
extern const Schema kBranchSchema;
extern const Schema kProcessorSchema;
extern const Schema kInlineConfigSchema;
extern const Schema kDistributedConfigSchema;
extern const Schema kRetrierSchema;
extern const Schema kCatcherSchema;
extern const Schema kRuleSchema;
extern const Schema kNestedRuleSchema;
extern const Schema kItemReaderSchema;
extern const Schema kReaderConfigSchema;
extern const Schema kCsvReaderConfigSchema;
extern const Schema kItemBatcherSchema;
extern const Schema kResultWriterSchema;
extern const Schema kWriterConfigSchema;

// Of a state of that Type; null when there is no such Type.
const Schema* schema_of_state(std::string_view type);

// As AWS lists them where it misses one.
extern const Names kStateTypes;
// What a Choice rule is made of, and all comparisons that one with a Variable may have.
extern const Names kRuleParts;
extern const Names kComparisons;

const Field* find_field(const Schema& schema, std::string_view name);

// "did you mean StringEquals?" for a name or value that is not one of those but spelled like it.
std::optional<std::string> hint_of(std::string_view word, Names names);
std::optional<std::string> hint_of(std::string_view word, const Schema& schema);

}  // namespace weft::workflow::validation
