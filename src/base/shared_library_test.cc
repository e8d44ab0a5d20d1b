#include "base/shared_library.h"

#include <doctest/doctest.h>

namespace weft {
namespace {

TEST_CASE("a function of a shared library is called by its name") {
  auto library = SharedLibrary::open({"libm.so.6", "Rounding", "libc6"}).value();
  double (*floor)(double) = nullptr;
  library.find("floor", floor);
  REQUIRE(library.check().has_value());
  CHECK(floor(1.5) == 1.0);
}

TEST_CASE("a library that the machine lacks says what needs it and what to install") {
  const auto library = SharedLibrary::open({"libnowhere.so.7", "Weaving", "libnowhere7"});
  REQUIRE(!library.has_value());
  CHECK(library.error().code() == ErrorCode::kUnsupported);
  const std::string& message = library.error().message();
  CHECK(message.starts_with("Weaving needs libnowhere.so.7: "));
  CHECK(message.ends_with("On Debian: apt-get install libnowhere7."));
}

TEST_CASE("a library that lacks a function is not usable, and the first such function is named") {
  auto library = SharedLibrary::open({"libm.so.6", "Rounding", "libc6"}).value();
  double (*none)(double) = nullptr;
  double (*floor)(double) = nullptr;
  library.find("weft_lacks_this", none);
  library.find("floor", floor);
  CHECK(!none);
  const auto checked = library.check();
  REQUIRE(!checked.has_value());
  CHECK(checked.error().code() == ErrorCode::kUnsupported);
  CHECK(checked.error().message().find("weft_lacks_this") != std::string::npos);
}

}  // namespace
}  // namespace weft
