"""`weft run script.py` does what `python3 script.py` does, but for what a sandbox keeps from it."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest
from conftest import BINARY, ROOT

GUESTS = pathlib.Path(os.environ.get("WEFT_PYTHON", ROOT / "build/python/out"))
SECONDS_MAX = 300

needs_guests = pytest.mark.skipif(not (GUESTS / "python.wasm").exists(),
                                  reason="guests/python/build makes what is run here")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """One cache for all, so that Python is compiled once."""
    return {**os.environ, "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("cache")), "WEFT_PYTHON": str(GUESTS)}


@pytest.fixture
def run(tmp_path, environment):
    """Runs weft in an empty folder. The script is written there first, if there is one."""

    def call(*arguments, script=None, name="s.py", **options):
        if script is not None:
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(textwrap.dedent(script))
        return subprocess.run([BINARY, "run", *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True,
                              timeout=SECONDS_MAX, **options)

    return call


def ended(done):
    return done.returncode, done.stdout, done.stderr


# What Python's own program does.

@needs_guests
@pytest.mark.parametrize(("name", "words"), [
    ("s.py", []),
    ("s.py", ["a", "--b", "-c", "", "é", "--timeout"]),
    ("sub/s.py", ["x y"]),
    ("./sub/s.py", []),
])
def test_arguments_are_those_of_python3(run, tmp_path, name, words):
    script = "import sys\nprint(sys.argv, __name__, sys.flags.isolated, sys.stdout.encoding)\n"
    done = run(name, *words, script=script, name=name)
    native = subprocess.run([sys.executable, name, *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert ended(done) == (0, native.stdout, "")


@needs_guests
def test_a_path_may_lead_anywhere(run, tmp_path):
    (tmp_path / "here").mkdir()
    show = "import sys; print(sys.argv[0], __file__, open(__file__).read()[:6])"
    for path in [str(tmp_path / "s.py"), "here/../s.py", "../" + tmp_path.name + "/s.py"]:
        assert ended(run(path, script=show)) == (0, f"{path} {path} import\n", "")
    (tmp_path / "link.py").symlink_to("s.py")
    assert run("link.py").stdout.startswith("link.py ")
    assert ended(run("--", "-s.py", script="import sys; print(sys.argv)", name="-s.py")) == (0, "['-s.py']\n", "")


@needs_guests
def test_a_first_line_that_names_python_is_enough(run):
    assert ended(run("tool", "5", script="#!/usr/bin/env python3\nimport sys\nprint(int(sys.argv[1]) + 1)", name="tool")) == (
        0, "6\n", "")
    # From standard input, too, as `python3 -` has it.
    piped = "#!/usr/bin/env python3\nimport sys\nprint(sys.argv, [sys.stdin.read()])\n"
    assert ended(run("-", "a", input=piped)) == (0, "['-', 'a'] ['']\n", "")
    done = run("--stdin", "tool", "-", input=piped)
    assert done.returncode == 2 and "standard input has the script" in done.stderr
    done = run("-", input="#!/usr/bin/env python3\n# /// script\n# requires-python = '<3'\n# ///\n")
    assert done.returncode == 2 and "standard input requires Python <3" in done.stderr
    # For modules nothing has changed.
    other = run("tool", script="#!/bin/sh\n", name="tool")
    assert (other.returncode, other.stderr.startswith("weft: tool: neither a WebAssembly module")) == (2, True)


@needs_guests
def test_a_zip_application_runs(run, tmp_path):
    (tmp_path / "app").mkdir()
    (tmp_path / "app/__main__.py").write_text("import sys, part; print(part.N, sys.argv)")
    (tmp_path / "app/part.py").write_text("N = 7")
    shutil.make_archive(str(tmp_path / "app"), "zip", tmp_path / "app")
    (tmp_path / "app.zip").rename(tmp_path / "app.pyz")
    assert ended(run("app.pyz", "x")) == (0, "7 ['app.pyz', 'x']\n", "")


@needs_guests
@pytest.mark.parametrize(("script", "code", "errors"), [
    ("pass", 0, ""),
    ("import sys; sys.exit(3)", 3, ""),
    ("import sys; sys.exit()", 0, ""),
    ("import sys; sys.exit('no')", 1, "no\n"),
    ("raise SystemExit(255)", 255, ""),
    ("import os; os._exit(9)", 9, ""),
])
def test_exit_codes_are_passed_on(run, script, code, errors):
    assert ended(run("s.py", script=script)) == (code, "", errors)


@needs_guests
@pytest.mark.parametrize("name", ["s.py", "sub/s.py"])
def test_an_uncaught_exception_shows_the_path_as_it_was_given(run, name):
    done = run(name, script="def f():\n    1 / 0\nf()\n", name=name)
    assert done.returncode == 1
    assert done.stderr == textwrap.dedent(f"""\
        Traceback (most recent call last):
          File "{name}", line 3, in <module>
            f()
            ~^^
          File "{name}", line 2, in f
            1 / 0
            ~~^~~
        ZeroDivisionError: division by zero
        """)
    syntax = run(name, script="x = (\n", name=name)
    assert syntax.returncode == 1
    assert syntax.stderr.startswith(f'  File "{name}", line 1\n')


@needs_guests
def test_streams_are_inherited(run):
    script = "import sys\nsys.stderr.write(input() + '\\n')\nprint(sys.stdin.read().upper(), end='')\n"
    assert ended(run("s.py", script=script, input="first\nsecond\nthird")) == (0, "SECOND\nTHIRD", "first\n")
    assert run("s.py", input="").stderr.endswith("EOFError: EOF when reading a line\n")
    assert ended(run("s.py", script="import sys; sys.stdout.buffer.write(b'\\xff\\n'.hex().encode())")) == (0, "ff0a", "")


@needs_guests
def test_the_library_works_and_cannot_be_changed(run):
    script = """
        import asyncio, dataclasses, hashlib, json, pydoc, random, re, sqlite3, sys, zlib, zoneinfo, os
        print(json.dumps({"a": 1}), hashlib.sha256(b"").hexdigest()[:8], zlib.crc32(b"x"), sqlite3.connect(":memory:").execute("select 2").fetchone())
        print(pydoc.plain(pydoc.render_doc(len)).splitlines()[2])
        print(asyncio.run(asyncio.sleep(0.01, "slept")), zoneinfo.ZoneInfo("Europe/Berlin"), os.listdir("/usr/local/lib"))
        try:
            open("/usr/local/lib/x", "w")
        except OSError as error:
            print(error)
    """
    done = run("s.py", script=script)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == '{"a": 1} e3b0c442 2363233923 (2,)'
    assert lines[1] == "len(obj, /)"
    assert lines[2].startswith("slept Europe/Berlin ['python")
    assert "Read-only file system" in lines[3]


# What the sandbox shows.

@needs_guests
def test_nothing_of_the_disk_is_there_but_the_script(run, tmp_path):
    (tmp_path / "secret").write_text("x")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/secret").write_text("x")
    script = """
        import os
        def tried(call):
            try: return call()
            except OSError as error: return type(error).__name__
        print(os.listdir("."), os.listdir("/"))
        for path in ["secret", "/etc/passwd", "../secret", "sub/secret"]: print(tried(lambda: open(path)))
        print(tried(lambda: open("new", "w")), tried(lambda: os.remove("s.py")), tried(lambda: open("s.py", "a")))
        print(dict(os.environ))
    """
    done = run("s.py", script=script)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "['s.py'] ['s.py']"
    assert all(line in ("FileNotFoundError", "PermissionError") for line in lines[1:5]), lines
    assert lines[5:] == ["OSError OSError OSError", "{}"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.py", "secret", "sub"]


@needs_guests
def test_directories_and_variables_are_given_by_name(run, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/in").write_text("5")
    script = "import os\nopen('out/x', 'w').write(open('/in/in').read() + os.environ['K'])\n"
    (tmp_path / "out").mkdir()
    done = run("--dir", "data:/in:ro", "--dir", "out", "--env", "K=v", "s.py", script=script)
    assert ended(done) == (0, "", "")
    assert (tmp_path / "out/x").read_text() == "5v"


@needs_guests
def test_modules_beside_the_script_are_found_where_its_directory_is_given(run, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/helper.py").write_text("N = 8")
    for given in ["sub:ro", "sub", ".", ".:ro", str(tmp_path)]:
        path = "sub/s.py" if given != str(tmp_path) else str(tmp_path / "sub/s.py")
        assert ended(run("--dir", given, path, script="import helper; print(helper.N)", name="sub/s.py")) == (0, "8\n", "")


@needs_guests
def test_packages_are_found_on_a_path_that_is_given(run, tmp_path):
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages/pack.py").write_text("N = 9")
    done = run("--dir", "packages:ro", "--env", "PYTHONPATH=packages", "s.py", script="import pack; print(pack.N)")
    assert ended(done) == (0, "9\n", "")


@needs_guests
@pytest.mark.parametrize(("options", "script", "hint"), [
    ([], "import helper", "helper.py is beside the script, and the program sees nothing of that directory but the script: "
                          "--dir .:ro lets it read the others"),
    ([], "import requests", "the module is not in Python's library: name the package that has it in the script's comments (# /// script, as PEP 723 "
     "has it) or in a file of --requirements FILE; if it is in a directory DIR and all of it is Python, "
                            "--dir DIR:ro --env PYTHONPATH=DIR lets the program import it"),
    ([], "open('data/in')", "data/in is there, but in no directory that the program was given: --dir data:ro lets it read that"),
    ([], "import pathlib\n(pathlib.Path(__file__).resolve().parent / 'data/in').read_text()", "--dir data:ro lets it read that"),
    ([], "open('/etc/hostname')", "--dir /etc:ro lets it read that"),
    ([], "open('new', 'w')", "the program was given no directory that it may write new to: --dir . lets it"),
    ([], "import tempfile\ntempfile.TemporaryFile()", "a directory for temporary files is given with --dir DIR:/tmp"),
    (["--dir", ".:ro"], "open('new', 'w')", "the program wanted to change a directory that it may only read: leave :ro out of "
                                            "its --dir"),
    (["--dir", "data"], "open('data/../../x')", "the program named a path outside of the directories that --dir gave it"),
], ids=range(9))
def test_a_failure_is_followed_by_the_option_that_helps(run, tmp_path, options, script, hint):
    (tmp_path / "helper.py").write_text("")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/in").write_text("5")
    done = run(*options, "s.py", script=script)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("Traceback")
    assert lines[-1].startswith("weft: ") and lines[-1].endswith(hint), lines[-2:]
    assert not lines[-2].startswith("weft: ")


@needs_guests
@pytest.mark.parametrize("script", [
    "1 / 0",
    "import helper, missing_no_one\n",
    "open('not-there')",
    "import json, sys\nsys.exit(2)",
], ids=range(4))
def test_a_failure_of_another_kind_has_no_hint(run, tmp_path, script):
    (tmp_path / "helper.py").write_text("")
    done = run("--dir", ".:ro", "--env", "PYTHONPATH=x", "s.py", script=script)
    assert done.returncode != 0
    assert "weft: the program" not in done.stderr


@needs_guests
def test_a_directory_that_would_hide_the_script_or_the_library_is_refused(run, tmp_path):
    (tmp_path / "data").mkdir()
    done = run("--dir", "data:.", "s.py", script="pass")
    assert ended(done) == (2, "", "weft: the program would not see s.py, for it knows another directory as .: give that another "
                                  "name with --dir HOST:GUEST\n")
    assert run("--dir", "data:/usr", "s.py").stderr.startswith("weft: the program would not see Python's library")
    # What is beside both is fine.
    assert ended(run("--dir", "data:/data", "--dir", "data:/usr/share", "s.py")) == (0, "", "")


# Bad input.

@needs_guests
def test_an_infinite_loop_ends_at_its_time_limit(run):
    done = run("--timeout", "3s", "s.py", script="print('begun', flush=True)\nwhile True: pass")
    assert ended(done) == (124, "begun\n", "weft: the deadline of 3 s has passed (--timeout)\n")


@needs_guests
@pytest.mark.parametrize("script", [
    "def f(): return f()\nf()",
    "import sys\nsys.setrecursionlimit(10**9)\ndef f(): return list(map(lambda _: f(), 'a'))\nf()",
    "class A:\n    def __getattr__(self, name): return getattr(self, name + 'x')\nA().x",
    "import json\njson.loads('[' * 1_000_000)",
    "x = []\nfor _ in range(1_000_000): x = [x]\nrepr(x)",
    "import re\nre.compile('(' * 100_000)",
    "compile('-' * 1_000_000 + '1', 'x', 'eval')",
], ids=range(7))
def test_a_recursion_bomb_is_an_exception_in_python(run, script):
    done = run("s.py", script=script)
    assert done.returncode == 1, done.stderr[-300:]
    assert done.stderr.splitlines()[-1].split(":")[0] in ("RecursionError", "MemoryError", "SyntaxError"), done.stderr[-300:]


@needs_guests
def test_too_much_memory_is_a_memory_error(run):
    done = run("s.py", script="b = b'x' * 2_000_000_000")
    assert done.returncode == 1
    assert done.stderr.endswith("\nMemoryError\nweft: the program may use 1 GiB of memory: --max-memory allows more\n")
    # Where nothing is left, CPython cannot always say so: it may abort.
    many = run("--max-memory", "64MiB", "s.py", script="""
x = []
try:
    while True:
        x.append(bytes(1_000_000))
except MemoryError:
    x.clear()
    raise
""")
    assert many.returncode == 1
    assert many.stderr.endswith("\nMemoryError\nweft: the program may use 64 MiB of memory: --max-memory allows more\n")
    assert ended(run("--max-memory", "3GiB", "s.py", script="print(len(b'x' * (2 << 30 >> 3)))")) == (0, f"{2 << 30 >> 3}\n", "")


@needs_guests
def test_a_reader_that_goes_away_ends_the_script(tmp_path, environment):
    (tmp_path / "s.py").write_text("for _ in range(100): print('x' * 1_000_000)\nopen('reached')")
    with subprocess.Popen([BINARY, "run", "s.py"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        assert process.stdout.read(10) == b"x" * 10
        process.stdout.close()
        assert (process.stderr.read(), process.wait(SECONDS_MAX)) == (b"", -signal.SIGPIPE)


@needs_guests
def test_standard_error_may_be_closed_by_its_reader_too(tmp_path, environment):
    (tmp_path / "s.py").write_text("import sys\nwhile True: sys.stderr.write('x' * 1_000_000)\n")
    with subprocess.Popen([BINARY, "run", "s.py"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as process:
        assert process.stderr.read(10) == b"x" * 10
        process.stderr.close()
        assert process.wait(SECONDS_MAX) == -signal.SIGPIPE


@pytest.mark.skipif(not (BINARY.parent / "../python/out/python.wasm").exists(), reason="the guests are not where a build has them")
def test_the_guests_of_the_build_are_found(tmp_path, environment):
    (tmp_path / "s.py").write_text("print(1)")
    environment = {name: value for name, value in environment.items() if name != "WEFT_PYTHON"}
    done = subprocess.run([BINARY, "run", "s.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert ended(done) == (0, "1\n", "")


def test_without_the_guests_the_error_says_how_to_get_them(tmp_path, environment, run):
    (tmp_path / "empty").mkdir()
    environment = {**environment, "WEFT_PYTHON": str(tmp_path / "empty")}
    (tmp_path / "s.py").write_text("print(1)")
    done = subprocess.run([BINARY, "run", "s.py"], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "")
    assert "has no weft.wasm" in done.stderr and "guests/python/build" in done.stderr
    named = run("--python", "nowhere", "s.py")
    assert named.returncode == 3 and "nowhere has no weft.wasm" in named.stderr


def test_a_script_has_no_exports_to_call(run):
    done = run("s.py", "--invoke", "f", script="def f(): pass")
    assert ended(done) == (2, "", "weft: --invoke calls an export of a module, and s.py is Python: leave it out\n")


@needs_guests
def test_a_script_that_is_not_there_is_named(run):
    assert ended(run("gone.py")) == (3, "", "weft: there is no file gone.py\n")
