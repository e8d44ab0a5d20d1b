// Results of applies that nobody waited for: kept in order, for whoever asks with a long poll.
// Private to function, but for the types.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"

namespace weft::function {

// Of one reactor; and in all, of all of them. Those that came first give way: in all, those of the
// reactor that keeps most.
inline constexpr std::size_t kResultsKeptMax = 1'000;
inline constexpr std::uint64_t kResultBytesKeptMax = 4ULL << 20U;
inline constexpr std::uint64_t kAllResultBytesKeptMax = 256ULL << 20U;
// Polls that wait, of one reactor.
inline constexpr std::size_t kPollsMax = 64;

// How an apply ended.
struct ReactorResult {
  std::uint64_t sequence = 0;
  std::string id;              // of the apply
  Result<std::string> answer;  // valid JSON: {"value":…,"tag":"ok"|"err"}
};

// What has come since.
struct ReactorResults {
  std::vector<ReactorResult> items;
  std::uint64_t next = 0;     // what to ask for next time
  std::uint64_t dropped = 0;  // how many had to give way before they were asked for
  // The server was started again since: what was not asked for before is lost, however much.
  bool is_restarted = false;
};

class ResultQueue;

// What all queues keep together. Thread-safe. Outlives its queues.
class ResultBudget {
 public:
  explicit ResultBudget(std::uint64_t bytes_max = kAllResultBytesKeptMax) : bytes_max_(bytes_max) {}
  ResultBudget(const ResultBudget&) = delete;
  ResultBudget& operator=(const ResultBudget&) = delete;
  ~ResultBudget() = default;

  std::uint64_t bytes() const { return bytes_.load(); }

 private:
  friend class ResultQueue;
  void join(ResultQueue* queue);
  void leave(ResultQueue* queue);
  // Drops the oldest of the queue that keeps most until all fit. Takes the locks of queues.
  void fit();

  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> bytes_ = 0;
  Guarded<std::vector<ResultQueue*>> queues_;
};

// Thread-safe.
class ResultQueue {
 public:
  using Done = std::move_only_function<void(Result<ReactorResults>)>;
  // Which poll waits.
  enum class Waiter : std::uint64_t {};

  // Sequence numbers go on from the time of its beginning in microseconds, so that they are larger
  // than those before a restart.
  ResultQueue(WallTime begun, std::shared_ptr<ResultBudget> budget);
  ResultQueue(const ResultQueue&) = delete;
  ResultQueue& operator=(const ResultQueue&) = delete;
  ~ResultQueue();

  // An answer that is no JSON is kept as kGuestError. Calls those that wait, on this thread.
  void add(std::string id, Result<std::string> answer);

  // What came behind `after`; 0: all that is there.
  ReactorResults behind(std::uint64_t after) const;
  // `done` is called once, when something came behind `after`, by `expire` or by `close`; perhaps
  // inside this call, and then nothing is returned. kResourceExhausted (polls), given to `done`.
  std::optional<Waiter> wait(std::uint64_t after, Done done);
  // The time of that poll is over: it gets nothing.
  void expire(Waiter waiter);
  // The reactor is gone: those that wait get kNotFound.
  void close();
  // Those that wait get nothing, now, and nobody waits any more.
  void release();

 private:
  friend class ResultBudget;
  struct Waiting {
    Waiter waiter;
    std::uint64_t after;
    Done done;
  };
  struct State {
    std::deque<ReactorResult> kept;
    std::uint64_t next = 0;  // sequence of the next one
    std::uint64_t next_waiter = 0;
    std::vector<Waiting> waiting;
    bool is_closed = false;
    bool is_released = false;
  };
  static ReactorResults behind(const State& state, std::uint64_t begun, std::uint64_t after);
  void drop_first(State& state);

  const std::uint64_t begun_;
  const std::shared_ptr<ResultBudget> budget_;
  std::atomic<std::uint64_t> bytes_ = 0;  // of what is kept; changes under the lock
  Guarded<State> state_;
};

}  // namespace weft::function
