#include "store/directory_blobs.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fmt/format.h>
#include <sys/stat.h>

#include "base/id.h"
#include "base/log.h"
#include "store/file.h"

namespace weft::store {
namespace {

constexpr std::string_view kAlgorithm = "sha256";
constexpr std::size_t kFanOutDigits = 2;

std::filesystem::path hashed(const std::filesystem::path& directory) {
  return directory / kAlgorithm;
}
// Files that are still being written; whatever is here at the start is left from a crash.
std::filesystem::path incoming(const std::filesystem::path& directory) {
  return directory / "incoming";
}

Result<std::filesystem::path> file_of(const std::filesystem::path& directory, std::string_view id) {
  if (!is_content_id(id)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is not a content id; one is \"sha256:\" and 64 hex digits",
                            printable(id.substr(0, 100))));
  }
  const std::string_view digits = id.substr(kAlgorithm.size() + 1);
  return hashed(directory) / digits.substr(0, kFanOutDigits) / digits.substr(kFanOutDigits);
}

std::unexpected<Error> missing(std::string_view id) {
  return fail(ErrorCode::kNotFound, fmt::format("there is no blob {}", id));
}

// A disk that fails while the process runs: nothing that a client did wrong, whatever the system
// calls it. Only `open` tells the causes apart.
template <class T>
Result<T> from_disk(Result<T> result) {
  if (result) return result;
  Error error(ErrorCode::kUnavailable, result.error().message());
  if (const auto& told = result.error().told_clients())
    error = std::move(error).telling_clients(*told);
  return fail(std::move(error));
}

std::unexpected<Error> damaged(std::string_view id, const std::filesystem::path& file) {
  return fail(Error(ErrorCode::kDataLoss,
                    fmt::format("the blob {} is damaged: {} no longer has the bytes that were "
                                "stored; upload it again or restore the file from a backup",
                                id, printable(file.native())))
                  .telling_clients(fmt::format(
                      "The stored bytes of {} are damaged: upload the same module again.", id)));
}

// All 256 at once, so that a put never has to wait for the flush of a directory that another put is
// making.
Result<> make_fan_out(const std::filesystem::path& directory) {
  bool made = false;
  for (unsigned int first = 0; first < 256; ++first) {
    const auto path = directory / fmt::format("{:02x}", first);
    if (::mkdir(path.c_str(), 0700) == 0) {
      made = true;
    } else if (errno != EEXIST) {
      return fail(system_error(errno, "create the directory", path));
    }
  }
  if (made) TRY(flush_directory(directory));
  return {};
}

// Whether the file is there with exactly these bytes. One that cannot be read is to be written
// anew.
bool holds(const std::filesystem::path& file, std::string_view bytes) {
  const auto present = read_file(file, bytes.size());
  return present.has_value() && *present == bytes;
}

Result<> sweep(const std::filesystem::path& directory) {
  std::error_code problem;
  std::filesystem::directory_iterator entry(directory, problem);
  while (!problem && entry != std::filesystem::directory_iterator()) {
    TRY(remove_file(entry->path()));
    entry.increment(problem);
  }
  if (problem) return fail(system_error(problem.value(), "read the directory", directory));
  return {};
}

}  // namespace

Result<std::unique_ptr<Blobs>> DirectoryBlobs::open(const std::filesystem::path& directory,
                                                    DirectoryBlobsOptions options) {
  TRY(make_directories(hashed(directory)));
  TRY(make_directories(incoming(directory)));
  TRY(make_fan_out(hashed(directory)));
  TRY(sweep(incoming(directory)));
  return std::unique_ptr<Blobs>(new DirectoryBlobs(directory, options));
}

Result<std::string> DirectoryBlobs::put(std::string_view bytes) {
  std::string id = content_id(bytes);
  TRY(put_as(id, bytes));
  return id;
}

Result<> DirectoryBlobs::put_as(std::string_view id, std::string_view bytes) {
  const std::uint64_t limit = std::min(options_.blob_bytes_max, kBlobBytesMax);
  if (bytes.size() > limit) {
    return fail(
        Error(ErrorCode::kTooLarge,
              fmt::format("{} bytes are too many for one blob; the limit blob_bytes_max is {}",
                          bytes.size(), limit))
            .with_limit("blob_bytes", limit));
  }
  const auto file = TRY(file_of(directory_, id));
  if (!holds(file, bytes)) {
    const auto written = TRY(from_disk(write_new_file(incoming(directory_), "", bytes)));
    if (auto renamed = from_disk(rename_file(written, file)); !renamed) {
      [[maybe_unused]] const auto removed = remove_file(written);  // Otherwise the next start does.
      return fail(std::move(renamed).error());
    }
  }
  // Also for a known blob: another thread may have renamed it and not flushed yet.
  return from_disk(flush_directory(file.parent_path()));
}

Result<std::string> DirectoryBlobs::get(std::string_view id) {
  const auto file = TRY(file_of(directory_, id));
  auto read = read_file(file, kBlobBytesMax);
  // None that was put is so large.
  if (!read && read.error().code() == ErrorCode::kTooLarge) return damaged(id, file);
  auto bytes = TRY(from_disk(std::move(read)));
  if (!bytes) return missing(id);
  if (content_id(*bytes) != id) return damaged(id, file);
  return std::move(*bytes);
}

Result<bool> DirectoryBlobs::contains(std::string_view id) {
  auto bytes = size(id);
  if (bytes) return true;
  if (bytes.error().code() == ErrorCode::kNotFound) return false;
  return fail(std::move(bytes).error());
}

Result<std::uint64_t> DirectoryBlobs::size(std::string_view id) {
  const auto file = TRY(file_of(directory_, id));
  struct stat found{};
  if (::lstat(file.c_str(), &found) != 0) {
    if (errno == ENOENT) return missing(id);
    return from_disk(Result<std::uint64_t>(fail(system_error(errno, "look at", file))));
  }
  return static_cast<std::uint64_t>(found.st_size);
}

Result<> DirectoryBlobs::remove(std::string_view id) {
  const auto file = TRY(file_of(directory_, id));
  if (TRY(from_disk(remove_file(file)))) TRY(from_disk(flush_directory(file.parent_path())));
  return {};
}

}  // namespace weft::store
