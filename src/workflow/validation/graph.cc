#include "workflow/validation/graph.h"

#include <algorithm>
#include <array>
#include <ranges>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <fmt/format.h>

#include "workflow/validation/schema.h"

namespace weft::workflow::validation {
namespace {

using json::Value;

constexpr std::size_t kStateNameCharactersMax = 80;
// What a target that does not exist is compared with: each comparison takes as long as both are.
constexpr std::size_t kGuessedStatesMax = 200;
constexpr std::size_t kGuessedNameBytesMax = 80;

bool is_terminal(const Value& state) {
  const std::string_view type = state.find("Type")->as_string();
  const Value* const end = state.find("End");
  return type == "Succeed" || type == "Fail" || (end != nullptr && end->as_bool());
}

// Calls `visit(target, place)` for each name of a state that `state` may lead to.
template <class Visit>
void visit_targets(const Value& state, const Place& place, const Visit& visit) {
  if (const Value* const next = state.find("Next")) visit(*next, place.member("Next"));
  for (const std::string_view list : {"Choices", "Catch"}) {
    const Value* const items = state.find(list);
    if (items == nullptr) continue;
    const Place list_place = place.member(list);
    std::size_t index = 0;
    for (const Value& item : items->as_array()) {
      const Place item_place = list_place.item(index++);
      visit(*item.find("Next"), item_place.member("Next"));
    }
  }
  if (const Value* const otherwise = state.find("Default"))
    visit(*otherwise, place.member("Default"));
}

// Calls `visit(member, place)` for each member of an Assign that is the state's or of something in
// it: its catchers and rules set variables of the same scope.
template <class Visit>
void visit_assigned(const Value& state, const Place& place, const Visit& visit) {
  const auto visit_one = [&visit](const Value& holder, const Place& at) {
    const Value* const assign = holder.find("Assign");
    if (assign == nullptr) return;
    const Place assign_place = at.member("Assign");
    for (const json::Member& member : assign->as_object())
      visit(member, assign_place.member(member.key()));
  };
  visit_one(state, place);
  for (const std::string_view list : {"Choices", "Catch"}) {
    const Value* const items = state.find(list);
    if (items == nullptr) continue;
    const Place list_place = place.member(list);
    std::size_t index = 0;
    for (const Value& item : items->as_array())
      visit_one(item, list_place.item(index++));
  }
}

// Of a member of Assign: "name.$" sets $name. No expression could read a variable that is called
// so.
std::string_view variable_of(const json::Member& member) {
  std::string_view name = member.key();
  if (name.ends_with(".$")) name.remove_suffix(2);
  return name;
}

class Graph {
 public:
  explicit Graph(Findings& findings) : findings_(findings) {}

  void check_top(const Value& machine) { check(machine, Place(), true); }
  void check_alone(const Value& state, const Place& place);

 private:
  // The names that a scope adds to those of the scopes around it.
  using Added = std::vector<std::string_view>;

  // The states of one machine, branch or item processor: names are of this level alone.
  struct Level {
    json::Members states;
    std::unordered_map<std::string_view, std::size_t> index_of = {};
  };

  void check(const Value& machine, const Place& place, bool is_top);
  void check_inside(const Value& state, const Place& place);
  void check_assigned(const Value& state, const Place& place);
  void enter_scope(const Value& state, Added& added);
  void leave_scope(const Added& added);
  void check_target(const Value& target, const Place& place, const Level& level);
  void check_reachable(const Value& start, const Place& states_place, const Level& level);
  void check_name(const json::Member& state, const Place& place);
  void check_label(const Value& state, const Place& place);

  Findings& findings_;
  // Of all levels.
  std::unordered_set<std::string_view> names_;
  std::unordered_set<std::string_view> labels_;
  // The variables of the scopes around the one that is being checked.
  std::unordered_set<std::string_view> variables_;
};

void Graph::check(const Value& machine, const Place& place, bool is_top) {
  const Value& start = *machine.find("StartAt");
  Level level{.states = machine.find("States")->as_object()};
  for (std::size_t i = 0; i < level.states.size(); ++i)
    level.index_of.emplace(level.states[i].key(), i);

  check_target(start, place.member("StartAt"), level);
  const Place states_place = place.member("States");
  for (const auto& [name, state] : level.states)
    check_assigned(state, states_place.member(name));
  Added added;
  for (const auto& [name, state] : level.states)
    enter_scope(state, added);
  bool has_end = false;
  for (const json::Member& member : level.states) {
    if (findings_.is_done()) return;
    const auto& [name, state] = member;
    const Place at = states_place.member(name);
    check_name(member, at);
    visit_targets(state, at, [this, &level](const Value& target, const Place& target_place) {
      check_target(target, target_place, level);
    });
    check_inside(state, at);
    has_end = has_end || is_terminal(state);
  }
  leave_scope(added);
  constexpr std::string_view kNoEnd = "MISSING_END_STATE";
  if (has_end) {
    check_reachable(start, states_place, level);
  } else if (is_top) {
    findings_.error(kNoEnd, "Workflow has no terminal state");
  } else {
    findings_.warning(kNoEnd, "No state ends what begins here", place, start);
  }
}

// As AWS's documentation has it ("Passing data between states with variables"): a variable of an
// inner scope cannot have the name of one of an outer scope. Its words for that are not known.
void Graph::check_assigned(const Value& state, const Place& place) {
  visit_assigned(state, place, [this](const json::Member& member, const Place& at) {
    const std::string_view name = variable_of(member);
    if (!variables_.contains(name) || findings_.is_done()) return;
    findings_.error("INVALID_VARIABLE_NAME",
                    fmt::format("Invalid variable name '{}': a variable of that name is assigned "
                                "in an outer scope.",
                                quoted(name)),
                    at, member.key_value());
  });
}

void Graph::enter_scope(const Value& state, Added& added) {
  visit_assigned(state, Place(), [&](const json::Member& member, const Place&) {
    const std::string_view name = variable_of(member);
    if (variables_.insert(name).second) added.push_back(name);
  });
}

void Graph::leave_scope(const Added& added) {
  for (const std::string_view name : added)
    variables_.erase(name);
}

void Graph::check_alone(const Value& state, const Place& place) {
  Added added;
  enter_scope(state, added);
  check_inside(state, place);
}

void Graph::check_inside(const Value& state, const Place& place) {
  check_label(state, place);
  if (const Value* const branches = state.find("Branches")) {
    const Place branches_place = place.member("Branches");
    std::size_t index = 0;
    for (const Value& branch : branches->as_array())
      check(branch, branches_place.item(index++), false);
  }
  for (const std::string_view name : {"ItemProcessor", "Iterator"}) {
    if (const Value* const processor = state.find(name))
      check(*processor, place.member(name), false);
  }
}

void Graph::check_target(const Value& target, const Place& place, const Level& level) {
  if (level.index_of.contains(target.as_string()) || findings_.is_done()) return;
  std::vector<std::string_view> names;
  for (const json::Member& state : level.states | std::views::take(kGuessedStatesMax)) {
    if (state.key().size() <= kGuessedNameBytesMax) names.push_back(state.key());
  }
  findings_.error("MISSING_TRANSITION_TARGET",
                  fmt::format("Missing 'Next' target: {}", quoted(target.as_string())), place,
                  target, hint_of(target.as_string(), names));
}

void Graph::check_reachable(const Value& start, const Place& states_place, const Level& level) {
  std::vector<bool> is_reached(level.states.size());
  std::vector<std::size_t> pending;
  const auto reach = [&](const Value& target, const Place&) {
    const auto found = level.index_of.find(target.as_string());
    if (found == level.index_of.end() || is_reached[found->second]) return;
    is_reached[found->second] = true;
    pending.push_back(found->second);
  };
  reach(start, states_place);
  while (!pending.empty()) {
    const std::size_t index = pending.back();
    pending.pop_back();
    visit_targets(level.states[index].value(), states_place, reach);
  }
  for (std::size_t i = 0; i < level.states.size(); ++i) {
    if (is_reached[i]) continue;
    if (findings_.is_done()) return;
    const json::Member& state = level.states[i];
    findings_.error("MISSING_TRANSITION_TARGET",
                    fmt::format("State \"{}\" is not reachable.", quoted(state.key())),
                    states_place.member(state.key()), state.key_value());
  }
}

void Graph::check_name(const json::Member& state, const Place& place) {
  const std::string_view name = state.key();
  if (name.empty()) {
    findings_.error("INVALID_STATE_NAME", "The state name cannot be empty", place,
                    state.key_value());
  } else if (count_characters(name) > kStateNameCharactersMax) {
    findings_.error("INVALID_STATE_NAME",
                    fmt::format("The state name '{}' exceeds the {}-character limit allowed by the "
                                "service",
                                quoted(name), kStateNameCharactersMax),
                    place, state.key_value());
  }
  if (!names_.insert(name).second) {
    findings_.error("DUPLICATE_STATE_NAME", fmt::format("Duplicate State name: {}", quoted(name)),
                    place, state.key_value());
  }
}

void Graph::check_label(const Value& state, const Place& place) {
  const Value* const label = state.find("Label");
  if (label == nullptr || labels_.insert(label->as_string()).second) return;
  findings_.error("DUPLICATE_LABEL_NAME",
                  fmt::format("Duplicate Label name: {}", quoted(label->as_string())),
                  place.member("Label"), *label);
}

}  // namespace

void check_graph(const json::Value& machine, Findings& findings) {
  Graph(findings).check_top(machine);
}

void check_graph_inside(const json::Value& state, const Place& place, Findings& findings) {
  Graph(findings).check_alone(state, place);
}

}  // namespace weft::workflow::validation
