#include "base/work_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>

#include "base/assert.h"

namespace weft {

struct WorkPool::State {
  explicit State(std::size_t queue_limit) : queue_max(queue_limit) {}

  const std::size_t queue_max;
  std::mutex mutex;
  std::condition_variable changed;
  std::condition_variable idle;
  std::deque<Work> queue;
  std::size_t running = 0;
  bool stopping = false;
  std::vector<std::jthread> threads;

  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      if (stopping) return;
      Work work = std::move(queue.front());
      queue.pop_front();
      ++running;
      lock.unlock();
      work();
      work = nullptr;  // What the work owned is freed outside the lock.
      lock.lock();
      if (--running == 0 && queue.empty()) idle.notify_all();
    }
  }
};

WorkPool::WorkPool(const char* name, std::size_t threads, std::size_t queue_max)
    : state_(std::make_unique<State>(queue_max)) {
  WEFT_ASSERT(threads >= 1 && queue_max >= 1);
  for (std::size_t i = 0; i < threads; ++i) {
    auto& thread = state_->threads.emplace_back([state = state_.get()] { state->serve(); });
    pthread_setname_np(thread.native_handle(), name);
  }
}

WorkPool::~WorkPool() {
  std::deque<Work> dropped;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
    dropped.swap(state_->queue);
  }
  state_->changed.notify_all();
  dropped.clear();          // Whoever waits for it need not wait for what still runs.
  state_->threads.clear();  // Joins.
}

Result<> WorkPool::run(Work work) {
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopping) return fail(ErrorCode::kUnavailable, "the process is ending");
    if (state_->queue.size() >= state_->queue_max) {
      return fail(
          Error(ErrorCode::kResourceExhausted, "too much blocking work is waiting; try again")
              .with_limit("work_waiting", state_->queue_max));
    }
    state_->queue.push_back(std::move(work));
  }
  state_->changed.notify_one();
  return {};
}

void WorkPool::finish() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [this] { return state_->running == 0 && state_->queue.empty(); });
}

}  // namespace weft
