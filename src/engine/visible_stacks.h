// Stacks of asynchronous guests that ThreadSanitizer knows about. Private to engine.
#pragma once

struct wasm_config_t;

namespace weft::engine {

// Wasmtime maps stacks in a way that ThreadSanitizer does not see: to it, the stack of one thread's
// guest where that of another's was looks like a race. With that sanitizer, the engine's stacks are
// mapped by us; elsewhere this does nothing.
void use_visible_stacks(wasm_config_t* config);

}  // namespace weft::engine
