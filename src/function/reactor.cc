#include "function/reactor.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/log.h"
#include "function/initializer.h"
#include "json/parse.h"

namespace weft::function {
namespace {

using abi::reactor::Kind;

constexpr std::size_t kMessageShownMax = 2'000;

Error deleted() {
  return {ErrorCode::kNotFound, "the reactor was deleted"};
}

Error cancelled() {
  return {ErrorCode::kCancelled, "the apply was cancelled before it began: its client went away"};
}

// What a guest says that could not do it, in words; nothing when it could.
std::optional<std::string> refusal_of(const abi::reactor::Answer& answer) {
  if (answer.is_error) return shown(answer.text, kMessageShownMax);
  const auto told = json::parse(answer.text);
  const json::Value* const tag = told ? told->find("tag") : nullptr;
  if (tag != nullptr && tag->is_string() && tag->as_string() == "ok") return std::nullopt;
  const json::Value* const value = told ? told->find("value") : nullptr;
  if (value == nullptr || !value->is_string()) return "its answer is no answer";
  return shown(value->as_string(), kMessageShownMax);
}

std::string text_of(Kind kind, std::string_view name) {
  return fmt::format("{} {}", name_of(kind), name);
}

}  // namespace

Reactor::Reactor(std::string name, ReactorSettings settings, const ReactorContext& context,
                 std::shared_ptr<ResultQueue> results)
    : name_(std::move(name)),
      context_(context),
      results_(std::move(results)),
      settings_(std::move(settings)) {
  shared_.with([this](Shared& shared) { shared.in_flight_max = settings_.limits.in_flight; });
}

Result<> Reactor::submit(ReactorJob job) {
  std::optional<Error> refused;
  const bool begins = shared_.with([&](Shared& shared) {
    if (shared.is_closed) {
      refused = deleted();
    } else if (shared.jobs.size() + (shared.is_at_work ? 1 : 0) >= shared.in_flight_max) {
      refused = Error(ErrorCode::kResourceExhausted,
                      fmt::format("the reactor {} has {} applies that run or wait: come back later",
                                  name_, shared.in_flight_max))
                    .with_limit("in_flight", shared.in_flight_max);
    } else {
      shared.jobs.push_back(std::move(job));
      return !std::exchange(shared.is_running, true);
    }
    return false;
  });
  if (refused) return fail(*std::move(refused));
  if (begins) go_on();
  return {};
}

void Reactor::change(ReactorSettings settings) {
  const bool begins = shared_.with([&](Shared& shared) {
    shared.in_flight_max = settings.limits.in_flight;
    shared.change = std::move(settings);
    return !std::exchange(shared.is_running, true);
  });
  if (begins) go_on();
}

void Reactor::close() {
  std::optional<LivePlaces::Waiter> waiter;
  const bool begins = shared_.with([&](Shared& shared) {
    shared.is_closed = true;
    waiter = shared.waiter;
    return !std::exchange(shared.is_running, true);
  });
  if (begins) go_on();
  if (waiter) context_.places->leave(*waiter, deleted());
  results_->close();
}

bool Reactor::give_up(MonotonicTime time) {
  const bool is_ours = shared_.with([&](Shared& shared) {
    if (shared.is_running || !shared.state.is_live || shared.state.last_used > time) return false;
    shared.is_running = true;
    return true;
  });
  if (!is_ours) return false;
  lose_vm();
  const bool goes_on = shared_.with([](Shared& shared) {
    shared.is_running = !shared.jobs.empty() || shared.change || shared.is_closed;
    return shared.is_running;
  });
  if (goes_on) go_on();
  return true;
}

Reactor::State Reactor::state() const {
  return shared_.with([](const Shared& shared) {
    State state = shared.state;
    state.is_idle = state.is_live && !shared.is_running;
    state.in_flight = shared.jobs.size() + (shared.is_at_work ? 1 : 0);
    return state;
  });
}

std::optional<std::string> Reactor::problem_of(std::string_view kind, std::string_view name) const {
  return shared_.with([&](const Shared& shared) -> std::optional<std::string> {
    const auto found = shared.problems.find(std::pair(std::string(kind), std::string(name)));
    if (found == shared.problems.end()) return std::nullopt;
    return found->second;
  });
}

// Whoever calls it is the only one who runs.
void Reactor::go_on() {
  context_.pool.run(share_, [self = shared_from_this()] { return self->run_slice(); });
}

// Whether to call it again. After false, another thread may run already: nothing is touched then.
bool Reactor::run_slice() {
  if (!job_) {
    if (!take_job()) return false;
    if (!job_) return true;
    if (auto outcome = begin_job()) return end_job(*std::move(outcome));
  }
  if (!vm_) return wake();
  auto progress = vm_->run_slice();
  if (!progress) return stop(std::move(progress.error()));
  if (*progress == ReactorVm::Progress::kDone) return step_done();
  if (auto reason = reason_to_stop()) return stop(vm_->interrupt(*std::move(reason)));
  if (*progress == ReactorVm::Progress::kRunning) return true;
  std::vector<system::Wait> waits = vm_->take_waits();
  waits.push_back({.until = deadline_});
  auto parked = park(waits);
  return !parked && stop(vm_->interrupt(std::move(parked.error())));
}

// On its success, another thread may run already.
Result<> Reactor::park(const std::vector<system::Wait>& waits) {
  return context_.park(waits, [self = shared_from_this()] { self->go_on(); });
}

// False when there is none, and nobody runs; true with none in job_ when it is to be called again.
bool Reactor::take_job() {
  std::deque<ReactorJob> closed;
  const auto is_vm_useless = [](const Shared& shared) {
    return shared.change.has_value() || shared.is_closed;
  };
  if (vm_ && shared_.with(is_vm_useless)) lose_vm();
  const bool has_job = shared_.with([&](Shared& shared) {
    // What has changed since then finds an instance, which is lost the next time.
    if (vm_ && is_vm_useless(shared)) return true;
    if (shared.change) settings_ = *std::exchange(shared.change, std::nullopt);
    if (shared.is_closed) closed = std::exchange(shared.jobs, {});
    if (shared.jobs.empty()) {
      shared.is_running = false;
      return false;
    }
    job_ = std::make_unique<ReactorJob>(std::move(shared.jobs.front()));
    shared.jobs.pop_front();
    shared.is_at_work = true;
    return true;
  });
  for (ReactorJob& each : closed)
    each.done(fail(deleted()));
  return has_job;
}

// Its outcome, when it has one without an instance.
std::optional<Result<ReactorJob::Outcome>> Reactor::begin_job() {
  if (job_->cancellation && job_->cancellation->is_cancelled()) return fail(cancelled());
  if (job_->what == ReactorJob::What::kApply) {
    const auto arguments = json::parse(job_->text);
    if (!arguments) return fail(arguments.error());
    if (!arguments->is_array()) {
      return fail(ErrorCode::kInvalidArgument,
                  "the arguments must be a JSON array, such as [1, \"a\"]");
    }
  }
  if (job_->what == ReactorJob::What::kAdd) {
    const store::RegistrationRecord code{
        .kind = std::string(name_of(job_->kind)), .name = job_->name, .code = job_->text};
    auto checked = context_.records.check_code(name_, code, context_.registrations);
    if (!checked) return fail(std::move(checked.error()));
  }
  if (vm_) {
    begin_work();
    return std::nullopt;
  }
  // Nobody needs an instance to forget something.
  if (job_->what != ReactorJob::What::kRemove) return std::nullopt;
  auto removed = remove_code();
  if (!removed) return fail(std::move(removed.error()));
  return ReactorJob::Outcome{};
}

// Makes an instance for the job; waits where others have all that there may be. As run_slice.
bool Reactor::wake() {
  if (auto why = std::exchange(no_place_, std::nullopt)) return end_job(fail(*std::move(why)));
  if (!place_) {
    find_place();
    return false;
  }
  auto made = make_vm();
  if (made) return true;
  lose_vm();
  return end_job(fail(std::move(made.error())));
}

// Goes on once there is a place, or a reason to wait for none. Another thread may run before it
// returns.
void Reactor::find_place() {
  const auto cancellation = job_->cancellation;
  const MonotonicTime until =
      context_.vm.clock.monotonic() + std::chrono::milliseconds(settings_.limits.deadline_ms);
  const LivePlaces::Waiter waiter =
      context_.wait_for_place(until, [self = shared_from_this()](Result<LivePlaces::Place> place) {
        if (place) {
          self->place_.emplace(std::move(*place));
        } else {
          self->no_place_.emplace(std::move(place.error()));
        }
        self->go_on();
      });
  const bool is_closed = shared_.with([&](Shared& shared) {
    // It may be another one by now.
    shared.waiter = std::max(shared.waiter, std::optional(waiter));
    return shared.is_closed;
  });
  if (is_closed) context_.places->leave(waiter, deleted());
  if (!cancellation) return;
  cancellation->on_cancel(
      [places = context_.places, waiter] { places->leave(waiter, cancelled()); });
}

Result<> Reactor::make_vm() {
  auto program = TRY(context_.guest());
  auto records = TRY(context_.records.codes(name_, true));
  auto directories = TRY(context_.directories(settings_));
  const ReactorVm::World& world = context_.vm;
  vm_ = TRY(ReactorVm::create(
      {.ticker = world.ticker, .clock = world.clock, .random = world.random, .log = log_}, name_,
      settings_, std::move(program), std::move(directories)));
  // What takes the place of something must not need that to work.
  const bool adds = job_->what == ReactorJob::What::kAdd;
  std::erase_if(records, [&](const store::RegistrationRecord& each) {
    return adds && each.kind == name_of(job_->kind) && each.name == job_->name;
  });
  to_add_.assign(std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
  refused_.clear();
  has_progress_ = false;
  shared_.with([](Shared& shared) {
    shared.problems.clear();
    shared.state.is_live = true;
  });
  phase_ = Phase::kStarting;
  deadline_ms_ = static_cast<std::uint64_t>(kInitializationMax.count());
  rebuild_deadline_ = context_.vm.clock.monotonic() + kInitializationMax;
  deadline_ = rebuild_deadline_;
  vm_->start();
  return {};
}

void Reactor::lose_vm() {
  vm_.reset();
  to_add_.clear();
  refused_.clear();
  shared_.with([](Shared& shared) {
    shared.state.is_live = false;
    shared.state.memory_bytes = 0;
  });
  // Who has it then finds all that a reactor without an instance is.
  place_.reset();
}

// The guest has done what it was asked last. As run_slice.
bool Reactor::step_done() {
  abi::reactor::Answer answer = vm_->take_answer();
  if (phase_ == Phase::kWorking) return finish_work(std::move(answer));
  auto refusal = refusal_of(answer);
  if (phase_ == Phase::kStarting) {
    if (refusal) {
      return stop(
          Error(ErrorCode::kGuestError, fmt::format("Python does not start: {}", *refusal)));
    }
    phase_ = Phase::kRebuilding;
    add_next();
    return true;
  }
  if (refusal) {
    refused_.emplace_back(std::move(to_add_.front()), *std::move(refusal));
  } else {
    has_progress_ = true;
  }
  to_add_.pop_front();
  add_next();
  return true;
}

// Registers what is left, or begins what the instance was made for.
void Reactor::add_next() {
  if (to_add_.empty() && has_progress_) {
    has_progress_ = false;
    for (auto& [record, why] : refused_)
      to_add_.push_back(std::move(record));
    refused_.clear();
  }
  if (to_add_.empty()) {
    for (const auto& refused : refused_) {
      const store::RegistrationRecord& record = refused.first;
      const std::string& why = refused.second;
      context_.log.warning(
          "a registration does not work any more",
          {{"reactor", name_}, {"kind", record.kind}, {"name", record.name}, {"why", why}});
      shared_.with([&](Shared& shared) { shared.problems[{record.kind, record.name}] = why; });
    }
    refused_.clear();
    return begin_work();
  }
  const store::RegistrationRecord& next = to_add_.front();
  deadline_ms_ = settings_.limits.deadline_ms;
  deadline_ = std::min(rebuild_deadline_,
                       context_.vm.clock.monotonic() + std::chrono::milliseconds(deadline_ms_));
  vm_->add(abi::reactor::kind_named(next.kind).value_or(Kind::kDef), next.name, next.code);
}

void Reactor::begin_work() {
  phase_ = Phase::kWorking;
  deadline_ms_ = settings_.limits.deadline_ms;
  deadline_ = context_.vm.clock.monotonic() + std::chrono::milliseconds(deadline_ms_);
  switch (job_->what) {
    case ReactorJob::What::kApply:
      return vm_->apply(job_->kind, job_->name, job_->text);
    case ReactorJob::What::kAdd:
      return vm_->add(job_->kind, job_->name, job_->text);
    case ReactorJob::What::kRemove:
      return vm_->remove(job_->kind, job_->name);
  }
}

// As run_slice.
bool Reactor::finish_work(abi::reactor::Answer answer) {
  if (job_->what == ReactorJob::What::kApply) {
    if (answer.is_error)
      return end_job(fail(ErrorCode::kGuestError, shown(answer.text, kMessageShownMax)));
    return end_job(ReactorJob::Outcome{.answer = std::move(answer.text)});
  }
  if (job_->what == ReactorJob::What::kRemove) {
    // Whether Python knew it or not: it does not know it now.
    auto removed = remove_code();
    if (!removed) lose_vm();
    return end_job(removed ? Result<ReactorJob::Outcome>(ReactorJob::Outcome{})
                           : fail(std::move(removed.error())));
  }
  if (const auto refusal = refusal_of(answer)) {
    return end_job(fail(ErrorCode::kInvalidArgument,
                        fmt::format("{}: {}", text_of(job_->kind, job_->name), *refusal)));
  }
  auto stored = store_code();
  // The instance knows what will not be there when it is made again.
  if (!stored) lose_vm();
  return end_job(
      stored ? Result<ReactorJob::Outcome>(ReactorJob::Outcome{.answer = {}, .is_new = *stored})
             : fail(std::move(stored.error())));
}

Result<bool> Reactor::store_code() {
  const std::scoped_lock lock(context_.changing);
  if (shared_.with([](const Shared& shared) { return shared.is_closed; })) return fail(deleted());
  return context_.records.put_code(
      name_, {.kind = std::string(name_of(job_->kind)), .name = job_->name, .code = job_->text},
      context_.registrations);
}

Result<> Reactor::remove_code() {
  const std::scoped_lock lock(context_.changing);
  if (shared_.with([](const Shared& shared) { return shared.is_closed; })) return fail(deleted());
  TRY(context_.records.remove_code(name_, name_of(job_->kind), job_->name));
  shared_.with([this](Shared& shared) {
    shared.problems.erase({std::string(name_of(job_->kind)), job_->name});
  });
  return {};
}

std::optional<Error> Reactor::reason_to_stop() const {
  if (shared_.with([](const Shared& shared) { return shared.is_closed; })) return deleted();
  if (context_.vm.clock.monotonic() < deadline_) return std::nullopt;
  return Error(ErrorCode::kDeadlineExceeded,
               fmt::format("the reactor took longer than {} ms", deadline_ms_))
      .with_limit("deadline_ms", deadline_ms_);
}

// What the reactor was about, when that was not yet the job.
Error Reactor::with_step(Error error) const {
  if (phase_ == Phase::kWorking) return error;
  if (phase_ == Phase::kStarting || to_add_.empty())
    return std::move(error).with_context("Python does not start");
  return std::move(error).with_context(fmt::format("the reactor cannot be made again: {} {}",
                                                   to_add_.front().kind, to_add_.front().name));
}

// The instance has failed, or was interrupted: the next job gets a new one. As run_slice.
bool Reactor::stop(Error error) {
  error = with_step(std::move(error));
  lose_vm();
  return end_job(fail(std::move(error)));
}

// As run_slice. Who learns of the outcome finds a reactor at rest, where nothing else waits; it may
// have to give its place to another then.
bool Reactor::end_job(Result<ReactorJob::Outcome> outcome) {
  ReactorJob job = std::move(*job_);
  job_.reset();
  const std::uint64_t memory_bytes = vm_ ? vm_->memory_bytes() : 0;
  const bool goes_on = shared_.with([&](Shared& shared) {
    shared.is_at_work = false;
    shared.state.memory_bytes = memory_bytes;
    shared.state.last_used = context_.vm.clock.monotonic();
    shared.is_running = !shared.jobs.empty() || shared.change || shared.is_closed;
    return shared.is_running;
  });
  job.done(std::move(outcome));
  if (!goes_on) context_.rested();
  return goes_on;
}

}  // namespace weft::function
