#include "cli/buckets.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "store/testing.h"

namespace weft::cli {
namespace {

// A bucket "b" in a directory that vanishes.
struct World {
  store::TemporaryDirectory directory;
  std::filesystem::path root = directory.path() / "bucket";
  std::unique_ptr<Buckets> buckets;

  World() {
    std::filesystem::create_directories(root / "p");
    write("p/two", "22");
    write("p/one", "1");
    write("q", "");
    std::ofstream(directory.path() / "secret") << "secret";
    std::filesystem::create_symlink(directory.path() / "secret", root / "link");
    buckets = Buckets::create({fmt::format("b={}", root.string())}).value();
  }
  void write(const char* key, const char* content) const { std::ofstream(root / key) << content; }
  std::string read(const char* key) const {
    std::ifstream file(root / key);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string fetch(const char* bucket, const char* key, std::uint64_t bytes_max = 100) const {
    const auto content = buckets->fetch(bucket, key, bytes_max);
    if (content) return *content;
    CHECK(content.error().error == "States.ItemReaderFailed");
    return "error: " + content.error().cause;
  }
};

TEST_CASE("an object is a file of the bucket's directory") {
  const World world;
  CHECK(world.fetch("b", "p/two") == "22");
  CHECK(world.fetch("b", "p/three") == "error: The specified key does not exist: p/three.");
  CHECK(world.fetch("c", "p/two") ==
        "error: The specified bucket does not exist: c. `--bucket "
        "c=DIR` says which directory it is.");
  CHECK(world.fetch("b", "p/two", 1) == "error: The object p/two is larger than 1 bytes.");
}

TEST_CASE("a pipe in a bucket is no object, and nobody waits for it") {
  const World world;
  REQUIRE(::mkfifo((world.root / "pipe").c_str(), 0600) == 0);
  CHECK(world.fetch("b", "pipe") ==
        "error: The object pipe cannot be read: it is no regular file.");
  CHECK(world.fetch("b", "p") == "error: The object p cannot be read: it is a directory.");
  CHECK(world.buckets->store("b", {.key = "pipe", .content = "x"}).error().cause ==
        "The object pipe cannot be written: it is no regular file.");
}

TEST_CASE("links to directories are not followed by a listing, which ends") {
  const World world;
  std::filesystem::create_directory_symlink(".", world.root / "p" / "again");
  std::filesystem::create_directory_symlink(".", world.root / "p" / "and");
  std::filesystem::create_symlink("two", world.root / "p" / "file");
  std::string keys;
  for (const workflow::ListedObject& object : world.buckets->list("b", "p/").value())
    keys += object.key + " ";
  CHECK(keys == "p/file p/one p/two ");
}

TEST_CASE("no key and no link leads out of the bucket's directory") {
  const World world;
  for (const char* key :
       {"../secret", "p/../../secret", "/etc/passwd", "link", "", "p//two", "./q"}) {
    CAPTURE(key);
    CHECK(world.fetch("b", key).starts_with("error: The object "));
    CHECK_FALSE(world.buckets->store("b", {.key = key, .content = "x"}).has_value());
  }
  std::ifstream secret(world.directory.path() / "secret");
  CHECK(std::string(std::istreambuf_iterator<char>(secret), {}) == "secret");
}

TEST_CASE("objects are listed by key") {
  const World world;
  const auto keys = [&](std::string_view prefix) {
    std::string text;
    const auto listed = world.buckets->list("b", prefix).value();
    for (const auto& object : listed)
      text += fmt::format("{}={} ", object.key, object.size_bytes);
    return text;
  };
  CHECK(keys("") == "p/one=1 p/two=2 q=0 ");
  CHECK(keys("p/t") == "p/two=2 ");
  CHECK(keys("x").empty());
  CHECK_FALSE(world.buckets->list("c", "").has_value());
}

TEST_CASE("results are written into directories that are made for them") {
  const World world;
  REQUIRE(world.buckets->store("b", {.key = "r/s/m.json", .content = "[1,2]"}).has_value());
  REQUIRE(world.buckets->store("b", {.key = "r/s/m.json", .content = "[3]"}).has_value());
  CHECK(world.read("r/s/m.json") == "[3]");
  const auto below_file = world.buckets->store("b", {.key = "q/m", .content = ""});
  REQUIRE_FALSE(below_file.has_value());
  CHECK(below_file.error().error == "States.ResultWriterFailed");
}

TEST_CASE("what names no bucket is refused") {
  for (const char* wrong : {"b", "=d", "b="}) {
    CAPTURE(wrong);
    const auto buckets = Buckets::create({wrong});
    REQUIRE_FALSE(buckets.has_value());
    CHECK(buckets.error().code() == ErrorCode::kInvalidArgument);
  }
  const auto missing = Buckets::create({"b=/no/such/directory"});
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().code() == ErrorCode::kNotFound);
}

}  // namespace
}  // namespace weft::cli
