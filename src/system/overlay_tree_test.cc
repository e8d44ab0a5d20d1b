#include "system/overlay_tree.h"

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

constexpr std::chrono::seconds kLater{5};

struct Layers {
  FakeClock clock;
  MemoryTree lower{clock, {.device = 10}};
  MemoryTree upper{clock, {.device = 20}};
  std::shared_ptr<Directory> below = lower.root();
  std::shared_ptr<Directory> above = upper.root();

  std::shared_ptr<Directory> overlay(const OverlayLimits& limits = {}) {
    return make_overlay(clock, lower.read_only_root(), above, {.limits = limits});
  }
};

// A lower tree with a bit of everything.
struct Filled : Layers {
  Filled() {
    write_file(*below, "f", "lower");
    REQUIRE(below->make_directory("d").has_value());
    REQUIRE(below->make_directory("d/e").has_value());
    write_file(*below, "d/g", "deep");
    write_file(*below, "d/e/h", "deeper");
    REQUIRE(below->make_symbolic_link("d/g", "link").has_value());
    clock.advance(kLater);
  }
};

template <class Check>
void run(const Check& check) {
  FakeClock clock;
  check([&] {
    return make_overlay(clock, MemoryTree(clock).read_only_root(), MemoryTree(clock).root());
  });
}

TEST_CASE("files of an overlay") {
  run(check_files);
}
TEST_CASE("paths in an overlay") {
  run(check_paths);
}
TEST_CASE("links in an overlay") {
  run(check_links);
}
TEST_CASE("renames in an overlay") {
  run(check_renames);
}
TEST_CASE("entries of an overlay") {
  run(check_entries);
}

// The trees of the checks begin with files of the lower layer that were removed.
std::shared_ptr<Directory> make_on_removed(const Clock& clock) {
  const MemoryTree lower(clock);
  for (const std::string_view name : {"d", "e", "x", "g", "out", "same"}) {
    REQUIRE(lower.root()->make_directory(name).has_value());
    write_file(*lower.root(), fmt::format("{}/f", name), "lower");
  }
  for (const std::string_view name : {"f", "h", "a", "link"})
    write_file(*lower.root(), name, "lower");
  auto overlay = make_overlay(clock, lower.read_only_root(), MemoryTree(clock).root());
  for (const std::string& name : names_in(*overlay)) {
    if (overlay->remove_file(name)) continue;
    REQUIRE(overlay->remove_file(name + "/f").has_value());
    REQUIRE(overlay->remove_directory(name).has_value());
  }
  return overlay;
}

template <class Check>
void run_on_removed(const Check& check) {
  FakeClock clock;
  check([&] { return make_on_removed(clock); });
}

TEST_CASE("files of an overlay on files that were removed") {
  run_on_removed(check_files);
}
TEST_CASE("paths in an overlay on files that were removed") {
  run_on_removed(check_paths);
}
TEST_CASE("links in an overlay on files that were removed") {
  run_on_removed(check_links);
}
TEST_CASE("renames in an overlay on files that were removed") {
  run_on_removed(check_renames);
}
TEST_CASE("entries of an overlay on files that were removed") {
  run_on_removed(check_entries);
}

TEST_CASE("an overlay on a directory of the machine leaves it as it is") {
  FakeClock clock;
  const store::TemporaryDirectory directory;
  const auto host = HostDirectory::open_tree(directory.path()).value();
  write_file(*host, "f", "lower");
  REQUIRE(host->make_directory("d").has_value());
  for (int i = 0; i < 1000; ++i)
    write_file(*host, fmt::format("d/{}", i), "");
  const auto read_only = HostDirectory::open_tree(directory.path(), {.read_only = true}).value();
  const auto tree = make_overlay(clock, read_only, MemoryTree(clock).root());
  write_file(*tree, "f", "upper");
  REQUIRE(tree->rename("d/7", *tree, "seven").has_value());
  REQUIRE(tree->remove_file("d/8").has_value());
  write_file(*tree, "d/new", "");
  CHECK(names_in(*open_directory(*tree, "d")->as_directory()).size() == 999);
  CHECK(names_in(*tree) == Names{"d", "f", "seven"});
  CHECK(read_file(*tree, "f") == "upper");
  CHECK(read_file(*host, "f") == "lower");
  CHECK(names_in(*host) == Names{"d", "f"});
  CHECK(names_in(*open_directory(*host, "d")->as_directory()).size() == 1000);
}

TEST_CASE("an overlay shows both layers, the upper one first") {
  Filled layers;
  write_file(*layers.above, "f", "upper");
  REQUIRE(layers.above->make_directory("d").has_value());
  write_file(*layers.above, "d/new", "new");
  const auto tree = layers.overlay();
  CHECK(read_file(*tree, "f") == "upper");
  CHECK(read_file(*tree, "d/g") == "deep");
  CHECK(read_file(*tree, "d/new") == "new");
  CHECK(read_file(*tree, "link") == "deep");
  CHECK(names_in(*tree) == Names{"d", "f", "link"});
  CHECK(names_in(*open_directory(*tree, "d")->as_directory()) == Names{"e", "g", "new"});
}

TEST_CASE("a lower file is copied when it is written to, and its directory looks as before") {
  Filled layers;
  const auto tree = layers.overlay();
  const auto reader = open_file(*tree, "d/g", {.read = true});
  const auto before = tree->status_of("d", false).value();
  const auto writer = open_file(*tree, "d/g", {.write = true, .flags = {.append = true}});
  CHECK(tree->status_of("d/g", false).value().modified ==
        layers.below->status_of("d/g", false).value().modified);
  write_all(*writer, " up");
  CHECK(read_file(*tree, "d/g") == "deep up");
  CHECK(read_file(*layers.below, "d/g") == "deep");
  CHECK(read_some(*reader, 100) == "deep");
  CHECK(names_in(*layers.above) == Names{"d"});
  const auto after = tree->status_of("d", false).value();
  CHECK(after.modified == before.modified);
  CHECK(after.inode == before.inode);
  CHECK(after.device == before.device);
  CHECK(names_in(*open_directory(*tree, "d")->as_directory()) == Names{"e", "g"});
}

TEST_CASE("what is truncated is not copied") {
  Filled layers;
  const auto tree = layers.overlay();
  write_file(*tree, "f", "x");
  CHECK(read_file(*tree, "f") == "x");
  open_file(*tree, "d/g", {.read = true, .truncate = true});
  CHECK(read_file(*tree, "d/g").empty());
  CHECK(read_file(*layers.below, "d/g") == "deep");
}

TEST_CASE("a file for which the upper layer has no room stays as it is") {
  Layers layers;
  const auto big = open_file(*layers.below, "big", {.write = true, .create = true});
  REQUIRE(big->set_size(100'000).has_value());
  const ConstBuffer text = bytes_of("text");
  REQUIRE(big->write_at({&text, 1}, 70'000).has_value());
  const MemoryTree small(layers.clock, {.limits = {.bytes = 99'999}});
  const auto tree = make_overlay(layers.clock, layers.below, small.root());
  CHECK(error_of(tree->open("big", {.write = true})) == Errno::kNoSpace);
  CHECK(small.bytes_used() == 0);
  CHECK(small.nodes_used() == 1);
  CHECK(tree->status_of("big", true).value().size_bytes == 100'000);
  const auto roomy = layers.overlay();
  const auto copied = open_file(*roomy, "big", {.read = true, .write = true});
  CHECK(copied->seek(70'000, Whence::kStart).value() == 70'000);
  CHECK(read_some(*copied, 4) == "text");
  CHECK(copied->status().value().size_bytes == 100'000);
}

TEST_CASE("what is removed of the lower layer stays away, and can be made anew") {
  Filled layers;
  const auto tree = layers.overlay();
  REQUIRE(tree->remove_file("f").has_value());
  CHECK(error_of(tree->open("f", {.read = true})) == Errno::kNoEntry);
  CHECK(error_of(tree->remove_directory("d")) == Errno::kNotEmpty);
  REQUIRE(tree->remove_file("d/g").has_value());
  REQUIRE(tree->remove_file("d/e/h").has_value());
  REQUIRE(tree->remove_directory("d/e").has_value());
  const auto handle = open_directory(*tree, "d");
  REQUIRE(tree->remove_directory("d").has_value());
  CHECK(error_of(handle->as_directory()->make_directory("x")) == Errno::kNoEntry);
  CHECK(names_in(*tree) == Names{"link"});
  // Nothing of what was there before shines through.
  REQUIRE(tree->make_directory("d").has_value());
  CHECK(names_in(*open_directory(*tree, "d")->as_directory()).empty());
  REQUIRE(tree->rename("d", *tree, "f").has_value());
  CHECK(tree->status_of("f", false).value().type == FileType::kDirectory);
  write_file(*tree, "d", "file now");
  REQUIRE(tree->remove_file("d").has_value());
  CHECK(error_of(tree->status_of("d", false)) == Errno::kNoEntry);
  CHECK(read_file(*layers.below, "f") == "lower");
  CHECK(read_file(*layers.below, "d/e/h") == "deeper");
}

TEST_CASE("lower files are renamed and linked, lower directories are not") {
  Filled layers;
  const auto tree = layers.overlay();
  REQUIRE(tree->rename("f", *tree, "d/f").has_value());
  CHECK(error_of(tree->status_of("f", false)) == Errno::kNoEntry);
  CHECK(read_file(*tree, "d/f") == "lower");
  REQUIRE(tree->rename("d/f", *tree, "d/g").has_value());
  CHECK(read_file(*tree, "d/g") == "lower");
  REQUIRE(tree->remove_file("d/g").has_value());
  CHECK(names_in(*open_directory(*tree, "d")->as_directory()) == Names{"e"});
  REQUIRE(tree->make_link("d/e/h", false, *tree, "same").has_value());
  CHECK(tree->status_of("same", false).value().links == 2);
  REQUIRE(tree->rename("link", *tree, "other").has_value());
  CHECK(tree->read_link("other").value() == "d/g");
  CHECK(error_of(tree->rename("d", *tree, "x")) == Errno::kCrossDevice);
  CHECK(error_of(tree->rename("d/e", *tree, "x")) == Errno::kCrossDevice);
  CHECK(error_of(tree->rename("d", *tree, "d/e/x")) == Errno::kInvalid);
  CHECK(error_of(tree->rename("same", *tree, "d")) == Errno::kIsDirectory);
  CHECK(error_of(tree->rename("d", *tree, "same")) == Errno::kNotDirectory);
  REQUIRE(tree->make_directory("new").has_value());
  CHECK(error_of(tree->rename("new", *tree, "d")) == Errno::kNotEmpty);
  REQUIRE(tree->remove_file("d/e/h").has_value());
  write_file(*tree, "new/x", "x");
  REQUIRE(tree->rename("new", *tree, "d/e").has_value());
  CHECK(names_in(*open_directory(*tree, "d/e")->as_directory()) == Names{"x"});
}

TEST_CASE("a directory of the upper layer moves with what is open in it") {
  Filled layers;
  const auto tree = layers.overlay();
  REQUIRE(tree->make_directory("a").has_value());
  REQUIRE(tree->make_directory("a/b").has_value());
  const auto handle = open_directory(*tree, "a/b");
  auto& moved = *handle->as_directory();
  REQUIRE(tree->rename("a", *tree, "d/e/a").has_value());
  write_file(moved, "x", "moved");
  CHECK(read_file(*tree, "d/e/a/b/x") == "moved");
  REQUIRE(tree->make_directory("a").has_value());
  CHECK(names_in(*open_directory(*tree, "a")->as_directory()).empty());
  CHECK(error_of(tree->rename("d/e/a", moved, "y")) == Errno::kInvalid);
}

TEST_CASE("times of lower files and directories can be set") {
  Filled layers;
  const auto tree = layers.overlay();
  const FileTime time(std::chrono::nanoseconds(1'234'567'890));
  for (const std::string_view path : {"f", "d/e", "link", "d/g"}) {
    CAPTURE(path);
    REQUIRE(tree->set_times_of(path, false, {.accessed = {}, .modified = time}).has_value());
    CHECK(tree->status_of(path, false).value().modified == time);
    CHECK(layers.below->status_of(path, false).value().modified != time);
  }
  CHECK(read_file(*tree, "d/g") == "deep");
  const auto open = open_file(*tree, "d/e/h", {.read = true});
  REQUIRE(open->set_times({.accessed = {}, .modified = time}).has_value());
  CHECK(tree->status_of("d/e/h", false).value().modified == time);
  CHECK(layers.below->status_of("d/e/h", false).value().modified != time);
  CHECK(error_of(open->set_times({})) == Errno::kReadOnlyFileSystem);
  CHECK(error_of(open->set_size(0)) == Errno::kInvalid);
}

TEST_CASE("removing from a lower directory changes its time") {
  Filled layers;
  const auto tree = layers.overlay();
  const auto before = tree->status_of("d", false).value().modified;
  REQUIRE(tree->remove_file("d/g").has_value());
  CHECK(tree->status_of("d", false).value().modified - before == kLater);
}

TEST_CASE("the names that an overlay hides are limited") {
  Filled layers;
  const auto tree = layers.overlay({.hidden_names = 1});
  REQUIRE(tree->remove_file("f").has_value());
  CHECK(error_of(tree->remove_file("link")) == Errno::kNoSpace);
  CHECK(error_of(tree->rename("link", *tree, "x")) == Errno::kNoSpace);
  CHECK(read_file(*tree, "link") == "deep");
  write_file(*tree, "f", "again");
  REQUIRE(tree->remove_file("f").has_value());
}

TEST_CASE("what is copied while a directory is read is shown once") {
  Layers layers;
  for (int i = 0; i < 50; ++i)
    write_file(*layers.below, fmt::format("lower-{}", i), "");
  const auto tree = layers.overlay();
  for (int i = 0; i < 50; ++i)
    write_file(*tree, fmt::format("upper-{}", i), "");
  Names names;
  std::uint64_t place = 0;
  for (bool goes_on = true; goes_on;) {
    goes_on = false;
    const auto take = [&](const DirectoryEntry& entry) {
      if (goes_on) return false;
      names.emplace_back(entry.name);
      place = entry.next;
      return goes_on = true;
    };
    REQUIRE(tree->read_entries(place, take).has_value());
    if (names.back().starts_with("lower")) write_file(*tree, names.back(), "changed");
  }
  std::ranges::sort(names);
  CHECK(names.size() == 102);
  CHECK(std::ranges::adjacent_find(names) == names.end());
}

TEST_CASE("directories that many came by do not stay in memory, and nothing is forgotten") {
  Layers layers;
  for (int i = 0; i < 300; ++i) {
    REQUIRE(layers.below->make_directory(fmt::format("{}", i)).has_value());
    write_file(*layers.below, fmt::format("{}/f", i), "");
  }
  const auto tree = layers.overlay();
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 300; ++i) {
      const auto names = names_in(*open_directory(*tree, fmt::format("{}", i))->as_directory());
      CHECK(names.size() == (round == 1 && i % 3 == 0 ? 0 : 1));
      if (round == 0 && i % 3 == 0) REQUIRE(tree->remove_file(fmt::format("{}/f", i)).has_value());
    }
  }
}

// What an overlay may ask of its lower tree, with the names counted that are looked up for it.
class CountedTree final : public Directory {
 public:
  CountedTree(std::shared_ptr<OpenFile> tree, std::size_t& names)
      : tree_(std::move(tree)), names_(names) {}

  Attempt<FileStatus> status() override { return tree_->status(); }
  Attempt<std::shared_ptr<OpenFile>> open(std::string_view path,
                                          const OpenOptions& options) override {
    count(path);
    auto opened = tree_->as_directory()->open(path, options);
    if (!opened || (*opened)->as_directory() == nullptr) return opened;
    return std::make_shared<CountedTree>(*std::move(opened), names_);
  }
  Attempt<FileStatus> status_of(std::string_view path, bool follow) override {
    count(path);
    return tree_->as_directory()->status_of(path, follow);
  }
  Attempt<std::string> read_link(std::string_view path) override {
    count(path);
    return tree_->as_directory()->read_link(path);
  }
  Attempt<> read_entries(std::uint64_t from,
                         const std::function<bool(const DirectoryEntry&)>& take) override {
    return tree_->as_directory()->read_entries(from, take);
  }

  Attempt<> set_times_of(std::string_view, bool, const FileTimes&) override { return refused(); }
  Attempt<> make_directory(std::string_view) override { return refused(); }
  Attempt<> make_symbolic_link(std::string_view, std::string_view) override { return refused(); }
  Attempt<> make_link(std::string_view, bool, Directory&, std::string_view) override {
    return refused();
  }
  Attempt<> rename(std::string_view, Directory&, std::string_view) override { return refused(); }
  Attempt<> remove_directory(std::string_view) override { return refused(); }
  Attempt<> remove_file(std::string_view) override { return refused(); }

 private:
  void count(std::string_view path) {
    names_ += 1 + static_cast<std::size_t>(std::ranges::count(path, '/'));
  }
  static Attempt<> refused() { return std::unexpected(Errno::kReadOnlyFileSystem); }

  std::shared_ptr<OpenFile> tree_;
  std::size_t& names_;
};

TEST_CASE("a deep path in an overlay costs as much as it has names") {
  constexpr std::size_t kDepth = 200;
  Layers layers;
  std::string path = "d";
  for (std::size_t i = 1; i < kDepth; ++i) {
    REQUIRE(layers.below->make_directory(path).has_value());
    path += "/d";
  }
  write_file(*layers.below, path, "deep");
  std::size_t names = 0;
  const auto tree = make_overlay(
      layers.clock, std::make_shared<CountedTree>(layers.lower.read_only_root(), names),
      layers.above);
  CHECK(tree->status_of(path, true).value().size_bytes == 4);
  CHECK(names < 10 * kDepth);
  write_file(*tree, path, "changed");  // The upper layer has all the directories from now on.
  names = 0;
  CHECK(tree->status_of(path, true).value().size_bytes == 7);
  CHECK(names < 10 * kDepth);
}

TEST_CASE("what was looked at in an overlay is found where it is after a rename or a removal") {
  Filled layers;
  const auto tree = layers.overlay();
  for (const std::string_view path : {"m", "m/n", "m/n/o"})
    REQUIRE(tree->make_directory(path).has_value());
  write_file(*tree, "m/n/o/f", "1");
  const auto opened = open_directory(*tree, "m/n/o");
  REQUIRE(tree->rename("m/n", *tree, "d/n").has_value());
  CHECK(read_file(*opened->as_directory(), "f") == "1");
  CHECK(read_file(*tree, "d/n/o/f") == "1");
  CHECK(error_of(tree->status_of("m/n/o/f", true)) == Errno::kNoEntry);
  REQUIRE(tree->remove_file("d/n/o/f").has_value());
  REQUIRE(tree->remove_directory("d/n/o").has_value());
  REQUIRE(tree->make_directory("d/n/o").has_value());
  write_file(*tree, "d/n/o/f", "22");
  CHECK(error_of(opened->as_directory()->status_of("f", true)) == Errno::kNoEntry);
  CHECK(tree->status_of("d/n/o/f", true).value().size_bytes == 2);
  // The same of a directory that the lower layer had.
  CHECK(tree->status_of("d/e/h", true).has_value());
  REQUIRE(tree->remove_file("d/e/h").has_value());
  REQUIRE(tree->remove_directory("d/e").has_value());
  REQUIRE(tree->make_directory("d/e").has_value());
  CHECK(error_of(tree->status_of("d/e/h", true)) == Errno::kNoEntry);
}

TEST_CASE("directories in an overlay nest deeper than a path and end all the same") {
  FakeClock clock;
  const auto tree =
      make_overlay(clock, MemoryTree(clock).read_only_root(), MemoryTree(clock).root());
  // By descriptors: each name of a path is looked up from the root.
  std::shared_ptr<OpenFile> handle = tree;
  for (std::size_t path_bytes = 1; path_bytes < 3'900; path_bytes += 2) {
    REQUIRE(handle->as_directory()->make_directory("d").has_value());
    handle = open_directory(*handle->as_directory(), "d");
  }
  REQUIRE(tree->make_directory("top").has_value());
  REQUIRE(tree->make_directory(std::string("top/") + std::string(250, 'n')).has_value());
  REQUIRE(tree->rename("d", *tree, "top/" + std::string(250, 'n') + "/d").has_value());
  CHECK(error_of(handle->as_directory()->make_directory("x")) == Errno::kNameTooLong);
}

}  // namespace
}  // namespace weft::system
