#include "function/python_archive.h"

#include <algorithm>
#include <optional>
#include <span>

#include <fmt/format.h>

#include "base/log.h"
#include "json/parse.h"
#include "system/archive_tree.h"

namespace weft::function {
namespace {

constexpr std::string_view kManifest = "weft.json";
constexpr std::uint64_t kManifestBytesMax = 64ULL << 10U;
constexpr std::size_t kShownBytesMax = 200;

std::unexpected<Error> wrong(std::string what) {
  return fail(ErrorCode::kInvalidArgument, std::move(what));
}

bool has(system::Directory& root, std::string_view name) {
  const auto status = root.status_of(name, true);
  return status && status->type == system::FileType::kRegular;
}

// kTooLarge, naming the limit.
Result<std::string> read(system::Directory& root, std::string_view name, std::uint64_t bytes_max) {
  const auto file = root.open(name, {.read = true});
  const auto status = file ? (*file)->status() : std::unexpected(file.error());
  if (!status || status->type != system::FileType::kRegular)
    return wrong(fmt::format("the archive has no file {}", shown(name, kShownBytesMax)));
  if (status->size_bytes > bytes_max) {
    return fail(Error(ErrorCode::kTooLarge, fmt::format("the archive's {} is larger than {} bytes",
                                                        shown(name, kShownBytesMax), bytes_max))
                    .with_limit("python_file_bytes", bytes_max));
  }
  std::string bytes(status->size_bytes, '\0');
  const system::Buffer all(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
  const auto count = (*file)->read(std::span(&all, 1));
  if (!count || *count != bytes.size())
    return wrong(fmt::format("the archive's {} cannot be read", shown(name, kShownBytesMax)));
  return bytes;
}

// The file that weft.json names.
Result<std::string> named_file(std::string_view manifest) {
  const auto document = json::parse(manifest);
  if (!document) {
    return wrong(
        fmt::format("the archive's {} is not JSON: {}", kManifest, document.error().message()));
  }
  if (!document->is_object()) return wrong(fmt::format("{} is no object", kManifest));
  for (const auto& [name, value] : document->as_object()) {
    if (name != "file") {
      return wrong(fmt::format("{} has an unknown member {}: it can have \"file\"", kManifest,
                               shown(name, kShownBytesMax)));
    }
    if (value.is_string() && value.as_string().ends_with(".py") &&
        value.as_string().find('\0') == std::string_view::npos)
      return std::string(value.as_string());
    return wrong(fmt::format("\"file\" in {} is not the name of a .py file", kManifest));
  }
  return wrong(fmt::format("{} does not say which \"file\" is to be loaded", kManifest));
}

Result<std::string> file_of(system::Directory& root) {
  if (has(root, kManifest)) return named_file(TRY(read(root, kManifest, kManifestBytesMax)));
  for (const std::string_view name : kPythonArchiveFiles) {
    if (has(root, name)) return std::string(name);
  }
  return wrong(
      fmt::format("the archive has nothing to load: neither main.py, app.py, handler.py, "
                  "lambda_function.py, plugin.py nor __main__.py is at its top, and no {} names "
                  "another file there",
                  kManifest));
}

}  // namespace

bool is_python_archive(std::string_view bytes) {
  if (bytes.starts_with("#!")) {
    constexpr std::size_t kLineBytesMax = 4096;
    const std::size_t end = bytes.substr(0, kLineBytesMax).find('\n');
    if (end == bytes.npos) return false;
    bytes.remove_prefix(end + 1);
  }
  // An entry; or, of an empty archive, its end.
  return bytes.starts_with("PK\3\4") || bytes.starts_with("PK\5\6");
}

Result<PythonArchive> open_python_archive(const Clock& clock, std::string_view bytes) {
  if (!is_python_archive(bytes)) return wrong("this is no zip archive");
  const std::uint64_t most =
      std::max<std::uint64_t>(kPythonArchiveSmallBytes, bytes.size() * kPythonArchiveRatioMax);
  const system::ArchiveOptions options{
      .limits = {.entries = kPythonArchiveEntriesMax,
                 .name_bytes = kPythonArchiveNameBytesMax,
                 .content_bytes = std::min(most, kPythonArchiveContentBytesMax)}};
  auto unpacked = TRY(system::unpack_archive(
      clock, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, options));
  PythonArchive archive{.root = std::move(unpacked.root),
                        .file = {},
                        .source = {},
                        .memory_bytes = unpacked.memory_bytes};
  archive.file = TRY(file_of(*archive.root));
  archive.source = TRY(read(*archive.root, archive.file, kPythonFileBytesMax));
  archive.memory_bytes += archive.source.size();
  return archive;
}

Result<> check_python(const Clock& clock, std::string_view bytes, bool must_be_archive) {
  if (must_be_archive || is_python_archive(bytes)) TRY(open_python_archive(clock, bytes));
  return {};
}

}  // namespace weft::function
