#include "server/requests.h"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ascii.h"
#include "base/id.h"
#include "base/log.h"
#include "function/environment.h"
#include "json/parse.h"
#include "json/print.h"
#include "store/metadata.h"

namespace weft::server {
namespace {

constexpr std::size_t kEndpointPrefixBytes = 3;  // "/f/"

constexpr std::size_t kBodyDepthMax = 32;
constexpr std::size_t kShownBytesMax = 100;

std::unexpected<Error> invalid(const json::Value& where, std::string message) {
  return fail(
      Error(ErrorCode::kInvalidArgument, std::move(message)).with_position(where.position()));
}

// The body as an object with no members but `known`.
Result<json::Value> object_of(std::string_view body,
                              std::initializer_list<std::string_view> known) {
  if (body.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The body is empty; it must be a JSON object with {}.",
                            fmt::join(known, ", ")));
  }
  json::Value object = TRY(json::parse(body, {.depth_max = kBodyDepthMax}));
  if (!object.is_object()) {
    return invalid(object, fmt::format("The body must be a JSON object, not {} {}.",
                                       object.is_array() ? "an" : "a", json::name(object.kind())));
  }
  for (const json::Member& member : object.as_object()) {
    if (std::ranges::find(known, member.key()) != known.end()) continue;
    return invalid(member.key_value(),
                   fmt::format("\"{}\" is no known member; known are {}.",
                               shown(member.key(), kShownBytesMax), fmt::join(known, ", ")));
  }
  return object;
}

// The member, which must be an object when it is there.
Result<const json::Value*> object_member(const json::Value& object, std::string_view key) {
  const json::Value* member = object.find(key);
  if (member != nullptr && !member->is_object()) {
    return invalid(
        *member, fmt::format("\"{}\" must be an object, not {}.", key, json::name(member->kind())));
  }
  return member;
}

Result<std::string> module_of(const json::Value& object) {
  const json::Value* module = object.find("module");
  if (module == nullptr) {
    return invalid(
        object,
        "\"module\" is missing: the id of an uploaded module (POST /v1/modules returns it).");
  }
  if (!module->is_string() || !is_content_id(module->as_string())) {
    return invalid(*module,
                   "\"module\" must be the id of a module: \"sha256:\" and 64 hex digits.");
  }
  return std::string(module->as_string());
}

Result<function::Environment> environment_of(const json::Value& object) {
  const json::Value* members = TRY(object_member(object, "environment"));
  if (members == nullptr) return function::Environment();
  return function::environment_of(*members);
}

Result<std::optional<std::string>> init_of(const json::Value& object) {
  const json::Value* init = object.find("init");
  if (init == nullptr || init->is_null()) return std::nullopt;
  if (!init->is_string()) {
    return invalid(*init,
                   "\"init\" must be the name of an export that initialises the module, or null.");
  }
  return std::string(init->as_string());
}

Result<bool> is_warm(const json::Value& object) {
  const json::Value* state = object.find("state");
  if (state == nullptr) return false;
  const std::string_view name = state->is_string() ? state->as_string() : "";
  if (name == "warm" || name == "pristine") return name == "warm";
  return invalid(*state,
                 "\"state\" must be \"pristine\", so that no call sees what earlier calls left, or "
                 "\"warm\", so that calls do.");
}

// The file of a function that comes without a module; nothing where there is none.
Result<std::optional<std::string>> source_of(const json::Value& object) {
  const json::Value* const source = object.find("source");
  const json::Value* const language = object.find("language");
  if (source == nullptr) {
    if (language == nullptr) return std::nullopt;
    return invalid(*language, "\"language\" is that of a \"source\", which is missing.");
  }
  if (!source->is_string() || source->as_string().empty())
    return invalid(*source, "\"source\" must be the text of a file.");
  if (object.find("module") != nullptr)
    return invalid(*source, "A function is a \"module\" or a \"source\", not both.");
  if (language == nullptr || !language->is_string())
    return invalid(*source, "\"language\" is missing, which is that of the source: \"python\".");
  if (language->as_string() != "python") {
    return fail(Error(ErrorCode::kUnsupported,
                      fmt::format("\"language\" can be \"python\", not \"{}\": compile the "
                                  "source to a module.",
                                  shown(language->as_string(), kShownBytesMax)))
                    .with_position(language->position()));
  }
  return std::string(source->as_string());
}

}  // namespace

Result<std::optional<std::string>> single_parameter(const net::HttpRequest& request,
                                                    std::string_view name) {
  std::string_view rest = request.query();
  int count = 0;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (net::query_parameter(pair, name)) ++count;
  }
  if (count > 1) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The query parameter \"{}\" is given {} times.", name, count));
  }
  return request.parameter(name);
}

Result<DeploymentRequest> deployment_of(std::string_view body) {
  const json::Value object = TRY(object_of(
      body, {"module", "limits", "grants", "environment", "init", "state", "source", "language"}));
  DeploymentRequest request;
  function::Deployment& deployment = request.deployment;
  request.source = TRY(source_of(object));
  if (!request.source) deployment.module = TRY(module_of(object));
  if (const json::Value* limits = TRY(object_member(object, "limits"))) {
    deployment.limits = TRY(function::limits_of(*limits));
  }
  if (const json::Value* grants = TRY(object_member(object, "grants"))) {
    deployment.grants = TRY(function::grants_of(*grants));
  }
  deployment.environment = TRY(environment_of(object));
  deployment.init = TRY(init_of(object));
  deployment.is_warm = TRY(is_warm(object));
  return request;
}

function::Language language_of(const net::HttpRequest& request) {
  const std::string_view type = request.header("content-type").value_or("");
  const std::string_view essence = type.substr(0, type.find_first_of("; "));
  for (const std::string_view python : {"text/x-python", "application/x-python"}) {
    if (net::equals_ignoring_case(essence, python)) return function::Language::kPython;
  }
  // As browsers of Windows call it, too.
  for (const std::string_view zip : {"application/zip", "application/x-zip-compressed"}) {
    if (net::equals_ignoring_case(essence, zip)) return function::Language::kPythonArchive;
  }
  return function::Language::kWasm;
}

abi::python::HttpRequest function_request(const net::HttpRequest& request) {
  // "/f/NAME" stands in front of what the function serves.
  const std::string_view whole = request.path();
  const std::size_t name_end = std::min(whole.find('/', kEndpointPrefixBytes), whole.size());
  std::string path;
  const auto segments = request.segments();
  for (std::size_t i = 2; i < segments.size(); ++i) {
    path += '/';
    path += segments[i];
  }
  abi::python::HttpRequest result{.method = std::string(request.method()),
                                  .path = path.empty() ? "/" : std::move(path),
                                  .raw_path = std::string(whole.substr(name_end)),
                                  .query = std::string(request.query()),
                                  .root_path = std::string(whole.substr(0, name_end)),
                                  .scheme = "http"};
  if (result.raw_path.empty()) result.raw_path = "/";
  result.headers.reserve(request.header_count());
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    const auto [name, value] = request.header_at(i);
    result.headers.emplace_back(to_lower(name), value);
  }
  return result;
}

Result<std::int64_t> rollback_of(std::string_view body) {
  const json::Value object = TRY(object_of(body, {"version"}));
  const json::Value* version = object.find("version");
  if (version == nullptr) {
    return invalid(object, "\"version\" is missing: the number of the version to go back to.");
  }
  const auto number = version->is_number() ? version->as_number().to_int64() : std::nullopt;
  if (!number || *number < 1) {
    return invalid(*version, "\"version\" must be a whole number, at least 1.");
  }
  return *number;
}

Result<store::Page> page_of(const net::HttpRequest& request) {
  store::Page page;
  if (const auto text = TRY(single_parameter(request, "limit"))) {
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, page.limit);
    if (error != std::errc() || stop != end || page.limit < 1 || page.limit > kListLimitMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("The query parameter \"limit\" must be a number from 1 to {}, not "
                              "\"{}\".",
                              kListLimitMax, shown(*text, kShownBytesMax)));
    }
  }
  if (auto next = TRY(single_parameter(request, "next"))) {
    if (next->empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  "The query parameter \"next\" is empty; leave it out for the first page.");
    }
    page.after = std::move(*next);
  }
  return page;
}

Result<std::string> search_of(const net::HttpRequest& request) {
  auto search = TRY(single_parameter(request, "search"));
  if (!search) return std::string();
  // Continuation bytes of UTF-8 begin no character.
  const auto characters = static_cast<std::size_t>(std::ranges::count_if(
      *search, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
  if (characters > kSearchCharactersMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The query parameter \"search\" has {} characters; at most {} are "
                            "allowed.",
                            characters, kSearchCharactersMax));
  }
  return std::move(*search);
}

Result<store::InvocationFilter> filter_of(const net::HttpRequest& request) {
  store::InvocationFilter filter;
  filter.function = TRY(single_parameter(request, "function"));
  if (filter.function && !store::is_function_name(*filter.function)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("The query parameter \"function\" is \"{}\", which is no function's "
                            "name.",
                            shown(*filter.function, kShownBytesMax)));
  }
  if (const auto status = TRY(single_parameter(request, "status"))) {
    if (*status != "ok" && *status != "error") {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("The query parameter \"status\" must be \"ok\" or \"error\", not "
                              "\"{}\".",
                              shown(*status, kShownBytesMax)));
    }
    filter.status =
        *status == "ok" ? store::InvocationStatus::kOk : store::InvocationStatus::kError;
  }
  return filter;
}

Result<std::optional<std::string>> payload_of_query(const net::HttpRequest& request) {
  const auto name = TRY(single_parameter(request, "export"));
  const auto args = TRY(single_parameter(request, "args"));
  if (!name && !args) return std::nullopt;
  std::string payload;
  json::Writer writer(payload);
  writer.begin_object();
  if (name) writer.key("export").value(*name);
  if (args) {
    auto parsed = json::parse(*args, {.depth_max = kBodyDepthMax});
    if (!parsed || !parsed->is_array()) {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format("The query parameter \"args\" must be a JSON array such as [2,3], not "
                      "\"{}\".",
                      shown(*args, kShownBytesMax)));
    }
    writer.key("args").value(*parsed);
  }
  writer.end_object();
  return payload;
}

bool prefers_async(const net::HttpRequest& request) {
  constexpr std::string_view kWanted = "respond-async";
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    const auto [name, value] = request.header_at(i);
    if (!net::equals_ignoring_case(name, "prefer")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      std::string_view preference = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), preference.size() + 1));
      preference = preference.substr(0, preference.find(';'));
      preference.remove_prefix(std::min(preference.find_first_not_of(" \t"), preference.size()));
      preference = preference.substr(0, preference.find_last_not_of(" \t") + 1);
      if (net::equals_ignoring_case(preference, kWanted)) return true;
    }
  }
  return false;
}

}  // namespace weft::server
