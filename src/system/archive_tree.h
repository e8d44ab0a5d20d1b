// The files of a zip or tar archive as a tree.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "system/directory.h"
#include "system/open_file.h"

namespace weft::system {

// Reaching one is kTooLarge and names it, before what is beyond it is kept.
struct ArchiveLimits {
  // Files, links and directories, those included that only the names of others mention.
  std::uint64_t entries = 200'000;
  // Of the names of all entries, with their directories.
  std::uint64_t name_bytes = 16ULL * 1024 * 1024;
  // What all files have together when they are unpacked, holes included.
  std::uint64_t content_bytes = 1024ULL * 1024 * 1024;
};

struct ArchiveOptions {
  ArchiveLimits limits = {};
  // As MemoryTreeOptions has it.
  std::uint64_t device = 1;
};

// What was unpacked.
struct UnpackedArchive {
  std::shared_ptr<Directory> root;
  std::uint64_t memory_bytes = 0;  // that it takes, about
};

// A read-only tree of what is in an archive: zip, or tar in its ustar, pax and GNU forms, also
// packed with gzip, bzip2, xz or zstd. All of it is unpacked into memory at once: what a compressed
// tar has at one place cannot be had without what is before, and the limits bound it. Only names,
// types, contents, links and the times of modification are kept.
//
// Nothing is looked up by name outside of the archive. kInvalidArgument, naming the entry: an
// absolute name or one with ".."; a name that is there twice, unless both are directories; one
// below something that is no directory; a hard link to what is not there yet; a symbolic link to an
// absolute path; devices and pipes; what is encrypted; and what is damaged, or no archive at all.
// Symbolic links that lead out of the tree are kept and, as everywhere, not followed. kUnsupported:
// this machine lacks libarchive. `clock` outlives the tree; directories that only the names of
// others mention have its time. `archive` is not needed any more afterwards. Nothing in the tree
// changes, so that any number of threads may use its root, and each what it opens there.
Result<UnpackedArchive> unpack_archive(const Clock& clock, ConstBuffer archive,
                                       const ArchiveOptions& options = {});

// The root alone.
Result<std::shared_ptr<Directory>> open_archive(const Clock& clock, ConstBuffer archive,
                                                const ArchiveOptions& options = {});

// Of a file. Besides, kNotFound and kPermissionDenied, naming the path.
Result<std::shared_ptr<Directory>> open_archive_file(const Clock& clock,
                                                     const std::filesystem::path& path,
                                                     const ArchiveOptions& options = {});

}  // namespace weft::system
