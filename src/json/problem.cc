#include "json/problem.h"

namespace weft::json {
namespace {

void write_frame(Writer& writer, const BacktraceFrame& frame) {
  writer.begin_object()
      .key("function")
      .value(frame.function)
      .key("module_offset")
      .value(frame.module_offset);
  if (frame.file) writer.key("file").value(*frame.file);
  if (frame.line) writer.key("line").value(*frame.line);
  if (frame.column) writer.key("column").value(*frame.column);
  writer.end_object();
}

void write_position(Writer& writer, const Position& position) {
  writer.key("position").begin_object();
  if (position.line) writer.key("line").value(*position.line);
  if (position.column) writer.key("column").value(*position.column);
  if (position.offset) writer.key("offset").value(*position.offset);
  writer.end_object();
}

}  // namespace

void write_problem(Writer& writer, const Error& error, std::optional<std::string_view> invocation,
                   std::optional<int> status) {
  writer.begin_object();
  write_problem_members(writer, error, invocation, status);
  writer.end_object();
}

void write_problem_members(Writer& writer, const Error& error,
                           std::optional<std::string_view> invocation, std::optional<int> status) {
  const ErrorCodeInfo& about = info(error.code());
  writer.key("type").value("about:blank").key("code").value(about.name);
  writer.key("title").value(about.title).key("status").value(status.value_or(about.http_status));
  writer.key("detail").value(error.message());
  if (invocation) writer.key("invocation").value(*invocation);
  if (!error.backtrace().empty()) {
    writer.key("backtrace").begin_array();
    for (const BacktraceFrame& frame : error.backtrace())
      write_frame(writer, frame);
    writer.end_array();
  }
  if (const auto& position = error.position()) write_position(writer, *position);
  if (const auto& limit = error.limit()) {
    writer.key("limit")
        .begin_object()
        .key("name")
        .value(limit->name)
        .key("value")
        .value(limit->value)
        .end_object();
  }
  writer.key("retryable").value(about.retryable);
}

}  // namespace weft::json
