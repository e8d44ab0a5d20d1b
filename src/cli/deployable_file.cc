#include "cli/deployable_file.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"
#include "cli/held_signals.h"
#include "cli/input_file.h"
#include "cli/module_file.h"
#include "cli/python_bundle.h"
#include "cli/python_script.h"
#include "cli/quantity.h"
#include "cli/requirements.h"
#include "engine/module_info.h"
#include "function/python_archive.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kArchiveType = "application/zip";
constexpr std::string_view kManifest = "weft.json";

bool is_python_text(std::string_view file, std::string_view bytes) {
  return file.ends_with(".py") ||
         names_python(bytes.substr(0, std::min(bytes.find('\n'), kFirstLineBytesMax)));
}

// Whether functions can be made of the directory's files.
bool has_python(const fs::path& directory) {
  const auto has = [&](std::string_view name) {
    std::error_code ignored;
    return fs::is_regular_file(directory / name, ignored);
  };
  return has(kManifest) || std::ranges::any_of(function::kPythonArchiveFiles, has);
}

// Of a directory that has neither a module nor a Python file by which it is known what to load.
Error nothing_to_deploy(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".py") names.push_back(entry.path().filename().native());
  }
  std::ranges::sort(names);
  return {
      ErrorCode::kNotFound,
      fmt::format(
          "the directory {} has nothing to load: no .wasm or .wat file, and neither "
          "main.py, app.py, handler.py, lambda_function.py, plugin.py nor __main__.py; a {} with "
          "{{\"file\":\"{}\"}} in it names another file",
          printable(directory), kManifest, names.empty() ? "NAME.py" : printable(names.front()))};
}

// What is required is added to the files. How many packages have come is left to the reader.
Result<> add_required(BundleFiles& files, const Requirements& requirements, Console& console) {
  if (requirements.is_empty()) return {};
  const HeldSignals held;
  TemporaryPlace place;
  const fs::path target = TRY(place.make()) / "packages";
  TRY(install_requirements(requirements, target, console));
  return add_packages(files, target);
}

// The packages among the files: "flask 3.1.2, jinja2 3.1.6: ".
std::string packages_in(const BundleFiles& files) {
  constexpr std::string_view kEnd = ".dist-info/METADATA";
  std::string text;
  std::size_t count = 0;
  for (const auto& [name, content] : files) {
    if (!name.ends_with(kEnd)) continue;
    std::string package = name.substr(0, name.size() - kEnd.size());
    // The version begins behind the last hyphen.
    if (const std::size_t hyphen = package.rfind('-'); hyphen != package.npos)
      package[hyphen] = ' ';
    constexpr std::size_t kShownMax = 30;
    if (++count <= kShownMax) text += (text.empty() ? "" : ", ") + printable(package);
    if (count == kShownMax + 1) text += ", …";
  }
  return text.empty() ? text : text + ": ";
}

DeployableFile packed(std::string name, const BundleFiles& files) {
  DeployableFile file{
      .name = std::move(name), .bytes = to_archive(files), .content_type = kArchiveType};
  file.note = fmt::format("{}{} files are packed, {}\n", packages_in(files), files.size(),
                          bytes_text(file.bytes.size()));
  return file;
}

Result<DeployableFile> pack_directory(const std::string& directory,
                                      const std::vector<std::string_view>& requirements,
                                      Console& console) {
  BundleFiles files;
  TRY(add_directory(files, directory));
  // The server looks at it in the same way.
  auto archive = function::open_python_archive(console.clock(), to_archive(files));
  if (!archive) return fail(std::move(archive).error().with_context(printable(directory)));
  const std::string name = (fs::path(directory) / archive->file).native();
  const auto needed = TRY(requirements_of(requirements, archive->source, name, console));
  TRY(add_required(files, needed, console));
  return packed(directory, files);
}

Result<DeployableFile> pack_file(DeployableFile file, const Requirements& requirements,
                                 Console& console) {
  const std::string own = file.name.ends_with(".py") ? fs::path(file.name).filename() : "main.py";
  BundleFiles files;
  files.emplace(kManifest, archive_manifest(own));
  files.emplace(own, std::move(file.bytes));
  TRY(add_required(files, requirements, console));
  return packed(std::move(file.name), files);
}

}  // namespace

Result<DeployableFile> deployable_file(std::string_view word,
                                       const std::vector<std::string_view>& requirements,
                                       Console& console) {
  std::error_code ignored;
  const bool is_directory = word != "-" && fs::is_directory(word, ignored);
  auto path = module_path(word);
  if (is_directory && !path && path.error().code() == ErrorCode::kNotFound && has_python(word))
    return pack_directory(std::string(word), requirements, console);
  if (is_directory && !path && path.error().code() == ErrorCode::kNotFound)
    return fail(nothing_to_deploy(std::string(word)));
  DeployableFile file{.name = TRY(std::move(path)), .bytes = {}};
  file.bytes = TRY(read_input(file.name, console));
  if (function::is_python_archive(file.bytes)) {
    file.content_type = kArchiveType;
  } else if (is_python_text(file.name, file.bytes)) {
    const auto needed = TRY(requirements_of(
        requirements, file.bytes, file.name == "-" ? std::string_view("standard input") : file.name,
        console));
    if (!needed.is_empty()) return pack_file(std::move(file), needed, console);
    file.content_type = "text/x-python";
  } else {
    file.content_type = engine::is_binary_module(file.bytes) ? "application/wasm" : "text/plain";
  }
  if (requirements.empty() || std::string_view(file.content_type) == "text/x-python") return file;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("--requirements is for a Python file or a directory of such, which {} is "
                          "not: leave it out",
                          printable(file.name)));
}

}  // namespace weft::cli
