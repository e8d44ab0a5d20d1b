#include "base/fair_pool.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include <pthread.h>
#include <sys/resource.h>

#include "base/assert.h"
#include "base/clock.h"

namespace weft {

namespace {

// By time used, then by when they came there: equals have turns.
using Place = std::pair<std::chrono::nanoseconds, std::uint64_t>;

}  // namespace

// Guarded by the pool's mutex.
class FairPool::Share {
 public:
  std::chrono::nanoseconds used{0};  // CPU time; raised to that of the others when it joins them
  std::deque<Work> waiting;
  std::optional<Place> place;  // in `ready`; present while work waits
};

struct FairPool::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<Place, std::shared_ptr<Share>> ready;
  std::uint64_t last_place = 0;
  std::chrono::nanoseconds served{0};  // what the share that was served last had used
  bool stopping = false;
  std::vector<std::jthread> threads;

  void add(std::shared_ptr<Share> share, Work work) {
    share->waiting.push_back(std::move(work));
    if (share->place) return;
    share->used = std::max(share->used, served);
    put(std::move(share));
  }

  void put(std::shared_ptr<Share> share) {
    const Place place{share->used, ++last_place};
    share->place = place;
    ready.emplace(place, std::move(share));
  }

  std::pair<std::shared_ptr<Share>, Work> take() {
    std::shared_ptr<Share> share = std::move(ready.extract(ready.begin()).mapped());
    share->place.reset();
    served = std::max(served, share->used);
    Work work = std::move(share->waiting.front());
    share->waiting.pop_front();
    // Another thread may run the share's next piece meanwhile.
    if (!share->waiting.empty()) put(share);
    return {std::move(share), std::move(work)};
  }

  void charge(const std::shared_ptr<Share>& share, std::chrono::nanoseconds time) {
    share->used += time;
    if (const auto place = share->place) {
      ready.erase(*place);
      put(share);
    }
  }

  void serve(int niceness) {
    setpriority(PRIO_PROCESS, 0, niceness);  // Linux: of this thread alone.
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return stopping || !ready.empty(); });
      if (stopping) return;
      auto [share, work] = take();
      lock.unlock();
      const auto before = thread_cpu_time();
      const bool has_more = work();
      if (!has_more) work = nullptr;  // What it owned is freed outside the lock, at its cost.
      const auto time = thread_cpu_time() - before;
      lock.lock();
      charge(share, time);
      if (has_more) add(std::move(share), std::move(work));
    }
  }
};

FairPool::FairPool(const char* name, std::size_t threads, int niceness)
    : state_(std::make_unique<State>()) {
  WEFT_ASSERT(threads >= 1 && niceness >= 0 && niceness <= 19);
  for (std::size_t i = 0; i < threads; ++i) {
    auto& thread =
        state_->threads.emplace_back([state = state_.get(), niceness] { state->serve(niceness); });
    pthread_setname_np(thread.native_handle(), name);
  }
}

FairPool::~FairPool() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_all();
  state_->threads.clear();  // Joins.
  for (const auto& [place, share] : state_->ready)
    std::exchange(share->waiting, {}).clear();
}

std::shared_ptr<FairPool::Share> FairPool::make_share() {
  return std::make_shared<Share>();
}

void FairPool::run(std::shared_ptr<Share> share, Work work) {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->add(std::move(share), std::move(work));
  }
  state_->changed.notify_one();
}

}  // namespace weft
