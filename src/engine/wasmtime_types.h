// Types as Wasmtime's C API has them. Private to engine.
#pragma once

#include "engine/failure.h"
#include "engine/types.h"

namespace weft::engine {

// kOtherReference for all references.
ValueType value_type_of(const wasm_valtype_t& type);

FunctionType function_type_of(const wasm_functype_t& type);

}  // namespace weft::engine
