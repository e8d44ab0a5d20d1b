// Reactors: named Pythons that stay, and what is registered in each. What the server is a face of.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/reactor/dialogue.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/result.h"
#include "function/cancellation.h"
#include "function/code_cache.h"
#include "function/functions.h"
#include "function/reactor_results.h"
#include "function/reactor_settings.h"
#include "store/reactors.h"

namespace weft::function {

// What all reactors may use.
struct ReactorLimits {
  std::uint64_t reactors = 1'000;
  std::uint64_t registrations = 1'000;                // of one reactor
  std::uint64_t code_bytes = 8ULL * 1024 * 1024;      // of all that is registered in one
  std::uint32_t live = 32;                            // that have an instance
  std::uint64_t queued_bytes = 256ULL * 1024 * 1024;  // arguments of applies that wait, of all
};

// The most code of one registration.
inline constexpr std::uint64_t kRegistrationBytesMax = 1ULL << 20U;
// The longest that a poll for results waits.
inline constexpr std::chrono::seconds kPollMax{60};

// What Reactors is made of; all of it outlives the object.
struct ReactorsParts {
  const engine::Engine& engine;
  CodeCache& code_cache;
  store::Reactors& records;
  const Clock& clock;
  Random& random;
  const Log& log;
  // The reactor's guest; absent: reactors can be kept, and not be used.
  std::optional<PythonFiles> python = std::nullopt;
  std::vector<Volume> volumes = {};
  // Threads on which reactors run.
  std::size_t threads = 1;
  // A reactor that nobody uses for so long gives its instance back, within twice the time.
  std::chrono::milliseconds idle_time = std::chrono::minutes(5);
};

// A reactor as clients see it.
struct ReactorInfo {
  std::string name;
  ReactorSettings settings;
  WallTime created;
  WallTime changed;
  std::uint64_t registrations = 0;
  std::uint64_t code_bytes = 0;
  bool is_live = false;            // It has an instance.
  std::uint64_t memory_bytes = 0;  // of that, when it was last at rest
  std::uint64_t in_flight = 0;     // applies and registrations that run or wait
};

struct RegistrationInfo {
  store::RegistrationRecord record;    // without its code
  std::optional<std::string> problem;  // why Python refused it when the reactor was rebuilt last
};

// What to apply. A def or a module's function may have dots in its name: "words.split".
struct ReactorApply {
  std::string reactor;
  abi::reactor::Kind kind = abi::reactor::Kind::kLambda;
  std::string name;
  std::string arguments;  // JSON: an array
};

class Reactor;

// Thread-safe. Calls marked "blocks" read disks or compile: not for event loops. What one reactor
// does, it does in order, one after the other, on threads of this object.
class Reactors {
 public:
  // {"value":…,"tag":"ok"|"err"}, as the guest writes it.
  using Done = std::move_only_function<void(Result<std::string>)>;

  // Blocks: reads which reactors there are.
  static Result<std::unique_ptr<Reactors>> create(const ReactorsParts& parts,
                                                  const ReactorLimits& limits);
  Reactors(const Reactors&) = delete;
  Reactors& operator=(const Reactors&) = delete;
  // Ends what runs after its slice; each `done` that was not called is destroyed.
  ~Reactors();

  // Blocks: compiles the guest the first time. Makes the reactor, or gives it other settings, which
  // ends its instance when what is under way has ended; what is registered stays. Says whether it
  // is new. kUnsupported without Python; kInvalidArgument for the name, and for a volume that the
  // server does not have; kResourceExhausted (reactors).
  Result<bool> put(std::string_view name, const ReactorSettings& settings);
  Result<ReactorInfo> show(std::string_view name);                             // blocks
  Result<store::Listed<ReactorInfo>> list(const store::Page& page);            // blocks
  Result<std::vector<RegistrationInfo>> registrations(std::string_view name);  // blocks
  // Blocks. What is under way ends with kNotFound.
  Result<> remove(std::string_view name);
  // What it printed last.
  Result<std::string> log(std::string_view name);

  // Python runs the code; when it takes it, the code is stored and `done` learns whether it is new.
  // kInvalidArgument with Python's words when it does not, or for a name that is none; kTooLarge
  // (registration_bytes, registrations, code_bytes); kFailedPrecondition where a def and a module
  // would have one name; errors of apply.
  //
  // Of this and the next two: what can be refused at once, is, by what they return, and `done` is
  // destroyed uncalled; else it is called once, on a thread of this object.
  using Registered = std::move_only_function<void(Result<bool>)>;
  Result<> add(std::string_view reactor, const store::RegistrationRecord& code, Registered done);
  Result<store::RegistrationRecord> code(std::string_view reactor, abi::reactor::Kind kind,
                                         std::string_view name);  // blocks
  Result<> remove(std::string_view reactor, abi::reactor::Kind kind, std::string_view name,
                  std::move_only_function<void(Result<>)> done);

  // Never blocks. kNotFound; kInvalidArgument for arguments that are no JSON
  // array; kResourceExhausted (in_flight, queued_bytes; live_reactors when none of those at work
  // ends within the deadline); what the instance ended
  // with, which the reactor survives: kDeadlineExceeded, kGuestTrap, kGuestLimit, kGuestError. What
  // is cancelled before it has begun ends with kCancelled: when it is its turn, and at once when it
  // waits for an instance.
  Result<> apply(ReactorApply apply, std::shared_ptr<Cancellation> cancellation, Done done);

  // Keeps how an apply ended for poll().
  void keep(std::string_view reactor, std::string id, Result<std::string> answer);
  // What was kept behind `after` (0: all that is there), as soon as there is something, or when
  // `wait` (at most kPollMax) is over. `done` is called once, on any thread, perhaps inside this
  // call. kNotFound, kResourceExhausted (polls).
  void poll(std::string_view reactor, std::uint64_t after, std::chrono::milliseconds wait,
            ResultQueue::Done done);
  // No poll waits any more: the server stops.
  void release_polls();

 private:
  struct Parts;
  explicit Reactors(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace weft::function
