// One version of a function, compiled and ready to be called. Private to function.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "abi/dialect.h"
#include "abi/python/dialogue.h"
#include "base/clock.h"
#include "base/fair_pool.h"
#include "base/guarded.h"
#include "base/permit.h"
#include "engine/engine.h"
#include "engine/instance.h"
#include "engine/module_info.h"
#include "function/functions.h"
#include "function/pace.h"
#include "function/python_archive.h"
#include "function/python_source.h"
#include "function/recorder.h"
#include "function/statistics.h"
#include "system/host_directory.h"
#include "system/network.h"

namespace weft::function {

// What all versions of a function share.
struct FunctionHistory {
  Statistics statistics;
  Sampler sampler;
  TakenPlaces in_flight = no_places_taken();
  std::shared_ptr<FairPool::Share> share = FairPool::make_share();  // of the background
};

// What is known of a Python file that instances of the guest have loaded.
struct PythonFile {
  abi::python::Places places;
  abi::python::Loaded loaded;
  std::shared_ptr<const system::HostDirectory> library;  // what the guest sees as /usr
  std::shared_ptr<const PythonArchive> archive = {};     // that the file came in; null: alone
  // What each call loads first: instances begin before that. Nothing where they begin behind it.
  std::optional<PythonSource> cold = {};
};

// Thread-safe; immutable but for the kept instances and what was learned. Calls hold it by
// shared_ptr, so a replaced version ends when its last call does.
class LoadedFunction {
 public:
  struct Description {
    std::string name;
    std::int64_t version = 0;
    abi::Dialect dialect = abi::Dialect::kTyped;
    engine::ModuleInfo info;
    FunctionLimits limits;
    std::vector<std::pair<std::string, std::string>> environment;
    std::vector<system::NetworkRule> network = {};  // where it may go
    Initialization initialization = {};
    bool is_warm = false;
    std::string file = {};                  // what tracebacks call a Python file; empty: NAME.py
    std::string shown_name = {};            // in the context of Python; empty: the name
    std::optional<PythonFile> python = {};  // of dialect kPython, once it has been loaded
  };
  LoadedFunction(Description description, std::shared_ptr<const engine::Program> program,
                 std::shared_ptr<FunctionHistory> history);

  const Description& description() const { return description_; }
  const std::shared_ptr<const engine::Program>& program() const { return program_; }
  FunctionHistory& history() const { return *history_; }
  State state() const { return state_; }
  Pace& pace() { return pace_; }
  engine::InstanceLimits instance_limits() const;
  bool calls_wasix() const { return calls_wasix_; }
  // What it takes while nobody calls it, about: code, description, history. Kept instances count
  // elsewhere: those that were put back against what the engine lets slots keep, others as guests
  // that run.
  std::uint64_t memory_bytes() const { return memory_bytes_; }

  void mark_used(MonotonicTime now) { last_used_.store(now, std::memory_order_relaxed); }
  MonotonicTime last_used() const { return last_used_.load(std::memory_order_relaxed); }

  // The export that a typed call without a name means: the only one that can be called. Null when
  // there are several or none.
  const engine::ExportInfo* only_export() const { return only_export_; }
  // The exports that a new instance needs to have called, in this order, before that one.
  std::span<const std::string> exports_before(std::string_view name) const;
  // Whether each instance begins with the export called, as an initializer that is not to be called
  // again.
  bool begins_with(std::string_view name) const;

  // Whether an instance can be made without work that takes milliseconds: an event loop's.
  bool is_ready() const { return program_->has_image(); }
  // Keeps a first instance if there is none, so that it is; as long as idle ones are kept. Blocks
  // for milliseconds. What goes wrong, the next call finds out.
  void make_ready();

  // An instance that was given back, if there is one.
  std::unique_ptr<engine::Instance> take_kept();
  // Whether such an instance is ready for a call as it is; else its next operation is
  // instantiation.
  bool keeps_ready() const { return state_ == State::kStateless || state_ == State::kWarm; }
  // Keeps an instance whose last call succeeded, when few are kept: as it is when the module is
  // stateless or warm, put back to its beginning when that is possible.
  void give_back(std::unique_ptr<engine::Instance> instance);
  // Ends those kept instances that no call took since the last time.
  struct Idle {
    std::size_t ended = 0;
    std::size_t left = 0;  // kept for later calls
  };
  Idle release_idle();

 private:
  Description description_;
  std::shared_ptr<const engine::Program> program_;
  std::shared_ptr<FunctionHistory> history_;
  State state_;
  std::uint64_t memory_bytes_ = 0;
  Pace pace_;
  std::atomic<MonotonicTime> last_used_{};
  bool calls_wasix_;
  const engine::ExportInfo* only_export_ = nullptr;  // Points into description_.
  struct Kept {
    std::vector<std::unique_ptr<engine::Instance>> instances;  // the last one is taken first
    std::size_t least = 0;  // how many there were at least since release_idle
  };
  Guarded<Kept> kept_;
};

// On a server: its engine resets instances.
State state_of(const engine::ModuleInfo& info, bool is_warm = false);
// When what prepares the module runs.
InitializationTime time_of_initialization(const engine::ModuleInfo& info, bool is_warm);

}  // namespace weft::function
