// Where wasi_unstable differs from snapshot-01: numbers and layouts of the first WASI.
#include "abi/command/testing.h"
#include "system/memory_tree.h"
#include "system/testing.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

constexpr std::int32_t kRoot = 3;
constexpr std::int32_t kStart = 2;
constexpr std::int32_t kCurrent = 0;
constexpr std::int32_t kEnd = 1;

// The guest of the other tests, which imports everything from there.
std::string unstable_text() {
  std::string text = guest_text(kOnePage);
  for (std::size_t at = text.find(kModule); at != std::string::npos; at = text.find(kModule, at))
    text.replace(at, kModule.size(), "wasi_unstable");
  return text;
}

struct Unstable {
  FakeClock clock;
  system::MemoryTree tree{clock};
  std::shared_ptr<system::Directory> root = tree.root();
  Compiled compiled{unstable_text()};
  Guest guest{compiled, "", {.directories = {{.name = "/", .directory = root}}}};

  // A file of those bytes, read and written.
  std::int32_t file(std::string_view text) {
    system::testing::write_file(*root, "f", text);
    guest.store(1000, std::string_view("f"));
    constexpr std::int64_t kAll = (1LL << 30) - 1;
    REQUIRE(guest.errno_of("path_open", {kRoot, 0, 1000, 1, 0, kAll, kAll, 0, 500}) ==
            Errno::kSuccess);
    return static_cast<std::int32_t>(guest.load(500));
  }
  std::uint64_t seek(std::int32_t file, std::int64_t offset, std::int32_t whence) {
    REQUIRE(guest.errno_of("fd_seek", {file, offset, whence, 600}) == Errno::kSuccess);
    return guest.load<std::uint64_t>(600);
  }
};

TEST_CASE_FIXTURE(Unstable, "of the first WASI, whence is current, end, start") {
  const std::int32_t number = file("0123456789");
  CHECK(seek(number, 4, kStart) == 4);
  CHECK(seek(number, 3, kCurrent) == 7);
  CHECK(seek(number, -1, kEnd) == 9);
  CHECK(seek(number, 1, kStart) == 1);
  CHECK(guest.errno_of("fd_seek", {number, std::int64_t{0}, 3, 600}) == Errno::kInval);
}

TEST_CASE_FIXTURE(Unstable, "of the first WASI, a file's status has 56 bytes") {
  const std::int32_t number = file("0123456789");
  const auto check = [&] {
    CHECK(guest.load<std::uint8_t>(616) == 4);    // a regular file
    CHECK(guest.load<std::uint32_t>(620) == 1);   // links, in 4 bytes
    CHECK(guest.load<std::uint64_t>(624) == 10);  // size
    CHECK(guest.load<std::uint64_t>(632) > 0);    // accessed
    CHECK(guest.load<std::uint64_t>(640) == guest.load<std::uint64_t>(632));
    CHECK(guest.load<std::uint64_t>(648) == guest.load<std::uint64_t>(632));
    CHECK(guest.load<std::uint64_t>(656) == UINT64_MAX);  // Nobody touches what is behind.
  };
  guest.store(600, std::string(64, '\xff'));
  REQUIRE(guest.errno_of("fd_filestat_get", {number, 600}) == Errno::kSuccess);
  check();
  guest.store(600, std::string(64, '\xff'));
  REQUIRE(guest.errno_of("path_filestat_get", {kRoot, 0, 1000, 1, 600}) == Errno::kSuccess);
  check();
  // It fits exactly at the end of the memory.
  CHECK(guest.errno_of("fd_filestat_get", {number, 65'536 - 56}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_filestat_get", {number, 65'536 - 55}) == Errno::kFault);
}

TEST_CASE_FIXTURE(Unstable, "of the first WASI, a subscription has 56 bytes, its clock a name") {
  const std::int32_t number = file("x");
  // A time of the monotonic clock that has come, and a file to read.
  guest.store(100, std::string(112, '\0'));
  guest.store(100, 7U);
  guest.store(116, 99U);  // the name, which nobody looks at
  guest.store(124, 1U);   // monotonic
  guest.store(148, 1U);   // a time, not a distance: at 0
  guest.store(156, 8U);
  guest.store(164, 1U);  // to read
  guest.store(172, static_cast<std::uint32_t>(number));
  REQUIRE(guest.errno_of("poll_oneoff", {100, 400, 2, 500}) == Errno::kSuccess);
  REQUIRE(guest.load(500) == 2);
  CHECK(guest.load<std::uint64_t>(400) == 7);
  CHECK(guest.load<std::uint16_t>(408) == 0);
  CHECK(guest.load<std::uint8_t>(410) == 0);
  CHECK(guest.load<std::uint64_t>(432) == 8);
  CHECK(guest.load<std::uint16_t>(440) == 0);
  CHECK(guest.load<std::uint8_t>(442) == 1);
  // Both fit exactly at the end of the memory.
  CHECK(guest.errno_of("poll_oneoff", {65'536 - 111, 400, 2, 500}) == Errno::kFault);
}

}  // namespace
}  // namespace weft::abi::command
