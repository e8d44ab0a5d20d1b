#include "cli/requirements.h"

#include <fstream>

#include <doctest/doctest.h>

#include "cli/testing.h"
#include "store/testing.h"

namespace weft::cli {
namespace {

TEST_CASE("a specifier of versions takes the guests' Python, or does not") {
  for (const char* takes :
       {"", ">=3.8", ">= 3.13", ">=3.11,<4", "<=3.13", "==3.13", "==3.13.*", "==3.*", "~=3.11",
        "~=3.13.0", "!=3.12.*", "!=3.13.1", ">3.12", ">=3.13.2", "<3.14", "<3.14rc1", "<4.0.0"}) {
    CAPTURE(takes);
    CHECK(takes_guest_python(takes).value());
  }
  for (const char* refuses : {"<3.13", "<=3.12", ">3.13", ">=3.14", "==3.12.*", "==2.7", "~=3.14",
                              "~=3.12.1", "!=3.13.*", ">=3.8,<3.12"}) {
    CAPTURE(refuses);
    CHECK_FALSE(takes_guest_python(refuses).value());
  }
  for (const char* wrong : {"3.13", ">=", ">=x", "=3.13", "~=3", ">=3.13 or 4", ">=99999999999"}) {
    CAPTURE(wrong);
    CHECK(takes_guest_python(wrong).error().code() == ErrorCode::kInvalidArgument);
  }
}

TEST_CASE("projects are compared whatever the spelling of their names") {
  CHECK(normal_name("Zope.Interface") == "zope-interface");
  CHECK(normal_name("a-_.b") == "a-b");
  CHECK(advice_on("pydantic_core") == advice_on("Pydantic-Core"));
  CHECK_FALSE(advice_on("pydantic_core").empty());
  CHECK(advice_on("pydantic").empty());
}

TEST_CASE("what pip would install is read from its report") {
  const auto wheels = planned_wheels(R"({"version":"1","install":[
      {"is_direct":false,"metadata":{"name":"A","version":"1.0"},
       "download_info":{"url":"https://example.org/A-1.0-py3-none-any.whl#x",
                        "archive_info":{"hashes":{"sha256":"ab"}}}},
      {"is_direct":true,"metadata":{"name":"b","version":"2"},
       "download_info":{"url":"https://example.org/b-2-cp313-cp313-linux_x86_64.whl"}}]})")
                          .value();
  REQUIRE(wheels.size() == 2);
  CHECK(wheels[0].name == "A");
  CHECK(wheels[0].version == "1.0");
  CHECK(wheels[0].sha256 == "ab");
  CHECK(wheels[0].is_pure);
  CHECK_FALSE(wheels[0].is_direct);
  CHECK_FALSE(wheels[1].is_pure);
  CHECK(wheels[1].is_direct);
  for (const char* wrong : {"", "[]", "{}", R"({"install":{}})", R"({"install":[1]})",
                            R"({"install":[{"metadata":{},"download_info":{}}]})"}) {
    CAPTURE(wrong);
    CHECK(planned_wheels(wrong).error().code() == ErrorCode::kUnavailable);
  }
}

TEST_CASE("requirements are those of files and of the script") {
  const store::TemporaryDirectory root;
  const std::string file = root.path() / "r.txt";
  std::ofstream(file) << "a==1\n";
  TestConsole test;
  const std::string script = "# /// script\n# dependencies = ['b']\n# ///\n";
  const auto both = requirements_of({file}, script, "s.py", test.console()).value();
  REQUIRE(both.files.size() == 1);
  CHECK(both.files[0].text == "a==1\n");
  CHECK(both.dependencies == std::vector<std::string>{"b"});
  CHECK(requirements_of({}, "import b\n", "s.py", test.console()).value().is_empty());
  const auto code = [&](const std::string& text) {
    return requirements_of({}, "# /// script\n" + text + "# ///\n", "s.py", test.console())
        .error()
        .code();
  };
  CHECK(code("# requires-python = '<3.13'\n") == ErrorCode::kInvalidArgument);
  CHECK(code("# dependencies = ['-r x']\n") == ErrorCode::kInvalidArgument);
  CHECK(requirements_of({"-"}, "", "s.py", test.console()).error().code() == ErrorCode::kNotFound);
}

TEST_CASE("without python3 it is said how packages come to functions") {
  const store::TemporaryDirectory root;
  const Requirements requirements{.files = {}, .dependencies = {"a"}};
  TestConsole test({{"PATH", root.path() / "none"}});
  const auto installed = install_requirements(requirements, root.path() / "t", test.console());
  REQUIRE_FALSE(installed.has_value());
  CHECK(installed.error().code() == ErrorCode::kUnsupported);
  CHECK(installed.error().message().find("there is no python3 in PATH: ") == 0);
}

TEST_CASE("pip's problem is the last that it calls an error") {
  CHECK(pip_problem("ERROR: one\nERROR: two\nWARNING: x\n") == "two");
  CHECK(pip_problem("ERROR: a and b conflict\nERROR: ResolutionImpossible: see there\n") ==
        "a and b conflict");
  CHECK(pip_problem("Traceback\n  x\nValueError: y\n") == "ValueError: y");
  CHECK(pip_problem("").empty());
}

TEST_CASE("an index that does not answer is named, with the reason") {
  const std::string none =
      "ERROR: Could not find a version that satisfies the requirement six (from versions: none)\n"
      "ERROR: No matching distribution found for six\n";
  const std::string broken =
      "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('<x>: "
      "Failed to establish a new connection: [Errno 111] Connection refused')': /six/\n";
  CHECK(unreachable_index({.code = 1,
                           .output = "Looking in indexes: http://user:****@127.0.0.1:1/\nLooking "
                                     "in links: /wheels\n",
                           .errors = broken + none}) ==
        "the package index http://user:****@127.0.0.1:1/ cannot be reached: [Errno 111] Connection "
        "refused");
  CHECK(unreachable_index({.code = 1,
                           .output = {},
                           .errors = "WARNING: x connection broken by 'Timeout()': /a\n" + none}) ==
        "the package index PyPI cannot be reached: Timeout()");
  CHECK_FALSE(unreachable_index({.code = 1, .output = {}, .errors = none}).has_value());
  // It answered in the end.
  CHECK_FALSE(
      unreachable_index({.code = 1, .output = {}, .errors = broken + "ERROR: a and b conflict\n"}));
}

}  // namespace
}  // namespace weft::cli
