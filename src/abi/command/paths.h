// What path_* and their variants share. Private to command.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "abi/command/calls.h"

namespace weft::abi::command {

// A directory that is open in the sandbox, and a path below it.
struct Below {
  system::Descriptor* descriptor;  // Valid until the sandbox changes.
  system::Directory* directory;    // The descriptor's.
  std::string path;
};

// Where an absolute path leads by the names of the directories that the program was given, of which
// the longest counts; "/" and "." are its root. kNoent when it leads to none that is still open,
// kNotcapable when that lacks the right.
std::expected<Below, Errno> below_given(Program& program, std::string_view absolute, Right right);

struct OpenPath {
  std::size_t number_index = 0;  // The parameter that says where the new number goes.
  bool close_on_exec = false;
};

// path_open; its other parameters are the first ones.
Errno open_path(engine::HostCall& call, Program& program, const OpenPath& how);

}  // namespace weft::abi::command
