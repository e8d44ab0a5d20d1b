// The models that cmake/models.cmake makes part of the program. Not in what is compiled for
// WebAssembly.
#include <cstddef>
#include <string_view>

#include "workflow/service_models.h"

// NOLINTBEGIN(readability-identifier-naming): as the assembler has them
extern "C" const char weft_service_models[];
extern "C" const char weft_service_models_end[];
// NOLINTEND(readability-identifier-naming)

namespace weft::workflow {

const ServiceModels& ServiceModels::embedded() {
  static const ServiceModels kModels(
      std::string_view(weft_service_models,
                       static_cast<std::size_t>(weft_service_models_end - weft_service_models)));
  return kModels;
}

}  // namespace weft::workflow
