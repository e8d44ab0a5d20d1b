// weft serve: the composition root of the server.
#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <system_error>
#include <thread>

#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/log.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/input_file.h"
#include "cli/python_files.h"
#include "cli/server_client.h"
#include "cli/server_engine.h"
#include "cli/settings.h"
#include "engine/engine.h"
#include "function/code_cache.h"
#include "function/compiler.h"
#include "function/functions.h"
#include "function/reactors.h"
#include "net/http_server.h"
#include "server/api.h"
#include "server/callbacks.h"
#include "store/cache_directory.h"
#include "store/data_directory.h"
#include "store/directory_blobs.h"
#include "store/invocations.h"
#include "store/metadata.h"
#include "store/migrations.h"
#include "store/reactors.h"
#include "store/sqlite_database.h"
#include "system/host_directory.h"

namespace weft::cli {
namespace {

// Also when its file was replaced meanwhile.
constexpr const char* kThisProgram = "/proc/self/exe";

// Threads that read disks, and others that also compile and initialise, so that whoever deploys
// what takes long delays neither questions nor other deployments. How far the latter stand behind
// those of requests, as of setpriority(2); and how much may wait before clients are told to come
// back.
constexpr std::size_t kBlockingThreads = 4;
constexpr std::size_t kDeploymentThreads = 32;
constexpr int kDeploymentNiceness = 10;
constexpr std::size_t kBlockingQueueMax = 1024;

// A token of fewer characters is warned about.
constexpr std::size_t kTokenBytesAdvised = 16;

// What net::parse_listen_address makes of "*".
constexpr std::string_view kEveryAddress = "::";

constexpr std::size_t kOwnOptions = 1;

unsigned processors() {
  return std::max(1U, std::thread::hardware_concurrency());
}

constexpr std::string_view value_name(SettingType type) {
  switch (type) {
    case SettingType::kAddress:
      return "ADDR";
    case SettingType::kPath:
      return "PATH";
    case SettingType::kNames:
      return "NAMES";
    case SettingType::kLevel:
      return "LEVEL";
    case SettingType::kCount:
      return "N";
    case SettingType::kBytes:
      return "SIZE";
    case SettingType::kDuration:
      return "T";
  }
  return "VALUE";
}

constexpr Word word_of(const Setting& setting) {
  if (setting.type == SettingType::kLevel) return {.choices = kLevelNames};
  if (setting.name == "data" || setting.name == "python") return {.kind = WordKind::kDirectory};
  if (setting.type == SettingType::kPath) return {.kind = WordKind::kFile};
  return {};
}

constexpr std::array kOptions = [] {
  std::array<Option, kSettings.size() + kOwnOptions> options{};
  for (std::size_t i = 0; i < kSettings.size(); ++i) {
    const Setting& setting = kSettings.at(i);
    options.at(i) = {.name = setting.flag,
                     .value = value_name(setting.type),
                     .help = setting.help,
                     .fallback = setting.fallback,
                     .word = word_of(setting)};
  }
  options.back() = {.name = "config",
                    .value = "FILE",
                    .help = "a weft.toml (or WEFT_CONFIG)",
                    .word = {.kind = WordKind::kFile}};
  return options;
}();

// The signals that end the server, blocked in every thread that is made while this exists, so that
// wait() gets them.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
  }
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  // Returns at the first of them; the next one ends the process at once.
  void wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t set_{};
  sigset_t before_{};
};

Result<ServerSettings> settings_of(const Arguments& arguments, Console& console) {
  std::optional<std::string> file = console.variable("WEFT_CONFIG");
  if (const auto given = arguments.value("config")) file = *given;
  if (!file) return resolve_settings(arguments, console, {});
  const std::string text = TRY(read_input(*file, console));
  return resolve_settings(arguments, console, TRY(parse_settings_file(text, *file)));
}

// The address as a user writes it.
std::string address_text(const net::Endpoint& endpoint) {
  return endpoint.address == kEveryAddress ? fmt::format("*:{}", endpoint.port) : endpoint.text();
}

// Where a browser on this machine finds the server, who else can reach it, and where its data is.
std::string greeting(const net::Endpoint& endpoint, const std::filesystem::path& data) {
  const bool is_everywhere = endpoint.address == kEveryAddress || endpoint.address == "0.0.0.0";
  const std::string where =
      is_everywhere
          ? fmt::format("localhost:{} and on every other address of this machine", endpoint.port)
          : endpoint.text();
  std::error_code problem;
  const std::filesystem::path whole = std::filesystem::absolute(data, problem);
  return fmt::format("listening on http://{} (data in {})\n", where,
                     printable(problem ? data.string() : whole.lexically_normal().string()));
}

Result<server::AccessOptions> access_of(const ServerSettings& settings, Console& console) {
  server::AccessOptions access{
      .listen = settings.listen, .token = std::nullopt, .hosts = settings.hosts};
  if (settings.token_file) {
    access.token = TRY(read_token(*settings.token_file, console));
  } else {
    access.token = console.variable("WEFT_TOKEN");
    if (access.token && access.token->find_first_not_of(" \t\r\n") == std::string::npos) {
      return fail(ErrorCode::kInvalidArgument,
                  "WEFT_TOKEN is blank: no client could send it. Set a token, or unset it");
    }
  }
  if (!settings.listen.is_loopback() && !access.token) {
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("{} can be reached from other machines, so clients must show a token: "
                            "name a file that holds one with --token-file, or set WEFT_TOKEN. "
                            "(127.0.0.1 needs none.)",
                            address_text(settings.listen)));
  }
  return access;
}

// Half of the machine's memory: the rest is for the server, its caches and everybody else.
std::uint64_t guest_memory_bytes_max() {
  const long pages = sysconf(_SC_PHYS_PAGES);
  const long page_bytes = sysconf(_SC_PAGESIZE);
  if (pages <= 0 || page_bytes <= 0) return UINT64_MAX;
  return static_cast<std::uint64_t>(pages) / 2 * static_cast<std::uint64_t>(page_bytes);
}

// Everything below the HTTP server, each part before what uses it. Not movable.
struct Parts {
  const ServerSettings& settings;
  const Clock& clock;
  Random& random;
  const Log& log;
  std::unique_ptr<store::DataDirectory> directory = nullptr;
  std::unique_ptr<store::Database> database = nullptr;
  std::unique_ptr<store::Blobs> blobs = nullptr;
  std::unique_ptr<store::CacheDirectory> cache = nullptr;
  std::unique_ptr<function::ChildCompiler> compiler = nullptr;
  std::unique_ptr<function::SealedCache> entries = nullptr;
  std::unique_ptr<function::CodeCache> code_cache = nullptr;
  std::unique_ptr<engine::Engine> engine = nullptr;
  std::unique_ptr<store::Metadata> metadata = nullptr;
  std::unique_ptr<store::Invocations> invocations = nullptr;
  std::unique_ptr<function::Functions> functions = nullptr;
  std::unique_ptr<store::Reactors> reactor_records = nullptr;
  std::unique_ptr<function::Reactors> reactors = nullptr;

  Result<> open_stores() {
    directory =
        std::make_unique<store::DataDirectory>(TRY(store::DataDirectory::open(settings.data)));
    database = TRY(store::SqliteDatabase::open(directory->database_file()));
    TRY(store::migrate(*database, clock));
    // A snapshot takes a little more than its pages.
    const std::uint64_t blob_bytes =
        std::max(settings.limits.module_bytes, 2 * settings.limits.snapshot_bytes);
    blobs = TRY(store::DirectoryBlobs::open(directory->blobs(), {.blob_bytes_max = blob_bytes}));
    metadata = std::make_unique<store::Metadata>(*database, clock);
    invocations = std::make_unique<store::Invocations>(*database);
    return {};
  }

  // Absent where there are none; whoever named a directory is told.
  std::optional<PythonFiles> python_files() const {
    auto found = find_python_files(settings.python, executable_path());
    if (found) return *std::move(found);
    if (settings.python) log.warning("no Python functions", {{"why", found.error().message()}});
    return std::nullopt;
  }

  Result<> start_reactors(const std::optional<PythonFiles>& python) {
    reactor_records = std::make_unique<store::Reactors>(*database, clock);
    function::ReactorsParts parts{.engine = *engine,
                                  .code_cache = *code_cache,
                                  .records = *reactor_records,
                                  .clock = clock,
                                  .random = random,
                                  .log = log,
                                  .volumes = settings.volumes,
                                  .threads = processors()};
    if (python) {
      parts.python =
          function::PythonFiles{.module = python->reactor_wasm(), .library = python->library()};
    }
    reactors = TRY(function::Reactors::create(parts, settings.reactors));
    return {};
  }

  Result<> start() {
    TRY(open_stores());
    const auto key =
        TRY(function::SealedCache::load_or_make_key(directory->path() / "code.key", random));
    cache = std::make_unique<store::CacheDirectory>(directory->cache() / "code",
                                                    settings.code_cache_bytes, clock);
    compiler = std::make_unique<function::ChildCompiler>(kThisProgram, settings.compile, clock);
    entries = std::make_unique<function::SealedCache>(*cache, key);
    code_cache = std::make_unique<function::CodeCache>(*entries, *compiler);
    engine::EngineOptions options = server_engine();
    options.guest_memory_bytes_max = guest_memory_bytes_max();
    engine = TRY(engine::Engine::create(options));
    const auto python = python_files();
    std::optional<function::PythonFiles> guest;
    if (python) {
      guest = function::PythonFiles{.module = python->weft_wasm(), .library = python->library()};
    }
    functions = std::make_unique<function::Functions>(
        function::FunctionsParts{.engine = *engine,
                                 .code_cache = *code_cache,
                                 .cache = *entries,
                                 .metadata = *metadata,
                                 .blobs = *blobs,
                                 .invocations = *invocations,
                                 .clock = clock,
                                 .random = random,
                                 .log = log,
                                 .background_threads = processors(),
                                 .python = std::move(guest),
                                 .http = {.ca_file = settings.ca_file.value_or("")}},
        settings.limits);
    return start_reactors(python);
  }
};

// Descriptors that the HTTP server does not need: standard streams, locks, the database, and, for
// each thread that blocks, its files and the pipes of a child.
constexpr std::uint64_t kOtherDescriptors = 32 + 8 * (kBlockingThreads + kDeploymentThreads);

// The sockets of guests have this part of the others at least, and what connections leave.
constexpr std::uint64_t kGuestShare = 4;

unsigned threads_of(const ServerSettings& settings) {
  return settings.threads > 0 ? settings.threads : processors();
}

// Lowers what may be open at the same time, connections and sockets of guests, to what the system's
// limit on open files leaves. Raises that limit as far as the process may.
void fit_open_files(ServerSettings& settings, const Log& log) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  const std::uint64_t left =
      limit.rlim_cur > kOtherDescriptors ? limit.rlim_cur - kOtherDescriptors : 0;
  const std::uint64_t guests = left / kGuestShare;
  const std::uint32_t possible = net::connections_possible(left - guests, threads_of(settings));
  const std::uint32_t wanted = settings.connections;
  settings.connections = std::min(wanted, possible);
  settings.limits.guest_sockets = static_cast<std::uint32_t>(std::min<std::uint64_t>(
      guests + possible - settings.connections, settings.limits.guest_sockets));
  if (possible >= wanted) return;
  log.warning("the limit on open files allows fewer connections",
              {{"wanted", fmt::format("{}", wanted)}, {"possible", fmt::format("{}", possible)}});
}

net::ServerOptions http_options(const ServerSettings& settings) {
  net::ServerOptions options;
  options.listen = settings.listen;
  options.threads = threads_of(settings);
  options.limits.bodies_bytes_max = settings.bodies_bytes;
  options.limits.connections_max = settings.connections;
  return options;
}

// Each has to be a directory that can be opened, as for a reactor later.
Result<> check_volumes(const std::vector<function::Volume>& volumes) {
  for (const function::Volume& volume : volumes) {
    const auto opened =
        system::HostDirectory::open_tree(volume.directory, {.read_only = volume.read_only});
    if (!opened) return fail(Error(opened.error()).with_context("volume " + volume.name));
  }
  return {};
}

Result<int> run(const Arguments& arguments, Console& console) {
  ServerSettings settings = TRY(settings_of(arguments, console));
  server::AccessOptions access = TRY(access_of(settings, console));
  TRY(check_volumes(settings.volumes));
  const std::size_t token_bytes = access.token ? access.token->size() : 0;
  StopSignals signals;
  const Log log(console.clock(), settings.log_level);
  fit_open_files(settings, log);
  Parts parts{
      .settings = settings, .clock = console.clock(), .random = console.random(), .log = log};
  TRY(parts.start());
  auto blocking = std::make_unique<WorkPool>("weft-blocking", kBlockingThreads, kBlockingQueueMax);
  auto deployments = std::make_unique<WorkPool>("weft-deploy", kDeploymentThreads,
                                                kBlockingQueueMax, kDeploymentNiceness);
  server::Callbacks callbacks({.origins = settings.callbacks}, log);
  server::Api api({.functions = *parts.functions,
                   .reactors = *parts.reactors,
                   .callbacks = callbacks,
                   .invocations = *parts.invocations,
                   .blocking = *blocking,
                   .deployments = *deployments,
                   .clock = console.clock(),
                   .random = console.random(),
                   .log = log},
                  {.access = std::move(access), .version = std::string(kVersion)});
  const auto http = TRY(net::HttpServer::create(http_options(settings), api, console.clock(), log));
  console.note(greeting(http->endpoint(), settings.data));
  if (token_bytes > 0 && token_bytes < kTokenBytesAdvised) {
    // Not how short: that would help whoever reads the log to guess it.
    log.warning("the token is short enough to be guessed: `openssl rand -hex 16` makes a good one");
  }
  signals.wait();
  log.info("stopping", {{"drain", fmt::format("{} ms", settings.drain.count())}});
  parts.reactors->release_polls();
  http->stop(settings.drain);
  parts.compiler->stop();
  parts.functions->stop_initializing();
  // What still runs on the pools uses the Api: it ends before.
  deployments.reset();
  blocking.reset();
  // A function that is being loaded continues on a loop of the HTTP server: this waits for it.
  parts.functions.reset();
  callbacks.stop();
  parts.reactors.reset();
  return 0;
}

}  // namespace

constexpr Command kServeCommand{
    .name = "serve",
    .usage = "[OPTIONS]",
    .summary = "run the server: functions behind HTTP, and the web pages",
    .details =
        "Serves the web pages and the HTTP interface, by default on http://127.0.0.1:8080 only "
        "for\n"
        "this machine. Any other address needs a token. SIGTERM and Ctrl-C stop it when the calls\n"
        "under way have ended; a second one stops it at once.\n"
        "\n"
        "Every option is also an environment variable (--log-level is WEFT_LOG_LEVEL) and a line "
        "of\n"
        "weft.toml (log_level = \"info\"): a flag counts before a variable, that before the "
        "file.\n",
    .examples =
        "$ weft serve\n"
        "$ weft serve --listen 127.0.0.1:0 --data /tmp/weft\n"
        "$ WEFT_TOKEN=secret weft serve --listen '*:8080'\n",
    .grammar = {.options = kOptions},
    .group = Group::kLocal,
    .run = run,
};

}  // namespace weft::cli
