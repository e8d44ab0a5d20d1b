#include <doctest/doctest.h>

#include "abi/command/command.h"

namespace weft::abi::command {
namespace {

std::string below(std::string_view name, std::string_view path) {
  return std::string(path_below(name, path).value_or("elsewhere"));
}

TEST_CASE("a path leads below a directory as the C library reads its name") {
  for (const char* const name : {"/data", "data", "./data", "/data/", "././data//"}) {
    CAPTURE(name);
    for (const char* const path : {"/data/in/x", "data/in/x", "./data/in/x", "//data//in/x"})
      CHECK(below(name, path) == "in/x");
    CHECK(below(name, "data").empty());
    CHECK(below(name, "/data/").empty());
    for (const char* const path : {"/database/x", "dat", "/", "../data/x", "/x/data"})
      CHECK(below(name, path) == "elsewhere");
  }
}

TEST_CASE("the root and the working directory are the same, and have all paths below them") {
  for (const char* const name : {"/", ".", "./"}) {
    CAPTURE(name);
    CHECK(below(name, "/data/x") == "data/x");
    CHECK(below(name, "x") == "x");
    CHECK(below(name, "../x") == "../x");
    CHECK(below(name, "/").empty());
  }
}

}  // namespace
}  // namespace weft::abi::command
