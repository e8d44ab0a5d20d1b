#include "system/archive_tree.h"

#include <fstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "store/testing.h"
#include "system/archive_testing.h"
#include "system/testing.h"

namespace weft::system {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.
using Names = std::vector<std::string>;

const FakeClock kClock;  // Outlives all trees.

std::shared_ptr<Directory> open(std::string_view archive, const ArchiveLimits& limits = {}) {
  auto tree = open_archive(kClock, bytes_of(archive), {.limits = limits});
  REQUIRE_MESSAGE(tree.has_value(), tree.error().message());
  return *std::move(tree);
}

Error refused(std::string_view archive, const ArchiveLimits& limits = {}) {
  auto tree = open_archive(kClock, bytes_of(archive), {.limits = limits});
  REQUIRE_FALSE(tree.has_value());
  return tree.error();
}

TEST_CASE("a tar archive is a tree that can be read") {
  const std::string archive =
      tar({{.name = "./", .type = '5'},
           {.name = "./d/", .type = '5', .modified = 1'000'000'000},
           {.name = "./d/f", .content = "text", .modified = 1'234'567'890},
           {.name = "made/on/the/way", .content = std::string(100'000, 'x')},
           {.name = "link", .type = '2', .target = "d/f"},
           {.name = "same", .type = '1', .target = "./d/f"},
           {.name = "d", .type = '5', .modified = 2'000'000'000},
           {.name = "empty"}});
  for (const std::string& bytes : {archive, archive + std::string(9'000, '\0')}) {
    const auto tree = open(bytes);
    CHECK(names_in(*tree) == Names{"d", "empty", "link", "made", "same"});
    CHECK(read_file(*tree, "d/f") == "text");
    CHECK(read_file(*tree, "link") == "text");
    CHECK(read_file(*tree, "empty").empty());
    CHECK(read_file(*tree, "made/on/the/way") == std::string(100'000, 'x'));
    CHECK(tree->status_of("same", false).value().links == 2);
    CHECK(tree->status_of("d/f", false).value().modified ==
          FileTime(std::chrono::seconds(1'234'567'890)));
    CHECK(tree->status_of("d", false).value().modified ==
          FileTime(std::chrono::seconds(2'000'000'000)));
    CHECK(error_of(tree->open("d/f", {.write = true})) == Errno::kReadOnlyFileSystem);
    CHECK(error_of(tree->remove_file("d/f")) == Errno::kReadOnlyFileSystem);
  }
}

TEST_CASE("a compressed tar archive is unpacked") {
  CHECK(read_file(*open(gzip(tar({{.name = "f", .content = "text"}}))), "f") == "text");
}

TEST_CASE("a zip archive is a tree that can be read") {
  constexpr std::uint32_t kLinkMode = 0120777;
  const auto tree = open(zip({{.name = "d/"},
                              {.name = "d/f", .content = "text"},
                              {.name = "made/on/the/way", .content = "deep"},
                              {.name = "link", .content = "d/f", .unix_mode = kLinkMode}}));
  CHECK(names_in(*tree) == Names{"d", "link", "made"});
  CHECK(read_file(*tree, "d/f") == "text");
  CHECK(read_file(*tree, "link") == "text");
  CHECK(read_file(*tree, "made/on/the/way") == "deep");
}

TEST_CASE("names keep their bytes, whatever they are") {
  const std::string utf8 = "\xc3\xa4\xe2\x82\xac";
  constexpr std::uint16_t kUtf8Flag = 1U << 11U;
  CHECK(names_in(*open(tar({{.name = utf8}, {.name = "\xff\x01"}}))) == Names{utf8, "\xff\x01"});
  CHECK(names_in(*open(zip({{.name = utf8, .flags = kUtf8Flag}}))) == Names{utf8});
  // A pax header, in which names are UTF-8.
  const std::string record = fmt::format("{} path={}\n", 9 + utf8.size(), utf8);
  CHECK(names_in(*open(tar({{.name = "x", .content = record, .type = 'x'}, {.name = "short"}}))) ==
        Names{utf8});
}

TEST_CASE("names that lead out of an archive's tree are refused by name") {
  for (const std::string name : {"/etc/passwd", "../x", "d/../../x", "d/..", ".."}) {
    CAPTURE(name);
    for (const std::string& archive : {tar({{.name = name}}), zip({{.name = name}})}) {
      const Error error = refused(archive);
      CHECK(error.code() == ErrorCode::kInvalidArgument);
      CHECK(error.message().find(name) != std::string::npos);
    }
    CHECK(refused(tar({{.name = "d", .type = '5'}, {.name = "l", .type = '1', .target = name}}))
              .code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("names that are there twice are refused, unless they are directories") {
  for (const std::string& archive :
       {tar({{.name = "f"}, {.name = "f"}}), zip({{.name = "f"}, {.name = "f"}}),
        tar({{.name = "f"}, {.name = "./f"}}), tar({{.name = "d", .type = '5'}, {.name = "d"}}),
        tar({{.name = "f"}, {.name = "l", .type = '2', .target = "f"}, {.name = "l"}})}) {
    CHECK(refused(archive).message().find("twice") != std::string::npos);
  }
}

TEST_CASE("links do not lead entries out of an archive's tree") {
  // What is below a link would be put where the link leads.
  const Error below = refused(tar({{.name = "l", .type = '2', .target = ".."}, {.name = "l/x"}}));
  CHECK(below.code() == ErrorCode::kInvalidArgument);
  CHECK(below.message().find("l/x") != std::string::npos);
  CHECK(refused(tar({{.name = "f"}, {.name = "f/x"}})).code() == ErrorCode::kInvalidArgument);
  CHECK(refused(tar({{.name = "l", .type = '2', .target = "/etc"}})).code() ==
        ErrorCode::kInvalidArgument);
  CHECK(refused(tar({{.name = "l", .type = '1', .target = "absent"}})).code() ==
        ErrorCode::kInvalidArgument);
  CHECK(refused(tar({{.name = "d", .type = '5'}, {.name = "l", .type = '1', .target = "d"}}))
            .code() == ErrorCode::kInvalidArgument);
  const auto tree = open(tar({{.name = "l", .type = '2', .target = "../../etc/passwd"}}));
  CHECK(error_of(tree->open("l", {.read = true})) == Errno::kNotPermitted);
}

TEST_CASE("devices, encrypted entries and empty names are refused") {
  CHECK(refused(tar({{.name = "device", .type = '3'}})).code() == ErrorCode::kInvalidArgument);
  CHECK(refused(tar({{.name = "pipe", .type = '6'}})).code() == ErrorCode::kInvalidArgument);
  CHECK(refused(zip({{.name = "f", .content = "text", .flags = 1}})).code() ==
        ErrorCode::kInvalidArgument);
  CHECK(refused(tar({{.name = "."}})).code() == ErrorCode::kInvalidArgument);
  CHECK(refused(tar({{.name = std::string(100, 'n') + "/"}, {.name = "l", .type = '2'}})).code() ==
        ErrorCode::kInvalidArgument);
}

TEST_CASE("what is no archive, or a damaged one, is refused") {
  const std::string whole = tar({{.name = "f", .content = std::string(2'000, 'x')}});
  const std::string packed = gzip(whole);
  const std::string zipped = zip({{.name = "f", .content = std::string(2'000, 'x')}});
  std::string other = whole;
  other[3] = 'y';
  for (const std::string& archive :
       {std::string(), std::string("text"), std::string(5'000, 'x'), whole.substr(0, 1'000), other,
        packed.substr(0, packed.size() / 2), zipped.substr(0, 100),
        zipped.substr(0, zipped.size() - 1),
        zip({{.name = "f", .content = "text", .wrong_crc_by = 1}})}) {
    CAPTURE(archive.size());
    CHECK(refused(archive).code() == ErrorCode::kInvalidArgument);
  }
}

void check_limit(const Error& error, std::string_view name, std::uint64_t value) {
  CHECK(error.code() == ErrorCode::kTooLarge);
  REQUIRE(error.limit().has_value());
  CHECK(error.limit()->name == name);
  CHECK(error.limit()->value == value);
}

TEST_CASE("what an archive holds is limited") {
  const std::string two = tar({{.name = "12345", .content = std::string(600, 'x')},
                               {.name = "67890", .content = std::string(600, 'x')}});
  CHECK(names_in(*open(two, {.entries = 2, .name_bytes = 10, .content_bytes = 1200})).size() == 2);
  check_limit(refused(two, {.entries = 1}), "archive_entries", 1);
  check_limit(refused(two, {.name_bytes = 9}), "archive_name_bytes", 9);
  check_limit(refused(two, {.content_bytes = 1199}), "archive_content_bytes", 1199);
  check_limit(refused(gzip(two), {.content_bytes = 1199}), "archive_content_bytes", 1199);
  check_limit(refused(tar({{.name = "a/b/c"}}), {.entries = 2}), "archive_entries", 2);
  const std::string links = tar({{.name = "f"},
                                 {.name = "a", .type = '1', .target = "f"},
                                 {.name = "b", .type = '1', .target = "f"}});
  check_limit(refused(links, {.entries = 2}), "archive_entries", 2);
}

TEST_CASE("contents of what can have none are refused, or passed over as far as limits go") {
  const std::string content(600, 'x');
  for (const char type : {'1', '2', '5'}) {
    CHECK(refused(tar({{.name = "f"},
                       {.name = "l", .content = content, .type = type, .target = "f"},
                       {.name = "g"}}))
              .code() == ErrorCode::kInvalidArgument);
  }
  // In pax archives a hard link may have the file's content with it.
  const std::string archive = tar({{.name = "f", .content = "text"},
                                   {.name = "x", .content = "11 mtime=1\n", .type = 'x'},
                                   {.name = "l", .content = content, .type = '1', .target = "f"},
                                   {.name = "g", .content = "text"}});
  CHECK(read_file(*open(archive, {.content_bytes = 600}), "g") == "text");
  check_limit(refused(archive, {.content_bytes = 599}), "archive_content_bytes", 599);
}

TEST_CASE("a sparse file counts with its holes") {
  // GNU's sparse format 1.0: a map of the data in front of it.
  const auto record = [](std::string_view text) {
    return fmt::format("{} {}\n", text.size() + (text.size() > 96 ? 5 : 4), text);
  };
  const std::string pax = record("GNU.sparse.major=1") + record("GNU.sparse.minor=0") +
                          record("GNU.sparse.name=sparse") +
                          record("GNU.sparse.realsize=10000000000");
  std::string map = "1\n10000\n4\n";
  map.resize(512, '\0');
  const std::string archive =
      tar({{.name = "x", .content = pax, .type = 'x'}, {.name = "y", .content = map + "data"}});
  check_limit(refused(archive), "archive_content_bytes", ArchiveLimits{}.content_bytes);
  const auto tree = open(archive, {.content_bytes = 10'000'000'000});
  CHECK(tree->status_of("sparse", false).value().size_bytes == 10'000'000'000);
  const auto file = open_file(*tree, "sparse", {.read = true});
  CHECK(file->seek(9'999, Whence::kStart).value() == 9'999);
  CHECK(read_some(*file, 6) == std::string("\0data\0", 6));
}

TEST_CASE("an archive is opened from a file, or why not is said") {
  const store::TemporaryDirectory directory;
  const auto path = directory.path() / "a.tar";
  std::ofstream(path, std::ios::binary) << tar({{.name = "f", .content = "text"}});
  const auto zip_path = directory.path() / "a.zip";
  std::ofstream(zip_path, std::ios::binary) << zip({{.name = "f", .content = "text"}});
  CHECK(read_file(*open_archive_file(kClock, path).value(), "f") == "text");
  CHECK(read_file(*open_archive_file(kClock, zip_path).value(), "f") == "text");
  CHECK(store::code_of(open_archive_file(kClock, directory.path() / "b")) == ErrorCode::kNotFound);
  CHECK(store::code_of(open_archive_file(kClock, directory.path())) == ErrorCode::kInvalidArgument);
  std::ofstream(path, std::ios::binary) << "text";
  const auto tree = open_archive_file(kClock, path);
  REQUIRE_FALSE(tree.has_value());
  CHECK(tree.error().message().find("a.tar") != std::string::npos);
}

}  // namespace
}  // namespace weft::system
