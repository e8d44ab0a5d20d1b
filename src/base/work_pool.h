// Threads for work that can only block (disk, compilation, name resolution), so that event loops
// never do.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/result.h"

namespace weft {

// Thread-safe. Runs work in the order given, on at most `threads` threads at once.
class WorkPool {
 public:
  using Work = std::move_only_function<void()>;

  // `threads` and `queue_max` are at least 1. `name` shows in tools (at most 15 bytes).
  WorkPool(const char* name, std::size_t threads, std::size_t queue_max);
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  // Waits for all accepted work.
  ~WorkPool();

  // kResourceExhausted when `queue_max` pieces already wait; `work` is then destroyed unrun.
  Result<> run(Work work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft
