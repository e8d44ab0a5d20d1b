#include "engine/module_info.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/log.h"
#include "engine/failure.h"
#include "engine/wasmtime/weft_engine.h"

namespace weft::engine {
namespace {

constexpr std::string_view kMagic{"\0asm", 4};
constexpr std::uint64_t kDescriptionBytesMax = 4ULL * 1024 * 1024;  // As in scan.rs.
// Messages quote names and text of the module.
constexpr std::size_t kMessageBytesMax = 1'000;
constexpr std::array<std::string_view, 5> kKindNames = {"func", "table", "memory", "global", "tag"};

weft_text_t borrow(std::string_view text) {
  // The Rust side makes slices, which must not be null even when empty.
  const std::string_view safe = text.data() == nullptr ? std::string_view("") : text;
  return {reinterpret_cast<const std::uint8_t*>(safe.data()), safe.size()};
}

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

}  // namespace

std::string_view name_of(ItemKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

const ExportInfo* ModuleInfo::find_export(std::string_view name) const {
  const auto found = std::ranges::find(exports, name, &ExportInfo::name);
  return found == exports.end() ? nullptr : &*found;
}

bool is_binary_module(std::string_view bytes) {
  return bytes.starts_with(kMagic);
}

Result<std::string> to_binary(std::string_view bytes, std::string_view file) {
  if (is_binary_module(bytes)) return std::string(bytes);
  if (bytes.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the module is empty: send the bytes of a .wasm or .wat file");
  }
  const auto first = bytes.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (bytes[first] != '(' && bytes[first] != ';')) {
    return fail(
        ErrorCode::kInvalidArgument,
        "neither a WebAssembly module (its first bytes would be \\0asm) nor WebAssembly text "
        "(it would begin with a parenthesis)");
  }
  std::string output;
  weft_wat_error_t place{};
  if (weft_wat_to_wasm(borrow(bytes), borrow(file), &output, append_to_string, &place)) {
    // A text can hold a module as bytes, right or wrong.
    if (is_binary_module(output)) return output;
    return fail(ErrorCode::kInvalidArgument, "the text holds bytes that are no module");
  }
  Position position;
  std::string where;
  if (place.line > 0) {
    position = {.line = place.line, .column = place.column, .offset = std::nullopt};
    where = fmt::format("line {}, column {}: ", place.line, place.column);
  }
  return fail(Error(ErrorCode::kInvalidArgument, where + shown(output, kMessageBytesMax))
                  .with_position(position));
}

Result<ModuleInfo> inspect(std::string_view module) {
  Scan scan;
  weft_scan_t found{};
  const weft_scan_visitor_t visitor{
      .env = &scan, .item = take_item, .memory = take_memory, .error = take_error};
  weft_scan(borrow(module), &visitor, &found);
  const Position position{
      .line = std::nullopt, .column = std::nullopt, .offset = found.error_offset};
  switch (found.status) {
    case WEFT_SCAN_OK:
      break;
    case WEFT_SCAN_TOO_LARGE:
      return fail(
          Error(ErrorCode::kTooLarge,
                "the names and types of the module's imports and exports take more than 4 MiB")
              .with_limit("description_bytes", kDescriptionBytesMax));
    case WEFT_SCAN_COMPONENT:
      return fail(ErrorCode::kUnsupported,
                  "this is a WebAssembly component; weft does not run components yet");
    case WEFT_SCAN_UNSUPPORTED:
      return fail(
          Error(ErrorCode::kUnsupported,
                fmt::format("the module needs the WebAssembly proposal {}, which is not enabled",
                            shown(scan.message, kMessageBytesMax)))
              .with_position(position));
    default:
      return fail(Error(ErrorCode::kInvalidArgument,
                        fmt::format("not a valid module: {} (at offset {})",
                                    shown(scan.message, kMessageBytesMax), found.error_offset))
                      .with_position(position));
  }
  scan.info.functions = found.functions;
  scan.info.has_start = found.has_start;
  scan.info.has_debug_info = found.has_debug_info;
  scan.info.has_mutable_state = found.has_mutable_state;
  return std::move(scan.info);
}

}  // namespace weft::engine
