// What a Python script says about itself in comments (PEP 723, "inline script metadata").
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace weft::cli {

struct ScriptMetadata {
  std::vector<std::string> dependencies;            // as PEP 508 has them
  std::optional<std::string> requires_python = {};  // a specifier of versions
};

// The script's block of the type "script"; nothing when there is none. `file` is named in errors:
// kInvalidArgument, with the line, for two such blocks, for one that is not TOML, and for members
// of another type than PEP 723 says. What tools keep for themselves there is passed over. Lines end
// with LF or CR LF.
Result<std::optional<ScriptMetadata>> script_metadata(std::string_view script,
                                                      std::string_view file);

// Whether it is a project's name, extras, versions and a marker (PEP 508 without its addresses),
// and nothing that pip takes for an option, a path, an archive or a variable of the environment.
bool is_plain_requirement(std::string_view text);

// kInvalidArgument when one of the texts is no plain requirement: whoever runs a script has not
// read it.
Result<> check_dependencies(const std::vector<std::string>& dependencies, std::string_view file);

}  // namespace weft::cli
