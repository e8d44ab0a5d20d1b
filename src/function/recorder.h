// Records of calls on their way to the store: kept in memory for a moment and written in batches,
// so that no call waits for a disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "base/log.h"
#include "base/pacemaker.h"
#include "base/rarely.h"
#include "store/invocations.h"

namespace weft::function {

// Chooses which calls of one function are recorded: errors always (as far as there is room),
// successes up to a rate. Thread-safe.
class Sampler {
 public:
  // How many calls the next record of a success stands for, itself included; 0: do not record this
  // one.
  std::uint64_t admit_success(MonotonicTime now);

 private:
  struct Window {
    MonotonicTime begin;
    std::uint32_t recorded = 0;
    std::uint64_t skipped = 0;
  };
  Guarded<Window> window_;
};

// Thread-safe.
class Recorder {
 public:
  // All outlive this object.
  Recorder(store::Invocations& store, const Clock& clock, const Log& log);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  // Writes what is still waiting, and says in the log what was lost and not yet said.
  ~Recorder();

  // Drops the record when too many wait already: successes first, and says so in the log. What is
  // lost is said at once, then at most once a minute.
  void add(store::NewInvocation invocation);

  // Waits until everything added before is durable or was dropped.
  void flush();

 private:
  struct Shared;
  bool beat();
  void warn(std::uint64_t lost, std::string_view why);

  std::shared_ptr<Shared> shared_;  // The store's callbacks share it: they may come late.
  const Clock& clock_;
  const Log& log_;
  // Of the pacemaker's thread.
  Rarely dropped_;
  Rarely failed_;
  std::string failure_;                   // the latest reason
  std::unique_ptr<Pacemaker> pacemaker_;  // Absent only while this ends.
};

}  // namespace weft::function
