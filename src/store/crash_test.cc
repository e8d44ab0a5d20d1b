// What was acknowledged survives the death of the process, at whatever moment it comes.
#include <cerrno>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/id.h"
#include "base/unique_fd.h"
#include "base/work_pool.h"
#include "store/data_directory.h"
#include "store/directory_blobs.h"
#include "store/metadata.h"
#include "store/testing.h"

namespace weft::store {
namespace {

constexpr int kRounds = 20;
constexpr int kThreads = 4;

// Tells the parent an id. Lines are shorter than PIPE_BUF, so that they arrive whole.
bool acknowledge(int pipe, const std::string& id) {
  const std::string line = id + "\n";
  return ::write(pipe, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

// Puts a blob, records it as a module and deploys it; says so. False when something failed.
bool store_one(Blobs& blobs, Metadata& metadata, const std::string& bytes, int pipe) {
  const auto id = blobs.put(bytes);
  if (!id || !metadata.put_module({.id = *id, .dialect = "typed", .size_bytes = bytes.size()}))
    return false;
  if (!metadata.deploy(fmt::format("f{}", bytes.size() % 7), {.module = *id})) return false;
  return acknowledge(pipe, *id);
}

// The child: writes until it is killed. The status tells which part could not even start.
[[noreturn]] void write_until_killed(const std::filesystem::path& path, int round, int pipe) {
  const SystemClock clock;
  const auto directory = DataDirectory::open(path);
  if (!directory) ::_exit(10);
  const auto database = SqliteDatabase::open(directory->database_file());
  if (!database || !migrate(**database, clock)) ::_exit(11);
  const auto blobs = DirectoryBlobs::open(directory->blobs());
  if (!blobs) ::_exit(12);
  Metadata metadata(**database, clock);
  const auto write = [&](int thread) {
    for (int i = 0;; ++i) {
      const std::string bytes =
          fmt::format("{} {} {} {}", round, thread, i, std::string(3000, 'x'));
      if (!store_one(**blobs, metadata, bytes, pipe)) ::_exit(13);
    }
  };
  {
    WorkPool pool("writers", kThreads, kThreads);
    for (int thread = 0; thread < kThreads; ++thread) {
      if (!pool.run([&write, thread] { write(thread); })) ::_exit(14);
    }
    pool.finish();
  }
  ::_exit(15);
}

// Runs the child until it has acknowledged `enough` ids, kills it, and returns all that it
// acknowledged.
std::set<std::string> kill_after(const std::filesystem::path& path, int round, std::size_t enough) {
  int ends[2] = {-1, -1};
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) write_until_killed(path, round, ends[1]);
  ::close(ends[1]);
  const UniqueFd from_child(ends[0]);
  std::string text;
  std::size_t lines = 0;
  bool killed = false;
  for (;;) {
    char buffer[4096];
    const ssize_t got = ::read(from_child.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    for (ssize_t i = 0; i < got; ++i)
      lines += buffer[i] == '\n' ? 1U : 0U;
    text.append(buffer, static_cast<std::size_t>(got));
    if (lines >= enough && !killed) {
      ::kill(child, SIGKILL);
      killed = true;
    }
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE_MESSAGE(WIFSIGNALED(status),
                  fmt::format("the child ended by itself: {}", WEXITSTATUS(status)));
  std::set<std::string> ids;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    if (end == std::string::npos) break;
    ids.insert(text.substr(at, end - at));
    at = end + 1;
  }
  return ids;
}

TEST_CASE("everything acknowledged is there after the process was killed") {
  const TemporaryDirectory temporary;
  const SystemClock clock;
  std::set<std::string> acknowledged;
  for (int round = 0; round < kRounds; ++round) {
    acknowledged.merge(
        kill_after(temporary.path(), round, 1 + static_cast<std::size_t>(round) * 3));
    // The lock of the dead is free again.
    const auto directory = DataDirectory::open(temporary.path()).value();
    const auto database = open_migrated(directory.database_file(), clock);
    const auto blobs = DirectoryBlobs::open(directory.blobs()).value();
    Metadata metadata(*database, clock);
    for (const auto& id : acknowledged) {
      REQUIRE(metadata.module(id).has_value());
      REQUIRE(content_id(blobs->get(id).value()) == id);
    }
    CHECK(database->read("PRAGMA integrity_check").value()[0].text(0) == "ok");
    CHECK(database->read("PRAGMA foreign_key_check").value().empty());
    // Versions are without gaps.
    CHECK(database
              ->read("SELECT name FROM function f WHERE latest_version <> "
                     "(SELECT COUNT(*) FROM function_version v WHERE v.function = f.name)")
              .value()
              .empty());
  }
  CHECK(acknowledged.size() >= static_cast<std::size_t>(kRounds));
}

TEST_CASE("a second process is refused while the first one lives") {
  const TemporaryDirectory temporary;
  const auto held = DataDirectory::open(temporary.path()).value();
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto second = DataDirectory::open(temporary.path());
    ::_exit(!second && second.error().code() == ErrorCode::kFailedPrecondition ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace weft::store
