#include "system/host_directory.h"

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>
#include <tuple>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "store/testing.h"
#include "system/testing.h"

namespace weft::system {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.
namespace fs = std::filesystem;

// Fresh directories, removed at the end, each with something beside it that no guest may reach.
struct Trees {
  explicit Trees(const HostTreeOptions& tree_options) : options(tree_options) {}

  fs::path make_path() {
    const fs::path around = directory.path() / std::to_string(count++);
    fs::create_directories(around / "tree");
    std::ofstream(around / "x") << "secret";
    return around / "tree";
  }
  std::shared_ptr<Directory> make() {
    return HostDirectory::open_tree(make_path(), options).value();
  }

  store::TemporaryDirectory directory;
  HostTreeOptions options;
  int count = 0;
};

constexpr HostTreeOptions kByOpenat2{.use_openat2 = true};
constexpr HostTreeOptions kBySteps{.use_openat2 = false};

template <class Check>
void run(const HostTreeOptions& options, const Check& check) {
  Trees trees(options);
  check([&] { return trees.make(); });
}

TEST_CASE("files of a host tree") {
  run(kByOpenat2, check_files);
}
TEST_CASE("paths in a host tree, by openat2") {
  run(kByOpenat2, check_paths);
}
TEST_CASE("paths in a host tree, by steps") {
  run(kBySteps, check_paths);
}
TEST_CASE("links in a host tree, by openat2") {
  run(kByOpenat2, check_links);
}
TEST_CASE("links in a host tree, by steps") {
  run(kBySteps, check_links);
}
TEST_CASE("renames in a host tree, by openat2") {
  run(kByOpenat2, check_renames);
}
TEST_CASE("renames in a host tree, by steps") {
  run(kBySteps, check_renames);
}
TEST_CASE("entries of a host tree") {
  run(kByOpenat2, check_entries);
}

TEST_CASE("links that the machine's owner made are shown and not followed out of the tree") {
  for (const HostTreeOptions& options : {kByOpenat2, kBySteps}) {
    Trees trees(options);
    const fs::path path = trees.make_path();
    fs::create_symlink(path.parent_path() / "x", path / "absolute");
    fs::create_symlink("/proc/self/root", path / "magic");
    fs::create_directory_symlink(path.parent_path(), path / "above");
    const auto tree = HostDirectory::open_tree(path, options).value();
    for (const std::string_view name :
         {"absolute", "magic", "above", "above/x", "magic/etc/passwd"}) {
      CAPTURE(name);
      CHECK(error_of(tree->open(name, {.read = true})) == Errno::kNotPermitted);
      CHECK(error_of(tree->status_of(name, true)) == Errno::kNotPermitted);
    }
    CHECK(tree->status_of("absolute", false).value().type == FileType::kSymbolicLink);
    CHECK(tree->read_link("absolute").value() == (path.parent_path() / "x").native());
  }
}

// Somebody exchanges a directory of the tree for a link that leads out, again and again.
class Swapper {
 public:
  explicit Swapper(fs::path tree) : tree_(std::move(tree)) {
    fs::create_directory(tree_ / "d");
    std::ofstream(tree_ / "d" / "x") << "inside";
    fs::create_directory_symlink("..", tree_ / "l");
    thread_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        ::renameat2(AT_FDCWD, (tree_ / "d").c_str(), AT_FDCWD, (tree_ / "l").c_str(),
                    RENAME_EXCHANGE);
        ++swaps_;
      }
    });
  }
  int swaps() const { return swaps_; }

 private:
  fs::path tree_;
  std::atomic<int> swaps_ = 0;
  std::jthread thread_;
};

TEST_CASE("no path leads out of a tree while directories are swapped for links") {
  for (const HostTreeOptions& options : {kByOpenat2, kBySteps}) {
    Trees trees(options);
    const fs::path path = trees.make_path();
    const auto tree = HostDirectory::open_tree(path, options).value();
    fs::create_directory(path / "deep");
    const Swapper swapper(path);
    int inside = 0;
    // Each of the ways is taken against many swaps.
    for (int i = 0; i < 300 || swapper.swaps() < 300 || inside == 0; ++i) {
      for (const std::string_view name : {"d/x", "l/x", "deep/../d/x", "d/../d/x"}) {
        if (const auto file = tree->open(name, {.read = true})) {
          CHECK(read_some(**file, 10) == "inside");
          ++inside;
        }
        if (const auto status = tree->status_of(name, true))
          CHECK(status->size_bytes == std::string_view("inside").size());
      }
      std::ignore = tree->make_directory("d/made");
      std::ignore = tree->make_symbolic_link("x", "l/soft");
      std::ignore = tree->rename("d/made", *tree, "l/moved");
      std::ignore = tree->remove_directory("l/tree");
      std::ignore = tree->remove_file("d/x2");
    }
    for (const auto& entry : fs::directory_iterator(path.parent_path())) {
      const auto name = entry.path().filename();
      CHECK_MESSAGE((name == "tree" || name == "x"), name.native());
    }
  }
}

TEST_CASE("a read-only tree can be read and not changed in any way") {
  Trees trees({.read_only = true});
  const fs::path path = trees.make_path();
  std::ofstream(path / "f") << "text";
  fs::create_directory(path / "d");
  const auto tree = HostDirectory::open_tree(path, {.read_only = true}).value();
  Trees writable({});
  const auto other = writable.make();
  CHECK(read_file(*tree, "f") == "text");
  CHECK(tree->open("f", {.read = true, .create = true}).has_value());
  const Errno refused = Errno::kReadOnlyFileSystem;
  CHECK(error_of(tree->open("f", {.write = true})) == refused);
  // Wasmtime's advisory 2r75: who may not write emptied a file by opening it.
  CHECK(error_of(tree->open("f", {.read = true, .truncate = true})) == refused);
  CHECK(error_of(tree->open("g", {.read = true, .create = true})) == refused);
  CHECK(
      error_of(
          open_directory(*tree, "d")->as_directory()->open("g", {.write = true, .create = true})) ==
      refused);
  CHECK(error_of(tree->make_directory("g")) == refused);
  CHECK(error_of(tree->make_symbolic_link("f", "g")) == refused);
  CHECK(error_of(tree->remove_file("f")) == refused);
  CHECK(error_of(tree->remove_directory("d")) == refused);
  // What is not there cannot be changed in any tree.
  CHECK(error_of(tree->remove_file("g")) == Errno::kNoEntry);
  CHECK(error_of(tree->remove_file("f/")) == Errno::kNotDirectory);
  CHECK(error_of(tree->remove_directory("g")) == Errno::kNoEntry);
  CHECK(error_of(tree->open("g", {.write = true})) == Errno::kNoEntry);
  CHECK(error_of(tree->set_times_of("g", true, {})) == Errno::kNoEntry);
  CHECK(error_of(tree->set_times_of("f", true, {})) == refused);
  CHECK(error_of(tree->set_times({})) == refused);
  // Wasmtime's advisory 4ch3: who may not write in a directory renamed and linked what is in it.
  CHECK(error_of(tree->rename("f", *tree, "g")) == refused);
  CHECK(error_of(tree->rename("f", *other, "g")) == refused);
  // A second name in a tree that can be written to would open the file itself to writing.
  CHECK(error_of(tree->make_link("f", false, *other, "g")) == refused);
  // Nothing comes into it, either.
  write_file(*other, "from", "else");
  CHECK(error_of(other->rename("from", *tree, "g")) == refused);
  CHECK(error_of(other->rename("from", *tree, "f")) == refused);
  CHECK(error_of(other->make_link("from", false, *tree, "g")) == refused);
  CHECK(error_of(other->rename("from", *open_directory(*tree, "d")->as_directory(), "g")) ==
        refused);
  CHECK(read_file(*other, "from") == "else");
  CHECK(error_of(open_file(*tree, "f", {.read = true})->set_size(0)) == Errno::kInvalid);
  CHECK(error_of(open_file(*tree, "f", {.read = true})->set_times({})) == refused);
  CHECK(read_file(*tree, "f") == "text");
}

TEST_CASE("nothing moves between trees of two file systems") {
  Trees trees(kByOpenat2);
  const auto here = trees.make();
  std::string place = "/dev/shm/weft-test-XXXXXX";
  struct stat own{};
  struct stat other{};
  REQUIRE(::stat(trees.directory.path().c_str(), &own) == 0);
  // A machine may have one only.
  if (::stat("/dev/shm", &other) != 0 || own.st_dev == other.st_dev) return;
  if (::mkdtemp(place.data()) == nullptr) return;
  {
    const auto there = HostDirectory::open_tree(place, kByOpenat2).value();
    write_file(*here, "f", "text");
    write_file(*there, "g", "other");
    REQUIRE(here->make_directory("d").has_value());
    CHECK(error_of(here->rename("f", *there, "f")) == Errno::kCrossDevice);
    CHECK(error_of(here->rename("f", *there, "g")) == Errno::kCrossDevice);
    CHECK(error_of(here->rename("d", *there, "d")) == Errno::kCrossDevice);
    CHECK(error_of(here->make_link("f", false, *there, "f")) == Errno::kCrossDevice);
    CHECK(read_file(*here, "f") == "text");
    CHECK(read_file(*there, "g") == "other");
    CHECK(names_in(*there) == std::vector<std::string>{"g"});
  }
  fs::remove_all(place);
}

TEST_CASE("a pipe in the tree does not hold up who opens or reads it") {
  Trees trees(kByOpenat2);
  const fs::path path = trees.make_path();
  REQUIRE(::mkfifo((path / "pipe").c_str(), 0600) == 0);
  const auto tree = HostDirectory::open_tree(path).value();
  const auto reader = open_file(*tree, "pipe", {.read = true});
  const auto writer = open_file(*tree, "pipe", {.write = true});
  std::uint8_t byte = 0;
  const Buffer buffer(&byte, 1);
  CHECK(reader->file_type().value() == FileType::kUnknown);
  CHECK(writer->file_type().value() == FileType::kUnknown);
  CHECK(error_of(reader->read({&buffer, 1})) == Errno::kAgain);
  CHECK(reader->wait(Wait::For::kReading).value().descriptor >= 0);
  write_all(*writer, "x");
  CHECK(read_some(*reader, 10) == "x");
  CHECK(error_of(reader->seek(0, Whence::kStart)) == Errno::kSeekOnPipe);
}

TEST_CASE("what is above the tree has the tree's own inode") {
  Trees trees(kByOpenat2);
  const auto tree = trees.make();
  const std::uint64_t own = tree->status().value().inode;
  int seen = 0;
  REQUIRE(tree->read_entries(0,
                             [&](const DirectoryEntry& entry) {
                               CHECK(entry.inode == own);
                               return ++seen < 10;
                             })
              .has_value());
  CHECK(seen == 2);
}

TEST_CASE("a directory that others have too is listed by each on its own") {
  Trees trees(kByOpenat2);
  const fs::path path = trees.make_path();
  constexpr int kFiles = 20;
  for (int i = 0; i < kFiles; ++i)
    std::ofstream(path / std::to_string(i)) << "x";
  const auto tree = HostDirectory::open_tree(path, kByOpenat2).value();
  const auto names = [](Directory& directory, std::uint64_t& from, int count_max) {
    std::vector<std::string> found;
    REQUIRE(directory
                .read_entries(from,
                              [&](const DirectoryEntry& entry) {
                                from = entry.next;
                                found.emplace_back(entry.name);
                                return static_cast<int>(found.size()) < count_max;
                              })
                .has_value());
    return found;
  };
  const auto one = tree->again();
  const auto other = tree->again();
  std::uint64_t at = 0;
  CHECK(names(*one, at, 5).size() == 5);
  std::uint64_t other_at = 0;
  CHECK(names(*other, other_at, 1000).size() == kFiles + 2);
  CHECK(names(*one, at, 1000).size() == kFiles + 2 - 5);
  CHECK(one->open("7", {.read = true}).has_value());
}

TEST_CASE("times that no number of nanoseconds reaches are the nearest one") {
  Trees trees(kByOpenat2);
  const fs::path path = trees.make_path();
  std::ofstream(path / "f") << "x";
  const auto tree = HostDirectory::open_tree(path, kByOpenat2).value();
  constexpr time_t kYear2400 = 13'569'465'600;
  const std::array<timespec, 2> late{
      {{.tv_sec = kYear2400, .tv_nsec = 1}, {.tv_sec = kYear2400, .tv_nsec = 1}}};
  REQUIRE(::utimensat(AT_FDCWD, (path / "f").c_str(), late.data(), 0) == 0);
  CHECK(tree->status_of("f", true).value().modified == FileTime::max());
}

TEST_CASE("any time can be given to a file") {
  Trees trees(kByOpenat2);
  const auto tree = trees.make();
  write_file(*tree, "f", "x");
  for (const FileTime time :
       {FileTime::min(), FileTime(std::chrono::nanoseconds(-1)),
        FileTime(std::chrono::nanoseconds(-1'000'000'000)), FileTime(), FileTime::max()}) {
    CAPTURE(time.time_since_epoch().count());
    REQUIRE(tree->set_times_of("f", true, {.accessed = time, .modified = time}).has_value());
    const FileTime told = tree->status_of("f", true).value().modified;
    // File systems have limits of their own.
    const bool is_extreme = time == FileTime::min() || time == FileTime::max();
    CHECK((told == time || is_extreme));
  }
}

TEST_CASE("a tree that cannot be opened says why") {
  Trees trees(kByOpenat2);
  const fs::path path = trees.make_path();
  const auto absent = HostDirectory::open_tree(path / "absent");
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().code() == ErrorCode::kNotFound);
  CHECK(absent.error().message().find("absent") != std::string::npos);
  const auto file = HostDirectory::open_tree(path.parent_path() / "x");
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error().code() == ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace weft::system
