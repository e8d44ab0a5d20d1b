// weft run: a program, or one export, on this machine.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <unistd.h>

#include "abi/command/command.h"
#include "abi/command/threads.h"
#include "abi/dialect.h"
#include "abi/se2/dialogue.h"
#include "abi/typed/values.h"
#include "base/log.h"
#include "base/thread_group.h"
#include "base/unique_fd.h"
#include "cli/command.h"
#include "cli/directories.h"
#include "cli/environment.h"
#include "cli/input_file.h"
#include "cli/local_code.h"
#include "cli/module_file.h"
#include "cli/network.h"
#include "cli/process_deadline.h"
#include "cli/python_files.h"
#include "cli/python_hint.h"
#include "cli/python_packages.h"
#include "cli/python_script.h"
#include "cli/quantity.h"
#include "cli/report.h"
#include "cli/requirements.h"
#include "cli/short_text.h"
#include "cli/signature.h"
#include "cli/status_line.h"
#include "engine/instance.h"
#include "engine/shared_memory.h"
#include "engine/signal_stack.h"
#include "json/print.h"
#include "system/wait.h"

namespace weft::cli {
namespace {

constexpr std::uint64_t kMemoryBytesDefault = 1ULL << 30U;
// Of the instances of all threads together.
constexpr std::uint64_t kTableElementsMax = 16'000'000;

constexpr std::array kOptions = {
    Option{.name = "invoke", .value = "NAME", .help = "call this export with typed arguments"},
    Option{.name = "timeout", .value = "T", .help = "end it after this long: 10s, 500ms, 2m"},
    Option{.name = "max-memory", .value = "N", .help = "linear memory it may use (default 1GiB)"},
    Option{.name = "threads",
           .value = "N",
           .help = "how many threads the program may start at a time (default 0: none)"},
    Option{
        .name = "fuel", .value = "N", .help = "stop after about N instructions, always the same"},
    Option{.name = "env",
           .value = "K=V",
           .help = "an environment variable of the program; K alone passes yours on"},
    Option{.name = "env-file",
           .value = "FILE",
           .help = "a file of lines K=V; blank ones and those that begin with # count for nothing",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "arg0", .value = "A", .help = "what the program is told that it is called"},
    Option{.name = "stdin",
           .value = "FILE",
           .help = "the program's standard input, instead of yours (-)",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "dir",
           .value = "HOST[:GUEST][:ro]",
           .help = "a directory of this machine that the program may use; :ro only to read",
           .word = {.kind = WordKind::kDirectory}},
    Option{.name = "allow-net",
           .value = "RULE",
           .help = "where it may connect to: HOST[:PORTS], listen:HOST[:PORTS]; see below"},
    Option{.name = "ca-file",
           .value = "FILE",
           .help = "certificates (PEM) to trust in its requests (WEFT_CA_FILE; default: the "
                   "system's)",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "listen",
           .value = "ADDRESS",
           .help = "a socket that listens on it: the next descriptor behind those of --dir"},
    Option{.name = "python",
           .value = "DIR",
           .help = "where the Python guests are (WEFT_PYTHON; default: beside weft)",
           .word = {.kind = WordKind::kDirectory}},
    Option{.name = "requirements",
           .value = "FILE",
           .help = "packages that a Python script needs, as of pip's -r",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "json",
           .value = "",
           .help = "print results, and all that weft says on standard error, as JSON lines"},
};

// With less, endless recursion in Python traps before it is a RecursionError: see
// docs/formats/python-guest.md.
constexpr std::uint64_t kPythonStackBytes = 4ULL * 1024 * 1024;
// What EngineOptions::async_stack_bytes has room for besides.
constexpr std::uint64_t kHostStackBytes = 1024ULL * 1024;

struct RunOptions {
  std::optional<std::chrono::microseconds> timeout;
  // This process is the guest's alone, so long debug information may take its time.
  engine::EngineOptions engine{.interruption = engine::Interruption::kNone,
                               .debug_info_bytes_max = 64ULL * 1024 * 1024};
  engine::InstanceLimits limits{.memory_bytes = kMemoryBytesDefault};
  std::size_t threads_max = 0;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<abi::command::GivenDirectory> directories;
  std::shared_ptr<system::Network> network;
  std::string ca_file;
  std::vector<std::shared_ptr<system::Socket>> listeners;
  UniqueFd input;  // of --stdin
  bool as_json = false;
  // Of a script: what runs it. Then `directories` ends with those that Python needs.
  std::optional<PythonFiles> python;
  std::size_t directories_given = 0;  // by --dir: the first ones
  bool has_packages = false;          // that the script requires, in the directory behind those
  std::shared_ptr<TemporaryPlace> packages_place = std::make_shared<TemporaryPlace>();
};

template <class Parsed>
Result<Parsed> named(std::string_view option, Result<Parsed> parsed) {
  if (parsed) return parsed;
  return fail(std::move(parsed).error().with_context(fmt::format("--{}", option)));
}

Result<> allow_threads(RunOptions& options) {
  if (options.engine.interruption == engine::Interruption::kFuel) {
    return fail(ErrorCode::kInvalidArgument,
                "--fuel ends a program always at the same instruction, which threads make "
                "impossible: leave out --fuel or --threads");
  }
  options.engine.threads = true;
  // The instance of each thread has a limit of its own.
  options.limits.table_elements =
      std::min(options.limits.table_elements, kTableElementsMax / (options.threads_max + 1));
  return {};
}

Result<RunOptions> options_of(const Arguments& arguments, Console& console) {
  RunOptions options;
  options.as_json = arguments.has("json");
  if (const auto text = arguments.value("timeout")) {
    options.timeout = TRY(named("timeout", parse_duration(*text)));
    if (options.timeout->count() == 0)
      return fail(ErrorCode::kInvalidArgument, "--timeout must be longer than 0");
  }
  if (const auto text = arguments.value("max-memory"))
    options.limits.memory_bytes = TRY(named("max-memory", parse_bytes(*text)));
  if (const auto text = arguments.value("fuel")) {
    options.engine.interruption = engine::Interruption::kFuel;
    options.limits.fuel = TRY(named("fuel", parse_count(*text)));
  }
  if (const auto text = arguments.value("threads"))
    options.threads_max = TRY(named("threads", parse_count(*text, abi::command::kThreadsMax)));
  if (options.threads_max > 0) TRY(allow_threads(options));
  options.environment =
      TRY(guest_environment(arguments.values("env-file"), arguments.values("env"), console));
  options.directories = TRY(given_directories(arguments.values("dir")));
  options.directories_given = options.directories.size();
  options.network = TRY(given_network(arguments.values("allow-net")));
  options.ca_file =
      arguments.value("ca-file").value_or(console.variable("WEFT_CA_FILE").value_or(""));
  options.listeners = TRY(given_listeners(arguments.values("listen")));
  if (const auto file = arguments.value("stdin"); file && *file != "-")
    options.input = TRY(named("stdin", open_input(*file)));
  return options;
}

// Makes of options for any program those for the script.
Result<> prepare_python(RunOptions& options, const Arguments& arguments,
                        const std::optional<std::string>& piped, Console& console) {
  const std::string script(arguments.operand(0));
  if (arguments.has("invoke")) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("--invoke calls an export of a module, and {} is Python: leave it out",
                            printable(script)));
  }
  if (piped && options.input) {
    return fail(ErrorCode::kInvalidArgument,
                "--stdin: standard input has the script, which python3 reads as its own: give the "
                "script as a file");
  }
  std::optional<std::string> given = console.variable("WEFT_PYTHON");
  if (const auto option = arguments.value("python")) given = *option;
  options.python = TRY(find_python_files(given, executable_path()));
  if (const auto packages = TRY(packages_of(arguments.values("requirements"), script, piped,
                                            *options.packages_place, console))) {
    options.directories.push_back(TRY(show_packages(*packages, options.environment)));
    options.has_packages = true;
  }
  TRY(show_python(options.directories, *options.python, script, console));
  options.engine.wasm_stack_bytes = kPythonStackBytes;
  options.engine.async_stack_bytes = kPythonStackBytes + kHostStackBytes;
  return {};
}

// Looks what the file is: of Python, makes of options for any program those for the script. What
// standard input had, where that is the file.
Result<std::optional<std::string>> prepare(RunOptions& options, const Arguments& arguments,
                                           Console& console) {
  const std::string_view name = arguments.operand(0);
  std::optional<std::string> piped;
  if (name == "-") piped = TRY(read_input(name, console));
  if (is_python(name) || (piped && names_python(*piped))) {
    TRY(prepare_python(options, arguments, piped, console));
  } else if (arguments.has("requirements")) {
    return fail(ErrorCode::kInvalidArgument, "--requirements is for a Python script: leave it out");
  }
  return piped;
}

std::string timeout_message(std::chrono::microseconds timeout, bool as_json,
                            const Console& console) {
  const Error error(
      ErrorCode::kDeadlineExceeded,
      fmt::format("the deadline of {} has passed (--timeout)", duration_text(timeout)));
  return as_json ? error_json(error) : error_text(error, console);
}

// The lines that teach how to call what a module exports.
std::string callable_lines(const ModuleFile& file) {
  std::vector<std::string> lines;
  for (const engine::ExportInfo& item : file.info.exports) {
    if (!engine::is_callable(item)) continue;
    const std::string arguments = example_arguments(item.function);
    lines.push_back(fmt::format("  {:<40} weft run {} --invoke {}{}{}", signature(item),
                                shell_word(file.word), export_word(item.name),
                                arguments.empty() ? "" : " ", arguments));
  }
  if (lines.empty()) return {};
  const std::string text =
      first_lines(lines, fmt::format("weft inspect {} --json", shell_word(file.word)));
  return "\n" + text.substr(0, text.find_last_not_of('\n') + 1);
}

Error no_program(const ModuleFile& file) {
  const std::string lines = callable_lines(file);
  return {
      ErrorCode::kInvalidArgument,
      fmt::format("{} is not a program: it exports no {}{}{}", printable(file.name), abi::kStart,
                  // Who sees that it has one has to learn what is wrong with it.
                  file.info.find_export(abi::kStart) == nullptr
                      ? ""
                      : " that is a function without parameters and results",
                  lines.empty() ? ", nor any function that could be called"
                                : fmt::format(". Call one of its functions:{}", lines))};
}

Result<const engine::ExportInfo*> callee_of(const ModuleFile& file, std::string_view name) {
  const engine::ExportInfo* const callee = file.info.find_export(name);
  if (callee != nullptr && engine::is_callable(*callee)) return callee;
  const std::string lines = callable_lines(file);
  const std::string rest = lines.empty() ? "; it exports no function that could be called"
                                         : fmt::format(". It has:{}", lines);
  const std::string shown = short_name(name);
  if (callee == nullptr) {
    return fail(ErrorCode::kNotFound,
                fmt::format("{} exports nothing named {}{}", printable(file.name), shown, rest));
  }
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{} of {} cannot be called from outside: it is {}{}", shown, printable(file.name),
                  callee->kind == engine::ItemKind::kFunction
                      ? "a function with references: " + signature(*callee)
                      : fmt::format("a {}", engine::name_of(callee->kind)),
                  rest));
}

Status status_of(const RunOptions& options, const Console& console) {
  return console.is_terminal() && !options.as_json ? Status::kShown : Status::kHidden;
}

// What is left for the shared memory beside those that the module's instance begins with.
std::uint64_t shared_bytes_max(const engine::ModuleInfo& info, std::uint64_t memory_bytes) {
  for (const engine::MemoryInfo& memory : info.memories) {
    if (memory.shared) continue;
    memory_bytes -=
        std::min(memory_bytes / engine::kPageBytes, memory.min_pages) * engine::kPageBytes;
  }
  return memory_bytes;
}

// What the shared memory may grow to and what all threads have of their own count together, but for
// what is free of each.
std::uint64_t all_bytes_max(const engine::ModuleInfo& info, const RunOptions& options) {
  const std::uint64_t beside_memory =
      info.instance_bytes + info.table_elements * engine::kElementBytes;
  const std::uint64_t threads = options.threads_max + 1;
  return options.limits.memory_bytes +
         threads * std::min(beside_memory, engine::kBytesBesideMemoryFree);
}

// Called one after the other, in one instance.
using Calls = std::vector<abi::command::Threads::Call>;

// A module that is linked and waits to be started. Not movable: its parts know each other.
class Guest {
 public:
  static Result<std::unique_ptr<Guest>> create(const ModuleFile& file, const RunOptions& options,
                                               abi::command::World world, Console& console) {
    auto guest = std::unique_ptr<Guest>(new Guest(options, std::move(world)));
    const auto* const shared = abi::shared_memory_of(file.info);
    engine::EngineOptions engine_options = options.engine;
    if (shared != nullptr)
      engine_options.guest_memory_bytes_max = all_bytes_max(file.info, options);
    guest->engine_ = TRY(engine::Engine::create(engine_options));
    auto code = TRY([&] {
      const BusyLine busy(console, status_of(options, console),
                          options.python ? "Compiling Python, which is done once" : "Compiling");
      return local_code(*guest->engine_, file.id, file.module(), console);
    }());
    engine::HostTable table(*guest->engine_);
    if (!file.info.imports.empty()) abi::define_functions(table);
    if (options.engine.threads) abi::command::define_threads(table);
    std::shared_ptr<const engine::SharedMemory> memory;
    if (shared != nullptr) {
      memory = TRY(engine::SharedMemory::create(
          *guest->engine_, *shared, shared_bytes_max(file.info, options.limits.memory_bytes)));
    }
    const auto linked = TRY(table.link(std::move(code), std::move(memory)));
    if (abi::starts_threads(file.info)) {
      guest->threads_ = TRY(abi::command::Threads::create(
          guest->program_, linked,
          {.threads_max = options.threads_max, .instance = options.limits}));
    } else {
      guest->instance_ = TRY(engine::Instance::create(linked, options.limits, &guest->program_));
    }
    return guest;
  }

  // The results of the last call. Once.
  Result<std::vector<engine::Value>> run(Calls calls) {
    if (threads_ != nullptr) return threads_->run(std::move(calls));
    Result<std::vector<engine::Value>> results;
    TRY(on_own_stack([&] { results = run_calls(calls); }));
    return results;
  }

  // What a plugin without threads answers, which the calls prepare. Once.
  Result<std::string> answer(const Calls& calls, std::string_view payload) {
    Result<std::string> answer;
    TRY(on_own_stack([&] {
      const auto prepared = run_calls(calls);
      answer = prepared ? abi::se2::call(*instance_, plugin_, payload) : fail(prepared.error());
    }));
    return answer;
  }

  std::optional<std::uint32_t> exit_code() const { return program_.exit_code(); }
  // What a program that failed was refused.
  abi::command::Refusals refusals() {
    abi::command::Refusals refusals;
    const auto look = [&] { refusals = program_.refusals(); };
    if (threads_ == nullptr) {
      look();
    } else {
      threads_->between_calls(look);
    }
    return refusals;
  }
  // Whether some of it may run after its end: then the process must end, and this must stay.
  bool has_threads() const { return threads_ != nullptr; }

 private:
  Guest(const RunOptions& options, abi::command::World world)
      : program_(std::move(world)), plugin_(options.limits.memory_bytes) {
    plugin_.set_log(program_.world().errors);
    program_.set_beside(&plugin_);
  }

  // The stack of the main thread may end before the guest has used what it may.
  Result<> on_own_stack(const std::function<void()>& work) const {
    ThreadGroup thread("weft-guest", 1,
                       engine::thread_stack_bytes(engine_->options().wasm_stack_bytes));
    return thread.start([&] {
      const engine::SignalStack signals;
      work();
    });
  }

  Result<std::vector<engine::Value>> run_calls(const Calls& calls) {
    TRY(engine::instantiate(*instance_));
    std::vector<engine::Value> results;
    for (const auto& [name, arguments] : calls)
      results = TRY(engine::call(*instance_, name, arguments));
    return results;
  }

  std::unique_ptr<engine::Engine> engine_;
  abi::command::Program program_;
  abi::se2::Plugin plugin_;                         // which only plugins of SE2 use
  std::unique_ptr<engine::Instance> instance_;      // null with threads
  std::unique_ptr<abi::command::Threads> threads_;  // null without
};

// What a limit of `weft run` is called here, so that the error says how to raise it.
Error hinted(const Error& error, const RunOptions& options) {
  const auto& limit = error.limit();
  if (!limit) return error;
  if (limit->name == "guest_memory_bytes") {
    return Error(ErrorCode::kGuestLimit,
                 fmt::format("the program needs more than {} bytes of memory, with all that its "
                             "threads have of their own and all that the shared memory may grow "
                             "to; --max-memory allows more than {}",
                             options.limits.memory_bytes, bytes_text(options.limits.memory_bytes)))
        .with_limit("memory_bytes", options.limits.memory_bytes)
        .with_backtrace(error.backtrace());
  }
  std::string how;
  if (limit->name == "memory_bytes")
    how = fmt::format("--max-memory allows more than {}", bytes_text(options.limits.memory_bytes));
  if (limit->name == "fuel") how = "--fuel sets how much it has";
  if (how.empty()) return error;
  return Error(error.code(), fmt::format("{}; {}", error.message(), how))
      .with_limit(limit->name, limit->value)
      .with_backtrace(error.backtrace());
}

void print_results(const std::vector<engine::Value>& results, bool as_json, Console& console) {
  std::string text;
  if (as_json) {
    json::Writer writer(text);
    writer.begin_object().key("results").begin_array();
    for (const engine::Value& value : results)
      abi::typed::write(writer, value);
    writer.end_array().end_object();
    text += "\n";
  } else {
    for (const engine::Value& value : results)
      text += abi::typed::text_of(value) + "\n";
  }
  console.print(text);
}

// What is to be called, and with what.
struct Job {
  ModuleFile file;
  const engine::ExportInfo* callee = nullptr;  // Of `file`.
  std::vector<engine::Value> values;
  std::vector<std::string> program_arguments;
  bool is_plugin = false;  // of SE2: it gets the payload
  std::string payload = {};
};

Result<> choose(Job& job, const Arguments& arguments, const RunOptions& options, Console& console) {
  const auto invoked = arguments.value("invoke");
  const abi::Dialect dialect = abi::dialect_of(job.file.info);
  job.is_plugin = !invoked && dialect == abi::Dialect::kSe2 && !abi::starts_threads(job.file.info);
  if (!invoked && !job.is_plugin && dialect != abi::Dialect::kCommand)
    return fail(no_program(job.file));
  const std::string_view own = job.is_plugin ? abi::se2::kRun : abi::kStart;
  job.callee = TRY(callee_of(job.file, invoked.value_or(own)));
  const std::vector<std::string> words(arguments.operands().begin() + 1,
                                       arguments.operands().end());
  const std::string file_name = std::filesystem::path(job.file.name).filename().string();
  const std::string own_name = options.python ? "python3" : file_name;
  job.program_arguments = {std::string(arguments.value("arg0").value_or(own_name))};
  if (options.python) {
    append_script(job.program_arguments, std::string(arguments.operand(0)), words);
  } else if (invoked) {
    job.values = TRY(parse_values(words, *job.callee, console));
  } else {
    job.program_arguments.insert(job.program_arguments.end(), words.begin(), words.end());
  }
  auto linkable = abi::check_imports(job.file.info, {.threads = options.engine.threads});
  if (!linkable) return fail(std::move(linkable).error().with_context(printable(job.file.name)));
  return {};
}

// Starts the guest and calls the export; a guest that exits ends it early, with its code.
Result<int> run_guest(Guest& guest, Job& job, bool as_json, Console& console) {
  const std::string_view callee = job.callee->name;
  const bool is_program = abi::starts_program(job.file.info, callee);
  Calls calls;
  for (const std::string_view initializer : abi::initializers_before(job.file.info, callee))
    calls.push_back({.name = std::string(initializer)});
  if (job.is_plugin) {
    console.print(TRY(guest.answer(calls, job.payload)));
    return 0;
  }
  calls.push_back({.name = std::string(callee), .arguments = std::move(job.values)});
  const auto results = guest.run(std::move(calls));
  // Of an exit code, a shell sees 8 bits; a failure must not look like success.
  if (const auto code = guest.exit_code()) {
    return *code != 0 && (*code & 0xffU) == 0 ? 1 : static_cast<int>(*code & 0xffU);
  }
  if (!results) return fail(results.error());
  if (!is_program) print_results(*results, as_json, console);
  return 0;
}

// Where the program's input comes from; null: it is at its end, for the module took ours.
system::InputStream* input_of(const RunOptions& options, std::string_view module,
                              system::DescriptorInput& stdin_file, Console& console) {
  if (options.input) return &stdin_file;
  return module == "-" ? nullptr : &console.input();
}

std::string listener_json(std::size_t descriptor, std::string_view address) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("descriptor").value(descriptor);
  writer.key("listens_on").value(address).end_object();
  return text + "\n";
}

// Which descriptors listen where: the program cannot ask.
void announce(const RunOptions& options, Console& console) {
  constexpr std::size_t kStreams = 3;
  for (std::size_t i = 0; i < options.listeners.size(); ++i) {
    const auto address = options.listeners[i]->local_address();
    if (!address) continue;
    const std::size_t descriptor = kStreams + options.directories.size() + i;
    if (options.as_json) {
      console.note(listener_json(descriptor, address->text()));
    } else {
      console.note(fmt::format("{} descriptor {} listens on {}\n", console.bold("weft:"),
                               descriptor, address->text()));
    }
  }
}

// The module's description. Of one that needs threads and may have none, the error says how it may.
Result<engine::ModuleInfo> info_of(std::string_view id, std::string_view module,
                                   const RunOptions& options, Console& console) {
  const engine::Proposals accepted{.threads = options.engine.threads};
  auto info = local_info(id, module, accepted, console);
  if (info || accepted.threads || info.error().code() != ErrorCode::kUnsupported ||
      !engine::inspect(module, {.threads = true}))
    return info;
  Error hinted(info.error().code(),
               fmt::format("{}: weft run --threads N lets a program start N of them",
                           info.error().message()));
  if (const auto& position = info.error().position())
    hinted = std::move(hinted).with_position(*position);
  return fail(std::move(hinted));
}

// Threads may still compute, which nothing can stop, so nothing of the guest is destroyed.
[[noreturn]] void end_process(const Result<int>& code, Console& console, bool as_json) {
  ::_exit(end_of_command(code, console, as_json));
}

// What would have helped a program that failed; `last_line`: the last one that a script wrote.
std::optional<std::string> hint_of(Guest& guest, const RunOptions& options, std::string_view script,
                                   std::string_view last_line) {
  abi::command::Refusals refusals = guest.refusals();
  if (options.python) {
    const std::span<const abi::command::GivenDirectory> all(options.directories);
    const ScriptRun run{
        .script = script,
        .is_alone = all.size() > options.directories_given + (options.has_packages ? 2 : 1),
        .given = all.first(options.directories_given),
        .memory_bytes = options.limits.memory_bytes,
        .exists = [](const std::filesystem::path& path) {
          std::error_code ignored;
          return std::filesystem::exists(path, ignored);
        }};
    if (auto hint = python_hint(last_line, run)) return hint;
    const ScriptError error = script_error(last_line);
    refusals.read_only = refusals.read_only && error.is_read_only;
    refusals.outside = refusals.outside && error.is_forbidden;
  }
  return hint_for(refusals, options.network.get());
}

Result<int> run(const Arguments& arguments, Console& console) {
  RunOptions options = TRY(options_of(arguments, console));
  std::optional<ProcessDeadline> deadline;
  if (options.timeout) {
    deadline.emplace(timeout_message(*options.timeout, options.as_json, console),
                     info(ErrorCode::kDeadlineExceeded).exit_code);
    TRY(deadline->start(*options.timeout));
  }

  const std::string_view name = arguments.operand(0);
  std::optional<std::string> piped = TRY(prepare(options, arguments, console));
  const auto inspect = [&](std::string_view id, std::string_view module) {
    return info_of(id, module, options, console);
  };
  Job job{
      .file = TRY(options.python ? load_own_module(options.python->program_wasm(), console, inspect)
                                 : load_module(name, console, inspect, piped)),
      .callee = nullptr,
      .values = {},
      .program_arguments = {}};
  TRY(choose(job, arguments, options, console));
  if (job.is_plugin && (name != "-" || options.input))
    job.payload = TRY(read_input(arguments.value("stdin").value_or("-"), console));
  system::DescriptorInput stdin_file(options.input.get());
  system::BytesInput script(piped ? std::string_view(*piped) : std::string_view());
  announce(options, console);
  LastLine script_errors(console.errors());
  const Clock& clock = console.clock();
  system::OutboundHttp http({.ca_file = options.ca_file}, clock);
  abi::command::World world{
      .arguments = job.program_arguments,
      .environment = options.environment,
      .directories = options.directories,
      .network = options.network,
      .http = std::make_shared<system::OutboundCaller>(http, options.network),
      .calls_wasix = abi::command::calls_wasix(job.file.info),
      .listeners = options.listeners,
      .input = options.python && piped ? &script : input_of(options, name, stdin_file, console),
      // Of a plugin, that is the answer alone.
      .output = job.is_plugin ? &console.errors() : &console.output(),
      .errors = options.python ? &script_errors : &console.errors(),
      .clock = &clock,
      .random = &console.random(),
      .wait = [&clock](const std::vector<system::Wait>& waits) {
        system::block_until(waits, clock);
      }};
  if (deadline) deadline->replaces_line(status_of(options, console) == Status::kShown);
  auto created = Guest::create(job.file, options, std::move(world), console);
  if (!created) return fail(hinted(created.error(), options));
  const auto guest = *std::move(created);
  if (deadline) deadline->replaces_line(false);
  auto code = run_guest(*guest, job, options.as_json, console);
  if (!code || *code != 0) {
    if (const auto hint = hint_of(*guest, options, name, script_errors.text()))
      note_hint(*hint, console, options.as_json);
  }
  if (!code) code = fail(hinted(code.error(), options));
  if (guest->has_threads()) end_process(code, console, options.as_json);
  return code;
}

}  // namespace

constexpr Command kRunCommand{
    .name = "run",
    .usage = "FILE|DIRECTORY [--invoke NAME] [ARGS…]",
    .summary = "run a program, or call one export of a module",
    .details =
        "FILE is a .wasm, .wat or .py file; - reads a module from standard input, or a script "
        "whose first\n"
        "line names Python. A DIRECTORY stands for the module in it: main.wasm or main.wat, else "
        "its only\n"
        ".wasm file, else its only .wat file; the program sees the directory itself only when "
        "--dir names it,\n"
        "too.\n"
        "\n"
        "A program (a module that exports _start) gets standard input, output and error, ARGS, "
        "the\n"
        "variables of --env, the directories of --dir and the sockets of --listen, and nothing "
        "else\n"
        "of this machine; its exit code is passed on. In --dir, \\: is a colon of a name.\n"
        "A plugin of SE2 (it exports run_e) gets standard input as its payload; what it returns "
        "goes to\n"
        "standard output, and what it prints and logs to standard error.\n"
        "Options of weft stand before or directly behind FILE: from the first other word on,\n"
        "everything belongs to the program (-- ends weft's options explicitly).\n"
        "\n"
        "Where --listen listens is told on standard error, with --json as a line like\n"
        "{\"descriptor\":4,\"listens_on\":\"127.0.0.1:9000\"}; a hint is {\"hint\":\"…\"} then.\n"
        "\n"
        "RULE names what sockets may reach: an address or range, also of a private network\n"
        "(10.0.0.0/8:5432, [::1], localhost:8080), a name (example.org:443, *.example.org) or *,\n"
        "which both stand for the public internet only; listen: in front of it, what they may "
        "listen\n"
        "on. Programs built for WasmEdge or WASIX make sockets of their own, scripts in Python\n"
        "requests over HTTP; all others take the sockets of --listen.\n"
        "\n"
        "A FILE for Python (*.py, *.pyz, *.zip, or a first line like #!/usr/bin/env python3) runs "
        "as\n"
        "python3 would run it, with ARGS. Of the disk it sees itself and Python's library; modules "
        "beside\n"
        "it need --dir, too. Packages that its comments name (\"# /// script\", as PEP 723 has "
        "it), "
        "or the\n"
        "FILE of --requirements, are resolved by python3 -m pip of this machine, once: what is in\n"
        "$XDG_CACHE_HOME/weft/requirements is taken as it is. guests/python/build makes what runs "
        "Python.\n"
        "\n"
        "With --threads, a module built for wasi-threads (it imports wasi.thread-spawn and a "
        "shared\n"
        "memory) may start as many at a time; one more is EAGAIN. All that the memory may grow to "
        "counts\n"
        "for --max-memory, with what each thread has of its own. The program ends with its first\n"
        "thread, and when any of them exits or traps.\n"
        "\n"
        "With --invoke, ARGS are numbers, one for each parameter: decimal, 0x hexadecimal, nan, "
        "inf;\n"
        "v128 as 0x and 32 hex digits, lowest byte first; @file stands for a file's content. "
        "Results\n"
        "are printed one a line. A module that exports _initialize is initialized first. Nothing "
        "else is\n"
        "run before: wizer.initialize is for the tool that prepares a module, and for `weft "
        "deploy`.\n"
        "\n"
        "What --dir gives may be filled up to what the disk has and the shell's own limits allow: "
        "after\n"
        "ulimit -f, a file that would grow beyond it is EFBIG.\n"
        "\n"
        "Compiled code is kept in $XDG_CACHE_HOME/weft (or ~/.cache/weft), which may be deleted.\n"
        "Exit codes: the program's own; 134 when it trapped, 124 at the deadline, 6 over a "
        "limit.\n",
    .examples =
        "$ weft run hello.wasm\n"
        "$ weft run --timeout 10s --env LANG=C tool.wasm --verbose input.txt\n"
        "$ weft run --listen 127.0.0.1:9000 server.wasm\n"
        "$ weft run --dir .:/data --dir /usr/share/dict:/dict:ro count.wasm /data/text\n"
        "$ weft run --dir data:/data:ro report.py /data/2026.csv\n"
        "$ weft run examples/add.wat --invoke add 2 3\n"
        "5\n",
    .grammar = {.options = kOptions,
                .operands_min = 1,
                .operands_max = SIZE_MAX,
                .own_operands = 1,
                .unless_option = "invoke"},
    .group = Group::kLocal,
    .operands = {kFileWord, kFileWord, kFileWord},
    .run = run,
};

}  // namespace weft::cli
