// What runs before the first call of a module: its start function and exports that prepare it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/module_info.h"

namespace weft::function {

// When it runs.
enum class InitializationTime : std::uint8_t {
  kDeployment,  // once; each instance begins with what it left
  kInstance,    // once in each instance, which its calls share
  kCall,        // before each call
};

// Runs as named here: the start function, then the exports in their order, all of which take and
// give nothing.
struct Initialization {
  bool has_start = false;
  std::vector<std::string> exports;
  // Why each call loads the Python file itself; nothing where that was done when it was deployed.
  std::optional<std::string> cold = {};

  // Whether nothing of a module runs.
  bool is_empty() const { return !has_start && exports.empty(); }
  // Whether the export is one of them, so that it is not what callers call.
  bool has(std::string_view name) const;
  // What is to run in a new instance before the export `wanted` is called: all of them, or those
  // before it where it is one itself. Valid as long as this.
  std::size_t count_before(std::string_view wanted) const;

  bool operator==(const Initialization&) const = default;
};

// Of a valid module: its start function; abi::initializers_before, unless it is a program, which
// begins with _start; and the export `init`, or else wizer.initialize where the module has it.
// kInvalidArgument when one of the last two is no function without parameters and results, and for
// an `init` that is not exported, with what may be meant, or that starts the program.
Result<Initialization> initialization_of(const engine::ModuleInfo& info,
                                         const std::optional<std::string>& init);

}  // namespace weft::function
