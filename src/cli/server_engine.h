// How a server's engine is set up, which its compiler's process must know too.
#pragma once

#include "engine/engine.h"

namespace weft::cli {

inline engine::EngineOptions server_engine() {
  // Python's recursion, also that of what is written in C, ends with an exception only where its
  // stack ends later; `weft run` gives scripts as much.
  return {.interruption = engine::Interruption::kEpoch,
          .wasm_stack_bytes = 4ULL << 20U,
          .async_stack_bytes = 6ULL << 20U,
          .resets_instances = true};
}

}  // namespace weft::cli
