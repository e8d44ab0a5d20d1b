// Loads functions that are called but not in memory, each once however many calls wait for it.
// Private to function.
#pragma once

#include <cstdint>
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
  // Which version of that function is the current one: its error is handed out. Blocks for a
  // moment; so that nobody who names what is not there waits for what is compiled.
  using Check = std::function<Result<std::int64_t>(const std::string& name)>;
  // The current version of that function, which is what the check found unless it has changed
  // since. Blocks, perhaps for long.
  using Load = std::function<Loaded(const std::string& name, std::int64_t version)>;
  using Then = std::move_only_function<void(const Loaded&)>;

  // Both are called on the loader's threads.
  FunctionLoader(Check check, Load load);
  FunctionLoader(const FunctionLoader&) = delete;
  FunctionLoader& operator=(const FunctionLoader&) = delete;
  // Waits for the loads that have begun; who waits for another one is forgotten.
  ~FunctionLoader() = default;

  // `then` is called later, on `executor`. kResourceExhausted when too many other functions wait.
  void load(const std::string& name, std::shared_ptr<Executor> executor, Then then);

 private:
  struct Waiter {
    std::shared_ptr<Executor> executor;
    Then then;
  };
  void load_now(const std::string& name);
  void hand_out(const std::string& name, const Loaded& loaded);

  Check check_;
  Load load_;
  Guarded<std::map<std::string, std::vector<Waiter>>> waiters_;
  // End first: their work uses everything above.
  WorkPool loads_;
  WorkPool checks_;
};

}  // namespace weft::function
