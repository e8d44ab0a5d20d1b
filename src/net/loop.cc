#include "net/loop.h"

#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include "base/assert.h"
#include "net/response_writer.h"

namespace weft::net {
namespace {

// How long posted work may go on before the sockets have their turn, and how many pieces at the
// most.
constexpr std::chrono::microseconds kPostedTurn{500};
constexpr int kPostedPiecesMax = 64;

}  // namespace

// Only the loop's thread starts operations on the loop's sockets, so Asio need not lock them.
Loop::Loop(const Clock& clock, std::chrono::milliseconds tick)
    : clock_(clock),
      tick_length_(tick),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO),
      keep_running_(context_.get_executor()),
      sweep_timer_(context_) {}

Loop::~Loop() {
  WEFT_ASSERT(!thread_.joinable());
}

void Loop::start(unsigned number, std::optional<unsigned> processor) {
  thread_ = std::thread([this] {
    thread_id_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    context_.run();
  });
  pthread_setname_np(thread_.native_handle(), fmt::format("net-{}", number).c_str());
  if (!processor) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(*processor, &set);
  // A thread that cannot be pinned works all the same.
  pthread_setaffinity_np(thread_.native_handle(), sizeof(set), &set);
}

void Loop::end() {
  WEFT_ASSERT(!is_current());
  context_.stop();
  if (thread_.joinable()) thread_.join();
  // A later thread may get the same id.
  thread_id_.store(std::thread::id(), std::memory_order_relaxed);
  const auto dropped = queue_.with([](Queue& queue) {
    queue.closed = true;
    return std::exchange(queue.work, {});
  });
}

void Loop::post(Work work) {
  const bool wake = queue_.with([&](Queue& queue) {
    if (queue.closed) return false;
    queue.work.push_back(std::move(work));
    return !std::exchange(queue.scheduled, true);
  });
  if (wake) asio::post(context_, [this] { run_posted(); });
}

// Runs what was posted for a moment, then lets the sockets have their turn: each piece may be a
// guest's slice, and many guests must not make a request wait for all of them.
void Loop::run_posted() {
  const MonotonicTime end = clock_.monotonic() + kPostedTurn;
  for (int pieces = 0; pieces < kPostedPiecesMax; ++pieces) {
    auto piece = queue_.with([](Queue& queue) -> std::optional<Work> {
      if (queue.work.empty()) {
        queue.scheduled = false;
        return std::nullopt;
      }
      auto front = std::move(queue.work.front());
      queue.work.pop_front();
      return front;
    });
    if (!piece) return;
    (*piece)();
    piece.reset();
    if (clock_.monotonic() >= end) break;
  }
  asio::post(context_, [this] { run_posted(); });
}

void Loop::add(Swept& swept) {
  swept_.push_back(swept);
  if (!sweeping_) {
    sweeping_ = true;
    schedule_sweep();
  }
}

void Loop::remove(Swept& swept) {
  swept_.erase(swept_.iterator_to(swept));
}

void Loop::drain_all() {
  draining_ = true;
  for (Swept& swept : swept_) {
    swept.drain();
  }
}

void Loop::give_up_all() {
  giving_up_ = true;
  for (Swept& swept : swept_) {
    swept.give_up();
  }
}

void Loop::abort_all() {
  for (Swept& swept : swept_) {
    swept.abort();
  }
}

std::uint32_t Loop::ticks(std::chrono::milliseconds time) const {
  // The first tick may come at once.
  return static_cast<std::uint32_t>(time / tick_length_) + 2;
}

void Loop::schedule_sweep() {
  const auto wall = clock_.wall().time_since_epoch();
  date_ = http_date(std::chrono::floor<std::chrono::seconds>(wall).count());
  sweep_timer_.expires_after(tick_length_);
  sweep_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) sweep();
  });
}

void Loop::sweep() {
  ++tick_;
  for (Swept& swept : swept_) {
    swept.sweep(tick_);
  }
  sweeping_ = !swept_.empty();
  if (sweeping_) schedule_sweep();
}

}  // namespace weft::net
