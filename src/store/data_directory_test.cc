#include "store/data_directory.h"

#include <fstream>

#include <doctest/doctest.h>

#include "store/testing.h"

namespace weft::store {
namespace {

namespace fs = std::filesystem;

TEST_CASE("a data directory is made with its parts, for its owner only") {
  const TemporaryDirectory temporary;
  const auto path = temporary.path() / "a" / "b";
  const auto directory = DataDirectory::open(path).value();
  for (const auto& part : {path, directory.blobs(), directory.cache()}) {
    CHECK(fs::is_directory(part));
    CHECK(fs::status(part).permissions() == fs::perms::owner_all);
  }
  CHECK(directory.database_file() == path / "weft.db");
}

TEST_CASE("a data directory has one holder, and the refusal names the directory") {
  const TemporaryDirectory temporary;
  {
    const auto first = DataDirectory::open(temporary.path()).value();
    const auto second = DataDirectory::open(temporary.path());
    CHECK(code_of(second) == ErrorCode::kFailedPrecondition);
    CHECK(second.error().message().contains(temporary.path().native()));
    CHECK(second.error().message().contains("process"));
  }
  CHECK(DataDirectory::open(temporary.path()).has_value());
}

TEST_CASE("the lock moves with the directory") {
  const TemporaryDirectory temporary;
  auto first = DataDirectory::open(temporary.path()).value();
  const DataDirectory moved = std::move(first);
  CHECK(code_of(DataDirectory::open(temporary.path())) == ErrorCode::kFailedPrecondition);
}

TEST_CASE("a place where nobody can make a directory is refused") {
  // The system says of it that its parent does not exist, which does.
  const auto refused = DataDirectory::open("/proc/weft/data");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message().find("/proc/weft") != std::string::npos);
}

TEST_CASE("a file cannot be a data directory") {
  const TemporaryDirectory temporary;
  std::ofstream(temporary.path() / "file") << "x";
  CHECK(code_of(DataDirectory::open(temporary.path() / "file")) == ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace weft::store
