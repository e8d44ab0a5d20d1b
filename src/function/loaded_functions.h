// The functions that are in memory. Private to function.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "function/loaded_function.h"

namespace weft::function {

// Thread-safe; every lock is held for a moment only. Beyond the limit, what was called longest ago
// is forgotten; calls that run keep what they use.
class LoadedFunctions {
 public:
  using MakeHistory = std::function<std::shared_ptr<FunctionHistory>(const std::string& name)>;

  // `clock` outlives this object. `make_history` gives what is known of a function's past; it may
  // block, and is called under no lock.
  LoadedFunctions(const Clock& clock, std::uint64_t bytes_max, MakeHistory make_history);

  // Null when it is not in memory. Used `now`.
  std::shared_ptr<LoadedFunction> find(std::string_view name, MonotonicTime now);
  // Replaces the one of that name.
  void put(std::shared_ptr<LoadedFunction> function);
  void remove(std::string_view name);
  // LoadedFunction::release_idle of all. Whether any has instances left. Gives the heap's free
  // memory back when instances ended, or none is left: those that are never kept leave some too.
  bool release_idle();

  // The same object for all who ask, as long as the function is in memory or in use. May block.
  std::shared_ptr<FunctionHistory> history(const std::string& name);
  // Null when the function is neither.
  std::shared_ptr<FunctionHistory> known_history(std::string_view name);

 private:
  using Functions = std::map<std::string, std::shared_ptr<LoadedFunction>, std::less<>>;

  // Under the lock; what they give back ends after it, because calls of all functions wait for it.
  std::shared_ptr<LoadedFunction> take(Functions::iterator at);
  std::vector<std::shared_ptr<LoadedFunction>> take_excess(const LoadedFunction& newest);

  const Clock& clock_;
  const std::uint64_t bytes_max_;
  const MakeHistory make_history_;
  std::shared_mutex mutex_;
  Functions functions_;
  std::uint64_t bytes_ = 0;  // of all functions_
  std::map<std::string, std::weak_ptr<FunctionHistory>, std::less<>> histories_;
  std::size_t histories_max_ = 0;  // until the dead ones are looked for
  // Calls under way of functions that were removed: another one of that name counts them too.
  std::map<std::string, std::weak_ptr<TakenPlaces::element_type>, std::less<>> removed_;
};

}  // namespace weft::function
