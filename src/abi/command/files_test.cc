// Programs with files: what the fd_* and path_* functions say, over a tree in memory.
#include <algorithm>
#include <array>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include "abi/command/testing.h"
#include "system/memory_tree.h"
#include "system/testing.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

constexpr std::int32_t kRoot = 3;  // the directory that the program was given
constexpr std::int64_t kAll = (1LL << 30) - 1;
constexpr std::int64_t kRead = 1LL << 1;
constexpr std::int64_t kWrite = 1LL << 6;
constexpr std::uint32_t kPath = 1000;  // where the tests put what they pass
constexpr std::uint32_t kOut = 5000;

struct Files {
  FakeClock clock;
  system::MemoryTree tree{clock};
  std::shared_ptr<system::Directory> root = tree.root();
  Compiled compiled{guest_text(kOnePage)};
  Guest guest{compiled, "", {.directories = {{.name = "/work", .directory = root}}}};

  // The address and the size of a path, as two arguments.
  std::pair<Value, Value> path(std::string_view text, std::uint32_t at = kPath) {
    guest.store(at, text);
    return {static_cast<std::int32_t>(at), static_cast<std::int32_t>(text.size())};
  }
  // path_open: `how` are its oflags, `flags` its fdflags.
  Errno open(std::string_view text, std::int32_t how = 0, std::int64_t rights = kAll,
             std::int32_t flags = 0) {
    const auto [address, size] = path(text);
    return guest.errno_of("path_open", {kRoot, 1, address, size, how, rights, kAll, flags,
                                        static_cast<std::int32_t>(kOut)});
  }
  std::int32_t opened(std::string_view text, std::int32_t how = 0, std::int64_t rights = kAll) {
    REQUIRE(open(text, how, rights) == Errno::kSuccess);
    return static_cast<std::int32_t>(guest.load(kOut));
  }
  Errno write(std::int32_t descriptor, std::string_view text) {
    guest.store(2000, text);
    guest.buffer(3000, 0, 2000, static_cast<std::uint32_t>(text.size()));
    return guest.errno_of("fd_write", {descriptor, 3000, 1, static_cast<std::int32_t>(kOut)});
  }
  std::string read(std::int32_t descriptor) {
    guest.buffer(3000, 0, 2000, 100);
    REQUIRE(guest.errno_of("fd_read", {descriptor, 3000, 1, static_cast<std::int32_t>(kOut)}) ==
            Errno::kSuccess);
    return guest.text(2000, guest.load(kOut));
  }
};

constexpr std::int32_t kCreate = 1;
constexpr std::int32_t kDirectory = 2;
constexpr std::int32_t kExclusive = 4;
constexpr std::int32_t kTruncate = 8;

TEST_CASE_FIXTURE(Files, "a program finds the directory that it was given") {
  CHECK(guest.errno_of("fd_prestat_get", {kRoot, 500}) == Errno::kSuccess);
  CHECK(guest.load(500) == 0);
  CHECK(guest.load(504) == 5);
  CHECK(guest.errno_of("fd_prestat_dir_name", {kRoot, 600, 5}) == Errno::kSuccess);
  CHECK(guest.text(600, 5) == "/work");
  CHECK(guest.errno_of("fd_prestat_dir_name", {kRoot, 600, 4}) == Errno::kNametoolong);
  CHECK(guest.errno_of("fd_prestat_get", {4, 500}) == Errno::kBadf);
  CHECK(guest.errno_of("fd_fdstat_get", {kRoot, 500}) == Errno::kSuccess);
  CHECK(guest.load<std::uint8_t>(500) == 3);
  CHECK_FALSE(guest.program.refusals().no_directories);
}

TEST_CASE_FIXTURE(Files, "files are created, written, sought and read") {
  const std::int32_t file = opened("f", kCreate);
  CHECK(file == 4);
  CHECK(write(file, "hello world") == Errno::kSuccess);
  CHECK(guest.load(kOut) == 11);
  CHECK(guest.errno_of("fd_seek", {file, std::int64_t{-5}, 2, 500}) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(500) == 6);
  CHECK(read(file) == "world");
  CHECK(guest.errno_of("fd_tell", {file, 500}) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(500) == 11);
  guest.buffer(3000, 0, 2000, 3);
  CHECK(guest.errno_of("fd_pread", {file, 3000, 1, std::int64_t{1}, 500}) == Errno::kSuccess);
  CHECK(guest.text(2000, guest.load(500)) == "ell");
  CHECK(guest.errno_of("fd_pwrite", {file, 3000, 1, std::int64_t{8}, 500}) == Errno::kSuccess);
  CHECK(system::testing::read_file(*root, "f") == "hello woell");
  CHECK(guest.errno_of("fd_filestat_set_size", {file, std::int64_t{2}}) == Errno::kSuccess);
  CHECK(system::testing::read_file(*root, "f") == "he");
  CHECK(guest.errno_of("fd_close", {file}) == Errno::kSuccess);
  CHECK(open("f", kCreate | kExclusive) == Errno::kExist);
  CHECK(open("f", kTruncate) == Errno::kSuccess);
  CHECK(system::testing::read_file(*root, "f").empty());
  CHECK(open("f", kDirectory) == Errno::kNotdir);
  CHECK(open("absent") == Errno::kNoent);
}

TEST_CASE_FIXTURE(Files, "a program may ask for rights that a directory does not have") {
  REQUIRE(root->make_directory("d").has_value());
  const std::int32_t directory = opened("d", kDirectory, kAll & ~kWrite);
  CHECK(guest.errno_of("fd_seek", {directory, std::int64_t{0}, 0, 500}) == Errno::kBadf);
  CHECK(write(directory, "x") == Errno::kBadf);
  CHECK(guest.errno_of("fd_fdstat_get", {directory, 500}) == Errno::kSuccess);
  constexpr std::uint64_t kSeek = 1ULL << 2U;
  CHECK((guest.load<std::uint64_t>(508) & kSeek) == 0);
}

TEST_CASE_FIXTURE(Files, "a directory is never opened for writing") {
  REQUIRE(root->make_directory("d").has_value());
  CHECK(open("d", kDirectory) == Errno::kIsdir);
  CHECK(open(".", kDirectory, kRead | kWrite) == Errno::kIsdir);
  CHECK(open("d", 0, kWrite) == Errno::kIsdir);
  CHECK(open("d", kDirectory, kRead) == Errno::kSuccess);
  CHECK(open("d", kDirectory, 0) == Errno::kSuccess);
}

TEST_CASE_FIXTURE(Files, "rights can be given up and never taken back") {
  const std::int32_t file = opened("f", kCreate, kRead | kWrite);
  CHECK(guest.errno_of("fd_fdstat_set_rights", {file, kRead, std::int64_t{0}}) == Errno::kSuccess);
  CHECK(write(file, "x") == Errno::kBadf);
  CHECK(guest.errno_of("fd_fdstat_set_rights", {file, kRead | kWrite, std::int64_t{0}}) ==
        Errno::kNotcapable);
  CHECK(guest.errno_of("fd_filestat_get", {file, 500}) == Errno::kNotcapable);
  REQUIRE(guest.errno_of("fd_fdstat_get", {kRoot, 500}) == Errno::kSuccess);
  constexpr std::int64_t kOpen = 1LL << 13;
  const auto rights = guest.load<std::int64_t>(508);
  CHECK(guest.errno_of("fd_fdstat_set_rights", {kRoot, rights & ~kOpen, std::int64_t{0}}) ==
        Errno::kSuccess);
  CHECK(open("f") == Errno::kNotcapable);
}

TEST_CASE_FIXTURE(Files, "no path leads out of what was given, and the person is told") {
  for (const std::string_view text : {"..", "../x", "/etc/passwd"}) {
    CAPTURE(text);
    CHECK(open(text) == Errno::kPerm);
  }
  CHECK(guest.program.refusals().outside);
  CHECK(open(std::string_view("a\xff", 2)) == Errno::kIlseq);
  CHECK(open(std::string_view("a\0b", 3)) == Errno::kInval);
  CHECK(open("") == Errno::kNoent);
  const auto [address, size] = path("f");
  CHECK(guest.errno_of("path_open", {kRoot, 1, 65'530, 100, 0, kAll, kAll, 0, 500}) ==
        Errno::kFault);
  CHECK(guest.errno_of("path_open", {kRoot, 1, address, size, 1, kAll, kAll, 0, 65'534}) ==
        Errno::kFault);
  CHECK_FALSE(root->status_of("f", true).has_value());
}

TEST_CASE_FIXTURE(Files, "directories are made, listed in pieces of any size, and removed") {
  for (const std::string_view name : {"d", "d/one", "d/two"}) {
    const auto [address, size] = path(name);
    CHECK(guest.errno_of("path_create_directory", {kRoot, address, size}) == Errno::kSuccess);
  }
  const std::int32_t directory = opened("d", kDirectory, kAll & ~kWrite);
  for (const std::int32_t room : {30, 60, 200}) {
    CAPTURE(room);
    std::vector<std::string> names;
    std::int64_t cookie = 0;
    for (bool more = true; more;) {
      REQUIRE(guest.errno_of("fd_readdir", {directory, 10'000, room, cookie, 500}) ==
              Errno::kSuccess);
      const std::uint32_t used = guest.load(500);
      more = used == static_cast<std::uint32_t>(room);
      for (std::uint32_t at = 10'000; at + 24 <= 10'000 + used;) {
        const std::uint32_t name_size = guest.load(at + 16);
        if (at + 24 + name_size > 10'000 + used) break;
        names.push_back(guest.text(at + 24, name_size));
        CHECK(guest.load<std::uint8_t>(at + 20) == 3);
        cookie = guest.load<std::int64_t>(at);
        at += 24 + name_size;
      }
    }
    std::ranges::sort(names);
    CHECK(names == std::vector<std::string>{".", "..", "one", "two"});
  }
  const auto [address, size] = path("d");
  CHECK(guest.errno_of("path_remove_directory", {kRoot, address, size}) == Errno::kNotempty);
  CHECK(guest.errno_of("path_unlink_file", {kRoot, address, size}) == Errno::kIsdir);
}

TEST_CASE_FIXTURE(Files, "names are linked, moved, read and removed") {
  system::testing::write_file(*root, "f", "text");
  const auto [from, from_size] = path("f");
  const auto [to, to_size] = path("g", kPath + 100);
  CHECK(guest.errno_of("path_rename", {kRoot, from, from_size, kRoot, to, to_size}) ==
        Errno::kSuccess);
  CHECK(guest.errno_of("path_link", {kRoot, 0, to, to_size, kRoot, from, from_size}) ==
        Errno::kSuccess);
  CHECK(root->status_of("f", true).value().links == 2);
  CHECK(guest.errno_of("path_unlink_file", {kRoot, to, to_size}) == Errno::kSuccess);
  CHECK(guest.errno_of("path_symlink", {from, from_size, kRoot, to, to_size}) == Errno::kSuccess);
  CHECK(guest.errno_of("path_readlink", {kRoot, to, to_size, 600, 100, 500}) == Errno::kSuccess);
  CHECK(guest.text(600, guest.load(500)) == "f");
  CHECK(system::testing::read_file(*root, "g") == "text");
}

TEST_CASE_FIXTURE(Files, "a status has the form of the snapshot, times included") {
  system::testing::write_file(*root, "f", "text");
  const auto [address, size] = path("f");
  CHECK(guest.errno_of("path_filestat_set_times", {kRoot, 1, address, size, std::int64_t{1'000'001},
                                                   std::int64_t{2'000'002}, 1 | 4}) ==
        Errno::kSuccess);
  CHECK(guest.errno_of("path_filestat_set_times", {kRoot, 1, address, size, std::int64_t{0},
                                                   std::int64_t{0}, 1 | 2}) == Errno::kInval);
  guest.store(500, std::string(64, 'x'));
  CHECK(guest.errno_of("path_filestat_get", {kRoot, 1, address, size, 500}) == Errno::kSuccess);
  const auto status = root->status_of("f", true).value();
  CHECK(guest.load<std::uint64_t>(508) == status.inode);
  CHECK(guest.load<std::uint8_t>(516) == 4);
  CHECK(guest.load<std::uint64_t>(524) == 1);
  CHECK(guest.load<std::uint64_t>(532) == 4);
  CHECK(guest.load<std::uint64_t>(540) == 1'000'001);
  CHECK(guest.load<std::uint64_t>(548) == 2'000'002);
  CHECK(guest.errno_of("path_filestat_get", {kRoot, 1, address, size, 65'473}) == Errno::kFault);
}

// Wasmtime's advisories CVE-2025-53901 and 3p27: it ended the process, and closed nothing.
TEST_CASE_FIXTURE(Files, "renumbering moves a descriptor and closes what was there") {
  const std::int32_t one = opened("one", kCreate);
  const std::int32_t two = opened("two", kCreate);
  CHECK(guest.errno_of("fd_renumber", {one, two}) == Errno::kSuccess);
  CHECK(write(two, "x") == Errno::kSuccess);
  CHECK(system::testing::read_file(*root, "one") == "x");
  CHECK(write(one, "x") == Errno::kBadf);
  CHECK(guest.errno_of("fd_renumber", {two, 100}) == Errno::kBadf);
  CHECK(guest.errno_of("fd_renumber", {two, two}) == Errno::kSuccess);
}

TEST_CASE_FIXTURE(Files, "a million files cannot be open at once, and nothing breaks") {
  int open_count = 0;
  Errno last = Errno::kSuccess;
  for (int i = 0; i < 1'000'000 && last == Errno::kSuccess; ++i) {
    last = open("f", kCreate);
    if (last == Errno::kSuccess) ++open_count;
  }
  CHECK(last == Errno::kMfile);
  CHECK(open_count == 1024 - 4);
}

// A clock, at `at`: in so many nanoseconds, or at that time of the clock.
void subscribe_to_clock(Guest& guest, std::uint64_t at, std::uint64_t nanoseconds, bool absolute) {
  guest.store(at, std::string(48, '\0'));
  guest.store(at, 7U);       // user data
  guest.store(at + 16, 1U);  // monotonic
  REQUIRE(guest.instance->memory().store(engine::GuestAddress{at + 24}, nanoseconds));
  guest.store(at + 40, absolute ? 1U : 0U);
}

TEST_CASE_FIXTURE(Files, "a file is always ready, and a time that has passed has come") {
  const std::int32_t file = opened("f", kCreate);
  guest.store(100, std::string(48, '\0'));
  guest.store(100, 8U);
  guest.store(108, 1U);  // to read
  guest.store(116, static_cast<std::uint32_t>(file));
  subscribe_to_clock(guest, 148, 1'000'000'000, false);
  CHECK(guest.errno_of("poll_oneoff", {100, 600, 2, 500}) == Errno::kSuccess);
  CHECK(guest.load(500) == 1);
  CHECK(guest.load<std::uint64_t>(600) == 8);
  CHECK(guest.load<std::uint16_t>(608) == 0);
  CHECK(guest.load<std::uint8_t>(610) == 1);
  subscribe_to_clock(guest, 100, 0, true);
  CHECK(guest.errno_of("poll_oneoff", {100, 600, 1, 500}) == Errno::kSuccess);
  CHECK(guest.load<std::uint64_t>(600) == 7);
  CHECK(guest.load<std::uint8_t>(610) == 0);
}

TEST_CASE("a program sleeps where its thread is its own, and is told where it is not") {
  const Compiled compiled(guest_text(kOnePage));
  int waits = 0;
  Guest* sleeper = nullptr;
  Guest guest(
      compiled, "", {.wait = [&](const std::vector<system::Wait>& until) {
        REQUIRE(until.size() == 1);
        CHECK(until[0].until.value() == sleeper->clock.monotonic() + std::chrono::seconds(2));
        sleeper->clock.advance(std::chrono::seconds(2));
        ++waits;
      }});
  sleeper = &guest;
  subscribe_to_clock(guest, 100, 2'000'000'000, false);
  CHECK(guest.errno_of("poll_oneoff", {100, 600, 1, 500}) == Errno::kSuccess);
  CHECK(waits == 1);
  Guest other(compiled);
  subscribe_to_clock(other, 100, 2'000'000'000, false);
  CHECK(other.errno_of("poll_oneoff", {100, 600, 1, 500}) == Errno::kNotsup);
  CHECK(other.errno_of("poll_oneoff", {100, 600, 0, 500}) == Errno::kInval);
  CHECK(other.errno_of("poll_oneoff", {65'530, 600, 1, 500}) == Errno::kFault);
}

// Waits for descriptor 0 to be read (1) or 1 to be written to (2), and returns the event's flags.
std::uint16_t flags_of_event(Guest& guest, std::uint8_t type) {
  guest.store(100, std::string(48, '\0'));
  guest.store(108, static_cast<std::uint32_t>(type));
  guest.store(116, type == 1 ? 0U : 1U);
  REQUIRE(guest.errno_of("poll_oneoff", {100, 600, 1, 500}) == Errno::kSuccess);
  REQUIRE(guest.load(500) == 1);
  return guest.load<std::uint16_t>(624);
}

TEST_CASE("a standard stream waits until the program wants otherwise") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
  system::DescriptorInput input(ends[0]);
  const Compiled compiled(guest_text(kOnePage));
  int waits = 0;
  Guest guest(compiled, "", {.wait = [&](const std::vector<system::Wait>& until) {
                REQUIRE(until.size() == 1);
                CHECK(until[0].descriptor == ends[0]);
                REQUIRE(::write(ends[1], "late", 4) == 4);
                ++waits;
              }});
  REQUIRE(guest.program.sandbox()
              .put(system::FileNumber{0}, {.file = std::make_shared<system::InputFile>(&input)})
              .has_value());
  const auto flags = [&] {
    REQUIRE(guest.errno_of("fd_fdstat_get", {0, 600}) == Errno::kSuccess);
    return guest.load<std::uint16_t>(602);
  };
  guest.buffer(100, 0, 1'000, 10);
  CHECK(flags() == 0);
  REQUIRE(guest.errno_of("fd_read", {0, 100, 1, 500}) == Errno::kSuccess);
  CHECK(guest.text(1'000, 4) == "late");
  CHECK(waits == 1);
  REQUIRE(guest.errno_of("fd_fdstat_set_flags", {0, 4}) == Errno::kSuccess);
  CHECK(flags() == 4);
  CHECK(guest.errno_of("fd_read", {0, 100, 1, 500}) == Errno::kAgain);
  CHECK(waits == 1);
  REQUIRE(guest.errno_of("fd_fdstat_set_flags", {0, 0}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_read", {0, 100, 1, 500}) == Errno::kSuccess);
  CHECK(waits == 2);
  for (const std::int32_t output : {1, 2})
    CHECK(guest.errno_of("fd_fdstat_set_flags", {output, 4}) == Errno::kSuccess);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_CASE("a pipe whose other end has gone hangs up") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  system::DescriptorInput input(ends[0]);
  system::DescriptorOutput output(ends[1]);
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled, "", {.output = &output});
  REQUIRE(guest.program.sandbox()
              .put(system::FileNumber{0}, {.file = std::make_shared<system::InputFile>(&input)})
              .has_value());
  CHECK(flags_of_event(guest, 2) == 0);
  REQUIRE(::write(ends[1], "a", 1) == 1);
  CHECK(flags_of_event(guest, 1) == 0);
  SUBCASE("of the writer") {
    ::close(ends[1]);
    CHECK(flags_of_event(guest, 1) == 1);
    CHECK(guest.load<std::uint64_t>(616) == 1);
    ::close(ends[0]);
  }
  SUBCASE("of the reader") {
    ::close(ends[0]);
    CHECK(flags_of_event(guest, 2) == 1);
    ::close(ends[1]);
  }
}

TEST_CASE("every error of the system has a number of its own") {
  constexpr auto kLast = static_cast<int>(system::Errno::kCrossDevice);
  std::vector<Errno> numbers;
  for (int i = 0; i <= kLast; ++i)
    numbers.push_back(errno_of(static_cast<system::Errno>(i)));
  std::ranges::sort(numbers);
  CHECK(std::ranges::adjacent_find(numbers) == numbers.end());
}

TEST_CASE("a program with a directory that it may only read is told so") {
  FakeClock clock;
  const system::MemoryTree tree(clock);
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled, "", {.directories = {{.name = "/", .directory = tree.read_only_root()}}});
  guest.store(kPath, std::string_view("f"));
  CHECK(guest.errno_of("path_open", {kRoot, 1, 1000, 1, kCreate, kAll, kAll, 0, 500}) ==
        Errno::kRofs);
  CHECK(guest.program.refusals().read_only);
}

}  // namespace
}  // namespace weft::abi::command
