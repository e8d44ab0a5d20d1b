#include "function/python_conversation.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/assert.h"
#include "function/python_guest.h"
#include "json/parse.h"
#include "json/print.h"
#include "json/unicode.h"

namespace weft::function {
namespace {

using abi::python::Kind;

// "Application/JSON; charset=utf-8" is "application/json".
std::string media_type(std::string_view content_type) {
  std::string type = to_lower(content_type.substr(0, content_type.find(';')));
  std::erase(type, ' ');
  return type;
}

const PythonFile& file_of(const LoadedFunction& function) {
  const auto& file = function.description().python;
  WEFT_ASSERT(file.has_value());
  return *file;
}

// What the handler's context has; `http` may be null.
std::string context_of(const LoadedFunction::Description& description, const CallToMake& call,
                       const abi::python::HttpRequest* http) {
  const auto deadline =
      call.started.time_since_epoch() + std::chrono::milliseconds(description.limits.deadline_ms);
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  writer.key("function")
      .value(description.shown_name.empty() ? description.name : description.shown_name);
  writer.key("version").value(description.version);
  writer.key("invocation").value(call.invocation);
  writer.key("deadline").value(std::chrono::duration<double>(deadline).count());
  writer.key("memory_bytes").value(description.limits.memory_bytes);
  if (http != nullptr) writer.key("request").raw(abi::python::to_json(*http));
  writer.end_object();
  return text;
}

Response response_of(abi::python::HttpAnswer answer) {
  Response response{.content_type = "application/octet-stream", .body = std::move(answer.body)};
  response.status = answer.status;
  for (auto& [name, value] : answer.headers) {
    if (to_lower(name) == "content-type") {
      response.content_type = std::move(value);
    } else {
      response.headers.emplace_back(std::move(name), std::move(value));
    }
  }
  return response;
}

// The file loaded when it was deployed: what keeps it from that now is no fault of the caller.
Error fault_of_load(const Error& error) {
  if (error.code() != ErrorCode::kInvalidArgument) return error;
  return Error(ErrorCode::kGuestError, "the file does not load any more: " + error.message())
      .with_backtrace(error.backtrace());
}

Result<Response> response_of(abi::python::Answer answer) {
  switch (answer.kind) {
    case Kind::kNothing:
      return Response{.content_type = "application/json", .body = "null"};
    case Kind::kJson:
      return Response{.content_type = "application/json", .body = std::move(answer.bytes)};
    case Kind::kText:
      return Response{.content_type = "text/plain; charset=utf-8", .body = std::move(answer.bytes)};
    case Kind::kHttp:
      return response_of(TRY(abi::python::http_answer_of(std::move(answer.bytes))));
    default:
      return Response{.content_type = "application/octet-stream", .body = std::move(answer.bytes)};
  }
}

}  // namespace

Kind payload_kind(std::string_view content_type, std::string_view payload) {
  const std::string type = media_type(content_type);
  if (payload.empty()) return Kind::kNothing;
  if (type == "application/json" || type.ends_with("+json")) return Kind::kJson;
  if (type.starts_with("text/")) return json::is_utf8(payload) ? Kind::kText : Kind::kBytes;
  if (!type.empty() && type != "application/x-www-form-urlencoded") return Kind::kBytes;
  if (!json::is_utf8(payload)) return Kind::kBytes;
  return json::parse(payload) ? Kind::kJson : Kind::kText;
}

PythonConversation::PythonConversation(const LoadedFunction& function, CallToMake& call)
    : limits_(function.description().limits),
      file_(file_of(function)),
      is_loading_(file_.cold.has_value()),
      payload_(call.call.payload),
      dialogue_(file_.places) {
  std::optional<abi::python::HttpRequest> http;
  if (call.call.http) http = call.call.http();
  context_ = context_of(function.description(), call, http ? &*http : nullptr);
  if (http && file_.loaded.takes == abi::python::Takes::kHttp) {
    http_ = abi::python::to_payload(*http, payload_);
    kind_ = Kind::kHttp;
    payload_ = http_;
  } else {
    kind_ = payload_kind(call.call.content_type, payload_);
  }
  if (const auto& cold = file_.cold) {
    name_ = cold->name(function.description().name, function.description().file);
    dialogue_.load(cold->named(name_));
  } else {
    invoke();
  }
}

void PythonConversation::invoke() {
  dialogue_.invoke(kind_, payload_, context_);
}

Result<> PythonConversation::furnish(abi::command::World& world) {
  world.directories = python_directories(*file_.library, file_.archive.get());
  return {};
}

Result<> PythonConversation::begin(engine::Instance& instance) {
  TRY(say_next(dialogue_, instance, {}, limits_));
  return {};
}

Result<std::optional<Response>> PythonConversation::hear(engine::Instance& instance,
                                                         std::span<const engine::Value> results) {
  auto goes_on = say_next(dialogue_, instance, results, limits_);
  if (!goes_on) return fail(is_loading_ ? fault_of_load(goes_on.error()) : goes_on.error());
  if (*goes_on) return std::nullopt;
  if (is_loading_) {
    is_loading_ = false;
    invoke();
    TRY(say_next(dialogue_, instance, {}, limits_));
    return std::nullopt;
  }
  auto answer = TRY(dialogue_.answer(instance.memory(), limits_.output_bytes));
  return TRY(response_of(std::move(answer)));
}

}  // namespace weft::function
