// Signals that end this process, held back while something is to be cleaned up first.
#pragma once

#include <csignal>
#include <optional>

namespace weft::cli {

// While one exists, SIGHUP, SIGINT and SIGTERM wait (but for those that the process ignores). What
// came meanwhile ends the process when the outermost one is destroyed: what has to be removed first
// is declared behind it. Of this thread and those that it starts meanwhile; the process may have no
// other that takes these signals.
class HeldSignals {
 public:
  HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;
  ~HeldSignals();

  // The one that came and waits.
  std::optional<int> waiting() const;

 private:
  sigset_t set_{};
  sigset_t before_{};
};

}  // namespace weft::cli
