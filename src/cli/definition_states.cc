#include "cli/definition_states.h"

#include <algorithm>

namespace weft::cli {
namespace {

bool for_each_inside(const json::Value& state,
                     const std::function<bool(const json::Member&)>& use) {
  for (const std::string_view part : {"ItemProcessor", "Iterator"}) {
    const json::Value* const machine = state.find(part);
    if (machine != nullptr && !for_each_state(*machine, use)) return false;
  }
  const json::Value* const branches = state.find("Branches");
  return branches == nullptr || !branches->is_array() ||
         std::ranges::all_of(branches->as_array(), [&](const json::Value& machine) {
           return for_each_state(machine, use);
         });
}

}  // namespace

bool for_each_state(const json::Value& machine,
                    const std::function<bool(const json::Member&)>& use) {
  const json::Value* const states = machine.find("States");
  return states == nullptr || !states->is_object() ||
         std::ranges::all_of(states->as_object(), [&](const json::Member& state) {
           return use(state) && for_each_inside(state.value(), use);
         });
}

}  // namespace weft::cli
