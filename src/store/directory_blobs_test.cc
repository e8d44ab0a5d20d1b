#include "store/directory_blobs.h"

#include <atomic>
#include <fstream>

#include <doctest/doctest.h>

#include "base/id.h"
#include "base/work_pool.h"
#include "store/testing.h"

namespace weft::store {
namespace {

namespace fs = std::filesystem;

// SHA-256 of "abc", from FIPS 180-2 appendix B.1.
constexpr const char* kAbc =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fs::path file_of_abc(const TemporaryDirectory& directory) {
  return directory.path() / "sha256" / "ba" /
         "7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
}

std::unique_ptr<Blobs> open_blobs(const TemporaryDirectory& directory,
                                  std::uint64_t blob_bytes_max = 1U << 20U) {
  return DirectoryBlobs::open(directory.path(), {.blob_bytes_max = blob_bytes_max}).value();
}

std::ptrdiff_t files_waiting(const TemporaryDirectory& directory) {
  return std::distance(fs::directory_iterator(directory.path() / "incoming"),
                       fs::directory_iterator());
}

TEST_CASE("a blob comes back under the hash of its bytes") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  CHECK(blobs->put("abc").value() == kAbc);
  CHECK(blobs->put("abc").value() == kAbc);
  CHECK(blobs->get(kAbc).value() == "abc");
  CHECK(blobs->size(kAbc).value() == 3);
  CHECK(blobs->contains(kAbc).value());
  CHECK(fs::is_regular_file(file_of_abc(directory)));
  CHECK(files_waiting(directory) == 0);
}

TEST_CASE("blobs survive opening again") {
  const TemporaryDirectory directory;
  const std::string empty = open_blobs(directory)->put("").value();
  CHECK(open_blobs(directory)->get(empty).value().empty());
}

TEST_CASE("a blob that is not there is not found") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  CHECK(code_of(blobs->get(kAbc)) == ErrorCode::kNotFound);
  CHECK(code_of(blobs->size(kAbc)) == ErrorCode::kNotFound);
  CHECK_FALSE(blobs->contains(kAbc).value());
  CHECK(blobs->remove(kAbc).has_value());
}

TEST_CASE("a removed blob is gone and can be put again") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  REQUIRE(blobs->put("abc").has_value());
  CHECK(blobs->remove(kAbc).has_value());
  CHECK_FALSE(blobs->contains(kAbc).value());
  CHECK(blobs->put("abc").has_value());
  CHECK(blobs->get(kAbc).value() == "abc");
}

TEST_CASE("ids that are no hashes never become paths") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  for (const std::string& id :
       {std::string(), std::string("abc"), std::string("../../etc/passwd"),
        "sha256:../" + std::string(61, 'a'), "sha512:" + std::string(64, 'a'),
        "sha256:" + std::string(64, 'A'), std::string(kAbc) + "0"}) {
    CAPTURE(id);
    CHECK(code_of(blobs->get(id)) == ErrorCode::kInvalidArgument);
    CHECK(code_of(blobs->size(id)) == ErrorCode::kInvalidArgument);
    CHECK(code_of(blobs->contains(id)) == ErrorCode::kInvalidArgument);
    CHECK(code_of(blobs->remove(id)) == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("a damaged blob is data loss until it is put again") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  for (const auto* damaged : {"abd", "ab", "abcd", ""}) {
    REQUIRE(blobs->put("abc").has_value());
    std::ofstream(file_of_abc(directory)) << damaged;
    CHECK(code_of(blobs->get(kAbc)) == ErrorCode::kDataLoss);
    CHECK(blobs->put("abc").has_value());
    CHECK(blobs->get(kAbc).value() == "abc");
  }
}

TEST_CASE("a blob over the limit is refused with the limit's name") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory, 3);
  CHECK(blobs->put("abc").has_value());
  const auto refused = blobs->put("abcd");
  CHECK(code_of(refused) == ErrorCode::kTooLarge);
  CHECK(refused.error().limit() == LimitReached{"blob_bytes", 3});
}

TEST_CASE("a blob stays readable when the limit is lowered") {
  const TemporaryDirectory directory;
  REQUIRE(open_blobs(directory)->put("abc").has_value());
  const auto blobs = open_blobs(directory, 2);
  CHECK(blobs->get(kAbc).value() == "abc");
  CHECK(code_of(blobs->put("abc")) == ErrorCode::kTooLarge);
}

TEST_CASE("a file larger than any blob is data loss and is not read") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  REQUIRE(blobs->put("abc").has_value());
  fs::resize_file(file_of_abc(directory), kBlobBytesMax + 1);  // Takes no room: it has a hole.
  CHECK(code_of(blobs->get(kAbc)) == ErrorCode::kDataLoss);
}

TEST_CASE("a disk that fails is unavailable, whatever the system calls it") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  const auto file = file_of_abc(directory);

  fs::remove(directory.path() / "incoming");  // The system's "not found".
  CHECK(code_of(blobs->put("abc")) == ErrorCode::kUnavailable);
  fs::create_directory(directory.path() / "incoming");

  fs::create_directory(file);  // Not a file: the system's "failed precondition".
  CHECK(code_of(blobs->get(kAbc)) == ErrorCode::kUnavailable);
  CHECK(code_of(blobs->put("abc")) == ErrorCode::kUnavailable);
  CHECK(code_of(blobs->remove(kAbc)) == ErrorCode::kUnavailable);
  CHECK(files_waiting(directory) == 0);
  fs::remove(file);

  fs::remove(file.parent_path());
  std::ofstream(file.parent_path()) << "not a directory";
  CHECK(code_of(blobs->get(kAbc)) == ErrorCode::kUnavailable);
  CHECK(code_of(blobs->size(kAbc)) == ErrorCode::kUnavailable);
  CHECK(code_of(blobs->contains(kAbc)) == ErrorCode::kUnavailable);
  CHECK(code_of(blobs->put("abc")) == ErrorCode::kUnavailable);
  CHECK(code_of(blobs->remove(kAbc)) == ErrorCode::kUnavailable);
}

TEST_CASE("what a crash left half-written is swept at the next start") {
  const TemporaryDirectory directory;
  REQUIRE(open_blobs(directory)->put("abc").has_value());
  std::ofstream(directory.path() / "incoming" / "Xy12Zz") << "ab";
  const auto blobs = open_blobs(directory);
  CHECK(files_waiting(directory) == 0);
  CHECK(blobs->get(kAbc).value() == "abc");
}

TEST_CASE("several threads may put the same blobs") {
  const TemporaryDirectory directory;
  const auto blobs = open_blobs(directory);
  std::atomic<int> failures = 0;
  {
    WorkPool pool("putters", 4, 4);
    for (int thread = 0; thread < 4; ++thread) {
      REQUIRE(pool.run([&] {
                    for (int i = 0; i < 20; ++i) {
                      const std::string bytes(1000, static_cast<char>('a' + i));
                      const auto id = blobs->put(bytes);
                      if (!id || blobs->get(*id).value_or("") != bytes) ++failures;
                    }
                  })
                  .has_value());
    }
    pool.finish();
  }
  CHECK(failures == 0);
  CHECK(files_waiting(directory) == 0);
}

}  // namespace
}  // namespace weft::store
