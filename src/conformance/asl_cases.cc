#include "conformance/asl_cases.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "conformance/definition_cases.h"
#include "conformance/placeholders.h"
#include "conformance/recorded_services.h"
#include "conformance/test_state_cases.h"
#include "json/parse.h"
#include "json/print.h"
#include "workflow/definition.h"
#include "workflow/simulation.h"

namespace weft::conformance {
namespace {

using json::Value;

// When the recordings begin; their own times are placeholders.
constexpr std::int64_t kStartMillis = 1'763'725'011'000;
constexpr std::uint64_t kSeed = 7;

Result<std::string> text_of(const Value& test, std::string_view name) {
  const Value* const found = test.find(name);
  if (found == nullptr || !found->is_string())
    return fail(ErrorCode::kInvalidArgument, fmt::format("it has no {}", name));
  return std::string(found->as_string());
}

// As its history has it, without the time.
Value without_time(const workflow::HistoryEvent& event) {
  json::Object object;
  for (const auto& [name, value] : workflow::to_json(event).as_object()) {
    if (name != "timestamp") object.set(name, value);
  }
  return Value(std::move(object));
}

Value without_time(const Value& event) {
  json::Object object;
  for (const auto& [name, value] : event.as_object()) {
    if (name != "timestamp") object.set(name, value);
  }
  return Value(std::move(object));
}

// The number under that name; nothing where the recording does not say it.
std::optional<std::uint64_t> number_of(const Value& event, std::string_view name) {
  const Value* const found = event.find(name);
  return found != nullptr && found->is_number() ? found->as_number().to_uint64() : std::nullopt;
}

bool has_known_places(const std::vector<Value>& events) {
  return std::ranges::all_of(events,
                             [](const Value& event) { return number_of(event, "id").has_value(); });
}

Value without_place(const Value& event) {
  json::Object object;
  for (const auto& [name, value] : event.as_object()) {
    if (name != "id" && name != "previousEventId") object.set(name, value);
  }
  return Value(std::move(object));
}

// Whether several things can happen at the same time, so that their order says nothing.
bool is_concurrent(const workflow::Definition& definition) {
  for (const workflow::Machine& machine : definition.machines()) {
    for (const workflow::State& state : machine.states) {
      if (state.type == workflow::StateType::kParallel) return true;
      const auto* const map = std::get_if<workflow::MapFields>(&state.fields);
      if (map == nullptr || map->is_distributed) continue;
      if (!map->max_concurrency.constant || *map->max_concurrency.constant != Value(1)) return true;
    }
  }
  return false;
}

// In the order of their texts.
Value sorted(std::vector<Value> values) {
  std::vector<std::pair<std::string, Value>> by_text;
  for (Value& value : values) {
    std::string text = json::to_string(value);
    by_text.emplace_back(std::move(text), std::move(value));
  }
  std::ranges::sort(by_text, {}, &std::pair<std::string, Value>::first);
  json::Array array;
  for (auto& [text, value] : by_text)
    array.push_back(std::move(value));
  return Value(std::move(array));
}

// Events as a tree: each with those that follow it, in an order of its own.
class Tree {
 public:
  explicit Tree(const std::vector<Value>& events) {
    for (const Value& event : events) {
      const auto id = number_of(event, "id");
      const auto previous = number_of(event, "previousEventId");
      if (id) events_.emplace(*id, &event);
      if (id && previous && *previous < *id) followers_[*previous].push_back(*id);
    }
  }
  Value at(std::uint64_t id) const {
    std::vector<Value> followers;
    if (const auto found = followers_.find(id); found != followers_.end()) {
      for (const std::uint64_t follower : found->second)
        followers.push_back(at(follower));
    }
    const auto event = events_.find(id);
    return Value::object(
        {{"event", event == events_.end() ? Value() : without_place(*event->second)},
         {"followers", sorted(std::move(followers))}});
  }

 private:
  std::map<std::uint64_t, const Value*> events_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> followers_;
};

Value list_of(const std::vector<Value>& events) {
  return Value(json::Array(events));
}

// Each event that was found, by the recorded one that it is: the one in its place or, where the
// recording hides places or they mean nothing, the first that is like it.
std::vector<Value> aligned_events(const std::vector<Value>& expected,
                                  const std::vector<Value>& found, bool by_place,
                                  const std::string& material) {
  std::vector<Value> result;
  std::set<std::size_t> taken;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (by_place) {
      result.push_back(i < expected.size() ? aligned(expected[i], found[i], material) : found[i]);
      continue;
    }
    Value best = found[i];
    for (std::size_t candidate = 0; candidate < expected.size(); ++candidate) {
      if (taken.contains(candidate)) continue;
      const Value like =
          aligned(without_place(expected[candidate]), without_place(found[i]), material);
      if (like != without_place(expected[candidate])) continue;
      taken.insert(candidate);
      json::Object object(like.as_object());
      object.set("id", *found[i].find("id"));
      object.set("previousEventId", *found[i].find("previousEventId"));
      best = Value(std::move(object));
      break;
    }
    result.push_back(std::move(best));
  }
  return result;
}

// Those of types that the recording shows: one that hides places leaves events out, too.
std::vector<Value> shown_in(const std::vector<Value>& expected, const std::vector<Value>& found) {
  std::vector<Value> shown;
  for (const Value& event : found) {
    const auto is_alike = [&](const Value& one) {
      const Value* const type = one.find("type");
      return type != nullptr && *type == *event.find("type");
    };
    if (std::ranges::any_of(expected, is_alike)) shown.push_back(event);
  }
  return shown;
}

// Without places, in an order of their own.
Value as_set(const std::vector<Value>& events) {
  std::vector<Value> bare;
  bare.reserve(events.size());
  for (const Value& event : events)
    bare.push_back(without_place(event));
  return sorted(std::move(bare));
}

Comparison compare_histories(const std::vector<Value>& expected, const std::vector<Value>& found,
                             bool is_concurrent, const std::string& material) {
  const bool shows_places = has_known_places(expected);
  const auto like = aligned_events(expected, found, shows_places && !is_concurrent, material);
  if (!shows_places)
    return {.expected = as_set(expected), .found = as_set(shown_in(expected, like))};
  if (!is_concurrent) return {.expected = list_of(expected), .found = list_of(like)};
  return {.expected = Tree(expected).at(0), .found = Tree(like).at(0)};
}

Result<std::vector<Value>> recorded_events(const Value& expected) {
  const Value* const wrapped = expected.is_object() ? expected.find("events") : nullptr;
  const Value& list = wrapped != nullptr ? *wrapped : expected;
  if (!list.is_array()) return fail(ErrorCode::kInvalidArgument, "it has no history");
  std::vector<Value> events;
  for (const Value& event : list.as_array())
    events.push_back(without_time(event));
  return events;
}

workflow::Begin begin_of(std::string input) {
  return {.identity = {.arn = "arn:aws:states:us-east-1:111111111111:execution:machine:run",
                       .name = "run",
                       .role_arn = "arn:aws:iam::111111111111:role/role",
                       .machine_arn = "arn:aws:states:us-east-1:111111111111:stateMachine:machine",
                       .machine_name = "machine"},
          .input = std::move(input)};
}

}  // namespace

Result<Comparison> run_asl_case(const Value& test, const workflow::ServiceModels* models) {
  const Value* const operation = test.find("op");
  if (operation != nullptr && *operation == Value("test_state"))
    return run_test_state_case(test, models);
  if (operation != nullptr || !(test.find("expected") || test.find("expected_output")))
    return run_definition_case(test);
  return run_watched_asl_case(test, {});
}

Result<Comparison> run_watched_asl_case(const Value& test, const BeforeEvent& before_event) {
  const std::string text = TRY(text_of(test, "definition"));
  const Value document = TRY(json::parse(text));
  const workflow::Definition definition = TRY(workflow::Definition::compile(document));
  const Value* const given = test.find("input");
  const std::string input =
      given != nullptr && given->is_string() ? std::string(given->as_string()) : "{}";
  const std::string material = text + input;
  const Value* const history = test.find("expected");
  std::vector<Value> recorded;
  if (history != nullptr) recorded = TRY(recorded_events(*history));
  RecordedServices services(recorded, test.find("functions"));
  workflow::Simulation simulation(definition, services, kStartMillis, kSeed);
  simulation.before_event = before_event;
  simulation.run(begin_of(input));
  if (history == nullptr) {
    const Value* const output = test.find("expected_output");
    if (output == nullptr) return fail(ErrorCode::kInvalidArgument, "it expects nothing");
    const auto& ended = simulation.execution();
    const Value found = ended.output ? ended.output->value()
                        : ended.failure
                            ? Value::object({{"failed", ended.failure->cause.value_or("")}})
                            : Value();
    return Comparison{.expected = *output, .found = aligned(*output, found, material)};
  }
  std::vector<Value> found;
  for (const workflow::HistoryEvent& event : simulation.history())
    found.push_back(without_time(event));
  return compare_histories(recorded, found, is_concurrent(definition), material);
}

}  // namespace weft::conformance
