// weft invoke: one call of a function on a server.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "abi/typed/values.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/function_document.h"
#include "cli/function_limits.h"
#include "cli/input_file.h"
#include "cli/report.h"
#include "cli/server_client.h"
#include "cli/short_text.h"
#include "cli/signature.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"

namespace weft::cli {
namespace {

constexpr std::array kOptions = {
    Option{.name = "export", .value = "E", .help = "which export of a typed module to call"},
    Option{.name = "data",
           .value = "DATA",
           .help = "the payload instead of ARGS: @file, - for standard input, or the text itself"},
    Option{.name = "json", .value = "", .help = "print the whole result document"},
    kServerOption,
    kTokenFileOption,
};

Result<engine::ExportInfo> chosen_export(const std::vector<engine::ExportInfo>& exports,
                                         std::optional<std::string_view> name,
                                         std::string_view function) {
  std::vector<std::string> lines;
  std::vector<const engine::ExportInfo*> callable;
  for (const engine::ExportInfo& each : exports) {
    if (!engine::is_callable(each)) continue;
    if (name == each.name) return each;
    callable.push_back(&each);
    lines.push_back("  " + signature(each));
  }
  std::string names = first_lines(lines, fmt::format("weft show {} --json", shell_word(function)));
  names = "\n" + names.substr(0, names.find_last_not_of('\n') + 1);
  if (callable.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the module exports no function that could be called with numbers");
  }
  if (name) {
    return fail(ErrorCode::kNotFound, fmt::format("the module exports no function {}; it has:{}",
                                                  short_name(*name), names));
  }
  if (callable.size() > 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("which export? Choose one with --export:{}", names));
  }
  return *callable.front();
}

Result<std::string> typed_payload(const json::Value& function, const Arguments& arguments,
                                  Console& console) {
  const auto exports = TRY(exports_of(function));
  const engine::ExportInfo callee =
      TRY(chosen_export(exports, arguments.value("export"), arguments.operand(0)));
  const std::vector<std::string> words(arguments.operands().begin() + 1,
                                       arguments.operands().end());
  const auto values = TRY(parse_values(words, callee, console));
  std::string payload;
  json::Writer writer(payload);
  writer.begin_object().key("export").value(callee.name).key("args").begin_array();
  for (const engine::Value& value : values)
    abi::typed::write(writer, value);
  writer.end_array().end_object();
  return payload;
}

// The results one a line: strings without their quotes, so that an i64 is its digits.
Result<std::string> result_lines(std::string_view body) {
  const json::Value document = TRY(json::parse(body));
  const json::Value* const results = document.find("results");
  if (results == nullptr || !results->is_array())
    return fail(ErrorCode::kInternal, "the server's answer has no results");
  std::string text;
  for (const json::Value& result : results->as_array()) {
    text += result.is_string() ? std::string(result.as_string()) : json::to_string(result);
    text += "\n";
  }
  return text;
}

// What to do about an error of a call; empty when the error says enough.
std::string next_step(const Error& error, const json::Value& problem, std::string_view function) {
  const ErrorCode code = error.code();
  if (code == ErrorCode::kInvalidArgument)
    return fmt::format("Try `weft show {}` for how to call it.\n", shell_word(function));
  std::vector<std::string> steps;
  if (info(code).retryable) steps.emplace_back("again later");
  if (const auto& limit = error.limit()) steps.push_back(how_to_raise(*limit, function));
  const std::string call = text_of_member(problem, "invocation");
  const bool had_guest = code == ErrorCode::kGuestError || code == ErrorCode::kGuestTrap ||
                         code == ErrorCode::kGuestLimit || code == ErrorCode::kDeadlineExceeded;
  if (had_guest && !call.empty())
    steps.push_back(fmt::format("`weft logs {}` for what is kept of the call", call));
  std::erase(steps, "");
  if (steps.empty()) return {};
  return fmt::format("Try {}.\n", fmt::join(steps, ", or "));
}

// Reports the error of a call: for programs, the server's document as it is.
int report_call(const Error& error, const ServerClient& server, const Arguments& arguments,
                Console& console) {
  const auto& problem = server.problem();
  const bool as_json = arguments.has("json");
  if (!problem) return report(error, console, as_json);
  const int exit_code = info(error.code()).exit_code;
  if (as_json) {
    json::Object document(problem->as_object());
    document.set("exit_code", exit_code);
    console.note(json::to_string(json::Value(std::move(document))) + "\n");
  } else {
    report(error, console, false);
    console.note(next_step(error, *problem, arguments.operand(0)));
  }
  return exit_code;
}

// Whether the words fit the function's dialect and each other.
Result<> check_words(const json::Value& function, const Arguments& arguments) {
  const std::string dialect = text_of_member(function, "dialect");
  const bool is_typed = dialect == "typed";
  const bool has_data = arguments.has("data");
  if (arguments.operands().size() > 1 && (has_data || !is_typed)) {
    return fail(ErrorCode::kInvalidArgument,
                has_data ? "ARGS and --data exclude each other"
                         : "only typed functions take ARGS: pass the payload with --data");
  }
  if (!arguments.has("export")) return {};
  if (!is_typed) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("only typed functions take --export: {} is a {}{}",
                            text_of_member(function, "name"), dialect,
                            dialect == "command" ? ", which begins at its _start" : " function"));
  }
  if (has_data) {
    return fail(ErrorCode::kInvalidArgument,
                "--export and --data exclude each other: the payload names the export itself");
  }
  return {};
}

// Python's handlers get what the payload is; to others it is bytes.
const char* content_type_of(std::string_view payload, std::string_view dialect) {
  if (dialect == "typed") return "application/json";
  if (dialect != "python" || !json::is_utf8(payload)) return "application/octet-stream";
  return json::parse(payload) ? "application/json" : "text/plain; charset=utf-8";
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string path = TRY(path_of_function(arguments.operand(0)));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const json::Value function = TRY(server.function(arguments.operand(0)));
  TRY(check_words(function, arguments));
  const std::string dialect = text_of_member(function, "dialect");
  const bool is_typed = dialect == "typed";
  const auto data = arguments.value("data");
  ServerRequest request{.method = "POST",
                        .path = path + "/invoke",
                        .silence_max = kSilenceOfWorkMax,
                        .doing = "Calling the function"};
  const bool sends_values = is_typed && !data;
  if (sends_values) {
    request.body = TRY(typed_payload(function, arguments, console));
  } else {
    request.body = data ? TRY(read_value(*data, console)) : std::string();
    request.content_type = content_type_of(request.body, dialect);
  }
  const auto response = server.send(request);
  if (!response) return report_call(response.error(), server, arguments, console);
  if (sends_values && !arguments.has("json")) {
    console.print(TRY(result_lines(response->body)));
  } else {
    console.print(response->body);
    const bool is_json = is_typed || response->header("content-type") == "application/json";
    if (is_json && !response->body.ends_with('\n')) console.print("\n");
  }
  return 0;
}

}  // namespace

constexpr Command kInvokeCommand{
    .name = "invoke",
    .usage = "NAME [ARGS…]",
    .summary = "call a function on a server",
    .details =
        "A typed function takes numbers, one for each parameter, as `weft run --invoke` does, and\n"
        "its results are printed one a line. Every other function takes a payload (--data) and "
        "its\n"
        "answer is printed byte for byte. To Python, a payload is a value where it is JSON, else\n"
        "text, else bytes. A call that fails ends with the exit code of its "
        "error.\n",
    .examples =
        "$ weft invoke add --export add 2 3\n"
        "5\n"
        "$ weft invoke greet --data '{\"name\":\"Ada\"}'\n"
        "$ weft invoke resize --data @photo.jpg > small.jpg\n",
    .grammar = {.options = kOptions, .operands_min = 1, .operands_max = SIZE_MAX},
    .group = Group::kServer,
    .operands = {kFunctionWord},
    .run = run,
};

}  // namespace weft::cli
