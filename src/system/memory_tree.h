// Files and directories in memory.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "system/directory.h"

namespace weft::system {

// What reaches one of the first two is kNoSpace, before any memory is taken. Names have at most 255
// bytes, paths 4,095, and 40 symbolic links are followed in one path, as on Linux.
struct MemoryLimits {
  // Of all files and links together, holes included.
  std::uint64_t bytes = 256ULL * 1024 * 1024;
  // How many files, directories and links there may be, and how many names of them. One takes about
  // 300 bytes, and its name again what it has.
  std::uint64_t nodes = 256ULL * 1024;
  // Of one file, holes included; above it, kFileTooLarge. 64 GiB need 24 MiB for their holes.
  std::uint64_t file_bytes = 64ULL * 1024 * 1024 * 1024;
  // Names of one file; above it, kTooManyLinks.
  std::uint64_t links = 65'000;
};

struct MemoryTreeOptions {
  MemoryLimits limits = {};
  // What FileStatus::device says, so that files of different trees are told from each other.
  std::uint64_t device = 1;
};

// Private to system.
struct MemoryState;

// A tree that begins empty. Inodes are counted from 1, the root's, and never used again; times are
// the clock's; so the same operations give the same tree. A file's access time changes only when it
// would otherwise not be later than the last change. The tree lives as long as this, or as anything
// that was opened from it. Thread rules: OpenFile's, for all of the tree together.
class MemoryTree {
 public:
  // `clock` outlives the tree.
  explicit MemoryTree(const Clock& clock, const MemoryTreeOptions& options = {});

  std::shared_ptr<Directory> root() const;
  // The same tree; whoever has only this cannot change it.
  std::shared_ptr<Directory> read_only_root() const;

  // From now on nothing changes any more, access times neither, whoever tries: any number of
  // threads may use the tree, each what it has opened itself, and all of them the roots. Nothing is
  // open for writing.
  void freeze();

  // What counts against the limits.
  std::uint64_t bytes_used() const;
  std::uint64_t nodes_used() const;

 private:
  std::shared_ptr<MemoryState> state_;
};

}  // namespace weft::system
