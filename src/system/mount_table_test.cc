#include "system/mount_table.h"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "store/testing.h"
#include "system/host_directory.h"
#include "system/memory_tree.h"
#include "system/testing.h"

namespace weft::system {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.
using Names = std::vector<std::string>;

std::shared_ptr<Directory> mount(const Clock& clock, std::vector<Mount> mounts) {
  return make_mount_table(clock, std::move(mounts)).value();
}

template <class Check>
void run(const Check& check) {
  FakeClock clock;
  check([&] { return mount(clock, {{.path = "/", .tree = MemoryTree(clock).root()}}); });
}

TEST_CASE("files of a mount table") {
  run(check_files);
}
TEST_CASE("paths in a mount table") {
  run(check_paths);
}
TEST_CASE("links in a mount table") {
  run(check_links);
}
TEST_CASE("renames in a mount table") {
  run(check_renames);
}
TEST_CASE("entries of a mount table") {
  run(check_entries);
}

// Directories of the machine, mounted below.
template <class Check>
void run_below(const Check& check) {
  FakeClock clock;
  const store::TemporaryDirectory directory;
  int count = 0;
  check([&]() -> std::shared_ptr<Directory> {
    const auto path = directory.path() / std::to_string(count++);
    std::filesystem::create_directory(path);
    const auto table =
        mount(clock, {{.path = "/a/b/", .tree = HostDirectory::open_tree(path).value()},
                      {.path = "/", .tree = MemoryTree(clock).root()}});
    const auto opened = open_directory(*table, "a/b");
    return {opened, opened->as_directory()};
  });
}

TEST_CASE("files below a mount of the machine's") {
  run_below(check_files);
}
TEST_CASE("paths below a mount of the machine's") {
  run_below(check_paths);
}
TEST_CASE("links below a mount of the machine's") {
  run_below(check_links);
}
TEST_CASE("renames below a mount of the machine's") {
  run_below(check_renames);
}

struct Mounts {
  FakeClock clock;
  MemoryTree top{clock, {.device = 10}};
  MemoryTree data{clock, {.device = 20}};
  MemoryTree deep{clock, {.device = 30}};
  std::shared_ptr<Directory> table;

  Mounts() {
    write_file(*top.root(), "f", "top");
    REQUIRE(top.root()->make_directory("data").has_value());
    write_file(*top.root(), "data/covered", "covered");
    REQUIRE(top.root()->make_directory("d").has_value());
    write_file(*data.root(), "g", "data");
    write_file(*deep.root(), "h", "deep");
    table = mount(clock, {{.path = "/", .tree = top.root()},
                          {.path = "/data", .tree = data.root()},
                          {.path = "/data/x/deep", .tree = deep.root()}});
  }
};

TEST_CASE("paths lead through mounts and back") {
  const Mounts mounts;
  Directory& table = *mounts.table;
  CHECK(read_file(table, "f") == "top");
  CHECK(read_file(table, "data/g") == "data");
  CHECK(read_file(table, "data/x/deep/h") == "deep");
  CHECK(read_file(table, "data/../f") == "top");
  CHECK(read_file(table, "data/x/deep/../../../f") == "top");
  CHECK(read_file(table, "data/x/deep/../../g") == "data");
  CHECK(error_of(table.open("data/covered", {.read = true})) == Errno::kNoEntry);
  CHECK(error_of(table.open("data/../../f", {.read = true})) == Errno::kNotPermitted);
  CHECK(error_of(table.open("data/g/..", {.read = true})) == Errno::kNotDirectory);
  CHECK(table.status_of("data", false).value().device == 20);
  const auto below = open_directory(table, "data");
  CHECK(read_file(*below->as_directory(), "x/deep/h") == "deep");
  CHECK(error_of(below->as_directory()->open("../f", {.read = true})) == Errno::kNotPermitted);
}

TEST_CASE("links lead through mounts and back") {
  const Mounts mounts;
  Directory& table = *mounts.table;
  REQUIRE(table.make_symbolic_link("../../../d/../f", "data/x/deep/up").has_value());
  REQUIRE(table.make_symbolic_link("data/x/deep/up", "down").has_value());
  REQUIRE(table.make_symbolic_link("data", "to-data").has_value());
  REQUIRE(table.make_symbolic_link("../../../../f", "data/x/deep/out").has_value());
  CHECK(read_file(table, "down") == "top");
  CHECK(read_file(table, "to-data/g") == "data");
  CHECK(error_of(table.open("data/x/deep/out", {.read = true})) == Errno::kNotPermitted);
  write_file(table, "down", "changed");
  CHECK(read_file(*mounts.top.root(), "f") == "changed");
  CHECK(read_file(*mounts.deep.root(), "h") == "deep");
}

Names all_names(Directory& table, std::string_view path) {
  return names_in(*open_directory(table, path)->as_directory());
}

TEST_CASE("mounts are shown among the entries, once") {
  const Mounts mounts;
  Directory& table = *mounts.table;
  CHECK(names_in(table) == Names{"d", "data", "f"});
  CHECK(all_names(table, "data") == Names{"g", "x"});
  CHECK(all_names(table, "data/x") == Names{"deep"});
  CHECK(all_names(table, "data/x/deep") == Names{"h"});
  Names names;
  std::uint64_t place = 0;
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    const auto take = [&](const DirectoryEntry& entry) {
      if (goes_on) return false;
      if (entry.name == "data") CHECK(entry.inode == table.status_of("data", false).value().inode);
      names.emplace_back(entry.name);
      place = entry.next;
      return goes_on = true;
    };
    REQUIRE(table.read_entries(place, take).has_value());
  }
  std::ranges::sort(names);
  CHECK(names == Names{".", "..", "d", "data", "f"});
}

TEST_CASE("the parent of a mount's top is the directory that it stands in") {
  const Mounts mounts;
  Directory& table = *mounts.table;
  write_file(table, "d/f", "");
  const auto above = [&](std::string_view path) {
    std::uint64_t inode = 0;
    const auto take = [&](const DirectoryEntry& entry) {
      if (entry.name == "..") inode = entry.inode;
      return inode == 0;
    };
    REQUIRE(open_directory(table, path)->as_directory()->read_entries(0, take).has_value());
    return inode;
  };
  for (const auto& [path, parent] : std::vector<std::pair<std::string, std::string>>{
           {".", "."}, {"d", "."}, {"data", "."}, {"data/x/deep", "data/x"}}) {
    CAPTURE(path);
    CHECK(above(path) == table.status_of(parent, false).value().inode);
  }
}

TEST_CASE("nothing is renamed or linked from one mount to another") {
  const Mounts mounts;
  Directory& table = *mounts.table;
  CHECK(error_of(table.rename("f", table, "data/f")) == Errno::kCrossDevice);
  CHECK(error_of(table.make_link("f", false, table, "data/f")) == Errno::kCrossDevice);
  CHECK(error_of(table.rename("data/x/deep/h", table, "data/h")) == Errno::kCrossDevice);
  REQUIRE(table.rename("f", table, "d/f").has_value());
  REQUIRE(table.make_link("data/g", false, table, "data/same").has_value());
  const auto below = open_directory(table, "d");
  REQUIRE(below->as_directory()->rename("f", table, "f").has_value());
  CHECK(read_file(table, "f") == "top");
  CHECK(read_file(table, "data/same") == "data");
}

TEST_CASE("mounts and the way to them stay where they are") {
  const Mounts mounts;
  Directory& table = *mounts.table;
  REQUIRE(table.make_directory("empty").has_value());
  CHECK(error_of(table.remove_directory("data")) == Errno::kBusy);
  CHECK(error_of(table.rename("data", table, "y")) == Errno::kBusy);
  CHECK(error_of(table.rename("empty", table, "data")) == Errno::kBusy);
  CHECK(error_of(table.remove_directory("data/x")) == Errno::kBusy);
  CHECK(error_of(table.remove_directory("data/x/deep")) == Errno::kBusy);
  CHECK(error_of(table.remove_file("data")) == Errno::kIsDirectory);
  CHECK(error_of(table.make_directory("data")) == Errno::kExists);
  CHECK(error_of(table.make_symbolic_link("f", "data")) == Errno::kExists);
  CHECK(error_of(table.make_link("f", false, table, "data")) == Errno::kExists);
  CHECK(error_of(table.make_link("data", false, table, "y")) == Errno::kNotPermitted);
  CHECK(error_of(table.open("data", {.write = true, .create = true})) == Errno::kIsDirectory);
  CHECK(error_of(table.open("data/x/y", {.write = true, .create = true})) ==
        Errno::kReadOnlyFileSystem);
}

TEST_CASE("a table without a tree at its root shows the way to its mounts") {
  FakeClock clock;
  const MemoryTree data(clock);
  write_file(*data.root(), "g", "data");
  const auto table = mount(clock, {{.path = "/a//b/", .tree = data.root()}});
  CHECK(names_in(*table) == Names{"a"});
  CHECK(read_file(*table, "a/b/g") == "data");
  CHECK(error_of(table->make_directory("c")) == Errno::kReadOnlyFileSystem);
  CHECK(names_in(*mount(clock, {})).empty());
}

TEST_CASE("one tree at two places is one tree, and two mounts") {
  FakeClock clock;
  const MemoryTree data(clock);
  const auto table = mount(
      clock, {{.path = "/a", .tree = data.root()}, {.path = "/b", .tree = data.read_only_root()}});
  write_file(*table, "a/f", "text");
  CHECK(read_file(*table, "b/f") == "text");
  CHECK(error_of(table->open("b/f", {.write = true})) == Errno::kReadOnlyFileSystem);
  CHECK(error_of(open_file(*table, "b/f", {.read = true})->set_times({})) ==
        Errno::kReadOnlyFileSystem);
  CHECK(error_of(table->rename("a/f", *table, "b/g")) == Errno::kCrossDevice);
}

TEST_CASE("paths that are none are refused by name") {
  FakeClock clock;
  const MemoryTree data(clock);
  const auto refused = [&](std::vector<std::string> paths) {
    std::vector<Mount> mounts;
    mounts.reserve(paths.size());
    for (std::string& path : paths)
      mounts.push_back({.path = std::move(path), .tree = data.root()});
    const auto table = make_mount_table(clock, std::move(mounts));
    REQUIRE_FALSE(table.has_value());
    CHECK(table.error().code() == ErrorCode::kInvalidArgument);
    return table.error().message();
  };
  CHECK(refused({"data"}).find("data") != std::string::npos);
  refused({""});
  refused({"/a/../b"});
  refused({"/a/./b"});
  refused({std::string("/a\0b", 4)});
  refused({"/" + std::string(256, 'n')});
  CHECK(refused({"/a/b", "/a//b/"}).find("/a//b/") != std::string::npos);
  refused(std::vector<std::string>(kMountsMax + 1, "/x"));
}

}  // namespace
}  // namespace weft::system
