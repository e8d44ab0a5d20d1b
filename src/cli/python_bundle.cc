#include "cli/python_bundle.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <system_error>
#include <vector>

#include <fmt/format.h>

#include "base/log.h"
#include "function/python_archive.h"
#include "json/print.h"
#include "json/unicode.h"
#include "store/file.h"
#include "system/stored_zip.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 100;

Error system_error(const fs::path& path, const std::error_code& error) {
  return store::system_error(error.value(), "read", path);
}

Error too_large(std::string what, std::string limit, std::uint64_t value) {
  return Error(ErrorCode::kTooLarge, std::move(what)).with_limit(std::move(limit), value);
}

bool ends_with_any(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings,
                             [&](std::string_view ending) { return name.ends_with(ending); });
}

bool is_cache(std::string_view name) {
  return name == "__pycache__" || ends_with_any(name, {".pyc", ".pyo"});
}

// Of a user's directory.
bool stays_behind(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename();
  std::error_code ignored;
  return name.starts_with('.') || is_cache(name) ||
         fs::exists(entry.path() / "pyvenv.cfg", ignored);
}

// Of what pip installed. `name` is the path from its top.
bool is_of_place(std::string_view name) {
  if (name == "bin" || is_cache(name.substr(name.rfind('/') + 1))) return true;
  if (ends_with_any(name, {".so", ".pyd", ".dylib"})) return true;
  const std::size_t slash = name.rfind('/');
  if (slash == name.npos || !name.substr(0, slash).ends_with(".dist-info")) return false;
  const std::string_view file = name.substr(slash + 1);
  return file == "RECORD" || file == "REQUESTED" || file == "INSTALLER" ||
         file == "direct_url.json";
}

// What lies below a directory, one name after the other, in no order.
class Walk {
 public:
  using Skips = std::function<bool(const fs::directory_entry& entry, const std::string& name)>;
  using Take = std::function<Result<>(const fs::path& file, const std::string& name)>;

  Walk(Skips skips, Take take) : skips_(std::move(skips)), take_(std::move(take)) {}

  Result<> run(const fs::path& directory) {
    std::error_code error;
    fs::recursive_directory_iterator entries(directory, error);
    for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
      const std::string name = entries->path().lexically_relative(directory).generic_string();
      const bool is_skipped = skips_(*entries, name);
      if (is_skipped) entries.disable_recursion_pending();
      const auto visited = is_skipped ? Result<>() : visit(*entries, name, entries.depth());
      if (!visited) return visited;
    }
    if (error) return fail(system_error(directory, error));
    return {};
  }

 private:
  Result<> visit(const fs::directory_entry& entry, const std::string& name, int depth) {
    const auto refused = [&](std::string_view why) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("{} {}", printable(entry.path().native()), why));
    };
    std::error_code error;
    const fs::file_status status = entry.symlink_status(error);
    if (error) return fail(system_error(entry.path(), error));
    if (fs::is_symlink(status))
      return refused("is a symbolic link, which is not deployed: put the file in its place");
    if (fs::is_directory(status)) {
      if (depth >= kDepthMax) return refused("lies too deep");
      return {};
    }
    if (!fs::is_regular_file(status)) return refused("is neither a file nor a directory");
    if (!json::is_utf8(name)) return refused("has a name that is not UTF-8");
    return take_(entry.path(), name);
  }

  Skips skips_;
  Take take_;
};

Result<> add_file(BundleFiles& files, std::uint64_t& bytes, const fs::path& file,
                  const std::string& name) {
  constexpr std::uint64_t kMost = function::kPythonArchiveContentBytesMax;
  if (files.size() >= function::kPythonArchiveEntriesMax / 2) {
    return fail(too_large(fmt::format("there are more than {} files in {}", files.size(),
                                      printable(file.parent_path().native())),
                          "archive_entries", function::kPythonArchiveEntriesMax / 2));
  }
  auto read = store::read_file(file, kMost - bytes);
  if (!read && read.error().code() == ErrorCode::kTooLarge) {
    return fail(too_large(fmt::format("all files have more than {} bytes together", kMost),
                          "archive_content_bytes", kMost));
  }
  std::optional<std::string> content = TRY(std::move(read));
  if (!content) return {};  // It has gone a moment ago.
  bytes += content->size();
  if (files.contains(name)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a package has a file {}, and so do you: give yours another name",
                            printable(name)));
  }
  files.emplace(name, *std::move(content));
  return {};
}

std::uint64_t bytes_of(const BundleFiles& files) {
  std::uint64_t bytes = 0;
  for (const auto& [name, content] : files)
    bytes += content.size();
  return bytes;
}

Result<> add(BundleFiles& files, const fs::path& directory, const Walk::Skips& skips) {
  std::uint64_t bytes = bytes_of(files);
  return Walk(skips, [&](const fs::path& file,
                         const std::string& name) { return add_file(files, bytes, file, name); })
      .run(directory);
}

}  // namespace

Result<> add_directory(BundleFiles& files, const fs::path& directory) {
  return add(files, directory, [](const fs::directory_entry& entry, const std::string&) {
    return stays_behind(entry);
  });
}

Result<> add_packages(BundleFiles& files, const fs::path& directory) {
  return add(files, directory,
             [](const fs::directory_entry&, const std::string& name) { return is_of_place(name); });
}

Result<> clean_packages(const fs::path& directory) {
  std::vector<fs::path> left_over;
  TRY(Walk(
          [&](const fs::directory_entry& entry, const std::string& name) {
            if (!is_of_place(name)) return false;
            left_over.push_back(entry.path());
            return true;
          },
          [](const fs::path&, const std::string&) { return Result<>(); })
          .run(directory));
  for (const fs::path& path : left_over) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return fail(store::system_error(error.value(), "remove", path));
  }
  return {};
}

std::string to_archive(const BundleFiles& files) {
  std::vector<system::ZipFile> zip_files;
  zip_files.reserve(files.size());
  for (const auto& [name, content] : files)
    zip_files.push_back({.name = name, .content = content});
  return system::stored_zip(std::move(zip_files));
}

std::string archive_manifest(std::string_view file) {
  std::string text;
  json::Writer writer(text);
  writer.begin_object().key("file").value(file).end_object();
  return text + "\n";
}

}  // namespace weft::cli
