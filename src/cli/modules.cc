// weft modules: what was uploaded to a server.
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/command.h"
#include "cli/function_document.h"
#include "cli/quantity.h"
#include "cli/server_client.h"

namespace weft::cli {
namespace {

constexpr std::string_view kIdPrefix = "sha256:";
constexpr std::size_t kDigits = 64;
// Of a shortened id: fewer would soon mean several modules, or be mistaken for a name.
constexpr std::size_t kDigitsMin = 8;
// Enough exports to recognise a module.
constexpr std::size_t kExportsBytesMax = 60;

constexpr std::array kOptions = {kJsonOption, kServerOption, kTokenFileOption};

std::string export_names(const json::Value& module) {
  std::string names;
  const json::Value* const exports = module.find("exports");
  if (exports == nullptr || !exports->is_array()) return names;
  for (const json::Value& each : exports->as_array()) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", text_of_member(each, "name"));
    if (names.size() > kExportsBytesMax) break;
  }
  return shown(names, kExportsBytesMax);
}

Result<int> list(ServerClient& server, bool as_json, Console& console) {
  const auto listed = TRY(server.list_shown("/v1/modules"));
  const auto& modules = listed.items;
  if (as_json) {
    print_json(json::Value(json::Array(modules)), console);
    note_more(listed, console, true);
    return 0;
  }
  if (modules.empty()) {
    console.note(fmt::format("{} has no modules. `weft deploy NAME FILE` uploads one\n",
                             printable(server.url())));
    return 0;
  }
  std::vector<std::vector<std::string>> rows = {{"ID", "DIALECT", "SIZE", "CREATED", "EXPORTS"}};
  for (const json::Value& module : modules) {
    rows.push_back({short_module_id(text_of_member(module, "id")),
                    text_of_member(module, "dialect"),
                    bytes_text(number_of_member(module, "size_bytes")),
                    text_of_member(module, "created"), export_names(module)});
  }
  console.print(table_text(rows, console));
  note_more(listed, console, false);
  return 0;
}

// The whole id that the word means: itself, or of the only module whose id begins so.
Result<std::string> id_of(std::string_view word, ServerClient& server) {
  std::string_view digits = word;
  if (digits.starts_with(kIdPrefix)) digits.remove_prefix(kIdPrefix.size());
  constexpr std::string_view kHexadecimal = "0123456789abcdef";
  if (digits.size() < kDigitsMin || digits.size() > kDigits ||
      digits.find_first_not_of(kHexadecimal) != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} is no module's id: sha256: and at least {} of its {} hexadecimal "
                            "digits; `weft modules` lists them",
                            printable(word), kDigitsMin, kDigits));
  }
  std::string wanted = fmt::format("{}{}", kIdPrefix, digits);
  if (digits.size() == kDigits) return wanted;
  std::vector<std::string> found;
  for (const json::Value& module : TRY(server.list("/v1/modules", kItemsShownMax))) {
    std::string id = text_of_member(module, "id");
    if (id.starts_with(wanted)) found.push_back(std::move(id));
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    return fail(ErrorCode::kNotFound,
                fmt::format("there is no module {}; `weft modules` lists those that are there",
                            printable(word)));
  }
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} is the beginning of {} modules' ids: write more of it",
                          printable(word), found.size()));
}

Result<int> run(const Arguments& arguments, Console& console) {
  const std::string_view action = arguments.operand(0);
  if (!action.empty() && action != "remove") {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("there is no `weft modules {}`: write `weft modules`, or `weft modules "
                            "remove ID`",
                            printable(action)));
  }
  ServerClient server = TRY(ServerClient::create(arguments, console));
  if (action.empty()) return list(server, arguments.has("json"), console);
  if (arguments.operands().size() == 1) {
    return fail(ErrorCode::kInvalidArgument,
                "which module? Write `weft modules remove ID`; `weft modules` lists them");
  }
  const std::string id = TRY(id_of(arguments.operand(1), server));
  TRY(server.send({.method = "DELETE", .path = "/v1/modules/" + escaped(id)}));
  print_removed(id, arguments.has("json"), console);
  return 0;
}

}  // namespace

constexpr Command kModulesCommand{
    .name = "modules",
    .usage = "[remove ID]",
    .summary = "the modules that a server holds, and their removal",
    .details =
        "A module stays when its function is removed, and can be removed itself when no version\n"
        "of a function uses it. ID is sha256: and its digits, or the first 8 digits or more.\n",
    .examples = "$ weft modules\n$ weft modules remove 95be0e039a77\n",
    .grammar = {.options = kOptions, .operands_max = 2},
    .group = Group::kServer,
    .operands = {Word{.choices = "remove"}},
    .run = run,
};

}  // namespace weft::cli
