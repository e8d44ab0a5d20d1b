#include "function/python_archive.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "system/archive_testing.h"
#include "system/stored_zip.h"

namespace weft::function {
namespace {

const FakeClock kClock;  // Outlives all archives.

using system::ZipFile;

Result<PythonArchive> open(const std::vector<ZipFile>& files) {
  return open_python_archive(kClock, system::stored_zip(files));
}

std::string file_of(const std::vector<ZipFile>& files) {
  const auto archive = open(files);
  return archive ? archive->file : archive.error().message();
}

TEST_CASE("an archive loads the file that its manifest names, or one of a known name") {
  CHECK(file_of({{"app.py", ""}, {"main.py", ""}}) == "main.py");
  CHECK(file_of({{"__main__.py", ""}, {"plugin.py", ""}}) == "plugin.py");
  CHECK(file_of({{"handler.py", ""}, {"app.py", ""}}) == "app.py");
  CHECK(file_of({{"plugin.py", ""}, {"lambda_function.py", ""}}) == "lambda_function.py");
  CHECK(file_of({{"main.py", ""}, {"weft.json", R"({"file":"a/b.py"})"}, {"a/b.py", ""}}) ==
        "a/b.py");
  const auto archive = open({{"main.py", "x = 1"}});
  REQUIRE(archive.has_value());
  CHECK(archive->source == "x = 1");
  CHECK(archive->memory_bytes > 0);
  // What zipapp makes.
  CHECK(open_python_archive(kClock,
                            "#!/usr/bin/env python3\n" + system::stored_zip({{"__main__.py", "x"}}))
            .has_value());
}

TEST_CASE("an archive that has nothing to load, or a wrong manifest, is refused") {
  CHECK(file_of({{"greet.py", ""}}).find("nothing to load") != std::string::npos);
  CHECK(file_of({{"main.py/x", ""}}).find("nothing to load") != std::string::npos);
  for (const char* manifest :
       {"", "x", "[]", "{}", R"({"file":1})", R"({"file":"a.txt"})", R"({"file":"none.py"})",
        R"({"file":"/etc/x.py"})", R"({"file":"../x.py"})", R"({"file":"a\u0000.py"})",
        R"({"file":"d.py"})", R"({"files":"main.py"})"}) {
    CAPTURE(manifest);
    const auto archive = open({{"main.py", ""}, {"d.py/x", ""}, {"weft.json", manifest}});
    REQUIRE_FALSE(archive.has_value());
    CHECK(archive.error().code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("what is no zip archive of files is refused") {
  const auto code = [](std::string_view bytes) {
    return open_python_archive(kClock, bytes).error().code();
  };
  const std::string good = system::stored_zip({{"main.py", "x = 1"}});
  CHECK(code("") == ErrorCode::kInvalidArgument);
  CHECK(code("x = 1\n") == ErrorCode::kInvalidArgument);
  CHECK(code(system::testing::tar({{.name = "main.py"}})) == ErrorCode::kInvalidArgument);
  for (std::size_t size = 4; size < good.size(); size += 7)
    CHECK(code(good.substr(0, size)) == ErrorCode::kInvalidArgument);
  for (const char* name : {"../main.py", "/main.py", "a/../../main.py"}) {
    CHECK(code(system::testing::zip({{.name = name}, {.name = "main.py"}})) ==
          ErrorCode::kInvalidArgument);
  }
  // A link is nothing to load.
  CHECK(code(system::testing::zip(
            {{.name = "main.py", .content = "/etc/passwd", .unix_mode = 0120777}})) ==
        ErrorCode::kInvalidArgument);
  CHECK(code(system::testing::zip(
            {{.name = "main.py", .content = "../../x", .unix_mode = 0120777}})) ==
        ErrorCode::kInvalidArgument);
}

TEST_CASE("what an archive holds is limited") {
  std::vector<std::string> names;
  names.reserve(kPythonArchiveEntriesMax + 1);
  for (std::uint64_t i = 0; i <= kPythonArchiveEntriesMax; ++i)
    names.push_back(fmt::format("f{}", i));
  std::vector<ZipFile> files;
  files.reserve(names.size());
  for (const std::string& name : names)
    files.push_back({.name = name, .content = {}});
  const auto many = open(files);
  REQUIRE_FALSE(many.has_value());
  CHECK(many.error().code() == ErrorCode::kTooLarge);
  CHECK(many.error().limit()->name == "archive_entries");
  const std::string large(kPythonFileBytesMax + 1, ' ');
  const auto file = open({{"main.py", large}});
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error().limit()->name == "python_file_bytes");
}

TEST_CASE("archives are told from text by how they begin") {
  CHECK(is_python_archive("PK\3\4..."));
  CHECK(is_python_archive("PK\5\6..."));
  CHECK(is_python_archive("#!/usr/bin/env python3\nPK\3\4"));
  for (const char* text : {"", "PK", "import x\nPK\3\4", "#!/usr/bin/env python3", "# PK\3\4"})
    CHECK_FALSE(is_python_archive(text));
}

}  // namespace
}  // namespace weft::function
