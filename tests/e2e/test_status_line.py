"""What takes more than a second says so on a terminal, in one line that goes away; nowhere else."""

import contextlib
import json
import os
import pty
import re
import socket
import subprocess
import sys
import threading

import pytest
from conftest import BINARY, ROOT

sys.path.insert(0, str(ROOT / "tests/bench"))
import modules

# Much more than the system keeps for a connection, which counts as sent.
UPLOAD_BYTES = 32 << 20
MODULE = {"id": "sha256:" + "0" * 64}
FUNCTION = {"name": "big", "version": 1, "exports": [], "dialect": "typed"}


class SlowServer:
    """Reads an upload in pieces with pauses between them, and lets the client wait before it answers.

    The pauses are what is tested: a client shows nothing of what takes less than a second."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen()
        self.port = self.socket.getsockname()[1]
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        with contextlib.suppress(OSError):
            while not self.over.is_set():
                connection, _ = self.socket.accept()
                with connection:
                    self.serve_connection(connection)

    def serve_connection(self, connection):
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65536)
            if not piece:
                return
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        if b"100-continue" in head.lower():
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        size = int(length[1]) if length else 0
        is_upload = head.startswith(b"POST /v1/modules")
        left = size - len(body)
        while left > 0:
            left -= len(connection.recv(min(left, 1 << 20), socket.MSG_WAITALL))
            if is_upload:
                self.over.wait(0.1)
        if is_upload:
            self.over.wait(2)
        answer = json.dumps(MODULE if is_upload else FUNCTION).encode()
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(answer), answer))

    def stop(self):
        self.over.set()
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self.thread.join()


@pytest.fixture
def slow_server():
    server = SlowServer()
    yield server
    server.stop()


@pytest.fixture
def big_module(tmp_path):
    file = tmp_path / "big.wasm"
    # A custom section as long as its length says.
    payload = b"\x00" * UPLOAD_BYTES
    size = len(payload)
    length = bytes((size >> shift & 0x7F) | (0x80 if shift < 28 else 0) for shift in range(0, 35, 7))
    file.write_bytes(b"\0asm\x01\0\0\0\x00" + length + payload)
    return file


def run_on_terminal(arguments, **options):
    """The exit code, and what the program wrote to standard error, which is a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([BINARY, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=theirs,
                          **options) as process:
        os.close(theirs)
        written = b""
        # The system says EIO when the other side of a terminal is closed.
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 4096):
                written += piece
        os.close(ours)
        process.stdout.read()
        return process.wait(), written.decode()


def shown_at_the_end(text):
    """The line on which the cursor stands, as a terminal draws it."""
    line = []
    for part in text.split("\r"):
        line[: len(part)] = part
    return "".join(line).rstrip()


def deploy_arguments(server, file, *more):
    return ["deploy", "big", str(file), "--server", f"http://127.0.0.1:{server.port}", *more]


def test_an_upload_and_a_compilation_are_shown_and_removed(slow_server, big_module):
    code, written = run_on_terminal(deploy_arguments(slow_server, big_module))
    assert code == 0
    assert re.search(r"\rUploading \d+\.\d of 32\.0 MiB", written)
    assert re.search(r"\rCompiling… \d+ s", written)
    assert written.endswith("\r")
    assert shown_at_the_end(written) == ""


def test_nothing_is_shown_beside_json(slow_server, big_module):
    assert run_on_terminal(deploy_arguments(slow_server, big_module, "--json")) == (0, "")


def test_nothing_is_shown_where_there_is_no_terminal(slow_server, big_module):
    done = subprocess.run([BINARY, *deploy_arguments(slow_server, big_module)], stdin=subprocess.DEVNULL,
                          capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_first_compilation_of_a_program_is_shown_and_removed(tmp_path):
    file = tmp_path / "large.wasm"
    file.write_bytes(modules.large(1, 4_000_000))
    arguments = ["run", str(file), "--invoke", "run", "1", "2"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    code, written = run_on_terminal(arguments, env=environment)
    assert code == 0
    assert re.search(r"\rCompiling… \d+ s", written)
    assert shown_at_the_end(written) == ""
    assert run_on_terminal(arguments, env=environment) == (0, "")


def test_a_deadline_within_the_compilation_is_told_in_place_of_the_status(tmp_path):
    file = tmp_path / "large.wasm"
    # A deadline that is longer than the patience of a status line, and much shorter than the compilation.
    file.write_bytes(modules.large(1, 16_000_000))
    arguments = ["run", str(file), "--timeout", "2s", "--invoke", "run", "1", "2"]
    code, written = run_on_terminal(arguments, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert code == 124
    assert "\rCompiling… " in written
    line, _, rest = written.partition("\r\n")
    assert (shown_at_the_end(line), rest) == ("weft: the deadline of 2 s has passed (--timeout)", "")
