#include "workflow/definition.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::workflow {
namespace {

struct TypeName {
  StateType type;
  std::string_view name;
};

constexpr std::array kTypeNames = {
    TypeName{StateType::kTask, "Task"},         TypeName{StateType::kWait, "Wait"},
    TypeName{StateType::kPass, "Pass"},         TypeName{StateType::kSucceed, "Succeed"},
    TypeName{StateType::kFail, "Fail"},         TypeName{StateType::kChoice, "Choice"},
    TypeName{StateType::kParallel, "Parallel"}, TypeName{StateType::kMap, "Map"},
};

std::unexpected<Error> wrong(std::string what) {
  return fail(ErrorCode::kInvalidArgument, std::move(what));
}

bool is_set(const json::Value& object, std::string_view name) {
  const json::Value* const found = object.find(name);
  return found != nullptr && found->is_bool() && found->as_bool();
}

double number_of(const json::Value& object, std::string_view name, double otherwise) {
  const json::Value* const found = object.find(name);
  return found != nullptr && found->is_number() ? found->as_number().to_double() : otherwise;
}

Result<std::vector<std::string>> errors_of(const json::Value& object) {
  const json::Value* const list = object.find("ErrorEquals");
  if (list == nullptr || !list->is_array()) return wrong("ErrorEquals is an array");
  std::vector<std::string> errors;
  for (const json::Value& error : list->as_array()) {
    if (!error.is_string()) return wrong("ErrorEquals has texts");
    errors.emplace_back(error.as_string());
  }
  return errors;
}

Result<Retrier> retrier_of(const json::Value& object) {
  if (!object.is_object()) return wrong("Retry has objects");
  Retrier retrier{.errors = TRY(errors_of(object))};
  retrier.interval_seconds = number_of(object, "IntervalSeconds", retrier.interval_seconds);
  retrier.backoff_rate = number_of(object, "BackoffRate", retrier.backoff_rate);
  if (const json::Value* const most = object.find("MaxAttempts")) {
    const auto attempts = most->is_number() ? most->as_number().to_uint64() : std::nullopt;
    if (!attempts) return wrong("MaxAttempts is a whole number");
    retrier.attempts_max = *attempts;
  }
  if (object.find("MaxDelaySeconds") != nullptr)
    retrier.delay_seconds_max = number_of(object, "MaxDelaySeconds", 0);
  retrier.has_jitter = object.find_string("JitterStrategy") == "FULL";
  return retrier;
}

Result<FilterPath> filter_path_of(const json::Value& object, std::string_view name) {
  const json::Value* const found = object.find(name);
  if (found == nullptr) return FilterPath{};
  if (found->is_null()) return FilterPath{.kind = FilterPath::Kind::kNothing};
  if (!found->is_string()) return wrong(fmt::format("{} is a path or null", name));
  if (found->as_string() == "$") return FilterPath{};
  return FilterPath{
      .kind = FilterPath::Kind::kPath,
      .path = TRY(PathExpression::parse(found->as_string(), PathExpression::Allow::kPath))};
}

Result<ResultPath> result_path_of(const json::Value& object) {
  const json::Value* const found = object.find("ResultPath");
  if (found == nullptr) return ResultPath{};
  if (found->is_null()) return ResultPath{.kind = ResultPath::Kind::kDiscard};
  if (!found->is_string()) return wrong("ResultPath is a path or null");
  if (found->as_string() == "$") return ResultPath{};
  return ResultPath{.kind = ResultPath::Kind::kPath,
                    .path = TRY(json::jsonpath::ReferencePath::parse(found->as_string()))};
}

// `name` as a constant or in JSONata, `name`Path as a path.
Result<ValueField> value_field_of(const json::Value& object, std::string name,
                                  QueryLanguage language) {
  ValueField field{.name = std::move(name)};
  const std::string path_name = field.name + "Path";
  const json::Value* const constant = object.find(field.name);
  if (constant != nullptr && language == QueryLanguage::kJsonata) {
    field.expression = TRY(JsonataTemplate::parse(*constant));
  } else if (constant != nullptr) {
    field.constant = *constant;
  } else if (const auto path = object.find_string(path_name)) {
    field.path = TRY(PathExpression::parse(*path, PathExpression::Allow::kPathOrIntrinsic));
  } else if (object.find(path_name) != nullptr) {
    return wrong(fmt::format("{} is a path", path_name));
  }
  return field;
}

Result<std::optional<Template>> template_of(const json::Value& object, std::string_view name,
                                            QueryLanguage language) {
  const json::Value* const found = object.find(name);
  if (found == nullptr) return std::nullopt;
  if (language == QueryLanguage::kJsonata)
    return std::optional<Template>(TRY(JsonataTemplate::parse(*found)));
  return std::optional<Template>(TRY(PathTemplate::parse(*found)));
}

Result<TaskFields> task_of(const json::Value& object, QueryLanguage language) {
  TaskFields fields{.resource = std::string(object.find_string("Resource").value_or(""))};
  fields.timeout_seconds = TRY(value_field_of(object, "TimeoutSeconds", language));
  fields.heartbeat_seconds = TRY(value_field_of(object, "HeartbeatSeconds", language));
  fields.credentials = TRY(template_of(object, "Credentials", language));
  return fields;
}

// Whether an expression takes something else of $states than these members, which are no part of
// the context object. Errs on the side of yes: "%" leads from one of them to all others.
bool may_read_all_states(std::string_view expression) {
  constexpr std::string_view kStates = "$states";
  constexpr std::array<std::string_view, 3> kOthers = {".input", ".result", ".errorOutput"};
  if (!expression.contains(kStates)) return false;
  if (expression.contains('%')) return true;
  for (std::size_t at = expression.find(kStates); at != expression.npos;
       at = expression.find(kStates, at)) {
    at += kStates.size();
    const std::string_view rest = expression.substr(at);
    const bool is_other = std::ranges::any_of(
        kOthers, [&](std::string_view member) { return rest.starts_with(member); });
    if (!is_other) return true;
  }
  return false;
}

// Errs on the side of yes.
bool may_read_context(const json::Value& state) {
  std::vector<const json::Value*> open = {&state};
  while (!open.empty()) {
    const json::Value& value = *open.back();
    open.pop_back();
    if (value.is_array()) {
      for (const json::Value& item : value.as_array())
        open.push_back(&item);
    } else if (value.is_object()) {
      for (const auto& [name, member] : value.as_object())
        open.push_back(&member);
    } else if (value.is_string()) {
      const std::string_view text = value.as_string();
      if (text.contains("$$")) return true;
      // Without its "{%" and "%}".
      if (is_jsonata(text) && may_read_all_states(text.substr(2, text.size() - 4))) return true;
    }
  }
  return false;
}

}  // namespace

std::string_view name_of(StateType type) {
  return std::ranges::find(kTypeNames, type, &TypeName::type)->name;
}

class Compiler {
 public:
  Result<> compile(const json::Value& document);
  std::vector<Machine>& machines() { return machines_; }

 private:
  using Names = std::map<std::string, std::size_t, std::less<>>;

  Result<std::size_t> add_machine(const json::Value& object, std::size_t depth_left);
  Result<State> state_of(std::string_view name, const json::Value& object, const Names& names,
                         std::size_t depth_left);
  static Result<std::size_t> target_of(const json::Value& object, std::string_view member,
                                       const Names& names);
  static Result<DataFlow> flow_of(const json::Value& object, StateType type,
                                  QueryLanguage language);
  static Result<> add_handlers(State& state, const json::Value& object, const Names& names);
  Result<> add_fields(State& state, const json::Value& object, const Names& names,
                      std::size_t depth_left);
  static Result<ChoiceFields> choices_of(const json::Value& object, const Names& names,
                                         QueryLanguage language);
  Result<ParallelFields> branches_of(const json::Value& object, std::size_t depth_left);
  Result<MapFields> map_of(const State& state, const json::Value& object, std::size_t depth_left);
  static Result<> add_map_services(MapFields& fields, const json::Value& object,
                                   QueryLanguage language);

  // Of the whole: states inside a state that has another one do not have that.
  QueryLanguage language_ = QueryLanguage::kJsonPath;
  std::vector<Machine> machines_;
};

Result<std::size_t> Compiler::target_of(const json::Value& object, std::string_view member,
                                        const Names& names) {
  const auto target = object.find_string(member);
  const auto found = target ? names.find(*target) : names.end();
  if (found == names.end()) return wrong(fmt::format("{} names no state", member));
  return found->second;
}

Result<DataFlow> Compiler::flow_of(const json::Value& object, StateType type,
                                   QueryLanguage language) {
  DataFlow flow;
  // Those of Choice are of what matches, too, and of what does not.
  flow.assign = TRY(template_of(object, "Assign", language));
  if (language == QueryLanguage::kJsonata) {
    flow.arguments = TRY(template_of(object, "Arguments", language));
    flow.output = TRY(template_of(object, "Output", language));
    return flow;
  }
  flow.input_path = TRY(filter_path_of(object, "InputPath"));
  flow.output_path = TRY(filter_path_of(object, "OutputPath"));
  flow.result_path = TRY(result_path_of(object));
  // A Map's Parameters are an older name of ItemSelector.
  if (type != StateType::kMap) flow.arguments = TRY(template_of(object, "Parameters", language));
  flow.result_selector = TRY(template_of(object, "ResultSelector", language));
  return flow;
}

Result<> Compiler::add_handlers(State& state, const json::Value& object, const Names& names) {
  if (const json::Value* const retry = object.find("Retry")) {
    if (!retry->is_array()) return wrong("Retry is an array");
    for (const json::Value& retrier : retry->as_array())
      state.retriers.push_back(TRY(retrier_of(retrier)));
  }
  const json::Value* const catchers = object.find("Catch");
  if (catchers == nullptr) return {};
  if (!catchers->is_array()) return wrong("Catch is an array");
  for (const json::Value& item : catchers->as_array()) {
    if (!item.is_object()) return wrong("Catch has objects");
    Catcher catcher{.errors = TRY(errors_of(item)), .next = TRY(target_of(item, "Next", names))};
    catcher.result_path = TRY(result_path_of(item));
    if (state.language == QueryLanguage::kJsonata)
      catcher.output = TRY(template_of(item, "Output", state.language));
    catcher.assign = TRY(template_of(item, "Assign", state.language));
    state.catchers.push_back(std::move(catcher));
  }
  return {};
}

Result<ChoiceFields> Compiler::choices_of(const json::Value& object, const Names& names,
                                          QueryLanguage language) {
  const json::Value* const choices = object.find("Choices");
  if (choices == nullptr || !choices->is_array()) return wrong("Choices is an array");
  ChoiceFields fields;
  for (const json::Value& choice : choices->as_array()) {
    if (!choice.is_object()) return wrong("Choices has objects");
    ChoiceFields::Branch branch{.rule = TRY(ChoiceRule::parse(choice)),
                                .next = TRY(target_of(choice, "Next", names))};
    branch.assign = TRY(template_of(choice, "Assign", language));
    if (language == QueryLanguage::kJsonata)
      branch.output = TRY(template_of(choice, "Output", language));
    fields.choices.push_back(std::move(branch));
  }
  if (object.find("Default") != nullptr)
    fields.otherwise = TRY(target_of(object, "Default", names));
  return fields;
}

Result<ParallelFields> Compiler::branches_of(const json::Value& object, std::size_t depth_left) {
  const json::Value* const branches = object.find("Branches");
  if (branches == nullptr || !branches->is_array()) return wrong("Branches is an array");
  ParallelFields fields;
  for (const json::Value& branch : branches->as_array())
    fields.machines.push_back(TRY(add_machine(branch, depth_left - 1)));
  return fields;
}

Result<> Compiler::add_map_services(MapFields& fields, const json::Value& object,
                                    QueryLanguage language) {
  const std::string_view arguments =
      language == QueryLanguage::kJsonata ? "Arguments" : "Parameters";
  if (const json::Value* const reader = object.find("ItemReader")) {
    MapFields::Reader read{.resource = std::string(reader->find_string("Resource").value_or(""))};
    if (const json::Value* const config = reader->find("ReaderConfig")) read.config = *config;
    read.max_items = TRY(value_field_of(read.config, "MaxItems", language));
    read.arguments = TRY(template_of(*reader, arguments, language));
    fields.reader = std::move(read);
  }
  if (const json::Value* const batcher = object.find("ItemBatcher")) {
    fields.batcher = MapFields::Batcher{
        .items_max = TRY(value_field_of(*batcher, "MaxItemsPerBatch", language)),
        .bytes_max = TRY(value_field_of(*batcher, "MaxInputBytesPerBatch", language)),
        .batch_input = TRY(template_of(*batcher, "BatchInput", language))};
  }
  if (const json::Value* const writer = object.find("ResultWriter")) {
    MapFields::Writer write{.resource = std::string(writer->find_string("Resource").value_or(""))};
    if (const json::Value* const config = writer->find("WriterConfig")) write.config = *config;
    write.arguments = TRY(template_of(*writer, arguments, language));
    fields.writer = std::move(write);
  }
  return {};
}

Result<MapFields> Compiler::map_of(const State& state, const json::Value& object,
                                   std::size_t depth_left) {
  const json::Value* processor = object.find("ItemProcessor");
  if (processor == nullptr) processor = object.find("Iterator");
  if (processor == nullptr) return wrong("a Map has an ItemProcessor");
  MapFields fields;
  fields.machine = TRY(add_machine(*processor, depth_left - 1));
  if (const json::Value* const config = processor->find("ProcessorConfig"))
    fields.is_distributed = config->find_string("Mode") == "DISTRIBUTED";
  fields.label = object.find_string("Label").value_or("");
  if (state.language == QueryLanguage::kJsonata) {
    fields.items = TRY(value_field_of(object, "Items", state.language));
  } else {
    fields.items.name = "Items";
    if (const auto path = object.find_string("ItemsPath"))
      fields.items.path = TRY(PathExpression::parse(*path, PathExpression::Allow::kPath));
  }
  fields.item_selector = TRY(template_of(object, "ItemSelector", state.language));
  if (!fields.item_selector && state.language == QueryLanguage::kJsonPath)
    fields.item_selector = TRY(template_of(object, "Parameters", state.language));
  fields.max_concurrency = TRY(value_field_of(object, "MaxConcurrency", state.language));
  fields.tolerated_failure_count =
      TRY(value_field_of(object, "ToleratedFailureCount", state.language));
  fields.tolerated_failure_percentage =
      TRY(value_field_of(object, "ToleratedFailurePercentage", state.language));
  TRY(add_map_services(fields, object, state.language));
  return fields;
}

Result<> Compiler::add_fields(State& state, const json::Value& object, const Names& names,
                              std::size_t depth_left) {
  switch (state.type) {
    case StateType::kTask:
      state.fields = TRY(task_of(object, state.language));
      break;
    case StateType::kWait:
      state.fields =
          WaitFields{.seconds = TRY(value_field_of(object, "Seconds", state.language)),
                     .timestamp = TRY(value_field_of(object, "Timestamp", state.language))};
      break;
    case StateType::kFail:
      state.fields = FailFields{.error = TRY(value_field_of(object, "Error", state.language)),
                                .cause = TRY(value_field_of(object, "Cause", state.language))};
      break;
    case StateType::kChoice:
      state.fields = TRY(choices_of(object, names, state.language));
      break;
    case StateType::kParallel:
      state.fields = TRY(branches_of(object, depth_left));
      break;
    case StateType::kMap:
      state.fields = TRY(map_of(state, object, depth_left));
      break;
    case StateType::kPass:
      if (const json::Value* const result = object.find("Result")) state.result = *result;
      break;
    case StateType::kSucceed:
      break;
  }
  return {};
}

Result<State> Compiler::state_of(std::string_view name, const json::Value& object,
                                 const Names& names, std::size_t depth_left) {
  const auto type_name = object.find_string("Type");
  const std::span types(kTypeNames);
  const auto type = std::ranges::find(types, type_name.value_or(""), &TypeName::name);
  if (type == types.end()) return wrong("it has no type");
  State state{.name = std::string(name), .type = type->type};
  const auto own = object.find_string("QueryLanguage");
  state.language = !own                ? language_
                   : *own == "JSONata" ? QueryLanguage::kJsonata
                                       : QueryLanguage::kJsonPath;
  if (object.find("Next") != nullptr) state.next = TRY(target_of(object, "Next", names));
  const bool may_end = state.next || is_set(object, "End") || state.type == StateType::kSucceed ||
                       state.type == StateType::kFail || state.type == StateType::kChoice;
  if (!may_end) return wrong("it has neither Next nor End");
  state.reads_context = may_read_context(object);
  state.flow = TRY(flow_of(object, state.type, state.language));
  TRY(add_handlers(state, object, names));
  TRY(add_fields(state, object, names, depth_left));
  return state;
}

Result<std::size_t> Compiler::add_machine(const json::Value& object, std::size_t depth_left) {
  if (depth_left == 0) return wrong("there are too many machines inside each other");
  const json::Value* const states = object.find("States");
  if (states == nullptr || !states->is_object()) return wrong("States is an object");
  Names names;
  for (const auto& [name, state] : states->as_object()) {
    const std::size_t index = names.size();
    names.emplace(name, index);
  }
  const std::size_t machine = machines_.size();
  machines_.emplace_back();
  machines_[machine].start = TRY(target_of(object, "StartAt", names));
  for (const auto& [name, state] : states->as_object()) {
    auto compiled = state_of(name, state, names, depth_left);
    if (!compiled) return fail(std::move(compiled.error()).with_context(printable(name)));
    machines_[machine].states.push_back(*std::move(compiled));
  }
  return machine;
}

Result<> Compiler::compile(const json::Value& document) {
  if (document.find_string("QueryLanguage") == "JSONata") language_ = QueryLanguage::kJsonata;
  TRY(add_machine(document, Definition::kDepthMax));
  return {};
}

Result<Definition> Definition::compile(const json::Value& document) {
  Compiler compiler;
  TRY(compiler.compile(document));
  auto compiled = std::make_shared<Compiled>();
  compiled->machines = std::move(compiler.machines());
  if (const json::Value* const timeout = document.find("TimeoutSeconds"); timeout != nullptr) {
    if (timeout->is_number()) compiled->timeout_seconds = timeout->as_number().to_uint64();
    if (!compiled->timeout_seconds) return wrong("TimeoutSeconds is a whole number");
  }
  return Definition(std::move(compiled));
}

}  // namespace weft::workflow
