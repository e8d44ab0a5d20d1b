#include "base/pacemaker.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <pthread.h>

namespace weft {

struct Pacemaker::State {
  const std::chrono::microseconds interval;
  Beat beat;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  bool hurried = false;  // The next beat does not wait for its time.
  // Set by wake() and cleared before a beat that could say false, so that no wake is missed in
  // between.
  std::atomic<bool> wanted = false;
  // Whether a wake must be notified. The thread sets it before it looks at `wanted`, a waker reads
  // it after it has set `wanted`: one of the two sees the other.
  std::atomic<bool> asleep = false;
  std::jthread thread;

  State(std::chrono::microseconds period, Beat work) : interval(period), beat(std::move(work)) {}

  void serve() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      asleep = true;
      changed.wait(lock, [this] { return stopping || wanted; });
      asleep = false;
      bool busy = true;
      while (busy && !stopping) {
        changed.wait_for(lock, interval, [this] { return stopping || hurried; });
        hurried = false;
        wanted = false;
        lock.unlock();
        busy = beat();
        lock.lock();
      }
    }
  }
};

Pacemaker::Pacemaker(const char* name, std::chrono::microseconds interval, Beat beat)
    : state_(std::make_unique<State>(interval, std::move(beat))) {
  state_->thread = std::jthread([state = state_.get()] { state->serve(); });
  pthread_setname_np(state_->thread.native_handle(), name);
}

Pacemaker::~Pacemaker() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
}

void Pacemaker::wake() {
  if (state_->wanted.load()) return;
  state_->wanted = true;
  if (!state_->asleep) return;
  const std::scoped_lock lock(state_->mutex);
  state_->changed.notify_all();
}

void Pacemaker::wake_now() {
  const std::scoped_lock lock(state_->mutex);
  state_->wanted = true;
  state_->hurried = true;
  state_->changed.notify_all();
}

}  // namespace weft
