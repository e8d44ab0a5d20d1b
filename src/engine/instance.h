// A running guest: one store, one instance, and the call that is under way in it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "engine/host_call.h"
#include "engine/types.h"

namespace weft::engine {

struct InstanceLimits {
  // Of all its memories but a shared one; and of what it has beside them, kBytesBesideMemoryFree
  // and more: kElementBytes for each element of a table, and Code::instance_bytes.
  std::uint64_t memory_bytes = 256ULL * 1024 * 1024;
  std::uint64_t table_elements = 1'000'000;  // of all its tables
  std::uint64_t fuel = 0;                    // for its whole life; only with Interruption::kFuel
};

inline constexpr std::uint64_t kElementBytes = 8;
// A small instance has at most that beside its memories, so that they alone count.
inline constexpr std::uint64_t kBytesBesideMemoryFree = 1024ULL * 1024;

// How many memories a module may have (limiter.rs): each reserves 4 GiB of addresses.
inline constexpr std::uint32_t kMemoriesMax = 4;

enum class Progress : std::uint8_t {
  kRunning,  // The guest's slice is over: poll again.
  kParked,   // A host function waits (HostCall::park): poll again when that has happened.
  kDone,
};

struct InstanceParts;

// Thread-compatible: used by one thread at a time, which may change between polls. Destroying it
// cancels what runs. After a call that failed, only destruction is allowed.
class Instance {
 public:
  // Nothing of the guest runs yet. `state` may be null when no host function uses it; it outlives
  // this object. kResourceExhausted as Program::image, which it may have to make.
  static Result<std::unique_ptr<Instance>> create(std::shared_ptr<const Program> program,
                                                  const InstanceLimits& limits, HostState* state);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  // Puts an instance back to its beginning, byte for byte, whose last operation succeeded and whose
  // code can_reset(): its memory, also in size, and its globals. The next operation is then
  // instantiation. False when that failed, and with other programs: only destruction is allowed
  // then. What it uses does not count as used until the next operation.
  bool reset();
  // While no operation is under way; as for `create`.
  void set_state(HostState* state);
  // Whether an instance may wait for its next call as it is, with all that it holds: not when its
  // last operation failed, nor when guests, waiting or not, have many stacks or more than half of
  // the memory that they may have together.
  bool may_wait() const;
  // What the instance has that can change, for Program::with_snapshot. Reads all its memory.
  // kFailedPrecondition when its last operation failed or its program cannot reset; kTooLarge
  // (snapshot_bytes) when its memory has more than `bytes_max` bytes in pages that are not all
  // zeros, or between those that an image of few pieces cannot keep apart.
  Result<std::string> capture(std::uint64_t bytes_max) const;
  // The same as what differs from what instances of `base` begin with, for Program::with_changes of
  // that program, which begins with a snapshot (Program::with_snapshot) and has the same code
  // object. Reads all the memory of both. kFailedPrecondition as for `capture`, and with another
  // base; kTooLarge (snapshot_bytes) when the pages that differ, or what lies between those that an
  // image of few pieces cannot keep apart, have more than `bytes_max` bytes, or the differences are
  // so many that to list them takes more.
  Result<std::string> capture_changes(const Program& base, std::uint64_t bytes_max) const;

  // Each begins one operation; poll() until it is done, then take() its outcome. The first is
  // instantiation, which runs the start function unless the program has a snapshot.
  void begin_instantiation();
  // kNotFound, kInvalidArgument when `name` is no function, or `arguments` do not fit its type.
  Result<> begin_call(std::string_view name, std::span<const Value> arguments);

  // Runs the guest until it is done or, on an engine with epochs, its slice ends or a host function
  // parks it or yields. A guest without interruption runs to its end.
  Progress poll();

  // Ends an operation that poll() left running or parked: a parked guest ends where it is, another
  // goes on to its next loop or function and ends there, so that take() gives `error` with the
  // backtrace of that place. Without one when it came to its end on the way, or when collecting its
  // garbage took more than a few steps: then it ends where it is. Only on an engine with epochs,
  // whose guests all end their slices; then the operation is done.
  void interrupt(Error error);

  // The results of a finished operation, valid until the next one begins; none for instantiation.
  // Errors: kGuestTrap, kGuestError (an exception that nothing caught), kGuestLimit and
  // kResourceExhausted (with the limit's name; calls_beyond_slice for a guest that only calls its
  // host, where nothing can interrupt it), or what a host function stopped the guest with;
  // each with a backtrace.
  //
  // A guest may handle that a growth is refused, so a limit is named only where it ends the
  // operation: the initial memories and tables do not fit; there is no room for an object of the
  // garbage collector; or the guest executes `unreachable`, as allocators do, when the last growth
  // in the same operation was refused by a limit, or a shared memory has grown to its limit (its
  // growth asks nobody, so that what was refused is not known). Every other trap is reported as
  // what it is. That the guest gave up for want of memory is likely then, not certain, so the
  // message tells both.
  Result<std::span<const Value>> take();

  // What its linear memories and the collector's heap were granted; 0 behind reset().
  std::uint64_t memory_bytes() const;

  // The memory exported as "memory", or else the one that threads share; empty when there is none.
  GuestMemory memory();

 private:
  explicit Instance(std::unique_ptr<InstanceParts> parts);

  std::unique_ptr<InstanceParts> parts_;
};

// begin_instantiation, poll to the end, take.
Result<> instantiate(Instance& instance);
// begin_call, poll to the end, take.
Result<std::vector<Value>> call(Instance& instance, std::string_view name,
                                std::span<const Value> arguments);

}  // namespace weft::engine
