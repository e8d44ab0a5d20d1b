#include "function/loaded_functions.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace weft::function {
namespace {

// Looked through for dead ones when there are more than twice as many as were alive the last time.
constexpr std::size_t kHistoriesMin = 1'000;

}  // namespace

LoadedFunctions::LoadedFunctions(const Clock& clock, std::uint64_t bytes_max,
                                 MakeHistory make_history)
    : clock_(clock), bytes_max_(bytes_max), make_history_(std::move(make_history)) {}

std::shared_ptr<LoadedFunction> LoadedFunctions::find(std::string_view name) {
  const std::shared_lock lock(mutex_);
  const auto found = functions_.find(name);
  if (found == functions_.end()) return nullptr;
  found->second->mark_used(clock_.monotonic());
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
  functions_.emplace(name, std::move(function));
  std::ranges::move(take_excess(), std::back_inserter(gone));
}

void LoadedFunctions::remove(std::string_view name) {
  std::shared_ptr<LoadedFunction> gone;
  const std::unique_lock lock(mutex_);
  if (const auto found = functions_.find(name); found != functions_.end()) gone = take(found);
  // Another function of that name begins anew.
  if (const auto found = histories_.find(name); found != histories_.end()) histories_.erase(found);
}

std::shared_ptr<FunctionHistory> LoadedFunctions::history(const std::string& name) {
  {
    const std::shared_lock lock(mutex_);
    const auto found = histories_.find(name);
    if (auto known = found == histories_.end() ? nullptr : found->second.lock()) return known;
  }
  auto made = make_history_(name);
  const std::unique_lock lock(mutex_);
  if (histories_.size() >= histories_max_) {
    std::erase_if(histories_, [](const auto& entry) { return entry.second.expired(); });
    histories_max_ = std::max(kHistoriesMin, 2 * histories_.size());
  }
  auto& kept = histories_[name];
  if (auto known = kept.lock()) return known;
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
std::vector<std::shared_ptr<LoadedFunction>> LoadedFunctions::take_excess() {
  std::vector<std::shared_ptr<LoadedFunction>> taken;
  while (bytes_ > bytes_max_ && functions_.size() > 1) {
    taken.push_back(take(std::ranges::min_element(
        functions_, {}, [](const auto& entry) { return entry.second->last_used(); })));
  }
  return taken;
}

}  // namespace weft::function
