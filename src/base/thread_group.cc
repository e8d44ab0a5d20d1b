#include "base/thread_group.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <utility>

#include <pthread.h>

#include "base/assert.h"

namespace weft {

namespace {

constexpr std::size_t kStackBytesMin = 64ULL * 1024;

// What pthread_create is told of a thread.
class Attributes {
 public:
  explicit Attributes(std::size_t stack_bytes) {
    WEFT_ASSERT(::pthread_attr_init(&attributes_) == 0);
    WEFT_ASSERT(::pthread_attr_setstacksize(&attributes_, stack_bytes) == 0);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::pthread_attr_destroy(&attributes_); }

  const pthread_attr_t& get() const { return attributes_; }

 private:
  pthread_attr_t attributes_{};
};

}  // namespace

struct ThreadGroup::State {
  struct Member {
    State& state;  // Outlives this object.
    Work work;
    pthread_t thread{};
    bool is_done = false;

    void run() {
      work();
      work = nullptr;  // What the work owned is freed before anybody learns of its end.
      const std::scoped_lock lock(state.mutex);
      is_done = true;
      --state.running;
      state.ended.notify_all();
    }
  };

  State(const char* tool_name, std::size_t limit, std::size_t stack_size)
      : name(tool_name), threads_max(limit), stack_bytes(stack_size) {}

  const char* const name;  // Outlives this object.
  const std::size_t threads_max;
  const std::size_t stack_bytes;
  mutable std::mutex mutex;
  mutable std::condition_variable ended;
  std::list<Member> members;
  std::size_t running = 0;

  static void* enter(void* member) {
    static_cast<Member*>(member)->run();
    return nullptr;
  }

  // Joining takes no longer than a thread that has nothing left to do takes to end.
  void drop_ended() {
    members.remove_if([](const Member& member) {
      if (member.is_done) ::pthread_join(member.thread, nullptr);
      return member.is_done;
    });
  }
};

ThreadGroup::ThreadGroup(const char* name, std::size_t threads_max, std::size_t stack_bytes)
    : state_(std::make_unique<State>(name, threads_max, stack_bytes)) {
  WEFT_ASSERT(threads_max >= 1);
  WEFT_ASSERT(stack_bytes >= kStackBytesMin);
}

ThreadGroup::~ThreadGroup() {
  std::unique_lock lock(state_->mutex);
  state_->ended.wait(lock, [this] { return state_->running == 0; });
  state_->drop_ended();
}

Result<> ThreadGroup::start(Work work) {
  const Attributes attributes(state_->stack_bytes);
  const std::scoped_lock lock(state_->mutex);
  state_->drop_ended();
  if (state_->running >= state_->threads_max) {
    return fail(Error(ErrorCode::kResourceExhausted, "too many threads run")
                    .with_limit("threads", state_->threads_max));
  }
  State::Member& member = state_->members.emplace_back(*state_, std::move(work));
  if (const int error =
          ::pthread_create(&member.thread, &attributes.get(), State::enter, &member)) {
    state_->members.pop_back();
    return fail(ErrorCode::kResourceExhausted,
                "the system has no thread left: " + std::system_category().message(error));
  }
  ++state_->running;
  ::pthread_setname_np(member.thread, state_->name);
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
