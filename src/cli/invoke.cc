// weft invoke: one call of a function on a server.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "abi/typed/values.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/function_document.h"
#include "cli/input_file.h"
#include "cli/server_client.h"
#include "cli/signature.h"
#include "json/parse.h"
#include "json/print.h"

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
                                         std::optional<std::string_view> name) {
  std::string names;
  std::vector<const engine::ExportInfo*> callable;
  for (const engine::ExportInfo& each : exports) {
    if (!is_callable(each)) continue;
    if (name == each.name) return each;
    callable.push_back(&each);
    names += "\n  " + signature(each);
  }
  if (callable.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the module exports no function that could be called with numbers");
  }
  if (name) {
    return fail(ErrorCode::kNotFound, fmt::format("the module exports no function {}; it has:{}",
                                                  printable(*name), names));
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
  const engine::ExportInfo callee = TRY(chosen_export(exports, arguments.value("export")));
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

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string path = "/v1/functions/" + escaped(arguments.operand(0));
  ServerClient server = TRY(ServerClient::create(arguments, console));
  const json::Value function = TRY(server.send_for_json({.path = path}));
  const bool is_typed = text_of_member(function, "dialect") == "typed";
  const auto data = arguments.value("data");
  const bool has_words = arguments.operands().size() > 1;
  if (has_words && (data || !is_typed)) {
    return fail(ErrorCode::kInvalidArgument,
                data ? "ARGS and --data exclude each other"
                     : "only typed functions take ARGS: pass the payload with --data");
  }
  if (data && arguments.value("export")) {
    return fail(ErrorCode::kInvalidArgument,
                "--export and --data exclude each other: the payload names the export itself");
  }
  ServerRequest request{.method = "POST",
                        .path = path + "/invoke",
                        .silence_max = kSilenceOfWorkMax,
                        .doing = "Calling the function"};
  const bool sends_values = is_typed && !data;
  if (sends_values) {
    request.body = TRY(typed_payload(function, arguments, console));
  } else {
    request.body = data ? TRY(read_value(*data, console)) : std::string();
    request.content_type = is_typed ? "application/json" : "application/octet-stream";
  }
  const net::ClientResponse response = TRY(server.send(request));
  if (sends_values && !arguments.has("json")) {
    console.print(TRY(result_lines(response.body)));
  } else {
    console.print(response.body);
    if (is_typed && !response.body.ends_with('\n')) console.print("\n");
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
        "answer is printed byte for byte. A call that fails ends with the exit code of its "
        "error.\n",
    .examples =
        "$ weft invoke add --export add 2 3\n"
        "5\n"
        "$ weft invoke greet --data '{\"name\":\"Ada\"}'\n"
        "$ weft invoke resize --data @photo.jpg > small.jpg\n",
    .grammar = {.options = kOptions, .operands_min = 1, .operands_max = SIZE_MAX},
    .group = Group::kServer,
    .run = run,
};

}  // namespace weft::cli
