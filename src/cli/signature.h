// Exports as people read them, and how to call one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/console.h"
#include "engine/module_info.h"

namespace weft::cli {

// "add(a: i32, b: i32) -> i32"; no arrow without results.
std::string signature(const engine::ExportInfo& function);

// Arguments that fit, to show how a call looks: "2 3".
std::string example_arguments(const engine::FunctionType& type);

// One word of a command that somebody may paste into a shell: what a module's author wrote must not
// become a command there. With characters that printable() escapes it is written as $'…', which
// bash and zsh read in every locale.
std::string shell_word(std::string_view text);

// The same for an export's name, which is cut when it is longer than kNameBytesShownMax.
std::string export_word(std::string_view name);

// One value for each parameter from the words of a command line; `@file` stands for a file's
// content. kInvalidArgument names the argument, or the signature when their number is wrong.
Result<std::vector<engine::Value>> parse_values(const std::vector<std::string>& words,
                                                const engine::ExportInfo& function,
                                                Console& console);

}  // namespace weft::cli
