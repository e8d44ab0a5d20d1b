// The definition of a workflow that a command line names.
#pragma once

#include <string>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/console.h"
#include "cli/substitutions.h"
#include "json/value.h"
#include "workflow/validation.h"

namespace weft::cli {

struct DefinitionFile {
  std::string name;  // "-": standard input
  FilledText text;
};

// The command's second operand, with what --substitute gives. Errors of read_input and
// Substitutions.
Result<DefinitionFile> read_definition(const Arguments& arguments, Console& console);

// What is wrong with it; positions are those in the file, spans those in the filled text.
workflow::Validation validate(const DefinitionFile& definition,
                              const workflow::ValidationOptions& options);

// The placeholders without a value that keep a valid definition from running: each an error.
workflow::Validation unfilled(const DefinitionFile& definition, const json::Value& document);

}  // namespace weft::cli
