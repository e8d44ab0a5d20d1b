// What a reactor is made with: named as users set it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "function/environment.h"
#include "function/limits.h"
#include "json/value.h"

namespace weft::function {

// How many volumes one reactor may see, and how long their paths may be.
inline constexpr std::size_t kReactorVolumesMax = 8;
inline constexpr std::size_t kReactorPathBytesMax = 256;

// Where a reactor sees a directory that whoever runs the server has named.
struct ReactorVolume {
  std::string volume;  // that name
  std::string path;    // "/data": absolute, without ".", ".." and empty parts; not below /usr

  bool operator==(const ReactorVolume&) const = default;
};

struct ReactorSettings {
  std::vector<ReactorVolume> volumes = {};
  Environment environment = {};
  // memory_bytes and output_bytes are those of its instance; deadline_ms that of each apply, from
  // when it begins to run; in_flight counts those that run or wait.
  FunctionLimits limits = {};

  bool operator==(const ReactorSettings&) const = default;
};

// From an object with those members; absent ones keep their defaults. kInvalidArgument for unknown
// ones and for what they cannot be, with the place; errors of environment_of.
Result<ReactorSettings> reactor_settings_of(const json::Value& object);

// The inverse, with all members.
json::Value to_json(const ReactorSettings& settings);

// A directory that reactors may be given.
struct Volume {
  std::string name;
  std::string directory;  // on this machine
  bool read_only = false;

  bool operator==(const Volume&) const = default;
};

// "NAME=DIRECTORY" or "NAME=DIRECTORY:ro". kInvalidArgument for any other form; a name is like that
// of a function.
Result<Volume> volume_of(std::string_view text);

// Whether a def, a lambda or a module can have the name: an identifier of ASCII, at most 128 bytes.
bool is_registration_name(std::string_view name);
// Whether it can be applied: such names with dots between them.
bool is_applied_name(std::string_view name);

}  // namespace weft::function
