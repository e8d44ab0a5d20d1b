// Threads of low priority for computations that come in slices, shared fairly among those that want
// them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace weft {

// Thread-safe, except that nobody else uses it once it is being destroyed, other than the work that
// runs on it.
//
// Each piece of work belongs to a share, and the share that has had the least CPU time is next: as
// much for one with a single piece as for one with a thousand. A share that wants nothing for a
// while saves nothing up.
class FairPool {
 public:
  class Share;

  // One slice of it. Whether there is more, which will be asked for again, perhaps on another
  // thread; never on two at once.
  using Work = std::move_only_function<bool()>;

  // `threads` is at least 1. `name` shows in tools (at most 15 bytes). `niceness`: how far the
  // threads stand behind those of normal priority, as setpriority(2) has it, 0 to 19.
  FairPool(const char* name, std::size_t threads, int niceness);
  FairPool(const FairPool&) = delete;
  FairPool& operator=(const FairPool&) = delete;
  // Waits for the slices that run, and destroys the rest on this thread: what a piece captures must
  // be safe to destroy until then.
  ~FairPool();

  static std::shared_ptr<Share> make_share();

  // Runs `work` slice by slice until it is done.
  void run(std::shared_ptr<Share> share, Work work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace weft
