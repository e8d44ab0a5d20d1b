// The models of AWS's services that cmake/models.cmake makes part of a program that asks for them.
#pragma once

#include <string_view>

namespace weft::workflow {

// A table for ServiceModels, for ever. Not there in what is compiled for WebAssembly.
std::string_view embedded_service_models();

}  // namespace weft::workflow
