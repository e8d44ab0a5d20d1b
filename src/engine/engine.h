// Wasmtime behind a few types: an Engine compiles modules to Code, a HostTable links Code to a
// Program, and an Instance (engine/instance.h) runs a Program.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/guarded.h"
#include "base/result.h"
#include "base/sha256.h"
#include "engine/types.h"

struct wasm_engine_t;
struct wasmtime_module;
struct wasmtime_instance_pre;

namespace weft::engine {

struct Beginning;
class ImageFile;
class MemoryImage;
class Mappings;
class SlotPool;
class StackPool;

// How a guest that computes for long is stopped (docs/adr/0007).
enum class Interruption : std::uint8_t {
  kNone,   // not at all, at no cost: the deadline ends the process
  kEpoch,  // a check in each loop: the guest yields at the engine's tick
  kFuel,   // counts instructions: runs end at the same one each time
};

// ThreadSanitizer takes the hand-overs between the compiler's threads, which it does not see, for
// races.
#if __has_feature(thread_sanitizer)
inline constexpr bool kCompilesInParallel = false;
#else
inline constexpr bool kCompilesInParallel = true;
#endif

struct EngineOptions {
  Interruption interruption = Interruption::kEpoch;
  // Several threads compile one module.
  bool parallel_compilation = kCompilesInParallel;
  // Accepts the proposal threads: Proposals::threads, SharedMemory.
  bool threads = false;
  std::uint64_t wasm_stack_bytes = 512ULL * 1024;  // 1 or more
  // Debug information beyond this is ignored: it is read when a trap is described, on the thread
  // that runs the guest.
  std::uint64_t debug_info_bytes_max = 128ULL * 1024;
  // Of all guests together: memories, tables, and what else their instances take
  // (Code::instance_bytes). More is refused with kResourceExhausted.
  std::uint64_t guest_memory_bytes_max = UINT64_MAX;
  std::uint64_t async_stack_bytes =
      2ULL * 1024 * 1024;  // holds the wasm stack and 1 MiB or more for the host
  // Instances can be put back to their beginning (Instance::reset) where their module allows it.
  // Only with Interruption::kEpoch.
  bool resets_instances = false;
  // For tests: also where the kernel could say which pages were written, all are mapped anew.
  bool forgets_all_pages = false;
  // Of all guests' memories and stacks, see Mappings; 0 is what the system leaves them.
  std::uint32_t mappings_max = 0;
  // Each reset is checked byte for byte, which takes longer than making an instance: for tests.
  bool checks_resets = false;
};

// Compiled code of one module. Immutable; shared by all its instances, on any thread.
class Code {
 public:
  struct Delete {
    void operator()(wasmtime_module* module) const;
  };
  // `beginning`: null for a module that was not split; `image`: of its memory, if there is one.
  Code(wasmtime_module* module, std::uint64_t instance_bytes,
       std::unique_ptr<const Beginning> beginning, std::shared_ptr<const MemoryImage> image);
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;
  ~Code();

  // Whether its instances can be put back to their beginning.
  bool can_reset() const;
  // What it takes, about.
  std::uint64_t memory_bytes() const;
  // As ModuleInfo::instance_bytes.
  std::uint64_t instance_bytes() const { return instance_bytes_; }

  const wasmtime_module& get() const { return *module_; }
  // Null when it was not split.
  const Beginning* beginning() const { return beginning_.get(); }
  const std::shared_ptr<const MemoryImage>& image() const { return image_; }

 private:
  std::unique_ptr<wasmtime_module, Delete> module_;
  std::uint64_t instance_bytes_;
  std::unique_ptr<const Beginning> beginning_;
  std::shared_ptr<const MemoryImage> image_;
};

// Thread-safe. Outlives everything made from it.
class Engine {
 public:
  // kInvalidArgument for options that do not fit together.
  static Result<std::unique_ptr<Engine>> create(const EngineOptions& options);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  Interruption interruption() const { return options_.interruption; }
  // Changes when compiled code of one engine does not fit another.
  const std::string& fingerprint() const { return fingerprint_; }

  // Compiles a binary module that `inspect` found valid, to bytes for `load`. Takes milliseconds to
  // seconds on the calling thread (and on others). kUnsupported or kTooLarge when the compiler
  // cannot translate it.
  Result<std::string> compile_to_bytes(std::string_view module) const;

  // Code from bytes that `compile_to_bytes` of an engine with the same fingerprint made. Bytes from
  // anywhere else can take over the process: the caller authenticates them.
  Result<std::shared_ptr<const Code>> load(std::string_view bytes) const;

  // The same for a file that begins with the bytes, whatever is behind them. Mapped, so that only
  // those pages cost anything that are used; copied where that cannot be. Who writes to the file
  // while the code lives can take over the process, also after the bytes were authenticated: nobody
  // but this process's user may be able to. `descriptor` is open for reading, and not needed any
  // more afterwards.
  Result<std::shared_ptr<const Code>> load_file(std::string_view bytes, int descriptor) const;

  // Both.
  Result<std::shared_ptr<const Code>> compile(std::string_view module) const;

  // Ends the current slice of all guests that run on this engine.
  void tick() const;
  std::uint64_t ticks() const { return ticks_.load(std::memory_order_relaxed); }

  const EngineOptions& options() const { return options_; }
  // What all instances use now; changed by the stores' limiters.
  std::atomic<std::uint64_t>& guest_memory_bytes() const { return guest_memory_bytes_; }
  // Null on an engine that does not reset instances.
  SlotPool* slots() const { return slots_.get(); }
  const StackPool& stacks() const { return *stacks_; }
  // Null on an engine that does not reset instances.
  ImageFile* images() const { return images_.get(); }
  wasm_engine_t& get() const { return *engine_; }

 private:
  struct Delete {
    void operator()(wasm_engine_t* engine) const;
  };
  explicit Engine(const EngineOptions& options);
  Result<std::shared_ptr<const Code>> load_from(std::string_view bytes,
                                                std::optional<int> descriptor) const;

  EngineOptions options_;
  // What guests of the engine use: they end after it.
  std::unique_ptr<Mappings> mappings_;
  std::unique_ptr<SlotPool> slots_;
  std::unique_ptr<StackPool> stacks_;
  std::unique_ptr<ImageFile> images_;
  std::unique_ptr<wasm_engine_t, Delete> engine_;
  std::string fingerprint_;
  // Counts, not part of what the engine is.
  mutable std::atomic<std::uint64_t> guest_memory_bytes_ = 0;
  mutable std::atomic<std::uint64_t> ticks_ = 0;
};

class HostCall;
class SharedMemory;

// A function that guests import. Runs on the guest's stack: at most 256 KiB of it are for the host.
// It must not throw.
using HostFunction = void (*)(HostCall& call);

// What a host function may have to wait for (HostCall::park and yield).
enum class Waiting : std::uint8_t {
  kNever,
  kForTurn,     // for its guest's next slice, when it takes long itself (HostCall::yield)
  kForTime,     // for time to pass
  kForStreams,  // for what comes from elsewhere, too
};

// Code linked with what it imports, ready to be instantiated often. Immutable, thread-safe.
class Program : public std::enable_shared_from_this<Program> {
 public:
  Program(const Engine& engine, std::shared_ptr<const Code> code,
          std::shared_ptr<const SharedMemory> memory, Waiting parking,
          std::shared_ptr<const wasmtime_instance_pre> program);

  // The same program, which lives on with it, but whose instances begin as the one was that
  // Instance::capture gave these bytes of, and without a start function. kDataLoss for bytes that
  // are no snapshot of an instance of this code; kFailedPrecondition when the code cannot reset;
  // kResourceExhausted.
  Result<std::shared_ptr<const Program>> with_snapshot(std::string_view snapshot) const;
  // The same for bytes whose SHA-256 the caller knows: hashing them takes longer than all the rest.
  Result<std::shared_ptr<const Program>> with_snapshot(std::string_view snapshot,
                                                       const Sha256& hash) const;

  // The same for what Instance::capture_changes gave with this program as base. It holds no more
  // than a copy of these bytes while it has no instance. kDataLoss for bytes that are no changes of
  // an instance of this code; kFailedPrecondition when nothing need be wrong with them, but they
  // were made with another base, or this program begins with no snapshot as a whole.
  Result<std::shared_ptr<const Program>> with_changes(std::string_view changes) const;

  const Engine& engine() const { return engine_; }
  const Code& code() const { return *code_; }
  // What all instances of it share; null: each has its own.
  const SharedMemory* memory() const { return memory_.get(); }
  // What its host functions may park a guest for.
  Waiting parking() const { return parking_; }
  const wasmtime_instance_pre& get() const { return *program_; }
  // The memory that its instances begin with; null without one of their own. That of a program with
  // changes is made, in up to milliseconds, when nobody has it, and lives while somebody has it:
  // its instances do. kResourceExhausted when there is no room for it.
  Result<std::shared_ptr<const MemoryImage>> image() const;
  // Whether image() need not make it.
  bool has_image() const;
  // What its instances begin with, as Snapshot has them; absent: as the module says, and the start
  // function runs.
  const std::optional<std::vector<Value>>& globals() const { return globals_; }
  bool has_snapshot() const { return globals_.has_value(); }
  // The hash of the bytes that it was made of with `with_snapshot`, if it was.
  const std::optional<Sha256>& snapshot_hash() const { return snapshot_hash_; }
  // What it takes beside its code, and beside a base that it was made from, about; without an image
  // that only its instances keep.
  std::uint64_t memory_bytes() const;

 private:
  const Engine& engine_;  // Outlives this object.
  std::shared_ptr<const Code> code_;
  std::shared_ptr<const SharedMemory> memory_;
  Waiting parking_;
  std::shared_ptr<const wasmtime_instance_pre> program_;
  std::shared_ptr<const MemoryImage> image_;  // of one without changes
  std::optional<std::vector<Value>> globals_;
  std::optional<Sha256> snapshot_hash_;
  // Of one with changes, which were found whole; and what was made of them, while it lives.
  std::string changes_;
  mutable Guarded<std::weak_ptr<const MemoryImage>> made_;
  std::shared_ptr<const Program> original_;  // of one with a snapshot or changes
};

// The host functions of one dialect. Filled once, then only read: thread-compatible.
class HostTable {
 public:
  struct Definition {
    std::string module;
    std::string name;
    FunctionType type;
    HostFunction function;
    Waiting waiting;
  };

  explicit HostTable(const Engine& engine) : engine_(engine) {}

  // Adds a function with numeric parameters and at most one result. A name may stand for several
  // functions of different types; a module gets the one whose type it imports.
  void define(std::string_view module, std::string_view name, FunctionType type,
              HostFunction function, Waiting waiting = Waiting::kNever);

  // kFailedPrecondition when an import of the code has no function of that name and type here, or
  // when it imports two of one name. `memory`, where there is one, is what each memory is
  // that the code imports, whatever its name: all instances of the program share it.
  //
  // `parking`: functions that may wait, up to for that, can park the guest; each of their calls
  // then costs 0.2 us more. Only on an engine with epochs.
  Result<std::shared_ptr<const Program>> link(std::shared_ptr<const Code> code,
                                              std::shared_ptr<const SharedMemory> memory = nullptr,
                                              Waiting parking = Waiting::kNever) const;

  // All that were added, in that order: for who tries each.
  std::span<const Definition> definitions() const { return definitions_; }

 private:
  const Definition* find(std::string_view module, std::string_view name,
                         const FunctionType& type) const;

  const Engine& engine_;  // Outlives this object.
  std::vector<Definition> definitions_;
};

}  // namespace weft::engine
