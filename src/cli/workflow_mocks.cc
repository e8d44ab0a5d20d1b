#include "cli/workflow_mocks.h"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/nearest.h"
#include "cli/report.h"
#include "json/parse.h"

namespace weft::cli {
namespace {

constexpr std::string_view kForm =
    R"(expected {"STATE": {"result": …}}, {"STATE": {"error": "…", "cause": "…"}}, or a list of such answers)";

// What is wrong with a mock file, and where.
class Complaint {
 public:
  Complaint(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  Error at(const Position& position, std::string_view message) const {
    const Error placed = Error(ErrorCode::kInvalidArgument, "").with_position(position);
    std::string lines = excerpt(text_, placed);
    if (lines.ends_with('\n')) lines.pop_back();
    return Error(
               ErrorCode::kInvalidArgument,
               fmt::format("{}:{}:{}: {}{}{}", printable(file_), position.line.value_or(1),
                           position.column.value_or(1), message, lines.empty() ? "" : "\n", lines))
        .with_position(position);
  }

 private:
  std::string_view text_;
  std::string_view file_;
};

Result<MockAnswer> answer_of(const json::Value& value, const Complaint& complaint) {
  MockAnswer answer;
  if (!value.is_object()) return fail(complaint.at(value.position(), kForm));
  for (const json::Member& member : value.as_object()) {
    const bool is_text = member.value().is_string();
    if (member.key() == "result") {
      answer.result = member.value();
    } else if (member.key() == "error" && is_text) {
      answer.failure.error = member.value().as_string();
    } else if (member.key() == "cause" && is_text) {
      answer.failure.cause = member.value().as_string();
    } else {
      return fail(complaint.at(member.key_value().position(), kForm));
    }
  }
  const bool has_failure = answer.failure != workflow::Failure();
  if (answer.result.has_value() == has_failure) return fail(complaint.at(value.position(), kForm));
  return answer;
}

std::vector<std::string_view> tasks_of(const workflow::Definition& definition) {
  std::vector<std::string_view> names;
  for (const workflow::Machine& machine : definition.machines()) {
    for (const workflow::State& state : machine.states) {
      if (state.type == workflow::StateType::kTask) names.push_back(state.name);
    }
  }
  return names;
}

std::string unknown_task(std::string_view name, const std::vector<std::string_view>& tasks) {
  const auto meant = nearest(name, tasks);
  return fmt::format("the workflow has no Task named {}{}", printable(name),
                     meant ? fmt::format("; did you mean {}?", printable(*meant)) : "");
}

// One or more.
Result<std::vector<MockAnswer>> answers_of(const json::Value& value, const Complaint& complaint) {
  std::vector<MockAnswer> answers;
  if (!value.is_array()) {
    answers.push_back(TRY(answer_of(value, complaint)));
    return answers;
  }
  if (value.size() == 0) return fail(complaint.at(value.position(), kForm));
  for (const json::Value& each : value.as_array())
    answers.push_back(TRY(answer_of(each, complaint)));
  return answers;
}

}  // namespace

Result<Mocks> Mocks::parse(std::string_view text, std::string_view file,
                           const workflow::Definition& definition) {
  const Complaint complaint(text, file);
  const auto document = json::parse(text);
  if (!document) {
    const Error& error = document.error();
    return fail(complaint.at(error.position().value_or(Position()), error.message()));
  }
  if (!document->is_object()) return fail(complaint.at(document->position(), kForm));
  const std::vector<std::string_view> tasks = tasks_of(definition);
  Mocks mocks;
  for (const json::Member& member : document->as_object()) {
    if (std::ranges::find(tasks, member.key()) == tasks.end()) {
      return fail(complaint.at(member.key_value().position(), unknown_task(member.key(), tasks)));
    }
    mocks.states_[std::string(member.key())].list = TRY(answers_of(member.value(), complaint));
  }
  return mocks;
}

const MockAnswer* Mocks::next(std::string_view state) {
  const auto found = states_.find(state);
  if (found == states_.end()) return nullptr;
  Answers& answers = found->second;
  const MockAnswer& answer = answers.list[answers.next];
  if (answers.next + 1 < answers.list.size()) ++answers.next;
  return &answer;
}

}  // namespace weft::cli
