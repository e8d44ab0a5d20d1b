#include "function/module_record.h"

#include <algorithm>
#include <array>

#include "json/parse.h"
#include "json/print.h"

namespace weft::function {
namespace {

using engine::ExportInfo;
using engine::ImportInfo;
using engine::ItemKind;
using engine::MemoryInfo;
using engine::ModuleInfo;
using engine::ValueType;

constexpr std::array kKinds = {ItemKind::kFunction, ItemKind::kTable, ItemKind::kMemory,
                               ItemKind::kGlobal, ItemKind::kTag};
constexpr std::array kTypes = {
    ValueType::kI32,  ValueType::kI64,     ValueType::kF32,       ValueType::kF64,
    ValueType::kV128, ValueType::kFuncref, ValueType::kExternref, ValueType::kOtherReference};

json::Value json_of(const std::vector<ValueType>& types) {
  json::Array array;
  for (const ValueType type : types)
    array.push_back(engine::name_of(type));
  return array;
}

json::Value json_of(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts)
    array.push_back(text);
  return array;
}

// Reads members of one object; remembers whether one was not as it must be.
class Reader {
 public:
  explicit Reader(const json::Value& object) : object_(object) {}

  std::string text(std::string_view key) {
    const json::Value* value = member(key);
    return value != nullptr && check(value->is_string()) ? std::string(value->as_string())
                                                         : std::string();
  }
  bool flag(std::string_view key) {
    const json::Value* value = member(key);
    return value != nullptr && check(value->is_bool()) && value->as_bool();
  }
  std::optional<std::uint64_t> number(std::string_view key) {
    const json::Value* value = member(key);
    if (value == nullptr || value->is_null()) return std::nullopt;
    const auto number = value->is_number() ? value->as_number().to_uint64() : std::nullopt;
    check(number.has_value());
    return number;
  }
  std::uint64_t required_number(std::string_view key) {
    const auto value = number(key);
    check(value.has_value());
    return value.value_or(0);
  }
  std::uint64_t number_or(std::string_view key, std::uint64_t absent) {
    return object_.find(key) == nullptr ? absent : required_number(key);
  }
  // Empty when there is none. An earlier weft did not write it, and did not put instances back.
  std::optional<std::string> obstacle() {
    constexpr std::string_view kKey = "obstacle";
    if (object_.find(kKey) == nullptr) return "it was uploaded to an earlier weft";
    std::string reason = text(kKey);
    return reason.empty() ? std::nullopt : std::optional(std::move(reason));
  }
  std::vector<std::string> texts(std::string_view key) {
    std::vector<std::string> list;
    for (const json::Value& item : items(key)) {
      if (check(item.is_string())) list.emplace_back(item.as_string());
    }
    return list;
  }
  std::span<const json::Value> items(std::string_view key) {
    const json::Value* value = member(key);
    if (value == nullptr || !check(value->is_array())) return {};
    return value->as_array();
  }
  std::vector<ValueType> types(std::string_view key) {
    std::vector<ValueType> list;
    for (const std::string& name : texts(key)) {
      const auto* found =
          std::ranges::find(kTypes, name, [](ValueType type) { return engine::name_of(type); });
      if (check(found != kTypes.end())) list.push_back(*found);
    }
    return list;
  }
  ItemKind kind() {
    const std::string name = text("kind");
    const auto* found =
        std::ranges::find(kKinds, name, [](ItemKind kind) { return engine::name_of(kind); });
    return check(found != kKinds.end()) ? *found : ItemKind::kFunction;
  }
  bool is_good() const { return is_good_; }

 private:
  const json::Value* member(std::string_view key) {
    const json::Value* value = object_.find(key);
    check(value != nullptr);
    return value;
  }
  bool check(bool condition) {
    is_good_ = is_good_ && condition;
    return condition;
  }

  const json::Value& object_;
  bool is_good_ = true;
};

bool read_import(const json::Value& value, ModuleInfo& info) {
  Reader reader(value);
  info.imports.push_back(
      {.module = reader.text("module"),
       .name = reader.text("name"),
       .kind = reader.kind(),
       .type = reader.text("type"),
       .function = {.params = reader.types("params"), .results = reader.types("results")}});
  return reader.is_good();
}

bool read_export(const json::Value& value, ModuleInfo& info) {
  Reader reader(value);
  info.exports.push_back(
      {.name = reader.text("name"),
       .kind = reader.kind(),
       .type = reader.text("type"),
       .function = {.params = reader.types("params"), .results = reader.types("results")},
       .param_names = reader.texts("param_names")});
  return reader.is_good();
}

bool read_memory(const json::Value& value, ModuleInfo& info) {
  Reader reader(value);
  info.memories.push_back({.min_pages = reader.required_number("min_pages"),
                           .max_pages = reader.number("max_pages"),
                           .shared = reader.flag("shared"),
                           .memory64 = reader.flag("memory64")});
  return reader.is_good();
}

std::uint64_t memory_bytes_of(const engine::FunctionType& type) {
  return type.params.size() + type.results.size();
}

}  // namespace

std::string to_record(const ModuleInfo& info) {
  json::Array imports;
  for (const ImportInfo& item : info.imports) {
    imports.push_back(json::Value::object({{"module", item.module},
                                           {"name", item.name},
                                           {"kind", engine::name_of(item.kind)},
                                           {"type", item.type},
                                           {"params", json_of(item.function.params)},
                                           {"results", json_of(item.function.results)}}));
  }
  json::Array exports;
  for (const ExportInfo& item : info.exports) {
    exports.push_back(json::Value::object({{"name", item.name},
                                           {"kind", engine::name_of(item.kind)},
                                           {"type", item.type},
                                           {"params", json_of(item.function.params)},
                                           {"results", json_of(item.function.results)},
                                           {"param_names", json_of(item.param_names)}}));
  }
  json::Array memories;
  for (const MemoryInfo& memory : info.memories) {
    memories.push_back(json::Value::object(
        {{"min_pages", memory.min_pages},
         {"max_pages", memory.max_pages ? json::Value(*memory.max_pages) : nullptr},
         {"shared", memory.shared},
         {"memory64", memory.memory64}}));
  }
  return json::to_string(json::Value::object({{"imports", std::move(imports)},
                                              {"exports", std::move(exports)},
                                              {"memories", std::move(memories)},
                                              {"functions", info.functions},
                                              {"table_elements", info.table_elements},
                                              {"instance_bytes", info.instance_bytes},
                                              {"has_start", info.has_start},
                                              {"has_debug_info", info.has_debug_info},
                                              {"has_mutable_state", info.has_mutable_state},
                                              {"obstacle", info.obstacle.value_or("")}}));
}

Result<ModuleInfo> from_record(std::string_view text) {
  const auto damaged = [] {
    return fail(ErrorCode::kDataLoss, "the description of a module in the store is damaged");
  };
  const auto document = json::parse(text);
  if (!document) return damaged();
  Reader reader(*document);
  ModuleInfo info;
  bool is_good = true;
  for (const json::Value& item : reader.items("imports"))
    is_good = read_import(item, info) && is_good;
  for (const json::Value& item : reader.items("exports"))
    is_good = read_export(item, info) && is_good;
  for (const json::Value& item : reader.items("memories"))
    is_good = read_memory(item, info) && is_good;
  const std::uint64_t functions = reader.required_number("functions");
  info.functions = static_cast<std::uint32_t>(functions);
  // An earlier weft did not write these.
  info.table_elements = reader.number_or("table_elements", 0);
  info.instance_bytes = reader.number_or("instance_bytes", 0);
  info.has_start = reader.flag("has_start");
  info.has_debug_info = reader.flag("has_debug_info");
  info.has_mutable_state = reader.flag("has_mutable_state");
  info.obstacle = reader.obstacle();
  if (!is_good || !reader.is_good() || functions != info.functions) return damaged();
  return info;
}

std::uint64_t memory_bytes_of(const engine::ModuleInfo& info) {
  std::uint64_t bytes = 0;
  for (const engine::ImportInfo& item : info.imports) {
    bytes += sizeof(item) + item.module.size() + item.name.size() + item.type.size() +
             memory_bytes_of(item.function);
  }
  for (const engine::ExportInfo& item : info.exports) {
    bytes += sizeof(item) + item.name.size() + item.type.size() + memory_bytes_of(item.function);
    for (const std::string& name : item.param_names)
      bytes += sizeof(std::string) + name.size();
  }
  return bytes;
}

}  // namespace weft::function
