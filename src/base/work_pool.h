// Threads for work that can only block (disk, compilation, name resolution), so that event loops
// never do.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "base/result.h"

namespace weft {

// Thread-safe, except that nobody else uses it once it is being destroyed, other than the work that
// runs on it. Begins work in the order given, on at most `threads` threads at once.
class WorkPool {
 public:
  using Work = std::move_only_function<void()>;

  // `threads` and `queue_max` are at least 1; a thread begins when there is work for it. `name`
  // shows in tools (at most 15 bytes). `niceness`: as FairPool's.
  WorkPool(const char* name, std::size_t threads, std::size_t queue_max, int niceness = 0);
  WorkPool(const WorkPool&) = delete;
  WorkPool& operator=(const WorkPool&) = delete;
  // Destroys the work that has not begun, unrun and on this thread, and waits for what has: an end
  // takes no longer than the pieces under way. So what a piece captures must be safe to destroy
  // until then, and whoever waits for it must learn of its end from that (as a net::Responder
  // answers when it is dropped). finish() before it where accepted work must be done.
  ~WorkPool();

  // kResourceExhausted when `queue_max` pieces already wait, kUnavailable when the pool is being
  // destroyed; `work` is then destroyed unrun.
  Result<> run(Work work);

  // Returns when no work waits or runs. Not from work of this pool, which would wait for itself.
  void finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft
