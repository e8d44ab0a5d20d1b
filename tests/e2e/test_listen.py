"""A program that is given a socket with `weft run --listen` serves on it."""

import re
import socket
import subprocess

from conftest import BINARY, ROOT

SERVER = ROOT / "tests/guests/rust/echo_server.rs"
SECONDS_MAX = 120


def talk(port, payload):
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX) as connection:
        connection.sendall(payload)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


def test_a_program_in_rust_serves_connections(tmp_path):
    module = tmp_path / "server.wasm"
    subprocess.run(["/usr/bin/rustc", "--target=wasm32-wasi", "-O", "-o", module, SERVER], check=True, timeout=600)
    command = [BINARY, "run", "--dir", tmp_path, "--listen", "127.0.0.1:0", module, "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            told = program.stderr.readline()
            port = int(re.fullmatch(r"weft: descriptor 4 listens on 127\.0\.0\.1:(\d+)\n", told).group(1))
            assert talk(port, b"hello ") == b"hello hello "
            large = bytes(range(256)) * 1000
            assert talk(port, large) == large * 2
            assert program.communicate(timeout=SECONDS_MAX) == ("served\n", "")
            assert program.returncode == 0
        finally:
            program.kill()
