// Services that answer what a recorded history says that they answered.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "json/value.h"
#include "workflow/results.h"
#include "workflow/simulation.h"

namespace weft::conformance {

// Borrows the recording. Tasks that it does not show (those of children of a distributed Map) are
// calls of Lambda functions, of which `functions` names the handler's file: shared/corpora's README
// says what each does.
class RecordedServices final : public workflow::Services {
 public:
  RecordedServices(const std::vector<json::Value>& events, const json::Value* functions);

  void start(workflow::Simulation& simulation, const workflow::StartTask& task) override;
  workflow::Outcome<json::Value> read(const workflow::ReadItems& request) override;
  void child_ended(const workflow::StartChild& start, const workflow::Simulation& child) override;
  workflow::Outcome<json::Value> write(const workflow::WriteResults& request) override;

 private:
  void call_function(workflow::Simulation& simulation, const workflow::StartTask& task);

  const std::vector<json::Value>& events_;
  const json::Value* functions_;
  // The events that schedule tasks, and which of them is the next one.
  std::vector<std::size_t> scheduled_;
  std::size_t next_ = 0;
  // By the ARN of their Map run.
  workflow::ChildRecords children_;
};

}  // namespace weft::conformance
