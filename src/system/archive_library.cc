#include "system/archive_library.h"

#include "base/shared_library.h"

namespace weft::system {

Result<ArchiveLibrary> ArchiveLibrary::load() {
  // The interface's version is the same since 2011.
  auto library =
      TRY(SharedLibrary::open({"libarchive.so.13", "Opening an archive", "libarchive13"}));
  ArchiveLibrary archive;
  library.find("archive_read_new", archive.read_new);
  library.find("archive_read_free", archive.read_free);
  library.find("archive_read_support_filter_gzip", archive.read_support_filter_gzip);
  library.find("archive_read_support_filter_bzip2", archive.read_support_filter_bzip2);
  library.find("archive_read_support_filter_xz", archive.read_support_filter_xz);
  library.find("archive_read_support_filter_zstd", archive.read_support_filter_zstd);
  library.find("archive_read_support_format_tar", archive.read_support_format_tar);
  library.find("archive_read_support_format_zip_seekable",
               archive.read_support_format_zip_seekable);
  library.find("archive_read_open_memory", archive.read_open_memory);
  library.find("archive_read_open_fd", archive.read_open_fd);
  library.find("archive_read_next_header", archive.read_next_header);
  library.find("archive_read_data_block", archive.read_data_block);
  library.find("archive_error_string", archive.error_string);
  library.find("archive_entry_pathname", archive.entry_pathname);
  library.find("archive_entry_filetype", archive.entry_filetype);
  library.find("archive_entry_size", archive.entry_size);
  library.find("archive_entry_symlink", archive.entry_symlink);
  library.find("archive_entry_hardlink", archive.entry_hardlink);
  library.find("archive_entry_mtime_is_set", archive.entry_mtime_is_set);
  library.find("archive_entry_mtime", archive.entry_mtime);
  library.find("archive_entry_mtime_nsec", archive.entry_mtime_nsec);
  library.find("archive_entry_is_encrypted", archive.entry_is_encrypted);
  TRY(library.check());
  return archive;
}

}  // namespace weft::system
