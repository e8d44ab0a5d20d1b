"""A program that is given a socket with `weft run --listen` serves on it."""

import concurrent.futures
import http.client
import os
import pathlib
import re
import socket
import subprocess
import sys

import pytest
from conftest import BINARY, ROOT

SERVER = ROOT / "tests/guests/rust/echo_server.rs"
C_SERVER = ROOT / "tests/guests/c/echo_server.c"
GO_SERVER = ROOT / "tests/guests/go/server.go"
SECONDS_MAX = 60


def talk(port, payload):
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX) as connection:
        connection.sendall(payload)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def compile_rust(module):
    subprocess.run(["/usr/bin/rustc", "--target=wasm32-wasi", "-O", "-o", module, SERVER], check=True, timeout=600)


def compile_c(module):
    subprocess.run(["clang-19", "--target=wasm32-wasi", "-O2", "-o", module, C_SERVER], check=True, timeout=600)


@pytest.mark.parametrize("compiled", [compile_rust, compile_c], ids=["rust", "c"])
def test_a_program_serves_connections(tmp_path, compiled):
    module = tmp_path / "server.wasm"
    compiled(module)
    command = [BINARY, "run", "--dir", tmp_path, "--listen", "127.0.0.1:0", module, "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            told = program.stderr.readline()
            port = int(re.fullmatch(r"weft: descriptor 4 listens on 127\.0\.0\.1:(\d+)\n", told).group(1))
            assert talk(port, b"hello ") == b"hello hello "
            large = bytes(range(256)) * 1000
            assert talk(port, large) == large * 2
            if compiled == compile_c:
                with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX) as silent:
                    assert silent.recv(1) == b"?"
            assert program.communicate(timeout=SECONDS_MAX) == ("served\n", "")
            assert program.returncode == 0
        finally:
            program.kill()


def ask(port, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS_MAX)
    try:
        connection.request("POST" if body is not None else "GET", path, body=body)
        return connection.getresponse().read()
    finally:
        connection.close()


def test_a_program_in_go_serves_http_while_its_timers_run(tmp_path):
    module = tmp_path / "server.wasm"
    go = pathlib.Path(sys.executable).parent / "go"
    more = {"GOOS": "wasip1", "GOARCH": "wasm", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GO111MODULE": "off",
            "GOCACHE": str(tmp_path.parent / "go-cache")}
    subprocess.run([go, "build", "-o", module, GO_SERVER], env={**os.environ, **more}, check=True, timeout=600)
    command = [BINARY, "run", "--listen", "127.0.0.1:0", module, "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            port = int(re.search(r":(\d+)$", program.stderr.readline()).group(1))
            assert program.stdout.readline() == "ticked alone\n"
            large = bytes(range(256)) * 1000
            with concurrent.futures.ThreadPoolExecutor(4) as clients:
                answers = [clients.submit(ask, port, "/echo", large) for _ in range(8)]
                answers.append(clients.submit(ask, port, "/ticked"))
                assert [answer.result() for answer in answers] == [large] * 8 + [b"ticked\n"]
            assert ask(port, "/last") == b"bye\n"
            assert program.communicate(timeout=SECONDS_MAX) == ("served\n", "")
            assert program.returncode == 0
        finally:
            program.kill()
