#include "function/module_document.h"

#include <vector>

#include <fmt/format.h>

#include "function/loaded_function.h"

namespace weft::function {
namespace {

template <class Types>
void write_types(json::Writer& writer, std::string_view key, const Types& types) {
  writer.key(key).begin_array();
  for (const auto type : types) {
    writer.value(name_of(type));
  }
  writer.end_array();
}

// null where the module names nothing.
void write_param_names(json::Writer& writer, const std::vector<std::string>& names) {
  writer.key("param_names");
  if (names.empty()) {
    writer.value(nullptr);
    return;
  }
  writer.begin_array();
  for (const std::string& name : names) {
    if (name.empty()) {
      writer.value(nullptr);
    } else {
      writer.value(name);
    }
  }
  writer.end_array();
}

void write_imports(json::Writer& writer, const engine::ModuleInfo& info) {
  writer.key("imports").begin_array();
  for (const engine::ImportInfo& item : info.imports) {
    writer.begin_object();
    writer.key("module").value(item.module);
    writer.key("name").value(item.name);
    writer.key("kind").value(name_of(item.kind));
    writer.key("type").value(item.type);
    writer.key("provided_by").begin_array();
    for (const abi::Dialect dialect : abi::providers_of(item)) {
      writer.value(name_of(dialect));
    }
    writer.end_array().key("problem");
    if (const auto problem = abi::problem_of(item)) {
      writer.value(*problem);
    } else {
      writer.value(nullptr);
    }
    writer.end_object();
  }
  writer.end_array();
}

void write_memories(json::Writer& writer, const engine::ModuleInfo& info) {
  writer.key("memories").begin_array();
  for (const engine::MemoryInfo& memory : info.memories) {
    writer.begin_object().key("min_pages").value(memory.min_pages).key("max_pages");
    if (memory.max_pages) {
      writer.value(*memory.max_pages);
    } else {
      writer.value(nullptr);
    }
    writer.key("shared").value(memory.shared);
    writer.key("memory64").value(memory.memory64).end_object();
  }
  writer.end_array();
}

// What time_of_initialization says, and why, for people.
struct TimeText {
  std::string_view name;
  std::string reason;
};

TimeText time_text(const Initialization& initialization, const engine::ModuleInfo& info,
                   bool is_warm) {
  if (initialization.cold) return {"call", *initialization.cold + ", so each call loads the file"};
  switch (time_of_initialization(info, is_warm)) {
    case InitializationTime::kDeployment:
      return {"deployment",
              fmt::format("each {} begins with what it left", is_warm ? "instance" : "call")};
    case InitializationTime::kInstance:
      return {"instance", info.obstacle.value_or("") + ", so it runs in each new instance"};
    case InitializationTime::kCall:
      return {"call", info.obstacle.value_or("") + ", so it runs before each call"};
  }
  return {};
}

}  // namespace

StateText state_text(const engine::ModuleInfo& info, bool is_warm) {
  switch (state_of(info, is_warm)) {
    case State::kWarm:
      return {"warm", "as it was deployed: calls see what earlier calls left"};
    case State::kStateless:
      return {"stateless", "nothing in it can change, so calls share instances"};
    case State::kPristine:
      return {"pristine", "its instances are put back to their beginning after each call"};
    case State::kFresh:
      return {"fresh", info.obstacle.value_or("") + ", so each call gets an instance of its own"};
  }
  return {};
}

void write_initialization(json::Writer& writer, const Initialization& initialization,
                          const engine::ModuleInfo& info, bool is_warm) {
  writer.key("initialization");
  if (initialization.is_empty() && !initialization.cold) {
    writer.value(nullptr);
    return;
  }
  const TimeText time = time_text(initialization, info, is_warm);
  writer.begin_object().key("start").value(initialization.has_start);
  writer.key("exports").begin_array();
  for (const std::string& name : initialization.exports)
    writer.value(name);
  writer.end_array().key("when").value(time.name).key("reason").value(time.reason).end_object();
}

void write_exports(json::Writer& writer, const engine::ModuleInfo& info) {
  writer.key("exports").begin_array();
  for (const engine::ExportInfo& item : info.exports) {
    if (item.kind != engine::ItemKind::kFunction) continue;
    writer.begin_object().key("name").value(item.name);
    write_types(writer, "params", item.function.params);
    write_param_names(writer, item.param_names);
    write_types(writer, "results", item.function.results);
    writer.end_object();
  }
  writer.end_array();
}

void write(json::Writer& writer, const ModuleDocument& document) {
  const StateText state = state_text(document.info);
  writer.begin_object();
  writer.key("id").value(document.id);
  writer.key("dialect").value(name_of(document.dialect));
  write_exports(writer, document.info);
  write_imports(writer, document.info);
  write_memories(writer, document.info);
  writer.key("state").value(state.name).key("state_reason").value(state.reason);
  writer.key("size_bytes").value(document.size_bytes);
  if (document.created) writer.key("created").value(to_rfc3339(*document.created));
  writer.end_object();
}

}  // namespace weft::function
