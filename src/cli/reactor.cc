// weft reactor: Pythons that stay on a server, and what is registered in them.
#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/function_document.h"
#include "cli/function_limits.h"
#include "cli/input_file.h"
#include "cli/kept_settings.h"
#include "cli/quantity.h"
#include "cli/server_client.h"
#include "cli/short_text.h"
#include "json/parse.h"
#include "json/print.h"

namespace weft::cli {
namespace {

constexpr std::string_view kKinds = "lambda def module";

constexpr std::array kOptions = {
    Option{.name = "volume",
           .value = "NAME=PATH",
           .help = "create: show it the server's volume NAME as PATH"},
    Option{.name = "env", .value = "K=V", .help = "create: an environment variable"},
    Option{.name = "env-file",
           .value = "FILE",
           .help = "create: a file of lines K=V",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "deadline", .value = "T", .help = "create: how long an apply may take: 500ms"},
    Option{.name = "memory", .value = "N", .help = "create: its memory: bytes, or 64MiB"},
    Option{.name = "output", .value = "N", .help = "create: a result, and what is printed, each"},
    Option{.name = "in-flight", .value = "N", .help = "create: applies that run or wait"},
    Option{.name = "fresh",
           .value = "",
           .help = "create: keep nothing of one that is there: begin with the defaults"},
    Option{.name = "kind",
           .value = "KIND",
           .help = "apply: what it is, where several have the name",
           .word = {.choices = kKinds}},
    kJsonOption,
    kServerOption,
    kTokenFileOption,
};

// What an action gets.
struct Call {
  const Arguments& arguments;
  ServerClient& server;
  Console& console;

  bool as_json() const { return arguments.has("json"); }
  std::string_view operand(std::size_t index) const { return arguments.operand(index); }
};

// Where the server has the reactor: its name is like that of a function.
Result<std::string> path_of(std::string_view name) {
  TRY(path_of_function(name));
  return "/v1/reactors/" + escaped(name);
}

Result<std::string> path_of(std::string_view name, std::string_view kind, std::string_view code) {
  if (kind != "lambda" && kind != "def" && kind != "module") {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("{} is no kind: a reactor has lambda, def and module", printable(kind)));
  }
  if (code.empty() || code == "." || code == "..") {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} can name nothing in a reactor", printable(code)));
  }
  return fmt::format("{}/{}s/{}", TRY(path_of(name)), kind, escaped(code));
}

// --- create, list, show, delete ---

// The items of an array in the document.
std::vector<json::Value> items_of(const json::Value& document, std::string_view key) {
  std::vector<json::Value> items;
  const json::Value* const array = document.find(key);
  if (array == nullptr || !array->is_array()) return items;
  for (const json::Value& each : array->as_array())
    items.push_back(each);
  return items;
}

Result<json::Array> volumes_of(const Arguments& arguments) {
  json::Array volumes;
  for (const std::string_view text : arguments.values("volume")) {
    const std::size_t sign = text.find('=');
    if (sign == std::string_view::npos || sign == 0 || sign + 1 == text.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--volume {}: write NAME=PATH, such as data=/data: the name that the "
                              "server gives to a directory, and where the reactor sees it",
                              printable(text)));
    }
    volumes.push_back(
        json::Value::object({{"volume", text.substr(0, sign)}, {"path", text.substr(sign + 1)}}));
  }
  return volumes;
}

// What it is to have.
struct Wanted {
  json::Array volumes;
  json::Object environment;
  json::Object limits;
};

// What flags say, and nothing else.
Result<Wanted> wanted_by(const Call& call) {
  Wanted wanted{.volumes = TRY(volumes_of(call.arguments)),
                .environment = {},
                .limits = TRY(limits_of_flags(call.arguments))};
  for (const auto& [name, value] : TRY(guest_environment(
           call.arguments.values("env-file"), call.arguments.values("env"), call.console)))
    wanted.environment.set(name, std::string_view(value));
  return wanted;
}

// Adds what the reactor has and no flag changes; what that is, for people: empty when it is nothing
// that a new one would not have too.
std::string keep_what_is_there(const json::Value& reactor, Wanted& wanted) {
  const auto all = [](std::string_view, const json::Value&) { return true; };
  std::vector<std::string> kept;
  if (wanted.volumes.empty()) {
    const auto volumes = items_of(reactor, "volumes");
    for (const json::Value& volume : volumes)
      wanted.volumes.push_back(volume);
    if (!volumes.empty()) kept.push_back(counted(volumes.size(), "volume"));
  }
  const std::size_t variables = keep_members(
      reactor.find("environment"), wanted.environment, [](std::string_view) { return true; }, all);
  if (variables > 0) kept.push_back(counted(variables, "environment variable"));
  if (const std::size_t limits = keep_limits(reactor, wanted.limits); limits > 0)
    kept.push_back(counted(limits, "limit"));
  if (kept.empty()) return {};
  return fmt::format("{} keeps {}; --fresh begins with the defaults\n",
                     text_of_member(reactor, "name"), enumeration(kept));
}

Result<int> create(const Call& call) {
  const std::string path = TRY(path_of(call.operand(1)));
  Wanted wanted = TRY(wanted_by(call));
  std::optional<json::Value> current;
  if (!call.arguments.has("fresh")) current = TRY(call.server.find_json(path));
  const std::string kept = current ? keep_what_is_there(*current, wanted) : std::string();
  const std::string body =
      json::to_string(json::Value::object({{"volumes", std::move(wanted.volumes)},
                                           {"environment", std::move(wanted.environment)},
                                           {"limits", std::move(wanted.limits)}}));
  auto made = call.server.send_for_json({.method = "PUT",
                                         .path = path,
                                         .body = body,
                                         .silence_max = kSilenceOfWorkMax,
                                         .doing = "Compiling Python"});
  if (!made) return fail(in_words_of_flags(made.error()));
  if (call.as_json()) {
    print_json(*made, call.console);
    return 0;
  }
  call.console.note(kept);
  if (current) {
    call.console.print(fmt::format("{0} has these settings: weft reactor show {0}\n",
                                   text_of_member(*made, "name")));
    return 0;
  }
  call.console.print(
      fmt::format("{0} is there. Register something, and apply it:\n"
                  "  echo 'lambda name: \"hello \" + name' | weft reactor register "
                  "lambda {0} hello -\n"
                  "  weft reactor apply {0} hello '[\"Ada\"]'\n",
                  text_of_member(*made, "name")));
  return 0;
}

bool is_live(const json::Value& reactor) {
  const json::Value* const live = reactor.find("live");
  return live != nullptr && live->is_bool() && live->as_bool();
}

Result<int> list(const Call& call) {
  const auto listed = TRY(call.server.list_shown("/v1/reactors"));
  if (call.as_json()) {
    print_json(json::Value(json::Array(listed.items)), call.console);
    note_more(listed, call.console, true);
    return 0;
  }
  if (listed.items.empty()) {
    call.console.note(fmt::format("{} has no reactors. Make one: weft reactor create NAME\n",
                                  printable(call.server.url())));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {
      {"NAME", "REGISTERED", "CODE", "LIVE", "MEMORY", "CREATED"}};
  for (const json::Value& each : listed.items) {
    rows.push_back({text_of_member(each, "name"),
                    fmt::format("{}", number_of_member(each, "registration_count")),
                    bytes_text(number_of_member(each, "code_bytes")), is_live(each) ? "yes" : "no",
                    is_live(each) ? bytes_text(number_of_member(each, "memory_bytes")) : "-",
                    text_of_member(each, "created")});
  }
  call.console.print(table_text(rows, call.console));
  note_more(listed, call.console, false);
  return 0;
}

std::string reactor_text(const json::Value& reactor, const Console& console) {
  const json::Value empty = nullptr;
  const json::Value* const found = reactor.find("limits");
  const json::Value& limits = found == nullptr ? empty : *found;
  const auto deadline = std::chrono::milliseconds(number_of_member(limits, "deadline_ms"));
  std::string text = fmt::format(
      "reactor {}\ncreated {}, live {}\nlimits  deadline {}, memory {}, output {}, {} applies that "
      "run or wait\n",
      text_of_member(reactor, "name"), text_of_member(reactor, "created"),
      is_live(reactor) ? "yes" : "no", duration_text(deadline),
      bytes_text(number_of_member(limits, "memory_bytes")),
      bytes_text(number_of_member(limits, "output_bytes")), number_of_member(limits, "in_flight"));
  for (const json::Value& volume : items_of(reactor, "volumes")) {
    text += fmt::format("volume  {} as {}\n", text_of_member(volume, "volume"),
                        text_of_member(volume, "path"));
  }
  std::vector<std::vector<std::string>> rows = {{"KIND", "NAME", "SIZE", "REGISTERED", "PROBLEM"}};
  for (const json::Value& each : items_of(reactor, "registrations")) {
    const std::string problem = text_of_member(each, "problem");
    rows.push_back({text_of_member(each, "kind"), short_name(text_of_member(each, "name")),
                    bytes_text(number_of_member(each, "code_bytes")),
                    text_of_member(each, "registered"), problem.empty() ? "-" : problem});
  }
  return rows.size() > 1 ? text + table_text(rows, console) : text;
}

Result<int> show(const Call& call) {
  const std::string path = TRY(path_of(call.operand(1)));
  const json::Value reactor = TRY(call.server.send_for_json({.path = path}));
  if (call.as_json()) {
    print_json(reactor, call.console);
  } else {
    call.console.print(reactor_text(reactor, call.console));
  }
  return 0;
}

Result<int> remove(const Call& call) {
  const std::string path = TRY(path_of(call.operand(1)));
  TRY(call.server.send({.method = "DELETE", .path = path}));
  print_removed(call.operand(1), call.as_json(), call.console);
  return 0;
}

// --- register, unregister, apply ---

Result<int> add(const Call& call) {
  const std::string path = TRY(path_of(call.operand(2), call.operand(1), call.operand(3)));
  std::string code = TRY(read_input(call.operand(4), call.console));
  const json::Value added = TRY(call.server.send_for_json({.method = "PUT",
                                                           .path = path,
                                                           .body = std::move(code),
                                                           .content_type = "text/plain",
                                                           .silence_max = kSilenceOfWorkMax,
                                                           .doing = "Registering"}));
  if (call.as_json()) {
    print_json(added, call.console);
  } else {
    call.console.print(fmt::format("{} {} is registered\n", text_of_member(added, "kind"),
                                   text_of_member(added, "name")));
  }
  return 0;
}

Result<int> unregister(const Call& call) {
  const std::string path = TRY(path_of(call.operand(2), call.operand(1), call.operand(3)));
  TRY(call.server.send({.method = "DELETE", .path = path, .silence_max = kSilenceOfWorkMax}));
  print_removed(call.operand(3), call.as_json(), call.console);
  return 0;
}

// Of what is registered under the name, or its first part; a def where nothing is, so that Python
// says what is missing.
Result<std::string> kind_of(const Call& call) {
  if (const auto given = call.arguments.value("kind")) return std::string(*given);
  const std::string path = TRY(path_of(call.operand(1)));
  const json::Value reactor = TRY(call.server.send_for_json({.path = path}));
  const std::string_view name = call.operand(2).substr(0, call.operand(2).find('.'));
  std::vector<std::string> kinds;
  for (const json::Value& each : items_of(reactor, "registrations")) {
    if (text_of_member(each, "name") == name) kinds.push_back(text_of_member(each, "kind"));
  }
  if (kinds.size() > 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is a {} and a {}: say which with --kind", printable(name), kinds[0],
                            kinds[1]));
  }
  return kinds.empty() ? "def" : kinds.front();
}

Result<int> apply(const Call& call) {
  const std::string_view name = call.operand(2);
  TRY(path_of(call.operand(1), "def", name));
  std::string arguments = TRY(read_value(call.operand(3), call.console));
  const std::string kind = TRY(kind_of(call));
  const std::string path = TRY(path_of(call.operand(1), kind, name));
  const json::Value answer = TRY(call.server.send_for_json({.method = "POST",
                                                            .path = path + "/apply",
                                                            .body = std::move(arguments),
                                                            .silence_max = kSilenceOfWorkMax,
                                                            .doing = "Applying"}));
  const json::Value* const value = answer.find("value");
  const bool is_good = text_of_member(answer, "tag") == "ok" && value != nullptr;
  if (call.as_json()) {
    print_json(answer, call.console);
    return is_good ? 0 : info(ErrorCode::kGuestError).exit_code;
  }
  if (!is_good) return fail(ErrorCode::kGuestError, text_of_member(answer, "value"));
  // What was returned is JSON in a text.
  const auto returned = json::parse(value->is_string() ? value->as_string() : "");
  print_json(returned ? *returned : *value, call.console);
  return 0;
}

// --- all of them ---

struct Action {
  std::string_view name;
  std::string_view usage;
  std::size_t operands;  // with its name
  Result<int> (*run)(const Call& call);
};
constexpr std::array kActions = {
    Action{"create", "NAME [OPTIONS]", 2, create},
    Action{"list", "", 1, list},
    Action{"show", "NAME", 2, show},
    Action{"delete", "NAME", 2, remove},
    Action{"register", "KIND NAME FUNCTION FILE|-", 5, add},
    Action{"unregister", "KIND NAME FUNCTION", 4, unregister},
    Action{"apply", "NAME FUNCTION ARGUMENTS", 4, apply},
};

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string_view word = arguments.operand(0);
  const auto* const action = std::ranges::find(kActions, word, &Action::name);
  if (action == kActions.end()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("there is no `weft reactor {}`; `weft help reactor` says what there is",
                            printable(word)));
  }
  if (arguments.operands().size() != action->operands) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("write `weft reactor {}{}{}`", action->name,
                            action->usage.empty() ? "" : " ", action->usage));
  }
  ServerClient server = TRY(ServerClient::create(arguments, console));
  return action->run({.arguments = arguments, .server = server, .console = console});
}

}  // namespace

constexpr Command kReactorCommand{
    .name = "reactor",
    .usage = "ACTION [ARGUMENTS]",
    .summary = "Pythons that stay on a server, and what is registered in them",
    .details =
        "    create NAME [OPTIONS]               make it, or give it other settings\n"
        "    list                                those of the server\n"
        "    show NAME                           one, and what is registered in it\n"
        "    delete NAME                         with all that is registered\n"
        "    register KIND NAME FUNCTION FILE|-  KIND is lambda (an expression), def (a function "
        "of\n"
        "                                        this name, and what it needs) or module (a file)\n"
        "    unregister KIND NAME FUNCTION       forget it\n"
        "    apply NAME FUNCTION ARGUMENTS       call it with a JSON array (@FILE: a file's "
        "content);\n"
        "                                        a module's function is MODULE.FUNCTION\n"
        "\n"
        "One that is there keeps the environment variables, limits and volumes that no flag of\n"
        "create sets, and standard error says so; --volume stands for all volumes, and --fresh\n"
        "begins anew. What is registered stays.\n"
        "\n"
        "What calls leave in a reactor is there for later ones, until its instance ends: after a\n"
        "failure, a restart of the server, or a time without use. What is registered stays.\n"
        "What Python raises ends with exit code 1 and its message.\n",
    .examples =
        "$ weft reactor create desk --volume data=/data --deadline 2s\n"
        "$ weft reactor register def desk add add.py\n"
        "$ weft reactor apply desk add '[1, 5]'\n"
        "6\n",
    .grammar = {.options = kOptions, .operands_min = 1, .operands_max = 5},
    .group = Group::kServer,
    .operands = {Word{.choices = "create list show delete register unregister apply"}},
    .run = run,
};

}  // namespace weft::cli
