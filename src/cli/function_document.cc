#include "cli/function_document.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/quantity.h"
#include "cli/report.h"
#include "cli/short_text.h"
#include "cli/signature.h"
#include "json/print.h"

namespace weft::cli {
namespace {

constexpr std::array kNumericTypes = {engine::ValueType::kI32, engine::ValueType::kI64,
                                      engine::ValueType::kF32, engine::ValueType::kF64,
                                      engine::ValueType::kV128};

// Types that this weft does not know are references to it: they cannot be passed.
engine::ValueType type_named(std::string_view name) {
  const auto found = std::ranges::find(
      kNumericTypes, name, [](engine::ValueType type) { return engine::name_of(type); });
  return found == kNumericTypes.end() ? engine::ValueType::kOtherReference : *found;
}

std::optional<std::vector<engine::ValueType>> types_of(const json::Value* list) {
  if (list == nullptr || !list->is_array()) return std::nullopt;
  std::vector<engine::ValueType> types;
  for (const json::Value& name : list->as_array())
    types.push_back(type_named(name.is_string() ? name.as_string() : ""));
  return types;
}

std::optional<engine::ExportInfo> export_of(const json::Value& document) {
  const json::Value* const name = document.find("name");
  const auto params = types_of(document.find("params"));
  const auto results = types_of(document.find("results"));
  if (name == nullptr || !name->is_string() || !params || !results) return std::nullopt;
  engine::ExportInfo found{.name = std::string(name->as_string()),
                           .kind = engine::ItemKind::kFunction,
                           .type = {},
                           .function = {.params = *params, .results = *results},
                           .param_names = {}};
  if (const json::Value* const names = document.find("param_names"); names && names->is_array()) {
    for (const json::Value& each : names->as_array())
      found.param_names.emplace_back(each.is_string() ? each.as_string() : "");
  }
  return found;
}

// Display columns, as far as text without wide letters goes: bytes that begin a character.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char c) { return (c & 0xc0U) != 0x80U; }));
}

std::string limits_text(const json::Value& function) {
  const json::Value* const limits = function.find("limits");
  if (limits == nullptr) return {};
  const auto deadline = std::chrono::milliseconds(number_of_member(*limits, "deadline_ms"));
  return fmt::format("limits    deadline {}, memory {}, output {}, {} calls at the same time\n",
                     duration_text(deadline), bytes_text(number_of_member(*limits, "memory_bytes")),
                     bytes_text(number_of_member(*limits, "output_bytes")),
                     number_of_member(*limits, "in_flight"));
}

std::string last_hour_text(const json::Value& function) {
  const json::Value* const hour = function.find("last_hour");
  if (hour == nullptr || !hour->is_object()) return {};
  std::string text = fmt::format("last hour {} calls, {} errors", number_of_member(*hour, "calls"),
                                 number_of_member(*hour, "errors"));
  if (const json::Value* const p50 = hour->find("p50_us"); p50 && p50->is_number()) {
    text += fmt::format(
        ", median {}", duration_text(std::chrono::microseconds(number_of_member(*hour, "p50_us"))));
  }
  return text + "\n";
}

std::string environment_text(const json::Value& function) {
  const json::Value* const variables = function.find("environment");
  if (variables == nullptr || !variables->is_object()) return {};
  std::vector<std::string> lines;
  for (const auto& [name, value] : variables->as_object()) {
    lines.push_back(
        fmt::format("env       {}={}", short_name(name),
                    value.is_string() ? shown(value.as_string(), kTypeBytesShownMax) : "?"));
  }
  const std::string function_name = shell_word(text_of_member(function, "name"));
  return first_lines(lines, fmt::format("weft show {} --json", function_name));
}

// "the start function, _initialize: each call begins with what it left", "the file: …"; empty for
// nothing.
std::string initialization_text(const json::Value& function) {
  const json::Value* const initialization = function.find("initialization");
  if (initialization == nullptr || !initialization->is_object()) return {};
  std::string names;
  const json::Value* const start = initialization->find("start");
  if (start != nullptr && start->is_bool() && start->as_bool()) names = "the start function";
  const json::Value* const exports = initialization->find("exports");
  if (exports != nullptr && exports->is_array()) {
    for (const json::Value& name : exports->as_array()) {
      if (!names.empty()) names += ", ";
      names += name.is_string() ? short_name(name.as_string()) : "?";
    }
  }
  return fmt::format("{}: {}", names.empty() ? "the file" : names,
                     text_of_member(*initialization, "reason"));
}

// "warm: calls see …"; the name alone where the server gives no reason.
std::string state_text(const json::Value& function) {
  const std::string reason = text_of_member(function, "state_reason");
  return text_of_member(function, "state") + (reason.empty() ? "" : ": " + reason);
}

std::string network_text(const json::Value& function) {
  const json::Value* const grants = function.find("grants");
  const json::Value* const rules = grants == nullptr ? nullptr : grants->find("network");
  if (rules == nullptr || !rules->is_array()) return {};
  std::vector<std::string> lines;
  for (const json::Value& rule : rules->as_array()) {
    lines.push_back(fmt::format(
        "network   {}", rule.is_string() ? shown(rule.as_string(), kTypeBytesShownMax) : "?"));
  }
  return first_lines(
      lines, fmt::format("weft show {} --json", shell_word(text_of_member(function, "name"))));
}

}  // namespace

std::string noteworthy_lines(const json::Value& function) {
  std::string lines;
  if (text_of_member(function, "state") == "warm")
    lines += fmt::format("{} is {}\n", text_of_member(function, "name"), state_text(function));
  const json::Value* const initialization = function.find("initialization");
  if (initialization != nullptr && initialization->is_object() &&
      text_of_member(*initialization, "when") != "deployment") {
    lines += fmt::format("{} is not initialised once: {}\n", text_of_member(function, "name"),
                         text_of_member(*initialization, "reason"));
  }
  return lines;
}

std::string text_of_member(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  return value != nullptr && value->is_string() ? printable(value->as_string()) : std::string();
}

std::uint64_t number_of_member(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  if (value == nullptr || !value->is_number()) return 0;
  return value->as_number().to_uint64().value_or(0);
}

Result<std::vector<engine::ExportInfo>> exports_of(const json::Value& function) {
  std::vector<engine::ExportInfo> found;
  const json::Value* const list = function.find("exports");
  if (list == nullptr || !list->is_array())
    return fail(ErrorCode::kInternal, "the server's document of the function has no exports");
  for (const json::Value& each : list->as_array()) {
    auto item = export_of(each);
    if (!item) {
      return fail(ErrorCode::kInternal,
                  "the server's document of the function has an export without a type");
    }
    found.push_back(*std::move(item));
  }
  return found;
}

std::string calling_lines(const json::Value& function) {
  const std::string name = text_of_member(function, "name");
  const std::string dialect = text_of_member(function, "dialect");
  if (dialect == "python")
    return fmt::format("  weft invoke {} --data '{{\"name\": \"Ada\"}}'\n", shell_word(name));
  if (dialect != "typed") return fmt::format("  weft invoke {} --data @FILE\n", shell_word(name));
  const auto exports = exports_of(function);
  if (!exports) return {};
  const auto callable = std::ranges::count_if(*exports, engine::is_callable);
  std::vector<std::string> lines;
  for (const engine::ExportInfo& item : *exports) {
    if (!engine::is_callable(item)) continue;
    const std::string arguments = example_arguments(item.function);
    const std::string choice =
        callable == 1 ? "" : fmt::format(" --export {}", export_word(item.name));
    lines.push_back(fmt::format("  {:<40}  weft invoke {}{}{}{}", signature(item), shell_word(name),
                                choice, arguments.empty() ? "" : " ", arguments));
  }
  return first_lines(lines, fmt::format("weft show {} --json", shell_word(name)));
}

std::string function_text(const json::Value& function, const Console& console) {
  std::string text =
      fmt::format("{} {}\n", console.bold("function"), text_of_member(function, "name"));
  text += fmt::format("version   {} of {}, deployed {}\n", number_of_member(function, "version"),
                      number_of_member(function, "versions"), text_of_member(function, "deployed"));
  text +=
      fmt::format("module    {}\ndialect   {}\nstate     {}\n", text_of_member(function, "module"),
                  text_of_member(function, "dialect"), state_text(function));
  if (const std::string init = initialization_text(function); !init.empty())
    text += fmt::format("init      {}\n", init);
  text += limits_text(function) + environment_text(function) + network_text(function) +
          last_hour_text(function);
  if (const std::string called = text_of_member(function, "last_called"); !called.empty())
    text += fmt::format("called    {}\n", called);
  if (const std::string lines = calling_lines(function); !lines.empty())
    text += fmt::format("\n{}\n{}", console.bold("call it"), lines);
  return text;
}

void print_json(const json::Value& document, Console& console) {
  console.print(json::to_string(document) + "\n");
}

void print_removed(std::string_view what, bool as_json, Console& console) {
  if (!as_json) {
    console.note(fmt::format("{} is removed\n", printable(what)));
    return;
  }
  json::Object document;
  document.set("removed", what);
  print_json(json::Value(std::move(document)), console);
}

void note_more(const ServerClient::Listed& listed, Console& console, bool as_json) {
  if (!listed.has_more) return;
  note_hint(
      fmt::format("… and more: only the first {} are listed here; the HTTP interface lists all, "
                  "page by page",
                  listed.items.size()),
      console, as_json);
}

std::string short_module_id(std::string_view id) {
  constexpr std::size_t kShownBytes = std::string_view("sha256:").size() + 12;
  return std::string(id.substr(0, kShownBytes));
}

std::string table_text(const std::vector<std::vector<std::string>>& rows, const Console& console) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < rows[r].size(); ++i) {
      line += rows[r][i];
      if (i + 1 < rows[r].size()) line.append(widths[i] + 2 - width_of(rows[r][i]), ' ');
    }
    text += (r == 0 ? console.bold(line) : line) + "\n";
  }
  return text;
}

}  // namespace weft::cli
