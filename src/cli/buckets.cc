#include "cli/buckets.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "base/log.h"

namespace weft::cli {
namespace {

constexpr std::size_t kPieceBytes = 64UZ * 1024;
// Directories inside each other.
constexpr int kDepthMax = 64;

std::unexpected<workflow::StateError> unread(std::string cause) {
  return workflow::ends_with("States.ItemReaderFailed", std::move(cause));
}

// A key as a path; kNotPermitted for one that no path is like: with an empty part, "." or "..".
system::Attempt<std::string> path_of(std::string_view key) {
  std::string_view rest = key;
  for (;;) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, end);
    if (part.empty() || part == "." || part == ".." || part.contains('\0'))
      return std::unexpected(system::Errno::kNotPermitted);
    if (end == rest.size()) return std::string(key);
    rest.remove_prefix(end + 1);
  }
}

// What is there under the key instead of a file, if anything is. Opening a pipe would wait for
// whoever is at its other end.
std::string_view no_file(system::Directory& directory, std::string_view key) {
  const auto path = path_of(key);
  if (!path) return {};
  const auto status = directory.status_of(*path, true);
  if (!status || status->type == system::FileType::kRegular) return {};
  return status->type == system::FileType::kDirectory ? "it is a directory"
                                                      : "it is no regular file";
}

// The file's content; of a larger one, more than `bytes_max` of it.
system::Attempt<std::string> read_object(system::Directory& directory, std::string_view key,
                                         std::uint64_t bytes_max) {
  const auto path = path_of(key);
  if (!path) return std::unexpected(path.error());
  const auto file = directory.open(*path, {.read = true});
  if (!file) return std::unexpected(file.error());
  std::string content;
  for (;;) {
    const std::size_t filled = content.size();
    content.resize(filled + kPieceBytes);
    const system::Buffer room(reinterpret_cast<std::uint8_t*>(content.data()) + filled,
                              kPieceBytes);
    const auto got = (*file)->read(std::span(&room, 1));
    if (!got) return std::unexpected(got.error());
    content.resize(filled + *got);
    if (*got == 0 || content.size() > bytes_max) return content;
  }
}

system::Attempt<> write_all(system::OpenFile& file, std::string_view content) {
  while (!content.empty()) {
    const system::ConstBuffer piece(reinterpret_cast<const std::uint8_t*>(content.data()),
                                    content.size());
    const auto written = file.write(std::span(&piece, 1));
    if (!written) return std::unexpected(written.error());
    content.remove_prefix(*written);
  }
  return {};
}

system::Attempt<> write_object(system::Directory& directory, const workflow::NamedObject& object) {
  const auto path = path_of(object.key);
  if (!path) return std::unexpected(path.error());
  for (std::size_t slash = path->find('/'); slash != std::string::npos;
       slash = path->find('/', slash + 1)) {
    const auto made = directory.make_directory(path->substr(0, slash));
    if (!made && made.error() != system::Errno::kExists) return made;
  }
  const auto file = directory.open(*path, {.write = true, .create = true, .truncate = true});
  if (!file) return std::unexpected(file.error());
  return write_all(**file, object.content);
}

// Finds the objects below a directory.
class Walk {
 public:
  Walk(std::string_view prefix, std::vector<workflow::ListedObject>& found)
      : prefix_(prefix), found_(found) {}

  // `place` is the directory's own key, empty or with a slash at its end. What cannot be read is
  // left out. False when there are too many. Recurses as deep as kDepthMax.
  bool look_into(system::Directory& directory, const std::string& place, int depth);

 private:
  bool look_at(system::Directory& directory, const std::string& name, const std::string& key,
               int depth);

  std::string_view prefix_;
  std::vector<workflow::ListedObject>& found_;
};

bool Walk::look_into(system::Directory& directory, const std::string& place, int depth) {
  std::vector<std::string> names;
  const auto listed = directory.read_entries(0, [&](const system::DirectoryEntry& entry) {
    if (entry.name != "." && entry.name != "..") names.emplace_back(entry.name);
    return names.size() <= kListedObjectsMax;
  });
  if (!listed) return true;
  if (names.size() > kListedObjectsMax) return false;
  return std::ranges::all_of(names, [&](const std::string& name) {
    const std::string key = place + name;
    const bool may_be_in = key.starts_with(prefix_) || prefix_.starts_with(key);
    return !may_be_in || look_at(directory, name, key, depth);
  });
}

bool Walk::look_at(system::Directory& directory, const std::string& name, const std::string& key,
                   int depth) {
  auto status = directory.status_of(name, false);
  if (status && status->type == system::FileType::kSymbolicLink) {
    status = directory.status_of(name, true);
    // Directories that links lead to may be those that the link is in.
    if (status && status->type == system::FileType::kDirectory) return true;
  }
  if (!status) return true;
  if (status->type == system::FileType::kDirectory && depth < kDepthMax) {
    const auto below = directory.open(name, {.read = true, .must_be_directory = true});
    system::Directory* const inner = below ? (*below)->as_directory() : nullptr;
    return inner == nullptr || look_into(*inner, key + "/", depth + 1);
  }
  if (status->type != system::FileType::kRegular || !key.starts_with(prefix_)) return true;
  if (found_.size() == kListedObjectsMax) return false;
  const auto since = status->modified.time_since_epoch();
  found_.push_back(
      {.key = key,
       .size_bytes = status->size_bytes,
       .modified_seconds = std::chrono::duration_cast<std::chrono::seconds>(since).count(),
       // Another one when the content may be another one.
       .etag = fmt::format("{:016x}{:016x}", status->size_bytes,
                           static_cast<std::uint64_t>(since.count()))});
  return true;
}

}  // namespace

Result<std::unique_ptr<Buckets>> Buckets::create(const std::vector<std::string_view>& options) {
  auto buckets = std::unique_ptr<Buckets>(new Buckets());
  for (const std::string_view option : options) {
    const std::size_t equals = option.find('=');
    if (equals == 0 || equals == std::string_view::npos || equals + 1 == option.size()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--bucket {}: expected NAME=DIR", printable(option)));
    }
    auto directory =
        system::HostDirectory::open_tree(std::filesystem::path(option.substr(equals + 1)));
    if (!directory) {
      return fail(
          std::move(directory).error().with_context(fmt::format("--bucket {}", printable(option))));
    }
    const std::string_view name = option.substr(0, equals);
    if (!buckets->directories_.emplace(name, *std::move(directory)).second) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("--bucket {}: the bucket {} is given twice", printable(option),
                              printable(name)));
    }
  }
  return buckets;
}

system::HostDirectory* Buckets::find(std::string_view bucket) const {
  const auto found = directories_.find(bucket);
  return found == directories_.end() ? nullptr : found->second.get();
}

std::string Buckets::unknown(std::string_view bucket) const {
  return fmt::format(
      "The specified bucket does not exist: {0}. `--bucket {0}=DIR` says which directory it is.",
      printable(bucket));
}

workflow::Outcome<std::string> Buckets::fetch(std::string_view bucket, std::string_view key,
                                              std::uint64_t bytes_max) {
  system::HostDirectory* const directory = find(bucket);
  if (directory == nullptr) return unread(unknown(bucket));
  if (const auto reason = no_file(*directory, key); !reason.empty())
    return unread(fmt::format("The object {} cannot be read: {}.", printable(key), reason));
  auto content = read_object(*directory, key, bytes_max);
  if (!content && content.error() == system::Errno::kNoEntry)
    return unread(fmt::format("The specified key does not exist: {}.", printable(key)));
  if (!content) {
    return unread(fmt::format("The object {} cannot be read: {}.", printable(key),
                              system::text_of(content.error())));
  }
  if (content->size() > bytes_max)
    return unread(fmt::format("The object {} is larger than {} bytes.", printable(key), bytes_max));
  return *std::move(content);
}

workflow::Outcome<std::vector<workflow::ListedObject>> Buckets::list(std::string_view bucket,
                                                                     std::string_view prefix) {
  system::HostDirectory* const directory = find(bucket);
  if (directory == nullptr) return unread(unknown(bucket));
  std::vector<workflow::ListedObject> found;
  const auto root = directory->again();
  if (!Walk(prefix, found).look_into(*root, "", 0))
    return unread(fmt::format("The bucket lists more than {} objects.", kListedObjectsMax));
  std::ranges::sort(found, {}, &workflow::ListedObject::key);
  return found;
}

workflow::Outcome<> Buckets::store(std::string_view bucket, const workflow::NamedObject& object) {
  constexpr std::string_view kError = "States.ResultWriterFailed";
  system::HostDirectory* const directory = find(bucket);
  if (directory == nullptr) return workflow::ends_with(std::string(kError), unknown(bucket));
  if (const auto reason = no_file(*directory, object.key); !reason.empty()) {
    return workflow::ends_with(
        std::string(kError),
        fmt::format("The object {} cannot be written: {}.", printable(object.key), reason));
  }
  const auto done = write_object(*directory, object);
  if (done) return {};
  return workflow::ends_with(std::string(kError),
                             fmt::format("The object {} cannot be written: {}.",
                                         printable(object.key), system::text_of(done.error())));
}

}  // namespace weft::cli
