// All that a step gives as one text, so that two can be compared byte for byte. For tests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "json/print.h"
#include "workflow/step.h"

namespace weft::workflow {

namespace step_text {

inline json::Value number(const std::optional<std::uint64_t>& value) {
  return value ? json::Value(*value) : json::Value();
}

inline json::Value of(const StartTask& start) {
  return json::Value::object({{"start", start.task},
                              {"token", start.token},
                              {"resource", start.resource},
                              {"input", start.input},
                              {"credentials", start.credentials},
                              {"timeout", number(start.timeout_seconds)},
                              {"heartbeat", number(start.heartbeat_seconds)}});
}
inline json::Value of(const CancelTask& cancel) {
  return json::Value::object({{"cancel_task", cancel.task}});
}
inline json::Value of(const StartTimer& timer) {
  return json::Value::object({{"timer", timer.timer}, {"due", timer.due_millis}});
}
inline json::Value of(const CancelTimer& cancel) {
  return json::Value::object({{"cancel_timer", cancel.timer}});
}
inline json::Value of(const ReadItems& read) {
  return json::Value::object({{"read", read.map_run},
                              {"resource", read.resource},
                              {"config", read.config},
                              {"arguments", read.arguments},
                              {"max_items", number(read.max_items)}});
}
inline json::Value of(const StartChild& child) {
  return json::Value::object({{"child", child.map_run},
                              {"index", child.index},
                              {"arn", child.begin.identity.arn},
                              {"input", child.begin.input},
                              {"machine", child.begin.machine},
                              {"item", child.begin.map_item}});
}
inline json::Value of(const CancelChild& cancel) {
  return json::Value::object({{"cancel_child", cancel.map_run}, {"index", cancel.index}});
}
inline json::Value of(const WriteResults& write) {
  return json::Value::object({{"write", write.map_run},
                              {"resource", write.resource},
                              {"config", write.config},
                              {"arguments", write.arguments},
                              {"run", write.map_run_arn}});
}
inline json::Value of(const Continue&) {
  return "continue";
}

}  // namespace step_text

// An event or an effect in each line.
inline std::string to_text(const StepResult& result) {
  std::string out;
  for (const HistoryEvent& event : result.history) {
    json::append(out, to_json(event));
    out += '\n';
  }
  for (const Effect& effect : result.effects) {
    json::append(out, std::visit([](const auto& one) { return step_text::of(one); }, effect));
    out += '\n';
  }
  return out;
}

}  // namespace weft::workflow
