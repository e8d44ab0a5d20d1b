#include "system/archive_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace weft::system {
namespace {

// The interface's version, which is the same since 2011.
constexpr const char* kName = "libarchive.so.13";

Error missing() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the C library keeps a message for each thread.
  const char* const why = dlerror();
  return Error(ErrorCode::kUnsupported,
               fmt::format("Opening an archive needs libarchive: {}. On Debian: apt-get install "
                           "libarchive13.",
                           why == nullptr ? "it is not there" : why));
}

template <class Function>
bool find(void* library, const char* name, Function& found) {
  found = reinterpret_cast<Function>(dlsym(library, name));
  return found != nullptr;
}

}  // namespace

Result<ArchiveLibrary> ArchiveLibrary::load() {
  // Never closed: the process may open another archive at any time.
  void* const library = dlopen(kName, RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return fail(missing());
  ArchiveLibrary archive;
  const auto has = [&](const char* name, auto& found) { return find(library, name, found); };
  const bool is_complete =
      has("archive_read_new", archive.read_new) && has("archive_read_free", archive.read_free) &&
      has("archive_read_support_filter_gzip", archive.read_support_filter_gzip) &&
      has("archive_read_support_filter_bzip2", archive.read_support_filter_bzip2) &&
      has("archive_read_support_filter_xz", archive.read_support_filter_xz) &&
      has("archive_read_support_filter_zstd", archive.read_support_filter_zstd) &&
      has("archive_read_support_format_tar", archive.read_support_format_tar) &&
      has("archive_read_support_format_zip_seekable", archive.read_support_format_zip_seekable) &&
      has("archive_read_open_memory", archive.read_open_memory) &&
      has("archive_read_open_fd", archive.read_open_fd) &&
      has("archive_read_next_header", archive.read_next_header) &&
      has("archive_read_data_block", archive.read_data_block) &&
      has("archive_error_string", archive.error_string) &&
      has("archive_entry_pathname", archive.entry_pathname) &&
      has("archive_entry_filetype", archive.entry_filetype) &&
      has("archive_entry_size", archive.entry_size) &&
      has("archive_entry_symlink", archive.entry_symlink) &&
      has("archive_entry_hardlink", archive.entry_hardlink) &&
      has("archive_entry_mtime_is_set", archive.entry_mtime_is_set) &&
      has("archive_entry_mtime", archive.entry_mtime) &&
      has("archive_entry_mtime_nsec", archive.entry_mtime_nsec) &&
      has("archive_entry_is_encrypted", archive.entry_is_encrypted);
  if (!is_complete) return fail(missing());
  return archive;
}

}  // namespace weft::system
