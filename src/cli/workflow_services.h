// What a workflow finds outside when it runs on this machine.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/buckets.h"
#include "cli/execution_failure.h"
#include "cli/local_functions.h"
#include "cli/workflow_mocks.h"
#include "workflow/definition.h"
#include "workflow/results.h"
#include "workflow/simulation.h"

namespace weft::cli {

// Tasks are answered by mocks or else by functions, objects are files. A Task that nothing answers
// stops the execution.
class WorkflowServices final : public workflow::Services {
 public:
  // All of it outlives the services.
  struct Parts {
    const workflow::Definition& definition;
    Mocks& mocks;
    Buckets& buckets;
    LocalFunctions* functions = nullptr;  // none
    std::int64_t start_millis = 0;        // when the execution begins
  };
  WorkflowServices(const Parts& parts, PlaceOf place_of);

  void start(workflow::Simulation& simulation, const workflow::StartTask& task) override;
  workflow::Outcome<json::Value> read(const workflow::ReadItems& request) override;
  void child_ended(const workflow::StartChild& start, const workflow::Simulation& child) override;
  workflow::Outcome<json::Value> write(const workflow::WriteResults& request) override;

  // Why it stopped an execution: the first reason.
  const std::optional<Error>& problem() const { return problem_; }
  const FailedChildren& failed_children() const { return failed_children_; }

 private:
  std::string state_of(const workflow::Simulation& simulation, workflow::TaskId task) const;
  std::optional<std::chrono::milliseconds> time_for(const workflow::Simulation& simulation,
                                                    const workflow::StartTask& task) const;
  Error unanswered(std::string_view state, const workflow::StartTask& task) const;

  // By a signal, which ends the process when all is cleaned up.
  bool is_interrupted() const;
  void stop(workflow::Simulation& simulation, Error problem);
  void call(workflow::Simulation& simulation, const workflow::StartTask& task,
            std::string_view function);

  const Parts parts_;
  PlaceOf place_of_;
  std::optional<Error> problem_;
  FailedChildren failed_children_;
  bool has_writer_ = false;
  // By the ARN of their Map run, where results are written.
  workflow::ChildRecords children_;
};

}  // namespace weft::cli
