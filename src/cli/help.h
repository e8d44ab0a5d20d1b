// Help texts, made from the table of commands.
#pragma once

#include <string>

#include "cli/command.h"

namespace weft::cli {

// `weft --help`: what weft is, the first steps, every command in a line.
std::string overview(const Console& console);

// `weft help NAME`: usage, examples, details, options.
std::string help_text(const Command& command, const Console& console);

// The reference of all commands in Markdown: docs/reference/cli.md.
std::string reference_markdown();

}  // namespace weft::cli
