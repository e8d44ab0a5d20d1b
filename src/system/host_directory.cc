#include "system/host_directory.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "system/host_file.h"
#include "system/host_walk.h"

namespace weft::system {

struct HostTree {
  HostTreeOptions options;
  bool has_openat2 = false;  // and may use it
  std::uint64_t root_device = 0;
  std::uint64_t root_inode = 0;
};

namespace {

// openat2 gives up with EAGAIN when somebody renames directories at the same time.
constexpr int kTriesMax = 128;
constexpr std::size_t kEntriesBytes = 32UZ * 1024;
constexpr mode_t kFileMode = 0666;
constexpr mode_t kDirectoryMode = 0777;
constexpr std::size_t kLogPathMax = 200;

std::unexpected<Errno> last_error() {
  return std::unexpected(errno_of(errno));
}

Attempt<> done(int result) {
  if (result != 0) return last_error();
  return {};
}

// A path as system calls take it.
class HostPath {
 public:
  // `path` is valid.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): 4 KiB, of which a few are used.
  explicit HostPath(std::string_view path) {
    path.copy(bytes_.data(), path.size());
    bytes_[path.size()] = '\0';
  }
  const char* c_str() const { return bytes_.data(); }

 private:
  std::array<char, PATH_MAX> bytes_;
};

// Leaves room for the NUL.
Attempt<> check(std::string_view path) {
  if (path.empty()) return std::unexpected(Errno::kNoEntry);
  if (path.size() >= PATH_MAX) return std::unexpected(Errno::kNameTooLong);
  if (path.find('\0') != std::string_view::npos) return std::unexpected(Errno::kInvalid);
  if (path.front() == '/') return std::unexpected(Errno::kNotPermitted);
  return {};
}

bool is_special(std::string_view name) {
  return name == "." || name == "..";
}

// Of a path that led out of the tree the system says EXDEV, as of one that crosses file systems.
Errno error_of_resolution(int error_number) {
  return error_number == EXDEV ? Errno::kNotPermitted : errno_of(error_number);
}

int open_beneath_now(int directory, const char* path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, directory, path, &how, sizeof(how)));
}

int open_flags_of(const OpenOptions& options) {
  // A pipe without a peer must not hold up its guest, nor a terminal become the server's.
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  if (options.write) {
    flags |= options.read ? O_RDWR : O_WRONLY;
  } else {
    flags |= O_RDONLY;
  }
  if (options.create) flags |= O_CREAT;
  if (options.exclusive) flags |= O_EXCL;
  if (options.truncate) flags |= O_TRUNC;
  if (options.must_be_directory) flags |= O_DIRECTORY;
  if (!options.follow) flags |= O_NOFOLLOW;
  if (options.flags.append) flags |= O_APPEND;
  if (options.flags.data_synchronised) flags |= O_DSYNC;
  if (options.flags.synchronised) flags |= O_SYNC;
  return flags;
}

}  // namespace

// The directory in which a path's last name stands. The name has no slash and is no link's path.
struct HostDirectory::Place {
  UniqueFd opened;     // Absent when it is the directory itself.
  int directory = -1;  // Borrowed.
  std::string name;
  bool wants_directory = false;  // A slash stood behind it.
};

// --- opening a tree ---

Result<std::shared_ptr<HostDirectory>> HostDirectory::open_tree(const std::filesystem::path& path,
                                                                const HostTreeOptions& options) {
  const std::string shown = weft::shown(path.native(), kLogPathMax);
  UniqueFd descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat status{};
  if (!descriptor || ::fstat(descriptor.get(), &status) != 0) {
    if (errno == ENOENT) return fail(ErrorCode::kNotFound, fmt::format("there is no {}", shown));
    if (errno == ENOTDIR)
      return fail(ErrorCode::kInvalidArgument, fmt::format("{} is not a directory", shown));
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("cannot open the directory {}: {}", shown, text_of(errno_of(errno))));
  }
  auto tree = std::make_shared<HostTree>(HostTree{.options = options,
                                                  .has_openat2 = false,
                                                  .root_device = status.st_dev,
                                                  .root_inode = status.st_ino});
  if (options.use_openat2) {
    // Kernels before 5.6 lack it, and some sandboxes forbid it.
    const UniqueFd probe(open_beneath_now(descriptor.get(), ".", O_PATH | O_CLOEXEC, 0));
    tree->has_openat2 = static_cast<bool>(probe);
  }
  return std::make_shared<HostDirectory>(std::move(tree), std::move(descriptor));
}

HostDirectory::HostDirectory(std::shared_ptr<HostTree> tree, UniqueFd descriptor)
    : tree_(std::move(tree)),
      descriptor_(std::make_shared<const UniqueFd>(std::move(descriptor))) {}

HostDirectory::HostDirectory(std::shared_ptr<HostTree> tree, SharedDescriptor descriptor)
    : tree_(std::move(tree)), descriptor_(std::move(descriptor)), is_shared_(true) {}

HostDirectory::~HostDirectory() = default;

std::shared_ptr<HostDirectory> HostDirectory::again() const {
  return std::unique_ptr<HostDirectory>(new HostDirectory(tree_, descriptor_));
}

// --- resolving paths ---

Attempt<UniqueFd> HostDirectory::open_beneath(std::string_view path, int flags, unsigned mode) {
  if (auto checked = check(path); !checked) return std::unexpected(checked.error());
  if (!tree_->has_openat2) return HostWalk(descriptor(), path).open(flags, mode);
  const HostPath host(path);
  for (int tries = 0; tries < kTriesMax; ++tries) {
    UniqueFd opened(open_beneath_now(descriptor(), host.c_str(), flags, mode));
    if (opened) return opened;
    if (errno != EAGAIN && errno != EINTR) return std::unexpected(error_of_resolution(errno));
  }
  // Somebody renames without end; steps do not mind.
  return HostWalk(descriptor(), path).open(flags, mode);
}

Attempt<HostDirectory::Place> HostDirectory::place_of(std::string_view path) {
  if (auto checked = check(path); !checked) return std::unexpected(checked.error());
  Place place;
  const std::size_t last = path.find_last_not_of('/');
  place.wants_directory = last + 1 < path.size();
  path = path.substr(0, last + 1);
  const std::size_t slash = path.rfind('/');
  place.name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (place.name.size() > NAME_MAX) return std::unexpected(Errno::kNameTooLong);
  place.directory = descriptor();
  if (slash == std::string_view::npos) return place;
  auto opened = open_beneath(path.substr(0, slash), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (!opened) return std::unexpected(opened.error());
  place.opened = *std::move(opened);
  place.directory = place.opened.get();
  return place;
}

// Why a path with a slash behind it fails where a directory would fail with `otherwise`.
Errno HostDirectory::error_below_slash(std::string_view path, Errno otherwise) {
  const auto status = status_of(path, true);
  return status ? otherwise : status.error();
}

// Why nothing but a directory is made of a name with a slash behind it.
Errno HostDirectory::error_of_slash(const Place& place) {
  struct stat status{};
  if (is_special(place.name)) return Errno::kExists;
  if (::fstatat(place.directory, place.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno_of(errno);
  return S_ISDIR(status.st_mode) || S_ISLNK(status.st_mode) ? Errno::kExists : Errno::kNotDirectory;
}

Attempt<HostDirectory::Place> HostDirectory::place_to_change(std::string_view path) {
  auto place = place_of(path);
  if (place && tree_->options.read_only) return std::unexpected(Errno::kReadOnlyFileSystem);
  return place;
}

// What is not there is not changed in any tree: programs that remove or rewrite what may be missing
// go on then.
Errno HostDirectory::refusal_of(std::string_view path, bool follow) {
  const auto there = status_of(path, follow);
  return there ? Errno::kReadOnlyFileSystem : there.error();
}

// --- the directory itself ---

Attempt<FileStatus> HostDirectory::status() {
  struct stat status{};
  if (::fstat(descriptor(), &status) != 0) return last_error();
  return file_status_of(status);
}

Attempt<> HostDirectory::sync(bool data_only) {
  return done(data_only ? ::fdatasync(descriptor()) : ::fsync(descriptor()));
}

Attempt<> HostDirectory::set_times(const FileTimes& times) {
  if (tree_->options.read_only) return std::unexpected(Errno::kReadOnlyFileSystem);
  return done(::futimens(descriptor(), HostTimes(times).values));
}

// --- what is below ---

Attempt<std::shared_ptr<OpenFile>> HostDirectory::open(std::string_view path,
                                                       const OpenOptions& options) {
  if (tree_->options.read_only && (options.write || options.truncate)) {
    return std::unexpected(options.create ? Errno::kReadOnlyFileSystem
                                          : refusal_of(path, options.follow));
  }
  // Kernels differ in what they make of it.
  if (options.create && options.must_be_directory) return std::unexpected(Errno::kInvalid);
  OpenOptions allowed = options;
  if (tree_->options.read_only && options.create) {
    // What is there may be opened all the same.
    const auto there = status_of(path, options.follow);
    if (!there && there.error() == Errno::kNoEntry)
      return std::unexpected(Errno::kReadOnlyFileSystem);
    if (there && options.exclusive) return std::unexpected(Errno::kExists);
    allowed.create = allowed.exclusive = false;
  }
  auto opened = open_beneath(path, open_flags_of(allowed), kFileMode);
  if (!opened) return std::unexpected(opened.error());
  if (allowed.must_be_directory) return std::make_shared<HostDirectory>(tree_, *std::move(opened));
  std::optional<FileType> type;
  if (!allowed.write && !allowed.create) {  // Neither ever opens a directory.
    struct stat status{};
    if (::fstat(opened->get(), &status) != 0) return last_error();
    if (S_ISDIR(status.st_mode)) return std::make_shared<HostDirectory>(tree_, *std::move(opened));
    type = file_type_of(status.st_mode);
  }
  return std::make_shared<HostFile>(*std::move(opened), options.flags, tree_->options.read_only,
                                    type);
}

Attempt<FileStatus> HostDirectory::status_of(std::string_view path, bool follow) {
  if (auto checked = check(path); !checked) return std::unexpected(checked.error());
  struct stat status{};
  // A single name is the usual case and needs no descriptor, unless it is a link to follow.
  if (path.find('/') == std::string_view::npos && !is_special(path)) {
    if (::fstatat(descriptor(), HostPath(path).c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return last_error();
    if (!follow || !S_ISLNK(status.st_mode)) return file_status_of(status);
  }
  const auto opened = open_beneath(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  if (!opened) return std::unexpected(opened.error());
  if (::fstat(opened->get(), &status) != 0) return last_error();
  return file_status_of(status);
}

Attempt<> HostDirectory::set_times_of(std::string_view path, bool follow, const FileTimes& times) {
  if (tree_->options.read_only) return std::unexpected(refusal_of(path, follow));
  const auto opened = open_beneath(path, O_PATH | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  if (!opened) return std::unexpected(opened.error());
  return done(::utimensat(opened->get(), "", HostTimes(times).values, AT_EMPTY_PATH));
}

Attempt<std::string> HostDirectory::read_link(std::string_view path) {
  const auto place = place_of(path);
  if (!place) return std::unexpected(place.error());
  // A slash asks for what the link leads to, which is no link.
  if (place->wants_directory) return std::unexpected(error_below_slash(path, Errno::kInvalid));
  if (is_special(place->name)) return std::unexpected(Errno::kInvalid);
  return host_link_target(place->directory, place->name.c_str());
}

Attempt<> HostDirectory::make_directory(std::string_view path) {
  const auto place = place_to_change(path);
  if (!place) return std::unexpected(place.error());
  return done(::mkdirat(place->directory, place->name.c_str(), kDirectoryMode));
}

Attempt<> HostDirectory::make_symbolic_link(std::string_view target, std::string_view path) {
  if (target.empty()) return std::unexpected(Errno::kNoEntry);
  if (target.size() >= PATH_MAX) return std::unexpected(Errno::kNameTooLong);
  if (target.find('\0') != std::string_view::npos) return std::unexpected(Errno::kInvalid);
  // Other programs of this machine would follow it to where the guest may not go.
  if (target.front() == '/') return std::unexpected(Errno::kNotPermitted);
  const auto place = place_to_change(path);
  if (!place) return std::unexpected(place.error());
  if (place->wants_directory) return std::unexpected(error_of_slash(*place));
  return done(::symlinkat(HostPath(target).c_str(), place->directory, place->name.c_str()));
}

Attempt<> HostDirectory::make_link(std::string_view path, bool follow, Directory& to,
                                   std::string_view to_path) {
  auto* const other = dynamic_cast<HostDirectory*>(&to);
  if (other == nullptr) return std::unexpected(Errno::kCrossDevice);
  // Following would need a privilege, or a way around the tree.
  if (follow) return std::unexpected(Errno::kInvalid);
  const auto from = place_to_change(path);
  if (!from) return std::unexpected(from.error());
  const auto place = other->place_to_change(to_path);
  if (!place) return std::unexpected(place.error());
  if (from->wants_directory) return std::unexpected(error_below_slash(path, Errno::kNotPermitted));
  if (place->wants_directory) {
    const auto status = status_of(path, false);
    return std::unexpected(status ? error_of_slash(*place) : status.error());
  }
  return done(
      ::linkat(from->directory, from->name.c_str(), place->directory, place->name.c_str(), 0));
}

Attempt<> HostDirectory::rename(std::string_view path, Directory& to, std::string_view to_path) {
  auto* const other = dynamic_cast<HostDirectory*>(&to);
  if (other == nullptr) return std::unexpected(Errno::kCrossDevice);
  const auto from = place_to_change(path);
  if (!from) return std::unexpected(from.error());
  const auto place = other->place_to_change(to_path);
  if (!place) return std::unexpected(place.error());
  if (from->wants_directory || place->wants_directory) {
    struct stat status{};
    if (::fstatat(from->directory, from->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return last_error();
    if (!S_ISDIR(status.st_mode)) return std::unexpected(Errno::kNotDirectory);
  }
  return done(
      ::renameat(from->directory, from->name.c_str(), place->directory, place->name.c_str()));
}

Attempt<> HostDirectory::remove_directory(std::string_view path) {
  if (tree_->options.read_only) return std::unexpected(refusal_of(path, false));
  const auto place = place_of(path);
  if (!place) return std::unexpected(place.error());
  return done(::unlinkat(place->directory, place->name.c_str(), AT_REMOVEDIR));
}

Attempt<> HostDirectory::remove_file(std::string_view path) {
  if (tree_->options.read_only) return std::unexpected(refusal_of(path, false));
  const auto place = place_of(path);
  if (!place) return std::unexpected(place.error());
  struct stat status{};
  if (place->wants_directory) {
    if (::fstatat(place->directory, place->name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return last_error();
    return std::unexpected(S_ISDIR(status.st_mode) ? Errno::kIsDirectory : Errno::kNotDirectory);
  }
  return done(::unlinkat(place->directory, place->name.c_str(), 0));
}

// --- entries ---

namespace {

// What getdents64(2) writes; the C library hides it behind a stream.
struct HostEntry {
  std::uint64_t inode;
  std::int64_t next;
  std::uint16_t size_bytes;
  std::uint8_t type;
};
constexpr std::size_t kNameOffset = 19;

FileType entry_type_of(std::uint8_t type) {
  // The types are the upper bits of a mode.
  return type == DT_UNKNOWN ? FileType::kUnknown : file_type_of(static_cast<mode_t>(type) << 12U);
}

}  // namespace

// Reads entries behind the place `from`. How many bytes; 0 at the end.
Attempt<std::size_t> HostDirectory::refill(std::uint64_t from) {
  entries_bytes_ = 0;
  if (is_shared_ && !listed_) {
    // Where a listing is belongs to the descriptor.
    listed_ = UniqueFd(::openat(descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!listed_) return last_error();
  }
  const int listed = is_shared_ ? listed_.get() : descriptor();
  if (::lseek(listed, static_cast<off_t>(from), SEEK_SET) < 0) return last_error();
  entries_.resize(kEntriesBytes);
  const long bytes = ::syscall(SYS_getdents64, listed, entries_.data(), entries_.size());
  if (bytes < 0) return last_error();
  entries_from_ = from;
  entries_bytes_ = static_cast<std::size_t>(bytes);
  return entries_bytes_;
}

// What is above the tree is nothing that the guest should see: its root is its own parent.
Attempt<std::uint64_t> HostDirectory::inode_above(std::uint64_t found) {
  const auto own = status();
  if (!own) return std::unexpected(own.error());
  const bool is_root = own->inode == tree_->root_inode && own->device == tree_->root_device;
  return is_root ? own->inode : found;
}

Attempt<> HostDirectory::read_entries(std::uint64_t from,
                                      const std::function<bool(const DirectoryEntry&)>& take) {
  // A guest reads on in small pieces: behind what is here already, if it is.
  std::uint64_t at = entries_from_;
  std::size_t offset = 0;
  const auto entry_at = [&](std::size_t begin) {
    HostEntry entry{};
    std::memcpy(&entry, entries_.data() + begin, kNameOffset);
    return entry;
  };
  while (from != 0 && at != from && offset < entries_bytes_) {
    const HostEntry entry = entry_at(offset);
    at = static_cast<std::uint64_t>(entry.next);
    offset += entry.size_bytes;
  }
  if (from == 0 || at != from) {
    const auto filled = refill(from);
    if (!filled) return std::unexpected(filled.error());
    offset = 0;
  }
  std::uint64_t next = from;
  for (;;) {
    if (offset >= entries_bytes_) {
      const auto filled = refill(next);
      if (!filled) return std::unexpected(filled.error());
      if (*filled == 0) return {};
      offset = 0;
    }
    const HostEntry entry = entry_at(offset);
    const char* const name = entries_.data() + offset + kNameOffset;
    next = static_cast<std::uint64_t>(entry.next);
    offset += entry.size_bytes;
    const std::string_view shown(name);
    const Attempt<std::uint64_t> inode = shown == ".." ? inode_above(entry.inode) : entry.inode;
    if (!inode) return std::unexpected(inode.error());
    if (!take({.next = next, .inode = *inode, .type = entry_type_of(entry.type), .name = shown}))
      return {};
  }
}

}  // namespace weft::system
