// Programs with files at the limits: sizes that wrap or exceed what a tree may hold, nothing at
// all, and texts that are no paths.
#include <limits>

#include "abi/command/testing.h"
#include "system/memory_tree.h"
#include "system/testing.h"

namespace weft::abi::command {
namespace {

using namespace testing;  // NOLINT(google-build-using-namespace): the words of these tests.

constexpr std::int32_t kRoot = 3;
constexpr std::int64_t kAll = (1LL << 30) - 1;
constexpr std::int32_t kCreate = 1;
constexpr std::uint32_t kPath = 1000;
constexpr std::uint32_t kBuffer = 3000;
constexpr std::uint32_t kContent = 2000;
constexpr std::int32_t kOut = 5000;
constexpr std::int64_t kGib = 1LL << 30;
constexpr std::uint64_t kQuotaBytes = 1ULL << 20U;

struct Extremes {
  FakeClock clock;
  system::MemoryTree tree{clock, {.limits = {.bytes = kQuotaBytes, .nodes = 100}}};
  Compiled compiled{guest_text(kOnePage)};
  Guest guest{compiled, "", {.directories = {{.name = "/", .directory = tree.root()}}}};

  Errno open(std::string_view text, std::int32_t how = kCreate) {
    guest.store(kPath, text);
    return guest.errno_of("path_open",
                          {kRoot, 1, static_cast<std::int32_t>(kPath),
                           static_cast<std::int32_t>(text.size()), how, kAll, kAll, 0, kOut});
  }
  std::int32_t opened(std::string_view text) {
    REQUIRE(open(text) == Errno::kSuccess);
    return static_cast<std::int32_t>(guest.load(kOut));
  }
  // fd_pwrite or fd_pread of so many bytes there.
  Errno transfer(std::string_view function, std::int32_t file, std::int64_t offset,
                 std::uint32_t size = 5) {
    guest.buffer(kBuffer, 0, kContent, size);
    return guest.errno_of(function, {file, static_cast<std::int32_t>(kBuffer), 1, offset, kOut});
  }
  Errno seek(std::int32_t file, std::int64_t offset, int whence) {
    return guest.errno_of("fd_seek", {file, offset, whence, kOut});
  }
};

TEST_CASE_FIXTURE(Extremes, "ten gigabytes of holes are refused by a quota and take no memory") {
  const std::int32_t file = opened("f");
  guest.store(kContent, std::string_view("hello"));
  CHECK(transfer("fd_pwrite", file, 10 * kGib) == Errno::kNospc);
  CHECK(guest.errno_of("fd_filestat_set_size", {file, 10 * kGib}) == Errno::kNospc);
  CHECK(guest.errno_of("fd_allocate", {file, std::int64_t{0}, 10 * kGib}) == Errno::kNospc);
  REQUIRE(seek(file, 10 * kGib, 0) == Errno::kSuccess);
  guest.buffer(kBuffer, 0, kContent, 5);
  CHECK(guest.errno_of("fd_write", {file, static_cast<std::int32_t>(kBuffer), 1, kOut}) ==
        Errno::kNospc);
  CHECK(tree.bytes_used() == 0);
  // What fits is still taken.
  CHECK(transfer("fd_pwrite", file, 0) == Errno::kSuccess);
  CHECK(tree.bytes_used() == 5);
}

TEST_CASE_FIXTURE(Extremes, "a write that goes beyond the quota takes what fits, then nothing") {
  const std::int32_t file = opened("f");
  REQUIRE(guest.errno_of("fd_filestat_set_size",
                         {file, static_cast<std::int64_t>(kQuotaBytes - 2)}) == Errno::kSuccess);
  for (int i = 0; i < 3 && transfer("fd_pwrite", file, kQuotaBytes - 2) == Errno::kSuccess; ++i) {
  }
  CHECK(tree.bytes_used() <= kQuotaBytes);
  CHECK(transfer("fd_pwrite", file, kQuotaBytes) == Errno::kNospc);
  // A smaller file makes room.
  CHECK(guest.errno_of("fd_filestat_set_size", {file, std::int64_t{0}}) == Errno::kSuccess);
  CHECK(transfer("fd_pwrite", file, 0) == Errno::kSuccess);
}

TEST_CASE_FIXTURE(Extremes, "no more files are made than a tree may hold, and room comes back") {
  int made = 0;
  Errno last = Errno::kSuccess;
  for (; made < 1000; ++made) {
    last = open("f" + std::to_string(made));
    if (last != Errno::kSuccess) break;
    REQUIRE(guest.errno_of("fd_close", {static_cast<std::int32_t>(guest.load(kOut))}) ==
            Errno::kSuccess);
  }
  CHECK(last == Errno::kNospc);
  CHECK(made < 100);
  guest.store(kPath, std::string_view("f0"));
  CHECK(guest.errno_of("path_unlink_file", {kRoot, static_cast<std::int32_t>(kPath), 2}) ==
        Errno::kSuccess);
  CHECK(open("again") == Errno::kSuccess);
}

TEST_CASE("offsets of more than four gigabytes are what they are") {
  FakeClock clock;
  const system::MemoryTree tree(clock, {.limits = {.bytes = 1ULL << 40U}});
  const Compiled compiled(guest_text(kOnePage));
  Guest guest(compiled, "", {.directories = {{.name = "/", .directory = tree.root()}}});
  guest.store(kPath, std::string_view("f"));
  REQUIRE(guest.errno_of("path_open", {kRoot, 1, static_cast<std::int32_t>(kPath), 1, kCreate, kAll,
                                       kAll, 0, kOut}) == Errno::kSuccess);
  const auto file = static_cast<std::int32_t>(guest.load(kOut));
  guest.buffer(kBuffer, 0, kContent, 5);
  for (const std::int64_t offset : {4 * kGib - 2, 4 * kGib, 10 * kGib}) {
    CAPTURE(offset);
    guest.store(kContent, std::string_view("hello"));
    REQUIRE(guest.errno_of("fd_seek", {file, offset, 0, kOut}) == Errno::kSuccess);
    CHECK(guest.load<std::int64_t>(kOut) == offset);
    CHECK(guest.errno_of("fd_write", {file, static_cast<std::int32_t>(kBuffer), 1, kOut}) ==
          Errno::kSuccess);
    CHECK(guest.errno_of("fd_tell", {file, kOut}) == Errno::kSuccess);
    CHECK(guest.load<std::int64_t>(kOut) == offset + 5);
    CHECK(guest.errno_of("fd_filestat_get", {file, kOut}) == Errno::kSuccess);
    CHECK(guest.load<std::int64_t>(kOut + 32) == offset + 5);
    guest.store(kContent, std::string_view("....."));
    CHECK(guest.errno_of("fd_pread", {file, static_cast<std::int32_t>(kBuffer), 1, offset, kOut}) ==
          Errno::kSuccess);
    CHECK(guest.text(kContent, 5) == "hello");
  }
  // Not what is there without the upper half of the offset.
  CHECK(guest.errno_of("fd_pread", {file, static_cast<std::int32_t>(kBuffer), 1, std::int64_t{0},
                                    kOut}) == Errno::kSuccess);
  CHECK(guest.text(kContent, 5) == std::string(5, '\0'));
}

TEST_CASE_FIXTURE(Extremes, "offsets that no file can have are invalid, and those that wrap too") {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  const std::int32_t file = opened("f");
  CHECK(transfer("fd_pwrite", file, 0) == Errno::kSuccess);
  for (const std::int64_t offset : {std::int64_t{-1}, kMin}) {
    CAPTURE(offset);
    CHECK(seek(file, offset, 0) == Errno::kInval);
    CHECK(transfer("fd_pwrite", file, offset) == Errno::kInval);
    CHECK(transfer("fd_pread", file, offset) == Errno::kInval);
    // Sizes have no sign, so these are large.
    CHECK(guest.errno_of("fd_filestat_set_size", {file, offset}) == Errno::kFbig);
    CHECK(guest.errno_of("fd_allocate", {file, offset, std::int64_t{1}}) == Errno::kFbig);
    CHECK(guest.errno_of("fd_allocate", {file, std::int64_t{0}, offset}) == Errno::kFbig);
  }
  CHECK(seek(file, -6, 2) == Errno::kInval);
  CHECK(seek(file, kMin, 1) == Errno::kInval);
  CHECK(seek(file, 0, 3) == Errno::kInval);
  REQUIRE(seek(file, 5, 0) == Errno::kSuccess);
  CHECK(seek(file, kMax, 1) == Errno::kInval);  // As Linux says it.
  CHECK(seek(file, kMax, 2) == Errno::kInval);
  CHECK(transfer("fd_pwrite", file, kMax) == Errno::kFbig);
  CHECK(transfer("fd_pread", file, kMax) == Errno::kSuccess);
  CHECK(guest.load(kOut) == 0);
  CHECK(guest.errno_of("fd_filestat_set_size", {file, kMax}) == Errno::kFbig);
  CHECK(guest.errno_of("fd_allocate", {file, kMax, kMax}) == Errno::kFbig);
  CHECK(guest.errno_of("fd_advise", {file, kMax, kMax, 0}) == Errno::kSuccess);
  CHECK(tree.bytes_used() == 5);
}

TEST_CASE_FIXTURE(Extremes, "nothing at all is read and written, wherever it is said to be") {
  const std::int32_t file = opened("f");
  for (const std::string_view function : {"fd_read", "fd_write"}) {
    CAPTURE(function);
    CHECK(guest.errno_of(function, {file, 0, 0, kOut}) == Errno::kSuccess);
    CHECK(guest.load(kOut) == 0);
    for (std::uint32_t i = 0; i < 3; ++i)
      guest.buffer(kBuffer, i, i * 1000, 0);
    CHECK(guest.errno_of(function, {file, static_cast<std::int32_t>(kBuffer), 3, kOut}) ==
          Errno::kSuccess);
    CHECK(guest.load(kOut) == 0);
    // An array that would end behind the memory is not there, though no bytes are asked for.
    CHECK(guest.errno_of(function, {file, 65'532, 1, kOut}) == Errno::kFault);
  }
  CHECK(transfer("fd_pwrite", file, 10 * kGib, 0) == Errno::kSuccess);
  CHECK(transfer("fd_pread", file, 10 * kGib, 0) == Errno::kSuccess);
  CHECK(tree.bytes_used() == 0);
  CHECK(guest.errno_of("fd_readdir", {kRoot, 0, 0, std::int64_t{0}, kOut}) == Errno::kSuccess);
  CHECK(guest.load(kOut) == 0);
  CHECK(guest.errno_of("fd_allocate", {file, std::int64_t{0}, std::int64_t{0}}) == Errno::kInval);
  CHECK(guest.errno_of("fd_advise", {file, std::int64_t{0}, std::int64_t{0}, 0}) ==
        Errno::kSuccess);
  CHECK(guest.errno_of("random_get", {0, 0}) == Errno::kSuccess);
  CHECK(guest.errno_of("fd_prestat_dir_name", {kRoot, 0, 0}) == Errno::kNametoolong);
}

// What a path-taking function says to a path of these bytes; of two, it is `which`.
struct PathCall {
  std::string_view name;
  int which = 0;
};
constexpr std::array kPathCalls = {
    PathCall{"path_create_directory"},
    PathCall{"path_filestat_get"},
    PathCall{"path_filestat_set_times"},
    PathCall{"path_link", 0},
    PathCall{"path_link", 1},
    PathCall{"path_open"},
    PathCall{"path_readlink"},
    PathCall{"path_remove_directory"},
    PathCall{"path_rename", 0},
    PathCall{"path_rename", 1},
    PathCall{"path_symlink", 0},
    PathCall{"path_symlink", 1},
    PathCall{"path_unlink_file"},
};

Errno errno_for(Guest& guest, const PathCall& call, std::string_view text) {
  constexpr std::int32_t kAt = 10'000;
  constexpr std::int32_t kOther = 9'000;
  guest.store(kAt, text);
  guest.store(kOther, std::string_view("other"));
  const auto size = static_cast<std::int32_t>(text.size());
  const auto at = [&](int which) { return which == call.which ? kAt : kOther; };
  const auto size_at = [&](int which) { return which == call.which ? size : 5; };
  if (call.name == "path_open") {
    return guest.errno_of(call.name, {kRoot, 1, kAt, size, kCreate, kAll, kAll, 0, kOut});
  }
  if (call.name == "path_link")
    return guest.errno_of(call.name, {kRoot, 0, at(0), size_at(0), kRoot, at(1), size_at(1)});
  if (call.name == "path_rename")
    return guest.errno_of(call.name, {kRoot, at(0), size_at(0), kRoot, at(1), size_at(1)});
  if (call.name == "path_symlink")
    return guest.errno_of(call.name, {at(0), size_at(0), kRoot, at(1), size_at(1)});
  if (call.name == "path_readlink")
    return guest.errno_of(call.name, {kRoot, kAt, size, 600, 100, kOut});
  if (call.name == "path_filestat_get")
    return guest.errno_of(call.name, {kRoot, 1, kAt, size, 600});
  if (call.name == "path_filestat_set_times") {
    return guest.errno_of(call.name, {kRoot, 1, kAt, size, std::int64_t{0}, std::int64_t{0}, 0});
  }
  return guest.errno_of(call.name, {kRoot, kAt, size});
}

TEST_CASE_FIXTURE(Extremes, "what is no path is refused by every function that takes one") {
  REQUIRE(open("other") == Errno::kSuccess);
  const std::uint64_t nodes = tree.nodes_used();
  for (const PathCall& call : kPathCalls) {
    CAPTURE(call.name);
    CAPTURE(call.which);
    CHECK(errno_for(guest, call, "") == Errno::kNoent);
    CHECK(errno_for(guest, call, std::string_view("a\0b", 3)) == Errno::kInval);
    CHECK(errno_for(guest, call, std::string_view("\0", 1)) == Errno::kInval);
    for (const std::string_view text :
         {"\xff", "a\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80"})
      CHECK(errno_for(guest, call, text) == Errno::kIlseq);
    CHECK(errno_for(guest, call, std::string(40'000, 'n')) == Errno::kNametoolong);
    if (call.name != "path_symlink" || call.which == 1)
      CHECK(errno_for(guest, call, std::string(256, 'n')) == Errno::kNametoolong);
  }
  CHECK(tree.nodes_used() == nodes);
}

}  // namespace
}  // namespace weft::abi::command
