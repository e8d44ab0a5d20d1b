"""Programs with threads (`weft run --threads`), compiled here from C without a library."""

import subprocess

import pytest
from conftest import BINARY, ROOT

SOURCE = ROOT / "tests/guests/threads/threads.c"
SECONDS_MAX = 120
EAGAIN = 6  # of WASI


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    module = tmp_path_factory.mktemp("threads") / "threads.wasm"
    subprocess.run(
        ["clang-19", "--target=wasm32-unknown-unknown", "-matomics", "-mbulk-memory", "-O2", "-g", "-nostdlib", "-Wall",
         "-Wextra", "-Werror", "-Wl,--shared-memory,--import-memory,--max-memory=16777216,--export=wasi_thread_start",
         "-o", module, SOURCE],
        check=True, timeout=600)
    return module


@pytest.fixture
def run(program):
    """What came of a run with those options of weft and words of the program; its standard input is open and silent."""

    def run_program(*words, options=("--threads", "8")):
        with subprocess.Popen([BINARY, "run", *options, program, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            try:
                # Not communicate(), which would close the input: a thread waits for it.
                output = process.stdout.read()
                errors = process.stderr.read()
                return process.wait(SECONDS_MAX), output, errors
            finally:
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


def test_a_deadline_ends_all_threads(run):
    code, output, errors = run("block", options=("--threads", "8", "--timeout", "500ms"))
    assert (code, output) == (124, "")
    assert "the deadline of 500 ms has passed" in errors


@pytest.mark.parametrize("most", [1, 5])
def test_a_thread_too_many_is_refused_to_the_guest(run, most):
    assert run("limit", options=("--threads", str(most))) == (0, f"threads {most}\nthen -{EAGAIN}\n", "")


def test_the_shared_memory_grows_to_its_limit(run):
    assert run("memory", options=("--threads", "1")) == (0, "pages 256\n", "")
    assert run("memory", options=("--threads", "1", "--max-memory", "4MiB")) == (0, "pages 64\n", "")
    code, output, errors = run("memory", options=("--threads", "1", "--max-memory", "64KiB"))
    assert (code, output) == (6, "")
    assert "--max-memory allows more than 64 KiB" in errors


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
