#include "engine/ticker.h"

namespace weft::engine {
namespace {

// How many beats without a guest pass before the thread sleeps: waking it costs a call more than a
// few beats do.
constexpr int kIdleBeatsMax = 20;

}  // namespace

Ticker::Ticker(const Engine& engine, std::chrono::microseconds interval)
    : engine_(engine), pacemaker_("weft-ticker", interval, [this] { return beat(); }) {}

// The count rises before wake() looks whether a beat is still to come, and a beat looks at the
// count after it has said that it came. Either wake() sees that, or the beat sees the guest, so the
// ticks do not end while one runs; that needs one order of all four (std::memory_order_seq_cst, the
// default). The rest may be late: a missed end costs some ticks more, a missed flag some beats
// less.
void Ticker::begin() {
  running_.fetch_add(1);
  if (!was_active_.load(std::memory_order_relaxed))
    was_active_.store(true, std::memory_order_relaxed);
  pacemaker_.wake();
}

void Ticker::end() {
  running_.fetch_sub(1, std::memory_order_relaxed);
}

bool Ticker::beat() {
  engine_.tick();
  const bool active = was_active_.exchange(false, std::memory_order_relaxed) || running_.load() > 0;
  idle_beats_ = active ? 0 : idle_beats_ + 1;
  return idle_beats_ < kIdleBeatsMax;
}

}  // namespace weft::engine
