#include "cli/python_script.h"

#include <fstream>

#include <doctest/doctest.h>

#include "cli/testing.h"
#include "store/testing.h"
#include "system/host_directory.h"

namespace weft::cli {
namespace {

namespace fs = std::filesystem;
using abi::command::GivenDirectory;

void write(const fs::path& file, std::string_view text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

// A script in `sub`, and a library.
struct Place {
  store::TemporaryDirectory root;
  PythonFiles files{.directory = root.path() / "python"};
  std::string script = root.path() / "sub/s.py";
  TestConsole test;
  std::vector<GivenDirectory> given;

  Place() {
    write(files.library() / "local/lib/python313.zip", "library");
    write(script, "print(1)");
    write(root.path() / "sub/secret", "x");
  }

  void give(const fs::path& host, const std::string& guest) {
    given.push_back({.name = guest, .directory = system::HostDirectory::open_tree(host).value()});
  }
  Result<> show() { return show_python(given, files, script, test.console()); }
  std::string refusal() { return show().error().message(); }
};

TEST_CASE("a first line names Python as what runs the file") {
  for (const char* const line : {"#!/usr/bin/env python3\nx", "#! /opt/bin/python -u",
                                 "#!python3.13\r\n", "#!/usr/bin/env -S python3 -X utf8\n"})
    CHECK(names_python(line));
  for (const char* const line : {"#!/bin/sh\n# python3\n", "#!/opt/python/bin/sh", "# python", "",
                                 "#!", "#! \n", "python3", "\n#!/usr/bin/python3"})
    CHECK_FALSE(names_python(line));
}

TEST_CASE("Python is told by the file's name or its first line") {
  const Place place;
  const fs::path tool = place.root.path() / "tool";
  write(tool, "#!/usr/bin/env python3\n");
  CHECK(is_python(tool.native()));
  CHECK(is_python("not-there.py"));
  CHECK(is_python("app.pyz"));
  write(tool, "\0asm");
  CHECK_FALSE(is_python(tool.native()));
  fs::create_directories(place.root.path() / "folder.py");
  for (const std::string& other :
       {std::string("-"), std::string("not-there"), (place.root.path() / "folder.py").native()})
    CHECK_FALSE(is_python(other));
}

TEST_CASE("a program sees Python's library and of the script's directory only the script") {
  Place place;
  REQUIRE(place.show().has_value());
  REQUIRE(place.given.size() == 2);
  CHECK(place.given[0].name == "/usr");
  CHECK(place.given[0].directory->make_directory("x").error() ==
        system::Errno::kReadOnlyFileSystem);
  CHECK(place.given[1].name == fs::path(place.script).parent_path().native());
  system::Directory& alone = *place.given[1].directory;
  CHECK(alone.status_of("s.py", true).value().size_bytes == 8);
  CHECK(alone.status_of("secret", true).error() == system::Errno::kNoEntry);
  CHECK(alone.open("s.py", {.write = true}).error() == system::Errno::kReadOnlyFileSystem);
}

TEST_CASE("a directory that has the script shows it") {
  Place place;
  place.give(place.root.path() / "sub", place.root.path() / "sub");
  REQUIRE(place.show().has_value());
  CHECK(place.given.size() == 2);
}

TEST_CASE("a directory that hides the script or the library is refused") {
  {
    Place place;
    place.give(place.root.path(), place.root.path() / "sub");
    CHECK(place.refusal().contains("would not see " + place.script));
  }
  {
    Place place;
    // Of that name there is another file.
    write(place.root.path() / "other/sub/s.py", "print(2)");
    place.give(place.root.path() / "other", place.root.path());
    CHECK(place.refusal().contains("would not see " + place.script));
  }
  for (const char* const name : {"/usr", "/usr/local/lib", "usr/"}) {
    Place place;
    place.give(place.root.path(), name);
    CHECK(place.refusal().contains(
        "would not see Python's library, for it knows another directory as " + std::string(name)));
  }
}

TEST_CASE("a script where the program has Python's library is refused") {
  for (const char* const script : {"usr/s.py", "/usr/s.py", "./usr/local/lib/s.py"}) {
    Place place;
    place.script = script;
    CHECK(place.refusal() == "the program would not see " + place.script +
                                 ", for /usr is Python's library to it: name the script by another "
                                 "path");
  }
}

TEST_CASE("a directory above which hides nothing leaves the script alone in its own") {
  Place place;
  fs::create_directories(place.root.path() / "empty");
  place.give(place.root.path() / "empty", "/");
  REQUIRE(place.show().has_value());
  CHECK(place.given.size() == 3);
}

TEST_CASE("a script that is not there is named") {
  Place place;
  place.script = place.root.path() / "gone.py";
  CHECK(place.refusal() == "there is no file " + place.script);
}

TEST_CASE("a script that is named like an option is none") {
  std::vector<std::string> arguments = {"python3"};
  append_script(arguments, "-x.py", {"-a", "b"});
  CHECK(arguments == std::vector<std::string>{"python3", "--", "-x.py", "-a", "b"});
}

}  // namespace
}  // namespace weft::cli
