#include "cli/inline_metadata.h"

#include <doctest/doctest.h>

namespace weft::cli {
namespace {

using Texts = std::vector<std::string>;

Texts dependencies_of(std::string_view script) {
  const auto metadata = script_metadata(script, "s.py").value();
  return metadata ? metadata->dependencies : Texts{"no block"};
}

std::string error_of(std::string_view script) {
  return script_metadata(script, "s.py").error().message();
}

TEST_CASE("the metadata of a script are those of PEP 723's example") {
  const auto metadata = script_metadata(
                            "#!/usr/bin/env python3\n"
                            "# /// script\n"
                            "# requires-python = \">=3.11\"\n"
                            "# dependencies = [\n"
                            "#   \"requests<3\",  # a comment\n"
                            "#   'rich',\n"
                            "# ]\n"
                            "#\n"
                            "# [tool.x]\n"
                            "# dependencies = 3\n"
                            "# ///\n"
                            "\n"
                            "import requests\n",
                            "s.py")
                            .value();
  REQUIRE(metadata.has_value());
  CHECK(metadata->dependencies == Texts{"requests<3", "rich"});
  CHECK(metadata->requires_python == ">=3.11");
}

TEST_CASE("a block is what the reference's expression finds") {
  const std::string body = "# dependencies = ['a']\n";
  CHECK(dependencies_of("# /// script\n" + body + "# ///\n") == Texts{"a"});
  CHECK(dependencies_of("x = 1\n# /// script\n" + body + "# ///") == Texts{"a"});
  CHECK(dependencies_of("# /// script\r\n# dependencies = ['a']\r\n# ///\r\n") == Texts{"a"});
  // Blocks of other types are passed over, with what is in them.
  CHECK(dependencies_of("# /// other\n# x\n# ///\n\n# /// script\n" + body + "# ///\n") ==
        Texts{"a"});
  CHECK(dependencies_of("# /// other\n# /// script\n" + body + "# ///\n") == Texts{"no block"});
  // It ends with the last line that can end it.
  CHECK(error_of("# /// script\n" + body + "# ///\n# x\n# ///\n").find("not TOML") !=
        std::string::npos);
  CHECK(dependencies_of("# /// script\n" + body + "# ///\n# x\n") == Texts{"a"});
  CHECK(dependencies_of("# /// script\n#\n# ///\n").empty());
  for (const char* none : {"", "import x\n", "# /// script\n# x = 1\n", "# /// script\n# ///\n",
                           "# /// script\n# x = 1\nimport x\n# ///\n",
                           "# /// script\n#x = 1\n# ///\n", " # /// script\n # x = 1\n # ///\n",
                           "#/// script\n# x = 1\n# ///\n", "# ///  script\n# x = 1\n# ///\n",
                           "# /// script \n# x = 1\n# ///\n", "# /// a_b\n# x = 1\n# ///\n"}) {
    CAPTURE(none);
    CHECK(dependencies_of(none) == Texts{"no block"});
  }
}

TEST_CASE("wrong metadata are refused with the line") {
  const std::string block = "# /// script\n# dependencies = []\n# ///\n";
  CHECK(error_of(block + "\n" + block).find("s.py: line 5: ") == 0);
  CHECK(error_of("\n# /// script\n# a = 1\n# b =\n# ///\n").find("s.py: line 4: ") == 0);
  for (const char* wrong : {"dependencies = 'a'", "dependencies = [1]", "dependencies = [['a']]",
                            "requires-python = 3.13", "dependencies.a = 1"}) {
    CAPTURE(wrong);
    CHECK(script_metadata(std::string("# /// script\n# ") + wrong + "\n# ///\n", "s.py")
              .error()
              .code() == ErrorCode::kInvalidArgument);
  }
  CHECK(script_metadata("# /// script\n# x = " + std::string(100'000, '[') + "\n# ///\n", "s")
            .error()
            .code() == ErrorCode::kInvalidArgument);
}

TEST_CASE("a table whose name begins with a comma is refused as what is no TOML") {
  const auto refused = script_metadata("# /// script\n# [,\n# ]\n# ///\n", "x.py");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message().find("not TOML") != std::string::npos);
}

TEST_CASE("a script's dependencies are names, and neither options, paths nor addresses") {
  for (const char* plain :
       {"requests", "requests<3", "a.b_c-d[x,y] >= 1.0, != 1.5.*",
        "a ~= 1.0 ; python_version < '3.13' and sys_platform == \"wasi\"", "a (==1.0)",
        "a [x] ; python_version >= '3'", "A.b", "a===1.0+local.1"}) {
    CAPTURE(plain);
    CHECK(check_dependencies({plain}, "s.py").has_value());
  }
  for (const char* wrong :
       {"", "-r x", "--index-url=x", "a @ https://example.org/a.whl", "./a", "a/b", "../a",
        "a --config-settings=x", "a\n-r x", "a.whl", "a-1.tar.gz", "a\t--hash=x", "\xc3\xa4",
        // What pip takes for files once it has put the rest aside.
        "a.tar", "a.TXZ", "a.lzma", "a-1.tar.gz[x]", "a-1.tar.gz [x]",
        "a.zip ; python_version > '3'", "a.tgz ", "a==1.tar.gz", "a >= 1.zip", "a[x.zip", "a]",
        "a 1.0", "a; x --hash=y", "[x]", "a.", "==1"}) {
    CAPTURE(wrong);
    CHECK(check_dependencies({"b", wrong}, "s.py").error().code() == ErrorCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace weft::cli
