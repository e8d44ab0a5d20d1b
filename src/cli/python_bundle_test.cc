#include "cli/python_bundle.h"

#include <fstream>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "function/python_archive.h"
#include "store/testing.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

std::vector<std::string> names_of(const BundleFiles& files) {
  std::vector<std::string> names;
  for (const auto& [name, content] : files)
    names.push_back(name);
  return names;
}

TEST_CASE("a directory is packed without what only this machine has a use for") {
  const store::TemporaryDirectory root;
  for (const char* name : {"main.py", "pkg/a.py", "pkg/data/x.txt", ".git/config", ".env",
                           "pkg/__pycache__/a.pyc", "b.pyc", "venv/pyvenv.cfg", "venv/lib/x.py"})
    write(root.path() / name, name);
  BundleFiles files;
  REQUIRE(add_directory(files, root.path()).has_value());
  CHECK(names_of(files) == std::vector<std::string>{"main.py", "pkg/a.py", "pkg/data/x.txt"});
  const FakeClock clock;
  const auto archive = function::open_python_archive(clock, to_archive(files));
  REQUIRE_MESSAGE(archive.has_value(), (archive ? "" : archive.error().message()));
  CHECK(archive->file == "main.py");
  CHECK(archive->source == "main.py");
}

TEST_CASE("links in a directory are refused by name") {
  const store::TemporaryDirectory root;
  write(root.path() / "main.py", "x");
  fs::create_symlink("/etc/passwd", root.path() / "link");
  BundleFiles files;
  const auto added = add_directory(files, root.path());
  REQUIRE_FALSE(added.has_value());
  CHECK(added.error().code() == ErrorCode::kInvalidArgument);
  CHECK(added.error().message().find("link") != std::string::npos);
}

TEST_CASE("packages are packed without what belongs to the place where pip put them") {
  const store::TemporaryDirectory root;
  for (const char* name :
       {"bin/tool", "a/__init__.py", "a/_fast.cpython-313-x86_64-linux-gnu.so", "a/bin/x.py",
        "a-1.dist-info/METADATA", "a-1.dist-info/RECORD", "a-1.dist-info/direct_url.json",
        "a-1.dist-info/INSTALLER", "a-1.dist-info/REQUESTED", "a/__pycache__/x.pyc"})
    write(root.path() / name, name);
  BundleFiles files;
  REQUIRE(add_packages(files, root.path()).has_value());
  const std::vector<std::string> expected = {"a-1.dist-info/METADATA", "a/__init__.py",
                                             "a/bin/x.py"};
  CHECK(names_of(files) == expected);
  BundleFiles own{{"a/__init__.py", "mine"}};
  const auto added = add_packages(own, root.path());
  REQUIRE_FALSE(added.has_value());
  CHECK(added.error().message() ==
        "a package has a file a/__init__.py, and so do you: give yours another name");
  REQUIRE(clean_packages(root.path()).has_value());
  CHECK_FALSE(fs::exists(root.path() / "bin"));
  CHECK_FALSE(fs::exists(root.path() / "a-1.dist-info/RECORD"));
  CHECK(fs::exists(root.path() / "a/bin/x.py"));
  BundleFiles again;
  REQUIRE(add_packages(again, root.path()).has_value());
  CHECK(again == files);
}

TEST_CASE("the manifest names a file, whatever its name") {
  CHECK(archive_manifest("a\"b.py") == "{\"file\":\"a\\\"b.py\"}\n");
}

}  // namespace
}  // namespace weft::cli
