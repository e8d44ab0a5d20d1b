#include "engine/ticker.h"

namespace weft::engine {
namespace {

// How many beats without a guest pass before the thread sleeps: waking it costs a call more than a
// few beats do.
constexpr int kIdleBeatsMax = 20;

}  // namespace

Ticker::Ticker(const Engine& engine, std::chrono::microseconds interval)
    : engine_(engine), pacemaker_("weft-ticker", interval, [this] { return beat(); }) {}

void Ticker::begin() {
  running_.fetch_add(1, std::memory_order_relaxed);
  if (!was_active_.load(std::memory_order_relaxed))
    was_active_.store(true, std::memory_order_relaxed);
  pacemaker_.wake();
}

bool Ticker::beat() {
  engine_.tick();
  const bool active = was_active_.exchange(false, std::memory_order_relaxed) ||
                      running_.load(std::memory_order_relaxed) > 0;
  idle_beats_ = active ? 0 : idle_beats_ + 1;
  return idle_beats_ < kIdleBeatsMax;
}

}  // namespace weft::engine
