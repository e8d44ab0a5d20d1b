// weft deploy: a module becomes a function on a server.
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/environment.h"
#include "cli/function_document.h"
#include "cli/function_limits.h"
#include "cli/input_file.h"
#include "cli/server_client.h"
#include "engine/module_info.h"
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
    kJsonOption,
    kServerOption,
    kTokenFileOption,
};

// What a command line says about the function.
struct Wanted {
  json::Object limits;
  std::vector<std::pair<std::string, std::string>> environment;
};

Result<Wanted> wanted_by(const Arguments& arguments, const Console& console) {
  return Wanted{.limits = TRY(limits_of_flags(arguments)),
                .environment = TRY(guest_environment(arguments.values("env"), console))};
}

std::string deployment_of(std::string_view module, const Wanted& wanted) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("module").value(module);
  writer.key("limits").value(json::Value(json::Object(wanted.limits)));
  writer.key("environment").begin_object();
  for (const auto& [name, value] : wanted.environment)
    writer.key(name).value(value);
  writer.end_object().end_object();
  return text;
}

// The id of the module, which the server has from now on.
Result<std::string> upload(std::string_view file, std::string bytes, ServerClient& server) {
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
  return std::string(id->as_string());
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string_view name = arguments.operand(0);
  const std::string_view file = arguments.operand(1);
  // Wrong options are told before anything is sent.
  const Wanted wanted = TRY(wanted_by(arguments, console));
  std::string bytes = TRY(read_input(file, console));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const std::string module = TRY(upload(file, std::move(bytes), server));
  const auto function = server.send_for_json({.method = "PUT",
                                              .path = path_of_function(name),
                                              .body = deployment_of(module, wanted),
                                              .silence_max = kSilenceOfWorkMax,
                                              .doing = "Deploying"});
  if (!function) return fail(in_words_of_flags(function.error()));
  if (arguments.has("json")) {
    print_json(*function, console);
    return 0;
  }
  console.print(fmt::format("{} version {} is deployed. Call it:\n{}",
                            text_of_member(*function, "name"),
                            number_of_member(*function, "version"), calling_lines(*function)));
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
    .grammar = {.options = kOptions, .operands_min = 2, .operands_max = 2},
    .group = Group::kServer,
    .takes_files = true,
    .run = run,
};

}  // namespace weft::cli
