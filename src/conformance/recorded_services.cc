#include "conformance/recorded_services.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "json/parse.h"
#include "json/print.h"
#include "workflow/items.h"

namespace weft::conformance {
namespace {

using json::Value;

std::string_view type_of(const Value& event) {
  const Value* const type = event.find("type");
  return type != nullptr && type->is_string() ? type->as_string() : std::string_view();
}

// The event's details, whatever they are called.
const Value* details_of(const Value& event) {
  for (const auto& member : event.as_object()) {
    if (member.key().ends_with("EventDetails")) return &member.value();
  }
  return nullptr;
}

// A member of the details as text: recordings show JSON objects parsed.
std::optional<std::string> text_in(const Value& event, std::string_view name) {
  const Value* const details = details_of(event);
  const Value* const found = details != nullptr ? details->find(name) : nullptr;
  if (found == nullptr) return std::nullopt;
  return found->is_string() ? std::string(found->as_string()) : json::to_string(*found);
}

bool is_one_of(std::string_view type, std::string_view suffix) {
  for (const std::string_view kind : {"Task", "LambdaFunction", "Activity"}) {
    if (type.size() == kind.size() + suffix.size() && type.starts_with(kind) &&
        type.ends_with(suffix))
      return true;
  }
  return false;
}

// As Python's json.dumps writes it, which makes Lambda's reports of exceptions: blanks behind
// commas and colons.
std::string python_text(const Value& value) {
  std::string text;
  bool is_quoted = false;
  bool is_escaped = false;
  for (const char letter : json::to_string(value)) {
    text += letter;
    if (!is_quoted && (letter == ',' || letter == ':')) text += ' ';
    if (letter == '"' && !is_escaped) is_quoted = !is_quoted;
    is_escaped = letter == '\\' && !is_escaped;
  }
  return text;
}

// What a handler's exception is reported as.
std::string report_of(std::string_view message, std::string_view type) {
  return python_text(Value::object({{"errorMessage", message}, {"errorType", type}}));
}

// The cause of a failed task: what Lambda itself said, or what a service made of it.
std::optional<std::string> cause_of(const Value& event) {
  const Value* const details = details_of(event);
  const Value* const cause = details != nullptr ? details->find("cause") : nullptr;
  const bool is_report =
      cause != nullptr && cause->is_object() && type_of(event) == "LambdaFunctionFailed";
  return is_report ? python_text(*cause) : text_in(event, "cause");
}

// The one object that there is.
class RecordedObject final : public workflow::Objects {
 public:
  explicit RecordedObject(std::string text) : text_(std::move(text)) {}

  workflow::Outcome<std::string> fetch(std::string_view, std::string_view, std::uint64_t) override {
    return text_;
  }
  workflow::Outcome<std::vector<workflow::ListedObject>> list(std::string_view,
                                                              std::string_view) override {
    return workflow::ends_with("States.ItemReaderFailed", "the recording has no objects");
  }

 private:
  std::string text_;
};

std::string csv_record(const Value& fields) {
  std::string record;
  for (const Value& field : fields.as_array()) {
    if (!record.empty()) record += ',';
    record += '"';
    for (const char letter : field.is_string() ? field.as_string() : std::string_view()) {
      if (letter == '"' || letter == '\\') record += letter;
      record += letter;
    }
    record += '"';
  }
  return record + "\n";
}

// A file with these items, as the reader's configuration says.
std::string csv_of(const Value& items, const Value& config) {
  const Value* const given = config.find("CSVHeaders");
  std::string text;
  json::Array names(given != nullptr ? given->as_array() : std::span<const Value>());
  if (given == nullptr && items.size() > 0) {
    for (const auto& member : items.as_array().front().as_object())
      names.push_back(Value(member.key()));
    text = csv_record(Value(names));
  }
  for (const Value& item : items.as_array()) {
    json::Array fields;
    for (const Value& name : names) {
      const Value* const field = name.is_string() ? item.find(name.as_string()) : nullptr;
      fields.push_back(field != nullptr ? *field : Value());
    }
    text += csv_record(Value(std::move(fields)));
  }
  return text;
}

}  // namespace

RecordedServices::RecordedServices(const std::vector<Value>& events, const Value* functions)
    : events_(events), functions_(functions) {
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (is_one_of(type_of(events[i]), "Scheduled")) scheduled_.push_back(i);
  }
}

void RecordedServices::start(workflow::Simulation& simulation, const workflow::StartTask& task) {
  if (next_ >= scheduled_.size()) {
    call_function(simulation, task);
    return;
  }
  // The events that follow it one by one, to the task's end.
  const Value* last = &events_[scheduled_[next_++]];
  for (std::int64_t after = 1;; ++after) {
    const Value* const id = last->find("id");
    const auto follower = std::ranges::find_if(events_, [&](const Value& event) {
      const Value* const previous = event.find("previousEventId");
      return id != nullptr && previous != nullptr && *previous == *id &&
             (type_of(event).starts_with("Task") || type_of(event).starts_with("Lambda") ||
              type_of(event).starts_with("Activity"));
    });
    if (follower == events_.end()) return;
    last = &*follower;
    const std::string_view type = type_of(*last);
    if (is_one_of(type, "Started")) {
      simulation.post(workflow::TaskStarted{.task = task.task,
                                            .worker = text_in(*last, "workerName").value_or("")},
                      after);
    } else if (is_one_of(type, "Submitted")) {
      simulation.post(workflow::TaskSubmitted{.task = task.task,
                                              .output = text_in(*last, "output").value_or("null")},
                      after);
    } else if (is_one_of(type, "Succeeded")) {
      simulation.post(workflow::TaskSucceeded{.task = task.task,
                                              .output = text_in(*last, "output").value_or("null")},
                      after);
      return;
    } else if (is_one_of(type, "Failed")) {
      simulation.post(
          workflow::TaskFailed{
              .task = task.task, .error = text_in(*last, "error"), .cause = cause_of(*last)},
          after);
      return;
    } else {
      return;  // It timed out: nobody answers.
    }
  }
}

void RecordedServices::call_function(workflow::Simulation& simulation,
                                     const workflow::StartTask& task) {
  const std::string_view resource = task.resource;
  const std::string name(resource.substr(resource.rfind(':') + 1));
  const Value* const handler = functions_ != nullptr ? functions_->find(name) : nullptr;
  const std::string_view file =
      handler != nullptr && handler->is_string() ? handler->as_string() : std::string_view();
  const auto answer = [&](std::string output) {
    simulation.post(workflow::TaskSucceeded{.task = task.task, .output = std::move(output)}, 1);
  };
  const auto raise = [&](std::string_view type, std::string_view message) {
    simulation.post(
        workflow::TaskFailed{
            .task = task.task, .error = std::string(type), .cause = report_of(message, type)},
        1);
  };
  if (file == "id_function.py") {
    answer(json::to_string(task.input));
  } else if (file == "return_bytes_str.py") {
    answer("\"HelloWorld!\"");
  } else if (file == "return_decorated_input.py") {
    const std::string event =
        task.input.is_string() ? std::string(task.input.as_string()) : json::to_string(task.input);
    answer(json::to_string(Value(fmt::format("input-event-{}", event))));
  } else if (file == "large_output_string.py") {
    constexpr std::size_t kBytes = 257 << 10;
    answer('"' + std::string(kBytes, 'a') + '"');
  } else if (file == "raise_exception.py") {
    raise("Exception", "Some exception was raised.");
  } else if (file == "raise_custom_exception.py") {
    raise("CustomException", "");
  }
}

// The recordings do not have the files that were read: what came of the Map shows what was in one,
// as its iterations pass it on.
workflow::Outcome<Value> RecordedServices::read(const workflow::ReadItems& request) {
  for (const Value& event : events_) {
    // Nothing shows what was in a file of which nothing came; an object has no items at least.
    if (type_of(event) == "MapRunFailed") {
      RecordedObject file("{}");
      return workflow::read_items(request, file);
    }
    if (type_of(event) != "MapStateExited") continue;
    const auto output = text_in(event, "output");
    const auto items = output ? json::parse(*output) : fail(ErrorCode::kNotFound, "");
    if (!items || !items->is_array()) continue;
    const Value* const type = request.config.find("InputType");
    RecordedObject file(type != nullptr && *type == Value("CSV") ? csv_of(*items, request.config)
                                                                 : json::to_string(*items));
    return workflow::read_items(request, file);
  }
  return workflow::ends_with("States.ItemReaderFailed", "the recording has no items");
}

void RecordedServices::child_ended(const workflow::StartChild&, const workflow::Simulation& child) {
  children_.add(child.execution());
}

workflow::Outcome<Value> RecordedServices::write(const workflow::WriteResults& request) {
  auto written = workflow::results_of(request, children_.take(request.map_run_arn));
  if (!written) return std::unexpected(std::move(written.error()));
  return std::move(written->result);
}

}  // namespace weft::conformance
