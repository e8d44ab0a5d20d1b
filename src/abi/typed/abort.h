// env.abort: what a module compiled by AssemblyScript calls when something is thrown, as nothing
// there catches.
#pragma once

#include <string_view>

#include "engine/engine.h"

namespace weft::abi::typed {

// Adds it. It needs no HostState; the guest's call fails with kGuestError, whose message has what
// was thrown and where, as far as the arguments point to such texts in the exported memory.
void define_abort(engine::HostTable& table);

// Whether a function of that name and type is it: Emscripten and se2 have others.
bool is_abort(std::string_view module, std::string_view name, const engine::FunctionType& type);

}  // namespace weft::abi::typed
