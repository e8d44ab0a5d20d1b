// weft deploy: a module becomes a function on a server.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/deployable_file.h"
#include "cli/environment.h"
#include "cli/function_document.h"
#include "cli/function_limits.h"
#include "cli/kept_settings.h"
#include "cli/report.h"
#include "cli/server_client.h"
#include "cli/short_text.h"
#include "cli/signature.h"
#include "json/print.h"

namespace weft::cli {
namespace {

constexpr std::array kOptions = {
    Option{.name = "deadline", .value = "T", .help = "how long a call may take: 500ms, 10s"},
    Option{.name = "memory", .value = "N", .help = "linear memory of a call: bytes, or 64MiB"},
    Option{
        .name = "output", .value = "N", .help = "result and output of a call, each: bytes, 1MiB"},
    Option{.name = "in-flight", .value = "N", .help = "calls at the same time"},
    Option{.name = "env", .value = "K=V", .help = "an environment variable of a program"},
    Option{.name = "env-file",
           .value = "FILE",
           .help = "a file of lines K=V; empty ones and those that begin with # count for nothing",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "unset-env",
           .value = "K",
           .help = "do not keep this environment variable, which the function has"},
    Option{.name = "init",
           .value = "EXPORT",
           .help = "initialise the module once with this export; '' for none"},
    Option{.name = "state",
           .value = "STATE",
           .help = "what calls see of earlier ones: nothing (pristine), or what they left (warm)",
           .word = {.choices = "pristine warm"}},
    Option{.name = "allow-net",
           .value = "RULE",
           .help = "let it connect to HOST[:PORTS]; instead of what the function was granted"},
    Option{.name = "deny-net", .value = "", .help = "do not keep where it was let connect to"},
    Option{.name = "requirements",
           .value = "FILE",
           .help = "packages that a Python file needs, as of pip's -r",
           .word = {.kind = WordKind::kFile}},
    Option{.name = "fresh",
           .value = "",
           .help = "keep nothing: begin with the default limits, no environment, no grants"},
    kJsonOption,
    kServerOption,
    kTokenFileOption,
};

constexpr std::string_view kNetworkGrant = "network";

// What the next version is to have.
struct Wanted {
  json::Object limits;
  json::Object environment;
  json::Object grants;
  std::optional<std::string> init = std::nullopt;   // empty: none
  std::optional<std::string> state = std::nullopt;  // absent: as the server has it
};

// Whether --unset-env can be meant: what it takes away is what is kept, so nothing else may say
// what becomes of it.
Result<> check_removed(const Arguments& arguments, const Wanted& wanted) {
  const auto removed = arguments.values("unset-env");
  if (!removed.empty() && arguments.has("fresh")) {
    return fail(ErrorCode::kInvalidArgument,
                "--fresh keeps no environment variable at all: leave --unset-env out");
  }
  for (const std::string_view name : removed) {
    if (wanted.environment.find(name) == nullptr) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("--unset-env {} contradicts what --env or --env-file sets: leave one "
                            "of them out",
                            printable(name)));
  }
  return {};
}

// What flags say, and nothing else.
Result<Wanted> wanted_by(const Arguments& arguments, Console& console) {
  Wanted wanted{.limits = TRY(limits_of_flags(arguments)), .environment = {}, .grants = {}};
  const auto variables =
      TRY(guest_environment(arguments.values("env-file"), arguments.values("env"), console));
  for (const auto& [name, value] : variables)
    wanted.environment.set(name, std::string_view(value));
  TRY(check_removed(arguments, wanted));
  if (const auto init = arguments.value("init")) wanted.init = *init;
  if (const auto state = arguments.value("state")) wanted.state = *state;
  json::Array rules;
  for (const std::string_view rule : arguments.values("allow-net"))
    rules.push_back(rule);
  if (arguments.has("deny-net") && !rules.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "--deny-net contradicts --allow-net: leave one of them out");
  }
  if (!rules.empty()) wanted.grants.set(kNetworkGrant, std::move(rules));
  return wanted;
}

// What initialises it, and its state.
void keep_preparation(const json::Value& function, Wanted& wanted, std::vector<std::string>& kept) {
  const json::Value* const init = function.find("init");
  if (!wanted.init && init != nullptr && init->is_string()) {
    wanted.init = init->as_string();
    kept.push_back("--init " + shell_word(printable(*wanted.init)));
  }
  if (!wanted.state && text_of_member(function, "state") == "warm") {
    wanted.state = "warm";
    kept.emplace_back("--state warm");
  }
}

// Adds what the function has and no flag changes; what that is, for people: empty when it is
// nothing that a new function would not have too.
Result<std::string> keep_what_is_there(const json::Value& function, const Arguments& arguments,
                                       Wanted& wanted) {
  const json::Value* const environment = function.find("environment");
  const auto removed = arguments.values("unset-env");
  for (const std::string_view name : removed) {
    if (environment != nullptr && environment->find(name) != nullptr) continue;
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("--unset-env {}: {} has no such environment variable", printable(name),
                            text_of_member(function, "name")));
  }
  const std::size_t limits = keep_limits(function, wanted.limits);
  const std::size_t variables = keep_members(
      environment, wanted.environment,
      [&](std::string_view name) { return std::ranges::find(removed, name) == removed.end(); },
      [](std::string_view, const json::Value&) { return true; });
  const std::size_t grants = keep_members(
      function.find("grants"), wanted.grants,
      [&](std::string_view name) { return name != kNetworkGrant || !arguments.has("deny-net"); },
      [](std::string_view, const json::Value&) { return true; });
  std::vector<std::string> kept;
  if (limits > 0) kept.push_back(counted(limits, "limit"));
  if (variables > 0) kept.push_back(counted(variables, "environment variable"));
  if (grants > 0) kept.push_back(counted(grants, "grant"));
  keep_preparation(function, wanted, kept);
  if (kept.empty()) return std::string();
  return fmt::format("{} keeps {} of version {}; --fresh begins with the defaults\n",
                     text_of_member(function, "name"), enumeration(kept),
                     number_of_member(function, "version"));
}

std::string deployment_of(std::string_view module, const Wanted& wanted) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("module").value(module);
  writer.key("limits").value(json::Value(json::Object(wanted.limits)));
  writer.key("environment").value(json::Value(json::Object(wanted.environment)));
  if (!wanted.grants.empty()) {
    writer.key("grants").value(json::Value(json::Object(wanted.grants)));
  }
  if (wanted.init && !wanted.init->empty()) writer.key("init").value(*wanted.init);
  if (wanted.state) writer.key("state").value(*wanted.state);
  writer.end_object();
  return text;
}

// The id of the module, which the server has from now on.
Result<std::string> upload(DeployableFile file, ServerClient& server) {
  auto module = server.send_for_json({.method = "POST",
                                      .path = "/v1/modules",
                                      .body = std::move(file.bytes),
                                      .content_type = file.content_type,
                                      .silence_max = kSilenceOfWorkMax,
                                      .doing = "Compiling"});
  if (!module) return fail(std::move(module).error().with_context(printable(file.name)));
  const json::Value* const id = module->find("id");
  if (id == nullptr || !id->is_string())
    return fail(ErrorCode::kInternal, "the server's document of the module has no id");
  return std::string(id->as_string());
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string_view name = arguments.operand(0);
  // Wrong words are told before anything is sent.
  const std::string path = TRY(path_of_function(name));
  Wanted wanted = TRY(wanted_by(arguments, console));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  DeployableFile file =
      TRY(deployable_file(arguments.operand(1), arguments.values("requirements"), console));
  if (!arguments.has("json")) console.note(file.note);
  std::string kept;
  if (!arguments.has("fresh")) {
    const auto current = TRY(server.find_json(path));
    const auto removed = arguments.value("unset-env");
    if (!current && removed) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--unset-env {}: there is no function {} that could have it",
                              printable(*removed), printable(name)));
    }
    if (current) kept = TRY(keep_what_is_there(*current, arguments, wanted));
  }
  const std::string module = TRY(upload(std::move(file), server));
  const auto function = server.send_for_json({.method = "PUT",
                                              .path = path,
                                              .body = deployment_of(module, wanted),
                                              .silence_max = kSilenceOfWorkMax,
                                              .doing = "Deploying"});
  if (!function) {
    const int code = report(in_words_of_flags(function.error()), console, arguments.has("json"));
    if (function.error().message().contains("ModuleNotFoundError: No module named ")) {
      note_hint(
          "packages that a Python file needs stand in its comments (# /// script, as PEP 723 has "
          "it) or in the FILE of --requirements; files beside it come with their directory: `weft "
          "deploy NAME DIRECTORY`",
          console, arguments.has("json"));
    }
    note_hint(fmt::format("the module is on the server; `weft modules remove {}` removes it when "
                          "no function uses it",
                          shell_word(module)),
              console, arguments.has("json"));
    return code;
  }
  if (arguments.has("json")) {
    print_json(*function, console);
    return 0;
  }
  console.note(kept);
  console.note(noteworthy_lines(*function));
  console.print(fmt::format("{} version {} is deployed. Call it:\n{}",
                            text_of_member(*function, "name"),
                            number_of_member(*function, "version"), calling_lines(*function)));
  return 0;
}

}  // namespace

constexpr Command kDeployCommand{
    .name = "deploy",
    .usage = "NAME FILE|DIRECTORY",
    .summary = "make a module or a Python file a function on a server",
    .details =
        "Uploads FILE (.wasm, .wat, .py or .pyz; - reads standard input; a directory stands for "
        "the\n"
        "module in it, as for `weft run`, or else for its Python files) and makes it the next "
        "version of\n"
        "the function NAME: lower-case "
        "letters, digits and inner hyphens. Older versions stay for `weft rollback`.\n"
        "\n"
        "A Python file runs once, when it is deployed, and each call begins with what that left. "
        "What\n"
        "is called is handler(event, context) or lambda_handler, run_e(payload, ident), the ASGI "
        "or\n"
        "WSGI application app, a lambda that is the last statement, or else the only function.\n"
        "\n"
        "Packages that it needs stand in its comments (\"# /// script\", as PEP 723 has it) or in "
        "the\n"
        "FILE of --requirements; python3 -m pip of this machine resolves them, and they are "
        "deployed\n"
        "with it. Those that are not Python alone are refused by name. A directory (main.py, "
        "app.py,\n"
        "handler.py, lambda_function.py, plugin.py, __main__.py, or what weft.json names) and a\n"
        "zip archive are deployed with all their files.\n"
        "\n"
        "A function that is there keeps the limits, environment variables, grants, --init and\n"
        "--state of the version that answers now, but for those that flags set, and standard "
        "error\n"
        "says so; --fresh begins anew. A new function has the server's default limits, no\n"
        "environment, and may connect to nowhere: --allow-net, a rule as of `weft run`, says "
        "where\n"
        "it may.\n"
        "What is kept is read first and written with the new version: of a version that somebody\n"
        "else deploys between the two, nothing is kept.\n"
        "\n"
        "What prepares a module runs once, when it is deployed: its start function, _initialize,\n"
        "and the export of --init, or else wizer.initialize. Each call begins with what that left\n"
        "in memory. Modules that change tables, for one, are prepared before each call instead, "
        "and\n"
        "this and `weft show` say why. With --state warm, calls see what earlier calls left.\n",
    .examples =
        "$ weft deploy add examples/add.wat\n"
        "$ weft deploy greet examples/greet.py\n"
        "$ weft deploy page page.py --requirements requirements.txt\n"
        "$ weft deploy resize resize.wasm --deadline 2s --memory 64MiB --in-flight 8\n"
        "$ weft deploy resize resize-2.wasm --deadline 5s\n"
        "resize keeps 2 limits of version 1; --fresh begins with the defaults\n"
        "$ weft deploy lookup lookup.wasm --init build_table\n",
    .grammar = {.options = kOptions, .operands_min = 2, .operands_max = 2},
    .group = Group::kServer,
    .operands = {kFunctionWord, kFileWord},
    .run = run,
};

}  // namespace weft::cli
