// weft's Python guest, as functions begin with it: compiled once, started and given a file for each
// version. Private to function.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/result.h"
#include "engine/engine.h"
#include "function/code_cache.h"
#include "function/functions.h"
#include "function/initializer.h"
#include "function/python_sources.h"
#include "function/sealed_cache.h"
#include "function/snapshots.h"
#include "system/host_directory.h"

namespace weft::function {

// Thread-safe. Blocks.
class PythonGuest {
 public:
  // All of it outlives this object.
  struct Parts {
    const engine::Engine& engine;
    const engine::HostTable& host_table;
    CodeCache& code_cache;
    SealedCache& cache;
    const Initializer& initializer;
    Random& random;
  };
  // `files`: absent where there is no guest.
  PythonGuest(const Parts& parts, std::optional<PythonFiles> files);

  struct Compiled {
    std::string id;  // of the build
    std::shared_ptr<const system::HostDirectory> library;
    engine::ModuleInfo info;
    std::shared_ptr<const engine::Program> program;  // before its start
    // Has been started. Not what files begin with, each of which has its own order of hashes, but
    // most of its memory is as theirs, and shared with them.
    std::shared_ptr<const engine::Program> base;
  };
  // Compiles the guest and starts it when that has not been done, which takes seconds.
  // kUnsupported, saying how to get it, where there is none; errors of CodeCache.
  Result<std::shared_ptr<const Compiled>> compiled();
  // Whether some thread compiles it, for which others have to wait.
  bool is_busy() const { return is_busy_; }

  // What the file's guest has behind weft_load, with all that begin_with needs; before it where the
  // guest refuses to become an image behind it, as it has files open. Errors of the file as
  // Dialogue has them, with what it printed.
  Result<std::string> prepare(const LoadedFunction::Description& description,
                              const PythonSource& source);
  struct Begun {
    std::shared_ptr<const engine::Program> program;
    PythonFile file;           // without its archive
    bool has_archive = false;  // that the file came in
    // Why calls have to load the file: then the program begins before that.
    std::optional<std::string> cold = {};
  };
  // kDataLoss for bytes that `prepare` did not give; kFailedPrecondition for those of another
  // guest.
  Result<Begun> begin_with(std::string_view snapshot);

 private:
  Result<std::shared_ptr<const Compiled>> compile();
  Result<std::shared_ptr<const engine::Program>> base_of(const Compiled& compiled);
  struct Starting {
    const Compiled& guest;
    std::string name;
    FunctionLimits limits = {};
    const PythonArchive* archive = nullptr;  // that it sees; null: none
    // As Surroundings has them.
    const Clock* clock = nullptr;
    Random* random = nullptr;
  };
  Result<std::unique_ptr<Preparation>> start(Starting starting, abi::python::Dialogue& dialogue,
                                             std::string_view step) const;

  Parts parts_;
  std::optional<PythonFiles> files_;
  std::mutex compiling_;
  std::shared_ptr<const Compiled> compiled_;
  std::atomic<bool> is_busy_ = false;
  // The guest that cannot be compiled.
  struct Refused {
    std::optional<std::string> identity;
    Error error;
  };
  std::optional<Refused> refused_;
};

// The directories of an instance; null: it sees no archive.
std::vector<abi::command::GivenDirectory> python_directories(
    const system::HostDirectory& library, const PythonArchive* archive = nullptr);

// The library, to be shown to many. Errors say no path to clients.
Result<std::shared_ptr<const system::HostDirectory>> open_python_library(
    const std::filesystem::path& library);

// The bytes of a guest's module. kUnavailable when there are none to read.
Result<std::string> read_guest(const std::filesystem::path& path);

// Of a version with a Python file, whose description learns what was loaded. All that is
// borrowed outlives it.
class PythonBeginning final : public Beginning {
 public:
  // `module`: the content id of the file, or of its archive.
  PythonBeginning(PythonGuest& guest, LoadedFunction::Description& description,
                  PythonSources& sources, std::string module)
      : guest_(guest), description_(description), sources_(sources), module_(std::move(module)) {}
  Result<std::string> prepare() override;
  Result<std::shared_ptr<const engine::Program>> begin_with(std::string_view snapshot) override;
  std::optional<std::string> cold() const override { return description_.initialization.cold; }

 private:
  PythonGuest& guest_;
  LoadedFunction::Description& description_;
  PythonSources& sources_;
  const std::string module_;
  std::optional<PythonSource> source_ = {};  // once it was read
};

}  // namespace weft::function
