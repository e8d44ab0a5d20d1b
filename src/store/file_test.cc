#include "store/file.h"

#include <cerrno>

#include <doctest/doctest.h>

namespace weft::store {
namespace {

TEST_CASE("a full disk is told with its path to the owner, and without it to clients") {
  for (const int error_number : {ENOSPC, EDQUOT}) {
    const auto error = system_error(error_number, "write", "/data/blobs/incoming/x");
    CHECK(error.code() == ErrorCode::kUnavailable);
    CHECK(error.message().find("/data/blobs/incoming/x") != std::string::npos);
    CHECK(error.message().find("free some space") != std::string::npos);
    CHECK(error.told_clients() == kNoSpaceTold);
  }
  CHECK_FALSE(system_error(EIO, "write", "/data/x").told_clients().has_value());
}

}  // namespace
}  // namespace weft::store
