// What ValidateStateMachineDefinition of AWS Step Functions says about a definition in the Amazon
// States Language: every rule, text, code and location is in docs/reference/workflows.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/value.h"

namespace weft::workflow {

enum class MachineType : std::uint8_t { kStandard, kExpress };

enum class Severity : std::uint8_t { kError, kWarning };

// "ERROR" or "WARNING".
std::string_view name(Severity severity);

// One thing that is wrong with a definition.
struct Diagnostic {
  Severity severity = Severity::kError;
  std::string_view code;  // "SCHEMA_VALIDATION_FAILED"; never freed
  std::string message;
  // As AWS writes it: "/States/Choose/Choices[0]/Next", "/" for the whole. Names stand in it as
  // they are, so that it is for people; programs use the span. Nothing for what is about no place.
  std::optional<std::string> location;
  // The bytes of the definition that this is about, and where they begin. Nothing without a place.
  std::optional<json::Span> span;
  Position position;
  // What AWS does not say: "did you mean StringEquals?", or why a path is none. Without controls.
  std::optional<std::string> hint = std::nullopt;
};

struct ValidationOptions {
  MachineType type = MachineType::kStandard;
  // The least that is reported: kError leaves warnings out.
  Severity severity = Severity::kError;
  // More diagnostics than this are not kept.
  std::size_t results_max = 100;
};

struct Validation {
  std::vector<Diagnostic> diagnostics;
  // There was more than results_max.
  bool is_truncated = false;
  // No error was found; whether any was kept does not matter.
  bool is_valid = true;
};

inline constexpr std::size_t kDefinitionBytesMax = 1 << 20;

// What is wrong with the definition in `text`, in AWS's order. Linear in the text; thread-safe.
Validation validate(std::string_view text, const ValidationOptions& options = {});

// The same for one state alone, which stands at /States/StateName, as TestState has it: where it
// leads to is not checked.
Validation validate_state(std::string_view text, const ValidationOptions& options = {});

// The message of CreateStateMachine's InvalidDefinition error for what has errors: "Invalid State
// Machine Definition: 'SCHEMA_VALIDATION_FAILED: … at /States/X/Type, …'".
std::string invalid_definition_text(const Validation& validation);

}  // namespace weft::workflow
