#include "base/thread_group.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include <pthread.h>

#include "base/assert.h"

namespace weft {

struct ThreadGroup::State {
  struct Member {
    bool is_done = false;
    std::jthread thread;
  };

  State(const char* tool_name, std::size_t limit) : name(tool_name), threads_max(limit) {}

  const char* const name;
  const std::size_t threads_max;
  mutable std::mutex mutex;
  mutable std::condition_variable ended;
  std::list<Member> members;
  std::size_t running = 0;

  void run(Work work, Member& member) {
    work();
    work = nullptr;  // What the work owned is freed before anybody learns of its end.
    const std::scoped_lock lock(mutex);
    member.is_done = true;
    --running;
    ended.notify_all();
  }

  // Joining takes no longer than a thread that has nothing left to do takes to end.
  void drop_ended() {
    members.remove_if([](const Member& member) { return member.is_done; });
  }
};

ThreadGroup::ThreadGroup(const char* name, std::size_t threads_max)
    : state_(std::make_unique<State>(name, threads_max)) {
  WEFT_ASSERT(threads_max >= 1);
}

ThreadGroup::~ThreadGroup() {
  std::unique_lock lock(state_->mutex);
  state_->ended.wait(lock, [this] { return state_->running == 0; });
  state_->drop_ended();
}

Result<> ThreadGroup::start(Work work) {
  const std::scoped_lock lock(state_->mutex);
  state_->drop_ended();
  if (state_->running >= state_->threads_max) {
    return fail(Error(ErrorCode::kResourceExhausted, "too many threads run")
                    .with_limit("threads", state_->threads_max));
  }
  State::Member& member = state_->members.emplace_back();
  try {
    member.thread = std::jthread([state = state_.get(), work = std::move(work), &member]() mutable {
      state->run(std::move(work), member);
    });
  } catch (const std::system_error& error) {
    state_->members.pop_back();
    return fail(ErrorCode::kResourceExhausted,
                std::string("the system has no thread left: ") + error.what());
  }
  ++state_->running;
  pthread_setname_np(member.thread.native_handle(), state_->name);
  return {};
}

std::size_t ThreadGroup::running() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->running;
}

bool ThreadGroup::wait_for_running(std::size_t count, std::chrono::microseconds patience) const {
  std::unique_lock lock(state_->mutex);
  return state_->ended.wait_for(lock, patience, [&] { return state_->running <= count; });
}

}  // namespace weft
