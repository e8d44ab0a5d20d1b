// weft deploy, list, show, rollback, remove: functions on a server.
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/function_document.h"
#include "cli/input_file.h"
#include "cli/quantity.h"
#include "cli/server_client.h"
#include "json/print.h"

namespace weft::cli {
namespace {

// More functions than this are for programs to list, page by page.
constexpr std::size_t kFunctionsShownMax = 10'000;

std::string path_of(std::string_view name) {
  return "/v1/functions/" + escaped(name);
}

void print_json(const json::Value& document, Console& console) {
  console.print(json::to_string(document) + "\n");
}

// --- deploy ---

constexpr std::array kDeployOptions = {
    Option{.name = "deadline", .value = "T", .help = "of a call: milliseconds, or 500ms, 10s"},
    Option{.name = "memory", .value = "N", .help = "linear memory of a call: bytes, or 64MiB"},
    Option{
        .name = "output", .value = "N", .help = "result and output of a call, each: bytes, 1MiB"},
    Option{.name = "in-flight", .value = "N", .help = "calls at the same time"},
    Option{.name = "env", .value = "K=V", .help = "an environment variable of a program"},
    kJsonOption,
    kServerOption,
    kTokenFileOption,
};

// Writes the limits that options name: the server checks their ranges.
Result<> write_limits(json::Writer& writer, const Arguments& arguments) {
  writer.key("limits").begin_object();
  if (const auto text = arguments.value("deadline")) {
    const auto deadline = TRY(parse_duration(*text, std::chrono::milliseconds(1)));
    writer.key("deadline_ms").value(std::chrono::ceil<std::chrono::milliseconds>(deadline).count());
  }
  if (const auto text = arguments.value("memory"))
    writer.key("memory_bytes").value(TRY(parse_bytes(*text)));
  if (const auto text = arguments.value("output"))
    writer.key("output_bytes").value(TRY(parse_bytes(*text)));
  if (const auto text = arguments.value("in-flight"))
    writer.key("in_flight").value(TRY(parse_count(*text)));
  writer.end_object();
  return {};
}

Result<std::string> deployment_of(std::string_view module, const Arguments& arguments,
                                  const Console& console) {
  const auto variables = TRY(guest_environment(arguments.values("env"), console));
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("module").value(module);
  TRY(write_limits(writer, arguments));
  writer.key("environment").begin_object();
  for (const auto& [name, value] : variables)
    writer.key(name).value(value);
  writer.end_object().end_object();
  return text;
}

Result<int> run_deploy(const Arguments& arguments, Console& console) {
  const std::string_view name = arguments.operand(0);
  const std::string_view file = arguments.operand(1);
  // Wrong options are told before anything is sent.
  TRY(deployment_of("", arguments, console));
  std::string bytes = TRY(read_input(file, console));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const bool is_text = !engine::is_binary_module(bytes);
  auto module = server.send_for_json({.method = "POST",
                                      .path = "/v1/modules",
                                      .body = std::move(bytes),
                                      .content_type = is_text ? "text/plain" : "application/wasm",
                                      .silence_max = kSilenceOfWorkMax,
                                      .doing = "Compiling"});
  if (!module) return fail(std::move(module).error().with_context(printable(file)));
  const json::Value* const id = module->find("id");
  if (id == nullptr || !id->is_string())
    return fail(ErrorCode::kInternal, "the server's document of the module has no id");
  std::string deployment = TRY(deployment_of(id->as_string(), arguments, console));
  const json::Value function = TRY(server.send_for_json({.method = "PUT",
                                                         .path = path_of(name),
                                                         .body = std::move(deployment),
                                                         .silence_max = kSilenceOfWorkMax,
                                                         .doing = "Deploying"}));
  if (arguments.has("json")) {
    print_json(function, console);
    return 0;
  }
  console.print(fmt::format("{} version {} is deployed. Call it:\n{}",
                            text_of_member(function, "name"), number_of_member(function, "version"),
                            calling_lines(function)));
  return 0;
}

// --- list ---

constexpr std::array kListOptions = {
    Option{.name = "search", .value = "TEXT", .help = "only names that contain this"},
    kJsonOption,
    kServerOption,
    kTokenFileOption,
};

std::vector<std::string> row_of(const json::Value& function) {
  const json::Value* const hour = function.find("last_hour");
  const json::Value empty = nullptr;
  const json::Value& activity = hour == nullptr ? empty : *hour;
  const std::uint64_t median = number_of_member(activity, "p50_us");
  return {text_of_member(function, "name"),
          fmt::format("{}", number_of_member(function, "version")),
          text_of_member(function, "dialect"),
          fmt::format("{}", number_of_member(activity, "calls")),
          fmt::format("{}", number_of_member(activity, "errors")),
          number_of_member(activity, "calls") == 0
              ? "-"
              : duration_text(std::chrono::microseconds(median)),
          text_of_member(function, "deployed")};
}

Result<int> run_list(const Arguments& arguments, Console& console) {
  ServerClient server = TRY(ServerClient::create(arguments, console));
  std::string path = "/v1/functions";
  if (const auto text = arguments.value("search")) path += "?search=" + escaped(*text);
  const auto functions = TRY(server.list(path, kFunctionsShownMax));
  if (arguments.has("json")) {
    print_json(json::Value(json::Array(functions)), console);
    return 0;
  }
  if (functions.empty()) {
    console.note(fmt::format("{} has no functions. Deploy one: weft deploy NAME FILE\n",
                             printable(server.url())));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "VERSION", "DIALECT", "CALLS/H", "ERRORS/H", "MEDIAN", "DEPLOYED"}};
  for (const json::Value& function : functions)
    rows.push_back(row_of(function));
  console.print(table_text(rows, console));
  return 0;
}

// --- show, rollback, remove ---

constexpr std::array kServerOptions = {kJsonOption, kServerOption, kTokenFileOption};

Result<int> run_show(const Arguments& arguments, Console& console) {
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const json::Value function = TRY(server.send_for_json({.path = path_of(arguments.operand(0))}));
  if (arguments.has("json")) {
    print_json(function, console);
  } else {
    console.print(function_text(function, console));
  }
  return 0;
}

Result<std::uint64_t> version_before(ServerClient& server, std::string_view name) {
  const json::Value function = TRY(server.send_for_json({.path = path_of(name)}));
  const std::uint64_t current = number_of_member(function, "version");
  if (current <= 1) {
    return fail(
        ErrorCode::kFailedPrecondition,
        fmt::format("{} is at version {}: there is none before it", printable(name), current));
  }
  return current - 1;
}

Result<int> run_rollback(const Arguments& arguments, Console& console) {
  const std::string_view name = arguments.operand(0);
  std::optional<std::uint64_t> version;
  if (arguments.operands().size() > 1) version = TRY(parse_count(arguments.operand(1)));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  if (!version) version = TRY(version_before(server, name));
  const json::Value function =
      TRY(server.send_for_json({.method = "POST",
                                .path = path_of(name) + "/rollback",
                                .body = fmt::format("{{\"version\":{}}}", *version),
                                .silence_max = kSilenceOfWorkMax,
                                .doing = "Rolling back"}));
  if (arguments.has("json")) {
    print_json(function, console);
  } else {
    console.print(fmt::format("{} is at version {} of {} now\n", text_of_member(function, "name"),
                              number_of_member(function, "version"),
                              number_of_member(function, "versions")));
  }
  return 0;
}

constexpr std::array kRemoveOptions = {kServerOption, kTokenFileOption};

Result<int> run_remove(const Arguments& arguments, Console& console) {
  ServerClient server = TRY(ServerClient::create(arguments, console));
  TRY(server.send({.method = "DELETE", .path = path_of(arguments.operand(0))}));
  console.note(fmt::format("{} is removed\n", printable(arguments.operand(0))));
  return 0;
}

}  // namespace

constexpr Command kDeployCommand{
    .name = "deploy",
    .usage = "NAME FILE",
    .summary = "make a module a function on a server",
    .details =
        "Uploads FILE (.wasm or .wat; - reads standard input) and makes it the next version of "
        "the\n"
        "function NAME: lower-case letters, digits and inner hyphens. Older versions stay for\n"
        "`weft rollback`. Limits that are not named have the server's defaults.\n",
    .examples =
        "$ weft deploy add examples/add.wat\n"
        "$ weft deploy resize resize.wasm --deadline 2s --memory 64MiB --in-flight 8\n",
    .grammar = {.options = kDeployOptions, .operands_min = 2, .operands_max = 2},
    .group = Group::kServer,
    .takes_files = true,
    .run = run_deploy,
};

constexpr Command kListCommand{
    .name = "list",
    .usage = "",
    .summary = "the functions of a server",
    .details = "Calls, errors and the median duration are those of the last hour.\n",
    .examples = "$ weft list\n$ weft list --json | jq '.[].name'\n",
    .grammar = {.options = kListOptions},
    .group = Group::kServer,
    .run = run_list,
};

constexpr Command kShowCommand{
    .name = "show",
    .usage = "NAME",
    .summary = "everything about a function, and how to call it",
    .details = "",
    .examples = "$ weft show add\n",
    .grammar = {.options = kServerOptions, .operands_min = 1, .operands_max = 1},
    .group = Group::kServer,
    .run = run_show,
};

constexpr Command kRollbackCommand{
    .name = "rollback",
    .usage = "NAME [VERSION]",
    .summary = "go back to an earlier version of a function",
    .details = "Without VERSION it is the one before the current one. Forward works too.\n",
    .examples = "$ weft rollback add\n$ weft rollback add 3\n",
    .grammar = {.options = kServerOptions, .operands_min = 1, .operands_max = 2},
    .group = Group::kServer,
    .run = run_rollback,
};

constexpr Command kRemoveCommand{
    .name = "remove",
    .usage = "NAME",
    .summary = "remove a function with all its versions",
    .details = "Its invocation records stay. Modules stay too.\n",
    .examples = "$ weft remove add\n",
    .grammar = {.options = kRemoveOptions, .operands_min = 1, .operands_max = 1},
    .group = Group::kServer,
    .run = run_remove,
};

}  // namespace weft::cli
