#!/usr/bin/env python3
"""Each check finds what is planted, and passes what is right: `self_test.py layers` for one check, else all."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import docs
import format as format_check
import headers
import layers
import shell
import sizes
import tidy
import words
from source import Finding, without_comments

LAYERS = "base:\njson: base\nengine: base\nabi: base engine\ncli: base json engine abi\n"


class Project(unittest.TestCase):
    """A small project in a folder of its own."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()
        self.write("src/LAYERS", LAYERS)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def assert_finds(self, findings: list[Finding], path: str, text: str) -> None:
        self.assertTrue(any(finding.path == path and text in finding.message for finding in findings),
                        f"no finding {text!r} in {path}, but {[str(finding) for finding in findings]}")

    def assert_clean(self, findings: list[Finding]) -> None:
        self.assertEqual([], [str(finding) for finding in findings])


class Layers(Project):
    def test_right_includes_pass(self) -> None:
        self.write("src/json/x.cc", '#include "base/y.h"\n#include <vector>\n#include <simdjson.h>\n')
        self.write("src/abi/se2/x.cc", '#include "abi/common_part.h"\n#include "abi/se2/y.h"\n')
        self.assert_clean(layers.check(self.root))

    def test_upward_include(self) -> None:
        self.write("src/base/x.cc", '#include "json/y.h"\n')
        self.assert_finds(layers.check(self.root), "src/base/x.cc", "base may include only nothing")

    def test_tests_and_fuzz_targets_count(self) -> None:
        self.write("src/json/x_test.cc", '#include "engine/y.h"\n')
        self.write("src/json/x_fuzz.cc", '#include "engine/y.h"\n')
        findings = layers.check(self.root)
        self.assert_finds(findings, "src/json/x_test.cc", "engine/y.h")
        self.assert_finds(findings, "src/json/x_fuzz.cc", "engine/y.h")

    def test_unknown_modules(self) -> None:
        self.write("src/stray/x.cc", "")
        self.write("src/cli/x.cc", '#include "nowhere/y.h"\n')
        findings = layers.check(self.root)
        self.assert_finds(findings, "src/stray/x.cc", "declares no module stray")
        self.assert_finds(findings, "src/cli/x.cc", "declares no module nowhere")

    def test_cycle(self) -> None:
        self.write("src/LAYERS", "base: json\njson: base\n")
        self.assert_finds(layers.check(self.root), "src/LAYERS", "base may include json, which is not declared above")

    def test_relative_include(self) -> None:
        self.write("src/json/x.cc", '#include "../base/y.h"\n#include "y.h"\n')
        findings = layers.check(self.root)
        self.assert_finds(findings, "src/json/x.cc", '"../base/y.h"')
        self.assert_finds(findings, "src/json/x.cc", '"y.h"')

    def test_sibling_dialects(self) -> None:
        self.write("src/abi/se2/x.cc", '#include "abi/typed/y.h"\n')
        self.assert_finds(layers.check(self.root), "src/abi/se2/x.cc", "not another dialect")

    def test_shared_headers_know_no_dialect(self) -> None:
        self.write("src/abi/x.h", '#include "abi/typed/y.h"\n')
        self.write("src/abi/choose.cc", '#include "abi/typed/y.h"\n')
        findings = layers.check(self.root)
        self.assertEqual(["src/abi/x.h"], [finding.path for finding in findings])

    def test_confined_library(self) -> None:
        self.write("src/cli/x.cc", "#include <boost/beast/http.hpp>\n")
        self.assert_finds(layers.check(self.root), "src/cli/x.cc", "belongs to net")

    def test_includes_in_comments_do_not_count(self) -> None:
        self.write("src/base/x.cc", '// #include "json/y.h"\n/*\n#include "json/y.h"\n*/\n')
        self.assert_clean(layers.check(self.root))


class Sizes(Project):
    def test_small_passes(self) -> None:
        self.write("src/base/x.cc", "int f(int a, std::map<int, int> b, int c = g({1, 2, 3}), int d = 0) { return a; }\n")
        self.assert_clean(sizes.check(self.root))

    def test_long_files(self) -> None:
        self.write("src/base/x.h", "int a;\n" * 401)
        self.write("src/base/x.cc", "int a;\n" * 801)
        self.write("src/base/x_test.cc", "int a;\n" * 1601)
        findings = sizes.check(self.root)
        self.assert_finds(findings, "src/base/x.h", "401 lines, more than 400")
        self.assert_finds(findings, "src/base/x.cc", "801 lines, more than 800")
        self.assert_finds(findings, "src/base/x_test.cc", "1601 lines, more than 1600")

    def test_long_function(self) -> None:
        self.write("src/base/x.cc", "int f(int a) {\n" + "  a++;\n" * 69 + "}\n")
        self.assert_finds(sizes.check(self.root), "src/base/x.cc", "f has 71 lines")

    def test_many_parameters(self) -> None:
        self.write("src/base/x.h", "int f(int a, int b, int c, int d, int e, int g);\n")
        self.assert_finds(sizes.check(self.root), "src/base/x.h", "6 parameters")

    def test_exceptions_need_a_reason_and_a_use(self) -> None:
        self.write("src/base/x.h", "int a;\n" * 401)
        self.write("src/base/y.h", "int a;\n" * 401)
        self.write("tests/checks/sizes.allow", "src/base/x.h a table\nsrc/base/y.h\nsrc/base/z.h gone\n")
        findings = sizes.check(self.root)
        self.assertEqual(["src/base/y.h", "tests/checks/sizes.allow"], sorted(finding.path for finding in findings))


class Words(Project):
    def find(self, text: str, name: str = "src/engine/x.cc") -> list[Finding]:
        self.write(name, text)
        return words.check(self.root)

    def test_each_word_is_found(self) -> None:
        for code in ("std::regex r;", "#include <iostream>", "std::cout << 1;", 'printf("x");', 'getenv("X");',
                     "auto* x = new Thing();", "delete x;", "delete[] x;", "void* p = malloc(3);", "free(p);",
                     "std::thread t;", "std::this_thread::sleep_for(x);", "int x = rand();", "std::random_device d;",
                     "auto t = std::chrono::steady_clock::now();", "auto t = time(nullptr);", "strcpy(a, b);",
                     "int x = atoi(s);", "int x = std::stoi(s);", "throw Broken();", "#include <format>",
                     "using namespace std;", "assert(x);", "new (place) Thing();"):
            with self.subTest(code):
                self.assert_finds(self.find(code + "\n"), "src/engine/x.cc", "`")

    def test_right_code_passes(self) -> None:
        self.assert_clean(self.find(
            "// a new thing, free( to use; std::regex is not\n"
            'const char* text = "new Thing, printf(x) std::cout";\n'
            "Thing(const Thing&) = delete;\nvoid operator delete(void*);\npool.free(x);\nauto big = 1'000'000;\n"
            "auto count = std::thread::hardware_concurrency();\nauto text = fmt::format(\"x\");\n"
            "return std::unique_ptr<Thing>(new Thing(a, b));\n"))

    def test_each_word_has_its_place(self) -> None:
        self.assert_clean(self.find('fmt::print("x");\nauto* home = getenv("HOME");\n', "src/cli/x.cc"))

    def test_comments_and_documents(self) -> None:
        self.assert_finds(self.find("// TODO: later\n"), "src/engine/x.cc", "`TODO`")
        self.assert_clean(self.find("// TODO(perf): scans all rows; an index helps beyond 10,000.\n"))
        self.assert_finds(self.find("FIXME\n", "docs/x.md"), "docs/x.md", "`FIXME`")
        self.assert_clean(self.find("see src/root/x and https://example.org/work/\n", "docs/x.md"))

    def test_paths_of_a_machine(self) -> None:
        for path in ("/root/x", "/work/x"):
            self.assert_finds(self.find(f"cd {path}\n", "docs/x.md"), "docs/x.md", "use a path relative")

    def test_registries(self) -> None:
        self.assert_finds(self.find("https://pypi.org/simple\n", "docs/x.md"), "docs/x.md", "`pypi.org`")
        lock = json.dumps({"packages": {"a": {"resolved": "https://mirror.example/a.tgz"}}}, indent=1)
        self.assert_finds(self.find(lock, "ui/package-lock.json"), "ui/package-lock.json", "mirror.example")

    def test_folders_and_binaries(self) -> None:
        self.assert_finds(self.find("", "src/base/util/x.cc"), "src/base/util/x.cc", "a folder util")
        self.assert_finds(self.find("\0", "examples/x.wasm"), "examples/x.wasm", "a binary file")


class Format(Project):
    def test_badly_formatted_file(self) -> None:
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.write("src/base/x.cc", "int  a;\n")
        self.write("src/base/y.cc", "int a;\n")
        findings = format_check.check(self.root)
        self.assertEqual(["src/base/x.cc"], [finding.path for finding in findings])


class Shell(Project):
    def test_careless_script(self) -> None:
        self.write("script/x", "#!/usr/bin/env bash\nrm -rf $1/*\n")
        self.write("script/y", '#!/usr/bin/env bash\necho "$1"\n')
        findings = shell.check(self.root)
        self.assert_finds(findings, "script/x", "SC2086")
        self.assertFalse([finding for finding in findings if finding.path == "script/y"])


class Docs(Project):
    def test_dead_links(self) -> None:
        self.write("README.md", "# A title: `x`\n[a](docs/a.md) [b](docs/b.md#there) [c](#a-title-x) [d](#nowhere)\n"
                   "`[e](e.md)` [f](https://example.org/x)\n```\n[g](g.md)\n```\n")
        self.write("docs/b.md", "# Here\n[back](../README.md)\n")
        findings = docs.check(self.root)
        self.assertEqual(["#nowhere: README.md has no such heading", "docs/a.md: no such file",
                          "docs/b.md#there: b.md has no such heading"], sorted(finding.message for finding in findings))


class Compiled(Project):
    def compile_commands(self, *names: str) -> Path:
        database = self.root / "build/release/compile_commands.json"
        command = f"clang++-19 -std=gnu++23 -I{self.root}/src -o x.o -c "
        self.write("build/release/compile_commands.json", json.dumps(
            [{"directory": str(self.root), "file": str(self.root / name), "command": command + name}
             for name in names]))
        return database


class Headers(Compiled):
    def test_header_that_leans_on_others(self) -> None:
        self.write("src/base/lean.h", "std::string f();\n")
        self.write("src/base/whole.h", "#include <string>\nstd::string f();\n")
        self.write("src/base/x.cc", '#include <string>\n#include "base/lean.h"\n')
        findings = headers.check(self.root, self.compile_commands("src/base/x.cc"))
        self.assertEqual(["src/base/lean.h"], [finding.path for finding in findings])
        self.assert_finds(findings, "src/base/lean.h", "does not compile alone")

    def test_header_of_a_module_that_is_not_built(self) -> None:
        self.write("src/json/x.h", "")
        self.assert_finds(headers.check(self.root, self.compile_commands()), "src/json/x.h", "compiles nothing")


class Tidy(Compiled):
    CLEAN = "namespace weft {\nint answer() { return 42; }\n}  // namespace weft\n"

    def setUp(self) -> None:
        super().setUp()
        self.write(".clang-tidy", "Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n"
                   "HeaderFilterRegex: 'src/.*'\n")

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments], cwd=self.root,
                       check=True, capture_output=True)

    def test_planted_finding(self) -> None:
        self.write("src/base/x.cc", "int* p = 0;\n")
        self.write("src/base/y.cc", self.CLEAN)
        database = self.compile_commands("src/base/x.cc", "src/base/y.cc")
        for _ in range(2):  # the second time, what was clean is remembered; a finding is not
            findings = tidy.check(self.root, database, ["src/base/x.cc", "src/base/y.cc"])
            self.assertEqual(["src/base/x.cc"], [finding.path for finding in findings])
            self.assert_finds(findings, "src/base/x.cc", "modernize-use-nullptr")

    def test_the_analyzer_stays_out_of_libraries(self) -> None:
        self.write(".clang-tidy", "Checks: '-*,clang-analyzer-core.*'\nWarningsAsErrors: '*'\n")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        library = Path(folder.name).resolve() / "library.h"
        library.write_text("inline int content(int* p) { return *p; }\n", encoding="utf-8")
        self.write("src/base/x.cc", f'#include "{library}"\nint f() {{ return content(nullptr); }}\n')
        self.write("src/base/y.cc", "int f() {\n  int* p = nullptr;\n  return *p;\n}\n")
        database = self.compile_commands("src/base/x.cc", "src/base/y.cc")
        findings = tidy.check(self.root, database, ["src/base/x.cc", "src/base/y.cc"])
        self.assertEqual(["src/base/y.cc"], [finding.path for finding in findings])

    def test_a_header_dirties_what_includes_it(self) -> None:
        self.write("src/base/x.h", "#pragma once\n")
        self.write("src/base/x.cc", '#include "base/x.h"\n')
        database = self.compile_commands("src/base/x.cc")
        self.assert_clean(tidy.check(self.root, database, ["src/base/x.cc"]))
        self.write("src/base/x.h", "#pragma once\ninline int* p = 0;\n")
        self.assert_finds(tidy.check(self.root, database, ["src/base/x.cc"]), "src/base/x.h", "modernize-use-nullptr")

    def test_changed_files_are_those_since_the_branch_point(self) -> None:
        self.git("init", "--quiet", "--initial-branch=main")
        for name in ("a", "b", "c"):
            self.write(f"src/base/{name}.cc", self.CLEAN)
            self.git("add", ".")
            self.git("commit", "--quiet", "-m", name)
        self.write("src/base/d.cc", self.CLEAN)
        self.assertEqual({"src/base/c.cc", "src/base/d.cc"}, tidy.changed(self.root))
        self.git("update-ref", "refs/remotes/origin/main", "HEAD~2")
        self.assertEqual({"src/base/b.cc", "src/base/c.cc", "src/base/d.cc"}, tidy.changed(self.root))

    def test_a_changed_header_is_seen_through_a_source(self) -> None:
        self.write("src/base/x.cc", '#include "base/x.h"\n')
        self.write("src/base/y.cc", '#include "base/only.h"\n')
        sources = ["src/base/x.cc", "src/base/y.cc"]
        self.assertEqual(sources, tidy.sources_for(self.root, {"src/base/x.h", "src/base/only.h"}, sources))


class Source(unittest.TestCase):
    def test_comments_and_literals_go_and_lines_stay(self) -> None:
        text = 'a // b\n/* c\n */ d "e\\"f" \'g\' R"x(h\n)x" 1\'000 #\n#include "i.h"\n'
        self.assertEqual(["a", "d", "1'000", "#", "#include", '"i.h"'], without_comments(text).split())
        self.assertEqual(text.count("\n"), without_comments(text).count("\n"))


if __name__ == "__main__":
    CASES = {"layers": Layers, "sizes": Sizes, "words": Words, "format": Format, "shell": Shell, "docs": Docs,
             "headers": Headers, "tidy": Tidy, "source": Source}
    NAMES = sys.argv[1:] or list(CASES)
    SUITE = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(CASES[name]) for name in NAMES)
    sys.exit(0 if unittest.TextTestRunner().run(SUITE).wasSuccessful() else 1)
