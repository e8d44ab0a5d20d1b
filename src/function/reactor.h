// One reactor: what is asked of it waits in order, and is done one after the other in its instance,
// which is made when it is needed and made again after it failed. Private to function.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "abi/reactor/dialogue.h"
#include "base/fair_pool.h"
#include "base/guarded.h"
#include "base/log.h"
#include "function/cancellation.h"
#include "function/live_places.h"
#include "function/reactor_results.h"
#include "function/reactor_settings.h"
#include "function/reactor_vm.h"
#include "store/reactors.h"

namespace weft::function {

// What a reactor is asked to do.
struct ReactorJob {
  enum class What : std::uint8_t { kApply, kAdd, kRemove };
  // What it gives: the guest's answer to an apply; whether what was registered is new.
  struct Outcome {
    std::string answer;
    bool is_new = false;
  };
  using Done = std::move_only_function<void(Result<Outcome>)>;

  What what = What::kApply;
  abi::reactor::Kind kind = abi::reactor::Kind::kLambda;
  std::string name;
  std::string text = {};  // the arguments, or the code
  Done done;
  std::shared_ptr<Cancellation> cancellation = nullptr;
  // What it takes while it waits: given back at its end.
  std::shared_ptr<void> charge = nullptr;
};

// What reactors use of the world; all of it outlives them.
struct ReactorContext {
  ReactorVm::World vm;  // its log is replaced by the reactor's own
  const Log& log;
  store::Reactors& records;
  FairPool& pool;
  store::RegistrationLimits registrations;
  // Held while records of registrations change, so that a reactor that was deleted gets none.
  std::mutex& changing;
  // The guest. Blocks, and compiles it the first time.
  std::function<Result<std::shared_ptr<const engine::Program>>()> guest;
  std::function<Result<std::vector<abi::command::GivenDirectory>>(const ReactorSettings&)>
      directories;
  // Among those that have an instance.
  std::shared_ptr<LivePlaces> places;
  // Waits for one, at most until then (kResourceExhausted, live_reactors). Not under any lock.
  std::function<LivePlaces::Waiter(MonotonicTime until, LivePlaces::Got got)> wait_for_place;
  // A reactor is at rest: it may give way to one that waits. Not under any lock.
  std::function<void()> rested;
  // Calls back, on a thread that must not block, when one of them is there.
  std::function<Result<>(const std::vector<system::Wait>&, std::move_only_function<void()>)> park;
};

// Thread-safe.
class Reactor : public std::enable_shared_from_this<Reactor> {
 public:
  Reactor(std::string name, ReactorSettings settings, const ReactorContext& context,
          std::shared_ptr<ResultQueue> results);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor() = default;

  // Its `done` is called once, on a thread of the pool; destroyed uncalled when the pool ends, and
  // when this fails: kResourceExhausted (in_flight), kNotFound once it is closed.
  Result<> submit(ReactorJob job);
  // For what begins afterwards.
  void change(ReactorSettings settings);
  // All that waits ends with kNotFound, and what runs after its slice.
  void close();
  // Gives its instance back, when it has one that nobody has used since `time`.
  bool give_up(MonotonicTime time);

  struct State {
    bool is_live = false;
    bool is_idle = false;  // It is live, and give_up() would find nobody at work.
    std::uint64_t memory_bytes = 0;
    std::uint64_t in_flight = 0;
    MonotonicTime last_used = {};
  };
  State state() const;
  // Why Python refused that registration when the instance was made; nothing when it did not.
  std::optional<std::string> problem_of(std::string_view kind, std::string_view name) const;
  ReactorLog& log() { return log_; }
  ResultQueue& results() { return *results_; }

 private:
  enum class Phase : std::uint8_t { kStarting, kRebuilding, kWorking };
  // Behind the lock; what is below belongs to whoever runs.
  struct Shared {
    std::deque<ReactorJob> jobs;
    std::optional<ReactorSettings> change;  // to come into force
    std::uint32_t in_flight_max = 0;
    bool is_running = false;  // Somebody has the instance.
    bool is_at_work = false;  // with a job that left `jobs`
    bool is_closed = false;
    State state = {};
    std::optional<LivePlaces::Waiter> waiter;  // the last one that it was
    std::map<std::pair<std::string, std::string>, std::string, std::less<>> problems;
  };

  void go_on();
  bool run_slice();
  Result<> park(const std::vector<system::Wait>& waits);
  bool take_job();
  std::optional<Result<ReactorJob::Outcome>> begin_job();
  bool wake();
  void find_place();
  Result<> make_vm();
  void lose_vm();
  bool step_done();
  void add_next();
  void begin_work();
  bool finish_work(abi::reactor::Answer answer);
  Result<bool> store_code();
  Result<> remove_code();
  std::optional<Error> reason_to_stop() const;
  Error with_step(Error error) const;
  bool stop(Error error);
  bool end_job(Result<ReactorJob::Outcome> outcome);

  const std::string name_;
  const ReactorContext& context_;
  const std::shared_ptr<FairPool::Share> share_ = FairPool::make_share();
  const std::shared_ptr<ResultQueue> results_;
  ReactorLog log_;
  Guarded<Shared> shared_;

  // Of whoever runs.
  ReactorSettings settings_;
  std::unique_ptr<ReactorVm> vm_;
  std::optional<LivePlaces::Place> place_;  // of the instance
  std::optional<Error> no_place_;           // why it waits for none any more
  std::unique_ptr<ReactorJob> job_;         // null: it looks for one
  Phase phase_ = Phase::kStarting;
  MonotonicTime deadline_;          // of what the guest does now
  MonotonicTime rebuild_deadline_;  // of all that comes before the job
  std::uint64_t deadline_ms_ = 0;   // how long that is
  std::deque<store::RegistrationRecord> to_add_;
  // What Python refused may have needed something that came behind it.
  std::deque<std::pair<store::RegistrationRecord, std::string>> refused_;
  bool has_progress_ = false;
};

}  // namespace weft::function
