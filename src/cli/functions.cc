// weft list, show, versions, rollback, remove: functions on a server.
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/function_document.h"
#include "cli/quantity.h"
#include "cli/server_client.h"
#include "cli/short_text.h"
#include "json/print.h"

namespace weft::cli {
namespace {

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
          text_of_member(function, "state"),
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
  const auto listed = TRY(server.list_shown(path));
  const auto& functions = listed.items;
  if (arguments.has("json")) {
    print_json(json::Value(json::Array(functions)), console);
    note_more(listed, console, true);
    return 0;
  }
  if (const auto text = arguments.value("search"); text && functions.empty()) {
    console.note(fmt::format("no function of {} has {} in its name; `weft list` shows all\n",
                             printable(server.url()), printable(*text)));
    return 0;
  }
  if (functions.empty()) {
    console.note(fmt::format("{} has no functions. Deploy one: weft deploy NAME FILE\n",
                             printable(server.url())));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "VERSION", "DIALECT", "STATE", "CALLS/H", "ERRORS/H", "MEDIAN", "DEPLOYED"}};
  for (const json::Value& function : functions)
    rows.push_back(row_of(function));
  console.print(table_text(rows, console));
  note_more(listed, console, false);
  return 0;
}

// --- show, versions, rollback, remove ---

constexpr std::array kServerOptions = {kJsonOption, kServerOption, kTokenFileOption};

Result<int> run_show(const Arguments& arguments, Console& console) {
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const json::Value function = TRY(server.function(arguments.operand(0)));
  if (arguments.has("json")) {
    print_json(function, console);
  } else {
    console.print(function_text(function, console));
  }
  return 0;
}

std::vector<std::string> version_row(const json::Value& version) {
  const json::Value* const limits = version.find("limits");
  const json::Value* const environment = version.find("environment");
  const json::Value* const current = version.find("current");
  const json::Value* const init = version.find("init");
  const json::Value* const grants = version.find("grants");
  const json::Value* const rules = grants == nullptr ? nullptr : grants->find("network");
  const json::Value empty = nullptr;
  const json::Value& limit = limits == nullptr ? empty : *limits;
  const auto deadline = std::chrono::milliseconds(number_of_member(limit, "deadline_ms"));
  const bool is_current = current != nullptr && current->is_bool() && current->as_bool();
  return {fmt::format("{}{}", number_of_member(version, "version"), is_current ? " (now)" : ""),
          text_of_member(version, "deployed"),
          short_module_id(text_of_member(version, "module")),
          text_of_member(version, "dialect"),
          duration_text(deadline),
          bytes_text(number_of_member(limit, "memory_bytes")),
          bytes_text(number_of_member(limit, "output_bytes")),
          fmt::format("{}", number_of_member(limit, "in_flight")),
          fmt::format("{}", environment == nullptr ? 0 : environment->size()),
          fmt::format("{}", rules == nullptr ? 0 : rules->size()),
          text_of_member(version, "state"),
          init != nullptr && init->is_string() ? short_name(init->as_string()) : "-"};
}

Result<int> run_versions(const Arguments& arguments, Console& console) {
  const std::string path = TRY(path_of_function(arguments.operand(0)));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  // Says in its own words that there is no such function.
  TRY(server.function(arguments.operand(0)));
  const auto versions = TRY(server.list_shown(path + "/versions"));
  if (arguments.has("json")) {
    print_json(json::Value(json::Array(versions.items)), console);
    note_more(versions, console, true);
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"VERSION", "DEPLOYED", "MODULE", "DIALECT",
                                                 "DEADLINE", "MEMORY", "OUTPUT", "IN FLIGHT", "ENV",
                                                 "NETWORK", "STATE", "INIT"}};
  for (const json::Value& version : versions.items)
    rows.push_back(version_row(version));
  console.print(table_text(rows, console));
  note_more(versions, console, false);
  return 0;
}

Result<std::uint64_t> version_of(std::string_view text) {
  auto version = parse_count(text);
  if (version && *version > 0) return version;
  return fail(
      ErrorCode::kInvalidArgument,
      fmt::format("{} is no version: versions are numbers from 1; `weft versions NAME` lists "
                  "them",
                  printable(text)));
}

Result<std::uint64_t> version_before(ServerClient& server, std::string_view name) {
  const json::Value function = TRY(server.function(name));
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
  const std::string path = TRY(path_of_function(name));
  std::optional<std::uint64_t> version;
  if (arguments.operands().size() > 1) version = TRY(version_of(arguments.operand(1)));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  if (!version) version = TRY(version_before(server, name));
  const json::Value function =
      TRY(server.send_for_json({.method = "POST",
                                .path = path + "/rollback",
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

Result<int> run_remove(const Arguments& arguments, Console& console) {
  const std::string path = TRY(path_of_function(arguments.operand(0)));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  TRY(server.send({.method = "DELETE", .path = path}));
  print_removed(arguments.operand(0), arguments.has("json"), console);
  return 0;
}

}  // namespace

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
    .operands = {kFunctionWord},
    .run = run_show,
};

constexpr Command kVersionsCommand{
    .name = "versions",
    .usage = "NAME",
    .summary = "the versions of a function, and what each may use",
    .details = "The newest is the first; the one that answers calls now says so.\n",
    .examples = "$ weft versions add\n",
    .grammar = {.options = kServerOptions, .operands_min = 1, .operands_max = 1},
    .group = Group::kServer,
    .operands = {kFunctionWord},
    .run = run_versions,
};

constexpr Command kRollbackCommand{
    .name = "rollback",
    .usage = "NAME [VERSION]",
    .summary = "go back to an earlier version of a function",
    .details =
        "Without VERSION it is the one before the current one. Forward works too.\n"
        "`weft versions NAME` lists them.\n",
    .examples = "$ weft rollback add\n$ weft rollback add 3\n",
    .grammar = {.options = kServerOptions, .operands_min = 1, .operands_max = 2},
    .group = Group::kServer,
    .operands = {kFunctionWord},
    .run = run_rollback,
};

constexpr Command kRemoveCommand{
    .name = "remove",
    .usage = "NAME",
    .summary = "remove a function with all its versions",
    .details = "Its invocation records stay. Modules stay too: see `weft modules`.\n",
    .examples = "$ weft remove add\n",
    .grammar = {.options = kServerOptions, .operands_min = 1, .operands_max = 1},
    .group = Group::kServer,
    .operands = {kFunctionWord},
    .run = run_remove,
};

}  // namespace weft::cli
