"""weft-conformance counts what programs do against what the files beside them say."""

import json
import subprocess
import sys

import pytest
from conftest import BINARY

RUNNER = BINARY.parent / "weft-conformance"

# Writes its standard input to its standard output and exits with 7.
ECHO = """(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 100))
    (loop $more
      (i32.store (i32.const 4) (i32.const 1000))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
      (i32.store (i32.const 4) (i32.load (i32.const 8)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 12)))
      (br_if $more (i32.load (i32.const 8))))
    (call $exit (i32.const 7))))"""

# Removes the file "f" of its first directory; the exit code is the errno.
UNLINK = """(module
  (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "f")
  (func (export "_start") (call $exit (call $unlink (i32.const 3) (i32.const 0) (i32.const 1)))))"""

# The exit code is the number of its arguments, its name included.
COUNT = """(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $sizes (i32.const 0) (i32.const 4)))
    (call $exit (i32.load (i32.const 0)))))"""

# Stands for weft: tells where it listens and serves one connection there, as CONNECTED says.
FAKE_WEFT = """#!{python}
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
print("127.0.0.1:%d" % listener.getsockname()[1], flush=True)
connection = listener.accept()[0]
{connected}
"""

CHAT = {"operations": [{"type": "run"}, {"type": "connect", "id": "c"}, {"type": "send", "id": "c", "payload": "ab"},
                       {"type": "recv", "id": "c", "payload": "ab"}, {"type": "wait"}]}

LOOP = '(module (func (export "_start") (loop $l (br $l))))'
NOTHING = '(module (func (export "_start")))'


@pytest.fixture
def suite(tmp_path):
    directory = tmp_path / "suite"
    directory.mkdir()

    def add(name, text, test=None):
        (directory / f"{name}.wat").write_text(text)
        if test is not None:
            (directory / f"{name}.json").write_text(test if isinstance(test, str) else json.dumps(test))
        return directory

    return add


def run(directory, *options):
    done = subprocess.run([RUNNER, "wasi", *options, directory], capture_output=True, text=True, timeout=300)
    lines = done.stdout.replace(f"{directory}/", "").splitlines()
    return done.returncode, lines[:-1], lines[-1] if lines else done.stderr


def test_what_is_as_expected_is_exact(suite):
    talk = [{"type": "run"}, {"type": "write", "id": "stdin", "payload": "ab"}, {"type": "read", "payload": "ab"},
            {"type": "write", "id": "stdin", "payload": "c"}, {"type": "read", "payload": "c"},
            {"type": "wait", "exit_code": 7}]
    suite("nothing", NOTHING)
    suite("silent", ECHO, {"exit_code": 7, "stdout": "", "stderr": ""})
    directory = suite("talk", ECHO, {"operations": talk})
    assert run(directory) == (0, ["exact nothing", "exact silent", "exact talk"], "exact 3 differing 0 failing 0")


def test_directories_are_given_and_stay_as_they_are(suite):
    suite("beside", UNLINK, {"dirs": ["files.dir"]})
    suite("none", UNLINK, {"exit_code": 8})
    directory = suite("root", UNLINK, {"root": "files.dir"})
    (directory / "files.dir").mkdir()
    (directory / "files.dir" / "f").write_text("kept")
    assert run(directory) == (0, ["exact beside", "exact none", "exact root"], "exact 3 differing 0 failing 0")
    assert (directory / "files.dir" / "f").read_text() == "kept"


def test_arguments_are_the_programs_whatever_they_look_like(suite):
    suite("like_an_option", COUNT, {"args": ["--env", "x"], "exit_code": 3})
    suite("hyphens", COUNT, {"args": ["--", "-"], "exit_code": 3})
    suite("none", COUNT, {"exit_code": 1})
    directory = suite("word", COUNT, {"args": ["x", "--json"], "exit_code": 3})
    assert run(directory) == (0, ["exact hyphens", "exact like_an_option", "exact none", "exact word"],
                              "exact 4 differing 0 failing 0")


@pytest.fixture
def fake_weft(tmp_path):
    def make(connected):
        program = tmp_path / "weft"
        program.write_text(FAKE_WEFT.format(python=sys.executable, connected=connected))
        program.chmod(0o755)
        return program

    return make


# More than a pipe holds.
MUCH = 'print("x" * 3_000_000, file={stream}, flush=True)'
ANSWER = "connection.sendall(connection.recv(2, socket.MSG_WAITALL))"


@pytest.mark.parametrize("stream", ["sys.stdout", "sys.stderr"])
def test_a_program_that_says_much_before_it_answers_is_read(suite, fake_weft, stream):
    weft = fake_weft(f"{MUCH.format(stream=stream)}\n{ANSWER}")
    assert run(suite("chat", NOTHING, CHAT), "--weft", weft) == (0, ["exact chat"], "exact 1 differing 0 failing 0")


@pytest.mark.parametrize("connected", ["time.sleep(60)", "while True: print('x' * 1000, flush=True)"])
def test_a_program_that_does_not_answer_is_failing(suite, fake_weft, connected):
    code, lines, _ = run(suite("chat", NOTHING, CHAT), "--weft", fake_weft(connected), "--timeout", "2")
    assert (code, lines) == (1, ["failing chat: it did not go on within 2 s"])


def test_other_answers_and_their_absence_differ(suite, fake_weft):
    directory = suite("chat", NOTHING, CHAT)
    _, lines, _ = run(directory, "--weft", fake_weft("connection.recv(2); connection.sendall(b'no')"))
    assert lines == ['differing chat: received "no" instead of "ab"']
    _, lines, _ = run(directory, "--weft", fake_weft("connection.recv(2)"))
    assert lines == ['differing chat: received "" instead of "ab"']


def test_other_results_differ_and_say_how(suite):
    suite("code", ECHO)
    directory = suite("text", ECHO, {"exit_code": 7, "stdout": "a\nb"})
    code, lines, summary = run(directory)
    assert code == 1
    assert lines == ["differing code: exit code 7 instead of 0",
                     'differing text: stdout is "" instead of "a\\x0ab"']
    assert summary == "exact 0 differing 2 failing 0"


def test_what_cannot_be_run_is_failing(suite):
    suite("endless", LOOP)
    suite("mute", ECHO, {"operations": [{"type": "run"}, {"type": "connect"}, {"type": "wait"}]})
    suite("no_directory", NOTHING, {"root": "nowhere.dir"})
    suite("no_test", NOTHING, '{"exit_code": "a"}')
    directory = suite("outside", NOTHING, {"dirs": ["../suite"]})
    code, lines, summary = run(directory, "--timeout", "2")
    assert code == 1
    assert lines == ["failing endless: it did not go on within 2 s",
                     "failing mute: it did not go on within 2 s",
                     "failing no_directory: cannot copy nowhere.dir: No such file or directory",
                     "failing no_test: no_test.json: exit_code must be a number.",
                     'failing outside: outside.json: The directory "../suite" does not lie beside the test.']
    assert summary == "exact 0 differing 0 failing 5"


def test_a_directory_that_is_not_there_is_an_error(tmp_path):
    code, lines, error = run(tmp_path / "nowhere")
    assert (code, lines) == (2, [])
    assert "No such file or directory" in error


def test_without_weft_there_is_nothing_to_run(suite):
    code, lines, error = run(suite("nothing", NOTHING), "--weft", "/nowhere/weft")
    assert (code, lines) == (2, [])
    assert error == "There is no /nowhere/weft: name the program with --weft.\n"


def corpus(file, *tests):
    file.write_text("".join((test if isinstance(test, str) else json.dumps(test)) + "\n" for test in tests))
    return file


def run_corpus(*arguments):
    done = subprocess.run([RUNNER, "jsonpath", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout.splitlines(), done.stderr


RIGHT = {"id": "right", "selector": "$.a", "document": {"a": 1}, "result": [1], "result_paths": ["$['a']"]}
WRONG = {"id": "wrong", "selector": "$.a[*]", "document": {"a": [1, {"b": 2}]}, "result": [1, {"b": 3}]}
INVALID = {"id": "invalid", "selector": "$.", "invalid_selector": True}


def test_a_corpus_is_counted_by_file(tmp_path):
    one = corpus(tmp_path / "one.jsonl", RIGHT, INVALID)
    two = corpus(tmp_path / "two.jsonl", RIGHT)
    assert run_corpus(one, two) == (0, ["one.jsonl: exact 2 differing 0 failing 0",
                                        "two.jsonl: exact 1 differing 0 failing 0",
                                        "exact 3 differing 0 failing 0"], "")


def test_what_differs_in_a_corpus_or_cannot_be_run_is_named(tmp_path):
    file = corpus(tmp_path / "c.jsonl", WRONG, RIGHT, "{", {"selector": "$"}, {"id": "x"})
    code, lines, _ = run_corpus(file)
    assert code == 1
    assert lines == ["differing c.jsonl:1 wrong: 2 instead of 3 at $['result'][1]['b']",
                     "failing c.jsonl:3 ?: invalid JSON at line 1, column 2: expected a key in double quotes, "
                     "found the end of the text",
                     "failing c.jsonl:4 ?: it has no id",
                     "failing c.jsonl:5 x: it has no selector or no result",
                     "c.jsonl: exact 1 differing 1 failing 3",
                     "exact 1 differing 1 failing 3"]


def test_a_difference_is_shown_in_full(tmp_path):
    long = {"id": "long", "selector": "$", "document": "b" * 1000, "result": ["a" * 1000]}
    file = corpus(tmp_path / "c.jsonl", WRONG, long)
    code, lines, _ = run_corpus("--diff", "long", file)
    assert code == 1
    assert lines == ["c.jsonl:2 long", "differs at $['result'][0]", f'expected: "{"a" * 1000}"',
                     f'found:    "{"b" * 1000}"', "c.jsonl: exact 0 differing 1 failing 0",
                     "exact 0 differing 1 failing 0"]
    code, lines, error = run_corpus("--diff", "none", file)
    assert (code, error) == (2, "no test has the id none\n")


def test_a_corpus_that_is_not_there_is_an_error(tmp_path):
    code, lines, error = run_corpus(tmp_path / "nowhere.jsonl")
    assert (code, lines, error) == (2, [], f"cannot read {tmp_path}/nowhere.jsonl\n")
    for arguments in ([], ["--diff"], ["--other", tmp_path]):
        code, lines, error = run_corpus(*arguments)
        assert (code, lines) == (2, []) and error.startswith("weft-conformance")
