// path_*: what is done with names below a directory, and what those share with fd_*.
#include "abi/command/paths.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "json/unicode.h"

namespace weft::abi::command {
namespace {

using engine::GuestMemory;
using engine::HostCall;

constexpr std::uint32_t kPathBytesMax = 4096;

// Type lookupflags.
constexpr std::uint32_t kFollow = 1U << 0U;
// Type oflags.
constexpr std::uint32_t kCreate = 1U << 0U;
constexpr std::uint32_t kDirectory = 1U << 1U;
constexpr std::uint32_t kExclusive = 1U << 2U;
constexpr std::uint32_t kTruncate = 1U << 3U;
// Type fstflags.
constexpr std::uint32_t kAccessed = 1U << 0U;
constexpr std::uint32_t kAccessedNow = 1U << 1U;
constexpr std::uint32_t kModified = 1U << 2U;
constexpr std::uint32_t kModifiedNow = 1U << 3U;

// A directory (parameter `index`) and a path below it (the two parameters from `path_index` on).
std::expected<Below, Errno> named(const HostCall& call, Program& program, std::size_t index,
                                  std::size_t path_index, Right right) {
  const auto directory = directory_with(call, program, index, right);
  if (!directory) return std::unexpected(directory.error());
  auto path = path_at(call, path_index);
  if (!path) return std::unexpected(path.error());
  if (program.world().calls_wasix && path->starts_with('/'))
    return below_given(program, *path, right);
  return Below{.descriptor = program.sandbox().find(number_at(call, index)),
               .directory = *directory,
               .path = *std::move(path)};
}

// Without slashes and "." in front; not without "..", which leads out of where it stands.
std::string_view without_lead(std::string_view path) {
  while (path.starts_with('/') || path.starts_with("./") || path == ".")
    path.remove_prefix(1);
  return path;
}

}  // namespace

std::optional<std::string_view> path_below(std::string_view name, std::string_view path) {
  path = without_lead(path);
  name = without_lead(name);
  while (name.ends_with('/'))
    name.remove_suffix(1);
  if (!path.starts_with(name)) return std::nullopt;
  path.remove_prefix(name.size());
  if (!name.empty() && !path.empty() && !path.starts_with('/')) return std::nullopt;
  while (path.starts_with('/'))
    path.remove_prefix(1);
  return path;
}

namespace {

Errno filestat_get(HostCall& call, Program& program, Snapshot snapshot) {
  const auto at = named(call, program, 0, 2, Right::kPathFilestatGet);
  if (!at) return at.error();
  const auto status = at->directory->status_of(at->path, (u32(call, 1) & kFollow) != 0);
  if (!status) return noted(program, errno_of(status.error()));
  return store_status(call.memory(), call.address(4), *status, snapshot) ? Errno::kSuccess
                                                                         : Errno::kFault;
}

// What a guest asks path_open for.
struct Wanted {
  system::OpenOptions options;
  system::Rights rights;
  system::Rights inheriting;
};

Wanted wanted_by(const HostCall& call) {
  const std::uint32_t how = u32(call, 4);
  const auto rights = static_cast<system::Rights>(call.i64(5));
  Wanted wanted{
      .options = {}, .rights = rights, .inheriting = static_cast<system::Rights>(call.i64(6))};
  wanted.options = {.read = (rights & bits(Right::kFdRead, Right::kFdReaddir)) != 0,
                    .write = (rights & bit(Right::kFdWrite)) != 0,
                    .create = (how & kCreate) != 0,
                    .exclusive = (how & kExclusive) != 0,
                    .truncate = (how & kTruncate) != 0,
                    .must_be_directory = (how & kDirectory) != 0,
                    .follow = (u32(call, 1) & kFollow) != 0,
                    .flags = status_flags_of(u32(call, 7))};
  return wanted;
}

}  // namespace

// --- what the calls share ---

namespace {

// The descriptor, when it has the right.
std::expected<system::Descriptor*, Errno> checked(system::Descriptor& found, Right right) {
  if ((found.rights & bit(right)) != 0) return &found;
  switch (right) {
    case Right::kFdRead:
    case Right::kFdWrite:
      return std::unexpected(Errno::kBadf);
    case Right::kFdSeek:
    case Right::kFdTell:
      return std::unexpected(Errno::kSpipe);
    default:
      return std::unexpected(Errno::kNotcapable);
  }
}

}  // namespace

std::expected<system::Descriptor*, Errno> descriptor_with(const HostCall& call, Program& program,
                                                          std::size_t index, Right right) {
  system::Descriptor* const found = program.sandbox().find(number_at(call, index));
  if (found == nullptr) return std::unexpected(Errno::kBadf);
  return checked(*found, right);
}

std::expected<system::Descriptor*, Errno> file_with(const HostCall& call, Program& program,
                                                    std::size_t index, Right right) {
  system::Descriptor* const found = program.sandbox().find(number_at(call, index));
  if (found == nullptr || found->file->as_directory() != nullptr)
    return std::unexpected(Errno::kBadf);
  return checked(*found, right);
}

std::expected<system::Directory*, Errno> directory_with(const HostCall& call, Program& program,
                                                        std::size_t index, Right right) {
  system::Descriptor* const found = program.sandbox().find(number_at(call, index));
  if (found == nullptr) return std::unexpected(Errno::kBadf);
  system::Directory* const directory = found->file->as_directory();
  if (directory == nullptr) return std::unexpected(Errno::kNotdir);
  if ((found->rights & bit(right)) == 0) return std::unexpected(Errno::kNotcapable);
  return directory;
}

std::expected<std::string, Errno> path_at(const HostCall& call, std::size_t index) {
  const std::uint32_t size = u32(call, index + 1);
  const auto bytes = call.memory().bytes(call.address(index), size);
  if (!bytes) return std::unexpected(Errno::kFault);
  if (size > kPathBytesMax) return std::unexpected(Errno::kNametoolong);
  std::string path(reinterpret_cast<const char*>(bytes->data()), bytes->size());
  if (!json::is_utf8(path)) return std::unexpected(Errno::kIlseq);
  return path;
}

Errno noted(Program& program, Errno error) {
  if (error == Errno::kRofs) program.refusals().read_only = true;
  if (error == Errno::kPerm) program.refusals().outside = true;
  return error;
}

std::uint8_t file_type_number(system::FileType type) {
  // The order of snapshot-01's type filetype.
  static_assert(static_cast<int>(system::FileType::kSymbolicLink) == 7);
  return static_cast<std::uint8_t>(type);
}

bool store_status(const GuestMemory& memory, engine::GuestAddress address,
                  const system::FileStatus& status, Snapshot snapshot) {
  // In wasi_unstable the number of links has 32 bits and lies right behind the type.
  const bool is_old = snapshot == Snapshot::kUnstable;
  std::array<std::uint8_t, 64> bytes{};
  const auto put = [&bytes](std::size_t offset, auto value) {
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
  };
  const auto nanoseconds = [](system::FileTime time) {
    return static_cast<std::uint64_t>(time.time_since_epoch().count());
  };
  put(0, status.device);
  put(8, status.inode);
  put(16, file_type_number(status.type));
  if (is_old) {
    put(20, static_cast<std::uint32_t>(std::min<std::uint64_t>(status.links, UINT32_MAX)));
  } else {
    put(24, status.links);
  }
  const std::size_t rest = is_old ? 24 : 32;
  put(rest, status.size_bytes);
  put(rest + 8, nanoseconds(status.accessed));
  put(rest + 16, nanoseconds(status.modified));
  put(rest + 24, nanoseconds(status.changed));
  const auto place = memory.bytes(address, rest + 32);
  if (place) std::memcpy(place->data(), bytes.data(), place->size());
  return place.has_value();
}

std::expected<system::FileTimes, Errno> times_at(const HostCall& call, const Program& program,
                                                 std::size_t index) {
  const std::uint32_t which = u32(call, index + 2);
  const bool is_clear = (which & (kAccessed | kAccessedNow)) != (kAccessed | kAccessedNow) &&
                        (which & (kModified | kModifiedNow)) != (kModified | kModifiedNow) &&
                        which < 2 * kModifiedNow;
  if (!is_clear) return std::unexpected(Errno::kInval);
  const auto chosen = [&](std::uint32_t given, std::uint32_t now,
                          std::int64_t nanoseconds) -> std::optional<system::FileTime> {
    if ((which & given) != 0) return system::FileTime(std::chrono::nanoseconds(nanoseconds));
    if ((which & now) != 0) return program.world().clock->exact_wall();
    return std::nullopt;
  };
  return system::FileTimes{.accessed = chosen(kAccessed, kAccessedNow, call.i64(index)),
                           .modified = chosen(kModified, kModifiedNow, call.i64(index + 1))};
}

std::expected<Below, Errno> below_given(Program& program, std::string_view absolute, Right right) {
  std::optional<Below> found;
  // Of the directories whose names the path begins with, the longest leaves the least.
  std::size_t least = 0;
  const auto end = static_cast<std::uint32_t>(program.sandbox().end());
  for (std::uint32_t number = 0; number < end; ++number) {
    system::Descriptor* const descriptor = program.sandbox().find(system::FileNumber{number});
    if (descriptor == nullptr || !descriptor->given_as) continue;
    const auto rest = path_below(*descriptor->given_as, absolute);
    if (!rest || (found && rest->size() >= least)) continue;
    least = rest->size();
    found = {.descriptor = descriptor,
             .directory = descriptor->file->as_directory(),
             .path = std::string(rest->empty() ? "." : *rest)};
  }
  if (!found || found->directory == nullptr) return std::unexpected(Errno::kNoent);
  if ((found->descriptor->rights & bit(right)) == 0) return std::unexpected(Errno::kNotcapable);
  return *std::move(found);
}

// --- the functions ---

Errno path_open(HostCall& call, Program& program) {
  return open_path(call, program, {.number_index = 8});
}

Errno open_path(HostCall& call, Program& program, const OpenPath& how) {
  const auto at = named(call, program, 0, 2, Right::kPathOpen);
  if (!at) return at.error();
  if (!has_place_for_count(call, how.number_index)) return Errno::kFault;
  const system::Descriptor* const parent = at->descriptor;
  const Wanted wanted = wanted_by(call);
  if ((wanted.options.create && (parent->rights & bit(Right::kPathCreateFile)) == 0) ||
      (wanted.options.truncate && (parent->rights & bit(Right::kPathFilestatSetSize)) == 0)) {
    return Errno::kNotcapable;
  }
  const system::Rights inheriting = parent->inheriting;
  auto opened = at->directory->open(at->path, wanted.options);
  if (!opened) return noted(program, errno_of(opened.error()));
  const bool is_directory = (*opened)->as_directory() != nullptr;
  system::Descriptor descriptor{.file = *std::move(opened), .close_on_exec = how.close_on_exec};
  descriptor.rights = wanted.rights & inheriting & (is_directory ? kDirectoryRights : kFileRights);
  descriptor.inheriting = is_directory ? wanted.inheriting & inheriting : 0;
  const auto number = program.sandbox().add(std::move(descriptor));
  if (!number) return errno_of(number.error());
  call.memory().store(call.address(how.number_index), static_cast<std::uint32_t>(*number));
  return Errno::kSuccess;
}

Errno path_create_directory(HostCall& call, Program& program) {
  const auto at = named(call, program, 0, 1, Right::kPathCreateDirectory);
  if (!at) return at.error();
  return noted(program, errno_of(at->directory->make_directory(at->path)));
}

Errno path_filestat_get(HostCall& call, Program& program) {
  return filestat_get(call, program, Snapshot::kPreview1);
}
Errno path_filestat_get_unstable(HostCall& call, Program& program) {
  return filestat_get(call, program, Snapshot::kUnstable);
}

Errno path_filestat_set_times(HostCall& call, Program& program) {
  const auto at = named(call, program, 0, 2, Right::kPathFilestatSetTimes);
  if (!at) return at.error();
  const auto times = times_at(call, program, 4);
  if (!times) return times.error();
  return noted(program, errno_of(at->directory->set_times_of(
                            at->path, (u32(call, 1) & kFollow) != 0, *times)));
}

Errno path_link(HostCall& call, Program& program) {
  const auto from = named(call, program, 0, 2, Right::kPathLinkSource);
  if (!from) return from.error();
  const auto to = named(call, program, 4, 5, Right::kPathLinkTarget);
  if (!to) return to.error();
  return noted(program, errno_of(from->directory->make_link(
                            from->path, (u32(call, 1) & kFollow) != 0, *to->directory, to->path)));
}

Errno path_readlink(HostCall& call, Program& program) {
  const auto at = named(call, program, 0, 1, Right::kPathReadlink);
  if (!at) return at.error();
  const auto place = call.memory().bytes(call.address(3), u32(call, 4));
  if (!place || !call.memory().bytes(call.address(5), sizeof(std::uint32_t))) return Errno::kFault;
  const auto target = at->directory->read_link(at->path);
  if (!target) return noted(program, errno_of(target.error()));
  const std::size_t size = std::min(target->size(), place->size());
  std::copy_n(target->begin(), size, place->begin());
  call.memory().store(call.address(5), static_cast<std::uint32_t>(size));
  return Errno::kSuccess;
}

Errno path_remove_directory(HostCall& call, Program& program) {
  const auto at = named(call, program, 0, 1, Right::kPathRemoveDirectory);
  if (!at) return at.error();
  return noted(program, errno_of(at->directory->remove_directory(at->path)));
}

Errno path_rename(HostCall& call, Program& program) {
  const auto from = named(call, program, 0, 1, Right::kPathRenameSource);
  if (!from) return from.error();
  const auto to = named(call, program, 3, 4, Right::kPathRenameTarget);
  if (!to) return to.error();
  return noted(program, errno_of(from->directory->rename(from->path, *to->directory, to->path)));
}

Errno path_symlink(HostCall& call, Program& program) {
  const auto target = path_at(call, 0);
  if (!target) return target.error();
  const auto at = named(call, program, 2, 3, Right::kPathSymlink);
  if (!at) return at.error();
  return noted(program, errno_of(at->directory->make_symbolic_link(*target, at->path)));
}

Errno path_unlink_file(HostCall& call, Program& program) {
  const auto at = named(call, program, 0, 1, Right::kPathUnlinkFile);
  if (!at) return at.error();
  return noted(program, errno_of(at->directory->remove_file(at->path)));
}

}  // namespace weft::abi::command
