// libarchive, loaded when somebody first opens an archive. Linked the usual way, it and the dozen
// libraries behind it would slow the start of every program.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/result.h"

namespace weft::system {

// The functions of libarchive that reading needs, under their names without "archive_". Valid until
// the process ends. Private to system.
struct ArchiveLibrary {
  decltype(&archive_read_new) read_new = nullptr;
  decltype(&archive_read_free) read_free = nullptr;
  decltype(&archive_read_support_filter_gzip) read_support_filter_gzip = nullptr;
  decltype(&archive_read_support_filter_bzip2) read_support_filter_bzip2 = nullptr;
  decltype(&archive_read_support_filter_xz) read_support_filter_xz = nullptr;
  decltype(&archive_read_support_filter_zstd) read_support_filter_zstd = nullptr;
  decltype(&archive_read_support_format_tar) read_support_format_tar = nullptr;
  decltype(&archive_read_support_format_zip_seekable) read_support_format_zip_seekable = nullptr;
  decltype(&archive_read_open_memory) read_open_memory = nullptr;
  decltype(&archive_read_open_fd) read_open_fd = nullptr;
  decltype(&archive_read_next_header) read_next_header = nullptr;
  decltype(&archive_read_data_block) read_data_block = nullptr;
  decltype(&archive_error_string) error_string = nullptr;
  decltype(&archive_entry_pathname) entry_pathname = nullptr;
  decltype(&archive_entry_filetype) entry_filetype = nullptr;
  decltype(&archive_entry_size) entry_size = nullptr;
  decltype(&archive_entry_symlink) entry_symlink = nullptr;
  decltype(&archive_entry_hardlink) entry_hardlink = nullptr;
  decltype(&archive_entry_mtime_is_set) entry_mtime_is_set = nullptr;
  decltype(&archive_entry_mtime) entry_mtime = nullptr;
  decltype(&archive_entry_mtime_nsec) entry_mtime_nsec = nullptr;
  decltype(&archive_entry_is_encrypted) entry_is_encrypted = nullptr;

  // Thread-safe. kUnsupported where the machine has no libarchive, or one that lacks a function.
  static Result<ArchiveLibrary> load();
};

}  // namespace weft::system
