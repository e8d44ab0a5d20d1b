// What a tree is made of that this process keeps or puts together itself: files, directories and
// symbolic links. NodeDirectory shows them as a Directory; paths, links and slashes are its work,
// so that a kind of tree knows single names only. Private to system.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "system/directory.h"
#include "system/open_file.h"

namespace weft::system {

// As many bytes as Linux takes; a path's last one is for its end.
inline constexpr std::size_t kNameBytesMax = 255;
inline constexpr std::size_t kPathBytesMax = 4095;
// As many links as Linux follows in one path.
inline constexpr int kLinksFollowedMax = 40;

// Whether what a guest was given may be changed by it.
enum class Access : std::uint8_t { kReadWrite, kReadOnly };

// Names are those of one entry: 1 to kNameBytesMax bytes, no slash, no NUL, neither "." nor "..".
// What an object has no use for fails as POSIX says for its type; of a directory that was removed
// everything is kNoEntry but its status. Thread rules: OpenFile's.
class Node {
 public:
  explicit Node(FileType type) : type_(type) {}
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  FileType type() const { return type_; }
  bool is_directory() const { return type_ == FileType::kDirectory; }
  bool is_link() const { return type_ == FileType::kSymbolicLink; }

  virtual Attempt<FileStatus> status() = 0;
  virtual Attempt<> set_times(const FileTimes& times) = 0;

  // Of a symbolic link.
  virtual Attempt<std::string> target();
  // Of neither a link nor a directory; creates nothing. With kReadOnly the options ask for no
  // change, and the open file refuses those that need no writing, as of its times.
  virtual Attempt<std::shared_ptr<OpenFile>> open(const OpenOptions& options, Access access);

  // The rest is of directories.
  virtual Attempt<std::shared_ptr<Node>> find(std::string_view name);
  // `name` is free.
  virtual Attempt<std::shared_ptr<OpenFile>> create_file(std::string_view name,
                                                         const OpenOptions& options);
  virtual Attempt<> make_directory(std::string_view name);
  virtual Attempt<> make_symbolic_link(std::string_view target, std::string_view name);
  // kCrossDevice when `to` is of another tree.
  virtual Attempt<> make_link(std::string_view name, Node& to, std::string_view to_name);
  virtual Attempt<> rename(std::string_view name, Node& to, std::string_view to_name);
  virtual Attempt<> remove_directory(std::string_view name);
  virtual Attempt<> remove_file(std::string_view name);
  virtual Attempt<> sync(bool data_only);
  // As Directory::read_entries, without "." and "..".
  virtual Attempt<> read_entries(std::uint64_t from,
                                 const std::function<bool(const DirectoryEntry&)>& take);
  // What ".." stands for: of the tree's root, its own.
  virtual Attempt<std::uint64_t> parent_inode();

 private:
  const FileType type_;
};

}  // namespace weft::system
