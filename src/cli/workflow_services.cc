#include "cli/workflow_services.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "json/print.h"

namespace weft::cli {
namespace {

constexpr std::string_view kInvoke = "arn:aws:states:::lambda:invoke";

// "NAME", "NAME:VERSION", "ACCOUNT:function:NAME" or a whole ARN.
std::string function_name(std::string_view text) {
  constexpr std::string_view kKind = "function:";
  if (const std::size_t kind = text.find(kKind); kind != std::string_view::npos)
    text.remove_prefix(kind + kKind.size());
  return std::string(text.substr(0, text.find(':')));
}

}  // namespace

std::optional<std::string> function_called_by(const workflow::StartTask& task) {
  if (task.resource.starts_with("arn:aws:lambda:")) return function_name(task.resource);
  if (!task.resource.starts_with(kInvoke)) return std::nullopt;
  const json::Value* const name = task.input.find("FunctionName");
  if (name == nullptr || !name->is_string()) return std::nullopt;
  return function_name(name->as_string());
}

WorkflowServices::WorkflowServices(const workflow::Definition& definition, Mocks& mocks,
                                   Buckets& buckets, PlaceOf place_of)
    : definition_(definition), mocks_(mocks), buckets_(buckets), place_of_(std::move(place_of)) {
  for (const workflow::Machine& machine : definition.machines()) {
    for (const workflow::State& state : machine.states) {
      const auto* const map = std::get_if<workflow::MapFields>(&state.fields);
      has_writer_ = has_writer_ || (map != nullptr && map->writer);
    }
  }
}

std::string WorkflowServices::state_of(const workflow::Simulation& simulation,
                                       workflow::TaskId task) const {
  for (const auto& [id, frame] : simulation.execution().frames) {
    if (frame.task && frame.task->id == task)
      return definition_.machines()[frame.machine].states[frame.state].name;
  }
  return {};
}

Error WorkflowServices::unanswered(std::string_view state, const workflow::StartTask& task) const {
  const auto function = function_called_by(task);
  std::string answer;
  json::append_string(answer, state);
  return {ErrorCode::kFailedPrecondition,
          fmt::format("nothing answers the Task {} ({}), which calls {}: give `--mock FILE`, where "
                      "FILE has {{{}: {{\"result\": …}}}}",
                      printable(state), place_of_(state),
                      function ? fmt::format("the function {}", printable(*function))
                               : printable(task.resource),
                      printable(answer))};
}

void WorkflowServices::start(workflow::Simulation& simulation, const workflow::StartTask& task) {
  const std::string state = state_of(simulation, task.task);
  const MockAnswer* const answer = mocks_.next(state);
  if (answer == nullptr) {
    if (!problem_) problem_ = unanswered(state, task);
    simulation.post(workflow::Stop{});
    return;
  }
  simulation.post(workflow::TaskStarted{.task = task.task});
  if (answer->result) {
    simulation.post(
        workflow::TaskSucceeded{.task = task.task, .output = json::to_string(*answer->result)});
  } else {
    simulation.post(workflow::TaskFailed{
        .task = task.task, .error = answer->failure.error, .cause = answer->failure.cause});
  }
}

workflow::Outcome<json::Value> WorkflowServices::read(const workflow::ReadItems& request) {
  return workflow::read_items(request, buckets_);
}

void WorkflowServices::child_ended(const workflow::StartChild&, const workflow::Execution& child) {
  if (!has_writer_) return;
  if (auto record = workflow::record_of(child))
    children_[record->identity.map_run_arn].push_back(*std::move(record));
}

workflow::Outcome<json::Value> WorkflowServices::write(const workflow::WriteResults& request) {
  const auto children = children_.extract(request.map_run_arn);
  auto written = workflow::results_of(
      request, children.empty() ? std::vector<workflow::ChildRecord>() : children.mapped());
  if (!written) return std::unexpected(std::move(written.error()));
  for (const workflow::NamedObject& object : written->objects) {
    if (auto stored = buckets_.store(written->bucket, object); !stored)
      return std::unexpected(std::move(stored.error()));
  }
  return std::move(written->result);
}

}  // namespace weft::cli
