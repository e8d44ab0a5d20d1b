#include "workflow/execution_check.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "workflow/times.h"

namespace weft::workflow {
namespace {

// Timers end in the year 9999 at the latest; what follows them takes no thousand years.
constexpr std::int64_t kPrintedMillisMax = 284'990'745'600'000;
// More than any execution has: numbers of frames do not come to their end.
constexpr FrameId kFramesMax = FrameId{1} << 31U;

bool is_time(std::int64_t millis) {
  return millis >= 0 && millis <= kPrintedMillisMax;
}

std::uint64_t items_running(const OpenChildren& open) {
  std::uint64_t items = 0;
  for (const auto& [child, count] : open.running)
    items += count;
  return items;
}

// What is the same for branches, items and children.
bool counts_fit(const OpenChildren& open) {
  const bool are_small = open.count <= std::numeric_limits<std::uint32_t>::max() &&
                         open.next <= open.count && open.succeeded <= open.next &&
                         open.failed <= open.next &&
                         std::ranges::all_of(open.running, [&](const auto& child) {
                           return child.second >= 1 && child.second <= open.count;
                         });
  // Nothing overflows now.
  return are_small && open.succeeded + open.failed + items_running(open) == open.next;
}

class Check {
 public:
  Check(const Execution& execution, const Definition& definition)
      : execution_(execution),
        machines_(definition.machines()),
        runnable_(execution.runnable.begin(), execution.runnable.end()) {}

  bool is_good() const {
    if (!is_time(execution_.start_millis) || !is_time(execution_.stop_millis.value_or(0)) ||
        execution_.next_frame > kFramesMax)
      return false;
    if (execution_.status != Status::kRunning) return execution_.frames.empty();
    return std::ranges::all_of(execution_.frames,
                               [this](const auto& entry) {
                                 return place_fits(entry.first, entry.second) &&
                                        waiting_fits(entry.first, entry.second);
                               }) &&
           runnable_fit();
  }

 private:
  const State& state_of(const Frame& frame) const {
    return machines_[frame.machine].states[frame.state];
  }

  bool runnable_fit() const {
    return runnable_.size() == execution_.runnable.size() &&
           std::ranges::all_of(runnable_, [this](FrameId id) {
             const auto found = execution_.frames.find(id);
             return found != execution_.frames.end() &&
                    (found->second.waiting == Waiting::kNothing ||
                     found->second.waiting == Waiting::kChildren);
           });
  }

  // Its parent's place was looked at before, as its number is smaller.
  bool place_fits(FrameId id, const Frame& frame) const {
    if (id >= execution_.next_frame || frame.machine >= machines_.size() ||
        frame.state >= machines_[frame.machine].states.size() || !is_time(frame.entered_millis))
      return false;
    return !frame.parent || is_child(id, frame, execution_.frames.at(*frame.parent));
  }
  bool is_child(FrameId id, const Frame& frame, const Frame& parent) const {
    if (parent.waiting != Waiting::kFrames || !parent.children ||
        !parent.children->running.contains(id) || frame.index >= parent.children->next)
      return false;
    const State& state = state_of(parent);
    if (const auto* const map = std::get_if<MapFields>(&state.fields))
      return frame.machine == map->machine;
    const auto* const branches = std::get_if<ParallelFields>(&state.fields);
    return branches != nullptr && frame.index < branches->machines.size() &&
           frame.machine == branches->machines[static_cast<std::size_t>(frame.index)];
  }

  bool waiting_fits(FrameId id, const Frame& frame) const {
    const StateType type = state_of(frame).type;
    const bool has_task = frame.task.has_value();
    const bool has_timer = frame.timer.has_value();
    const bool has_children = frame.children.has_value();
    switch (frame.waiting) {
      case Waiting::kNothing:
        return !has_task && !has_timer && !has_children && is_runnable(id);
      case Waiting::kTask:
        return type == StateType::kTask && has_task && !has_timer && !has_children &&
               task_fits(id, *frame.task);
      case Waiting::kTimer:
        return type == StateType::kWait && !has_task && is_of(id, frame.timer) && !has_children;
      case Waiting::kRetry:
        return !has_task && is_of(id, frame.timer) && !has_children;
      case Waiting::kFrames:
        return !has_task && !has_timer && has_children && frames_fit(id, frame, *frame.children);
      case Waiting::kReader:
      case Waiting::kChildren:
      case Waiting::kWriter:
        return !has_task && !has_timer && has_children && map_run_fits(id, frame, *frame.children);
    }
    return false;
  }

  bool is_runnable(FrameId id) const { return runnable_.contains(id); }
  static bool is_of(FrameId id, const std::optional<std::uint64_t>& number) {
    return number && frame_of(*number) == id;
  }
  static bool task_fits(FrameId id, const OpenTask& task) {
    return frame_of(task.id) == id && (!task.timeout || is_of(id, task.timeout)) &&
           (!task.heartbeat || is_of(id, task.heartbeat)) &&
           task.heartbeat_seconds <= static_cast<std::uint64_t>(kTaskSecondsMax);
  }

  // Branches, or iterations of an inline Map.
  bool frames_fit(FrameId id, const Frame& frame, const OpenChildren& open) const {
    const State& state = state_of(frame);
    if (const auto* const map = std::get_if<MapFields>(&state.fields)) {
      if (map->is_distributed || !open.items.is_array() || open.count != open.items.size() ||
          open.concurrency_max == 0)
        return false;
    } else if (const auto* const branches = std::get_if<ParallelFields>(&state.fields)) {
      if (open.count != branches->machines.size() || open.next != open.count) return false;
    } else {
      return false;
    }
    return counts_fit(open) && open.failed == 0 && open.results.size() == open.succeeded &&
           std::ranges::all_of(open.results,
                               [&](const auto& result) { return result.first < open.next; }) &&
           std::ranges::all_of(open.running, [&](const auto& child) {
             if (child.second != 1 || !std::in_range<FrameId>(child.first)) return false;
             const auto found = execution_.frames.find(static_cast<FrameId>(child.first));
             return found != execution_.frames.end() && found->second.parent == id;
           });
  }

  bool map_run_fits(FrameId id, const Frame& frame, const OpenChildren& open) const {
    const auto* const map = std::get_if<MapFields>(&state_of(frame).fields);
    if (map == nullptr || !map->is_distributed || !open.items.is_array() ||
        open.concurrency_max == 0 || frame_of(open.map_run) != id ||
        !open.map_run_arn.contains(":mapRun:"))
      return false;
    // Nothing has begun, and how there will be batches is not known yet.
    if (frame.waiting == Waiting::kReader) {
      return open.items.size() == 0 && open.count == 0 && open.next == 0 && open.next_child == 0 &&
             open.succeeded == 0 && open.failed == 0 && open.running.empty() &&
             open.results.empty() && !open.batching;
    }
    if (frame.waiting == Waiting::kWriter && !(open.running.empty() && open.next == open.count))
      return false;
    return open.count == open.items.size() && counts_fit(open) && batching_fits(*map, open) &&
           results_fit(*map, open);
  }
  static bool batching_fits(const MapFields& map, const OpenChildren& open) {
    if (map.batcher.has_value() != open.batching.has_value()) return false;
    if (!open.batching) return open.next_child == open.next;
    return open.next_child <= open.next && open.batching->items_max > 0;
  }
  static bool results_fit(const MapFields& map, const OpenChildren& open) {
    const auto is_earlier = [&](const auto& child) { return child.first < open.next_child; };
    return (!map.writer || open.results.empty()) && open.results.size() <= open.succeeded &&
           std::ranges::all_of(open.results, is_earlier) &&
           std::ranges::all_of(open.running, is_earlier);
  }

  const Execution& execution_;
  const std::vector<Machine>& machines_;
  const std::set<FrameId> runnable_;
};

}  // namespace

bool fits(const Execution& execution, const Definition& definition) {
  return Check(execution, definition).is_good();
}

}  // namespace weft::workflow
