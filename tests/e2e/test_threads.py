"""Programs with threads (`weft run --threads`), compiled here from C without a library."""

import os
import resource
import subprocess
import threading

import pytest
from conftest import BINARY, ROOT

SOURCE = ROOT / "tests/guests/threads/threads.c"
SECONDS_MAX = 120
EAGAIN = 6  # of WASI


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    module = tmp_path_factory.mktemp("threads") / "threads.wasm"
    compiler = ["clang-19", "--target=wasm32-unknown-unknown", "-matomics", "-mbulk-memory"]
    # In two steps: linking with -O2, clang runs Binaryen where that is installed, which drops the names of functions.
    subprocess.run([*compiler, "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-c", "-o", module.with_suffix(".o"), SOURCE],
                   check=True, timeout=600)
    subprocess.run([*compiler, "-nostdlib", "-Wl,--shared-memory,--import-memory,--max-memory=16777216",
                    "-Wl,--export=wasi_thread_start", "-o", module, module.with_suffix(".o")], check=True, timeout=600)
    return module


def run_text(tmp_path, text, *words, output=subprocess.PIPE):
    """What came of a run of a module in text form."""
    module = tmp_path / "module.wat"
    module.write_text(text)
    done = subprocess.run([BINARY, "run", module, *words], stdout=output, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=SECONDS_MAX)
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def run(program):
    """What came of a run with those options of weft and words of the program; its standard input is open and silent."""

    def run_program(*words, options=("--threads", "8"), limits=()):
        def set_limits():
            for limit, value in limits:
                resource.setrlimit(limit, (value, value))

        with subprocess.Popen([BINARY, "run", *options, program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, preexec_fn=set_limits) as process:
            killer = threading.Timer(SECONDS_MAX, process.kill)
            killer.start()
            try:
                # Not communicate(), which would close the input: a thread waits for it.
                output = process.stdout.read()
                errors = process.stderr.read()
                return process.wait(SECONDS_MAX), output, errors
            finally:
                killer.cancel()
                process.kill()

    return run_program


def test_eight_threads_count_in_one_memory(run):
    assert run("count") == (0, "counted 800000\n", "")


def test_threads_wait_for_each_other(run):
    assert run("hand-over") == (0, "handed over 2000\n", "")


def test_lines_of_several_threads_are_whole(run):
    code, output, errors = run("lines")
    assert (code, errors) == (0, "")
    assert sorted(output.splitlines()) == sorted(letter * 60 for letter in "abcdefgh" for _ in range(200))


# Each of these has threads that compute, wait in memory, sleep and wait for input at the end.


def test_any_thread_ends_the_program_with_its_code(run):
    assert run("exit") == (7, "exits 7\n", "")


def test_the_trap_of_any_thread_ends_the_program(run):
    code, output, errors = run("trap")
    assert (code, output) == (134, "")
    lines = errors.splitlines()
    assert lines[0].startswith("weft: the guest trapped: unreachable code reached")
    assert "  at fall (threads.c:" in lines[1].replace(str(SOURCE.parent) + "/", "")
    assert lines[-1].startswith("  at wasi_thread_start")


def test_the_end_of_the_first_thread_ends_the_program(run):
    assert run("return") == (0, "returns 5\n", "")


@pytest.mark.parametrize(("word", "expected"), [("stuck-exit", 7), ("stuck-trap", 134)])
def test_the_program_ends_while_nobody_reads_what_a_thread_writes(program, word, expected):
    with subprocess.Popen([BINARY, "run", "--threads", "1", program, word], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.wait(SECONDS_MAX) == expected
            errors = process.stderr.read()
            assert errors == "" if expected == 7 else errors.startswith("weft: the guest trapped: unreachable")
        finally:
            process.kill()


def test_a_deadline_ends_a_program_that_writes_errors_which_nobody_reads(program):
    command = [BINARY, "run", "--threads", "1", "--timeout", "1s", program, "stuck-block"]
    reader, writer = os.pipe()
    try:
        # All that it writes, and all that weft would say, goes where nobody reads.
        assert subprocess.run(command, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer, check=False,
                              timeout=SECONDS_MAX).returncode == 124
    finally:
        os.close(reader)
        os.close(writer)


def test_a_deadline_ends_all_threads(run):
    code, output, errors = run("block", options=("--threads", "8", "--timeout", "500ms"))
    assert (code, output) == (124, "")
    assert "the deadline of 500 ms has passed" in errors


def test_a_deadline_ends_a_program_that_left_no_room_for_another_thread(run):
    code, output, errors = run("exhaust", options=("--threads", "1024", "--timeout", "1s"),
                               limits=[(resource.RLIMIT_AS, 6_000_000_000)])
    assert code == 124
    assert 0 < int(output.removeprefix("threads ")) < 1024
    assert "the deadline of 1 s has passed" in errors


# The guest's stack is its own, whatever the user's limit of stacks is.
@pytest.mark.parametrize("word", ["recurse", "recurse-alone"])
def test_a_stack_that_overflows_is_a_trap(run, word):
    code, output, errors = run(word, limits=[(resource.RLIMIT_STACK, 128 * 1024)])
    assert (code, output) == (134, "")
    assert errors.startswith("weft: the guest trapped: call stack exhausted")


def test_a_stack_that_overflows_is_a_trap_without_threads(tmp_path):
    module = tmp_path / "deep.wat"
    module.write_text('(module (func $f (export "f") (call $f)))')
    deep = subprocess.run(
        [BINARY, "run", module, "--invoke", "f"], capture_output=True, text=True, timeout=SECONDS_MAX,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_STACK, (128 * 1024, 128 * 1024)))
    assert (deep.returncode, deep.stdout) == (134, "")
    assert deep.stderr.startswith("weft: the guest trapped: call stack exhausted")


@pytest.mark.parametrize("most", [1, 5])
def test_a_thread_too_many_is_refused_to_the_guest(run, most):
    assert run("limit", options=("--threads", str(most))) == (0, f"threads {most}\nthen -{EAGAIN}\n", "")


def test_the_shared_memory_grows_to_its_limit(run):
    assert run("memory", options=("--threads", "1")) == (0, "pages 256\n", "")
    assert run("memory", options=("--threads", "1", "--max-memory", "4MiB")) == (0, "pages 64\n", "")
    code, output, errors = run("memory", options=("--threads", "1", "--max-memory", "64KiB"))
    assert (code, output) == (6, "")
    assert "--max-memory allows more than 64 KiB" in errors


# Each thread keeps an object of 4 MiB, and the memory that they share may grow to 1 MiB.
OBJECTS = """(module
  (import "env" "memory" (memory 1 16 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (type $bytes (array (mut i8)))
  (func (export "_start") (local $i i32)
    (loop $more
      (i32.atomic.store (i32.const 0) (i32.const 0))
      (if (i32.lt_s (call $spawn (i32.const 0)) (i32.const 1)) (then unreachable))
      (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 8)))))
  (func (export "wasi_thread_start") (param i32 i32) (local $kept (ref null $bytes))
    (local.set $kept (array.new_default $bytes (i32.const 4194304)))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))
    (drop (memory.atomic.wait32 (i32.const 4) (i32.const 0) (i64.const -1)))
    (array.set $bytes (local.get $kept) (i32.const 1) (i32.const 1))))"""


def test_what_threads_have_of_their_own_counts_together(tmp_path):
    code, output, errors = run_text(tmp_path, OBJECTS, "--threads", "8", "--max-memory", "16MiB")
    assert (code, output) == (6, "")
    assert "--max-memory allows more than 16 MiB" in errors
    assert run_text(tmp_path, OBJECTS, "--threads", "8", "--max-memory", "256MiB") == (0, "", "")


def test_a_shared_and_another_memory_have_one_limit(tmp_path):
    text = """(module
      (import "env" "shared" (memory $shared 1 64 shared))
      (memory $own 8 64)
      (func (export "grow_own") (result i32) (memory.grow $own (i32.const 8)))
      (func (export "grow_shared") (result i32) (memory.grow $shared (i32.const 8))))"""
    for export in ["grow_own", "grow_shared"]:
        limited = run_text(tmp_path, text, "--threads", "1", "--max-memory", "1MiB", "--invoke", export)
        assert limited == (0, "-1\n", "")
    assert run_text(tmp_path, text, "--threads", "1", "--invoke", "grow_own") == (0, "8\n", "")
    assert run_text(tmp_path, text, "--threads", "1", "--invoke", "grow_shared") == (0, "1\n", "")


SUM = """(module
  (import "env" "memory" (memory 1 1 shared))
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (func (export "sum") (param i32 i32) (result i32)
    (if (i32.lt_s (call $spawn (local.get 0)) (i32.const 1)) (then unreachable))
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1)))
    (i32.add (i32.atomic.load (i32.const 4)) (local.get 1)))
  (func (export "wasi_thread_start") (param i32) (param $argument i32)
    (i32.atomic.store (i32.const 4) (local.get $argument))
    (i32.atomic.store (i32.const 0) (i32.const 1))
    (drop (memory.atomic.notify (i32.const 0) (i32.const 1)))))"""


def test_an_export_that_starts_threads_can_be_called(tmp_path):
    assert run_text(tmp_path, SUM, "--threads", "1", "--invoke", "sum", "30", "12") == (0, "42\n", "")


def test_results_that_nobody_could_be_told_are_a_failure(tmp_path):
    with open("/dev/full", "w") as full:
        code, _, errors = run_text(tmp_path, SUM, "--threads", "1", "--invoke", "sum", "1", "2", output=full)
    assert code == 1
    assert errors.startswith("weft: standard output: ")


def test_without_the_option_the_refusal_names_it(run):
    code, output, errors = run("count", options=())
    assert (code, output) == (1, "")
    assert "needs the WebAssembly proposal threads" in errors
    assert "--threads N" in errors


def test_inspect_shows_a_program_with_threads(program):
    shown = subprocess.run([BINARY, "inspect", program], capture_output=True, text=True, check=True).stdout
    assert "wasi.thread-spawn (i32) -> i32" in shown
    assert "weft run --threads N" in shown
    assert "wasi_thread_start" in shown


def test_a_server_refuses_it(server, program):
    answer = server.request("POST", "/v1/modules", program.read_bytes())
    assert answer.status == 422
    assert answer.json()["code"] == "unsupported"
    assert "threads" in answer.json()["detail"]
