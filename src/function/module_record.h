// A module's description as the JSON text that the store keeps (docs/formats/data-directory.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "engine/module_info.h"

namespace weft::function {

std::string to_record(const engine::ModuleInfo& info);

// The inverse. kDataLoss for anything that to_record does not write.
Result<engine::ModuleInfo> from_record(std::string_view text);

// What it takes in memory, about.
std::uint64_t memory_bytes_of(const engine::ModuleInfo& info);

}  // namespace weft::function
