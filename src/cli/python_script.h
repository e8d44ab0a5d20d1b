// Python source as a program of `weft run`: how it is told from a module, and what it sees.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "abi/command/command.h"
#include "base/result.h"
#include "cli/console.h"
#include "cli/python_files.h"

namespace weft::cli {

// More than this of a first line is not read.
inline constexpr std::size_t kFirstLineBytesMax = 256;

// Whether `line`, the beginning of a file, names Python as what runs the file: "#!/usr/bin/env
// python3", "#! /opt/python3.13 -u".
bool names_python(std::string_view line);

// Whether the file is for Python: *.py, *.pyz, or what names_python its first line. Neither "-",
// nor a directory, nor a file that cannot be read, unless its name says so.
bool is_python(std::string_view file);

// Adds what Python itself needs to the directories that a program is given: its library, as /usr,
// and the script, alone in its directory and only to read, unless one of `given` has it already,
// or it is "-": Python gets it as its standard input.
// kInvalidArgument when one of `given` hides either; the errors of read_input for the script, and
// of HostDirectory::open_tree for the library.
Result<> show_python(std::vector<abi::command::GivenDirectory>& given, const PythonFiles& files,
                     const std::string& script, Console& console);

// Adds the script and what stands behind it to what python.wasm is called with.
void append_script(std::vector<std::string>& arguments, const std::string& script,
                   const std::vector<std::string>& behind);

}  // namespace weft::cli
