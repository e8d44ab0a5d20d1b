#include "system/stored_zip.h"

#include <doctest/doctest.h>

#include "base/clock.h"
#include "system/archive_tree.h"
#include "system/testing.h"

namespace weft::system {
namespace {

TEST_CASE("files that were packed are an archive with the same files") {
  const FakeClock clock;
  const std::string large(90'000, 'x');
  const std::string bytes = stored_zip({{.name = "b/\xc3\xa4.py", .content = "two"},
                                        {.name = "a", .content = ""},
                                        {.name = "c.bin", .content = large}});
  const auto tree =
      open_archive(clock, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  REQUIRE_MESSAGE(tree.has_value(), (tree ? "" : tree.error().message()));
  CHECK(testing::read_file(**tree, "a").empty());
  CHECK(testing::read_file(**tree, "b/\xc3\xa4.py") == "two");
  CHECK(testing::read_file(**tree, "c.bin") == large);
}

TEST_CASE("the same files give the same archive") {
  const ZipFile one{.name = "a", .content = "1"};
  const ZipFile two{.name = "b", .content = "2"};
  CHECK(stored_zip({one, two}) == stored_zip({two, one}));
  CHECK(stored_zip({one}) != stored_zip({two}));
  CHECK(stored_zip({}).starts_with("PK\5\6"));
}

}  // namespace
}  // namespace weft::system
