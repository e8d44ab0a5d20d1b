// What `weft deploy` uploads: a module, a Python file, or an archive of what that needs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/console.h"

namespace weft::cli {

struct DeployableFile {
  std::string name;  // for messages: "-" or a path
  std::string bytes;
  const char* content_type = "";
  std::string note = {};  // a line for people, of what was packed here
};

// What `word` means: a file, "-", or a directory. That of a module is the module's, as module_path
// says; one of Python is packed: it has a main.py, app.py, handler.py, lambda_function.py,
// plugin.py, __main__.py or weft.json. What a Python file requires itself (PEP 723), and
// `requirements` do, is resolved and packed with it. Errors of those, and kInvalidArgument for
// requirements of what is no Python text.
Result<DeployableFile> deployable_file(std::string_view word,
                                       const std::vector<std::string_view>& requirements,
                                       Console& console);

}  // namespace weft::cli
