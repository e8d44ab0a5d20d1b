// Where work continues: an event loop, seen from modules that know no network.
#pragma once

#include <functional>

namespace weft {

// Thread-safe.
class Executor {
 public:
  using Work = std::move_only_function<void()>;

  virtual ~Executor() = default;

  // Runs `work` later on the executor's own thread, in the order given; never inside this call.
  virtual void post(Work work) = 0;
};

}  // namespace weft
