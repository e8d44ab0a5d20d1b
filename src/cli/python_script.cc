#include "cli/python_script.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <system_error>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/log.h"
#include "cli/input_file.h"
#include "system/host_directory.h"
#include "system/memory_tree.h"

namespace weft::cli {
namespace {

using abi::command::GivenDirectory;

// Where python.wasm has its library.
constexpr const char* kLibraryName = "/usr";
constexpr std::string_view kLibraryFile = "/usr/local/lib/python313.zip";

// The directory by which a program reaches `path`, and what is left of that below it.
struct Reached {
  const GivenDirectory* directory = nullptr;  // null: by none
  std::string path;
};

Reached reached_by(const std::vector<GivenDirectory>& given, std::string_view path) {
  Reached reached;
  for (const GivenDirectory& each : given) {
    const auto rest = abi::command::path_below(each.name, path);
    if (!rest || (reached.directory != nullptr && rest->size() >= reached.path.size())) continue;
    reached = {.directory = &each, .path = std::string(*rest)};
  }
  return reached;
}

Error hides(const GivenDirectory& directory, std::string_view what) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("the program would not see {}, for it knows another directory as {}: give "
                      "that another name with --dir HOST:GUEST",
                      what, printable(directory.name))};
}

Error is_in_library(const std::string& script) {
  return {ErrorCode::kInvalidArgument,
          fmt::format("the program would not see {}, for {} is Python's library to it: name the "
                      "script by another path",
                      printable(script), kLibraryName)};
}

// Whether the program reaches this very file.
bool shows(const Reached& reached, const std::string& script) {
  struct stat wanted{};
  if (::stat(script.c_str(), &wanted) != 0) return false;
  const auto found = reached.directory->directory->status_of(reached.path, true);
  return found && found->device == wanted.st_dev && found->inode == wanted.st_ino;
}

// Whether the directory that the file is in would cover one that is there.
bool covers(const Reached& reached) {
  const std::string above = std::filesystem::path(reached.path).parent_path();
  return above.empty() || reached.directory->directory->status_of(above, true).has_value();
}

// Only the first failure can be one: the tree has room for the file.
Result<> put_file(system::Directory& directory, const std::string& name, std::string_view content) {
  const auto failed = [&](system::Errno error) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the program cannot be shown a file named {}: error {}",
                            printable(name), static_cast<int>(error)));
  };
  const auto file = directory.open(name, {.write = true, .create = true, .exclusive = true});
  if (!file) return failed(file.error());
  const system::ConstBuffer all(reinterpret_cast<const std::uint8_t*>(content.data()),
                                content.size());
  const auto written = (*file)->write(std::span(&all, 1));
  if (!written) return failed(written.error());
  return {};
}

Result<GivenDirectory> alone(const std::string& script, Console& console) {
  const std::string content = TRY(read_input(script, console));
  const system::MemoryTree tree(console.clock(), {.limits = {.bytes = content.size()}});
  const std::filesystem::path path(script);
  TRY(put_file(*tree.root(), path.filename(), content));
  const std::string above = path.parent_path();
  return GivenDirectory{.name = above.empty() ? "." : above, .directory = tree.read_only_root()};
}

}  // namespace

bool names_python(std::string_view line) {
  if (!line.starts_with("#!")) return false;
  line = line.substr(2, line.find('\n') - 2);
  while (!line.empty()) {
    const std::size_t begin = std::min(line.find_first_not_of(" \t\r"), line.size());
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(" \t\r"));
    if (word.substr(word.rfind('/') + 1).starts_with("python")) return true;
    line.remove_prefix(word.size());
  }
  return false;
}

bool is_python(std::string_view file) {
  std::error_code ignored;
  if (file == "-" || std::filesystem::is_directory(file, ignored)) return false;
  if (file.ends_with(".py") || file.ends_with(".pyz") || file.ends_with(".zip")) return true;
  // Modules are told by their names alone, also where reading is slow.
  if (file.ends_with(".wasm") || file.ends_with(".wat")) return false;
  const std::string name(file);
  // A pipe gives its bytes only once, and those are the module's.
  if (!std::filesystem::is_regular_file(name, ignored)) return false;
  const auto opened = open_input(file);
  if (!opened) return false;
  std::array<std::uint8_t, kFirstLineBytesMax> begin{};
  const auto got = system::DescriptorInput(opened->get()).read(begin);
  return got && names_python({reinterpret_cast<const char*>(begin.data()), *got});
}

Result<> show_python(std::vector<GivenDirectory>& given, const PythonFiles& files,
                     const std::string& script, Console& console) {
  given.push_back(
      {.name = kLibraryName,
       .directory = TRY(system::HostDirectory::open_tree(files.library(), {.read_only = true}))});
  const Reached library = reached_by(given, kLibraryFile);
  if (library.directory != &given.back())
    return fail(hides(*library.directory, "Python's library"));
  if (script == "-") return {};
  const Reached reached = reached_by(given, script);
  if (reached.directory != nullptr) {
    if (shows(reached, script)) return {};
    if (covers(reached)) {
      return fail(reached.directory == &given.back()
                      ? is_in_library(script)
                      : hides(*reached.directory, printable(script)));
    }
  }
  given.push_back(TRY(alone(script, console)));
  return {};
}

void append_script(std::vector<std::string>& arguments, const std::string& script,
                   const std::vector<std::string>& behind) {
  if (script.starts_with('-')) arguments.emplace_back("--");
  arguments.push_back(script);
  arguments.insert(arguments.end(), behind.begin(), behind.end());
}

}  // namespace weft::cli
