#include "cli/report.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "json/print.h"
#include "json/problem.h"

namespace weft::cli {
namespace {

// An excerpt of a longer line says nothing: it is machine-made.
constexpr std::size_t kExcerptBytesMax = 200;
// A server that sends more frames than the engine keeps is not ours.
constexpr std::size_t kFramesMax = 256;

std::string place_of(const BacktraceFrame& frame) {
  if (!frame.file) return fmt::format("+{:#x}", frame.module_offset);
  std::string_view file = *frame.file;
  // How DWARF names a file of the directory that the module was made in.
  if (file.starts_with("./")) file.remove_prefix(2);
  std::string place = printable(file);
  if (frame.line) place += fmt::format(":{}", *frame.line);
  if (frame.line && frame.column) place += fmt::format(":{}", *frame.column);
  return fmt::format(" ({})", place);
}

std::optional<std::uint64_t> number_member(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->as_number().to_uint64();
}

std::optional<std::uint32_t> small_member(const json::Value& object, std::string_view key) {
  const auto value = number_member(object, key);
  if (!value || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::string> text_member(const json::Value& object, std::string_view key) {
  const json::Value* const value = object.find(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->as_string());
}

std::vector<BacktraceFrame> frames_of(const json::Value& problem) {
  std::vector<BacktraceFrame> frames;
  const json::Value* const list = problem.find("backtrace");
  if (list == nullptr || !list->is_array()) return frames;
  for (const json::Value& frame : list->as_array().first(std::min(list->size(), kFramesMax))) {
    frames.push_back({.function = text_member(frame, "function").value_or("?"),
                      .module_offset = number_member(frame, "module_offset").value_or(0),
                      .file = text_member(frame, "file"),
                      .line = small_member(frame, "line"),
                      .column = small_member(frame, "column")});
  }
  return frames;
}

Error with_message(const Error& error, std::string message) {
  Error other(error.code(), std::move(message));
  if (!error.backtrace().empty()) other = std::move(other).with_backtrace(error.backtrace());
  if (const auto& position = error.position()) other = std::move(other).with_position(*position);
  if (const auto& limit = error.limit())
    other = std::move(other).with_limit(limit->name, limit->value);
  return other;
}

// What a status means where the body does not say: a proxy's answer, or another kind of server.
ErrorCode code_of_status(int status) {
  for (const ErrorCodeInfo& each : error_codes()) {
    if (each.http_status == status) return each.code;
  }
  return status >= 500 ? ErrorCode::kUnavailable : ErrorCode::kInvalidArgument;
}

}  // namespace

// A function that calls itself again and again needs only one line.
std::string backtrace_text(const std::vector<BacktraceFrame>& frames) {
  std::string text;
  std::size_t again = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    if (i == 0 || frames[i] != frames[i - 1])
      text += fmt::format("  at {}{}\n", printable(frames[i].function), place_of(frames[i]));
    if (i + 1 < frames.size() && frames[i] == frames[i + 1]) {
      ++again;
    } else if (again > 0) {
      text += fmt::format("     and {} more of it\n", std::exchange(again, 0));
    }
  }
  return text;
}

std::string error_text(const Error& error, const Console& console) {
  std::string text = console.red("weft:");
  const bool is_trap = error.code() == ErrorCode::kGuestTrap;
  text += fmt::format(" {}{}\n", is_trap ? "the guest trapped: " : "", error.message());
  return text + backtrace_text(error.backtrace());
}

std::string error_json(const Error& error, const json::Object& members) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  const std::size_t end = error.message().find('\n');
  json::write_problem_members(writer, with_message(error, error.message().substr(0, end)));
  if (end != std::string::npos) writer.key("excerpt").value(error.message().substr(end + 1));
  for (const json::Member& member : members)
    writer.key(member.key()).value(member.value());
  writer.key("exit_code").value(info(error.code()).exit_code).end_object();
  return text + "\n";
}

int report(const Error& error, Console& console, bool as_json) {
  console.note(as_json ? error_json(error) : error_text(error, console));
  return info(error.code()).exit_code;
}

int end_of_command(const Result<int>& code, Console& console, bool as_json) {
  const int exit_code = code ? *code : report(code.error(), console, as_json);
  const auto& failure = console.output_failure();
  if (!failure) return exit_code;
  // Whoever closed the pipe has seen enough.
  if (failure->code() == ErrorCode::kUnavailable) return kClosedPipeExitCode;
  return report(Error(*failure).with_context("standard output"), console, as_json);
}

void note_hint(std::string_view hint, Console& console, bool as_json) {
  if (!as_json) {
    console.note(fmt::format("{} {}\n", console.bold("weft:"), hint));
    return;
  }
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("hint").value(hint).end_object();
  console.note(text + "\n");
}

Error error_of_problem(const Result<json::Value>& document, int status, std::string_view source) {
  const bool is_problem = document && document->is_object();
  const auto name = is_problem ? text_member(*document, "code") : std::nullopt;
  const auto named = name ? error_code_named(*name) : std::nullopt;
  const ErrorCode code = named.value_or(code_of_status(status));
  const auto detail = is_problem ? text_member(*document, "detail") : std::nullopt;
  if (!detail) {
    return {code, fmt::format("{} answered with status {} and no explanation: is it a weft server?",
                              printable(source), status)};
  }
  Error error(code, printable(*detail));
  if (auto frames = frames_of(*document); !frames.empty())
    error = std::move(error).with_backtrace(std::move(frames));
  if (const json::Value* const place = document->find("position")) {
    error = std::move(error).with_position({.line = number_member(*place, "line"),
                                            .column = number_member(*place, "column"),
                                            .offset = number_member(*place, "offset")});
  }
  if (const json::Value* const limit = document->find("limit")) {
    error = std::move(error).with_limit(text_member(*limit, "name").value_or("limit"),
                                        number_member(*limit, "value").value_or(0));
  }
  return error;
}

std::string without_place(const std::string& message) {
  const std::size_t place = message.find(" at line ");
  const std::size_t end = message.find(": ", place);
  if (place == std::string::npos || end == std::string::npos) return message;
  return message.substr(0, place) + message.substr(end);
}

std::string excerpt(std::string_view text, const Error& error) {
  const Position place = error.position().value_or(Position());
  // Of nothing there is nothing to see.
  if (!place.line || text.empty()) return {};
  std::uint64_t line = *place.line;
  std::size_t begin = 0;
  for (; line > 1; --line) {
    begin = text.find('\n', begin);
    if (begin++ == std::string_view::npos) return {};
  }
  std::string_view content = text.substr(begin, text.find('\n', begin) - begin);
  if (content.ends_with('\r')) content.remove_suffix(1);
  if (content.size() > kExcerptBytesMax) return {};
  // Tabs would move the caret; other control characters have no business on a terminal.
  std::string shown(content);
  std::ranges::replace_if(shown, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  const std::string gutter = fmt::format("  {} | ", *place.line);
  std::string drawn = fmt::format("{}{}\n", gutter, shown);
  const std::uint64_t column = place.column.value_or(0);
  if (column > 0 && column <= content.size() + 1) {
    drawn += fmt::format("{:>{}}^\n", "", gutter.size() + column - 1);
  }
  return drawn;
}

}  // namespace weft::cli
