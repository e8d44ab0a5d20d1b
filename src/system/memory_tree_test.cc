#include "system/memory_tree.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "system/testing.h"

namespace weft::system {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.
constexpr std::chrono::seconds kLater{5};

struct Trees {
  FakeClock clock;
  std::shared_ptr<Directory> make(const MemoryLimits& limits = {}) {
    return MemoryTree(clock, {.limits = limits}).root();
  }
};

template <class Check>
void run(const Check& check) {
  Trees trees;
  check([&] { return trees.make(); });
}

TEST_CASE("files of a memory tree") {
  run(check_files);
}
TEST_CASE("paths in a memory tree") {
  run(check_paths);
}
TEST_CASE("links in a memory tree") {
  run(check_links);
}
TEST_CASE("renames in a memory tree") {
  run(check_renames);
}
TEST_CASE("entries of a memory tree") {
  run(check_entries);
}

Attempt<std::size_t> write_at(OpenFile& file, std::uint64_t offset, std::string_view text) {
  const ConstBuffer buffer = bytes_of(text);
  return file.write_at({&buffer, 1}, offset);
}

std::string read_at(OpenFile& file, std::uint64_t offset, std::size_t bytes) {
  std::string text(bytes, '?');
  const Buffer buffer(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  text.resize(file.read_at({&buffer, 1}, offset).value());
  return text;
}

TEST_CASE("the bytes of a memory tree are limited, holes included") {
  const FakeClock clock;
  const MemoryTree memory(clock, {.limits = {.bytes = 100}});
  const auto tree = memory.root();
  const auto file = open_file(*tree, "f", {.read = true, .write = true, .create = true});
  CHECK(error_of(write_at(*file, 10'000'000'000, "x")) == Errno::kNoSpace);
  CHECK(error_of(file->set_size(10'000'000'000)) == Errno::kNoSpace);
  CHECK(error_of(file->allocate(0, 101)) == Errno::kNoSpace);
  CHECK(memory.bytes_used() == 0);
  // What fits is written.
  CHECK(write_at(*file, 90, "0123456789abc").value() == 10);
  CHECK(error_of(write_at(*file, 100, "x")) == Errno::kNoSpace);
  CHECK(write_at(*file, 0, "within").value() == 6);
  CHECK(error_of(tree->make_symbolic_link("target", "link")) == Errno::kNoSpace);
  CHECK(memory.bytes_used() == 100);
  // A removed file takes its room until nobody has it open.
  REQUIRE(tree->remove_file("f").has_value());
  CHECK(memory.bytes_used() == 100);
  REQUIRE(file->set_size(40).has_value());
  CHECK(memory.bytes_used() == 40);
}

TEST_CASE("what is closed and removed leaves room for others") {
  const FakeClock clock;
  const MemoryTree memory(clock, {.limits = {.bytes = 10, .nodes = 4}});
  const auto tree = memory.root();
  for (int i = 0; i < 20; ++i) {
    write_file(*tree, "f", "0123456789");
    write_file(*tree, "f", "abcdefghij");
    REQUIRE(tree->remove_file("f").has_value());
    REQUIRE(tree->make_symbolic_link("0123456789", "l").has_value());
    REQUIRE(tree->make_directory("d").has_value());
    REQUIRE(tree->remove_file("l").has_value());
    REQUIRE(tree->rename("d", *tree, "e").has_value());
    REQUIRE(tree->remove_directory("e").has_value());
  }
  CHECK(memory.bytes_used() == 0);
  CHECK(memory.nodes_used() == 1);
}

TEST_CASE("the nodes and names of a memory tree are limited") {
  Trees trees;
  const auto tree = trees.make({.nodes = 4, .links = 3});
  write_file(*tree, "a", "");
  REQUIRE(tree->make_link("a", false, *tree, "b").has_value());
  REQUIRE(tree->make_link("a", false, *tree, "c").has_value());
  CHECK(error_of(tree->make_link("a", false, *tree, "d")) == Errno::kTooManyLinks);
  REQUIRE(tree->make_directory("d").has_value());
  CHECK(error_of(tree->make_directory("e")) == Errno::kNoSpace);
  CHECK(error_of(tree->make_symbolic_link("a", "e")) == Errno::kNoSpace);
  CHECK(error_of(tree->open("e", {.write = true, .create = true})) == Errno::kNoSpace);
  REQUIRE(tree->rename("a", *tree, "e").has_value());
}

TEST_CASE("holes take no memory and read as zeros") {
  Trees trees;
  const auto tree = trees.make({.bytes = 1ULL << 50U});
  const auto file = open_file(*tree, "f", {.read = true, .write = true, .create = true});
  const std::uint64_t far = 10'000'000'000;
  CHECK(write_at(*file, far, "end").value() == 3);
  CHECK(file->status().value().size_bytes == far + 3);
  CHECK(read_at(*file, far - 2, 100) == std::string("\0\0end", 5));
  CHECK(read_at(*file, 0, 3) == std::string(3, '\0'));
  CHECK(error_of(file->set_size((1ULL << 40U))) == Errno::kFileTooLarge);
  CHECK(error_of(write_at(*file, 1ULL << 40U, "x")) == Errno::kFileTooLarge);
}

TEST_CASE("writes across pages are whole, and what was cut off is zeros when the file grows") {
  Trees trees;
  const auto tree = trees.make();
  const auto file = open_file(*tree, "f", {.read = true, .write = true, .create = true});
  std::string text;
  for (int i = 0; text.size() < 200'000; ++i)
    text += fmt::format("{} ", i);
  CHECK(write_at(*file, 60'000, text).value() == text.size());
  CHECK(read_at(*file, 60'000, 300'000) == text);
  CHECK(read_at(*file, 0, 60'000) == std::string(60'000, '\0'));
  for (const std::uint64_t cut : {65'536U, 65'537U, 131'072U, 200'000U}) {
    CAPTURE(cut);
    CHECK(write_at(*file, 60'000, text).value() == text.size());
    REQUIRE(file->set_size(cut).has_value());
    REQUIRE(file->set_size(250'000).has_value());
    CHECK(read_at(*file, 60'000, cut - 60'000) == text.substr(0, cut - 60'000));
    CHECK(read_at(*file, cut, 250'000) == std::string(250'000 - cut, '\0'));
  }
  REQUIRE(file->set_size(0).has_value());
  CHECK(read_at(*file, 0, 10).empty());
}

TEST_CASE("times come from the clock, and inodes are the same each time") {
  Trees trees;
  const auto tree = trees.make();
  const auto modified = [&](std::string_view path) {
    return tree->status_of(path, false).value().modified.time_since_epoch();
  };
  trees.clock.advance(kLater);
  write_file(*tree, "f", "text");
  const auto start = modified("f");
  CHECK(modified(".") == start);
  trees.clock.advance(kLater);
  CHECK(read_file(*tree, "f") == "text");
  auto status = tree->status_of("f", false).value();
  CHECK(status.accessed - status.modified == kLater);
  CHECK(status.changed == status.modified);
  REQUIRE(tree->make_link("f", false, *tree, "g").has_value());
  status = tree->status_of("f", false).value();
  CHECK(status.changed - status.modified == kLater);
  CHECK(modified(".") - start == kLater);
  CHECK(tree->status().value().inode == 1);
  CHECK(status.inode == 2);
}

TEST_CASE("directories count their links and know what is above them") {
  Trees trees;
  const auto tree = trees.make();
  REQUIRE(tree->make_directory("d").has_value());
  REQUIRE(tree->make_directory("d/e").has_value());
  REQUIRE(tree->make_directory("x").has_value());
  CHECK(tree->status().value().links == 4);
  CHECK(tree->status_of("d", false).value().links == 3);
  const auto handle = open_directory(*tree, "d/e");
  const auto above = [&] {
    std::uint64_t inode = 0;
    const auto take = [&](const DirectoryEntry& entry) {
      if (entry.name == "..") inode = entry.inode;
      return true;
    };
    REQUIRE(handle->as_directory()->read_entries(0, take).has_value());
    return inode;
  };
  CHECK(above() == tree->status_of("d", false).value().inode);
  REQUIRE(tree->rename("d/e", *tree, "x/e").has_value());
  CHECK(above() == tree->status_of("x", false).value().inode);
  CHECK(tree->status_of("d", false).value().links == 2);
  CHECK(tree->status_of("x", false).value().links == 3);
}

TEST_CASE("nothing can be made in a directory that was removed") {
  Trees trees;
  const auto tree = trees.make();
  REQUIRE(tree->make_directory("d").has_value());
  write_file(*tree, "f", "text");
  const auto handle = open_directory(*tree, "d");
  auto& removed = *handle->as_directory();
  REQUIRE(tree->remove_directory("d").has_value());
  const Errno expected = Errno::kNoEntry;
  CHECK(removed.status().value().links == 0);
  CHECK(error_of(removed.open(std::string(256, 'n'), {.read = true})) == expected);
  CHECK(error_of(removed.open("x", {.write = true, .create = true})) == expected);
  CHECK(error_of(removed.make_directory("x")) == expected);
  CHECK(error_of(removed.make_symbolic_link("t", "x")) == expected);
  CHECK(error_of(tree->rename("f", removed, "x")) == expected);
  CHECK(error_of(tree->make_link("f", false, removed, "x")) == expected);
  CHECK(error_of(tree->make_link(".", false, removed, "x")) == expected);
  CHECK(error_of(removed.read_entries(0, [](const DirectoryEntry&) { return true; })) == expected);
}

TEST_CASE("a directory does not move into itself, by any path or descriptor") {
  Trees trees;
  const auto tree = trees.make();
  REQUIRE(tree->make_directory("a").has_value());
  REQUIRE(tree->make_directory("a/b").has_value());
  REQUIRE(tree->make_directory("a/b/c").has_value());
  const auto deep = open_directory(*tree, "a/b/c");
  CHECK(error_of(tree->rename("a", *deep->as_directory(), "x")) == Errno::kInvalid);
  CHECK(error_of(tree->rename("a/b", *tree, "a/b/c/x")) == Errno::kInvalid);
  CHECK(error_of(deep->as_directory()->rename(".", *tree, "x")) == Errno::kBusy);
  CHECK(error_of(tree->rename("a/b/c", *tree, "a")) == Errno::kNotEmpty);
  REQUIRE(tree->rename("a/b/c", *tree, "c").has_value());
}

TEST_CASE("a file says how much of it is left to read") {
  Trees trees;
  const auto tree = trees.make();
  write_file(*tree, "f", "text");
  const auto file = open_file(*tree, "f", {.read = true, .write = true});
  CHECK(file->seek(1, Whence::kStart).value() == 1);
  CHECK(file->ready(Wait::For::kReading) == 3);
  CHECK(file->ready(Wait::For::kWriting) == 1);
  CHECK(file->seek(100, Whence::kStart).value() == 100);
  CHECK(file->ready(Wait::For::kReading) == 0);
  CHECK_FALSE(file->wait(Wait::For::kReading).has_value());
}

TEST_CASE("other trees are other devices") {
  Trees trees;
  const auto tree = trees.make();
  const auto other = trees.make();
  write_file(*tree, "f", "text");
  CHECK(error_of(tree->rename("f", *other, "f")) == Errno::kCrossDevice);
  CHECK(error_of(tree->make_link("f", false, *other, "f")) == Errno::kCrossDevice);
}

TEST_CASE("forty links are followed in one path, and no more") {
  Trees trees;
  const auto tree = trees.make();
  write_file(*tree, "0", "text");
  for (int i = 1; i <= 41; ++i)
    REQUIRE(tree->make_symbolic_link(fmt::format("{}", i - 1), fmt::format("{}", i)).has_value());
  CHECK(read_file(*tree, "40") == "text");
  CHECK(error_of(tree->open("41", {.read = true})) == Errno::kLinkLoop);
}

TEST_CASE("links that grow the path without end come to one") {
  Trees trees;
  const auto tree = trees.make();
  std::string target = "l/";
  while (target.size() < 4000)
    target += "l/l/";
  REQUIRE(tree->make_symbolic_link(target, "l").has_value());
  CHECK(error_of(tree->open("l", {.read = true})) == Errno::kLinkLoop);
}

TEST_CASE("directories nest as deep as there are nodes") {
  Trees trees;
  std::shared_ptr<Directory> tree = trees.make();
  std::shared_ptr<OpenFile> deepest = tree;
  for (int i = 0; i < 100'000; ++i) {
    REQUIRE(deepest->as_directory()->make_directory("d").has_value());
    deepest = open_directory(*deepest->as_directory(), "d");
  }
  // Nobody holds the tree but its deepest directory; then nobody at all.
  tree.reset();
  write_file(*deepest->as_directory(), "f", "text");
  CHECK(read_file(*deepest->as_directory(), "f") == "text");
  deepest.reset();
}

TEST_CASE("entries that come or go while a directory is read leave the others where they are") {
  Trees trees;
  const auto tree = trees.make();
  for (const std::string_view name : {"a", "b", "c", "d"})
    write_file(*tree, name, "");
  std::uint64_t place = 0;
  std::vector<std::string> names;
  const auto read = [&](std::size_t count) {
    const auto take = [&](const DirectoryEntry& entry) {
      if (count-- == 0) return false;
      names.emplace_back(entry.name);
      place = entry.next;
      return true;
    };
    REQUIRE(tree->read_entries(place, take).has_value());
  };
  read(4);
  REQUIRE(tree->remove_file("a").has_value());
  REQUIRE(tree->remove_file("b").has_value());
  write_file(*tree, "e", "");
  read(100);
  CHECK(names == std::vector<std::string>{".", "..", "a", "b", "c", "d", "e"});
}

TEST_CASE("a read-only memory tree can be read and not changed in any way") {
  const FakeClock clock;
  const MemoryTree memory(clock);
  write_file(*memory.root(), "f", "text");
  REQUIRE(memory.root()->make_directory("d").has_value());
  const auto tree = memory.read_only_root();
  const auto below = open_directory(*tree, "d");
  const auto& writable = memory.root();
  const Errno refused = Errno::kReadOnlyFileSystem;
  CHECK(read_file(*tree, "f") == "text");
  CHECK(tree->open("f", {.read = true, .create = true}).has_value());
  CHECK(error_of(tree->open("f", {.write = true})) == refused);
  CHECK(error_of(tree->open("f", {.read = true, .truncate = true})) == refused);
  CHECK(error_of(tree->open("g", {.read = true, .create = true})) == refused);
  CHECK(error_of(below->as_directory()->open("g", {.write = true, .create = true})) == refused);
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
  CHECK(error_of(tree->rename("f", *writable, "g")) == refused);
  CHECK(error_of(writable->rename("f", *tree, "g")) == refused);
  CHECK(error_of(tree->make_link("f", false, *writable, "g")) == refused);
  const auto file = open_file(*tree, "f", {.read = true});
  CHECK(error_of(file->set_size(0)) == Errno::kInvalid);
  CHECK(error_of(file->set_times({})) == refused);
}

}  // namespace
}  // namespace weft::system
