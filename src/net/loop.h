// One event loop on a thread of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <boost/intrusive/list.hpp>

#include "base/clock.h"
#include "base/executor.h"
#include "base/guarded.h"
#include "net/asio.h"

namespace weft::net {

// What a loop watches over: connections. Called on the loop's thread.
class Swept : public boost::intrusive::list_base_hook<> {
 public:
  virtual ~Swept() = default;
  // Once per tick.
  virtual void sweep(std::uint32_t tick) = 0;
  // The server is stopping: close when idle.
  virtual void drain() = 0;
  // The time to drain is over: end what is under way, and answer it.
  virtual void give_up() = 0;
  // Close now.
  virtual void abort() = 0;
};

// post() is thread-safe; the rest is confined to the loop's thread except where it says otherwise.
class Loop final : public Executor {
 public:
  // `tick` is the time between two sweeps.
  Loop(const Clock& clock, std::chrono::milliseconds tick);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  // After `end`, or without `start`.
  ~Loop() override;

  // By the owner. `processor`: the one that the thread stays on.
  void start(unsigned number, std::optional<unsigned> processor);
  // By the owner, once every connection is gone: ends the thread. What is posted from now on is
  // dropped.
  void end();

  void post(Work work) override;

  // Thread-safe.
  bool is_current() const {
    return thread_id_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  asio::io_context& context() { return context_; }

  void add(Swept& swept);
  void remove(Swept& swept);
  void drain_all();
  void give_up_all();
  void abort_all();
  bool draining() const { return draining_; }
  // The time to drain is over.
  bool giving_up() const { return giving_up_; }

  std::uint32_t tick() const { return tick_; }
  // How many ticks from now `time` has surely passed.
  std::uint32_t ticks(std::chrono::milliseconds time) const;
  // For the Date header; at most one tick old while there are connections.
  std::string_view date() const { return date_; }

 private:
  struct Queue {
    std::deque<Work> work;
    bool scheduled = false;  // run_posted() will come.
    bool closed = false;
  };

  void run_posted();
  void schedule_sweep();
  void sweep();

  const Clock& clock_;  // Outlives this object.
  const std::chrono::milliseconds tick_length_;
  asio::io_context context_;
  asio::executor_work_guard<LoopExecutor> keep_running_;
  Timer sweep_timer_;
  Guarded<Queue> queue_;
  boost::intrusive::list<Swept, boost::intrusive::constant_time_size<false>> swept_;
  bool sweeping_ = false;  // The timer is set. It is not while there are no connections.
  bool draining_ = false;
  bool giving_up_ = false;
  std::uint32_t tick_ = 1;
  std::string date_;
  std::atomic<std::thread::id> thread_id_;
  std::thread thread_;
};

}  // namespace weft::net
