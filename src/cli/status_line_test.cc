#include "cli/status_line.h"

#include <doctest/doctest.h>

#include "cli/testing.h"

namespace weft::cli {
namespace {

TEST_CASE("nothing is shown within the first second, and what was shown is removed") {
  TestConsole test;
  {
    StatusLine line(test.console(), Status::kShown);
    line.show("Uploading 1 of 9");
    test.clock().advance(std::chrono::milliseconds(999));
    line.show_time("Waiting");
    CHECK(test.errors().empty());
    test.clock().advance(std::chrono::milliseconds(1));
    line.show("Uploading 3 of 9");
    CHECK(test.errors() == "\rUploading 3 of 9");
    line.show("Uploading 3 of 9");
    test.clock().advance(std::chrono::seconds(2));
    line.show_time("Compiling");
    CHECK(test.errors() == "\rUploading 3 of 9\rCompiling… 3 s  ");
  }
  CHECK(test.errors() == "\rUploading 3 of 9\rCompiling… 3 s  \r" + std::string(14, ' ') + "\r");
}

TEST_CASE("where nobody looks nothing is written") {
  TestConsole test;
  {
    StatusLine line(test.console(), Status::kHidden);
    test.clock().advance(std::chrono::seconds(5));
    line.show_time("Compiling");
    const BusyLine busy(test.console(), Status::kHidden, "Compiling");
  }
  CHECK(test.errors().empty());
}

TEST_CASE("shares have one unit") {
  CHECK(share_text(12'897'485, 41'943'040) == "12.3 of 40.0 MiB");
  CHECK(share_text(0, 1'048'576) == "0.0 of 1.0 MiB");
  CHECK(share_text(512, 204'800) == "0.5 of 200.0 KiB");
}

}  // namespace
}  // namespace weft::cli
