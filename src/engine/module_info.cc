#include "engine/module_info.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/failure.h"
#include "engine/freed_memory.h"
#include "engine/wasmtime/weft_engine.h"

namespace weft::engine {
namespace {

constexpr std::string_view kMagic{"\0asm", 4};
constexpr std::uint64_t kDescriptionBytesMax = 4ULL * 1024 * 1024;  // As in scan.rs.
// Messages quote names and text of the module.
constexpr std::size_t kMessageBytesMax = 1'000;
constexpr std::array<std::string_view, 5> kKindNames = {"func", "table", "memory", "global", "tag"};

std::string copy(weft_text_t text) {
  return {reinterpret_cast<const char*>(text.data), text.size};
}

std::vector<ValueType> types_of(const std::uint8_t* codes, std::size_t count) {
  std::vector<ValueType> types(count);
  std::transform(codes, codes + count, types.begin(),
                 [](std::uint8_t code) { return static_cast<ValueType>(code); });
  return types;
}

// Receives what weft_scan finds.
struct Scan {
  weft_scan_t found{};
  ModuleInfo info;
  std::string message;
};

void take_item(void* env, const weft_item_t* item) {
  ModuleInfo& info = static_cast<Scan*>(env)->info;
  const auto kind = static_cast<ItemKind>(item->kind);
  FunctionType type;
  if (kind == ItemKind::kFunction) {
    type = {.params = types_of(item->params, item->params_count),
            .results = types_of(item->results, item->results_count)};
  }
  if (item->imported) {
    info.imports.push_back({.module = copy(item->module),
                            .name = copy(item->name),
                            .kind = kind,
                            .type = copy(item->type_text),
                            .function = std::move(type)});
    return;
  }
  std::vector<std::string> names;
  if (item->param_names != nullptr) {
    for (std::size_t i = 0; i < item->params_count; ++i)
      names.push_back(copy(item->param_names[i]));
  }
  info.exports.push_back({.name = copy(item->name),
                          .kind = kind,
                          .type = copy(item->type_text),
                          .function = std::move(type),
                          .param_names = std::move(names)});
}

void take_memory(void* env, const weft_item_t* item) {
  const bool bounded = item->maximum != UINT64_MAX;
  static_cast<Scan*>(env)->info.memories.push_back(
      {.min_pages = item->minimum,
       .max_pages = bounded ? std::optional(item->maximum) : std::nullopt,
       .shared = item->shared,
       .memory64 = item->memory64});
}

void take_error(void* env, weft_text_t message) {
  static_cast<Scan*>(env)->message = copy(message);
}

void take_obstacle(void* env, weft_text_t message) {
  static_cast<Scan*>(env)->info.obstacle = copy(message);
}

Scan scan_of(std::string_view module, const Proposals& accepted) {
  Scan scan;
  const weft_scan_visitor_t visitor{.env = &scan,
                                    .item = take_item,
                                    .memory = take_memory,
                                    .error = take_error,
                                    .obstacle = take_obstacle};
  weft_scan(borrow(module), accepted.threads, &visitor, &scan.found);
  return scan;
}

// What is wrong at a place in the module, without that place.
std::optional<Error> wrong_in(const Scan& scan) {
  if (scan.found.status == WEFT_SCAN_INVALID) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("not a valid module: {}", shown(scan.message, kMessageBytesMax)));
  }
  if (scan.found.status == WEFT_SCAN_UNSUPPORTED) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the module needs the WebAssembly proposal {}, which is not enabled",
                             shown(scan.message, kMessageBytesMax)));
  }
  return std::nullopt;
}

Error at(const weft_wat_error_t& place, const Error& error) {
  const Position position{.line = place.line, .column = place.column, .offset = std::nullopt};
  return Error(error.code(),
               fmt::format("line {}, column {}: {}", place.line, place.column, error.message()))
      .with_position(position);
}

// What `inspect` puts behind a message.
std::string offset_text(std::uint64_t offset) {
  return fmt::format(" (at offset {})", offset);
}

}  // namespace

std::string_view name_of(ItemKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

bool is_shared_memory(const ImportInfo& import) {
  // As scan.rs writes the type of one.
  return import.kind == ItemKind::kMemory && import.type.ends_with(", shared");
}

bool is_callable(const ExportInfo& item) {
  return item.kind == ItemKind::kFunction &&
         std::ranges::all_of(item.function.params, is_numeric) &&
         std::ranges::all_of(item.function.results, is_numeric);
}

const ExportInfo* ModuleInfo::find_export(std::string_view name) const {
  const auto found = std::ranges::find(exports, name, &ExportInfo::name);
  return found == exports.end() ? nullptr : &*found;
}

bool is_binary_module(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

bool may_be_text(std::string_view bytes) {
  const auto first = bytes.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (bytes[first] == '(' || bytes[first] == ';');
}

Result<std::string> to_binary(std::string_view bytes, std::string_view file) {
  if (is_binary_module(bytes)) return std::string(bytes);
  if (bytes.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the module is empty: send the bytes of a .wasm or .wat file");
  }
  if (!may_be_text(bytes)) {
    return fail(
        ErrorCode::kInvalidArgument,
        "neither a WebAssembly module (its first bytes would be \\0asm) nor WebAssembly text "
        "(it would begin with a parenthesis)");
  }
  if (bytes.size() > kTextBytesMax) {
    return fail(Error(ErrorCode::kTooLarge,
                      fmt::format("the text has {} bytes, and at most {} of WebAssembly text are "
                                  "translated: translate it to a binary module first, as with "
                                  "wasm-tools parse",
                                  bytes.size(), kTextBytesMax))
                    .with_limit("text_bytes", kTextBytesMax));
  }
  const FreedMemory freed(bytes.size());
  std::string output;
  weft_wat_error_t place{};
  if (weft_wat_to_wasm(borrow(bytes), borrow(file), &output, append_to_string, &place)) {
    // A text can hold a module as bytes, right or wrong.
    if (!is_binary_module(output))
      return fail(ErrorCode::kInvalidArgument, "the text holds bytes that are no module");
    return output;
  }
  const Error wrong(ErrorCode::kInvalidArgument, shown(output, kMessageBytesMax));
  return fail(place.line > 0 ? at(place, wrong) : wrong);
}

Error in_text(const Error& error, std::string_view text) {
  const auto& position = error.position();
  weft_wat_error_t place{};
  if (!position || !position->offset || is_binary_module(text) ||
      !weft_wat_locate(borrow(text), *position->offset, &place)) {
    return error;
  }
  std::string_view message = error.message();
  const std::string suffix = offset_text(*position->offset);
  if (message.ends_with(suffix)) message.remove_suffix(suffix.size());
  return at(place, Error(error.code(), std::string(message)));
}

Result<ModuleInfo> inspect(std::string_view module, const Proposals& accepted) {
  Scan scan = scan_of(module, accepted);
  const weft_scan_t& found = scan.found;
  if (const auto wrong = wrong_in(scan)) {
    const Position position{
        .line = std::nullopt, .column = std::nullopt, .offset = found.error_offset};
    const bool is_invalid = wrong->code() == ErrorCode::kInvalidArgument;
    const std::string where = is_invalid ? offset_text(found.error_offset) : std::string();
    return fail(Error(wrong->code(), wrong->message() + where).with_position(position));
  }
  switch (found.status) {
    case WEFT_SCAN_TOO_LARGE:
      return fail(
          Error(ErrorCode::kTooLarge,
                "the names and types of the module's imports and exports take more than 4 MiB")
              .with_limit("description_bytes", kDescriptionBytesMax));
    case WEFT_SCAN_COMPONENT:
      return fail(ErrorCode::kUnsupported,
                  "this is a WebAssembly component; weft does not run components yet");
    default:
      break;
  }
  scan.info.functions = found.functions;
  scan.info.table_elements = found.table_elements;
  scan.info.instance_bytes = found.instance_bytes;
  scan.info.has_start = found.has_start;
  scan.info.has_debug_info = found.has_debug_info;
  scan.info.has_mutable_state = found.has_mutable_state;
  return std::move(scan.info);
}

}  // namespace weft::engine
