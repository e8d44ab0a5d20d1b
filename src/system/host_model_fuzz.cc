// A directory of the machine against a memory tree, as the model of what a file system does: any
// sequence of operations has the same results in both, or fails in both for the same reason. The
// first byte chooses how the host tree resolves paths; each operation takes some bytes more.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/fuzz_bytes.h"
#include "system/host_directory.h"
#include "system/memory_tree.h"
#include "system/scratch.h"

namespace {

using namespace weft::system;
using weft::FuzzBytes;

constexpr int kStepsMax = 200;
constexpr std::size_t kFilesMax = 4;
constexpr std::size_t kDirectoriesMax = 4;

// Few names, so that operations meet; now and then one that is none.
std::string path_from(FuzzBytes& bytes) {
  static constexpr std::array<std::string_view, 9> kNames = {"a", "b",  "c", "a", "b",
                                                             "c", "..", ".", ""};
  const std::uint8_t shape = bytes.next();
  if (shape == 0xff) return std::string(256, 'n');
  std::string path((shape & 0xf0U) == 0xe0U ? "/" : "");
  for (std::size_t names = 1 + shape % 3; names > 0; --names) {
    path += kNames.at(bytes.below(kNames.size()));
    if (names > 1 || (shape & 0x0cU) == 0x0cU) path += '/';
  }
  return path;
}

// The same thing in both trees.
template <class T>
struct Pair {
  std::shared_ptr<T> host;
  std::shared_ptr<T> model;
};

template <class T>
void check_same(const Attempt<T>& host, const Attempt<T>& model) {
  WEFT_ASSERT(host.has_value() == model.has_value());
  if (!host) {
    WEFT_ASSERT(host.error() == model.error());
  } else if constexpr (!std::is_void_v<T>) {
    WEFT_ASSERT(*host == *model);
  }
}

class Comparison {
 public:
  Comparison(FuzzBytes bytes, Pair<Directory> roots, bool by_steps)
      : bytes_(bytes), directories_{std::move(roots)}, by_steps_(by_steps) {}

  void run() {
    for (int step = 0; step < kStepsMax && !bytes_.is_empty(); ++step) {
      switch (bytes_.below(14)) {
        case 0:
        case 1:
        case 2:
          open();
          break;
        case 3:
          make_directory();
          break;
        case 4:
          make_symbolic_link();
          break;
        case 5:
          make_link();
          break;
        case 6:
        case 7:
          rename();
          break;
        case 8:
          remove();
          break;
        case 9:
          look();
          break;
        case 10:
          read_entries();
          break;
        case 11:
          set_times();
          break;
        default:
          use_file();
      }
    }
  }

 private:
  Pair<Directory>& directory() { return directories_[bytes_.below(directories_.size())]; }

  void open() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    const std::uint8_t how = bytes_.next();
    OpenOptions options{.read = (how & 1U) != 0, .write = (how & 2U) != 0};
    options.create = (how & 4U) != 0;
    options.exclusive = options.create && (how & 8U) != 0;
    options.truncate = (how & 0x30U) == 0x30U;
    // What Linux makes of both has changed.
    options.must_be_directory = !options.create && (how & 0x40U) != 0;
    options.follow = (how & 0x80U) == 0;
    options.flags.append = bytes_.below(4) == 0;
    const auto host = at.host->open(path, options);
    const auto model = at.model->open(path, options);
    WEFT_ASSERT(host.has_value() == model.has_value());
    if (!host) {
      // Steps find a slash behind the name of what is to be made only after they looked for it.
      WEFT_ASSERT(host.error() == model.error() || (by_steps_ && options.create));
      return;
    }
    Directory* const directory = (*host)->as_directory();
    WEFT_ASSERT((directory == nullptr) == ((*model)->as_directory() == nullptr));
    if (directory == nullptr) {
      if (files_.size() == kFilesMax) files_.erase(files_.begin());
      files_.push_back({.host = *host, .model = *model});
    } else {
      if (directories_.size() == kDirectoriesMax) directories_.erase(directories_.begin() + 1);
      directories_.push_back(
          {.host = {*host, directory}, .model = {*model, (*model)->as_directory()}});
    }
  }

  void make_directory() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    check_same(at.host->make_directory(path), at.model->make_directory(path));
  }

  void make_symbolic_link() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    const std::string target = path_from(bytes_);
    check_same(at.host->make_symbolic_link(target, path),
               at.model->make_symbolic_link(target, path));
  }

  void make_link() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    auto& to = directory();
    const std::string to_path = path_from(bytes_);
    const bool follow = bytes_.below(16) == 0;
    check_same(at.host->make_link(path, follow, *to.host, to_path),
               at.model->make_link(path, follow, *to.model, to_path));
  }

  void rename() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    auto& to = directory();
    const std::string to_path = path_from(bytes_);
    check_same(at.host->rename(path, *to.host, to_path),
               at.model->rename(path, *to.model, to_path));
  }

  void remove() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    if (bytes_.flag()) {
      check_same(at.host->remove_directory(path), at.model->remove_directory(path));
    } else {
      check_same(at.host->remove_file(path), at.model->remove_file(path));
    }
  }

  static void check_status(const Attempt<FileStatus>& host, const Attempt<FileStatus>& model) {
    WEFT_ASSERT(host.has_value() == model.has_value());
    if (!host) {
      WEFT_ASSERT(host.error() == model.error());
      return;
    }
    WEFT_ASSERT(host->type == model->type);
    // File systems differ in how they count directories.
    if (host->type == FileType::kDirectory) return;
    WEFT_ASSERT(host->size_bytes == model->size_bytes);
    WEFT_ASSERT(host->links == model->links);
  }

  void look() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    const bool follow = bytes_.flag();
    check_status(at.host->status_of(path, follow), at.model->status_of(path, follow));
    check_same(at.host->read_link(path), at.model->read_link(path));
  }

  void read_entries() {
    auto& at = directory();
    using Entries = std::map<std::string, FileType>;
    const auto read = [](Directory& directory) -> Attempt<Entries> {
      Entries entries;
      const auto done = directory.read_entries(0, [&](const DirectoryEntry& entry) {
        WEFT_ASSERT(entry.next != 0);
        WEFT_ASSERT(entries.emplace(entry.name, entry.type).second);
        return true;
      });
      if (!done) return std::unexpected(done.error());
      return entries;
    };
    check_same(read(*at.host), read(*at.model));
  }

  void set_times() {
    auto& at = directory();
    const std::string path = path_from(bytes_);
    const bool follow = bytes_.flag();
    const FileTime time(std::chrono::nanoseconds(bytes_.next() * 1'000'001'234LL));
    const FileTimes times{.accessed = {}, .modified = time};
    const auto host = at.host->set_times_of(path, follow, times);
    check_same(host, at.model->set_times_of(path, follow, times));
    if (!host) return;
    WEFT_ASSERT(at.host->status_of(path, follow)->modified == time);
    WEFT_ASSERT(at.model->status_of(path, follow)->modified == time);
  }

  // Within a few pages.
  std::uint64_t offset() { return bytes_.below(5) * 40'000 + bytes_.below(100); }

  void use_file() {
    if (files_.empty()) return;
    const auto& file = files_[bytes_.below(files_.size())];
    switch (bytes_.below(8)) {
      case 0:
      case 1:
        write(file);
        break;
      case 2:
      case 3:
        read(file);
        break;
      case 4: {
        const auto where = static_cast<std::int64_t>(offset()) - 50;
        const auto whence = static_cast<Whence>(bytes_.below(3));
        check_same(file.host->seek(where, whence), file.model->seek(where, whence));
        break;
      }
      case 5: {
        const std::uint64_t size = offset();
        check_same(file.host->set_size(size), file.model->set_size(size));
        break;
      }
      case 6: {
        const std::uint64_t begin = offset();
        const std::uint64_t size = offset();
        check_same(file.host->allocate(begin, size), file.model->allocate(begin, size));
        break;
      }
      default:
        check_status(file.host->status(), file.model->status());
        const StatusFlags flags{.append = bytes_.flag()};
        check_same(file.host->set_flags(flags), file.model->set_flags(flags));
    }
  }

  void write(const Pair<OpenFile>& file) {
    std::vector<std::uint8_t> text(bytes_.below(3) * 20'000 + bytes_.below(50));
    std::ranges::generate(text, [value = bytes_.next()]() mutable { return value++; });
    const std::array buffers = {ConstBuffer(text).first(text.size() / 3),
                                ConstBuffer(text).subspan(text.size() / 3)};
    if (bytes_.flag()) {
      check_same(file.host->write(buffers), file.model->write(buffers));
    } else {
      const std::uint64_t at = offset();
      check_same(file.host->write_at(buffers, at), file.model->write_at(buffers, at));
    }
  }

  void read(const Pair<OpenFile>& file) {
    const std::size_t size = bytes_.below(4) * 30'000 + bytes_.below(50);
    std::vector<std::uint8_t> from_host(size);
    std::vector<std::uint8_t> from_model(size);
    const std::array host = {Buffer(from_host).first(size / 2),
                             Buffer(from_host).subspan(size / 2)};
    const std::array model = {Buffer(from_model).first(size / 2),
                              Buffer(from_model).subspan(size / 2)};
    if (bytes_.flag()) {
      check_same(file.host->read(host), file.model->read(model));
    } else {
      const std::uint64_t at = offset();
      check_same(file.host->read_at(host, at), file.model->read_at(model, at));
    }
    WEFT_ASSERT(from_host == from_model);
  }

  FuzzBytes bytes_;
  std::vector<Pair<Directory>> directories_;  // The root first.
  std::vector<Pair<OpenFile>> files_;
  const bool by_steps_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzBytes bytes({data, size});
  const testing::Scratch scratch(std::filesystem::temp_directory_path());
  const bool use_openat2 = bytes.flag();
  const auto host = HostDirectory::open_tree(scratch.tree(), {.use_openat2 = use_openat2});
  WEFT_ASSERT(host.has_value());
  const weft::FakeClock clock;
  const MemoryTree model(clock);
  Comparison(bytes, {.host = *host, .model = model.root()}, !use_openat2).run();
  scratch.check_alone();
  return 0;
}
