#include "abi/python/guest.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "base/http_field.h"
#include "base/log.h"
#include "base/utf8.h"
#include "json/parse.h"
#include "json/print.h"

namespace weft::abi::python {
namespace {

// An answer's head: headers have the size that servers and proxies take at most.
constexpr json::ParseLimits kHeadLimits{
    .bytes_max = 64 << 10, .depth_max = 4, .nodes_max = 2'000, .lone_surrogates = true};
constexpr json::ParseLimits kErrorLimits{
    .bytes_max = 1 << 20, .depth_max = 8, .nodes_max = 10'000, .lone_surrogates = true};
constexpr std::size_t kHeadSizeBytes = 4;
constexpr std::size_t kFramesMax = 50;
// It is kept with the call's record.
constexpr std::size_t kMessageShownMax = 2'000;
constexpr std::size_t kNameShownMax = 200;

Error no_answer(std::string_view why) {
  return {ErrorCode::kGuestError, fmt::format("the answer is no answer to HTTP: {}", why)};
}

std::string_view text_in(const json::Value& object, std::string_view key) {
  const json::Value* const found = object.find(key);
  return found != nullptr && found->is_string() ? found->as_string() : std::string_view();
}

std::optional<std::uint32_t> number_in(const json::Value& object, std::string_view key) {
  const json::Value* const found = object.find(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const auto number = found->as_number().to_uint64();
  if (!number || *number == 0 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

void write_headers(json::Writer& writer, const HttpRequest& request) {
  for (const auto& [name, value] : request.headers)
    writer.begin_array().value(name).value(latin_1_to_utf8(value)).end_array();
}

// Of equal names, as RFC 9110 section 5.2 joins them; cookies as RFC 6265 does.
json::Object joined_headers(const HttpRequest& request) {
  std::vector<std::pair<std::string_view, std::string>> joined;
  for (const auto& [name, value] : request.headers) {
    const auto known =
        std::ranges::find(joined, name, &std::pair<std::string_view, std::string>::first);
    if (known == joined.end()) {
      joined.emplace_back(name, latin_1_to_utf8(value));
    } else {
      known->second += (name == "cookie" ? "; " : ", ") + latin_1_to_utf8(value);
    }
  }
  json::Object object;
  for (const auto& [name, value] : joined)
    object.set(name, value);
  return object;
}

Result<std::pair<std::string, std::string>> header_of(const json::Value& row) {
  if (!row.is_array() || row.size() != 2 || !row.as_array()[0].is_string() ||
      !row.as_array()[1].is_string())
    return fail(no_answer("a header is not a name and a value"));
  const std::string_view name = row.as_array()[0].as_string();
  if (!is_field_name(name)) {
    return fail(
        no_answer(fmt::format("\"{}\" cannot be a header's name", shown(name, kNameShownMax))));
  }
  const std::string_view value = row.as_array()[1].as_string();
  if (!is_field_value(value)) {
    return fail(no_answer(fmt::format("the value of the header {} has a control character",
                                      shown(name, kNameShownMax))));
  }
  return std::pair(std::string(name), utf8_to_latin_1(value));
}

struct ErrorKind {
  std::string_view name;
  ErrorCode code;
};
constexpr std::array kErrorKinds{
    ErrorKind{"syntax", ErrorCode::kInvalidArgument},
    ErrorKind{"import", ErrorCode::kInvalidArgument},
    ErrorKind{"handler", ErrorCode::kInvalidArgument},
    ErrorKind{"payload", ErrorCode::kInvalidArgument},
    ErrorKind{"memory", ErrorCode::kGuestLimit},
    ErrorKind{"open_files", ErrorCode::kFailedPrecondition},
    ErrorKind{"environment", ErrorCode::kFailedPrecondition},
};

bool is_of_loading(std::string_view kind) {
  return kind == "syntax" || kind == "import";
}

ErrorCode code_of(std::string_view kind, Doing doing) {
  if (doing == Doing::kCalling && is_of_loading(kind)) return ErrorCode::kGuestError;
  const auto* const found = std::ranges::find(kErrorKinds, kind, &ErrorKind::name);
  return found != kErrorKinds.end() ? found->code : ErrorCode::kGuestError;
}

// "ValueError: no such colour"; what the guest says itself has no class.
std::string message_of(const json::Value& error, std::string_view kind) {
  std::string message = shown(text_in(error, "message"), kMessageShownMax);
  const json::Value* const code = error.find("code");
  const auto number = code != nullptr && code->is_number() ? code->as_number().to_int64()
                                                           : std::optional<std::int64_t>();
  if (kind == "exit") {
    const std::string exited = fmt::format("Python exited with code {}", number.value_or(1));
    // sys.exit("why")
    const bool says_why = !message.empty() && message != fmt::to_string(number.value_or(1));
    return says_why ? fmt::format("{}: {}", exited, message) : exited;
  }
  if (kind == "returned") return fmt::format("{} (code {})", message, number.value_or(0));
  const std::string type = shown(text_in(error, "type"), kNameShownMax);
  if (type == "Error" || type.empty()) return message;
  return message.empty() ? type : fmt::format("{}: {}", type, message);
}

// Python tells the innermost one last.
std::vector<BacktraceFrame> frames_of(const json::Value& error) {
  std::vector<BacktraceFrame> frames;
  const json::Value* const rows = error.find("frames");
  if (rows == nullptr || !rows->is_array()) return frames;
  for (const json::Value& row : rows->as_array()) {
    if (frames.size() == kFramesMax) break;
    frames.push_back({.function = shown(text_in(row, "function"), kNameShownMax),
                      .module_offset = 0,
                      .file = shown(text_in(row, "file"), kNameShownMax),
                      .line = number_in(row, "line"),
                      .column = number_in(row, "column")});
  }
  std::ranges::reverse(frames);
  return frames;
}

}  // namespace

std::string to_payload(const HttpRequest& request, std::string_view body) {
  std::string bytes(kHeadSizeBytes, '\0');
  json::Writer writer(bytes);
  writer.begin_object();
  writer.key("method").value(request.method);
  writer.key("path").value(request.path);
  writer.key("raw_path").value(request.raw_path);
  writer.key("query").value(request.query);
  writer.key("root_path").value(request.root_path);
  writer.key("scheme").value(request.scheme);
  writer.key("headers").begin_array();
  write_headers(writer, request);
  writer.end_array().end_object();
  const auto head = static_cast<std::uint32_t>(bytes.size() - kHeadSizeBytes);
  std::memcpy(bytes.data(), &head, kHeadSizeBytes);
  return bytes.append(body);
}

std::string to_json(const HttpRequest& request) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object();
  writer.key("method").value(request.method);
  writer.key("path").value(request.path);
  writer.key("query").value(request.query);
  writer.key("headers").value(json::Value(joined_headers(request)));
  writer.end_object();
  return text;
}

Result<HttpAnswer> http_answer_of(std::string bytes) {
  std::uint32_t size = 0;
  if (bytes.size() < kHeadSizeBytes) return fail(no_answer("it is too short"));
  std::memcpy(&size, bytes.data(), kHeadSizeBytes);
  if (size > bytes.size() - kHeadSizeBytes) return fail(no_answer("its head is cut off"));
  const auto head = json::parse(std::string_view(bytes).substr(kHeadSizeBytes, size), kHeadLimits);
  if (!head) return fail(no_answer(head.error().message()));
  HttpAnswer answer;
  const auto status = number_in(*head, "status");
  if (!status || *status < 200 || *status > 599)
    return fail(no_answer("its status is not a number from 200 to 599"));
  answer.status = static_cast<int>(*status);
  const json::Value* const headers = head->find("headers");
  if (headers == nullptr || !headers->is_array()) return fail(no_answer("it has no headers"));
  for (const json::Value& row : headers->as_array())
    answer.headers.push_back(TRY(header_of(row)));
  bytes.erase(0, kHeadSizeBytes + size);
  answer.body = std::move(bytes);
  return answer;
}

Result<Loaded> loaded_of(const Answer& answer) {
  const auto told = json::parse(answer.bytes, kErrorLimits);
  if (answer.kind != Kind::kJson || !told || !told->is_object()) {
    return fail(ErrorCode::kGuestError,
                "Python was changed from within: it does not say what it has loaded");
  }
  return Loaded{.handler = shown(text_in(*told, "handler"), kNameShownMax),
                .takes = text_in(*told, "takes") == "http" ? Takes::kHttp : Takes::kEvent};
}

Error without_engine_frames(Error error) {
  if (error.backtrace().empty()) return error;
  return std::move(error).with_backtrace({});
}

GuestFailure failure_of(std::string_view json, Doing doing) {
  const auto parsed = json::parse(json, kErrorLimits);
  if (!parsed || !parsed->is_object()) {
    return {.error = Error(ErrorCode::kGuestError,
                           "Python was changed from within: its error cannot be read"),
            .text = {}};
  }
  const std::string_view kind = text_in(*parsed, "kind");
  std::vector<BacktraceFrame> frames = frames_of(*parsed);
  Error error(code_of(kind, doing), message_of(*parsed, kind));
  if (kind == "syntax" && doing == Doing::kLoading && !frames.empty()) {
    error = std::move(error).with_position(
        {.line = frames.front().line, .column = frames.front().column, .offset = std::nullopt});
  }
  if (!frames.empty()) error = std::move(error).with_backtrace(std::move(frames));
  return {.error = std::move(error), .text = std::string(text_in(*parsed, "text"))};
}

}  // namespace weft::abi::python
