// How a server's engine is set up, which its compiler's process must know too.
#pragma once

#include "engine/engine.h"

namespace weft::cli {

inline engine::EngineOptions server_engine() {
  return {.interruption = engine::Interruption::kEpoch, .resets_instances = true};
}

}  // namespace weft::cli
