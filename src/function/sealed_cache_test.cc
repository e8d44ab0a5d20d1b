#include "function/sealed_cache.h"

#include <cstring>
#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/testing.h"

namespace weft::function {
namespace {

TEST_CASE("what was put is there for who has the key, under its name alone") {
  FakeClock clock;
  store::TemporaryDirectory directory;
  store::CacheDirectory files(directory.path() / "cache", 1 << 20, clock);
  SealedCache cache(files, {1});
  cache.put("one", "bytes");
  // Twice: the second time the file is sealed.
  for (int again = 0; again < 2; ++again) {
    const auto entry = cache.map("one");
    REQUIRE(entry.has_value());
    CHECK(entry->bytes == "bytes");
  }
  files.put("two", files.get("one").value());
  CHECK_FALSE(cache.map("two").has_value());
  CHECK_FALSE(cache.has("two"));
  CHECK_FALSE(SealedCache(files, {2}).map("one").has_value());
  CHECK_FALSE(cache.has("one"));
}

// Always the same: two processes would make the same names and keys.
class OneByte final : public Random {
 public:
  explicit OneByte(std::uint8_t byte) : byte_(byte) {}
  void fill(void* bytes, std::size_t size) override { std::memset(bytes, byte_, size); }

 private:
  std::uint8_t byte_;
};

void write_file(const std::filesystem::path& file, std::string_view bytes, mode_t mode) {
  std::ofstream(file, std::ios::binary) << bytes;
  REQUIRE(::chmod(file.c_str(), mode) == 0);
}

TEST_CASE("the key is made once, for its owner alone") {
  store::TemporaryDirectory directory;
  const auto file = directory.path() / "code.key";
  SystemRandom random;
  const auto key = SealedCache::load_or_make_key(file, random).value();
  CHECK(key != SealedCache::Key{});
  CHECK(SealedCache::load_or_make_key(file, random).value() == key);
  struct stat found{};
  REQUIRE(::stat(file.c_str(), &found) == 0);
  CHECK((found.st_mode & 07777U) == 0600U);
  CHECK(found.st_nlink == 1);
  CHECK(found.st_size == 32);
  // Nothing else is left in the directory.
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

TEST_CASE("a key that others can read is refused") {
  store::TemporaryDirectory directory;
  const auto file = directory.path() / "code.key";
  OneByte random(7);
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U, 0777U}) {
    write_file(file, std::string(32, 'k'), mode);
    const auto refused = SealedCache::load_or_make_key(file, random);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == ErrorCode::kPermissionDenied);
    CHECK(refused.error().message().find("code.key") != std::string::npos);
  }
}

TEST_CASE("a key of the wrong size, or what is no file, is refused") {
  store::TemporaryDirectory directory;
  const auto file = directory.path() / "code.key";
  OneByte random(7);
  for (const std::size_t size : {0U, 31U, 33U}) {
    write_file(file, std::string(size, 'k'), 0600);
    CHECK(SealedCache::load_or_make_key(file, random).error().code() == ErrorCode::kUnavailable);
  }
  std::filesystem::remove(file);
  REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
  CHECK(SealedCache::load_or_make_key(file, random).error().code() == ErrorCode::kUnavailable);
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  CHECK_FALSE(SealedCache::load_or_make_key(file, random).has_value());
  CHECK(SealedCache::load_or_make_key(directory.path() / "absent" / "code.key", random)
            .error()
            .code() == ErrorCode::kUnavailable);
}

TEST_CASE("processes that make the key at the same time agree on one") {
  store::TemporaryDirectory directory;
  const auto file = directory.path() / "code.key";
  std::array<int, 2> go{};
  std::array<int, 2> keys{};
  REQUIRE(::pipe(go.data()) == 0);
  REQUIRE(::pipe(keys.data()) == 0);
  constexpr int kProcesses = 8;
  std::fflush(nullptr);  // Or each child writes what the test has printed so far.
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      char byte = 0;
      OneByte random(static_cast<std::uint8_t>(i + 1));
      ::close(go[1]);
      if (::read(go[0], &byte, 1) != 0) ::_exit(1);
      const auto key = SealedCache::load_or_make_key(file, random);
      const bool good =
          key && ::write(keys[1], key->data(), key->size()) == static_cast<ssize_t>(key->size());
      ::_exit(good ? 0 : 2);
    }
    children.push_back(child);
  }
  ::close(go[0]);
  ::close(go[1]);  // All see the end of the pipe at once.
  for (const pid_t child : children) {
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  SystemRandom random;
  const auto agreed = SealedCache::load_or_make_key(file, random).value();
  for (int i = 0; i < kProcesses; ++i) {
    SealedCache::Key key{};
    REQUIRE(::read(keys[0], key.data(), key.size()) == static_cast<ssize_t>(key.size()));
    CHECK(key == agreed);
  }
  ::close(keys[0]);
  ::close(keys[1]);
  CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
}

}  // namespace
}  // namespace weft::function
