#include "cli/workflow_mocks.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "base/nearest.h"
#include "cli/report.h"
#include "json/parse.h"

namespace weft::cli {
namespace {

constexpr std::string_view kForms =
    R"({"result": …} or {"error": "…", "cause": "…"}, or a list of such)";

// "a number", "an object"
std::string with_article(const json::Value& value) {
  const std::string_view kind = name(value.kind());
  if (value.is_null()) return std::string(kind);
  return fmt::format("{} {}", std::string_view("ao").contains(kind.front()) ? "an" : "a", kind);
}

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

// What is wrong with a member of an answer; empty when it is fine.
std::string wrong_member(const json::Member& member) {
  constexpr std::array<std::string_view, 3> kNames = {"result", "error", "cause"};
  if (std::ranges::find(kNames, member.key()) == kNames.end()) {
    const auto meant = nearest(member.key(), kNames);
    return fmt::format("an answer has no member {}: {}", printable(member.key()),
                       meant ? fmt::format("did you mean {}?", *meant)
                             : std::string("it has result, error and cause"));
  }
  if (member.key() == "result" || member.value().is_string()) return {};
  return fmt::format("{} is a text, and not {}", member.key(), with_article(member.value()));
}

Result<MockAnswer> answer_of(const json::Value& value, const Complaint& complaint) {
  if (!value.is_object()) {
    return fail(complaint.at(
        value.position(), fmt::format("an answer is {}, and not {}", kForms, with_article(value))));
  }
  MockAnswer answer;
  for (const json::Member& member : value.as_object()) {
    if (const std::string wrong = wrong_member(member); !wrong.empty())
      return fail(complaint.at(member.key_value().position(), wrong));
    if (member.key() == "result") answer.result = member.value();
    if (member.key() == "error") answer.failure.error = member.value().as_string();
    if (member.key() == "cause") answer.failure.cause = member.value().as_string();
  }
  const bool has_failure = answer.failure != workflow::Failure();
  if (answer.result && has_failure) {
    return fail(complaint.at(value.position(),
                             "an answer has a result, or an error and a cause, and not both"));
  }
  if (!answer.result && !has_failure) {
    return fail(
        complaint.at(value.position(), "an answer needs a result, or else an error or a cause"));
  }
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

bool has_state(const workflow::Definition& definition, std::string_view name) {
  return std::ranges::any_of(definition.machines(), [&](const workflow::Machine& machine) {
    return std::ranges::find(machine.states, name, &workflow::State::name) != machine.states.end();
  });
}

std::string unknown_task(std::string_view name, const workflow::Definition& definition) {
  if (has_state(definition, name))
    return fmt::format("the state {} is no Task, and mocks answer Tasks alone", printable(name));
  const std::vector<std::string_view> tasks = tasks_of(definition);
  std::string text = fmt::format("the workflow has no Task named {}", printable(name));
  if (const auto meant = nearest(name, tasks))
    return text + fmt::format("; did you mean {}?", printable(*meant));
  if (tasks.empty()) return text + ": it has no Task at all";
  constexpr std::size_t kShownMax = 10;
  text += tasks.size() == 1 ? ": its only Task is " : ": its Tasks are ";
  for (std::size_t i = 0; i < std::min(tasks.size(), kShownMax); ++i)
    text += (i == 0 ? "" : ", ") + printable(tasks[i]);
  return tasks.size() > kShownMax ? text + ", …" : text;
}

// One or more.
Result<std::vector<MockAnswer>> answers_of(const json::Value& value, const Complaint& complaint) {
  std::vector<MockAnswer> answers;
  if (!value.is_array()) {
    answers.push_back(TRY(answer_of(value, complaint)));
    return answers;
  }
  if (value.size() == 0)
    return fail(complaint.at(value.position(), "a list of answers has one at least"));
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
    return fail(
        complaint.at(error.position().value_or(Position()), without_place(error.message())));
  }
  if (!document->is_object()) {
    return fail(complaint.at(
        document->position(),
        fmt::format(
            "a file of mocks is an object, {{\"STATE\": ANSWER}}, and not {}; an answer is {}",
            with_article(*document), kForms)));
  }
  const std::vector<std::string_view> tasks = tasks_of(definition);
  Mocks mocks;
  for (const json::Member& member : document->as_object()) {
    if (std::ranges::find(tasks, member.key()) == tasks.end()) {
      return fail(
          complaint.at(member.key_value().position(), unknown_task(member.key(), definition)));
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
