// A module as the JSON document that `GET /v1/modules/ID` and `weft inspect --json` show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "abi/dialect.h"
#include "base/clock.h"
#include "engine/module_info.h"
#include "function/initialization.h"
#include "json/print.h"

namespace weft::function {

// What state_of(info, is_warm) says, and why, for people.
struct StateText {
  std::string_view name;  // "fresh", "pristine", "stateless" or "warm"
  std::string reason;
};
StateText state_text(const engine::ModuleInfo& info, bool is_warm = false);

// What is borrowed outlives the call that takes it.
struct ModuleDocument {
  std::string_view id;
  abi::Dialect dialect = abi::Dialect::kTyped;
  const engine::ModuleInfo& info;
  std::uint64_t size_bytes = 0;       // as uploaded or as the file is
  std::optional<WallTime> created{};  // of a module that a server keeps
};

// One object.
void write(json::Writer& writer, const ModuleDocument& document);

// The member `initialization`: what prepares the module, when, and why then; null for nothing.
void write_initialization(json::Writer& writer, const Initialization& initialization,
                          const engine::ModuleInfo& info, bool is_warm);

// The member `exports`: the functions among them, as what else is exported cannot be called.
void write_exports(json::Writer& writer, const engine::ModuleInfo& info);

}  // namespace weft::function
