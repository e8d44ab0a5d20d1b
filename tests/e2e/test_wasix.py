"""Programs that call WASIX: sockets, pipes, copies of descriptors, a working directory; what is missing is named."""

import socket
import subprocess

import pytest
from conftest import BINARY, ROOT

SOURCE = ROOT / "tests/guests/wasix/wasix.c"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    module = tmp_path_factory.mktemp("wasix") / "wasix.wasm"
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-Wall", "-Wextra", "-Werror", "-o", module, SOURCE],
                   check=True, timeout=300)
    return module


def run(program, *words):
    """`words`: options of weft, then "--", then the program's arguments."""
    split = words.index("--")
    return subprocess.run([BINARY, "run", *words[:split], program, *words[split + 1:]], capture_output=True, text=True,
                          timeout=120)


def test_a_server_listens_and_gives_back_what_it_gets(program):
    with subprocess.Popen([BINARY, "run", "--allow-net", "listen:localhost", program, "echo"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as server:
        try:
            port = server.stdout.readline()
            assert port, server.stderr.read()
            with socket.create_connection(("127.0.0.1", int(port)), timeout=60) as client:
                for payload in (b"hello", b"x" * 900):
                    client.sendall(payload)
                    assert client.recv(len(payload), socket.MSG_WAITALL) == payload
                client.shutdown(socket.SHUT_WR)
                assert client.recv(1) == b""
            assert server.wait(timeout=60) == 0
        finally:
            server.kill()


def test_datagrams_come_back(program):
    done = run(program, "--allow-net", "localhost", "--allow-net", "listen:localhost", "--", "datagrams")
    assert (done.stdout, done.stderr, done.returncode) == ("ok\n", "", 0)


def test_without_a_rule_it_listens_nowhere_and_the_flag_is_named(program):
    done = run(program, "--", "echo")
    assert done.returncode == 1
    assert done.stderr == ("sock_open: errno 63\n"
                           "weft: the program wanted to use the network: --allow-net HOST:PORT lets it\n")


@pytest.mark.parametrize("guest", ["/data", "."])
def test_pipes_copies_and_the_working_directory(program, tmp_path, guest):
    (tmp_path / "in").mkdir()
    directory = "/data/in" if guest == "/data" else "/in"
    done = run(program, "--dir", f"{tmp_path}:{guest}", "--", "local", directory)
    assert (done.stdout, done.stderr, done.returncode) == ("ok\n", "", 0)
    assert (tmp_path / "in/file").read_text() == "written\n"


def test_a_program_that_forks_fails_and_is_told_why(program):
    done = run(program, "--", "fork")
    assert done.returncode == 1
    assert done.stderr == ("proc_fork: errno 58\n"
                           "weft: the program called proc_fork of WASIX, which weft does not have\n")


def test_a_function_of_a_server_calls_wasix_too_and_is_told_the_same(server):
    server.deploy("wasix", """(module
      (import "wasix_32v1" "fd_pipe" (func $pipe (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_renumber" (func $copy (param i32 i32) (result i32)))
      (import "wasix_32v1" "proc_fork" (func $fork (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (if (call $pipe (i32.const 0) (i32.const 4)) (then unreachable))
        ;; Where nothing is open, only programs of WASIX can.
        (if (call $copy (i32.load (i32.const 4)) (i32.const 9)) (then unreachable))
        (call $exit (call $fork (i32.const 1) (i32.const 8)))))""")
    answer = server.request("POST", "/v1/functions/wasix/invoke", "")
    assert answer.status == 502
    assert answer.json()["detail"] == ("the program ended with exit code 58; it had called proc_fork of WASIX, which weft "
                                       "does not have")


def test_a_call_that_never_returns_ends_the_program(program):
    done = run(program, "--", "exec")
    assert done.returncode == 1
    assert "the program called proc_exec of WASIX, which weft does not have" in done.stderr
