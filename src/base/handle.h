// Owner of an object of a C library: frees it on the line's scope end.
#pragma once

#include <memory>

namespace weft {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* object) const {
    kFree(object);
  }
};

// Handle<wasmtime_module_t, wasmtime_module_delete> module(raw);
template <class T, auto kFree>
using Handle = std::unique_ptr<T, FreeWith<kFree>>;

}  // namespace weft
