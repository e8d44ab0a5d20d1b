#include "engine/wasmtime_types.h"

namespace weft::engine {

// wasm_valtype_kind would abort the process at a v128 or a typed reference.
ValueType value_type_of(const wasm_valtype_t& type) {
  wasmtime_valtype_t known;
  wasmtime_valtype_new(&type, &known);
  const auto kind = known.kind;
  wasmtime_valtype_delete(&known);
  return kind <= WASMTIME_VALTYPE_KIND_V128 ? static_cast<ValueType>(kind)
                                            : ValueType::kOtherReference;
}

FunctionType function_type_of(const wasm_functype_t& type) {
  const auto types_in = [](const wasm_valtype_vec_t* types) {
    std::vector<ValueType> list;
    list.reserve(types->size);
    for (std::size_t i = 0; i < types->size; ++i)
      list.push_back(value_type_of(*types->data[i]));
    return list;
  };
  return {.params = types_in(wasm_functype_params(&type)),
          .results = types_in(wasm_functype_results(&type))};
}

}  // namespace weft::engine
