#include "function/typed_conversation.h"

#include <utility>

#include <fmt/format.h>

#include "abi/dialect.h"
#include "abi/typed/values.h"
#include "base/log.h"
#include "json/parse.h"
#include "json/print.h"

namespace weft::function {
namespace {

// How much of a name, and how many exports, an error shows: it is kept with the call's record.
constexpr std::size_t kNameShownMax = 100;
constexpr std::size_t kExportsShownMax = 10;

// More values than a call can have: a function has at most 1000 parameters.
constexpr json::ParseLimits kRequestLimits{.depth_max = 16, .nodes_max = 2'000};

std::string callable_exports(const LoadedFunction::Description& description) {
  std::string names;
  std::size_t count = 0;
  for (const engine::ExportInfo& item : description.info.exports) {
    if (item.kind != engine::ItemKind::kFunction || abi::is_initializer(item)) continue;
    if (description.initialization.has(item.name)) continue;
    if (!names.empty()) names += ", ";
    if (++count > kExportsShownMax) {
      names += "…";
      break;
    }
    names += shown(item.name, kNameShownMax) + shown(item.type, kNameShownMax);
  }
  return names.empty() ? "the module exports no functions" : "the module exports " + names;
}

// The export that the caller means: of that name, or, without one, the only one.
Result<const engine::ExportInfo*> export_meant(const LoadedFunction& function,
                                               const json::Value* name) {
  const LoadedFunction::Description& description = function.description();
  const engine::ExportInfo* const item =
      name == nullptr ? function.only_export() : description.info.find_export(name->as_string());
  if (item == nullptr || item->kind != engine::ItemKind::kFunction) {
    if (name != nullptr) {
      return fail(ErrorCode::kNotFound, fmt::format("there is no exported function \"{}\"; {}",
                                                    shown(name->as_string(), kNameShownMax),
                                                    callable_exports(description)));
    }
    return fail(ErrorCode::kInvalidArgument, "name an export: " + callable_exports(description));
  }
  if (function.state() == State::kWarm && abi::is_initializer(*item)) {
    return fail(ErrorCode::kFailedPrecondition,
                "_initialize has been called already: a warm function's instances begin with it, "
                "and it may run once in each");
  }
  return item;
}

}  // namespace

Result<std::unique_ptr<Conversation>> TypedConversation::begin(const LoadedFunction& function,
                                                               std::string_view payload) {
  const json::Value request =
      payload.empty() ? json::Value::object({}) : TRY(json::parse(payload, kRequestLimits));
  if (!request.is_object()) {
    return fail(ErrorCode::kInvalidArgument,
                "the payload is an object: {\"export\": \"name\", \"args\": []}");
  }
  const json::Value* name = nullptr;
  std::span<const json::Value> arguments;
  for (const auto& [key, value] : request.as_object()) {
    if (key == "export" && value.is_string()) {
      name = &value;
    } else if (key == "args" && value.is_array()) {
      arguments = value.as_array();
    } else {
      return fail(
          ErrorCode::kInvalidArgument,
          fmt::format(
              "the payload has \"export\" (a string) and \"args\" (an array); \"{}\" does not fit",
              shown(key, kNameShownMax)));
    }
  }
  const engine::ExportInfo* const item = TRY(export_meant(function, name));
  return std::make_unique<TypedConversation>(item->name,
                                             TRY(abi::typed::values_of(arguments, item->function)));
}

Result<> TypedConversation::begin(engine::Instance& instance) {
  return instance.begin_call(export_name_, arguments_);
}

Result<std::optional<Response>> TypedConversation::hear(engine::Instance& /*instance*/,
                                                        std::span<const engine::Value> results) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("results").begin_array();
  for (const engine::Value& value : results)
    abi::typed::write(writer, value);
  writer.end_array().end_object();
  return Response{.content_type = "application/json", .body = std::move(body)};
}

}  // namespace weft::function
