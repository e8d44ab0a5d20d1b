// Loads functions that are called but not in memory, each once however many calls wait for it.
// Private to function.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/executor.h"
#include "base/guarded.h"
#include "base/result.h"
#include "base/work_pool.h"
#include "function/loaded_function.h"

namespace weft::function {

// Thread-safe.
class FunctionLoader {
 public:
  using Loaded = Result<std::shared_ptr<LoadedFunction>>;
  // The current version of that function. Blocks; called on the loader's threads.
  using Load = std::function<Loaded(const std::string& name)>;
  using Then = std::move_only_function<void(Loaded)>;

  explicit FunctionLoader(Load load);
  FunctionLoader(const FunctionLoader&) = delete;
  FunctionLoader& operator=(const FunctionLoader&) = delete;
  // Waits for the loads that have begun; who waits for another one is forgotten.
  ~FunctionLoader() = default;

  // `then` is called later, on `executor`. kResourceExhausted when too many other functions wait.
  void load(const std::string& name, Executor& executor, Then then);

 private:
  struct Waiter {
    Executor* executor;  // `then` keeps it alive.
    Then then;
  };
  void hand_out(const std::string& name, const Loaded& loaded);

  Load load_;
  Guarded<std::map<std::string, std::vector<Waiter>>> waiters_;
  WorkPool threads_;  // Ends first: its work uses everything above.
};

}  // namespace weft::function
