#include "workflow/embedded_models.h"

#include <cstddef>

// NOLINTBEGIN(readability-identifier-naming): as the assembler has them
extern "C" const char weft_service_models[];
extern "C" const char weft_service_models_end[];
// NOLINTEND(readability-identifier-naming)

namespace weft::workflow {

std::string_view embedded_service_models() {
  return {weft_service_models,
          static_cast<std::size_t>(weft_service_models_end - weft_service_models)};
}

}  // namespace weft::workflow
