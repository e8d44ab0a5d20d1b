#include "cli/local_functions.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/log.h"
#include "cli/called_functions.h"
#include "cli/deployable_file.h"
#include "cli/held_signals.h"
#include "cli/local_code.h"
#include "cli/python_files.h"
#include "cli/requirements.h"
#include "cli/server_engine.h"
#include "cli/status_line.h"
#include "engine/module_info.h"
#include "function/code_cache.h"
#include "function/compiler.h"
#include "function/functions.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"
#include "store/cache_directory.h"
#include "store/directory_blobs.h"
#include "store/file.h"
#include "store/invocations.h"
#include "store/metadata.h"
#include "store/migrations.h"
#include "store/sqlite_database.h"

namespace weft::cli {
namespace {

// The longest that a Lambda function may run.
constexpr std::uint32_t kDeadlineMs = 900'000;
// How soon a signal ends a call.
constexpr std::chrono::milliseconds kSignalTime{100};
constexpr std::chrono::milliseconds kAtOnce{0};

// Runs what is posted on the thread that waits.
class CallQueue final : public Executor {
 public:
  void post(Work work) override {
    {
      const std::scoped_lock lock(mutex_);
      queue_.push_back(std::move(work));
    }
    posted_.notify_one();
  }

  // Runs the next piece of work, if one comes in that time.
  void run_one(std::chrono::milliseconds time) {
    Work work;
    {
      std::unique_lock lock(mutex_);
      if (!posted_.wait_for(lock, time, [this] { return !queue_.empty(); })) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    work();
  }

 private:
  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Work> queue_;
};

function::Language language_of(std::string_view content_type) {
  if (content_type == "text/x-python") return function::Language::kPython;
  if (content_type == "application/zip") return function::Language::kPythonArchive;
  return function::Language::kWasm;
}

bool is_class_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char letter) {
    return is_letter_or_digit(letter) || letter == '_' || letter == '.';
  });
}

std::string json_text(std::string_view text) {
  std::string json;
  json::append_string(json, text);
  return json;
}

// "  File \"charge.py\", line 2, in handler\n" for each frame; Lambda also has the line itself.
json::Value stack_of(const Error& error) {
  json::Array stack;
  // Python has the innermost one last.
  for (const BacktraceFrame& frame : error.backtrace() | std::views::reverse) {
    stack.push_back(
        json::Value(fmt::format("  File \"{}\", line {}, in {}\n", frame.file.value_or("?"),
                                frame.line.value_or(0), frame.function)));
  }
  return json::Value(std::move(stack));
}

// As Lambda reports an exception of Python, and Step Functions everything else.
workflow::Failure failure_of(const Error& error, const std::string& request) {
  const std::string& message = error.message();
  const std::size_t colon = std::min(message.find(": "), message.size());
  const std::string type = message.substr(0, colon);
  if (error.code() == ErrorCode::kGuestError && is_class_name(type)) {
    const std::string said = message.substr(std::min(colon + 2, message.size()));
    return {.error = type,
            .cause = json::to_string(json::Value::object({{"errorMessage", said},
                                                          {"errorType", type},
                                                          {"requestId", request},
                                                          {"stackTrace", stack_of(error)}}))};
  }
  return {.error = "Lambda.Unknown",
          .cause = fmt::format("The cause could not be determined because Lambda did not return an "
                               "error type. Returned payload: {{\"errorMessage\":{}}}",
                               json_text(message))};
}

std::string as_json(std::string body) {
  return json::parse(body) ? std::move(body) : json_text(body);
}

}  // namespace

// Each part before what uses it.
struct LocalFunctions::Parts {
  explicit Parts(Console& used) : console(used) {}

  Console& console;
  HeldSignals signals = {};
  TemporaryPlace place = {};
  Log log{console.clock(), LogLevel::kError, [](std::string_view) {}};
  std::unique_ptr<store::Database> database = nullptr;
  std::unique_ptr<store::Blobs> blobs = nullptr;
  std::unique_ptr<store::Metadata> metadata = nullptr;
  std::unique_ptr<store::Invocations> invocations = nullptr;
  std::unique_ptr<store::CacheDirectory> cache = nullptr;
  function::DirectCompiler compiler = {};
  std::unique_ptr<function::SealedCache> entries = nullptr;
  std::unique_ptr<function::CodeCache> code_cache = nullptr;
  std::unique_ptr<engine::Engine> engine = nullptr;
  std::shared_ptr<CallQueue> queue = std::make_shared<CallQueue>();
  std::unique_ptr<function::Functions> functions = nullptr;

  Result<> start();
  Result<> open_cache(const std::filesystem::path& fallback);
};

// The user's, so that Python is compiled once; else one that vanishes with the rest.
Result<> LocalFunctions::Parts::open_cache(const std::filesystem::path& fallback) {
  std::filesystem::path directory = cache_directory(console).value_or(fallback);
  auto made = store::make_directories(directory);
  auto key = made
                 ? function::SealedCache::load_or_make_key(directory / "code.key", console.random())
                 : Result<function::SealedCache::Key>(fail(std::move(made).error()));
  if (!key) {
    directory = fallback;
    TRY(store::make_directories(directory));
    key = function::SealedCache::load_or_make_key(directory / "code.key", console.random());
  }
  cache = std::make_unique<store::CacheDirectory>(directory / "code", kCodeCacheBytesMax,
                                                  console.clock());
  entries = std::make_unique<function::SealedCache>(*cache, TRY(std::move(key)));
  code_cache = std::make_unique<function::CodeCache>(*entries, compiler);
  return {};
}

Result<> LocalFunctions::Parts::start() {
  const std::filesystem::path directory = TRY(place.make());
  database = TRY(store::SqliteDatabase::open(directory / "weft.db"));
  TRY(store::migrate(*database, console.clock()));
  blobs = TRY(store::DirectoryBlobs::open(directory / "blobs"));
  metadata = std::make_unique<store::Metadata>(*database, console.clock());
  invocations = std::make_unique<store::Invocations>(*database);
  TRY(open_cache(directory / "cache"));
  engine = TRY(engine::Engine::create(server_engine()));
  const auto found = find_python_files(console.variable("WEFT_PYTHON"), executable_path());
  std::optional<function::PythonFiles> python;
  if (found)
    python = function::PythonFiles{.module = found->weft_wasm(), .library = found->library()};
  functions =
      std::make_unique<function::Functions>(function::FunctionsParts{.engine = *engine,
                                                                     .code_cache = *code_cache,
                                                                     .cache = *entries,
                                                                     .metadata = *metadata,
                                                                     .blobs = *blobs,
                                                                     .invocations = *invocations,
                                                                     .clock = console.clock(),
                                                                     .random = console.random(),
                                                                     .log = log,
                                                                     .background_threads = 1,
                                                                     .python = std::move(python)},
                                            function::PlatformLimits());
  return {};
}

bool LocalFunctions::is_interrupted() const {
  return parts_->signals.waiting().has_value();
}

LocalFunctions::LocalFunctions(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LocalFunctions::~LocalFunctions() = default;

Result<std::unique_ptr<LocalFunctions>> LocalFunctions::create(
    const std::vector<std::string_view>& options, const GuestEnvironment& environment,
    Console& console) {
  auto local =
      std::unique_ptr<LocalFunctions>(new LocalFunctions(std::make_unique<Parts>(console)));
  TRY(local->parts_->start());
  for (const std::string_view option : options) {
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == option.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--function {}: expected NAME=FILE", printable(option)));
    }
    const std::string name = function_name(option.substr(0, equals));
    if (local->has(name)) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--function {}: the function {} is given twice", printable(option),
                              printable(name)));
    }
    auto deployed = local->deploy(name, option.substr(equals + 1), environment, console);
    if (!deployed) {
      return fail(std::move(deployed).error().with_context(
          fmt::format("--function {}", printable(option))));
    }
  }
  return local;
}

// Lambda lets names be what weft does not.
std::string LocalFunctions::own_name(const std::string& name) const {
  const auto is_free = [this](const std::string& own) {
    return std::ranges::none_of(names_, [&](const auto& taken) { return taken.second == own; });
  };
  std::string own = name;
  for (std::size_t i = 0; !store::is_function_name(own) || !is_free(own); ++i)
    own = fmt::format("function{}", i);
  return own;
}

Result<> LocalFunctions::deploy(const std::string& name, std::string_view file,
                                const GuestEnvironment& environment, Console& console) {
  const DeployableFile deployable = TRY(deployable_file(file, {}, console));
  if (std::string_view(deployable.content_type) == "text/plain" &&
      !engine::may_be_text(deployable.bytes)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is {}; a Python file has a name that ends in .py, or a first line "
                            "like #!/usr/bin/env python3",
                            printable(deployable.name),
                            deployable.bytes.empty() ? "empty" : "no WebAssembly module"));
  }
  const BusyLine busy(console, console.is_terminal() ? Status::kShown : Status::kHidden,
                      fmt::format("Preparing {}", printable(name)));
  const auto uploaded =
      TRY(parts_->functions->upload(deployable.bytes, language_of(deployable.content_type)));
  const std::string own = own_name(name);
  const bool has_name = deployable.name != "-" && json::is_utf8(deployable.name);
  TRY(parts_->functions->deploy(own, {.module = uploaded.module.id,
                                      .limits = {.deadline_ms = kDeadlineMs},
                                      .environment = environment,
                                      .file = has_name ? deployable.name : "",
                                      .shown_name = name}));
  names_.insert_or_assign(name, own);
  return {};
}

void LocalFunctions::show_log(const std::string& invocation) {
  parts_->functions->flush_records();
  std::string log = parts_->invocations->log(invocation).value_or("");
  if (!log.empty() && !log.ends_with('\n')) log += '\n';
  parts_->console.note(log);
}

LocalFunctions::Answer LocalFunctions::call(std::string_view name, std::string payload,
                                            std::optional<std::chrono::milliseconds> time_max) {
  std::optional<function::Outcome> outcome;
  const auto found = names_.find(name);
  const auto call = parts_->functions->invoke(
      {.function = found->second,
       .payload = std::move(payload),
       .content_type = "application/json"},
      parts_->queue, [&outcome](function::Outcome ended) { outcome = std::move(ended); });
  const Clock& clock = parts_->console.clock();
  const MonotonicTime start = clock.monotonic();
  bool is_cancelled = false;
  bool is_late = false;
  while (!outcome) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock.monotonic() - start);
    const bool ends = is_cancelled || is_late;
    parts_->queue->run_one(time_max && !ends ? std::clamp(*time_max - took, kAtOnce, kSignalTime)
                                             : kSignalTime);
    if (ends || outcome) continue;
    is_cancelled = parts_->signals.waiting().has_value();
    is_late = !is_cancelled && time_max && clock.monotonic() - start >= *time_max;
    if (is_cancelled || is_late) call.cancel();
  }
  if (outcome->invocation) show_log(*outcome->invocation);
  const auto millis = static_cast<std::int64_t>(outcome->duration_us / 1000);
  if (!outcome->response) {
    return {.result = std::unexpected(
                failure_of(outcome->response.error(), outcome->invocation.value_or(""))),
            .millis = millis,
            .is_cancelled = is_cancelled,
            .is_late = is_late};
  }
  return {.result = as_json(std::move(outcome->response->body)), .millis = millis};
}

}  // namespace weft::cli
