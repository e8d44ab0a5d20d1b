#include "store/mapped_file.h"

#include <fstream>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "store/testing.h"

namespace weft::store {
namespace {

TEST_CASE("a file's bytes are mapped, and stay when another takes its name") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  std::ofstream(path) << "first";
  const auto first = MappedFile::open(path);
  REQUIRE(first.has_value());
  std::ofstream(directory.path() / "other") << "second";
  std::filesystem::rename(directory.path() / "other", path);
  CHECK(first->bytes() == "first");
  CHECK(MappedFile::open(path)->bytes() == "second");
}

TEST_CASE("only files that nobody else may write to are mapped") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  CHECK_FALSE(MappedFile::open(path).has_value());
  CHECK_FALSE(MappedFile::open(directory.path()).has_value());
  std::ofstream(path).flush();
  CHECK_FALSE(MappedFile::open(path).has_value());
  std::ofstream(path) << "x";
  for (const mode_t mode : {0620U, 0602U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    CHECK_FALSE(MappedFile::open(path).has_value());
  }
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  CHECK(MappedFile::open(path)->bytes() == "x");
  std::filesystem::create_symlink(path, directory.path() / "link");
  CHECK_FALSE(MappedFile::open(directory.path() / "link").has_value());
}

TEST_CASE("what was changed, or takes a file's place, is another file") {
  const TemporaryDirectory directory;
  const auto path = directory.path() / "file";
  std::ofstream(path) << "first";
  CHECK_FALSE(MappedFile::open(path)->identity().has_value());
  auto settled = MappedFile::open(path);
  while (!settled->identity()) {  // Until the file is old enough, which takes two seconds at most.
    settled.emplace(MappedFile::open(path).value());
  }
  CHECK(settled->identity() == settled->identity_now());
  std::ofstream(path, std::ios::in) << "other";
  CHECK(settled->identity() != settled->identity_now());
  const auto changed = MappedFile::open(path);
  std::ofstream(directory.path() / "other") << "other";
  std::filesystem::rename(directory.path() / "other", path);
  CHECK(MappedFile::open(path)->identity_now() != changed->identity_now());
}

}  // namespace
}  // namespace weft::store
