#include "cli/python_hint.h"

#include <set>

#include <doctest/doctest.h>

#include "system/streams.h"

namespace weft::cli {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// What is there on the machine, and what the program was given of it.
struct Machine {
  std::set<std::string> files;
  std::vector<abi::command::GivenDirectory> given = {};
  std::string script = "sub/s.py";

  std::string hint(std::string_view line) const {
    const auto exists = [this](const std::filesystem::path& path) {
      return files.contains(path.native());
    };
    return python_hint(line, {.script = script,
                              .is_alone = given.empty(),
                              .given = given,
                              .memory_bytes = 1 << 30,
                              .exists = exists})
        .value_or("");
  }
};

TEST_CASE("the last line that is not empty is remembered, however it is written") {
  system::CaptureStream stream(1 << 20, "errors");
  LastLine last(stream);
  const auto write = [&](std::string_view text) {
    REQUIRE(last.write(bytes_of(text)).has_value());
  };
  CHECK(last.text().empty());
  write("Traceback\n  File");
  CHECK(last.text() == "  File");
  write(" \"s.py\"\nNameError: x");
  write("\n\n");
  CHECK(last.text() == "NameError: x");
  CHECK(stream.text() == "Traceback\n  File \"s.py\"\nNameError: x\n\n");
}

TEST_CASE("of a long line, its beginning is remembered") {
  system::CaptureStream stream(1 << 20, "errors");
  LastLine last(stream);
  for (int i = 0; i < 3; ++i)
    REQUIRE(last.write(bytes_of(std::string(LastLine::kBytesMax - 1, 'x'))).has_value());
  CHECK(last.text() == std::string(LastLine::kBytesMax, 'x'));
  REQUIRE(last.write(bytes_of("\nshort\n")).has_value());
  CHECK(last.text() == "short");
}

TEST_CASE("a module beside the script is named with the option that shows it") {
  const Machine machine{.files = {"sub/helper.py", "sub/package"}};
  CHECK(machine.hint("ModuleNotFoundError: No module named 'helper'") ==
        "helper.py is beside the script, and the program sees nothing of that directory but the "
        "script: --dir sub:ro lets it read the others");
  CHECK(machine.hint("ModuleNotFoundError: No module named 'package.part'")
            .starts_with("package is beside the script"));
  const Machine here{.files = {"helper.py"}, .script = "s.py"};
  CHECK(here.hint("ModuleNotFoundError: No module named 'helper'")
            .ends_with("--dir .:ro lets it read the others"));
}

TEST_CASE("a module that is nowhere is answered with how packages are given") {
  const Machine machine{.files = {"sub/", "sub/.py", "sub/../x"}};
  for (const char* const name : {"requests", "", ".x", "../x"}) {
    CHECK(machine.hint("ModuleNotFoundError: No module named '" + std::string(name) + "'")
              .starts_with("the module is not in Python's library: "));
  }
}

TEST_CASE("a file that is there is named with the option that lets the program read it") {
  const Machine machine{.files = {"data/in.csv", "/etc/hosts", "it's:here/x", "x.csv"}};
  const auto hint = [&](std::string_view path) {
    return machine.hint("FileNotFoundError: [Errno 44] No such file or directory: '" +
                        std::string(path) + "'");
  };
  CHECK(hint("data/in.csv") ==
        "data/in.csv is there, but in no directory that the program was given: --dir data:ro lets "
        "it read that");
  CHECK(hint("/etc/hosts").contains("--dir /etc:ro"));
  // As os.path.abspath makes it of x.csv.
  CHECK(
      hint("/x.csv").contains("x.csv is there, but in no directory that the program was given: "
                              "--dir .:ro"));
  CHECK(hint("missing").empty());
  CHECK(hint("/").empty());
  CHECK(hint(R"(data\\in.csv)").empty());
}

TEST_CASE("colons and blanks of a directory's name are written so that --dir takes them") {
  const Machine machine{.files = {"a b:c/x"}};
  CHECK(machine.hint("PermissionError: [Errno 63] Operation not permitted: 'a b:c/x'")
            .contains(R"(--dir 'a b\:c:ro')"));
}

TEST_CASE("what cannot be written is named with the option that allows it") {
  const Machine machine{.files = {".", "out"}};
  CHECK(machine.hint("OSError: [Errno 69] Read-only file system: 'x.txt'") ==
        "the program was given no directory that it may write x.txt to: --dir . lets it");
  CHECK(machine.hint("OSError: [Errno 69] Read-only file system: '/out/x.txt'")
            .ends_with("write x.txt to: --dir out lets it"));
}

TEST_CASE("what a directory of --dir has or refuses is no matter of these hints") {
  const Machine machine{.files = {"data/in.csv", "data"},
                        .given = {{.name = "data", .directory = {}}}};
  CHECK(machine.hint("FileNotFoundError: [Errno 44] x: 'data/in.csv'").empty());
  CHECK(machine.hint("OSError: [Errno 69] Read-only file system: 'data/new'").empty());
}

TEST_CASE("colours are no part of an error") {
  const Machine machine{.files = {"sub/helper.py"}};
  CHECK(
      machine.hint("\x1b[1;35mModuleNotFoundError\x1b[0m: \x1b[35mNo module named 'helper'\x1b[0m")
          .starts_with("helper.py is beside the script"));
  CHECK(script_error("\x1b[1;35mOSError\x1b[0m: [Errno 69] Read-only file system").is_read_only);
  CHECK(machine.hint("\x1b[").empty());
}

TEST_CASE("too little memory and no place for temporary files have hints") {
  const Machine machine;
  CHECK(machine.hint("MemoryError") ==
        "the program may use 1 GiB of memory: --max-memory allows more");
  CHECK(
      machine.hint("FileNotFoundError: [Errno 44] No usable temporary directory found in ['/tmp']")
          .contains("--dir DIR:/tmp"));
  CHECK(machine.hint("MemoryError: Parser stack overflowed").empty());
  CHECK(machine.hint("ValueError: x").empty());
  CHECK(machine.hint("").empty());
}

}  // namespace
}  // namespace weft::cli
