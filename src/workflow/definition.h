// A state machine's definition, compiled: what the interpreter runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "json/jsonpath/states_path.h"
#include "json/value.h"
#include "workflow/choice.h"
#include "workflow/expressions.h"

namespace weft::workflow {

enum class StateType : std::uint8_t {
  kTask,
  kWait,
  kPass,
  kSucceed,
  kFail,
  kChoice,
  kParallel,
  kMap
};
enum class QueryLanguage : std::uint8_t { kJsonPath, kJsonata };

// "Task"
std::string_view name_of(StateType type);

// InputPath, OutputPath: all of it when absent, {} for null.
struct FilterPath {
  enum class Kind : std::uint8_t { kAll, kNothing, kPath };
  Kind kind = Kind::kAll;
  std::optional<PathExpression> path = std::nullopt;
};

// ResultPath: where a result comes into the input. Instead of all of it when absent, nowhere for
// null.
struct ResultPath {
  enum class Kind : std::uint8_t { kReplace, kDiscard, kPath };
  Kind kind = Kind::kReplace;
  std::optional<json::jsonpath::ReferencePath> path = std::nullopt;
};

// Something that is a template of the state's own query language.
using Template = std::variant<PathTemplate, JsonataTemplate>;

// A field that is written as a constant, as the field …Path, or as an expression in JSONata. All
// absent: the field is.
struct ValueField {
  std::string name = {};  // "TimeoutSeconds"
  std::optional<json::Value> constant = std::nullopt;
  std::optional<PathExpression> path = std::nullopt;
  std::optional<JsonataTemplate> expression = std::nullopt;

  bool is_present() const { return constant || path || expression; }
};

// Arguments and Output, or Parameters and ResultSelector.
struct DataFlow {
  FilterPath input_path;
  std::optional<Template> arguments = std::nullopt;
  std::optional<Template> result_selector = std::nullopt;
  ResultPath result_path;
  FilterPath output_path;
  std::optional<Template> output = std::nullopt;
  std::optional<Template> assign = std::nullopt;
};

struct Retrier {
  std::vector<std::string> errors;
  double interval_seconds = 1;
  std::uint64_t attempts_max = 3;
  double backoff_rate = 2;
  std::optional<double> delay_seconds_max = std::nullopt;
  bool has_jitter = false;
};

struct Catcher {
  std::vector<std::string> errors;
  std::size_t next = 0;
  ResultPath result_path = {};
  std::optional<Template> output = std::nullopt;
  std::optional<Template> assign = std::nullopt;
};

struct TaskFields {
  std::string resource;
  ValueField timeout_seconds = {};
  ValueField heartbeat_seconds = {};
  std::optional<Template> credentials = std::nullopt;
};

struct ChoiceFields {
  struct Branch {
    ChoiceRule rule;
    std::size_t next = 0;
    std::optional<Template> assign = std::nullopt;
    std::optional<Template> output = std::nullopt;
  };
  std::vector<Branch> choices;
  std::optional<std::size_t> otherwise = std::nullopt;
};

struct WaitFields {
  ValueField seconds;
  ValueField timestamp;
};

struct FailFields {
  ValueField error;
  ValueField cause;
};

struct ParallelFields {
  std::vector<std::size_t> machines;  // of the branches
};

struct MapFields {
  std::size_t machine = 0;
  bool is_distributed = false;
  std::string label;
  ValueField items;  // ItemsPath is its path
  std::optional<Template> item_selector = std::nullopt;
  ValueField max_concurrency;
  ValueField tolerated_failure_count;
  ValueField tolerated_failure_percentage;

  struct Reader {
    std::string resource;
    json::Value config = {};  // ReaderConfig, as it stands
    ValueField max_items = {};
    std::optional<Template> arguments = std::nullopt;
  };
  std::optional<Reader> reader = std::nullopt;

  struct Batcher {
    ValueField items_max;
    ValueField bytes_max;
    std::optional<Template> batch_input = std::nullopt;
  };
  std::optional<Batcher> batcher = std::nullopt;

  struct Writer {
    std::string resource;
    json::Value config = {};  // WriterConfig, as it stands
    std::optional<Template> arguments = std::nullopt;
  };
  std::optional<Writer> writer = std::nullopt;
};

struct State {
  std::string name;
  StateType type = StateType::kPass;
  QueryLanguage language = QueryLanguage::kJsonPath;
  std::optional<std::size_t> next = std::nullopt;  // Nothing: the machine ends with it.
  DataFlow flow = {};
  std::optional<json::Value> result = std::nullopt;  // of Pass
  std::vector<Retrier> retriers = {};
  std::vector<Catcher> catchers = {};
  std::variant<std::monostate, TaskFields, ChoiceFields, WaitFields, FailFields, ParallelFields,
               MapFields>
      fields = {};
  // Whether an expression in it reads the context object, which takes time to make.
  bool reads_context = false;
};

// States and where they begin: the whole, a branch, or what processes items.
struct Machine {
  std::size_t start = 0;
  std::vector<State> states;
};

// Immutable and cheap to copy; thread-safe.
class Definition {
 public:
  // Only what is valid (validation.h) compiles; for anything else it is some error, never a crash.
  // kInvalidArgument. Errors name a state.
  static Result<Definition> compile(const json::Value& document);

  // The first one is the whole.
  const std::vector<Machine>& machines() const { return compiled_->machines; }
  std::optional<std::uint64_t> timeout_seconds() const { return compiled_->timeout_seconds; }

  // How deep machines may be inside each other.
  static constexpr std::size_t kDepthMax = 32;

 private:
  friend class Compiler;
  struct Compiled {
    std::vector<Machine> machines;
    std::optional<std::uint64_t> timeout_seconds;
  };
  explicit Definition(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace weft::workflow
