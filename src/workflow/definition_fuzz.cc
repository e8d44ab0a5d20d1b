// Definitions come from anybody. None crashes the compiler; what is valid compiles, and runs.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "json/parse.h"
#include "workflow/generated.h"
#include "workflow/validation.h"

namespace workflow = weft::workflow;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = weft::json::parse(text);
  if (!document) return 0;
  const auto definition = workflow::Definition::compile(*document);
  // Validation lets in what is to be replaced before the definition is used: "${Name}".
  if (text.contains("${") || !workflow::validate(text).is_valid) return 0;
  WEFT_ASSERT(definition.has_value());
  workflow::GeneratedServices services(static_cast<std::uint8_t>(size));
  workflow::Simulation simulation(
      *definition, services, 1'700'000'000'000, 1,
      {.step = {.payload_bytes = 2'000, .history_events = 200, .transitions = 50}, .events = 200});
  simulation.run({.identity = {}, .input = std::string(workflow::DefinitionMaker::kInput)});
  return 0;
}
