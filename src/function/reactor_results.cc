#include "function/reactor_results.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "json/parse.h"

namespace weft::function {
namespace {

// What an item takes beside its text.
constexpr std::uint64_t kItemBytes = 256;

std::uint64_t bytes_of(const ReactorResult& result) {
  return kItemBytes +
         (result.answer ? result.answer->size() : result.answer.error().message().size());
}

}  // namespace

void ResultBudget::join(ResultQueue* queue) {
  queues_.with([&](auto& queues) { queues.push_back(queue); });
}

void ResultBudget::leave(ResultQueue* queue) {
  queues_.with([&](auto& queues) { std::erase(queues, queue); });
}

void ResultBudget::fit() {
  if (bytes_ <= bytes_max_) return;
  // Under the lock, so that no queue ends meanwhile.
  queues_.with([this](auto& queues) {
    while (bytes_ > bytes_max_) {
      const auto largest = std::ranges::max_element(
          queues, {}, [](const ResultQueue* queue) { return queue->bytes_.load(); });
      if (largest == queues.end()) return;
      ResultQueue& queue = **largest;
      const bool is_dropped = queue.state_.with([&](ResultQueue::State& state) {
        if (state.kept.empty()) return false;
        queue.drop_first(state);
        return true;
      });
      if (!is_dropped) return;
    }
  });
}

ResultQueue::ResultQueue(WallTime begun, std::shared_ptr<ResultBudget> budget)
    : begun_(
          static_cast<std::uint64_t>(std::max<std::int64_t>(1, begun.time_since_epoch().count()))),
      budget_(std::move(budget)) {
  state_.with([this](State& state) { state.next = begun_; });
  budget_->join(this);
}

ResultQueue::~ResultQueue() {
  state_.with([this](State& state) {
    while (!state.kept.empty())
      drop_first(state);
  });
  budget_->leave(this);
}

void ResultQueue::drop_first(State& state) {
  const std::uint64_t bytes = bytes_of(state.kept.front());
  bytes_ -= bytes;
  budget_->bytes_ -= bytes;
  state.kept.pop_front();
}

void ResultQueue::add(std::string id, Result<std::string> answer) {
  if (answer && !json::parse(*answer)) {
    answer = fail(ErrorCode::kGuestError,
                  "the reactor does not keep to its contract: its answer is not JSON");
  }
  std::vector<std::pair<Done, ReactorResults>> told;
  state_.with([&](State& state) {
    state.kept.push_back(
        {.sequence = state.next++, .id = std::move(id), .answer = std::move(answer)});
    const std::uint64_t bytes = bytes_of(state.kept.back());
    bytes_ += bytes;
    budget_->bytes_ += bytes;
    // The newest is there for those that wait, however large it is.
    for (Waiting& waiting : std::exchange(state.waiting, {}))
      told.emplace_back(std::move(waiting.done), behind(state, begun_, waiting.after));
    while (state.kept.size() > kResultsKeptMax ||
           (state.kept.size() > 1 && bytes_ > kResultBytesKeptMax))
      drop_first(state);
  });
  budget_->fit();
  for (auto& [done, results] : told)
    done(std::move(results));
}

ReactorResults ResultQueue::behind(const State& state, std::uint64_t begun, std::uint64_t after) {
  // Of the future: whoever asks so has a number of another server.
  after = std::min(after, state.next - 1);
  ReactorResults results{.items = {}, .next = state.next - 1, .is_restarted = false};
  // Before the first one, all that is there is new.
  const std::uint64_t last_seen = std::max(after, begun - 1);
  results.is_restarted = after != 0 && after < begun - 1;
  const std::uint64_t first = state.kept.empty() ? state.next : state.kept.front().sequence;
  if (first > last_seen + 1) results.dropped = first - last_seen - 1;
  for (const ReactorResult& each : state.kept) {
    if (each.sequence > last_seen) results.items.push_back(each);
  }
  return results;
}

ReactorResults ResultQueue::behind(std::uint64_t after) const {
  return state_.with([&](const State& state) { return behind(state, begun_, after); });
}

std::optional<ResultQueue::Waiter> ResultQueue::wait(std::uint64_t after, Done done) {
  std::optional<Waiter> waiter;
  std::optional<Result<ReactorResults>> told;
  state_.with([&](State& state) {
    auto results = behind(state, begun_, after);
    if (state.is_closed) {
      told = fail(ErrorCode::kNotFound, "the reactor was deleted");
    } else if (!results.items.empty() || results.dropped > 0 || state.is_released) {
      told = std::move(results);
    } else if (state.waiting.size() >= kPollsMax) {
      told =
          fail(Error(ErrorCode::kResourceExhausted,
                     fmt::format("{} requests wait for results of the reactor already", kPollsMax))
                   .with_limit("polls", kPollsMax));
    } else {
      waiter = Waiter{state.next_waiter++};
      state.waiting.push_back({.waiter = *waiter, .after = after, .done = std::move(done)});
    }
  });
  if (told) done(*std::move(told));
  return waiter;
}

void ResultQueue::expire(Waiter waiter) {
  Done done;
  ReactorResults results;
  state_.with([&](State& state) {
    const auto found = std::ranges::find(state.waiting, waiter, &Waiting::waiter);
    if (found == state.waiting.end()) return;
    done = std::move(found->done);
    results = behind(state, begun_, found->after);
    state.waiting.erase(found);
  });
  if (done) done(std::move(results));
}

void ResultQueue::close() {
  auto waiting = state_.with([](State& state) {
    state.is_closed = true;
    return std::exchange(state.waiting, {});
  });
  for (Waiting& each : waiting)
    each.done(fail(ErrorCode::kNotFound, "the reactor was deleted"));
}

void ResultQueue::release() {
  std::vector<std::pair<Done, ReactorResults>> told;
  state_.with([&](State& state) {
    state.is_released = true;
    for (Waiting& waiting : std::exchange(state.waiting, {}))
      told.emplace_back(std::move(waiting.done), behind(state, begun_, waiting.after));
  });
  for (auto& [done, results] : told)
    done(std::move(results));
}

}  // namespace weft::function
