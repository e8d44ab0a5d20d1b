// Packages that a Python file needs, resolved by pip: those that are Python alone.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/console.h"
#include "cli/pip.h"

namespace weft::cli {

struct RequirementsFile {
  std::string path;
  std::string text;
};

// What is needed; empty: nothing.
struct Requirements {
  std::vector<RequirementsFile> files;    // as of pip's -r
  std::vector<std::string> dependencies;  // what a script says itself

  bool is_empty() const { return files.empty() && dependencies.empty(); }
};

// The requirements of the files of --requirements, and of the block of PEP 723 in the script, whose
// errors it has; also kInvalidArgument where the script wants another Python, and those of
// read_input. `name` is the script's.
Result<Requirements> requirements_of(const std::vector<std::string_view>& files,
                                     std::string_view script, std::string_view name,
                                     Console& console);

// A directory that is removed at the end, with all that is in it.
class TemporaryPlace {
 public:
  TemporaryPlace() = default;
  TemporaryPlace(const TemporaryPlace&) = delete;
  TemporaryPlace& operator=(const TemporaryPlace&) = delete;
  TemporaryPlace& operator=(TemporaryPlace&& other) noexcept;
  ~TemporaryPlace();

  // Makes it, for this user alone, below `above` or else where temporary files are. Once.
  Result<std::filesystem::path> make(const std::filesystem::path& above = {});
  // It stays, or is somewhere else now.
  void release() { path_.clear(); }

 private:
  std::filesystem::path path_;
};

// Installs all that is required into `target`, which is made, as the guests see it: packages
// without what belongs to a place or a machine. kUnsupported, naming all packages of which there
// are only wheels with native code, and what to do; kInvalidArgument with what pip says; errors of
// Pip::install.
Result<> install_requirements(const Requirements& requirements, const std::filesystem::path& target,
                              Console& console);

// What pip says that it would install (its installation report).
struct PlannedWheel {
  std::string name;
  std::string version;
  std::string url;
  std::string sha256;
  bool is_direct = false;  // a requirement names its address
  bool is_pure = false;    // Python alone, as its name says
};
// kUnavailable for what is no such report.
Result<std::vector<PlannedWheel>> planned_wheels(std::string_view report);

// A project's name as all its spellings are compared.
std::string normal_name(std::string_view project);

// What to do about a package that only native wheels have; nothing where nobody knows.
std::string_view advice_on(std::string_view project);

// Whether versions such as 3.13 fulfil the specifier: ">=3.11,<4". kInvalidArgument for what is
// none.
Result<bool> takes_guest_python(std::string_view specifier);

}  // namespace weft::cli
