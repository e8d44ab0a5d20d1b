#include "workflow/simulation.h"

#include <algorithm>
#include <utility>

namespace weft::workflow {
namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

}  // namespace

void Simulation::post(decltype(Event::what) what, std::int64_t after_millis) {
  agenda_.emplace(std::pair(millis_ + std::max<std::int64_t>(after_millis, 0), posted_++),
                  std::move(what));
}

void Simulation::run(Begin begin) {
  post(std::move(begin));
  while (!agenda_.empty() && execution_.status == Status::kRunning && events_ < limits_.events) {
    if (goes_on && !goes_on()) return;
    auto next = agenda_.extract(agenda_.begin());
    millis_ = next.key().first;
    const Event event{.millis = millis_, .seed = seed_++, .what = std::move(next.mapped())};
    if (before_event) before_event(definition_, execution_, event);
    StepResult result = step(definition_, execution_, event, limits_.step, tested);
    events_ += std::max<std::uint64_t>(result.history.size(), 1);
    std::ranges::move(result.history, std::back_inserter(history_));
    for (const Effect& effect : result.effects)
      carry_out(effect);
  }
}

void Simulation::carry_out(const Effect& effect) {
  std::visit(
      Overloaded{
          [this](const StartTask& start) { services_.start(*this, start); },
          [this](const StartTimer& timer) {
            post(TimerFired{.timer = timer.timer}, timer.due_millis - millis_);
          },
          [this](const ReadItems& request) {
            post(ItemsRead{.map_run = request.map_run, .items = services_.read(request)});
          },
          [this](const WriteResults& request) {
            post(ResultsWritten{.map_run = request.map_run, .result = services_.write(request)});
          },
          [this](const StartChild& start) { run_child(start); },
          [this](const Continue&) { post(GoOn{}); },
          // What comes too late changes nothing.
          [](const CancelTask&) {},
          [](const CancelTimer&) {},
          [](const CancelChild&) {},
      },
      effect);
}

// Recurses as deep as machines are inside each other.
void Simulation::run_child(const StartChild& start) {
  SimulationLimits limits = limits_;
  limits.events -= std::min(limits.events, events_);
  Simulation child(definition_, services_, millis_, seed_, limits);
  child.before_event = before_event;
  child.goes_on = goes_on;
  child.run(start.begin);
  seed_ = child.seed_;
  events_ += child.events_;
  services_.child_ended(start, child);
  const Execution& ended = child.execution();
  if (ended.status == Status::kRunning) return;
  Outcome<json::Value> output = ended.output.value_or(Payload()).value();
  if (ended.failure) {
    output = ends_with(ended.failure->error.value_or(""), ended.failure->cause.value_or(""));
  }
  post(ChildEnded{.map_run = start.map_run, .index = start.index, .output = std::move(output)},
       child.millis() - millis_);
}

}  // namespace weft::workflow
