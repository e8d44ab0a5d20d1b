// The models of AWS's services are not in the module: mocked results are not compared with them.
#include "workflow/service_models.h"

namespace weft::workflow {

const ServiceModels& ServiceModels::embedded() {
  static const ServiceModels none("");
  return none;
}

}  // namespace weft::workflow
