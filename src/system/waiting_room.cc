#include "system/waiting_room.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <utility>

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "base/assert.h"
#include "base/thread_group.h"
#include "base/unique_fd.h"
#include "system/wait.h"

namespace weft::system {
namespace {

// What epoll says of the room's own descriptors; guests have numbers from 1 on.
constexpr std::uint64_t kTimer = 0;

constexpr std::size_t kEventsAtOnce = 64;
constexpr std::size_t kStackBytes = 256UZ * 1024;

// How often a guest looks that waits for what cannot be watched.
constexpr std::chrono::milliseconds kLookAgain{10};

}  // namespace

struct WaitingRoom::State {
  struct Guest {
    Work over;
    std::vector<int> watched;
    std::optional<MonotonicTime> until;
  };

  explicit State(const Clock& room_clock) : clock(room_clock) {}

  const Clock& clock;
  UniqueFd epoll;  // Absent before the first guest.
  UniqueFd timer;
  std::mutex mutex;
  std::uint64_t last_number = kTimer;
  std::map<std::uint64_t, Guest> guests;
  std::set<std::pair<MonotonicTime, std::uint64_t>> times;
  std::optional<MonotonicTime> next;  // when the timer comes
  bool stopping = false;
  std::unique_ptr<ThreadGroup> thread;

  Result<> open() {
    if (epoll) return {};
    UniqueFd new_epoll(::epoll_create1(EPOLL_CLOEXEC));
    UniqueFd new_timer(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kTimer}};
    if (!new_epoll || !new_timer ||
        ::epoll_ctl(new_epoll.get(), EPOLL_CTL_ADD, new_timer.get(), &event) != 0) {
      return fail(ErrorCode::kResourceExhausted,
                  "the process has no descriptor left: " + std::system_category().message(errno));
    }
    auto new_thread = std::make_unique<ThreadGroup>("weft-waiting", 1, kStackBytes);
    epoll = std::move(new_epoll);
    timer = std::move(new_timer);
    if (auto started = new_thread->start([this] { watch(); }); !started) {
      epoll = UniqueFd();
      timer = UniqueFd();
      return started;
    }
    thread = std::move(new_thread);
    return {};
  }

  // Whether all of it is watched.
  bool watch_for(std::uint64_t number, Guest& guest, const std::vector<Wait>& waits) {
    bool is_complete = true;
    for (const Watched& each : watched_by(waits)) {
      const std::uint32_t events =
          (each.reading ? EPOLLIN | EPOLLRDHUP : 0U) | (each.writing ? EPOLLOUT : 0U);
      epoll_event event{.events = events | EPOLLONESHOT, .data = {.u64 = number}};
      if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, each.descriptor, &event) == 0) {
        guest.watched.push_back(each.descriptor);
      } else {
        is_complete = false;
      }
    }
    return is_complete;
  }

  void set_timer() {
    if (times.empty() || times.begin()->first == next) return;
    const MonotonicTime first = times.begin()->first;
    next.emplace(first);
    // Zero would stop the timer.
    const auto left =
        std::max<std::chrono::nanoseconds>(first - clock.monotonic(), std::chrono::nanoseconds(1));
    const itimerspec setting{.it_interval = {}, .it_value = timespec_of(left)};
    WEFT_ASSERT(::timerfd_settime(timer.get(), 0, &setting, nullptr) == 0);
  }

  // The guest is not here any more: its work. Nothing when it has gone before.
  std::optional<Work> take(std::uint64_t number) {
    const auto found = guests.find(number);
    if (found == guests.end()) return std::nullopt;
    for (const int descriptor : found->second.watched)
      ::epoll_ctl(epoll.get(), EPOLL_CTL_DEL, descriptor, nullptr);
    if (const auto until = found->second.until) times.erase({*until, number});
    Work over = std::move(found->second.over);
    guests.erase(found);
    return over;
  }

  void take_late_ones(std::vector<Work>& over) {
    std::uint64_t ticks = 0;
    static_cast<void>(::read(timer.get(), &ticks, sizeof(ticks)));
    next.reset();
    const MonotonicTime now = clock.monotonic();
    while (!times.empty() && times.begin()->first <= now) {
      if (auto work = take(times.begin()->second)) over.push_back(*std::move(work));
    }
    set_timer();
  }

  // The work of those for whom one of the events is. Nothing when the room ends.
  std::optional<std::vector<Work>> over_by(std::span<const epoll_event> events) {
    std::vector<Work> over;
    const std::scoped_lock lock(mutex);
    if (stopping) return std::nullopt;
    for (const epoll_event& event : events) {
      if (event.data.u64 == kTimer) {
        take_late_ones(over);
      } else if (auto work = take(event.data.u64)) {
        over.push_back(*std::move(work));
      }
    }
    return over;
  }

  void watch() {
    std::array<epoll_event, kEventsAtOnce> events{};
    for (;;) {
      const int count =
          ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), -1);
      auto over = over_by(std::span(events).first(static_cast<std::size_t>(std::max(count, 0))));
      if (!over) return;
      for (Work& work : *over)
        work();
    }
  }
};

WaitingRoom::WaitingRoom(const Clock& clock) : state_(std::make_unique<State>(clock)) {}

WaitingRoom::~WaitingRoom() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->stopping = true;
    if (state_->timer) {
      const itimerspec now{.it_interval = {}, .it_value = {.tv_sec = 0, .tv_nsec = 1}};
      WEFT_ASSERT(::timerfd_settime(state_->timer.get(), 0, &now, nullptr) == 0);
    }
  }
  state_->thread.reset();  // Waits for it.
}

Result<WaitingRoom::Place> WaitingRoom::park(const std::vector<Wait>& waits, Work over) {
  State& state = *state_;
  const std::scoped_lock lock(state.mutex);
  TRY(state.open());
  const std::uint64_t number = ++state.last_number;
  State::Guest& guest = state.guests[number];
  guest.over = std::move(over);
  guest.until = earliest_of(waits);
  if (!state.watch_for(number, guest, waits)) {
    const MonotonicTime soon = state.clock.monotonic() + kLookAgain;
    guest.until = guest.until ? std::min(*guest.until, soon) : soon;
  }
  if (guest.until) state.times.emplace(*guest.until, number);
  state.set_timer();
  return Place{number};
}

bool WaitingRoom::leave(Place place) {
  std::optional<Work> over;  // Destroyed outside the lock.
  const std::scoped_lock lock(state_->mutex);
  over = state_->take(static_cast<std::uint64_t>(place));
  return over.has_value();
}

}  // namespace weft::system
