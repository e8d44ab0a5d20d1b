#include "cli/python_files.h"

#include <array>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "base/log.h"

namespace weft::cli {
namespace {

constexpr std::string_view kHowToGet =
    "guests/python/build of weft's sources makes them, in build/python/out; --python or "
    "WEFT_PYTHON names another directory";

// From the directory of the program.
constexpr std::array<std::string_view, 3> kPlaces = {"python", "../lib/weft/python",
                                                     "../python/out"};

// The first file that is missing, relative to the directory; empty: none.
std::filesystem::path missing_file(const PythonFiles& files) {
  for (const std::filesystem::path& file :
       {files.weft_wasm(), files.program_wasm(), files.library() / "local/lib/python313.zip"}) {
    if (::access(file.c_str(), R_OK) != 0) return file.lexically_relative(files.directory);
  }
  return {};
}

}  // namespace

std::filesystem::path executable_path() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored);
}

Result<PythonFiles> find_python_files(const std::optional<std::string>& given,
                                      const std::filesystem::path& executable) {
  if (given) {
    PythonFiles files{.directory = *given};
    const std::filesystem::path missing = missing_file(files);
    if (missing.empty()) return files;
    return fail(ErrorCode::kNotFound,
                fmt::format("{} has no {} that can be read, so it is no directory of the Python "
                            "guests: {}",
                            printable(*given), missing.native(), kHowToGet));
  }
  std::string places;
  for (const std::string_view place : kPlaces) {
    PythonFiles files{.directory = (executable.parent_path() / place).lexically_normal()};
    if (!executable.empty() && missing_file(files).empty()) return files;
    places += fmt::format("{}{}", places.empty() ? "" : ", ", printable(files.directory.native()));
  }
  return fail(Error(ErrorCode::kUnsupported,
                    fmt::format("the Python guests are not there: {} (looked for in {})", kHowToGet,
                                places))
                  .telling_clients("this server has no Python guests"));
}

}  // namespace weft::cli
