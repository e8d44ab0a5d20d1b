#include "base/work_pool.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/resource.h>

#include "base/assert.h"

namespace weft {

struct WorkPool::State {
  State(const char* pool, std::size_t most, std::size_t queue_limit, int nice)
      : name(pool), threads_max(most), queue_max(queue_limit), niceness(nice) {}

  const char* const name;
  const std::size_t threads_max;
  const std::size_t queue_max;
  const int niceness;
  std::mutex mutex;
  std::condition_variable changed;
  std::condition_variable idle;
  std::deque<Work> queue;
  std::size_t running = 0;
  std::size_t idle_threads = 0;
  bool stopping = false;
  std::vector<std::jthread> threads;

  // Under the mutex: another thread, where more work waits than threads are free for. Whether
  // there is any.
  bool begin_thread() {
    if (queue.size() <= idle_threads || threads.size() >= threads_max) return true;
    try {
      auto& thread = threads.emplace_back([this] { serve(); });
      pthread_setname_np(thread.native_handle(), name);
      return true;
    } catch (const std::system_error&) {  // The system has no room: those that exist go on.
      return !threads.empty();
    }
  }

  void serve() {
    if (niceness > 0) setpriority(PRIO_PROCESS, 0, niceness);  // Linux: of this thread alone.
    std::unique_lock lock(mutex);
    for (;;) {
      ++idle_threads;
      changed.wait(lock, [this] { return stopping || !queue.empty(); });
      --idle_threads;
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

WorkPool::WorkPool(const char* name, std::size_t threads, std::size_t queue_max, int niceness)
    : state_(std::make_unique<State>(name, threads, queue_max, niceness)) {
  WEFT_ASSERT(threads >= 1 && queue_max >= 1 && niceness >= 0 && niceness <= 19);
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
  Work refused;  // Ends outside the lock.
  {
    const std::scoped_lock lock(state_->mutex);
    if (state_->stopping) return fail(ErrorCode::kUnavailable, "the process is ending");
    if (state_->queue.size() >= state_->queue_max) {
      return fail(
          Error(ErrorCode::kResourceExhausted, "too much blocking work is waiting; try again")
              .with_limit("work_waiting", state_->queue_max));
    }
    state_->queue.push_back(std::move(work));
    if (!state_->begin_thread()) {
      refused = std::move(state_->queue.back());
      state_->queue.pop_back();
      return fail(ErrorCode::kResourceExhausted, "the system has no room for a thread; try again");
    }
  }
  state_->changed.notify_one();
  return {};
}

void WorkPool::finish() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [this] { return state_->running == 0 && state_->queue.empty(); });
}

}  // namespace weft
