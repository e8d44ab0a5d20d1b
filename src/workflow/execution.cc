#include "workflow/execution.h"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>
#include <utility>

#include "json/parse.h"
#include "json/print.h"
#include "workflow/execution_check.h"

namespace weft::workflow {
namespace {

struct StatusName {
  Status status;
  std::string_view name;
};

constexpr std::array kStatusNames = {
    StatusName{Status::kRunning, "RUNNING"}, StatusName{Status::kSucceeded, "SUCCEEDED"},
    StatusName{Status::kFailed, "FAILED"},   StatusName{Status::kTimedOut, "TIMED_OUT"},
    StatusName{Status::kAborted, "ABORTED"},
};

constexpr std::uint64_t kFormat = 1;

std::unexpected<Error> damaged() {
  return fail(ErrorCode::kDataLoss, "the stored execution is damaged");
}

// --- writing ---

template <class T>
json::Value optional_number(const std::optional<T>& number) {
  return number ? json::Value(*number) : json::Value();
}

json::Value optional_text(const std::optional<std::string>& text) {
  return text ? json::Value(*text) : json::Value();
}

json::Value to_json(const Identity& identity) {
  return json::Value::object({{"arn", identity.arn},
                              {"name", identity.name},
                              {"role_arn", identity.role_arn},
                              {"machine_arn", identity.machine_arn},
                              {"machine_name", identity.machine_name},
                              {"map_run_arn", identity.map_run_arn}});
}

json::Value to_json(const OpenTask& task) {
  return json::Value::object({{"id", task.id},
                              {"token", task.token},
                              {"is_started", task.is_started},
                              {"timeout", optional_number(task.timeout)},
                              {"heartbeat", optional_number(task.heartbeat)},
                              {"heartbeat_seconds", task.heartbeat_seconds}});
}

json::Value to_json(const Batching& batching) {
  return json::Value::object({{"items_max", batching.items_max},
                              {"bytes_max", batching.bytes_max},
                              {"input", batching.input}});
}

json::Value to_json(const OpenChildren& children) {
  json::Array results;
  for (const auto& [index, output] : children.results)
    results.push_back(json::Value::array({index, output}));
  json::Array running;
  for (const auto& [child, items] : children.running)
    running.push_back(json::Value::array({child, items}));
  return json::Value::object(
      {{"items", children.items},
       {"count", children.count},
       {"next", children.next},
       {"succeeded", children.succeeded},
       {"failed", children.failed},
       {"concurrency_max", children.concurrency_max},
       {"running", json::Value(std::move(running))},
       {"results", json::Value(std::move(results))},
       {"results_bytes", children.results_bytes},
       {"map_run", children.map_run},
       {"map_run_arn", children.map_run_arn},
       {"tolerated_count", optional_number(children.tolerated.count)},
       {"tolerated_percentage", optional_number(children.tolerated.percentage)},
       {"batching", children.batching ? to_json(*children.batching) : json::Value()},
       {"next_child", children.next_child}});
}

json::Value to_json(FrameId id, const Frame& frame) {
  json::Object variables;
  if (const Variables::Map* const own = frame.variables.innermost()) {
    for (const auto& [name, value] : *own)
      variables.set(name, value);
  }
  json::Array attempts;
  for (const auto& [retrier, count] : frame.attempts)
    attempts.push_back(json::Value::array({retrier, count}));
  return json::Value::object(
      {{"id", id},
       {"machine", frame.machine},
       {"parent", optional_number(frame.parent)},
       {"index", frame.index},
       {"map_item", frame.map_item},
       {"state", frame.state},
       {"input", frame.input.text()},
       {"variables", json::Value(std::move(variables))},
       {"last_event", frame.last_event},
       {"entered_event", frame.entered_event},
       {"entered_previous", frame.entered_previous},
       {"entered_millis", frame.entered_millis},
       {"is_entered", frame.is_entered},
       {"waiting", static_cast<std::uint32_t>(frame.waiting)},
       {"retries", frame.retries},
       {"attempts", json::Value(std::move(attempts))},
       {"timer", optional_number(frame.timer)},
       {"task", frame.task ? to_json(*frame.task) : json::Value()},
       {"children", frame.children ? to_json(*frame.children) : json::Value()}});
}

// --- reading ---

std::optional<std::uint64_t> whole_number(const json::Value& value) {
  return value.is_number() ? value.as_number().to_uint64() : std::nullopt;
}

// Members of an object that this process or an earlier one wrote; a wrong one is remembered.
class Reader {
 public:
  explicit Reader(const json::Value& object) : object_(object) {}

  bool is_good() const { return is_good_; }

  const json::Value& value(std::string_view name) {
    static const json::Value kNone = nullptr;
    const json::Value* const found = object_.find(name);
    if (found == nullptr) is_good_ = false;
    return found == nullptr ? kNone : *found;
  }
  template <class T>
  void read(std::string_view name, T& number) {
    const json::Value& found = value(name);
    if constexpr (std::is_signed_v<T>) {
      take(found.is_number() ? found.as_number().to_int64() : std::nullopt, number);
    } else {
      take(whole_number(found), number);
    }
  }
  template <class T>
  void read(std::string_view name, std::optional<T>& number) {
    if (value(name).is_null()) return;
    read(name, number.emplace());
  }
  void read(std::string_view name, double& number) {
    const json::Value& found = value(name);
    is_good_ &= found.is_number();
    if (is_good_) number = found.as_number().to_double();
  }
  void read(std::string_view name, bool& flag) {
    const json::Value& found = value(name);
    is_good_ &= found.is_bool();
    if (is_good_) flag = found.as_bool();
  }
  void read(std::string_view name, std::string& text) {
    const json::Value& found = value(name);
    is_good_ &= found.is_string();
    if (is_good_) text = found.as_string();
  }
  void read(std::string_view name, Payload& payload) {
    std::string text;
    read(name, text);
    auto parsed = json::parse(text, Payload::kLimits);
    is_good_ &= parsed.has_value();
    if (is_good_) payload = Payload::verbatim(*std::move(parsed));
  }
  template <class T>
  void read_enum(std::string_view name, T& value, T last) {
    std::uint32_t number = 0;
    read(name, number);
    is_good_ &= number <= static_cast<std::uint32_t>(last);
    if (is_good_) value = static_cast<T>(number);
  }
  template <class Take>
  void read_numbers(std::string_view name, Take take) {
    const json::Value& list = value(name);
    is_good_ &= list.is_array();
    if (!is_good_) return;
    for (const json::Value& item : list.as_array()) {
      const auto number = whole_number(item);
      is_good_ &= number.has_value();
      if (!number) return;
      take(*number);
    }
  }
  // Pairs of a number and anything.
  template <class Take>
  void read_pairs(std::string_view name, Take take) {
    const json::Value& list = value(name);
    is_good_ &= list.is_array();
    if (!is_good_) return;
    for (const json::Value& pair : list.as_array()) {
      const bool is_pair = pair.is_array() && pair.size() == 2;
      const auto number = is_pair ? whole_number(pair.as_array()[0]) : std::nullopt;
      is_good_ &= number.has_value();
      if (!number) return;
      take(*number, pair.as_array()[1]);
    }
  }

 private:
  template <class Read, class T>
  void take(const std::optional<Read>& read, T& number) {
    const bool fits = read && std::in_range<T>(*read);
    is_good_ &= fits;
    if (fits) number = static_cast<T>(*read);
  }

  const json::Value& object_;
  bool is_good_ = true;
};

bool read_identity(const json::Value& object, Identity& identity) {
  Reader reader(object);
  reader.read("arn", identity.arn);
  reader.read("name", identity.name);
  reader.read("role_arn", identity.role_arn);
  reader.read("machine_arn", identity.machine_arn);
  reader.read("machine_name", identity.machine_name);
  reader.read("map_run_arn", identity.map_run_arn);
  return reader.is_good();
}

bool read_task(const json::Value& object, OpenTask& task) {
  Reader reader(object);
  reader.read("id", task.id);
  reader.read("token", task.token);
  reader.read("is_started", task.is_started);
  reader.read("timeout", task.timeout);
  reader.read("heartbeat", task.heartbeat);
  reader.read("heartbeat_seconds", task.heartbeat_seconds);
  return reader.is_good();
}

bool read_batching(const json::Value& object, Batching& batching) {
  Reader reader(object);
  reader.read("items_max", batching.items_max);
  reader.read("bytes_max", batching.bytes_max);
  batching.input = reader.value("input");
  return reader.is_good();
}

bool read_children(const json::Value& object, OpenChildren& children) {
  Reader reader(object);
  children.items = reader.value("items");
  reader.read("count", children.count);
  reader.read("next", children.next);
  reader.read("succeeded", children.succeeded);
  reader.read("failed", children.failed);
  reader.read("concurrency_max", children.concurrency_max);
  reader.read_pairs("running", [&](std::uint64_t child, const json::Value& items) {
    const auto number = whole_number(items);
    children.running.emplace(child, number.value_or(0));
  });
  reader.read_pairs("results", [&](std::uint64_t index, const json::Value& output) {
    children.results.insert_or_assign(index, output);
  });
  reader.read("results_bytes", children.results_bytes);
  reader.read("map_run", children.map_run);
  reader.read("map_run_arn", children.map_run_arn);
  reader.read("tolerated_count", children.tolerated.count);
  reader.read("tolerated_percentage", children.tolerated.percentage);
  reader.read("next_child", children.next_child);
  const json::Value& batching = reader.value("batching");
  return reader.is_good() &&
         (batching.is_null() || read_batching(batching, children.batching.emplace()));
}

bool read_frame(const json::Value& object, Execution& execution) {
  Reader reader(object);
  FrameId id = 0;
  Frame frame;
  reader.read("id", id);
  reader.read("machine", frame.machine);
  reader.read("parent", frame.parent);
  reader.read("index", frame.index);
  frame.map_item = reader.value("map_item");
  reader.read("state", frame.state);
  reader.read("input", frame.input);
  reader.read("last_event", frame.last_event);
  reader.read("entered_event", frame.entered_event);
  reader.read("entered_previous", frame.entered_previous);
  reader.read("entered_millis", frame.entered_millis);
  reader.read("is_entered", frame.is_entered);
  reader.read_enum("waiting", frame.waiting, Waiting::kWriter);
  reader.read("retries", frame.retries);
  reader.read_pairs("attempts", [&](std::uint64_t retrier, const json::Value& count) {
    const auto number = whole_number(count);
    frame.attempts[static_cast<std::uint32_t>(retrier)] = number.value_or(0);
  });
  reader.read("timer", frame.timer);
  if (!reader.value("task").is_null() && !read_task(reader.value("task"), frame.task.emplace()))
    return false;
  if (!reader.value("children").is_null() &&
      !read_children(reader.value("children"), frame.children.emplace()))
    return false;
  const json::Value& variables = reader.value("variables");
  if (!reader.is_good() || !variables.is_object()) return false;
  // Parents come before what is inside them, as their numbers are smaller.
  if (frame.parent && *frame.parent >= id) return false;
  if (frame.parent) {
    const auto parent = execution.frames.find(*frame.parent);
    if (parent == execution.frames.end()) return false;
    frame.variables = parent->second.variables.inside();
  }
  Variables::Map own;
  for (const auto& [name, value] : variables.as_object())
    own.emplace(name, value);
  if (!own.empty()) frame.variables = frame.variables.with(std::move(own));
  return execution.frames.emplace(id, std::move(frame)).second;
}

}  // namespace

std::string_view name_of(Status status) {
  return std::ranges::find(kStatusNames, status, &StatusName::status)->name;
}

std::string to_text(const Execution& execution) {
  json::Array frames;
  for (const auto& [id, frame] : execution.frames)
    frames.push_back(to_json(id, frame));
  json::Array runnable;
  for (const FrameId id : execution.runnable)
    runnable.push_back(id);
  json::Value failure;
  if (execution.failure) {
    failure = json::Value::object({{"error", optional_text(execution.failure->error)},
                                   {"cause", optional_text(execution.failure->cause)}});
  }
  return json::to_string(
      json::Value::object({{"format", kFormat},
                           {"identity", to_json(execution.identity)},
                           {"status", static_cast<std::uint32_t>(execution.status)},
                           {"input", execution.input.text()},
                           {"output", execution.output ? execution.output->text() : json::Value()},
                           {"failure", failure},
                           {"start_millis", execution.start_millis},
                           {"stop_millis", optional_number(execution.stop_millis)},
                           {"redrives", execution.redrives},
                           {"frames", json::Value(std::move(frames))},
                           {"next_frame", execution.next_frame},
                           {"next_task", execution.next_task},
                           {"next_timer", execution.next_timer},
                           {"last_event", execution.last_event},
                           {"timeout", optional_number(execution.timeout)},
                           {"runnable", json::Value(std::move(runnable))}}));
}

Result<Execution> execution_of(std::string_view text, const Definition& definition) {
  const auto document = json::parse(text, Payload::kLimits);
  if (!document) return damaged();
  Execution execution;
  Reader reader(*document);
  std::uint64_t format = 0;
  reader.read("format", format);
  if (format != kFormat || !read_identity(reader.value("identity"), execution.identity))
    return damaged();
  reader.read_enum("status", execution.status, Status::kAborted);
  reader.read("input", execution.input);
  if (!reader.value("output").is_null()) reader.read("output", execution.output.emplace());
  if (const json::Value& failure = reader.value("failure"); !failure.is_null()) {
    execution.failure.emplace();
    for (const auto& [name, text_at] : {std::pair("error", &execution.failure->error),
                                        std::pair("cause", &execution.failure->cause)}) {
      const json::Value* const found = failure.find(name);
      if (found != nullptr && found->is_string()) *text_at = std::string(found->as_string());
    }
  }
  reader.read("start_millis", execution.start_millis);
  reader.read("stop_millis", execution.stop_millis);
  reader.read("redrives", execution.redrives);
  reader.read("next_frame", execution.next_frame);
  reader.read("next_task", execution.next_task);
  reader.read("next_timer", execution.next_timer);
  reader.read("last_event", execution.last_event);
  reader.read("timeout", execution.timeout);
  const json::Value& frames = reader.value("frames");
  reader.read_numbers("runnable", [&](std::uint64_t id) {
    // What is no number of a frame is none that is there.
    execution.runnable.push_back(
        static_cast<FrameId>(std::min<std::uint64_t>(id, std::numeric_limits<FrameId>::max())));
  });
  if (!reader.is_good() || !frames.is_array()) return damaged();
  for (const json::Value& frame : frames.as_array()) {
    if (!read_frame(frame, execution)) return damaged();
  }
  if (!fits(execution, definition)) return damaged();
  return execution;
}

}  // namespace weft::workflow
