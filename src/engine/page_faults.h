// Whether a thread had page faults. Private to engine.
#pragma once

#include <cstdint>
#include <optional>
#include <thread>

namespace weft::engine {

// A page of a private mapping becomes a process's own at a write that faults, and the kernel counts
// each fault of a thread (getrusage(2), RUSAGE_THREAD), those of its system calls included. So who
// writes to a memory without a fault changes only pages that were private copies before.
//
// Whoever may write to the memory says so with touch(), on its thread.
class PageFaults {
 public:
  // From now on, on this thread. Nobody has to tell anything before.
  void watch();
  // This thread goes on; another one than that of watch() ends the watch.
  void touch();
  // Whether no fault can have happened since watch(): false also when nobody watched. Ends the
  // watch.
  bool were_none();

 private:
  struct Begun {
    std::thread::id thread;
    std::uint64_t faults;
  };
  std::optional<Begun> begun_;
};

}  // namespace weft::engine
