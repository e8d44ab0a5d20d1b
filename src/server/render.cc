#include "server/render.h"

#include <utility>

#include "function/module_document.h"
#include "json/parse.h"
#include "json/problem.h"

namespace weft::server {
namespace {

// Until work that waits has probably been done.
constexpr const char* kRetryAfterSeconds = "1";

// What clients are told instead.
Error without_internals(const Error& error) {
  if (!is_internal(error)) return error;
  if (const auto& told = error.told_clients()) return Error(error.code(), *told);
  return Error(error.code(),
               error.code() == ErrorCode::kUnavailable
                   ? "Something that the server needs does not answer: try again. The "
                     "server's log says more."
                   : "Something inside the server failed. The server's log says what.");
}

// What functions and their versions have in common.
template <class Deployed>
void write_settings(json::Writer& writer, const Deployed& deployed) {
  writer.key("limits").value(function::to_json(deployed.limits));
  writer.key("grants").value(function::to_json(deployed.grants));
  writer.key("environment").begin_object();
  for (const auto& [name, value] : deployed.environment) {
    writer.key(name).value(value);
  }
  writer.end_object();
}

void write_activity(json::Writer& writer, const function::Activity& activity) {
  writer.key("last_hour").begin_object();
  writer.key("calls").value(activity.calls);
  writer.key("errors").value(activity.errors);
  writer.key("p50_us");
  if (activity.p50_us) {
    writer.value(*activity.p50_us);
  } else {
    writer.value(nullptr);
  }
  writer.key("calls_per_minute").begin_array();
  for (const std::uint64_t calls : activity.calls_per_minute) {
    writer.value(calls);
  }
  writer.end_array().end_object().key("last_called");
  if (activity.last_called) {
    writer.value(to_rfc3339(*activity.last_called));
  } else {
    writer.value(nullptr);
  }
}

void write_optional(json::Writer& writer, std::string_view key,
                    const std::optional<std::string>& text) {
  writer.key(key);
  if (text) {
    writer.value(*text);
  } else {
    writer.value(nullptr);
  }
}

}  // namespace

void write(json::Writer& writer, const function::Module& module) {
  write(writer, function::ModuleDocument{.id = module.id,
                                         .dialect = module.dialect,
                                         .info = module.info,
                                         .size_bytes = module.size_bytes,
                                         .created = module.created});
}

void write(json::Writer& writer, const function::Function& function) {
  writer.begin_object();
  writer.key("name").value(function.name);
  writer.key("version").value(function.version);
  writer.key("versions").value(function.versions);
  writer.key("module").value(function.module.id);
  writer.key("dialect").value(name_of(function.module.dialect));
  writer.key("created").value(to_rfc3339(function.created));
  writer.key("deployed").value(to_rfc3339(function.deployed));
  function::write_exports(writer, function.module.info);
  write_settings(writer, function);
  const bool is_warm = function.state == function::State::kWarm;
  const auto state = function::state_text(function.module.info, is_warm);
  writer.key("state").value(state.name).key("state_reason").value(state.reason);
  write_optional(writer, "init", function.init);
  function::write_initialization(writer, function.initialization, function.module.info, is_warm);
  write_activity(writer, function.activity);
  writer.end_object();
}

void write(json::Writer& writer, const function::Version& version) {
  writer.begin_object();
  writer.key("version").value(version.version);
  writer.key("module").value(version.module);
  writer.key("dialect").value(name_of(version.dialect));
  writer.key("deployed").value(to_rfc3339(version.deployed));
  writer.key("current").value(version.current);
  write_settings(writer, version);
  writer.key("state").value(version.is_warm ? "warm" : "pristine");
  write_optional(writer, "init", version.init);
  writer.end_object();
}

void write(json::Writer& writer, const store::InvocationRecord& record) {
  writer.begin_object();
  writer.key("id").value(record.id);
  writer.key("function").value(record.function);
  writer.key("version").value(record.version);
  if (record.export_name) writer.key("export").value(*record.export_name);
  writer.key("status").value(record.status == store::InvocationStatus::kOk ? "ok" : "error");
  if (record.error) {
    // Text from the disk is JSON only if it parses.
    if (const auto error = json::parse(*record.error)) writer.key("error").value(*error);
  }
  writer.key("started").value(to_rfc3339(record.started));
  writer.key("duration_us").value(record.duration_us);
  writer.key("cpu_us").value(record.cpu_us);
  writer.key("input_bytes").value(record.input_bytes);
  writer.key("output_bytes").value(record.output_bytes);
  write_optional(writer, "input", record.input);
  write_optional(writer, "output", record.output);
  writer.key("log_bytes").value(record.log_bytes);
  writer.key("calls").value(record.calls);
  writer.end_object();
}

net::HttpResponse json_response(int status, std::string text) {
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          net::Body(std::move(text))};
}

net::HttpResponse problem(const Error& error, const std::optional<std::string>& invocation,
                          std::optional<int> status) {
  std::string text;
  json::Writer writer(text);
  json::write_problem(writer, without_internals(error), invocation, status);
  const ErrorCodeInfo& about = info(error.code());
  net::HttpResponse response{
      status.value_or(about.http_status),
      {{"Content-Type", "application/problem+json"}, {"Cache-Control", "no-store"}},
      net::Body(std::move(text))};
  if (error.code() == ErrorCode::kUnauthenticated) {
    response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"weft\""});
  }
  if (about.retryable) response.headers.push_back({"Retry-After", kRetryAfterSeconds});
  return response;
}

void write_problem(json::Writer& writer, const Error& error) {
  json::write_problem(writer, without_internals(error), std::nullopt);
}

void write_outcome(json::Writer& writer, const Result<std::string>& answer) {
  if (answer) {
    writer.key("answer").raw(*answer);
  } else {
    writer.key("error");
    write_problem(writer, answer.error());
  }
}

bool is_internal(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInternal:
    case ErrorCode::kDataLoss:
    case ErrorCode::kUnavailable:
      return true;
    default:
      return false;
  }
}

}  // namespace weft::server
