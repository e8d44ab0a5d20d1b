#include "system/archive_tree.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <locale.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/unique_fd.h"
#include "system/archive_library.h"
#include "system/memory_tree.h"
#include "system/node.h"

namespace weft::system {
namespace {

constexpr std::size_t kShownBytesMax = 200;
constexpr std::size_t kBlockBytes = 65'536;
// Of a file, a directory or a link, with its name.
constexpr std::uint64_t kNodeBytes = 400;

// libarchive turns names from and to the characters of the thread's locale, and gives up on those
// that it lacks; UTF-8 has all, and lets other bytes pass as they are.
class Utf8Locale {
 public:
  Utf8Locale() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = ::uselocale(locale_);
  }
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() {
    if (locale_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t before_ = nullptr;
};

class Reader {
 public:
  explicit Reader(const ArchiveLibrary& library)
      : library_(library), archive_(library.read_new()) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { library_.read_free(archive_); }

  const ArchiveLibrary& library() const { return library_; }
  archive* get() const { return archive_; }

  void support_formats() {
    library_.read_support_filter_gzip(archive_);
    library_.read_support_filter_bzip2(archive_);
    library_.read_support_filter_xz(archive_);
    library_.read_support_filter_zstd(archive_);
    library_.read_support_format_tar(archive_);
    // By its directory, and not by what else may look like an entry.
    library_.read_support_format_zip_seekable(archive_);
  }

  Error damaged() const {
    const char* const why = library_.error_string(archive_);
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("this is no zip or tar archive, or it is damaged: {}",
                             shown(why == nullptr ? "unknown" : why, kShownBytesMax)));
  }

 private:
  const ArchiveLibrary& library_;
  archive* archive_;
};

// A time far away is one as far as a FileTime goes.
FileTime file_time_of(std::int64_t seconds, std::int64_t nanoseconds) {
  constexpr std::int64_t kSecondsMax =
      std::numeric_limits<std::int64_t>::max() / std::nano::den - 1;
  const std::int64_t whole = std::clamp(seconds, -kSecondsMax, kSecondsMax);
  return FileTime(std::chrono::seconds(whole) + std::chrono::nanoseconds(nanoseconds));
}

// Puts the entries of one archive into a tree.
class Unpacking {
 public:
  Unpacking(const Clock& clock, const ArchiveOptions& options, const Reader& reader)
      : limits_(options.limits),
        reader_(reader),
        tree_(clock, {.limits = {.bytes = options.limits.content_bytes,
                                 .nodes = options.limits.entries + 1,
                                 .links = options.limits.entries + 1},
                      .device = options.device}),
        root_(tree_.root()) {}

  Result<UnpackedArchive> run();

 private:
  using Names = std::vector<std::string_view>;
  struct Place {
    std::shared_ptr<Directory> directory;
    std::string name;
  };

  Result<> add(archive_entry* entry);
  Result<Names> names_of(std::string_view path) const;
  Result<std::shared_ptr<Directory>> directory_at(std::span<const std::string_view> names) const;
  Result<> add_directory(const Names& names, archive_entry* entry);
  Result<> add_file(const Place& place, archive_entry* entry);
  Result<> add_symbolic_link(const Place& place, archive_entry* entry);
  Result<> add_hard_link(const Place& place, std::string_view target);
  // Passes over the content of what has none, as far as the limit for contents goes.
  Result<> skip_content();
  // Why the tree did not take an entry: a name that is there, or too many.
  Error error_of(Errno error) const;
  Error too_long() const;
  Error wrong(std::string_view why) const;
  Error too_large(std::string_view limit, std::uint64_t value, std::string_view what) const;
  Result<> copy_content(OpenFile& file, archive_entry* entry);
  std::optional<FileTime> modified(archive_entry* entry) const;

  const ArchiveLimits limits_;
  const Reader& reader_;
  MemoryTree tree_;
  std::shared_ptr<Directory> root_;
  std::string_view entry_;  // The name of the one that is being added.
  std::uint64_t entries_ = 0;
  std::uint64_t name_bytes_ = 0;
  std::uint64_t skipped_bytes_ = 0;
  // Set at the end: what is put into a directory changes its time.
  std::vector<std::pair<std::shared_ptr<Directory>, FileTime>> times_;
};

Error Unpacking::wrong(std::string_view why) const {
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("the archive's entry {} {}", shown(entry_, kShownBytesMax), why));
}

Error Unpacking::too_large(std::string_view limit, std::uint64_t value,
                           std::string_view what) const {
  return Error(ErrorCode::kTooLarge, fmt::format("the archive has more than {} {}", value, what))
      .with_limit(std::string(limit), value);
}

Error Unpacking::error_of(Errno error) const {
  if (error == Errno::kExists) return wrong("is there twice");
  if (error == Errno::kNoSpace || error == Errno::kTooManyLinks)
    return too_large("archive_entries", limits_.entries, "entries");
  return wrong(fmt::format("cannot be kept: {}", text_of(error)));
}

Error Unpacking::too_long() const {
  return too_large("archive_content_bytes", limits_.content_bytes, "bytes when it is unpacked");
}

// A name's parts, without those that mean nothing.
Result<Unpacking::Names> Unpacking::names_of(std::string_view path) const {
  if (path.starts_with('/')) return fail(wrong("has an absolute name"));
  if (path.size() > kPathBytesMax) return fail(wrong("has a name of more than 4,095 bytes"));
  Names names;
  while (!path.empty()) {
    const std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (name == "..") return fail(wrong("has a name with .. in it"));
    if (name.size() > kNameBytesMax) return fail(wrong("has a name of more than 255 bytes"));
    if (!name.empty() && name != ".") names.push_back(name);
  }
  return names;
}

// Made as far as it is not there. One step after the other, as links are not to be followed.
Result<std::shared_ptr<Directory>> Unpacking::directory_at(
    std::span<const std::string_view> names) const {
  std::shared_ptr<Directory> directory = root_;
  for (const std::string_view name : names) {
    const auto made = directory->make_directory(name);
    if (!made && made.error() != Errno::kExists) return fail(error_of(made.error()));
    const auto opened =
        directory->open(name, {.read = true, .must_be_directory = true, .follow = false});
    if (!opened) return fail(wrong("is below something that is no directory"));
    directory = std::shared_ptr<Directory>(*opened, (*opened)->as_directory());
  }
  return directory;
}

std::optional<FileTime> Unpacking::modified(archive_entry* entry) const {
  const ArchiveLibrary& library = reader_.library();
  if (library.entry_mtime_is_set(entry) == 0) return std::nullopt;
  return file_time_of(library.entry_mtime(entry), library.entry_mtime_nsec(entry));
}

// Of a file as long as its header says, so that a hole at its end is there too.
Result<> Unpacking::copy_content(OpenFile& file, archive_entry* entry) {
  const la_int64_t size_bytes = std::max<la_int64_t>(0, reader_.library().entry_size(entry));
  const auto sized = file.set_size(static_cast<std::uint64_t>(size_bytes));
  if (!sized) return fail(too_long());
  for (;;) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = reader_.library().read_data_block(reader_.get(), &bytes, &size, &offset);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK || offset < 0) return fail(reader_.damaged().with_context(entry_));
    const auto begin = static_cast<std::uint64_t>(offset);
    const ConstBuffer buffer(static_cast<const std::uint8_t*>(bytes), size);
    const auto written = file.write_at({&buffer, 1}, begin);
    if (!written || *written < size) return fail(too_long());
  }
}

// Otherwise libarchive would unpack without end.
Result<> Unpacking::skip_content() {
  for (;;) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = reader_.library().read_data_block(reader_.get(), &bytes, &size, &offset);
    if (status == ARCHIVE_EOF) return {};
    if (status != ARCHIVE_OK) return fail(reader_.damaged().with_context(entry_));
    skipped_bytes_ += size;
    if (skipped_bytes_ > limits_.content_bytes) return fail(too_long());
  }
}

Result<> Unpacking::add_directory(const Names& names, archive_entry* entry) {
  auto directory = TRY(directory_at(names));
  if (const auto time = modified(entry)) times_.emplace_back(std::move(directory), *time);
  return {};
}

Result<> Unpacking::add_file(const Place& place, archive_entry* entry) {
  const auto file =
      place.directory->open(place.name, {.write = true, .create = true, .exclusive = true});
  if (!file) return fail(error_of(file.error()));
  TRY(copy_content(**file, entry));
  if (const auto set = (*file)->set_times({.accessed = {}, .modified = modified(entry)}); !set)
    return fail(error_of(set.error()));
  return {};
}

Result<> Unpacking::add_symbolic_link(const Place& place, archive_entry* entry) {
  const char* const target = reader_.library().entry_symlink(entry);
  if (target == nullptr || *target == '\0') return fail(wrong("is a link to nothing"));
  if (*target == '/') return fail(wrong("is a symbolic link to an absolute path"));
  if (const auto made = place.directory->make_symbolic_link(target, place.name); !made) {
    const bool is_bytes = made.error() == Errno::kNoSpace && tree_.nodes_used() <= limits_.entries;
    return fail(is_bytes ? too_long() : error_of(made.error()));
  }
  if (const auto set = place.directory->set_times_of(place.name, false,
                                                     {.accessed = {}, .modified = modified(entry)});
      !set) {
    return fail(error_of(set.error()));
  }
  return {};
}

Result<> Unpacking::add_hard_link(const Place& place, std::string_view target) {
  const Names names = TRY(names_of(target));
  if (names.empty()) return fail(wrong("is a link to nothing"));
  std::string path;
  for (const std::string_view name : names)
    path.append(path.empty() ? "" : "/").append(name);
  const auto linked = root_->make_link(path, false, *place.directory, place.name);
  if (linked) return {};
  if (linked.error() == Errno::kExists || linked.error() == Errno::kNoSpace ||
      linked.error() == Errno::kTooManyLinks) {
    return fail(error_of(linked.error()));
  }
  return fail(wrong(
      fmt::format("is a link to {}, which is no file before it", shown(target, kShownBytesMax))));
}

Result<> Unpacking::add(archive_entry* entry) {
  const ArchiveLibrary& library = reader_.library();
  const char* const path = library.entry_pathname(entry);
  if (path == nullptr) return fail(reader_.damaged().with_context("the name of an entry"));
  entry_ = path;
  if (++entries_ > limits_.entries)
    return fail(too_large("archive_entries", limits_.entries, "entries"));
  name_bytes_ += entry_.size();
  if (const char* const target = library.entry_hardlink(entry))
    name_bytes_ += std::string_view(target).size();
  if (name_bytes_ > limits_.name_bytes)
    return fail(too_large("archive_name_bytes", limits_.name_bytes, "bytes of names"));
  if (library.entry_is_encrypted(entry) != 0) return fail(wrong("is encrypted"));
  const Names names = TRY(names_of(entry_));
  const auto type = library.entry_filetype(entry);
  const char* const hard_link = library.entry_hardlink(entry);
  if (type == AE_IFDIR && hard_link == nullptr) return add_directory(names, entry);
  if (names.empty() || entry_.ends_with('/')) return fail(wrong("has a directory's name"));
  const Place place = {.directory = TRY(directory_at(std::span(names).first(names.size() - 1))),
                       .name = std::string(names.back())};
  if (hard_link != nullptr) return add_hard_link(place, hard_link);
  if (type == AE_IFREG) return add_file(place, entry);
  if (type == AE_IFLNK) return add_symbolic_link(place, entry);
  return fail(wrong("is neither a file, a directory nor a link"));
}

Result<UnpackedArchive> Unpacking::run() {
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = reader_.library().read_next_header(reader_.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    // A warning is about an attribute that is not kept.
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) return fail(reader_.damaged());
    TRY(add(entry));
    TRY(skip_content());
  }
  for (const auto& [directory, time] : times_) {
    if (const auto set = directory->set_times({.accessed = {}, .modified = time}); !set)
      return fail(error_of(set.error()));
  }
  tree_.freeze();
  return UnpackedArchive{.root = tree_.read_only_root(),
                         .memory_bytes = tree_.bytes_used() + tree_.nodes_used() * kNodeBytes};
}

template <class Open>
Result<UnpackedArchive> unpack(const Clock& clock, const ArchiveOptions& options,
                               const Open& open) {
  const ArchiveLibrary library = TRY(ArchiveLibrary::load());
  const Utf8Locale locale;
  Reader reader(library);
  reader.support_formats();
  if (open(library, reader.get()) != ARCHIVE_OK) return fail(reader.damaged());
  return Unpacking(clock, options, reader).run();
}

}  // namespace

Result<UnpackedArchive> unpack_archive(const Clock& clock, ConstBuffer archive,
                                       const ArchiveOptions& options) {
  return unpack(clock, options, [&](const ArchiveLibrary& library, struct archive* reader) {
    return library.read_open_memory(reader, archive.data(), archive.size());
  });
}

Result<std::shared_ptr<Directory>> open_archive(const Clock& clock, ConstBuffer archive,
                                                const ArchiveOptions& options) {
  return TRY(unpack_archive(clock, archive, options)).root;
}

Result<std::shared_ptr<Directory>> open_archive_file(const Clock& clock,
                                                     const std::filesystem::path& path,
                                                     const ArchiveOptions& options) {
  const std::string name = shown(path.native(), kShownBytesMax);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    if (errno == ENOENT) return fail(ErrorCode::kNotFound, fmt::format("there is no {}", name));
    return fail(ErrorCode::kPermissionDenied,
                fmt::format("cannot open {}: {}", name, text_of(errno_of(errno))));
  }
  if (!S_ISREG(status.st_mode))
    return fail(ErrorCode::kInvalidArgument, fmt::format("{} is no file", name));
  auto tree = unpack(clock, options, [&](const ArchiveLibrary& library, struct archive* reader) {
    return library.read_open_fd(reader, file.get(), kBlockBytes);
  });
  if (!tree) return fail(std::move(tree).error().with_context(name));
  return std::move(tree->root);
}

}  // namespace weft::system
