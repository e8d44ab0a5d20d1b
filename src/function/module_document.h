// A module as the JSON document that `GET /v1/modules/ID` and `weft inspect --json` show.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "abi/dialect.h"
#include "base/clock.h"
#include "engine/module_info.h"
#include "json/print.h"

namespace weft::function {

// What state_of(info) says, and why, for people.
struct StateText {
  std::string_view name;  // "fresh", "pristine" or "stateless"
  std::string reason;
};
StateText state_text(const engine::ModuleInfo& info);

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

// The member `exports`: the functions among them, as what else is exported cannot be called.
void write_exports(json::Writer& writer, const engine::ModuleInfo& info);

}  // namespace weft::function
