// Compiles modules where they cannot harm the server: in a process of its own, with limits.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <semaphore>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "engine/engine.h"

namespace weft::function {

// Thread-safe. Blocks.
class Compiler {
 public:
  virtual ~Compiler() = default;
  // As Engine::compile_to_bytes of `engine`.
  virtual Result<std::string> compile(const engine::Engine& engine,
                                      std::string_view module) const = 0;
};

// In this process, on this thread.
class DirectCompiler final : public Compiler {
 public:
  Result<std::string> compile(const engine::Engine& engine,
                              std::string_view module) const override {
    return engine.compile_to_bytes(module);
  }
};

// What the compilation of one module may take.
struct CompileLimits {
  std::uint64_t memory_bytes = 4ULL * 1024 * 1024 * 1024;  // addresses, of which half are used
  // CPU time of all its threads, and four times as long on the clock.
  std::chrono::seconds seconds{30};

  // Half as long again for each MiB.
  std::chrono::seconds seconds_for(std::size_t module_bytes) const {
    return seconds + seconds * static_cast<std::int64_t>(module_bytes >> 20U) / 2;
  }
};

// In a child process for each module, of which there are kChildrenMax at a time; more wait:
// `program`, which calls run_compile_worker when its first word is kCompileWorker. A module that
// takes more than the limits is kTooLarge; what goes wrong on the way is kUnavailable.
class ChildCompiler final : public Compiler {
 public:
  // `clock` outlives this object.
  ChildCompiler(std::string program, const CompileLimits& limits, const Clock& clock)
      : program_(std::move(program)), limits_(limits), clock_(clock) {}

  Result<std::string> compile(const engine::Engine& engine, std::string_view module) const override;

  // Ends what is compiled now, and what will be, with kUnavailable: the server stops.
  void stop() { is_stopped_ = true; }

 private:
  std::string program_;
  CompileLimits limits_;
  const Clock& clock_;
  std::atomic<bool> is_stopped_ = false;
  // Each may take a good part of the machine's memory.
  static constexpr std::ptrdiff_t kChildrenMax = 8;
  mutable std::counting_semaphore<kChildrenMax> places_{kChildrenMax};
};

// The first word of the command line of a child; the limits follow.
inline constexpr std::string_view kCompileWorker = "compile-worker";

// The child's side: reads a module from standard input and writes its code to standard output, or
// why it cannot be compiled to standard error. `words` are those of the command line behind
// kCompileWorker. `options` are those of the engine that will load the code. The process's exit
// code. Limits this process first, and for good.
int run_compile_worker(std::span<const std::string> words, const engine::EngineOptions& options);

}  // namespace weft::function
