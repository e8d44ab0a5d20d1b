// The work of one step. Private to workflow.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "json/jsonata/jsonata.h"
#include "workflow/step.h"
#include "workflow/times.h"

namespace weft::workflow {

// Clock and randomness of one step: as its event says.
class StepInputs final : public json::jsonata::Inputs {
 public:
  StepInputs(std::int64_t millis, std::uint64_t seed) : millis_(millis), state_(seed) {}

  double now_millis() override { return static_cast<double>(millis_); }
  double random() override;
  std::uint64_t bits();  // 64 of them
  std::string uuid();    // version 4

 private:
  std::int64_t millis_;
  std::uint64_t state_;
};

class Interpreter {
 public:
  Interpreter(const Definition& definition, Execution& execution, const Event& event,
              const StepLimits& limits, TestedState* test)
      : definition_(definition),
        execution_(execution),
        limits_(limits),
        test_(test),
        millis_(event.millis),
        inputs_(event.millis, event.seed) {}

  StepResult run(const Event& event);

 private:
  // --- events (events.cc, tasks.cc, distributed.cc) ---
  void on(const Begin& begin);
  void on(const GoOn&) {}
  void on(const TaskStarted& started);
  void on(const TaskSubmitted& submitted);
  void on(const TaskSucceeded& succeeded);
  void on(const TaskFailed& answer);
  void on(const TaskHeartbeat& heartbeat);
  void on(const TimerFired& fired);
  void on(const ItemsRead& read);
  void on(const ChildEnded& ended);
  void on(const ResultsWritten& written);
  void on(const Stop& stop);

  // --- the course of states (interpreter.cc) ---
  void advance(FrameId id);
  void wake(FrameId id);
  void enter(Frame& frame);
  // Runs the state, again when an attempt failed.
  Outcome<> attempt(FrameId id);
  Outcome<> finish_pass(FrameId id);
  Outcome<> finish_choice(FrameId id);
  Outcome<> begin_wait(FrameId id);
  Outcome<std::int64_t> wait_until(Frame& frame, const WaitFields& fields, const Payload& input);
  Outcome<> fail_as_said(FrameId id);
  // The state has a result: ResultSelector, ResultPath, Output, Assign, and on to the next one.
  Outcome<> finish(FrameId id, const Payload& result);
  // DataLimitExceeded, and nothing done, when the output or the variables are too large.
  Outcome<> leave(FrameId id, Payload output, std::optional<std::size_t> next,
                  const std::optional<Variables::Map>& assigned);
  void end_machine(FrameId id, const Payload& output);
  void go_on(FrameId id) { execution_.runnable.push_back(id); }

  // --- data (data_flow.cc) ---
  Scope scope_of(const Frame& frame, const json::Value& input, const json::Value& context);
  // `map_item`: instead of the frame's own.
  json::Value context_of(const Frame& frame, const json::Value* map_item = nullptr) const;
  Outcome<Payload> filtered(const Frame& frame, const FilterPath& filter, std::string_view field,
                            const Payload& data);
  Outcome<Payload> effective_input(const Frame& frame);
  Outcome<json::Value> arguments_of(const Frame& frame, const Payload& input);
  // What a template sees beside the context and variables.
  struct Seen {
    const json::Value& input;
    const json::Value* result = nullptr;
    const json::Value* error = nullptr;
    const json::Value* map_item = nullptr;
  };
  Outcome<json::Value> evaluate(const Frame& frame, const Template& what, std::string_view field,
                                const Seen& seen);
  Outcome<json::Value> kept(const Frame& frame, json::Value value) const;
  std::size_t bytes_in_memory_max() const;
  Outcome<std::optional<json::Value>> value_of(const Frame& frame, const ValueField& field,
                                               const json::Value& input);
  Outcome<std::optional<double>> number_of(const Frame& frame, const ValueField& field,
                                           const json::Value& input, bool is_whole);
  // ResultPath.
  Outcome<Payload> with_result(const Frame& frame, const ResultPath& path, const Payload& result);
  // ResultSelector, ResultPath and OutputPath, or `output`, where there is one.
  Outcome<Payload> output_of(const Frame& frame, const Payload& result, const Template* output);
  // `result` is what "$" is in JSONPath; `error` is there in a catcher.
  Outcome<Variables::Map> assigned_by(const Frame& frame, const Template& assign,
                                      const json::Value& result,
                                      const json::Value* error = nullptr);
  bool is_too_large(const Payload& payload) const;
  // Its text; nothing when that is too large.
  std::optional<std::string> printed(const json::Value& value) const;

  // --- tasks (tasks.cc) ---
  using Frames = std::map<FrameId, Frame>;
  Outcome<> begin_task(FrameId id);
  Outcome<StartTask> prepare_task(Frame& frame, const TaskFields& fields);
  Frames::iterator frame_of_task(TaskId task);
  void note_started(Frame& frame, const std::string& worker);
  void expect_heartbeat(Frame& frame);
  // Of a frame with a task, which fails then.
  bool fail_if_too_large(Frame& frame, const std::string& output);
  void task_timed_out(FrameId id, bool is_heartbeat);
  void close_task(Frame& frame, bool cancels);

  // --- branches and iterations (children.cc) ---
  Outcome<> begin_parallel(FrameId id);
  Outcome<> begin_map(FrameId id);
  Outcome<json::Value> items_of(const Frame& frame, const Payload& input);
  // `input`: the Map's, after InputPath.
  Outcome<json::Value> item_input(const Frame& frame, const json::Value& item,
                                  const Payload& input);
  Outcome<Payload> iteration_input(const Frame& frame, const json::Value& item,
                                   const Payload& input);
  // As many as may run; the events follow `follows`. Where one cannot begin, none goes on.
  Outcome<> start_iterations(FrameId id, std::uint64_t follows);
  void child_ended(FrameId id, std::uint64_t index, const Payload& output, std::uint64_t after);
  // False when the results are too large together.
  bool keep_result(OpenChildren& open, std::uint64_t index, const Payload& output) const;
  void finish_children(FrameId id, std::uint64_t after);
  void close_frame(Frame& open);
  void abort_frames_below(FrameId id, std::optional<FrameId> failing, std::uint64_t after);
  void child_failed(FrameId child, const Failure& failure);

  // --- distributed Map (distributed.cc) ---
  Outcome<Tolerated> tolerated_failures(const Frame& frame, const Payload& input);
  Outcome<> begin_map_run(FrameId id, const Payload& input);
  Outcome<> ask_for_items(FrameId id, const MapFields::Reader& reader, const Payload& input);
  // The frame whose Map run waits for that; null when there is none.
  Frame* frame_of_map_run(MapRunId run, Waiting waiting);
  Outcome<> begin_children(FrameId id, const Payload& input);
  Outcome<Batching> batching_of(const Frame& frame, const MapFields::Batcher& batcher,
                                const Payload& input);
  // An item as ItemSelector has it. `input`: the Map's, after InputPath.
  Outcome<json::Value> selected_item(const Frame& frame, const OpenChildren& open,
                                     std::uint64_t index, const Payload& input);
  // What the next child gets: an item, or as many as make a batch.
  struct ChildInput {
    json::Value value;
    std::uint64_t items = 1;
  };
  Outcome<ChildInput> next_child_input(const Frame& frame, const OpenChildren& open,
                                       const Payload& input);
  // As many as may run, and as one step may start: the frame is runnable when there are more.
  Outcome<> start_children(FrameId id);
  bool has_started_enough() const;
  StartChild child_of(FrameId id, const json::Value& input);
  // Starts children and, when none is left, has the results written.
  void go_on_with_children(FrameId id);
  Outcome<> end_children(FrameId id);
  void finish_map_run(FrameId id, json::Value result);
  // Takes the Map run down; the state fails then.
  void close_map_run(FrameId id, const Failure& failure);
  void fail_map_run(FrameId id, const Failure& failure);
  void fail_map_run(FrameId id, StateError error);

  // --- failures (failures.cc) ---
  // What the state itself does fails: it cannot be evaluated.
  void failed(FrameId id, StateError error);
  // The state has failed, and its history says so: another attempt, a catcher, or the end.
  void ended(FrameId id, const Failure& given);
  bool retry(FrameId id, const Failure& failure);
  // False when no catcher takes it.
  bool catch_failure(FrameId id, const Failure& failure);
  Outcome<> follow_catcher(FrameId id, const Catcher& catcher, const Failure& failure);
  void give_up(FrameId id, const Failure& failure);
  // The same when it is written down already that the state has failed.
  void end_state(FrameId id, const Failure& failure);
  void end_execution(Status status, EventType type, const Failure& given, std::uint64_t after);
  void drop_everything();

  // --- a state that is tested (tested_state.cc); nothing of it happens when none is ---
  bool is_mocked() const {
    return test_ != nullptr && (test_->mocked_result || test_->mocked_failure);
  }
  json::Value context_of_test(const json::Value* map_item) const;
  // What the mock says instead of what the state would do.
  Outcome<> finish_mocked(FrameId id);
  // The same of a Map, of which `children` has the items.
  Outcome<> finish_mocked_map(FrameId id, const Payload& input);
  Outcome<json::Value> tested_items(const Frame& frame, const MapFields::Reader& reader,
                                    const Payload& input);
  // A member of the inspection's data.
  void inspect(std::string_view name, const Payload& data);
  void inspect_arguments(const Frame& frame, const Payload& arguments);
  // How many children there would be.
  Outcome<std::uint64_t> inspect_children(const Frame& frame, OpenChildren open,
                                          const Payload& input);
  void inspect_handler(json::Value details);
  void inspect_variables(const Variables& variables);
  // The state would be left, or tried again.
  void end_test(const Payload& output, std::optional<std::size_t> next);
  void end_test_retriable(const Failure& failure);

  // --- what a step gives ---
  std::uint64_t record(EventType type, std::uint64_t previous, json::Value details = {});
  // Follows the frame's last event, and is that then.
  void record(Frame& frame, EventType type, json::Value details = {});
  TimerId start_timer(std::int64_t due_millis, FrameId frame = 0);
  void cancel(std::optional<TimerId>& timer);

  const State& state_of(const Frame& frame) const {
    return definition_.machines()[frame.machine].states[frame.state];
  }
  Frame& frame(FrameId id) { return execution_.frames.at(id); }
  // Of a frame that waits for them.
  static OpenChildren& children_of(Frame& frame) {
    WEFT_ASSERT(frame.children.has_value());
    return *frame.children;
  }
  static OpenTask& task_of(Frame& frame) {
    WEFT_ASSERT(frame.task.has_value());
    return *frame.task;
  }
  bool is_running() const { return execution_.status == Status::kRunning; }
  FrameId add_frame(std::size_t machine, std::optional<FrameId> parent, std::uint64_t index,
                    Payload input);

  const Definition& definition_;
  Execution& execution_;
  const StepLimits limits_;
  TestedState* const test_;  // null: none is tested
  const std::int64_t millis_;
  StepInputs inputs_;
  StepResult result_;
  std::uint64_t child_bytes_ = 0;  // of what the children get that this step starts
  std::uint64_t child_items_ = 0;  // that this step has selected for them
};

// "TaskStateEntered" and its like.
EventType entered_event(StateType type);
EventType exited_event(StateType type);

// Whether the state does something that has a result: $states.result.
bool has_result(StateType type);

// Whether a distributed Map goes on though so many of its children failed, of which there are
// `count`.
bool is_tolerated(const Tolerated& tolerated, std::uint64_t failed, std::uint64_t count);
Failure threshold_exceeded();

// Of a state or a service whose output is too large.
StateError data_limit_exceeded(std::string_view what);
// Of what a state would be or do with: "The input of the state 'A'".
StateError input_limit_exceeded(std::string_view what);

// What history says of data: that all of it is there.
json::Value not_truncated();

// {"error": …, "cause": …}, without what is missing.
json::Value details_of(const Failure& failure);

// As long as AWS lets an error and a cause be.
Failure shortened(Failure failure);

// A member for a text that may be missing.
void set_text(json::Object& object, std::string_view name, const std::optional<std::string>& text);

}  // namespace weft::workflow
