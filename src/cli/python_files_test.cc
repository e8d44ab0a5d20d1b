#include "cli/python_files.h"

#include <fstream>

#include <doctest/doctest.h>

#include "store/testing.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

void make_guests(const fs::path& directory) {
  for (const char* const name : {"weft.wasm", "python.wasm", "usr/local/lib/python313.zip"}) {
    const fs::path file = directory / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "x";
  }
}

bool mentions(const Error& error, std::string_view text) {
  return error.message().find(text) != std::string::npos;
}

TEST_CASE(
    "the Python guests are found beside the program, where it is installed, where it is built") {
  const store::TemporaryDirectory root;
  const fs::path program = root.path() / "build/release/weft";
  const auto found = [&] { return find_python_files({}, program).value().directory; };
  for (const char* const place :
       {"build/python/out", "build/lib/weft/python", "build/release/python"}) {
    make_guests(root.path() / place);
    CHECK(found() == root.path() / place);
  }
}

TEST_CASE("a directory in which a file is missing is passed over") {
  const store::TemporaryDirectory root;
  make_guests(root.path() / "bin/python");
  make_guests(root.path() / "python/out");
  fs::remove(root.path() / "bin/python/python.wasm");
  CHECK(find_python_files({}, root.path() / "bin/weft").value().directory ==
        root.path() / "python/out");
}

TEST_CASE("without Python guests the error says how to get them, and clients are told no paths") {
  const store::TemporaryDirectory root;
  const Error error = find_python_files({}, root.path() / "bin/weft").error();
  CHECK(error.code() == ErrorCode::kUnsupported);
  CHECK(mentions(error, "guests/python/build"));
  CHECK(mentions(error, (root.path() / "lib/weft/python").native()));
  CHECK(error.told_clients() == "this server has no Python guests");
}

TEST_CASE("a directory that was named counts alone, and the error names what it lacks") {
  const store::TemporaryDirectory root;
  make_guests(root.path() / "bin/python");
  fs::create_directories(root.path() / "empty");
  const fs::path program = root.path() / "bin/weft";
  const std::string empty = root.path() / "empty";
  const Error error = find_python_files(empty, program).error();
  CHECK(error.code() == ErrorCode::kNotFound);
  CHECK(mentions(error, empty + " has no weft.wasm"));
  CHECK(mentions(error, "guests/python/build"));
  make_guests(empty);
  CHECK(find_python_files(empty, program).value().library() == fs::path(empty) / "usr");
}

TEST_CASE("the program knows its own file") {
  CHECK(fs::exists(executable_path()));
}

}  // namespace
}  // namespace weft::cli
