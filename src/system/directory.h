// A directory that a guest was given, and everything below it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "system/open_file.h"

namespace weft::system {

struct OpenOptions {
  bool read = false;
  bool write = false;
  bool create = false;
  bool exclusive = false;  // with `create`: fail when it exists
  bool truncate = false;
  bool must_be_directory = false;
  bool follow = true;  // a symbolic link at the end
  StatusFlags flags = {};
};

// One name in a directory. `name` lives only as long as the call that shows it.
struct DirectoryEntry {
  std::uint64_t next = 0;  // where to go on reading behind this one; never 0
  std::uint64_t inode = 0;
  FileType type = FileType::kUnknown;
  std::string_view name;
};

// Paths are relative to this directory, of any bytes but NUL; none ever leads out of it: a path
// that would ("..", an absolute one, a link) fails with kNotPermitted, whatever others do to the
// tree at the same time. An empty path is kNoEntry. Links at the end are followed only where
// `follow` says so; a slash at the end asks for a directory. In a tree that is only to be read,
// what is not there is kNoEntry (to be removed, opened or touched), all else kReadOnlyFileSystem.
class Directory : public OpenFile {
 public:
  Directory* as_directory() final { return this; }
  Attempt<FileType> file_type() final { return FileType::kDirectory; }

  virtual Attempt<std::shared_ptr<OpenFile>> open(std::string_view path,
                                                  const OpenOptions& options) = 0;
  virtual Attempt<FileStatus> status_of(std::string_view path, bool follow) = 0;
  virtual Attempt<> set_times_of(std::string_view path, bool follow, const FileTimes& times) = 0;
  virtual Attempt<std::string> read_link(std::string_view path) = 0;

  virtual Attempt<> make_directory(std::string_view path) = 0;
  // `target` is stored as it is; it counts when the link is followed. Neither a symbolic nor a hard
  // link is made of a name with a slash behind it: kNoEntry, or kExists and kNotDirectory as POSIX
  // resolves what is there (Linux says kExists of all that is).
  virtual Attempt<> make_symbolic_link(std::string_view target, std::string_view path) = 0;
  // kCrossDevice when `to` belongs to another tree.
  virtual Attempt<> make_link(std::string_view path, bool follow, Directory& to,
                              std::string_view to_path) = 0;
  virtual Attempt<> rename(std::string_view path, Directory& to, std::string_view to_path) = 0;
  virtual Attempt<> remove_directory(std::string_view path) = 0;
  virtual Attempt<> remove_file(std::string_view path) = 0;

  // Shows the entries from `from` on ("." and ".." among them; 0: all) until `take` returns false.
  // Places are below 2^63.
  virtual Attempt<> read_entries(std::uint64_t from,
                                 const std::function<bool(const DirectoryEntry&)>& take) = 0;
};

}  // namespace weft::system
