"""A program that fails after it was refused something is followed by the flag of `weft run` that allows it."""

import subprocess

import pytest
from conftest import BINARY

WASI = "wasi_snapshot_preview1"
# Imports of a program by name, with their types.
TYPES = {
    "environ_sizes_get": "(param i32 i32) (result i32)",
    "fd_prestat_get": "(param i32 i32) (result i32)",
    "path_create_directory": "(param i32 i32 i32) (result i32)",
    "path_unlink_file": "(param i32 i32 i32) (result i32)",
    "sock_accept": "(param i32 i32 i32) (result i32)",
    "sock_open": "(param i32 i32 i32) (result i32)",
    "sock_bind": "(param i32 i32 i32) (result i32)",
    "sock_connect": "(param i32 i32 i32) (result i32)",
}
# An address as WasmEdge has them: a pointer and a size, then 127.0.0.1.
ADDRESS = r'(data (i32.const 64) "\50\00\00\00\04\00\00\00") (data (i32.const 80) "\7f\00\00\01")'


def program(*calls, data=""):
    """Makes the calls, which are words of the text format behind a name of TYPES, and exits with 1."""
    names = list(dict.fromkeys(call.split()[0] for call in calls))
    imports = "".join(f'(import "{WASI}" "{name}" (func ${name} {TYPES[name]}))' for name in names)
    body = "".join("(drop (call ${} {}))".format(*call.split(maxsplit=1)) for call in calls)
    return f"""(module {imports} (import "{WASI}" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1) {data}
      (func (export "_start") {body} (call $exit (i32.const 1))))"""


def numbers(*values):
    return " ".join(f"(i32.const {value})" for value in values)


LOOKS = program(f"fd_prestat_get {numbers(3, 100)}")
MAKES = program(f"path_create_directory {numbers(3, 0, 3)}", data='(data (i32.const 0) "new")')
LEAVES = program(f"path_unlink_file {numbers(3, 0, 4)}", data='(data (i32.const 0) "../x")')
ACCEPTS = program(f"sock_accept {numbers(3, 0, 100)}")
MAKES_SOCKET = f"sock_open {numbers(1, 2, 100)}"
CONNECTS = program(MAKES_SOCKET, f"sock_connect (i32.load (i32.const 100)) {numbers(64, 9)}", data=ADDRESS)
BINDS = program(MAKES_SOCKET, f"sock_bind (i32.load (i32.const 100)) {numbers(64, 8080)}", data=ADDRESS)
THREADS = """(module (import "wasi" "thread-spawn" (func (param i32) (result i32)))
  (import "env" "memory" (memory 1 1 shared)) (func (export "_start")) (func (export "wasi_thread_start") (param i32 i32)))"""

CASES = {
    "no directory": ([], LOOKS, "the program was given no directory: if it looked for files, --dir . gives it this one"),
    "read-only": (["--dir", ".:/:ro"], MAKES,
                  "the program wanted to change a directory that it may only read: leave :ro out of its --dir"),
    "outside": (["--dir", ".:/"], LEAVES, "the program named a path outside of the directories that --dir gave it"),
    "no listener": ([], ACCEPTS, "the program waited for connections, and was given no socket that listens: "
                                 "--listen 127.0.0.1:PORT gives it one"),
    "no network": ([], CONNECTS, "the program wanted to use the network: --allow-net HOST:PORT lets it"),
    "connect": (["--allow-net", "10.0.0.1"], CONNECTS,
                "the program wanted to use the network: --allow-net 127.0.0.1:9 lets it"),
    "bind": (["--allow-net", "10.0.0.1"], BINDS,
             "the program wanted to use the network: --allow-net listen:127.0.0.1:8080 lets it"),
}


def run(directory, options, text):
    (directory / "program.wat").write_text(text)
    return subprocess.run([BINARY, "run", *options, "program.wat"], cwd=directory, capture_output=True, text=True,
                          timeout=120)


@pytest.mark.parametrize("case", CASES)
def test_a_refused_access_names_the_flag_that_allows_it(tmp_path, case):
    options, text, expected = CASES[case]
    done = run(tmp_path, options, text)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"weft: {expected}\n")


@pytest.mark.parametrize("options", [["--dir", ".:/"], ["--listen", "127.0.0.1:0"]], ids=["directory", "listener"])
def test_a_failure_behind_an_access_that_was_granted_has_no_hint(tmp_path, options):
    done = run(tmp_path, options, LOOKS if options[0] == "--dir" else program(MAKES_SOCKET))
    assert done.returncode == 1
    assert "gives it" not in done.stderr


def test_threads_that_were_not_allowed_name_their_flag(tmp_path):
    done = run(tmp_path, [], THREADS)
    assert done.returncode == 1
    assert "weft run --threads N lets a program start N of them" in done.stderr


def test_a_variable_that_was_not_given_is_none_that_was_refused(tmp_path):
    # Most languages look at the environment when they start: what is empty is nothing to speak of.
    done = run(tmp_path, [], program(f"environ_sizes_get {numbers(0, 4)}"))
    assert (done.returncode, done.stderr) == (1, "")
