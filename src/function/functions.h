// Modules, functions and their calls: what the server and the command line are faces of.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "abi/dialect.h"
#include "abi/python/guest.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/id.h"
#include "base/log.h"
#include "base/result.h"
#include "base/work_pool.h"
#include "engine/module_info.h"
#include "function/activity.h"
#include "function/call_handle.h"
#include "function/code_cache.h"
#include "function/grants.h"
#include "function/initialization.h"
#include "function/limits.h"
#include "json/value.h"
#include "store/blobs.h"
#include "store/invocations.h"
#include "store/metadata.h"
#include "system/outbound_http.h"

namespace weft::function {

// A module as clients see it.
struct Module {
  std::string id;
  abi::Dialect dialect = abi::Dialect::kTyped;
  std::uint64_t size_bytes = 0;
  WallTime created;
  engine::ModuleInfo info;
};

struct UploadedModule {
  Module module;
  bool is_new = false;
};

// What a deployment asks for.
struct Deployment {
  std::string module;  // content id
  FunctionLimits limits = {};
  std::vector<std::pair<std::string, std::string>> environment = {};
  Grants grants = {};
  std::optional<std::string> init = std::nullopt;  // an export that initialises the module
  bool is_warm = false;                            // instances are kept as their calls left them
  // What tracebacks call a Python file, "NAME.py" where nothing is said, and what its context calls
  // the function, its name where nothing is said. Not stored: for who deploys and calls in one
  // process.
  std::string file = {};
  std::string shown_name = {};
};

// How an instance relates to the calls before it: but for kWarm, no call sees anything of them.
enum class State : std::uint8_t {
  kFresh,      // each call gets an instance of its own
  kPristine,   // instances are kept, and put back to their beginning after each call
  kStateless,  // the module has nothing that could change, so instances are kept as they are
  kWarm,       // by choice: instances are kept as calls left them, and later calls see that
};

// A function as clients see it: its current version.
struct Function {
  std::string name;
  std::int64_t version = 0;
  std::int64_t versions = 0;
  WallTime created;
  WallTime deployed;
  Module module;
  FunctionLimits limits;
  std::vector<std::pair<std::string, std::string>> environment;
  Grants grants;
  std::optional<std::string> init;
  Initialization initialization;
  State state = State::kFresh;
  Activity activity;
};

struct Version {
  std::int64_t version = 0;
  bool current = false;
  std::string module;
  abi::Dialect dialect = abi::Dialect::kTyped;
  WallTime deployed;
  FunctionLimits limits;
  std::vector<std::pair<std::string, std::string>> environment;
  Grants grants;
  std::optional<std::string> init;
  bool is_warm = false;
};

// A call of the current version of a function.
struct Call {
  std::string function;
  std::string payload;
  std::string content_type = {};  // of the payload, as HTTP has it; empty: unknown
  // What a typed function gets where the payload is empty: what the request's query says.
  std::optional<Result<std::optional<std::string>>> typed_payload = std::nullopt;
  // Tells, once, what the call is part of; absent where that is no request to the function itself.
  std::move_only_function<abi::python::HttpRequest()> http = nullptr;
};

struct Response {
  std::string content_type;
  std::string body;
  // What an answer to HTTP says beside its body; other callers get the body alone.
  int status = 200;  // 200 to 599
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// How a call ended.
struct Outcome {
  // Absent when the call was refused before it had one: no such function, too many calls.
  std::optional<std::string> invocation;
  std::uint64_t duration_us = 0;
  Result<Response> response;
  // Of the function; absent when the call did not come to it.
  std::optional<State> state = std::nullopt;
};

// Where the Python guest is (docs/formats/python-guest.md).
struct PythonFiles {
  std::filesystem::path module;
  std::filesystem::path library;  // what the guest sees as /usr
};

// What an upload is, where its bytes do not say.
enum class Language : std::uint8_t { kWasm, kPython, kPythonArchive };

// What Functions is made of; all of it outlives the object.
struct FunctionsParts {
  const engine::Engine& engine;
  CodeCache& code_cache;
  SealedCache& cache;  // what else can be made again
  store::Metadata& metadata;
  store::Blobs& blobs;
  store::Invocations& invocations;
  const Clock& clock;
  Random& random;
  const Log& log;
  // For calls that compute for long. None: they run on the executors of their calls, in turns.
  std::size_t background_threads = 0;
  // An instance that no call takes for so long is given back to the system, within twice the time.
  std::chrono::milliseconds idle_time = std::chrono::seconds(10);
  // Absent: Python files can be uploaded, and not be deployed.
  std::optional<PythonFiles> python = std::nullopt;
  // How guests' requests to servers of HTTP are made.
  system::OutboundHttp::Options http = {};
};

// Thread-safe. Calls marked "blocks" read disks or compile: not for event loops.
class Functions {
 public:
  using Done = std::move_only_function<void(Outcome)>;

  Functions(const FunctionsParts& parts, const PlatformLimits& limits);
  Functions(const Functions&) = delete;
  Functions& operator=(const Functions&) = delete;
  // Writes what is still to be recorded. The executors of calls that are under way run nothing of
  // them any more; their `done` is destroyed uncalled.
  ~Functions();

  const PlatformLimits& limits() const;

  // Blocks. Stores a module: binary or text, a Python file, or an archive of such. kTooLarge;
  // kInvalidArgument with a position for what is not valid; kUnsupported for a proposal that the
  // engine lacks; errors of open_python_archive. Missing imports are allowed until it is deployed;
  // so is whatever is wrong with a Python file.
  Result<UploadedModule> upload(std::string_view bytes, Language language = Language::kWasm);
  Result<Module> module(std::string_view id);             // blocks
  Result<std::string> module_bytes(std::string_view id);  // blocks; as uploaded
  // Blocks. A page has fewer items than asked for when their descriptions are long.
  Result<store::Listed<Module>> modules(const store::Page& page);
  Result<> remove_module(std::string_view id);  // blocks

  // Blocks: compiles, and initialises the module where its instances can be put back. The next
  // version of the function takes over when this returns; calls under way end on the old one.
  // kNotFound for the module, kInvalidArgument for the name, for a module in which nothing can be
  // called, for what cannot initialise it and for a program that is to be warm, kUnsupported naming
  // missing imports, kTooLarge for a module that begins with more than its limits; and what
  // Initializer::run or PythonGuest::prepare fails with.
  Result<Function> deploy(std::string_view name, const Deployment& deployment);
  Result<Function> rollback(std::string_view name, std::int64_t version);  // blocks
  Result<Function> function(std::string_view name);                        // blocks
  // Blocks. As `modules`.
  Result<store::Listed<Function>> functions(std::string_view search, const store::Page& page);
  Result<store::Listed<Version>> versions(std::string_view name,
                                          const store::Page& page);  // blocks
  Result<> remove_function(std::string_view name);                   // blocks
  Result<store::Metadata::Counts> counts();                          // blocks

  // Runs a call, in slices, on `executor`, whose thread calls this, or in the background. `done` is
  // called once on that thread, possibly inside this call; then the handle says so. When this
  // object ends while the function is still to be loaded, `done` is destroyed without a call. Never
  // blocks.
  CallHandle invoke(Call call, const std::shared_ptr<Executor>& executor, Done done);

  // Ends initialisations under way, and those that will be, with kUnavailable: the server stops.
  void stop_initializing();

  // How many calls are under way.
  std::uint32_t in_flight() const;

  // Hands everything recorded so far to the store and waits until it is durable. Blocks.
  void flush_records();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace weft::function
