#include "function/functions.h"

#include <map>
#include <mutex>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "base/guarded.h"
#include "base/pacemaker.h"
#include "base/permit.h"
#include "engine/ticker.h"
#include "function/deployable.h"
#include "function/function_loader.h"
#include "function/initializer.h"
#include "function/loaded_function.h"
#include "function/loaded_functions.h"
#include "function/module_record.h"
#include "function/python_guest.h"
#include "function/recorder.h"
#include "function/running_call.h"
#include "function/snapshots.h"
#include "function/stored_version.h"
#include "function/waiting_call.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/problem.h"
#include "json/unicode.h"

namespace weft::function {
namespace {

// How far threads for long calls stand behind those of requests, as of setpriority(2).
constexpr int kBackgroundNiceness = 10;

// One call in so many may wait for its function to be loaded: the rest is for those that run.
constexpr std::uint32_t kWaitingShare = 4;

// A call that was let in.
struct Accepted {
  WallTime started;
  Permit of_all;
  Permit of_function;
};

Error too_busy(std::string what, std::string limit, std::uint64_t value) {
  return Error(ErrorCode::kResourceExhausted, std::move(what)).with_limit(std::move(limit), value);
}

void refuse(Functions::Done& done, Error error) {
  done(Outcome{.invocation = std::nullopt, .duration_us = 0, .response = fail(std::move(error))});
}

// A file that fails while it loads is as unusable as one that is no Python.
Error fault_of_deployment(const Error& error) {
  if (error.code() != ErrorCode::kGuestError) return error;
  return Error(ErrorCode::kInvalidArgument, error.message()).with_backtrace(error.backtrace());
}

// What a function may wait for: without a network, there are no sockets, and its other calls are
// cheaper.
engine::Waiting parking_for(const Grants& grants) {
  return grants.network.empty() ? engine::Waiting::kForTime : engine::Waiting::kForStreams;
}

std::optional<std::string> kept(std::string_view text, std::uint64_t limit) {
  if (text.size() > limit || !json::is_utf8(text)) return std::nullopt;
  return std::string(text);
}

}  // namespace

struct Functions::Parts {
  FunctionsParts world;
  PlatformLimits limits;
  engine::HostTable host_table;
  engine::Ticker ticker;
  UlidSource ids;
  Recorder recorder;
  TakenPlaces in_flight = no_places_taken();
  TakenPlaces waiting = no_places_taken();  // calls whose function is being loaded

  // A blob and the record that names it come and go together. Before `deploying`.
  std::mutex storing_blobs;
  // A later deployment of a function must also be the later one to take its place.
  std::mutex deploying;
  LoadedFunctions loaded;
  Initializer initializer{
      {.ticker = ticker, .clock = world.clock, .random = world.random, .limits = limits}};
  Snapshots snapshots{{.metadata = world.metadata,
                       .blobs = world.blobs,
                       .log = world.log,
                       .storing = storing_blobs}};
  PythonSources sources{world.metadata, world.blobs, world.clock};
  PythonGuest python{{.engine = world.engine,
                      .host_table = host_table,
                      .code_cache = world.code_cache,
                      .cache = world.cache,
                      .initializer = initializer,
                      .random = world.random},
                     world.python};

  // By module, and by what its programs may wait for: what functions and calls hold, so that all
  // versions with one module share its code.
  using ProgramKey = std::pair<std::string, engine::Waiting>;
  Guarded<std::map<ProgramKey, std::weak_ptr<const engine::Program>>> programs;
  // Declared last: they use what is loaded, and loads and calls under way use everything above.
  Pacemaker idleness;
  system::WaitingRoom waiting_room;
  const system::SocketPlaces sockets{.most = limits.guest_sockets};
  system::OutboundHttp http{world.http, world.clock};
  std::optional<FairPool> background;
  FunctionLoader loader;

  Parts(const FunctionsParts& parts, const PlatformLimits& platform)
      : world(parts),
        limits(platform),
        host_table(parts.engine),
        ticker(parts.engine, Pace::kSliceMax),
        ids(parts.clock, parts.random),
        recorder(parts.invocations, parts.clock, parts.log),
        loaded(parts.clock, platform.loaded_bytes,
               [this](const std::string& name) { return make_history(name); }),
        idleness("weft-idle", parts.idle_time, [this] { return loaded.release_idle(); }),
        waiting_room(parts.clock),
        loader(
            [this](const std::string& name) -> Result<std::int64_t> {
              return TRY(world.metadata.function(name)).current_version;
            },
            [this](const std::string& name, std::int64_t version) {
              return load_current(name, version);
            }) {
    abi::define_functions(host_table);
    if (parts.background_threads > 0)
      background.emplace("weft-long", parts.background_threads, kBackgroundNiceness);
  }

  CallContext call_context() {
    return {.ticker = ticker,
            .clock = world.clock,
            .random = world.random,
            .limits = limits,
            .waiting_room = waiting_room,
            .sockets = sockets,
            .http = http,
            .background = background ? &*background : nullptr};
  }

  std::shared_ptr<FunctionHistory> make_history(const std::string& name) {
    auto made = std::make_shared<FunctionHistory>();
    recorder.flush();  // It may have been in memory a moment ago.
    const WallTime now = world.clock.wall();
    if (const auto before = world.invocations.activity(name, now))
      made->statistics.seed(activity_of(*before), now);
    return made;
  }

  Activity activity(const std::string& name) {
    const WallTime now = world.clock.wall();
    if (const auto known = loaded.known_history(name)) return known->statistics.activity(now);
    const auto before = world.invocations.activity(name, now);
    return before ? activity_of(*before) : Activity{};
  }

  // The record of a module that is there already; a damaged copy of its bytes is repaired.
  Result<store::ModuleRecord> known_module(std::string_view id, std::string_view bytes) {
    const std::scoped_lock lock(
        storing_blobs);  // A removal between the two would leave bytes without a record.
    auto record = TRY(world.metadata.module(id));
    TRY(world.blobs.put_as(id, bytes));
    return record;
  }
  Result<UploadedModule> put_module(std::string_view bytes, const store::ModuleRecord& record) {
    const std::scoped_lock lock(storing_blobs);
    TRY(world.blobs.put_as(record.id, bytes));
    const bool is_new = TRY(world.metadata.put_module(record));
    return UploadedModule{.module = TRY(module(record.id)), .is_new = is_new};
  }
  // Leaves out of a list what was removed since it was read and what is damaged: whoever asks for
  // that alone gets its error, and the rest of the list is there all the same.
  template <class T>
  void add_if_sound(std::vector<T>& items, std::string_view name, Result<T> item) {
    if (item) {
      items.push_back(*std::move(item));
    } else if (item.error().code() != ErrorCode::kNotFound) {
      world.log.error("left out of a list",
                      {{"name", std::string(name)}, {"error", item.error().message()}});
    }
  }
  Result<Module> module(std::string_view id) { return module_of(TRY(world.metadata.module(id))); }
  Result<std::shared_ptr<const engine::Program>> program_of(std::string_view module_id,
                                                            engine::Waiting parking);
  struct Origin {
    std::shared_ptr<const engine::Program> program;  // of a module
    std::shared_ptr<Beginning> beginning;            // null where nothing is to be prepared
  };
  Result<Origin> origin_of(const std::string& module_id, const Grants& grants,
                           LoadedFunction::Description& description);
  Result<engine::ModuleInfo> info_of(const Module& module);
  // Perhaps with another snapshot, which the record names then.
  Result<std::shared_ptr<LoadedFunction>> load_version(store::VersionRecord& record);
  Result<std::shared_ptr<LoadedFunction>> load_current(const std::string& name,
                                                       std::int64_t expected_version);
  // Lets a new version take over. `snapshot`: what its program begins with, to be stored.
  Result<> add_version(LoadedFunction::Description description, const Deployment& deployment,
                       std::shared_ptr<const engine::Program> program,
                       const std::optional<std::string>& snapshot);
  Result<Function> describe(const store::FunctionRecord& record);
  CallHandle wait_and_run(Call call, const Arrival& arrival,
                          const std::shared_ptr<Executor>& executor, Done done);
  CallHandle run(const std::shared_ptr<LoadedFunction>& function, Call call, const Arrival& arrival,
                 const std::shared_ptr<Executor>& executor, Done done);
  Arrival arrival() {
    const MonotonicTime now = world.clock.monotonic();
    return {.wall = world.clock.wall(), .monotonic = now, .begun = now};
  }
  void finish(LoadedFunction& function, Accepted accepted, CallResult result, Done done);
  void record(const LoadedFunction& function, const Accepted& accepted, std::uint64_t calls,
              CallResult& result);
};

Functions::Functions(const FunctionsParts& parts, const PlatformLimits& limits)
    : parts_(std::make_unique<Parts>(parts, limits)) {}

Functions::~Functions() = default;

const PlatformLimits& Functions::limits() const {
  return parts_->limits;
}
std::uint32_t Functions::in_flight() const {
  return parts_->in_flight->load();
}
void Functions::stop_initializing() {
  parts_->initializer.stop();
}
void Functions::flush_records() {
  parts_->recorder.flush();
}

// --- modules ---

namespace {

// How bytes that are no WebAssembly are sent, so that they are taken as what they are.
std::string_view how_python_is_sent(std::string_view bytes) {
  if (is_python_archive(bytes))
    return "a zip archive of Python files is sent with Content-Type: application/zip";
  return "a Python file is sent with Content-Type: text/x-python, as `weft deploy` does when its "
         "name ends in .py or its first line is like #!/usr/bin/env python3";
}

Error no_module(std::string_view bytes) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("neither a WebAssembly module (its first bytes would be \\0asm) nor "
                      "WebAssembly text (it would begin with a parenthesis); {}",
                      how_python_is_sent(bytes))};
}

// The same bytes may be text of WebAssembly and of Python.
Error uploaded_as_another(const Module& known, std::string_view bytes) {
  if (known.dialect == abi::Dialect::kPython && !engine::may_be_text(bytes)) {
    return {ErrorCode::kAlreadyExists,
            fmt::format("these bytes are on the server as Python, and were sent as a WebAssembly "
                        "module; {}",
                        how_python_is_sent(bytes))};
  }
  return {ErrorCode::kAlreadyExists,
          fmt::format("the same bytes were uploaded as a module of the dialect {}: remove that "
                      "one, or change a byte",
                      abi::name_of(known.dialect))};
}

}  // namespace

Result<UploadedModule> Functions::upload(std::string_view bytes, Language language) {
  const std::uint64_t limit = parts_->limits.module_bytes;
  const auto too_large = [limit](std::string_view what) {
    return fail(Error(ErrorCode::kTooLarge, fmt::format("{} is larger than {} bytes", what, limit))
                    .with_limit("module_bytes", limit));
  };
  if (bytes.size() > limit) return too_large("the module");
  const std::string id = content_id(bytes);
  if (const auto known = parts_->known_module(id, bytes)) {
    auto module = TRY(module_of(*known));
    if ((module.dialect == abi::Dialect::kPython) == (language != Language::kWasm))
      return UploadedModule{.module = std::move(module), .is_new = false};
    return fail(uploaded_as_another(module, bytes));
  }
  if (language != Language::kWasm) {
    TRY(check_python(parts_->world.clock, bytes, language == Language::kPythonArchive));
    engine::ModuleInfo info;  // What is known before the file is loaded.
    info.has_mutable_state = true;
    return parts_->put_module(bytes, {.id = id,
                                      .dialect = std::string(name_of(abi::Dialect::kPython)),
                                      .size_bytes = bytes.size(),
                                      .info = to_record(info),
                                      .created = {}});
  }
  if (!bytes.empty() && !engine::is_binary_module(bytes) && !engine::may_be_text(bytes))
    return fail(no_module(bytes));
  const std::string binary = TRY(engine::to_binary(bytes, engine::kTextName));
  if (binary.size() > limit) return too_large("the module that the text describes");
  const auto inspected = engine::inspect(binary);
  if (!inspected) return fail(engine::in_text(inspected.error(), bytes));
  const engine::ModuleInfo& info = *inspected;
  const store::ModuleRecord record{.id = id,
                                   .dialect = std::string(abi::name_of(abi::dialect_of(info))),
                                   .size_bytes = bytes.size(),
                                   .info = to_record(info),
                                   .created = {}};
  if (record.info.size() > parts_->limits.description_bytes) {
    const std::uint64_t most = parts_->limits.description_bytes;
    return fail(Error(ErrorCode::kTooLarge,
                      fmt::format("the names and types of the module's imports and exports take "
                                  "more than {} bytes",
                                  most))
                    .with_limit("description_bytes", most));
  }
  return parts_->put_module(bytes, record);
}

Result<Module> Functions::module(std::string_view id) {
  return parts_->module(id);
}

Result<std::string> Functions::module_bytes(std::string_view id) {
  TRY(parts_->world.metadata.module(id));
  return stored_bytes(parts_->world.metadata, parts_->world.blobs, id);
}

Result<store::Listed<Module>> Functions::modules(const store::Page& page) {
  const auto records = TRY(parts_->world.metadata.modules(page, parts_->limits.description_bytes));
  store::Listed<Module> list{.items = {}, .next = records.next};
  for (const auto& record : records.items)
    parts_->add_if_sound(list.items, record.id, module_of(record));
  return list;
}

Result<> Functions::remove_module(std::string_view id) {
  const std::scoped_lock lock(parts_->storing_blobs);
  TRY(parts_->world.metadata.remove_module(id));
  return parts_->world.blobs.remove(id);
}

// --- deployments ---

Result<std::shared_ptr<const engine::Program>> Functions::Parts::program_of(
    std::string_view module_id, engine::Waiting parking) {
  auto in_use = programs.with([&](auto& known) {
    const auto found = known.find({std::string(module_id), parking});
    return found == known.end() ? nullptr : found->second.lock();
  });
  if (in_use) return in_use;
  const std::string bytes = TRY(stored_bytes(world.metadata, world.blobs, module_id));
  const auto code = TRY(world.code_cache.code_of(world.engine, module_id, bytes));
  auto program = TRY(host_table.link(code, nullptr, parking));
  programs.with([&](auto& known) {
    std::erase_if(known, [](const auto& entry) { return entry.second.expired(); });
    known[{std::string(module_id), parking}] = program;
  });
  return program;
}

// What a version's instances run. The description is complete but for what Python files tell.
Result<Functions::Parts::Origin> Functions::Parts::origin_of(
    const std::string& module_id, const Grants& grants, LoadedFunction::Description& description) {
  Origin origin;
  if (description.dialect == abi::Dialect::kPython) {
    origin.beginning = std::make_shared<PythonBeginning>(python, description, sources, module_id);
    return origin;
  }
  origin.program = TRY(program_of(module_id, parking_for(grants)));
  if (has_snapshot(description))
    origin.beginning = std::make_shared<ModuleBeginning>(initializer, description, origin.program);
  return origin;
}

// What the engine knows of what is deployed: of a Python file, of the guest that loads it.
Result<engine::ModuleInfo> Functions::Parts::info_of(const Module& module) {
  if (module.dialect != abi::Dialect::kPython) return module.info;
  return TRY(python.compiled())->info;
}

Result<std::shared_ptr<LoadedFunction>> Functions::Parts::load_version(
    store::VersionRecord& record) {
  const Module module = TRY(this->module(record.spec.module));
  const Grants grants = TRY(stored_grants(record));
  LoadedFunction::Description description{
      .name = record.function,
      .version = record.version,
      .dialect = module.dialect,
      .info = TRY(info_of(module)),
      .limits = TRY(stored_limits(record)),
      .environment = TRY(environment_of(record)),
      .network = network_rules(grants),
      .initialization = TRY(stored_initialization(module, record)),
      .is_warm = is_warm(record)};
  Origin origin = TRY(origin_of(record.spec.module, grants, description));
  auto program = origin.beginning ? TRY(snapshots.restored(*origin.beginning, record))
                                  : std::move(origin.program);
  return std::make_shared<LoadedFunction>(std::move(description), std::move(program),
                                          loaded.history(record.function));
}

// `expected_version`: the current one a moment ago.
Result<std::shared_ptr<LoadedFunction>> Functions::Parts::load_current(
    const std::string& name, std::int64_t expected_version) {
  const auto current = [&]() -> Result<store::VersionRecord> {
    return world.metadata.version(name, TRY(world.metadata.function(name)).current_version);
  };
  auto found = world.metadata.version(name, expected_version);
  for (;;) {
    if (auto known = loaded.find(name, world.clock.monotonic())) {
      known->make_ready();
      return known;
    }
    // Replaced or removed meanwhile, it may be there again with other versions.
    if (!found) found = current();
    auto version = TRY(std::move(found));
    // One load waits for that, the others make room for functions that can run.
    if (!version.spec.language.empty() && python.is_busy()) {
      return fail(
          ErrorCode::kUnavailable,
          "the server prepares its Python interpreter, which takes up to a minute: try again");
    }
    // Compiles, perhaps for seconds: deployments of other functions need not wait for it.
    auto function = TRY(load_version(version));
    function->make_ready();
    const std::scoped_lock lock(deploying);
    if (auto known = loaded.find(name, world.clock.monotonic())) return known;
    found = current();
    if (!found || *found != version) continue;
    loaded.put(function);
    return function;
  }
}

Result<Function> Functions::deploy(std::string_view name, const Deployment& deployment) {
  if (!store::is_function_name(name)) {
    return fail(ErrorCode::kInvalidArgument,
                "a function's name has 1 to 63 lower-case letters, digits and inner hyphens");
  }
  const Module module = TRY(this->module(deployment.module));
  LoadedFunction::Description description{.name = std::string(name),
                                          .version = 0,  // not known yet
                                          .dialect = module.dialect,
                                          .info = TRY(parts_->info_of(module)),
                                          .limits = deployment.limits,
                                          .environment = deployment.environment,
                                          .network = network_rules(deployment.grants),
                                          .initialization = {},
                                          .is_warm = deployment.is_warm,
                                          .file = deployment.file,
                                          .shown_name = deployment.shown_name};
  TRY(check_deployable(description.info, deployment.limits,
                       parts_->world.engine.options().guest_memory_bytes_max));
  TRY(check_state(module.dialect, deployment.is_warm));
  description.initialization = TRY(initialization_of(module.info, deployment.init));
  Parts::Origin origin = TRY(parts_->origin_of(deployment.module, deployment.grants, description));
  std::optional<std::string> snapshot;
  if (origin.beginning) {
    auto prepared = origin.beginning->prepare();
    if (!prepared) {
      return fail(module.dialect == abi::Dialect::kPython ? fault_of_deployment(prepared.error())
                                                          : std::move(prepared.error()));
    }
    snapshot = *std::move(prepared);
    origin.program = TRY(origin.beginning->begin_with(*snapshot));
  }
  TRY(parts_->add_version(std::move(description), deployment, std::move(origin.program), snapshot));
  return function(name);
}

Result<> Functions::Parts::add_version(LoadedFunction::Description description,
                                       const Deployment& deployment,
                                       std::shared_ptr<const engine::Program> program,
                                       const std::optional<std::string>& snapshot) {
  auto history = loaded.history(description.name);
  store::VersionSpec spec{.module = deployment.module,
                          .language = description.python ? "python" : "",
                          .limits = json::to_string(to_json(deployment.limits)),
                          .grants = json::to_string(to_json(deployment.grants)),
                          .environment = json::to_string(to_json(deployment.environment)),
                          .init = deployment.init,
                          .state = std::string(deployment.is_warm ? kWarmState : kPristineState),
                          .snapshot = {},
                          .cold = description.initialization.cold};
  std::unique_lock storing(storing_blobs, std::defer_lock);
  if (snapshot) {
    storing.lock();
    spec.snapshot = TRY(world.blobs.put(*snapshot));
  }
  const std::scoped_lock lock(deploying);
  const auto version = world.metadata.deploy(description.name, spec);
  if (!version) {
    if (spec.snapshot) TRY(snapshots.remove_unnamed(*spec.snapshot));
    return fail(version.error());
  }
  description.version = version->version;
  auto function = std::make_shared<LoadedFunction>(std::move(description), std::move(program),
                                                   std::move(history));
  function->make_ready();
  loaded.put(std::move(function));
  return {};
}

Result<Function> Functions::rollback(std::string_view name, std::int64_t version) {
  auto record = TRY(parts_->world.metadata.version(name, version));
  auto function_then = TRY(parts_->load_version(record));
  {
    const std::scoped_lock lock(parts_->deploying);
    if (TRY(parts_->world.metadata.version(name, version)) != record) {
      return fail(
          ErrorCode::kFailedPrecondition,
          fmt::format("the function {} was replaced meanwhile: look at its versions again", name));
    }
    TRY(parts_->world.metadata.rollback(name, version));
    parts_->loaded.put(std::move(function_then));
  }
  return function(name);
}

Result<> Functions::remove_function(std::string_view name) {
  const std::scoped_lock storing(parts_->storing_blobs);
  std::vector<std::string> snapshots;
  {
    const std::scoped_lock lock(parts_->deploying);
    snapshots = TRY(parts_->world.metadata.remove_function(name));
    parts_->loaded.remove(name);
  }
  for (const std::string& id : snapshots)
    TRY(parts_->world.blobs.remove(id));
  return {};
}

// --- descriptions ---

Result<Function> Functions::Parts::describe(const store::FunctionRecord& record) {
  const auto version = TRY(world.metadata.version(record.name, record.current_version));
  Function function{.name = record.name,
                    .version = record.current_version,
                    .versions = record.latest_version,
                    .created = record.created,
                    .deployed = version.deployed,
                    .module = TRY(module(version.spec.module)),
                    .limits = TRY(stored_limits(version)),
                    .environment = TRY(environment_of(version)),
                    .grants = TRY(stored_grants(version)),
                    .init = version.spec.init,
                    .initialization = {},
                    .state = State::kFresh,
                    .activity = activity(record.name)};
  function.initialization = TRY(stored_initialization(function.module, version));
  function.state = state_of(function.module.info, is_warm(version));
  return function;
}

Result<Function> Functions::function(std::string_view name) {
  return parts_->describe(TRY(parts_->world.metadata.function(name)));
}

Result<store::Listed<Function>> Functions::functions(std::string_view search,
                                                     const store::Page& page) {
  const auto records = TRY(parts_->world.metadata.functions(search, page));
  store::Listed<Function> list{.items = {}, .next = records.next};
  std::uint64_t bytes = 0;
  for (const auto& record : records.items) {
    const std::size_t before = list.items.size();
    parts_->add_if_sound(list.items, record.name, parts_->describe(record));
    if (list.items.size() > before) bytes += memory_bytes_of(list.items.back().module.info);
    if (bytes <= parts_->limits.description_bytes || &record == &records.items.back()) continue;
    list.next = store::Metadata::cursor_behind(record);
    break;
  }
  return list;
}

Result<store::Listed<Version>> Functions::versions(std::string_view name, const store::Page& page) {
  const auto function = TRY(parts_->world.metadata.function(name));
  const auto records = TRY(parts_->world.metadata.versions(name, page));
  store::Listed<Version> list{.items = {}, .next = records.next};
  for (const auto& record : records.items)
    list.items.push_back(TRY(version_of(record, function.current_version)));
  return list;
}

Result<store::Metadata::Counts> Functions::counts() {
  return parts_->world.metadata.counts();
}

// --- calls ---

CallHandle Functions::invoke(Call call, const std::shared_ptr<Executor>& executor, Done done) {
  const PlatformLimits& limits = parts_->limits;
  const auto refused = [&done](Error error) {
    refuse(done, std::move(error));
    return CallHandle();
  };
  if (call.payload.size() > limits.payload_bytes) {
    return refused(Error(ErrorCode::kTooLarge,
                         fmt::format("the payload is larger than {} bytes", limits.payload_bytes))
                       .with_limit("payload_bytes", limits.payload_bytes));
  }
  const Arrival arrival = parts_->arrival();
  const auto function = parts_->loaded.find(call.function, arrival.monotonic);
  if (function && function->is_ready())
    return parts_->run(function, std::move(call), arrival, executor, std::move(done));
  if (!store::is_function_name(call.function))
    return refused(Error(ErrorCode::kNotFound, "there is no function of that name"));
  // Not called since the start or for long, or not there at all.
  return parts_->wait_and_run(std::move(call), arrival, executor, std::move(done));
}

CallHandle Functions::Parts::wait_and_run(Call call, const Arrival& arrival,
                                          const std::shared_ptr<Executor>& executor, Done done) {
  const std::uint32_t places = std::max(limits.in_flight / kWaitingShare, 1U);
  auto place = Permit::take(waiting, places);
  if (!place) {
    refuse(done, too_busy("too many calls wait for functions that are not in memory",
                          "waiting_calls", places));
    return {};
  }
  const std::string name = call.function;
  auto waiting_call =
      std::make_shared<WaitingCall>(std::move(call), arrival, *std::move(place), std::move(done));
  // What waits on an executor must not keep it: the loader does until it has handed over.
  loader.load(
      name, executor,
      [this, waiting_call, weak = std::weak_ptr(executor)](const FunctionLoader::Loaded& function) {
        const auto executor = weak.lock();
        if (!executor || waiting_call->is_cancelled()) return;
        auto to = waiting_call->take_done();
        if (!function) return refuse(to, function.error());
        // Lives as long as the call, so that its handle does.
        auto ended = [waiting_call, to = std::move(to)](Outcome outcome) mutable {
          to(std::move(outcome));
        };
        Arrival arrival = waiting_call->arrival();
        arrival.begun = world.clock.monotonic();
        waiting_call->becomes(
            run(*function, waiting_call->take_call(), arrival, executor, std::move(ended)));
      });
  return CallHandle(waiting_call);
}

CallHandle Functions::Parts::run(const std::shared_ptr<LoadedFunction>& function, Call call,
                                 const Arrival& arrival, const std::shared_ptr<Executor>& executor,
                                 Done done) {
  auto of_all = Permit::take(in_flight, limits.in_flight);
  if (!of_all) {
    refuse(done, too_busy("too many calls are under way", "platform_in_flight", limits.in_flight));
    return {};
  }
  const std::uint32_t places = function->description().limits.in_flight;
  auto of_function = Permit::take(function->history().in_flight, places);
  if (!of_function) {
    of_all->give_back();
    refuse(done,
           too_busy(fmt::format("{} calls of {} are under way already", places, call.function),
                    "in_flight", places));
    return {};
  }
  Accepted accepted{.started = arrival.wall,
                    .of_all = *std::move(of_all),
                    .of_function = *std::move(of_function)};
  auto running = std::make_shared<RunningCall>(
      function, call_context(), executor, arrival.monotonic,
      [this, function, accepted = std::move(accepted),
       done = std::move(done)](CallResult result) mutable {
        finish(*function, std::move(accepted), std::move(result), std::move(done));
      });
  running->start({.call = std::move(call), .invocation = ids.next(), .started = arrival.wall},
                 arrival.begun);
  return CallHandle(running);
}

void Functions::Parts::finish(LoadedFunction& function, Accepted accepted, CallResult result,
                              Done done) {
  idleness.wake();
  accepted.of_function.give_back();
  accepted.of_all.give_back();
  function.history().statistics.record(accepted.started, result.duration_us, !result.response);
  // A success under load may stand for others that are not recorded; an error never does.
  const std::uint64_t calls =
      result.response ? function.history().sampler.admit_success(world.clock.monotonic()) : 1;
  if (calls > 0) record(function, accepted, calls, result);
  done(Outcome{.invocation = std::move(result.invocation),
               .duration_us = result.duration_us,
               .response = std::move(result.response),
               .state = function.state()});
}

void Functions::Parts::record(const LoadedFunction& function, const Accepted& accepted,
                              std::uint64_t calls, CallResult& result) {
  const Result<Response>& response = result.response;
  store::InvocationRecord record{
      .id = result.invocation,
      .function = function.description().name,
      .version = function.description().version,
      .export_name = std::move(result.export_name),
      .status = response ? store::InvocationStatus::kOk : store::InvocationStatus::kError,
      .error = std::nullopt,
      .started = accepted.started,
      .duration_us = static_cast<std::int64_t>(result.duration_us),
      .cpu_us = static_cast<std::int64_t>(result.cpu_us),
      .input_bytes = result.payload.size(),
      .output_bytes = response ? response->body.size() : 0,
      .input = kept(result.payload, limits.kept_text_bytes),
      .output = response ? kept(response->body, limits.kept_text_bytes) : std::nullopt,
      .log_bytes = result.log.size(),
      .calls = calls};
  if (record.export_name && record.export_name->size() > limits.kept_text_bytes) {
    record.export_name->resize(limits.kept_text_bytes);
  }
  if (!response) {
    std::string text;
    json::Writer writer(text);
    json::write_problem(writer, response.error(), result.invocation);
    record.error = std::move(text);
  }
  recorder.add({.record = std::move(record), .log = std::move(result.log)});
}

}  // namespace weft::function
