#include "function/loaded_functions.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/heap.h"

namespace weft::function {
namespace {

// Looked through for dead ones when there are more than twice as many as were alive the last time.
constexpr std::size_t kHistoriesMin = 1'000;
// An eighth is made free at once, so that not every new function looks for the oldest one.
constexpr std::uint64_t kFreedPart = 8;

}  // namespace

LoadedFunctions::LoadedFunctions(const Clock& clock, std::uint64_t bytes_max,
                                 MakeHistory make_history)
    : clock_(clock), bytes_max_(bytes_max), make_history_(std::move(make_history)) {}

std::shared_ptr<LoadedFunction> LoadedFunctions::find(std::string_view name, MonotonicTime now) {
  const std::shared_lock lock(mutex_);
  const auto found = functions_.find(name);
  if (found == functions_.end()) return nullptr;
  found->second->mark_used(now);
  return found->second;
}

void LoadedFunctions::put(std::shared_ptr<LoadedFunction> function) {
  function->mark_used(clock_.monotonic());
  const std::string& name = function->description().name;
  std::vector<std::shared_ptr<LoadedFunction>> gone;
  const std::unique_lock lock(mutex_);
  if (const auto found = functions_.find(name); found != functions_.end())
    gone.push_back(take(found));
  bytes_ += function->memory_bytes();
  const LoadedFunction& newest = *function;
  functions_.emplace(name, std::move(function));
  std::ranges::move(take_excess(newest), std::back_inserter(gone));
}

void LoadedFunctions::remove(std::string_view name) {
  std::shared_ptr<LoadedFunction> gone;
  const std::unique_lock lock(mutex_);
  if (const auto found = functions_.find(name); found != functions_.end()) gone = take(found);
  const auto found = histories_.find(name);
  if (found == histories_.end()) return;
  std::erase_if(removed_, [](const auto& entry) { return entry.second.expired(); });
  if (const auto known = found->second.lock()) removed_[found->first] = known->in_flight;
  histories_.erase(found);
}

bool LoadedFunctions::release_idle() {
  std::vector<std::shared_ptr<LoadedFunction>> all;  // Instances end outside the lock.
  {
    const std::shared_lock lock(mutex_);
    for (const auto& entry : functions_)
      all.push_back(entry.second);
  }
  LoadedFunction::Idle sum;
  for (const auto& function : all) {
    const LoadedFunction::Idle idle = function->release_idle();
    sum.ended += idle.ended;
    sum.left += idle.left;
  }
  if (sum.ended > 0 || sum.left == 0) give_back_free_heap();
  return sum.left > 0;
}

std::shared_ptr<FunctionHistory> LoadedFunctions::known_history(std::string_view name) {
  const std::shared_lock lock(mutex_);
  const auto found = histories_.find(name);
  return found == histories_.end() ? nullptr : found->second.lock();
}

std::shared_ptr<FunctionHistory> LoadedFunctions::history(const std::string& name) {
  if (auto known = known_history(name)) return known;
  auto made = make_history_(name);
  const std::unique_lock lock(mutex_);
  if (histories_.size() >= histories_max_) {
    std::erase_if(histories_, [](const auto& entry) { return entry.second.expired(); });
    histories_max_ = std::max(kHistoriesMin, 2 * histories_.size());
  }
  auto& kept = histories_[name];
  if (auto known = kept.lock()) return known;
  if (const auto found = removed_.find(name); found != removed_.end()) {
    if (auto in_flight = found->second.lock()) made->in_flight = std::move(in_flight);
    removed_.erase(found);
  }
  kept = made;
  return made;
}

std::shared_ptr<LoadedFunction> LoadedFunctions::take(Functions::iterator at) {
  bytes_ -= at->second->memory_bytes();
  auto taken = std::move(at->second);
  functions_.erase(at);
  return taken;
}

// The newest one stays, however large it is: its caller is about to use it.
std::vector<std::shared_ptr<LoadedFunction>> LoadedFunctions::take_excess(
    const LoadedFunction& newest) {
  std::vector<std::shared_ptr<LoadedFunction>> taken;
  if (bytes_ <= bytes_max_) return taken;
  std::vector<Functions::iterator> oldest_first;
  oldest_first.reserve(functions_.size());
  for (auto at = functions_.begin(); at != functions_.end(); ++at) {
    if (at->second.get() != &newest) oldest_first.push_back(at);
  }
  std::ranges::sort(oldest_first, {}, [](const auto& at) { return at->second->last_used(); });
  for (const auto& at : oldest_first) {
    if (bytes_ <= bytes_max_ - bytes_max_ / kFreedPart) break;
    taken.push_back(take(at));
  }
  return taken;
}

}  // namespace weft::function
